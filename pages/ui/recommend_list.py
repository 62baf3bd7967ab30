"""Recommend's list: a card an item, what changed about it, why it is there, and the evidence on demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import lists as charts
from recsys_core.charts.theme import title_of
from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _
from recsys_core.scenarios.evidence import evidence
from recsys_core.scenarios.explain import explain, sentence
from recsys_core.scenarios.lists import Serving
from recsys_core.types import FloatArray, IntArray

MadeOf = tuple[IntArray, FloatArray, pd.DataFrame | None]

LEAST_BAR = 0.08
LONGEST_REASON = 320
SHORT_TITLE = 60
HIT = ":material/check:"


def cards(
    serving: Serving,
    table: pd.DataFrame,
    made_of: MadeOf,
    fresh: set[int] | None = None,
) -> None:
    """One card an item.

    Args:
        table: the list; a column `change` marks what an edit moved.
        made_of: the history, its values, oldest first, and the person's attributes that the list was made of.
        fresh: items that the dial brought in.
    """
    if table.empty and serving.scorer.can.fixed:
        st.info(
            _("The imported scores name nothing for this {user}, or nothing that fits the filters.").format(
                user=serving.data.words.user
            ),
            icon=":material/upload_file:",
        )
        return
    if table.empty:
        st.info(_("Nothing fits these filters. Take one away."), icon=":material/filter_alt_off:")
        return
    low, high = float(table["score"].min()), float(table["score"].max())
    history, values, known = made_of
    reasons = explain(serving, history, table[ITEM_ROW].to_numpy(), values=values, attributes=known)
    for (_place, line), why in zip(table.iterrows(), reasons, strict=True):
        share = (line["score"] - low) / (high - low) if high > low else 1.0
        badge = " ".join(_badges(line, fresh or set()))
        attributes = serving.data.item_attributes
        reason = parts.plain(sentence(why, serving.data), LONGEST_REASON)
        bar = LEAST_BAR + (1 - LEAST_BAR) * share
        place = parts.card(line, attributes, share=bar, badge=badge, reason=reason)
        _why(place, serving, made_of, int(line[ITEM_ROW]))


def _badges(line: pd.Series, fresh: set[int]) -> list[str]:
    badges = [f":green-badge[{HIT} {_('held out, hit')}]"] if line["hit"] else []
    if "change" in line:
        return [*badges, *change_badge(line["change"])]
    return [*badges, *([f":orange-badge[{_('new')}]"] if line[ITEM_ROW] in fresh else [])]


def change_badge(change: Any) -> list[str]:
    """How a place changed against the list before: an arrow and a word; nothing where it stayed."""
    if pd.isna(change):
        return [f":orange-badge[:material/add: {_('new')}]"]
    if change == 0:
        return []
    moved = _("↑ up {n}") if change > 0 else _("↓ down {n}")
    return [f":gray-badge[{moved.format(n=abs(int(change)))}]"]


def _why(place: Any, serving: Serving, made_of: MadeOf, item: int) -> None:
    """The evidence for one item, made when somebody opens it."""
    key = f"recommend_why_{serving.data.items[ITEM].iloc[item]}"
    opened = place.popover(_("Why?"), key=key, type="tertiary", on_change="rerun")
    if opened.open:
        with opened:
            _evidence(serving, made_of, item)


def _evidence(serving: Serving, made_of: MadeOf, item: int) -> None:
    history, values, known = made_of
    words = serving.data.words
    found = evidence(serving, history, item, values=values, attributes=known)
    if len(found.falls):
        chart = charts.falls(found.falls, serving.data.items[TITLE].iloc[item], words, dark=state.dark())
        st.altair_chart(parts.drawn(chart), key=f"recommend_falls_{item}", alt=title_of(chart))
        told = _("Each of {n} past choices was left out in turn.").format(n=found.n_tried)
        if found.n_more:
            told += " " + _("{n} more carry it, each less.").format(n=found.n_more)
        st.caption(told)
    elif serving.scorer.can.fixed:
        st.markdown(
            _("This score was made elsewhere: the system behind it cannot be asked what it is due to.")
        )
    elif not serving.scorer.can.personal:
        st.markdown(_("This model does not look at what a {user} chose.").format(user=words.user))
    else:
        st.markdown(_("No single past choice raises its score."))
    if not serving.scorer.can.new_users and not serving.scorer.can.fixed:
        st.caption(
            _("Approximate: this model knows people by their id only, so similar {users} were asked.").format(
                users=words.users
            )
        )
    if len(found.shared):
        st.markdown(f"**{_('What it shares with the history')}**")
        for _place, one in found.shared.iterrows():
            st.markdown(
                _("{value}: {share:.0%} of this {user}'s {items}, {everyone:.0%} of everybody's").format(
                    value=parts.chips([one["value"]]),
                    share=one["share"],
                    everyone=one["everyone"],
                    user=words.user,
                    items=words.items,
                )
            )
    if len(found.nearest):
        st.markdown(f"**{_('Most like it among what they liked')}**")
        for _place, one in found.nearest.iterrows():
            st.markdown(f"{parts.plain(one['title'])} &nbsp; {number(float(one['likeness']))}")
        st.caption(
            _("Likeness: 1 the same attributes (or the same {users}), 0 none.").format(users=words.users)
        )


def compact(table: pd.DataFrame, marks: list[str]) -> None:
    """A list in a narrow column: place, title, marks."""
    lines = [
        f"{int(rank)}. {parts.plain(title, SHORT_TITLE)} {mark}".rstrip()
        for rank, title, mark in zip(table["rank"], table[TITLE], marks, strict=True)
    ]
    st.markdown("\n".join(lines) if lines else _("Nothing fits these filters."))


def gone(titles: list[str]) -> None:
    """What is no longer in the list."""
    if titles:
        st.caption(
            _("Gone: {titles}").format(titles=", ".join(parts.plain(one, SHORT_TITLE) for one in titles))
        )


def download(table: pd.DataFrame) -> None:
    """The list as CSV."""
    st.download_button(
        _("List as CSV"),
        lambda: parts.safe_csv(table.drop(columns=[ITEM_ROW])),  # made when it is asked for
        "list.csv",
        "text/csv",
        key="recommend_csv",
        on_click="ignore",
        icon=":material/download:",
    )


def came_in(plain: pd.DataFrame, dialled: pd.DataFrame) -> set[int]:
    """Items of the second list that are not in the first."""
    return set(np.setdiff1d(dialled[ITEM_ROW], plain[ITEM_ROW]).tolist())
