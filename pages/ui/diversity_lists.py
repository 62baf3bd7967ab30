"""Diversity's view of one person: the lists before and after, what went and came, and the mix against their taste."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import diversity as charts
from recsys_core.columns import ITEM_ROW, TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import _
from recsys_core.scenarios.before_after import BeforeAfter
from recsys_core.scenarios.lists import Serving

SHORT_TITLE, LONGEST_NOTE, MOST_CHIPS = 70, 120, 4


def show(serving: Serving, found: BeforeAfter) -> None:
    """Two lists, and the chart of their mix beside them."""
    data = serving.data
    before, after, mix = st.columns([1, 1, 1.1], gap="medium")
    with before:
        st.header(_("As ranked"))
        _rows(data, found.before, found.gone, f":red-badge[:material/remove: {_('goes')}]")
    with after:
        st.header(_("With the dial"))
        _rows(data, found.after, found.came, f":orange-badge[:material/add: {_('new')}]")
    with mix:
        st.header(_("Against their taste"))
        title = charts.mix_title(found.mix)
        st.markdown(f"**{parts.plain(title)}**")
        st.altair_chart(parts.drawn(charts.mix(found.mix, dark=state.dark())), key="diversity_mix", alt=title)
        st.caption(
            _("Tick: what they chose. Ring: the list before. Dot: now.") + " " + _mix_said(data, found)
        )


def _rows(data: Dataset, table: pd.DataFrame, marked: set[int], mark: str) -> None:
    """One line an item: rank, title, marks, attributes, and the note of those that changed."""
    with st.container(border=True, gap="xsmall"):
        if table.empty:
            st.markdown(_("Nothing is left to list."))
        for _place, line in table.iterrows():
            badges = [f":green-badge[:material/check: {_('held out, hit')}]"] if line["hit"] else []
            badges += [mark] if line[ITEM_ROW] in marked else []
            head = (
                f"**{int(line['rank'])}** &nbsp; {parts.plain(line[TITLE], SHORT_TITLE)} {' '.join(badges)}"
            )
            values = parts.attribute_values(line, data.item_attributes, MOST_CHIPS)
            st.markdown(f"{head.rstrip()}  \n{parts.chips(values)}".rstrip())
            if line["note"]:
                st.caption(parts.plain(line["note"], LONGEST_NOTE))


def _mix_said(data: Dataset, found: BeforeAfter) -> str:
    """How far the list is from the taste, and what the kinds are."""
    words = data.words
    told = [
        _("Difference within the list {before:.2f} → {after:.2f} (0: all alike, 1: nothing shared).").format(
            before=found.distance[0], after=found.distance[1]
        )
    ]
    before, after = found.away
    if before == before:  # noqa: PLR0124 - NaN: nothing is known of this person
        told.append(
            _(
                "Distance from the taste {before:.2f} → {after:.2f} (0: the list mirrors what they chose)."
            ).format(before=before, after=after)
        )
    else:
        told.append(_("Nothing is known of this {user}'s taste.").format(user=words.user))
    if not found.attribute:
        told.append(
            _(
                "No attribute groups these {items}, so they were grouped by who chose both; a group is called after the "
                "{item} in its middle."
            ).format(items=words.items, item=words.item)
        )
    return " ".join(told)
