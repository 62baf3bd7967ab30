"""Cold start, a new item: invent one or take a held-out one; who would get it, at which rank, next to which others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import cached, memo, new_item_curve, new_item_form, parts, state
from recsys_core.charts import new_items as charts
from recsys_core.columns import ITEM, TITLE, USER
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run
from recsys_core.scenarios import new_items
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_items import LIMITS, Audience

FIRST_USERS, NEIGHBOURS = 20, 5
SLOW_CELLS = 20_000_000
LONGEST = 48


def show(data: Dataset, run: Run) -> None:
    """The whole part: controls, the answer, its charts and tables, and the truth beneath."""
    with parts.boundary():
        serving = cached.serving(run.id, data.fingerprint)
        _say_who_cannot(serving, run)
        table, itself = new_item_form.ask(serving)
        found = _audience(serving, run, table, itself)
        _answer(serving, table, found)
        _who(serving, table, found, run)
        _next_to(serving, table, itself)
        if itself is not None:
            _taken(serving, itself, found)
    new_item_curve.show(serving, run)
    _code_and_about(table, run)


def _code_and_about(table: pd.DataFrame, run: Run) -> None:
    known = table.iloc[0].drop(labels=[ITEM], errors="ignore")
    given = {
        str(name): list(cell) if isinstance(cell, (list, np.ndarray)) else str(cell)
        for name, cell in known.items()
        if name != TITLE and (isinstance(cell, (list, np.ndarray)) or not pd.isna(cell))
    }
    parts.code("new_item", run=run.id, title=str(known[TITLE]), attributes=given)
    parts.about(
        _(
            "A model that reads attributes can place what nobody chose yet: it learned what people of a taste choose, not "
            "only which ids. Its rank is that among everything a person has not taken, with nothing added for being new."
        ),
        _(
            "The curve holds whole items back, scores them from attributes alone, and then lets models of ids see some of "
            "their interactions. Where a line of ids crosses, attributes have done their work."
        ),
    )


def _say_who_cannot(serving: Serving, run: Run) -> None:
    if serving.scorer.can.new_items:
        return
    words = serving.data.words
    st.warning(
        _(
            "{model} knows {items} by their id only and cannot score one that nobody chose. In its place stands the "
            "popularity of known {items} with the same attributes: the same score for everybody. Two towers can."
        ).format(model=_(registry.spec(run.config.model).title), items=words.items),
        icon=":material/inventory_2:",
    )


def _audience(serving: Serving, run: Run, table: pd.DataFrame, itself: int | None) -> Audience:
    key = (run.id, serving.data.fingerprint, table.to_json(orient="records"), itself)
    place = st.empty()
    slow = serving.data.n_users * serving.data.n_items > SLOW_CELLS

    def report(share: float) -> None:
        if slow:
            place.progress(share, _("Asking everybody's list"))

    found = memo.remembered(
        "new_item", key, lambda: new_items.audience(serving, table, itself=itself, report=report), most=24
    )
    place.empty()
    return found


def _answer(serving: Serving, table: pd.DataFrame, found: Audience) -> None:
    words, share = serving.data.words, found.share_within(LIMITS[0])
    text = _(
        "{share:.1%} of {users} would see “{title}” in their first ten; half of them have it at rank {rank:,.0f} of "
        "{rivals:,.0f} or better."
    )
    if share == 0:
        text = _(
            "No {user} would see “{title}” in their first ten; half of them have it at rank {rank:,.0f} of "
            "{rivals:,.0f} or better."
        )
    if found.fallback:
        text = _("Placed by its attributes' popularity: {answer}").format(answer=text)
    parts.answer(
        text.format(
            share=share,
            user=words.user,
            users=words.users,
            title=str(table[TITLE].iloc[0])[:LONGEST],
            rank=found.median_rank,
            rivals=found.median_rivals,
        )
    )


def _who(serving: Serving, table: pd.DataFrame, found: Audience, run: Run) -> None:
    """The chart of ranks beside the users who would get it first."""
    data = serving.data
    words = data.words
    left, right = st.columns(2, gap="medium")
    with left:
        chart = charts.reach(
            new_items.reach(found), words, colour=state.colours(data)[run.id], dark=state.dark()
        )
        st.altair_chart(parts.drawn(chart), key="new_item_reach")
        st.caption(
            _(
                "The share of all {n:,} {users} who would have it that high or higher; the band is 95 %."
            ).format(n=len(found.users), users=words.users)
        )
    first = new_items.first_in_line(serving, table, found, FIRST_USERS)
    shown = pd.DataFrame(
        {
            words.user: first[USER],
            _("rank"): first["rank"],
            _("why"): [_why(line) for line in first.to_dict("records")],
        }
    )
    with right:
        st.dataframe(
            shown,
            key="new_item_users",
            hide_index=True,
            height=330,
            column_config={
                words.user: st.column_config.TextColumn(width=70),
                _("rank"): st.column_config.NumberColumn(
                    help=_(
                        "1 + the {items} the model puts above it, of those this {user} has not taken."
                    ).format(items=words.items, user=words.user),
                    width=50,
                ),
                _("why"): st.column_config.TextColumn(
                    help=_("What they choose most beyond what everybody does, of what it has."), width="large"
                ),
            },
            alt=_("Who would see it first"),
        )
        st.download_button(
            _("Table as CSV"),
            parts.safe_csv(first),
            f"{data.name}-new-item.csv",
            "text/csv",
            key="new_item_csv",
            on_click="ignore",
            icon=":material/download:",
        )


def _why(line: Mapping[Hashable, Any]) -> str:
    if pd.isna(line["value"]):
        return _("nothing of it stands out in their {n} choices").format(n=line["choices"])
    return _("{value}: {share:.0%} of {n} choices (all: {everyone:.0%})").format(
        value=line["value"], share=line["share"], n=line["choices"], everyone=line["everyone"]
    )


def _next_to(serving: Serving, table: pd.DataFrame, itself: int | None) -> None:
    near, own = new_items.neighbours(serving, table, k=NEIGHBOURS, itself=itself)
    st.header(_("Next to"))
    told = (
        _("The {items} whose vectors in the model lie nearest; the bar is the cosine.")
        if own
        else _("The {items} most alike by attributes; the bar is the cosine.")
    )
    if not len(near):
        told = _("No {items} have an attribute in common with it.")
    st.caption(told.format(items=serving.data.words.items))
    for line in near.to_dict("records"):
        parts.card(pd.Series(line), serving.data.item_attributes, share=max(float(line["score"]), 0.0))


def _taken(serving: Serving, itself: int, found: Audience) -> None:
    """Who really took the held-out item."""
    seen, words = new_items.truth(serving, itself, found), serving.data.words
    st.header(_("Who really took it"))
    if not seen.takers:
        st.caption(_("Nobody whom the model knows took it."))
        return
    text = _(
        "{takers} {users} did. Of the first {takers} in this order {found} are among them; drawn by lot it would be "
        "{chance:.0f}."
    )
    st.markdown(
        text.format(takers=seen.takers, users=words.users, found=seen.found, chance=seen.by_chance)
        + " "
        + _("One who took it stands before one who did not {auc:.0%} of the time (by lot 50 %).").format(
            auc=seen.auc
        )
    )
