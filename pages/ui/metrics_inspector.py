"""Metrics' inspector: a figure's formula and code, what is masked, who is in it, and one user worked through to it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cached, parts
from pages.ui.links import linked
from pages.ui.who import MANY_USERS
from recsys_core.columns import USER
from recsys_core.data.dataset import Dataset
from recsys_core.errors import NotFound
from recsys_core.evaluation.formulas import Formula, Shape, formula, known
from recsys_core.evaluation.meanings import arrow, better, meaning, number, title, with_interval
from recsys_core.i18n import _
from recsys_core.runs import open_run
from recsys_core.scenarios.inspecting import Inspection, Masked
from recsys_core.scenarios.leaderboard import Row
from recsys_core.scenarios.worked import Part, Step, Worked
from recsys_core.scenarios.worked_figures import worked

TELLING = ""
"""Stands for a user chosen by us: it follows the figure and the run."""
RUN_KEY, USER_KEY = "inspect_run", "inspect_user"
ROW_HEIGHT, MOST_HEIGHT = 35, 460


@st.cache_resource(max_entries=4, show_spinner=_("Opening what was measured…"))
def _inspection(run_id: str, fingerprint: str) -> Inspection:
    """A judged run, opened once; nobody changes it."""
    return Inspection.of(open_run(run_id), cached.serving(run_id, fingerprint))


def show(rows: list[Row], data: Dataset, metric: str) -> None:
    """One figure of one run, from its formula to the shown number.

    Args:
        rows: the leaderboard, best list first; metric: as there, `ndcg@10`.
    """
    having = {row.run.id: row for row in rows if metric in row.metrics}
    if not having or not known(metric):
        st.info(
            _("No run here has {metric}. Choose another figure above.").format(metric=title(metric)),
            icon=":material/info:",
        )
        return
    with parts.boundary():
        row, user, inspection = _asked(having, data, metric)
        found = worked(inspection, metric, user)
    made = formula(metric)
    st.subheader(parts.plain(_said(found, row, inspection), parts.LONGEST_SENTENCE), anchor=False)
    left, right = st.columns([1, 1], gap="large")
    with left:
        _definition(made, data, metric, inspection)
    with right:
        _who(inspection, data, metric, user, made)
    _example(found, inspection, user)
    with st.expander(_("The code that computes it")):
        st.caption(_("Read from the running program, not from a text about it."))
        st.code(made.source(), language="python")


def _asked(having: dict[str, Row], data: Dataset, metric: str) -> tuple[Row, int, Inspection]:
    """Whose figure of which run: two widgets, and what they ask for."""
    sign = better(metric) or 1
    best = max(having, key=lambda run_id: sign * having[run_id].metrics[metric])
    with st.container(border=True):
        places = st.columns([1, 1])
    labels = {run_id: row.label for run_id, row in having.items()}
    chosen = places[0].selectbox(
        _("Run"),
        list(labels),
        key=linked(RUN_KEY, best, options=labels),
        persist_state="session",
        format_func=lambda one: labels.get(one, one),
        help=_("Whose figure is worked through; the best one by default."),
    )
    inspection = _inspection(chosen, data.fingerprint)
    user = _user(places[1], inspection, data, metric)
    return having[chosen], user, inspection


def _user(
    place: st.delta_generator.DeltaGenerator, inspection: Inspection, data: Dataset, metric: str
) -> int:
    """The row of the user who is worked through."""
    words, ids = data.words, data.users[USER]
    telling = inspection.telling(metric)
    named = _("one worth looking at: {id}").format(id=ids.iloc[telling])
    explained = _("Type to search by id. By default somebody with a hit or two, near the mean.")
    if len(inspection.users) <= MANY_USERS:
        judged = list(ids.iloc[inspection.users])
        asked = place.selectbox(
            words.user.capitalize(),
            [TELLING, *judged],
            key=linked(USER_KEY, TELLING, options={TELLING, *judged}),
            persist_state="session",
            format_func=lambda one: one or named,
            help=explained,
        )
    else:
        asked = place.text_input(
            words.user.capitalize(),
            key=linked(USER_KEY, TELLING),
            persist_state="session",
            placeholder=named,
            help=_("An id as in the file; empty for one worth looking at."),
        )
    if not asked:
        return telling
    row = int(data.user_rows(asked)[0])
    if row not in inspection.users:
        raise NotFound(
            what=_("{user} {id} is not in this figure").format(user=words.user, id=repr(str(asked)[:60])),
            where=title(metric),
            remedy=_("choose somebody with something held out"),
        )
    return row


def _said(found: Worked, row: Row, inspection: Inspection) -> str:
    """The figure and the user's part in it, in a sentence."""
    words, metric = inspection.serving.data.words, found.metric
    shown = with_interval(found.shown, row.ci.get(metric))
    who = _("{user} {id}").format(user=words.user, id=inspection.serving.data.users[USER].iloc[found.user])
    figure = _("{run}: {metric} is {shown}.").format(run=row.title, metric=title(metric), shown=shown)
    made = formula(metric)
    if not made.averaged:
        return figure
    if found.part.value is None:
        return figure + " " + _("{who} is not in it.").format(who=who.capitalize())
    return (
        figure
        + " "
        + _("{who} gives {value} to that mean.").format(who=who.capitalize(), value=number(found.part.value))
    )


def _definition(made: Formula, data: Dataset, metric: str, inspection: Inspection) -> None:
    st.subheader(_("The formula, as it is implemented"), anchor=False)
    st.latex(made.latex)
    st.caption(parts.plain(made.told(data.words, inspection.k), parts.LONGEST_SENTENCE))
    if made.averaged:
        st.caption(
            _("The figure shown is the mean of it over the judged {users}, each counting once.").format(
                users=data.words.users
            )
        )
    st.markdown(
        f"{parts.plain(meaning(metric, data.words), parts.LONGEST_SENTENCE)} {arrow(metric)}".rstrip()
    )
    if made.reference:
        st.caption(parts.plain(_(made.reference), parts.LONGEST_SENTENCE))


def _who(inspection: Inspection, data: Dataset, metric: str, user: int, made: Formula) -> None:
    """What is masked, and who is in the mean."""
    words, who = data.words, inspection.who(metric)
    st.subheader(_("What is masked, and who is in it"), anchor=False)
    lines = []
    if made.shape is Shape.ROWS:
        text = _(
            "Nothing is ranked, so nothing is masked: only the {n} held-out rows are predicted, which the model never "
            "learned from. Predictions are clipped to the range of the {value}."
        )
        lines.append(text.format(n=f"{len(inspection.everybody):,}", value=words.value))
    else:
        lines.append(_masked(inspection.masked(metric, user), data))
        if made.shape is Shape.HITS:
            text = _("{n} of these were held out and count as right.")
            lines.append(text.format(n=inspection.masked(metric, user).relevant))
    text = _("{n} of {all} {users} are in it.")
    lines.append(text.format(n=f"{who.n_judged:,}", all=f"{who.n_users:,}", users=words.users))
    lines += [f"{n:,} {why}." for why, n in who.left_out]
    for line in lines:
        st.markdown("- " + parts.plain(line, parts.LONGEST_SENTENCE))


def _masked(masked: Masked, data: Dataset) -> str:
    words = data.words
    known = _("{train} from training and {valid} from validation").format(
        train=masked.train, valid=masked.valid
    )
    if masked.revealed:
        known = _("{n} that were revealed").format(n=masked.revealed)
    text = _(
        "Masked for this {user}: the {items} that they are known to have ({known}). The other {ranked} of {all} are all "
        "ranked."
    )
    return text.format(
        user=words.user,
        items=words.items,
        known=known,
        ranked=f"{masked.ranked:,}",
        all=f"{masked.catalogue:,}",
    )


def _example(found: Worked, inspection: Inspection, user: int) -> None:
    """The table of one user, the steps, and what comes out."""
    words, part = inspection.serving.data.words, found.part
    name = inspection.serving.data.users[USER].iloc[user]
    st.subheader(
        _("Worked through for {user} {id}").format(user=words.user, id=parts.plain(name)), anchor=False
    )
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        _table(part)
    with right:
        _steps(part.steps)
        st.markdown("**" + parts.plain(_("From there to the figure shown")) + "**")
        _steps(found.ending)
    if found.agrees:
        st.success(
            _("It comes out: {shown} is what the leaderboard shows.").format(shown=number(found.shown)),
            icon=":material/check_circle:",
        )
    else:
        text = _("It does not come out: {figure} here, {shown} on the leaderboard. Train the run again.")
        st.warning(
            text.format(figure=f"{found.figure:.9g}", shown=f"{found.shown:.9g}"), icon=":material/warning:"
        )


def _steps(steps: tuple[Step, ...]) -> None:
    for step in steps:
        st.markdown(parts.plain(step.words, parts.LONGEST_SENTENCE))
        if step.latex:
            st.latex(step.latex)


def _table(part: Part) -> None:
    headings = {one.name: one.heading for one in part.columns}
    table = part.table[list(headings)].rename(columns=headings)
    st.dataframe(
        table,
        key="inspect_table",
        hide_index=True,
        height=min(MOST_HEIGHT, ROW_HEIGHT * (len(table) + 1) + 2),
        column_config={
            one.heading: _column(one.name, one.help, part.table[one.name]) for one in part.columns
        },
        alt=_("What the value is made of, a row a place or a held-out row"),
    )


def _column(name: str, explained: str, values: pd.Series) -> Any:
    if values.dtype == bool:
        return st.column_config.CheckboxColumn(help=explained, width=40)
    if pd.api.types.is_float_dtype(values):
        form = "%g" if name == "truth" else "%.3f"
        return st.column_config.NumberColumn(help=explained, format=form, width=62)
    if pd.api.types.is_integer_dtype(values):
        return st.column_config.NumberColumn(help=explained, width=50)
    return st.column_config.TextColumn(help=explained or None, width=165 if name == "title" else 110)
