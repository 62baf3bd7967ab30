"""Explore's closer looks: warnings with their evidence, the neighbours of an item, and the search."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cached, explore_selection, parts
from pages.ui.explore_charts import download
from pages.ui.links import linked
from recsys_core.columns import ITEM, TITLE
from recsys_core.data.dataset import Words
from recsys_core.data.event_index import EventIndex, Side
from recsys_core.data.findings import Finding, Weight
from recsys_core.data.neighbours import LEAST_BOTH, attribute_keys
from recsys_core.data.selection import EVERYTHING, Selection
from recsys_core.i18n import N_, _, ngettext

MOST_OPTIONS = 1000
_ICONS = {
    Weight.SERIOUS: ":material/error:",
    Weight.CAREFUL: ":material/warning:",
    Weight.NOTE: ":material/info:",
}
_WEIGHTS = {Weight.SERIOUS: N_("serious"), Weight.CAREFUL: N_("look first"), Weight.NOTE: N_("good to know")}


def warnings(found: list[Finding]) -> None:
    """Every finding, the heaviest first; opened, its evidence and what to do."""
    st.header(_("Warnings"), anchor="warnings")
    if not found:
        st.success(_("Nothing conspicuous was found in this data."), icon=":material/check_circle:")
        return
    st.caption(_("About all rows, whatever is selected."))
    for one in found:
        label = f"**{_(_WEIGHTS[one.weight])}** &nbsp; {parts.plain(one.sentence, parts.LONGEST_SENTENCE)}"
        with st.expander(label, icon=_ICONS[one.weight]):
            st.markdown(parts.plain(one.remedy, parts.LONGEST_SENTENCE))
            if len(one.evidence):
                _evidence(one)


def _evidence(one: Finding) -> None:
    key = f"explore_finding_{one.name.replace(' ', '_')}"
    shares = {
        name: st.column_config.NumberColumn(format="percent")
        for name in (_("share"), _("share of rows"))
        if name in one.evidence
    }
    st.dataframe(
        one.evidence,
        key=key,
        hide_index=True,
        height=min(300, 36 * (len(one.evidence) + 1) + 2),
        column_config=shares,
        alt=one.sentence,
    )
    if one.n_evidence > len(one.evidence):
        st.caption(_("The first {n:,} of {all:,}.").format(n=len(one.evidence), all=one.n_evidence))
    download(one.evidence, f"{key}_csv", one.name.replace(" ", "-"))


@st.fragment
def neighbours(index: EventIndex) -> None:
    """One item and the items nearest to it."""
    data, words = index.data, index.data.words
    if not index.has("items") or not (index.has("users") or attribute_keys(index)):
        return
    st.header(_("Neighbours of one {item}").format(item=words.item))
    st.caption(_("Among all rows, whatever is selected."))
    with st.container(border=True):
        row = st.columns([2, 3, 2] if data.n_items > MOST_OPTIONS else [5, 2], vertical_alignment="bottom")
        item = _choose_item(row[:-1], index)
        least = row[-1].number_input(
            _("Both chosen by at least"),
            1,
            1000,
            key=linked("both", LEAST_BOTH, low=1, high=1000),
            persist_state="session",
            help=_("Fewer, and chance decides: two {items} that one {user} chose look like twins.").format(
                items=words.items, user=words.user
            ),
        )
    explore_selection.remember()
    if item is None:
        return
    with parts.boundary(), st.spinner(_("Looking who chose it, and what else …")):
        place = int(data.item_rows([item])[0])
        by_users, by_attributes = cached.neighbours(data.name, data.fingerprint, place, int(least))
    _say_nearest(index, place, by_users)
    shown = [
        (table, heading, key)
        for table, heading, key in (
            (by_users, _("Chosen by the same {users}").format(users=words.users), "users"),
            (by_attributes, _("Alike in what is known of them"), "attributes"),
        )
        if table is not None
    ]
    for column, (table, heading, key) in zip(st.columns(max(len(shown), 1)), shown, strict=False):
        with column:
            _neighbour_table(table, heading, key, words)


def _choose_item(columns: list[st.delta_generator.DeltaGenerator], index: EventIndex) -> str | None:
    """The most chosen items to pick from; where there are many, those that fit a text."""
    data, words = index.data, index.data.words
    search = ""
    if len(columns) > 1:
        search = columns[0].text_input(
            _("Search {items}").format(items=words.items), key="explore_near_search", max_chars=100
        )
    found, _n = cached.found_table(data.name, data.fingerprint, "items", search, EVERYTHING)
    labels = dict(zip(found[ITEM].astype(str), found[TITLE].astype(str), strict=True))
    asked = st.session_state.get("near", st.query_params.get("near"))
    if asked is not None and asked not in labels and data.item_vocabulary.rows([asked])[0] >= 0:
        labels[asked] = str(data.items[TITLE].iloc[int(data.item_rows([asked])[0])])
    if not labels:
        st.info(_("Nothing holds this text. Try a shorter part of it."), icon=":material/search_off:")
        return None
    return columns[-1].selectbox(
        words.item[:1].upper() + words.item[1:],
        list(labels),
        key=linked("near", next(iter(labels)), options=labels),
        persist_state="session",
        format_func=lambda one: f"{labels.get(one, one)} · {one}",
        filter_mode="contains",
    )


def _say_nearest(index: EventIndex, place: int, table: pd.DataFrame | None) -> None:
    words, title = index.data.words, index.data.items[TITLE].iloc[place]
    if table is None:
        return
    n = int(index.everything.counts("items")[place])
    if table.empty:
        text = _("{title} has {n:,} interactions, and no other {item} shares so many {users} with it.")
        text = text.format(title=title, n=n, item=words.item, users=words.users)
    else:
        best = table.iloc[0]
        text = _("Nearest to {title}: {other}, which {both:,} {users} have as well.")
        text = text.format(title=title, other=best[TITLE], both=int(best["both"]), users=words.users)
    st.markdown(f"**{parts.plain(text, 400)}**")


def _neighbour_table(table: pd.DataFrame, heading: str, key: str, words: Words) -> None:
    st.subheader(heading, anchor=False)
    if table.empty:
        st.caption(_("None."))
        return
    configured = {
        TITLE: st.column_config.TextColumn(words.item, width=180),
        "cosine": st.column_config.NumberColumn(
            _("likeness"), format="%.2f", width=60, help=_("Cosine: 1 is the same, 0 nothing in common.")
        ),
        "both": st.column_config.NumberColumn(
            _("both"), width=50, help=_("{users} who have both.").format(users=words.users)
        ),
        "shared": st.column_config.NumberColumn(_("shared"), width=50, help=_("Values that both have.")),
        "count": st.column_config.NumberColumn(_("all"), width=50, help=_("Interactions of that one.")),
    }
    shown = table.drop(columns=["item", ITEM])
    st.dataframe(shown, key=f"explore_near_{key}", hide_index=True, column_config=configured, alt=heading)
    download(table.drop(columns="item"), f"explore_near_{key}_csv", "neighbours")


@st.fragment
def search(index: EventIndex, selection: Selection) -> None:
    """Items and users by a part of their title, id or attributes, with what the selected rows say of them."""
    data, words = index.data, index.data.words
    nouns: dict[Side, str] = {"items": words.items, "users": words.users}
    subjects = {side: noun for side, noun in nouns.items() if index.has(side)}
    if not subjects:
        return
    st.header(_("Search"))
    with st.container(border=True, horizontal=True):
        chosen = st.segmented_control(
            _("Look for"),
            list(subjects),
            key=linked("what", next(iter(subjects)), options=subjects),
            format_func=lambda one: subjects.get(one, str(one)),
            persist_state="session",
            required=True,
        )
        side: Side = chosen if chosen is not None else next(iter(subjects))
        text = st.text_input(
            _("Text"),
            key=linked("search", ""),
            persist_state="session",
            max_chars=100,
            placeholder=_("part of a title or an id"),
        )
    explore_selection.remember()
    table, n_found = cached.found_table(data.name, data.fingerprint, side, text, selection)
    if table.empty:
        st.info(_("Nothing holds this text. Try a shorter part of it."), icon=":material/search_off:")
        return
    counted = {
        "count": st.column_config.NumberColumn(_("interactions"), help=_("How often chosen, or choosing."))
    }
    mean = _("share of 1") if index.binary else _("mean {value}").format(value=words.value)
    form = "percent" if index.binary else "%.2f"
    st.dataframe(
        table.drop(columns="mean") if index.constant else table,
        key="explore_table",
        hide_index=True,
        height=320,
        column_config=counted | {"mean": st.column_config.NumberColumn(mean, format=form)},
        alt=_("Table of what was found"),
    )
    said = ngettext("{n:,} found.", "{n:,} found, most active first.", n_found)
    if n_found > len(table):
        said = _("{n:,} found; the {shown:,} most active are shown.")
    st.caption(said.format(n=n_found, shown=len(table)))
    download(table, "explore_table_csv", side)
