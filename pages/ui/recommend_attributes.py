"""Recommend's what-if of a user's attributes: a control for each that a model may read."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.links import linked
from recsys_core.i18n import _
from recsys_core.scenarios.lists import Serving

PREFIX = "as_"
"""Before an attribute's name in the address."""
MOST_ATTRIBUTES = 6
MOST_CATEGORIES = 100


def edited(serving: Serving, user: int) -> dict[str, Any]:
    """New values of the user's attributes, where the model reads them."""
    names = serving.data.user_attributes if serving.scorer.can.attributes else []
    able = [name for name in names if _is_editable(serving.data.users[name])][:MOST_ATTRIBUTES]
    if not able:
        return {}
    st.caption(_("Attributes of this {user}").format(user=serving.data.words.user))
    found = {}
    for name, place in zip(able, st.columns(max(len(able), 3)), strict=False):
        column = serving.data.users[name]
        value = (_number if pd.api.types.is_numeric_dtype(column) else _category)(place, column, user)
        if value is not None:
            found[name] = value
    return found


def _is_editable(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return bool(column.notna().any())
    texts = column.dropna()
    return all(isinstance(one, str) for one in texts) and 1 < texts.nunique() <= MOST_CATEGORIES


def _number(place: Any, column: pd.Series, user: int) -> float | None:
    """A number that differs from the user's own, within what occurs."""
    name, low, high = str(column.name), float(column.min()), float(column.max())
    own = column.iloc[user]
    start = float(column.median()) if pd.isna(own) else float(own)
    value = place.number_input(
        name,
        low,
        high,
        step=1.0,
        format="%g",
        key=linked(PREFIX + name, start, low=low, high=high),
        persist_state="session",
    )
    return None if value == start else float(value)


def _category(place: Any, column: pd.Series, user: int) -> str | None:
    """A text that differs from the user's own, among those that occur."""
    name, options = str(column.name), sorted(column.dropna().unique())
    own = column.iloc[user]
    start = "" if pd.isna(own) else str(own)
    options = options if start else ["", *options]
    value = place.selectbox(
        name,
        options,
        key=linked(PREFIX + name, start, options=options),
        persist_state="session",
        format_func=lambda text: text or _("unknown"),
    )
    return None if value == start else str(value)
