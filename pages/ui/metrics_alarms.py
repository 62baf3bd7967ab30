"""Alarms of page Metrics: what is wrong with a run, and what to do; one quiet line where nothing is."""

from __future__ import annotations

from functools import partial

import streamlit as st

from pages.ui import memo, parts
from recsys_core.data.dataset import Dataset
from recsys_core.errors import RecsysError
from recsys_core.evaluation import signs
from recsys_core.i18n import _, ngettext
from recsys_core.scenarios.alarms import RAISED, SKIPPED, Alarm, Checked, checked
from recsys_core.scenarios.leaderboard import Row


def show(rows: list[Row], data: Dataset) -> None:
    """A line an alarm, the best run first, each with what to do; below, what was checked."""
    missing = [row for row in rows if signs.kept(row.run.folder) is None]
    if missing:
        with st.spinner(_("Checking what may be wrong with them…"), show_time=True):
            found = _all(rows, data)
    else:
        found = _all(rows, data)
    raised: dict[str, list[tuple[Row, Alarm]]] = {}
    for row, one in found:
        for alarm in one.alarms:
            raised.setdefault(alarm.name, []).append((row, alarm))
    for tripped in raised.values():
        _line(tripped)
    if found:
        _quiet([one for _row, one in found], [row.label for row, _one in found], bool(raised))


def _all(rows: list[Row], data: Dataset) -> list[tuple[Row, Checked]]:
    """The checks of every run that is no floor; a run that cannot be checked says so by itself elsewhere."""
    found = []
    for row in rows:
        try:
            one = memo.remembered("alarms", row.run.id, partial(checked, row.run, data), most=200)
        except RecsysError:
            continue
        if one is not None:
            found.append((row, one))
    return found


def _line(tripped: list[tuple[Row, Alarm]]) -> None:
    """One alarm with the best run that tripped it in words; the others by name."""
    (row, alarm), others = tripped[0], tripped[1:]
    with st.container(border=True, gap="xsmall", key=f"metrics_alarm_{alarm.name}"):
        head = f":orange-badge[:material/warning: {parts.plain(alarm.title)}] **{parts.plain(row.label)}**"
        st.markdown(f"{head}  \n{parts.plain(alarm.sentence, parts.LONGEST_SENTENCE)}")
        if others:
            names = ", ".join(other.label for other, _alarm in others)
            st.caption(
                ngettext("{n} more run: {names}", "{n} more runs: {names}", len(others)).format(
                    n=len(others), names=parts.plain(names, parts.LONGEST_SENTENCE)
                )
            )
        with st.expander(_("What to do")):
            st.markdown(parts.plain(alarm.remedy, parts.LONGEST_SENTENCE))


def _quiet(found: list[Checked], labels: list[str], raised: bool) -> None:
    """How many things were checked, and on hover which ones with which figures."""
    lines = []
    for one, label in zip(found, labels, strict=True):
        lines.append(f"**{parts.plain(label)}**")
        for check in one.checks:
            mark = (
                _("alarm")
                if check.state == RAISED
                else _("not checked")
                if check.state == SKIPPED
                else _("fine")
            )
            lines.append(
                f"- {parts.plain(check.title)}: {mark}. {parts.plain(check.looked, parts.LONGEST_SENTENCE)}"
            )
    n_checks = sum(one.n_looked for one in found)
    runs = len(found)
    if raised:
        text = ngettext("Checked {n} things about {runs} run.", "Checked {n} things about {runs} runs.", runs)
    else:
        text = ngettext(
            "No alarm: checked {n} things about {runs} run.",
            "No alarm: checked {n} things about {runs} runs.",
            runs,
        )
    st.caption(text.format(n=n_checks, runs=runs), help="\n".join(lines))
