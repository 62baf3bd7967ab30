"""What is known of users and items: from files of their own, and from columns of the events that depend on them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TITLE, USER
from recsys_core.data.column_views import as_text, views_of
from recsys_core.data.convert import attribute, coded, ids, present, split_lists
from recsys_core.data.names import best_named, name_score
from recsys_core.data.recipe import TableMap
from recsys_core.data.tables import SOURCE
from recsys_core.errors import DataError
from recsys_core.i18n import _, ngettext
from recsys_core.types import IntArray

UNKNOWN = "unknown"
_LOOKED_AT = 40


@dataclass(frozen=True)
class Attributes:
    """A table keyed by our id column, which of its columns hold lists, and what a person should know of it."""

    table: pd.DataFrame
    lists: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def guess_table(table: pd.DataFrame, key: str, known: pd.Index, same_as: str | None) -> TableMap:
    """Which column of a file of attributes holds the ids, and which the titles.

    Args:
        table: the file.
        key: `user_id` or `item_id`: whose attributes these are.
        known: ids of the events.
        same_as: the name of the events' own id column.
    """
    return TableMap(_id_column(table, key, known, same_as), _title_column(table, key, same_as))


def _id_column(table: pd.DataFrame, key: str, known: pd.Index, same_as: str | None) -> str:
    """By the cells that are ids of the events, each once; then by name."""
    role = "item" if key == ITEM else "user"
    names = [str(name) for name in table.columns[:_LOOKED_AT]]

    def fit(name: str) -> float:
        cells = ids(table[name].head(5000)).dropna()
        distinct = cells.drop_duplicates()
        shared = distinct.isin(known).mean() if len(distinct) else 0.0
        once = len(distinct) / max(len(cells), 1)
        return round(min(shared, 0.5) * 2 * once + 0.3 * (name == same_as) + 0.2 * name_score(name, role), 3)

    return max(names, key=fit)


def describes(table: pd.DataFrame, key: str, known: pd.Index, same_as: str | None) -> float:
    """How likely a table holds attributes of these ids, 0 to 1: one row an id, ids that are known, and texts beside."""
    if len(table.columns) < 2:
        return 0.0
    column = _id_column(table, key, known, same_as)
    cells = ids(table[column]).dropna()
    distinct = cells.drop_duplicates()
    if not len(distinct) or len(distinct) < 0.95 * len(cells):
        return 0.0
    shared = float(known.isin(distinct).mean())
    titled = _title_column(table, key, column) is not None
    return shared * (1.0 if titled or key != ITEM else 0.8) if shared > 0.5 else 0.0


def _title_column(table: pd.DataFrame, key: str, same_as: str | None) -> str | None:
    """The text that is called a title, or reads like one: nearly different for every item."""
    if key != ITEM:
        return None
    views = {name: view for name, view in views_of(table.iloc[:, :_LOOKED_AT]).items() if name != same_as}
    texts = [
        name for name, view in views.items() if view.numeric < 0.5 and not view.lists and view.n_distinct > 1
    ]
    named = best_named(texts, "title", least=0.98) or best_named(texts, "title", least=0.7)
    if named is not None:
        return named
    many = [
        name for name in texts if views[name].n_distinct > 0.7 * views[name].n_present and views[name].length > 4
        and not views[name].id_named
    ]  # fmt: skip
    return many[0] if many else None


def from_file(table: pd.DataFrame, key: str, chosen: TableMap, known: pd.Index) -> Attributes:
    """The attributes in a file, keyed by our id column; the first row of an id counts.

    Raises:
        DataError: a chosen column is not there, or not a single id is one of the events'.
    """
    wanted = [name for name in (chosen.id, chosen.title, *chosen.lists) if name is not None]
    check_columns(table, wanted)
    id_column = chosen.id or _id_column(table, key, known, None)
    keys = _meeting(ids(table[id_column]), known)
    if not keys.isin(known).any():
        raise DataError(
            what=_("none of its {n} ids occurs among the interactions").format(n=len(keys)),
            where=_source_of(table),
            remedy=_("choose the column that holds the same ids, or another file"),
        )
    names = [str(name) for name in table.columns if name != id_column]
    columns, lists = _columns(table, names, chosen.title if key == ITEM else None, chosen.lists)
    made = pd.DataFrame({key: keys, **columns})
    return Attributes(made.dropna(subset=[key]), tuple(lists), tuple(_notes(table, keys, known, key)))


def _meeting(keys: pd.Series, known: pd.Index) -> pd.Series:
    """The ids as the events spell them, where one of the two files has written whole numbers with '.0'."""
    spellings = (keys, keys + ".0", keys.str.removesuffix(".0"))
    return next((one for one in spellings if one.isin(known).any()), keys)


def _notes(table: pd.DataFrame, keys: pd.Series, known: pd.Index, key: str) -> list[str]:
    source = _source_of(table)
    repeated = int(keys.duplicated().sum())
    without = int((~known.isin(keys)).sum())
    notes = []
    if repeated:
        text = ngettext(
            "{source}: {n:,} row repeats an id; the first row of each id counts.",
            "{source}: {n:,} rows repeat an id; the first row of each id counts.",
            repeated,
        )
        notes.append(text.format(source=source, n=repeated))
    if without:
        what = _("users") if key == USER else _("items")
        text = _("{source}: {n:,} of {of:,} {what} of the interactions are not in it.")
        notes.append(text.format(source=source, n=without, of=len(known), what=what))
    return notes


def from_events(
    table: pd.DataFrame, codes: IntArray, known: pd.Index, key: str, names: Sequence[str], title: str | None
) -> Attributes | None:
    """Columns of the events that depend on the user or item alone: each one's most frequent cell.

    Args:
        table: the events' file.
        codes: which id each row has, -1 where missing, shape (n,).
        known: the ids.
        names: the columns.
        title: which of them is the items' title.
    """
    if not names:
        return None
    cells = pd.DataFrame({name: _most_frequent(table[name], codes, len(known)) for name in names})
    columns, lists = _columns(cells, list(names), title, ())
    return Attributes(pd.DataFrame({key: known, **columns}), tuple(lists))


def _most_frequent(column: pd.Series, codes: IntArray, n: int) -> pd.Series:
    """The cell that stands most often beside each key, the alphabetically first of equals; shape (n,)."""
    texts = coded(present(as_text(column)))
    cell_codes, categories = texts.cat.codes.to_numpy().astype(np.int64), texts.cat.categories
    both = (cell_codes >= 0) & (codes >= 0)
    order = np.argsort(categories.to_numpy(dtype=object), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    width = max(len(categories), 1)
    pairs, counts = np.unique(
        codes[both].astype(np.int64) * width + rank[cell_codes[both]], return_counts=True
    )
    best_first = np.lexsort((pairs, -counts, pairs // width))
    keys = (pairs // width)[best_first]
    first = np.r_[True, keys[1:] != keys[:-1]] if len(keys) else np.zeros(0, dtype=bool)
    found = pd.Series(pd.NA, index=range(n), dtype="str")
    found.iloc[keys[first]] = categories.to_numpy(dtype=object)[order[(pairs % width)[best_first][first]]]
    return found


def _columns(
    table: pd.DataFrame, names: Sequence[str], title: str | None, forced: Sequence[str]
) -> tuple[dict[str, pd.Series], list[str]]:
    """The columns converted, under names that are free, and which of them are lists."""
    columns: dict[str, pd.Series] = {}
    lists = []
    for name in names:
        if name == title:
            columns[TITLE] = ids(table[name])
            continue
        as_lists = split_lists(table[name], force=name in forced)
        free = name
        while free in (USER, ITEM, TITLE) or (free != name and free in names):
            free = f"other_{free}"
        columns[free] = attribute(table[name]) if as_lists is None else as_lists
        lists += [] if as_lists is None else [free]
    return columns, lists


def together(file: Attributes | None, events: Attributes | None, key: str) -> Attributes | None:
    """Both sources as one; where both have a column, the file of attributes counts."""
    if file is None or events is None:
        return file or events
    extra = [name for name in events.table.columns if name == key or name not in file.table]
    first = file.table.drop_duplicates(key)
    merged = events.table[extra].merge(first, on=key, how="outer")
    lists = (*file.lists, *(name for name in events.lists if name in extra))
    for name in lists:
        merged[name] = merged[name].map(lambda cell: cell if isinstance(cell, (list, np.ndarray)) else [])
    return Attributes(merged, lists, (*file.notes, *events.notes))


def filled(found: Attributes, key: str) -> Attributes:
    """Missing attributes filled: numbers by their median, texts by 'unknown'; lists and titles stay.

    So does a column of which nothing is known.
    """
    columns = {}
    for name in found.table.columns:
        column = found.table[name]
        if name in (key, TITLE, *found.lists) or not column.isna().any() or column.isna().all():
            columns[name] = column
        elif pd.api.types.is_numeric_dtype(column.dtype):
            middle = float(column.median())
            columns[name] = column.fillna(round(middle) if str(column.dtype) == "Int64" else middle)
        else:
            columns[name] = column.fillna(UNKNOWN)
    return Attributes(pd.DataFrame(columns), found.lists, found.notes)


def check_columns(table: pd.DataFrame, wanted: Sequence[str]) -> None:
    """Raises DataError for the first column that the table does not have."""
    for column in wanted:
        if column not in table:
            raise DataError(
                what=_("there is no column {column}").format(column=repr(column)),
                where=_source_of(table),
                remedy=_("the columns are: {known}").format(known=", ".join(map(str, table.columns[:40]))),
            )


def _source_of(table: pd.DataFrame) -> str:
    return str(table.attrs.get(SOURCE, _("the table")))
