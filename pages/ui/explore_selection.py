"""Explore's selection: a period and values of attributes, the same in the address, the charts and the row of controls."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import streamlit as st

from pages.ui import cached, parts
from pages.ui.links import fallen_back, linked
from recsys_core.charts.groups import PICK as CLICK
from recsys_core.charts.over_time import PERIOD as BRUSH
from recsys_core.data import periods
from recsys_core.data.activity import unit_of
from recsys_core.data.dataset import Words
from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key, grouping
from recsys_core.data.periods import HOUR_SECONDS, Unit
from recsys_core.data.selection import Pick, Selection
from recsys_core.i18n import _

FROM, TO, PICK, BY = "from", "to", "pick", "by"
IN_ADDRESS = (FROM, TO, PICK, BY, "what", "search", "near", "both")
_CLEAR, _FROM_DAY, _TO_DAY, _VALUE = "explore_clear", "explore_from", "explore_to", "explore_value"
_WRITTEN, _DATA = "explore_written", "explore_data"
TIME_CHART, ATTRIBUTE_CHART = "explore_time", "explore_attribute"
_ON_ITS_WAY = 1.0
"""Seconds: so long what was just written may still be on its way to the browser, and the old one come back from it."""


def read(index: EventIndex) -> tuple[Selection, Key | None]:
    """The selection and the attribute that is looked at, from the address or what was chosen since."""
    data = index.data
    known = cached.groupings(data.name, data.fingerprint)
    _follow(data.name)
    _write_at_once()
    texts = [key.text for key in known]
    for key, default in ((FROM, ""), (TO, ""), (PICK, [])):
        linked(key, default)
    if texts:
        linked(BY, texts[0], options=texts)
    state = st.session_state
    selection = Selection.read(state[FROM], state[TO], state[PICK], known)
    for pick in selection.picks:
        if pick.value not in grouping(index, pick.key).values:
            selection = selection.with_pick(pick.key, None)
    _normalise(selection)
    by = next((key for key in known if texts and key.text == state[BY]), None)
    remember()
    return selection, by


def remember() -> None:
    """Takes note of what this page has written into the address: anything else there later is a Back.

    Whoever writes one of the page's parameters calls it, in a fragment too.
    """
    st.session_state[_WRITTEN] = (
        {key: st.query_params.get_all(key) for key in IN_ADDRESS},
        time.monotonic(),
    )


def _follow(name: str) -> None:
    """Forgets what was chosen where the address has changed under us (Back), and where the data are others.

    The button is known only if this page was the one shown before: on a return from another page what was chosen
    stays, for the address has lost it.
    """
    state = st.session_state
    written, when = state.get(_WRITTEN, ({}, 0.0))
    here = _CLEAR in state and time.monotonic() - when > _ON_ITS_WAY
    moved = here and any(st.query_params.get_all(key) != texts for key, texts in written.items())
    other = state.get(_DATA, name) != name
    state[_DATA] = name
    if moved or other:
        for key in IN_ADDRESS:
            state.pop(key, None)
            if other and st.query_params.get_all(key) == written.get(key, []):
                st.query_params.pop(key, None)
        _draw_anew(TIME_CHART, ATTRIBUTE_CHART)


def _write_at_once() -> None:
    """Puts what was chosen into the address in one step, so that one Back undoes it."""
    chosen = {key: st.session_state[key] for key in (FROM, TO, PICK) if key in st.session_state}
    wanted = {key: [value] if isinstance(value, str) else value for key, value in chosen.items()}
    wanted = {key: [text for text in texts if text] for key, texts in wanted.items()}
    before = {key: st.query_params.get_all(key) for key in (*st.query_params, *wanted)}
    if any(before[key] != texts for key, texts in wanted.items()):
        st.query_params.from_dict({key: texts for key, texts in (before | wanted).items() if texts})


def _normalise(selection: Selection) -> None:
    """What the address asks for and the data do not have is said and dropped."""
    state = st.session_state
    kept = [pick.text for pick in selection.picks]
    for text in state[PICK]:
        if text not in kept:
            fallen_back(PICK, text)
    dropped = state[PICK] != kept
    state[PICK] = kept
    for key, end in ((FROM, selection.first), (TO, selection.last)):
        if state[key] and end is None:
            fallen_back(key, state[key])
            state[key], dropped = "", True
    if dropped:
        for key, default in ((FROM, ""), (TO, ""), (PICK, [])):
            linked(key, default)


def draw_key(name: str) -> str:
    """The key of a chart that answers to the mouse: a new one where the mark of an old gesture must go."""
    return f"{name}_{st.session_state.get(f'explore_drawn_{name}', 0)}"


def _draw_anew(*names: str) -> None:
    for name in names:
        key = f"explore_drawn_{name}"
        st.session_state[key] = st.session_state.get(key, 0) + 1


def clear() -> None:
    """Everything is looked at again."""
    st.session_state.update({FROM: "", TO: "", PICK: []})
    _draw_anew(TIME_CHART, ATTRIBUTE_CHART)


def brushed(key: str, unit: Unit) -> Callable[[], None]:
    """What the chart over time does when a stretch of it is brushed: whole periods are chosen."""

    def follow() -> None:
        ends = st.session_state[key]["selection"].get(BRUSH, {}).get("from", [])
        first, last = ("", "")
        if len(ends) == 2:
            hours = [int(end) // 1000 // HOUR_SECONDS for end in sorted(ends)]
            first, last = _whole_periods(hours[0], hours[1], unit)
        st.session_state.update({FROM: first, TO: last})

    return follow


def _whole_periods(first_hour: int, last_hour: int, unit: Unit) -> tuple[str, str]:
    numbers = periods.numbers(np.array([first_hour, last_hour]), unit)
    begin, end = periods.starts(numbers + np.array([0, 1]), unit)
    return periods.written(int(begin), unit), periods.written(int(end) - 1, unit)


def clicked(key: str, by: Key) -> Callable[[], None]:
    """What the chart by attribute does when a bar is clicked; the same bar again takes the choice back."""

    def follow() -> None:
        points = st.session_state[key]["selection"].get(CLICK, [])
        value = points[-1]["value"] if points else None
        again = value is None or Pick(by, value).text in st.session_state[PICK]
        _pick(by, None if again else value)
        _draw_anew(ATTRIBUTE_CHART)  # or the next click on the same bar would be no change to the browser

    return follow


def _pick(by: Key, value: str | None) -> None:
    others = [text for text in st.session_state[PICK] if not text.startswith(Pick(by, "").text)]
    st.session_state[PICK] = others if value is None else [*others, Pick(by, value).text]


def name_of(key: Key, words: Words) -> str:
    """An attribute and whose it is."""
    nouns = {"items": words.item, "users": words.user}
    return (
        _("{attribute} ({whose})").format(attribute=key.name, whose=nouns[key.of])
        if key.of in nouns
        else key.name
    )


def controls(index: EventIndex, selection: Selection, by: Key | None) -> None:
    """The row of controls: attribute, value, period, and back to everything."""
    data = index.data
    known = cached.groupings(data.name, data.fingerprint)
    if not known and index.time is None:
        return
    with st.container(border=True):
        row = st.columns([23, 23, 30, 30, 20] if known else [30, 30, 20, 46], vertical_alignment="bottom")
        of_value, (first, last, undo) = (row[:2], row[2:]) if known else ([], row[:3])
        if by is not None and of_value:
            names = {key.text: name_of(key, data.words) for key in known}
            of_value[0].selectbox(
                _("Attribute"),
                [key.text for key in known],
                key=BY,
                persist_state="session",
                format_func=lambda one: names.get(one, one),
                help=_("What the charts by attribute show, and what the value beside it belongs to."),
            )
            st.session_state[_VALUE] = selection.pick_of(by)
            of_value[1].selectbox(
                _("Only where it is"),
                list(grouping(index, by).values),
                index=None,
                key=_VALUE,
                on_change=lambda: _pick(by, st.session_state[_VALUE]),
                placeholder=_("any value"),
                help=_("The same as a click on its bar."),
            )
        if index.time is not None:
            _day(first, _("From"), _FROM_DAY, FROM, selection.first, index)
            _day(last, _("To"), _TO_DAY, TO, selection.last, index)
        undo.button(
            _("Clear"),
            key=_CLEAR,
            on_click=clear,
            disabled=not selection,
            icon=":material/filter_alt_off:",
            help=_("Look at all rows again."),
            width="stretch",
        )


def _day(column: Any, label: str, key: str, target: str, seconds: int | None, index: EventIndex) -> None:
    low, high = (periods.moment(end).date() for end in index.span)
    day = None if seconds is None else min(max(periods.moment(seconds).date(), low), high)
    st.session_state[key] = day

    def follow() -> None:
        chosen: date | None = st.session_state[key]
        st.session_state[target] = "" if chosen is None else chosen.isoformat()
        _draw_anew(TIME_CHART)

    column.date_input(
        label,
        value=None,
        min_value=low,
        max_value=high,
        key=key,
        on_change=follow,
        format="YYYY-MM-DD",
        help=_("The same as a brush over the bars. Days are UTC and included."),
    )


def in_words(index: EventIndex, selection: Selection, n_rows: int) -> None:
    """What is selected, in one line; nothing where everything is."""
    if not selection:
        return
    said = []
    if selection.has_period:
        first, last = index.span
        ends = [
            datetime.fromtimestamp(end, tz=UTC)
            for end in (
                first if selection.first is None else selection.first,
                last if selection.last is None else selection.last,
            )
        ]
        form = "%d %b %Y %H:%M" if unit_of(index.everything) is Unit.HOUR else "%d %b %Y"
        said.append(_("{first} to {last}").format(first=ends[0].strftime(form), last=ends[1].strftime(form)))
    words = index.data.words
    said += [f"{name_of(pick.key, words)}: {pick.value}" for pick in selection.picks]
    chips = " ".join(f":blue-badge[{parts.plain(one)}]" for one in said)
    figure = _("{n:,} of {all:,} interactions ({share:.1%}).").format(
        n=n_rows, all=len(index.value), share=n_rows / len(index.value)
    )
    st.markdown(f"{_('Selected:')} {chips} &nbsp; {parts.plain(figure)}")
