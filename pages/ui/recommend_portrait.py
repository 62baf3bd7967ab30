"""Recommend's portrait of a user: how active, since when, what they choose more than others, their last choices."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from recsys_core.charts import lists as charts
from recsys_core.columns import TIME, TITLE, VALUE
from recsys_core.i18n import _
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.people import KINDS, portrait

HISTORY_SHOWN = 30
ROW_HEIGHT = 35


def show(serving: Serving, user: int, history: pd.DataFrame) -> None:
    """The user at a glance, and what they chose, newest first."""
    data, words = serving.data, serving.data.words
    seen = portrait(serving, user)
    st.header(_("Who this is"))
    kinds = [
        f"**{_(KINDS[kind][0])}**: " + _(KINDS[kind][1]).format(items=words.items, users=words.users)
        for kind in seen.kinds
    ]
    st.markdown(parts.plain(seen.sentence(data), parts.LONGEST_SENTENCE), help="  \n".join(kinds) or None)
    about = [
        f"{name} {data.users.iloc[user][name]}"
        for name in data.user_attributes
        if not pd.isna(data.users.iloc[user][name])
    ]
    if about:
        st.markdown(parts.chips(about))
    if len(seen.taste):
        title = charts.taste_title(seen.taste)
        st.markdown(f"**{parts.plain(title)}**")
        spec = charts.taste_spec(seen.attribute, dark=state.dark())
        st.vega_lite_chart(seen.taste, spec, key="recommend_taste", alt=title)
    _history(serving, history)


def _history(serving: Serving, history: pd.DataFrame) -> None:
    words = serving.data.words
    st.header(_("What they {verb}").format(verb=words.verb))
    columns = [TITLE, VALUE] if VALUE in history and history[VALUE].nunique() > 1 else [TITLE]
    newest = history.head(HISTORY_SHOWN)
    shown = newest[columns].assign(**{_("held out"): newest["part"] == "test"})
    if TIME in history:
        shown.insert(len(columns), _("when"), pd.to_datetime(newest[TIME], unit="s").dt.date)
    st.dataframe(
        shown,
        key="recommend_history",
        hide_index=True,
        height=min(560, ROW_HEIGHT * (len(shown) + 1) + 2),
        column_config={
            TITLE: st.column_config.TextColumn(words.item, width=150),
            VALUE: st.column_config.NumberColumn(words.value, format="%g", width=50),
            _("when"): st.column_config.DateColumn(width=80),
            _("held out"): st.column_config.CheckboxColumn(
                width=60, help=_("Kept from training, so that a hit in the list is a real prediction.")
            ),
        },
        alt=_("What this person chose, newest first"),
    )
    if len(history) > HISTORY_SHOWN:
        st.caption(_("The newest {n} of {all}.").format(n=HISTORY_SHOWN, all=len(history)))
