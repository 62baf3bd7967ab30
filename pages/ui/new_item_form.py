"""Cold start, a new item: the controls that say which one, all of them part of the address."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts
from pages.ui.links import linked
from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import _
from recsys_core.scenarios import new_items
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_item_form import Field, fields_of, invent

INVENT, HELD_OUT = "invent", "held-out"
A_ROW, MOST_FIELDS = 3, 6
UNKNOWN = ""


def ask(serving: Serving) -> tuple[pd.DataFrame, int | None]:
    """The item that is asked about as one row, and its place in the catalogue where it has one."""
    data, words = serving.data, serving.data.words
    with st.container(border=True):
        if not len(serving.split.cold_items):
            return _invented(data), None
        labels = {
            INVENT: _("Invent one"),
            HELD_OUT: _("Take a held-out {item}").format(item=words.item),
        }
        way = st.radio(
            _("Which {item}").format(item=words.item),
            list(labels),
            key=linked("new_item", INVENT, options=labels),
            persist_state="session",
            format_func=labels.__getitem__,
            horizontal=True,
            help=_("A held-out {item} was kept from the model, so that its answer can be checked.").format(
                item=words.item
            ),
        )
        return (_invented(data), None) if way == INVENT else _held_out(serving)


def _held_out(serving: Serving) -> tuple[pd.DataFrame, int]:
    choices, words = new_items.held_out_choices(serving), serving.data.words
    said = {
        row[ITEM]: _("{title} · {n} {users}").format(title=row[TITLE], n=row["takers"], users=words.users)
        for row in choices.to_dict("records")
    }
    picked = st.selectbox(
        _("Held-out {item}").format(item=words.item),
        list(said),
        key=linked("new_held_out", next(iter(said)), options=said),
        persist_state="session",
        format_func=lambda one: said.get(one, one),
        filter_mode="contains",
    )
    itself = int(choices.set_index(ITEM).loc[picked, ITEM_ROW])
    return new_items.held_out_item(serving, itself), itself


def _invented(data: Dataset) -> pd.DataFrame:
    title = st.text_input(
        _("Title"),
        key=linked("new_title", _("A new {item}").format(item=data.words.item)),
        persist_state="session",
        max_chars=200,
    )
    fields = fields_of(data)
    given = _fields(fields[:MOST_FIELDS], data)
    if len(fields) > MOST_FIELDS:
        with st.expander(_("More")):
            given |= _fields(fields[MOST_FIELDS:], data)
    return invent(data, title, given)


def _fields(fields: list[Field], data: Dataset) -> dict[str, Any]:
    """One fitting control an attribute, three a row."""
    given: dict[str, Any] = {}
    for start in range(0, len(fields), A_ROW):
        columns = st.columns(A_ROW, vertical_alignment="bottom")
        for column, field in zip(columns, fields[start : start + A_ROW], strict=False):
            with column:
                given[field.name] = _field(field)
    return given


def _field(field: Field) -> Any:
    key, label = f"item.{field.name}", parts.plain(field.name, 40)
    if field.kind == "list":
        return st.multiselect(
            label,
            field.options,
            key=linked(key, list(field.options[:1]), options=field.options),
            persist_state="session",
            filter_mode="contains",
            select_all=False,
            placeholder=_("unknown"),
        )
    if field.kind == "choice":
        return st.selectbox(
            label,
            [UNKNOWN, *field.options],
            key=linked(key, UNKNOWN, options=[UNKNOWN, *field.options]),
            persist_state="session",
            format_func=lambda value: value or _("unknown"),
        )
    text = _("unknown")
    if field.kind == "number":
        form = ".0f" if field.whole else ".4g"
        text = _("unknown; {low} to {high} occur").format(
            low=f"{field.low:{form}}", high=f"{field.high:{form}}"
        )
    return st.text_input(
        label, key=linked(key, UNKNOWN), persist_state="session", placeholder=text, max_chars=200
    )
