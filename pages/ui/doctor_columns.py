"""Prepare, second part: which column is what, with what was guessed and why, and the kind of feedback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts
from pages.ui.doctor_files import NONE, Read
from recsys_core.columns import Kind
from recsys_core.data.column_map import ColumnMap, Guess, Role
from recsys_core.data.column_views import as_text, views_of
from recsys_core.data.kinds import KindGuess
from recsys_core.data.proposing import Proposed, kind_of
from recsys_core.data.recipe import Recipe
from recsys_core.i18n import N_, _

PREVIEW_ROWS = 8
KINDS = {Kind.RATING: N_("ratings"), Kind.IMPLICIT: N_("chosen or not"), Kind.CLICK: N_("clicks")}
ROLES = {
    Role.USER: N_("user"),
    Role.ITEM: N_("item"),
    Role.VALUE: N_("value"),
    Role.TIME: N_("time"),
    Role.TITLE: N_("title"),
    Role.ITEM_ATTRIBUTE: N_("of the item"),
    Role.USER_ATTRIBUTE: N_("of the user"),
    Role.FEATURE: N_("of the row"),
}
SURE, LIKELY = 0.8, 0.6


@st.cache_data(max_entries=16, show_spinner=False)
def _likely_kind(key: str, columns: ColumnMap, _table: pd.DataFrame) -> KindGuess:
    """The likely kind once other columns were chosen."""
    return kind_of(views_of(_table), columns)


def assigned(read: Read, recipe: Recipe, proposed: Proposed, key: str) -> tuple[ColumnMap, Kind]:
    """The controls of all roles, filled from the recipe; the columns and the kind that are chosen."""
    names = [str(name) for name in read.table.columns]
    guesses = proposed.proposal.guesses if proposed.recipe.columns == recipe.columns else {}
    start = recipe.columns
    cells = st.columns(4)
    user = _one(
        cells[0], _("User"), names, start.user, f"prepare_user_{key}", guesses, _("Who: an id, or a name.")
    )
    item = _one(
        cells[1], _("Item"), names, start.item, f"prepare_item_{key}", guesses, _("What: an id, or a name.")
    )
    value = _one(
        cells[2], _("Value"), names, start.value, f"prepare_value_{key}", guesses,
        _("A rating, an amount, or 0 and 1. Without one, every row says: chosen."),
    )  # fmt: skip
    time = _one(
        cells[3], _("Time"), names, start.time, f"prepare_time_{key}", guesses,
        _("Epoch seconds or milliseconds, or a date; needed for the split 'last'."),
    )  # fmt: skip
    chosen = ColumnMap(user, item, value, time)
    as_proposed = (user, item, value) == (start.user, start.item, start.value)
    if as_proposed:
        kind = _kind(recipe.kind, proposed.proposal.kind, key)
    else:  # another value column says something else: the kind is proposed anew
        guess = _likely_kind(read.key, chosen, read.table)
        kind = _kind(guess.kind, guess, f"{key}_{user}_{item}_{value}")
    return _further(names, chosen, start, kind, guesses, key), kind


def _one(
    cell: Any,
    label: str,
    names: Sequence[str],
    start: str | None,
    key: str,
    guesses: dict[str, Guess],
    help_text: str,
) -> str | None:
    options = [NONE, *names]
    chosen = cell.selectbox(
        label, options, options.index(start) if start and start in names else 0, key=key, help=help_text
    )
    guess = guesses.get(chosen)
    if guess is not None and chosen == start:
        cell.caption(f"{_badge(guess.confidence)} {parts.plain(guess.reason)}")
    return None if chosen == NONE else str(chosen)


def _badge(confidence: float) -> str:
    if confidence >= SURE:
        return f":green-badge[{_('sure')}]"
    return f":blue-badge[{_('likely')}]" if confidence >= LIKELY else f":orange-badge[{_('a guess: look')}]"


def _kind(start: Kind, guess: KindGuess, key: str) -> Kind:
    labels = {kind: _(text) for kind, text in KINDS.items()}
    kind = st.segmented_control(
        _("What a value says"),
        list(labels),
        default=start,
        key=f"prepare_kind_{key}",
        format_func=lambda one: labels.get(one, str(one)),
        required=True,
        help=_(
            "Ratings: grades on a scale. Chosen or not: purchases, plays, visits; a value is an amount. Clicks: rows "
            "of 0 and 1 with columns that describe them."
        ),
    )
    if kind == guess.kind:
        st.caption(f"{_badge(guess.confidence)} {parts.plain(guess.reason, parts.LONGEST_SENTENCE)}")
    return Kind(kind or start)


def _further(
    names: Sequence[str], chosen: ColumnMap, start: ColumnMap, kind: Kind, guesses: dict[str, Guess], key: str
) -> ColumnMap:
    """Title and attributes that stand in the interactions themselves; for clicks what describes the row."""
    taken = [column for column in chosen.chosen() if column]
    free = [name for name in names if name not in taken]
    if not free:
        return chosen
    cells = st.columns(3)
    title = _one(
        cells[0],
        _("Title"),
        free,
        start.title,
        f"prepare_own_title_{key}",
        guesses,
        _("What an item is called."),
    )
    rest = [name for name in free if name != title]
    several = cells[1].multiselect(
        _("Says something of the item"),
        rest,
        [name for name in start.item_attributes if name in rest],
        key=f"prepare_item_attributes_{key}",
        help=_("Columns that are the same in all rows of an item: a category, a maker."),
    )
    rest = [name for name in rest if name not in several]
    users = cells[2].multiselect(
        _("Says something of the user"),
        rest,
        [name for name in start.user_attributes if name in rest],
        key=f"prepare_user_attributes_{key}",
        help=_("Columns that are the same in all rows of a user: a country, an age."),
    )
    found = replace(chosen, title=title, item_attributes=tuple(several), user_attributes=tuple(users))
    if kind is not Kind.CLICK:
        return found
    rest = [name for name in rest if name not in users]
    features = st.multiselect(
        _("Describes the row"),
        rest,
        [name for name in start.features if name in rest],
        key=f"prepare_features_{key}",
        help=_("Context that a click may depend on: place, device, hour."),
    )
    return replace(found, features=tuple(features))


def preview(table: pd.DataFrame, columns: ColumnMap) -> None:
    """The first rows, every column under what it was taken for."""
    roles = {
        columns.user: Role.USER, columns.item: Role.ITEM, columns.value: Role.VALUE, columns.time: Role.TIME,
        columns.title: Role.TITLE,
    }  # fmt: skip
    roles |= dict.fromkeys(columns.item_attributes, Role.ITEM_ATTRIBUTE)
    roles |= dict.fromkeys(columns.user_attributes, Role.USER_ATTRIBUTE)
    roles |= dict.fromkeys(columns.features, Role.FEATURE)
    head = table.head(PREVIEW_ROWS).apply(as_text)
    order = sorted(head.columns, key=lambda name: (name not in roles, 0))
    st.dataframe(
        head[order],
        hide_index=True,
        height=36 * (len(head) + 1) + 2,
        column_config={
            name: st.column_config.TextColumn(
                f"{_(ROLES[roles[name]]).upper()}: {name}" if name in roles else name,
                help=_("Not used.") if name not in roles else None,
            )
            for name in head.columns
        },
        alt=_("The first rows of the file, each column under what it was taken for"),
    )
