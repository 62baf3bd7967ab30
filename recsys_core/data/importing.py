"""A person's own tables become a Dataset: columns are assigned, texts become ids, values and times, rows are cleaned."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.columns import ITEM, ITEM_ROW, PART, TIME, USER, USER_ROW, VALUE, Kind
from recsys_core.data.attributes import Attributes, check_columns, filled, from_events, from_file, together
from recsys_core.data.cleaning import Cleaned, Step, clean_events
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.convert import attribute, coded, ids, numbers, seconds
from recsys_core.data.dataset import Dataset, Provenance, Words, make_dataset
from recsys_core.data.events import Events
from recsys_core.data.import_checks import check_assignment, check_rest, check_rows
from recsys_core.data.proposing import recipe_for
from recsys_core.data.recipe import Recipe, TableMap
from recsys_core.data.roles import guess_columns
from recsys_core.data.tables import FILES, LEFT_OUT, MAX_MB, SOURCE, place_of, read_table
from recsys_core.i18n import N_, _
from recsys_core.types import IntArray

__all__ = ["MAX_MB", "ColumnMap", "guess_columns", "import_dataset", "read_table"]

_OURS = (USER, ITEM, USER_ROW, ITEM_ROW, VALUE, TIME, PART)
UNFIT = N_("leave out rows that do not fit the header")


@dataclass(frozen=True)
class Tables:
    """The tables of one import. `parts` is a second table of events: the test part of the split `given`."""

    events: pd.DataFrame
    items: pd.DataFrame | None = None
    users: pd.DataFrame | None = None
    parts: pd.DataFrame | None = None


@dataclass(frozen=True)
class Imported:
    """A Dataset, the rows that cleaning took, and what a person should know.

    Attributes:
        dropped: `step` (its name), `row` (its number in the file), then the cells as they are in the file.
    """

    dataset: Dataset
    dropped: pd.DataFrame
    notes: tuple[str, ...]


def import_tables(name: str, tables: Tables, recipe: Recipe) -> Imported:
    """Applies a recipe; raises DataError that names file, row and column, and leaves nothing half-made."""
    files.check_name(name, where=_("name of a data set"))
    events = convert(tables.events, recipe)
    cleaned = clean_events(events, recipe.steps)
    return assemble(name, tables, recipe, events, cleaned)


def convert(table: pd.DataFrame, recipe: Recipe) -> Events:
    """The assigned columns as Events; raises DataError for a column that is not there or a cell that is none."""
    columns = recipe.columns
    check_assignment(table, recipe)
    missing = recipe.unreadable == "missing"
    made: dict[str, pd.Series] = {}
    for ours, given in ((USER, columns.user), (ITEM, columns.item)):
        if given is not None:
            made[ours] = coded(ids(table[given]))
    lost = _lost(made, recipe, len(table))
    if columns.value is not None:
        made[VALUE] = numbers(table, columns.value, unreadable_as_missing=missing, lost=lost)
    elif recipe.kind is Kind.IMPLICIT:
        made[VALUE] = pd.Series(1.0, index=table.index)
    if columns.time is not None:
        made[TIME] = seconds(table, columns.time, unreadable_as_missing=missing, lost=lost)
    looked_at = {
        str(one["column"]) for one in recipe.steps.values() if one.get("on") and one.get("column") is not None
    }
    check_columns(table, sorted(looked_at))
    return Events.of(
        pd.DataFrame(made), {name: ids(table[name]).reset_index(drop=True) for name in looked_at}
    )


def _lost(made: Mapping[str, pd.Series], recipe: Recipe, n: int) -> np.ndarray:
    """Rows without a user or item, where these are dropped: sums and remarks below a table, shape (n,)."""
    lost = np.zeros(n, dtype=bool)
    if recipe.steps.get("missing", {}).get("on"):
        for found in made.values():
            lost |= found.isna().to_numpy()
    return lost


def assemble(name: str, tables: Tables, recipe: Recipe, events: Events, cleaned: Cleaned) -> Imported:
    """The Dataset of cleaned events with everything that is known of users and items."""
    steps = _read_steps(tables.events, events) + [{**step.as_dict()} for step in cleaned.steps]
    check_rest(tables.events, recipe, events, cleaned)
    table = events.table(cleaned.rows, cleaned.values)
    features = _features(tables, recipe)
    table = table.assign(**_at(features, cleaned.rows))
    dropped = dropped_rows_of(tables.events, cleaned.dropped)
    if tables.parts is not None:
        table, steps = _with_part(table, steps, tables.parts, recipe, features)
    users = _known_of(USER, tables.users, recipe.users, tables.events, recipe, events)
    items = _known_of(ITEM, tables.items, recipe.items, tables.events, recipe, events)
    lists = tuple(one for found in (items, users) if found is not None for one in found.lists)
    dataset = make_dataset(
        name,
        recipe.kind,
        table,
        users=None if users is None else users.table,
        items=None if items is None else items.table,
        words=recipe.words,
        provenance=Provenance(_("import of {file}").format(file=_source_of(tables.events))),
        list_columns=lists,
        features=tuple(features),
        cleaning=tuple(steps),
        recipe=recipe.as_dict(),
    )
    if recipe.impute == "fill":  # of those alone who interact, and of them all
        told = {key: filled(Attributes(table, lists), key).table for key, table in (
            (USER, dataset.users), (ITEM, dataset.items)
        )}  # fmt: skip
        dataset = replace(dataset, users=told[USER], items=told[ITEM])
    return Imported(
        dataset, dropped, tuple(note for found in (items, users) if found for note in found.notes)
    )


def _read_steps(table: pd.DataFrame, events: Events) -> list[dict[str, Any]]:
    left_out = int(table.attrs.get(LEFT_OUT, 0))
    if not left_out:
        return []
    counts = events.counts(np.arange(events.n))
    return [Step(UNFIT, events.n + left_out, events.n, *counts, *counts, step="unfit").as_dict()]


def _features(tables: Tables, recipe: Recipe) -> dict[str, pd.Series]:
    """Columns that describe the row, of a table of clicks: numbers or text, under names that are free.

    Where there is a second table its rows follow, so that both are of one type.
    """
    if recipe.kind is not Kind.CLICK:
        return {}
    several = [tables.events] if tables.parts is None else [tables.events, tables.parts]
    made: dict[str, pd.Series] = {}
    for name in recipe.columns.features:
        column = attribute(pd.concat([table[name] for table in several], ignore_index=True))
        free = name
        while free in _OURS or (free != name and free in recipe.columns.features):
            free = f"other_{free}"
        gaps = str(column.dtype) == "Int64" and column.isna().any()
        made[free] = column.astype("float64") if gaps else column
    return made


def _at(features: dict[str, pd.Series], rows: IntArray) -> dict[str, pd.Series]:
    return {name: column.iloc[rows].reset_index(drop=True) for name, column in features.items()}


def dropped_rows_of(table: pd.DataFrame, dropped: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """The rows at these positions of each step, as they are in the file: `step`, `row` (its number there), cells."""
    parts, several = [], FILES in table.attrs
    for step, rows in dropped.items():
        part = table.iloc[rows].astype("str").reset_index(drop=True)
        part = part.rename(
            columns={name: f"{name} (file)" for name in ("step", "file", "row") if name in part}
        )
        places = [place_of(table, int(row)) for row in rows] if several else []
        first = place_of(table, 0)[1]
        part.insert(0, "row", np.array([row for _file, row in places]) if several else rows + first)
        if several:
            part.insert(0, "file", pd.Series([file for file, _row in places], dtype="str"))
        part.insert(0, "step", step)
        parts.append(part)
    empty = pd.DataFrame({"step": pd.Series(dtype="str"), "row": pd.Series(dtype="int64")})
    return pd.concat([part for part in parts if len(part)] or [empty], ignore_index=True)


def _with_part(
    table: pd.DataFrame,
    steps: list[dict[str, Any]],
    parts: pd.DataFrame,
    recipe: Recipe,
    features: dict[str, pd.Series],
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Training and test rows, cleaned apart so that neither can remove a row of the other."""
    other = convert(parts, recipe)
    cleaned = clean_events(other, recipe.steps)
    check_rows(parts, recipe, other, cleaned)
    first = len(next(iter(features.values()), parts)) - len(parts)
    second = other.table(cleaned.rows, cleaned.values).assign(**_at(features, cleaned.rows + first))
    tables = [table, second]
    plain = [one.astype({name: "str" for name in (USER, ITEM) if name in one}) for one in tables]
    both = pd.concat([one.assign(**{PART: part}) for part, one in enumerate(plain)], ignore_index=True)
    named = [{**step, "part": "train"} for step in steps]
    return both, named + [{**step.as_dict(), "part": "test"} for step in cleaned.steps]


def _known_of(
    key: str, file: pd.DataFrame | None, chosen: TableMap, table: pd.DataFrame, recipe: Recipe, events: Events
) -> Attributes | None:
    """What the file of attributes and the events' own columns tell of users or items."""
    columns = recipe.columns
    codes, known = (events.users, events.user_ids) if key == USER else (events.items, events.item_ids)
    if codes is None:
        return None
    title = columns.title if key == ITEM else None
    names = columns.user_attributes if key == USER else columns.item_attributes
    own = from_events(table, codes, known, key, [*names, *([title] if title else [])], title)
    return together(None if file is None else from_file(file, key, chosen, known), own, key)


def import_dataset(
    name: str,
    events: pd.DataFrame,
    mapping: ColumnMap,
    *,
    items: pd.DataFrame | None = None,
    item_id: str | None = None,
    title: str | None = None,
    users: pd.DataFrame | None = None,
    user_id: str | None = None,
    list_columns: Sequence[str] = (),
    kind: Kind | None = None,
    words: Words | None = None,
    parts: pd.DataFrame | None = None,
) -> Dataset:
    """A cleaned Dataset from tables as `read_table` gives them, with the proposed recipe for these columns.

    `items` and `users` hold attributes; their id columns and the items' title are found unless given. A cell
    with '|' makes its column a list; `list_columns` names further ones.
    """
    tables = Tables(events, items, users, parts)
    check_columns(events, mapping.chosen())
    recipe = recipe_for(events, mapping, kind=kind, items=items, users=users)
    chosen_items = TableMap(
        item_id or recipe.items.id, title or recipe.items.title, _held(items, list_columns)
    )
    chosen_users = TableMap(user_id or recipe.users.id, None, _held(users, list_columns))
    recipe = replace(recipe, items=chosen_items, users=chosen_users, words=words or recipe.words)
    return import_tables(name, tables, recipe).dataset


def _held(table: pd.DataFrame | None, names: Sequence[str]) -> tuple[str, ...]:
    return () if table is None else tuple(name for name in names if name in table)


def free_name(file_name: str, taken: Collection[str]) -> str:
    """A name for the data set of a file: the file's own, in safe letters, with a number where it is taken."""
    stem = Path(file_name).name.partition(".")[0]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:40] or "my-data"
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _source_of(table: pd.DataFrame) -> str:
    return str(table.attrs.get(SOURCE, _("the table")))
