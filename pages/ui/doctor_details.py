"""Prepare, beside the interactions: files of items' and users' attributes, and which of their columns is the id."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.ui import doctor_files
from pages.ui.doctor_files import NONE, Given, Read
from recsys_core.columns import ITEM, USER
from recsys_core.data.attributes import describes, guess_table
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.convert import ids
from recsys_core.data.packed import ALL
from recsys_core.data.recipe import Recipe, TableMap
from recsys_core.data.tables import read_table
from recsys_core.errors import RecsysError
from recsys_core.i18n import N_, _

MOST_LOOKED_INTO = 6
LABELS = {
    "items": (
        N_("Which table holds the items"),
        N_("Items from the same archive"),
        N_("Item id in the items file"),
    ),
    "users": (
        N_("Which table holds the users"),
        N_("Users from the same archive"),
        N_("User id in the users file"),
    ),
}


@dataclass(frozen=True)
class Details:
    """The tables of attributes, None where there is none, and what their columns are."""

    items: pd.DataFrame | None
    users: pd.DataFrame | None
    item_map: TableMap
    user_map: TableMap


@st.cache_resource(max_entries=4, show_spinner=False)
def _known(key: str, column: str, _table: pd.DataFrame) -> pd.Index:
    """The distinct ids of the interactions."""
    return pd.Index(ids(_table[column]).dropna().unique())


@st.cache_data(max_entries=8, show_spinner=False)
def _guess(key: str, ours: str, column: str, _table: pd.DataFrame, _ids: pd.Index) -> TableMap:
    return guess_table(_table, ours, _ids, column)


@st.cache_data(max_entries=8, show_spinner=False)
def _likely_member(
    key: str,
    members: tuple[str, ...],
    ours: str,
    column: str,
    other: str | None,
    _file: Given,
    _known_ids: pd.Index,
) -> str | None:
    """The table of the same archive that describes these ids best, and not those of the column `other`."""
    scores = {}
    for member in members[:MOST_LOOKED_INTO]:
        with suppress(RecsysError):
            table = read_table(_file.content, name=_file.name, max_mb=None, member=member)
            theirs = other in table and column not in table
            scores[member] = 0.0 if theirs else describes(table, ours, _known_ids, column)
    best = max(scores, key=lambda one: scores[one], default=None)
    return best if best is not None and scores[best] > 0 else None


def details(
    events_file: Given,
    member: str,
    files: dict[str, Given | None],
    read: Read,
    columns: ColumnMap,
    recipe: Recipe,
    key: str,
) -> Details:
    """The controls and tables of both; what is wrong with a file is said and ends the page."""
    tables: dict[str, pd.DataFrame | None] = {}
    maps: dict[str, TableMap] = {}
    for name, ours, own, saved in (
        ("items", ITEM, columns.item, recipe.items),
        ("users", USER, columns.user, recipe.users),
    ):
        source = files[name] or events_file
        other = columns.user if name == "items" else columns.item
        inside = _member(name, ours, (own, other), files[name], events_file, member, read)
        tables[name] = None if inside is None else doctor_files.read_details(source, inside)
        table = tables[name]
        maps[name] = TableMap()
        if table is not None and own is not None:
            known = _known(read.key, own, read.table)
            guess = (
                saved
                if saved.id in table
                else _guess(f"{source.key}|{inside}|{read.key}", ours, own, table, known)
            )
            maps[name] = _columns(name, table, guess, f"{source.key}_{key}")
    return Details(tables["items"], tables["users"], maps["items"], maps["users"])


def _member(
    name: str,
    ours: str,
    columns: tuple[str | None, str | None],
    file: Given | None,
    events_file: Given,
    member: str,
    read: Read,
) -> str | None:
    """Which table to read; None for none. `columns`: the id column of the interactions, and that of the others."""
    own, other = columns
    which, same, _id = LABELS[name]
    if file is not None:
        return doctor_files.member_of(file, _(which), f"prepare_{name}_in") or ""
    others = [one for one in doctor_files.members(events_file) if one != member]
    if not others or own is None or member == ALL:
        return None
    with st.spinner(_("Looking into the archive…")):
        known = _known(read.key, own, read.table)
        likely = _likely_member(
            f"{events_file.key}|{read.key}", tuple(others), ours, own, other, events_file, known
        )
    return doctor_files.member_of(
        events_file, _(same), f"prepare_{name}_of", taken=[member], optional=True, start=likely
    )


def _columns(name: str, table: pd.DataFrame, guess: TableMap, key: str) -> TableMap:
    names = [str(one) for one in table.columns]
    cells = st.columns(4)
    start = names.index(guess.id) if guess.id in names else 0
    chosen = cells[0].selectbox(_(LABELS[name][2]), names, start, key=f"prepare_{name}_id_{key}")
    if name == "users":
        return TableMap(chosen, None, guess.lists)
    options = [NONE, *names]
    start = options.index(guess.title) if guess.title in names else 0
    title = cells[1].selectbox(
        _("Title"), options, start, key=f"prepare_title_{key}", help=_("What an item is called.")
    )
    return TableMap(chosen, None if title == NONE else title, guess.lists)
