"""What rows can be grouped and picked by: attributes of items and of users, and the features of click rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from recsys_core.data.binning import steps_of
from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import EventIndex, Rows, Side
from recsys_core.data.features import MAX_CATEGORIES, attribute_values
from recsys_core.data.means import with_intervals
from recsys_core.types import FloatArray, IntArray

Of = Literal["items", "users", "rows"]
MOST_BINS = 15
MOST_VALUES = 250
"""Of an attribute with more values than this, the most frequent ones are looked at."""
SAMPLE = 200_000
_FEATURES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute by whose it is and what it is called."""

    of: Of
    name: str

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return f"{self.of}.{self.name}"


@dataclass(frozen=True)
class Grouping:
    """An attribute as codes.

    Attributes:
        values: its values, or its steps where it is a number.
        ordered: whether the values have an order of their own.
        owner: which row of the table each pair belongs to, rising; None where each row has one code.
        code: the value of each pair, -1 where it is missing or rare.
    """

    key: Key
    values: tuple[str, ...]
    ordered: bool
    owner: IntArray | None
    code: IntArray


def keys_of(data: Dataset) -> list[Key]:
    """The attributes that group rows: of items, then of users, then features; lists and texts before numbers."""
    tables: tuple[tuple[Of, pd.DataFrame, list[str]], ...] = (
        ("items", data.items, data.item_attributes),
        ("users", data.users, data.user_attributes),
        ("rows", data.interactions, list(data.features)),
    )
    return [Key(of, name) for of, table, names in tables for name in _useful(data, of, table, names)]


def _useful(data: Dataset, of: Of, table: pd.DataFrame, names: list[str]) -> list[str]:
    columns: dict[str, pd.Series] = {name: table[name] for name in names}
    useful = [name for name in names if _groups(columns[name], is_list=_is_list(data, of, name))]
    return sorted(useful, key=lambda name: (not _is_list(data, of, name), _is_number(columns[name])))


def key_of(text: str, known: list[Key]) -> Key | None:
    """The known key that an address names."""
    return next((key for key in known if key.text == text), None)


def _is_list(data: Dataset, of: str, name: str) -> bool:
    return of != "rows" and name in data.list_columns


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _groups(column: pd.Series, *, is_list: bool) -> bool:
    """Whether values come back often enough to group by; of very many rows, some are looked at."""
    if is_list or len(column) == 0:
        return is_list
    if _is_number(column):
        return bool(column.min() < column.max())
    sample = column.iloc[:: 1 + len(column) // SAMPLE]
    seen = sample.nunique()
    return 1 < (column.nunique() if seen < 2 else seen) <= MAX_CATEGORIES


def grouping(index: EventIndex, key: Key) -> Grouping:
    """The codes of an attribute, made once; of features, which have one code a row, the last few stay."""
    if key.of == "rows":
        return index.lately(key, lambda: _made(index, key), most=_FEATURES_KEPT)
    return index.once(key, lambda: _made(index, key))


def _made(index: EventIndex, key: Key) -> Grouping:
    if key.of == "rows":
        column = index.data.interactions[key.name]
        values, codes, ordered = _coded(column)
        return Grouping(key, values, ordered, None, index.in_order(codes.astype(np.int16)))
    return grouping_of(index.data, key)


def grouping_of(data: Dataset, key: Key, *, bins: int = MOST_BINS) -> Grouping:
    """The codes of an attribute of items or of users; numbers in so many steps."""
    column = (data.items if key.of == "items" else data.users)[key.name].reset_index(drop=True)
    if _is_list(data, key.of, key.name):
        pairs = attribute_values(column, is_list=True)
        pairs = pairs[
            ~pd.DataFrame({"owner": pairs.index, "value": pairs.to_numpy()}).duplicated().to_numpy()
        ]
        kept = pairs.value_counts().head(MOST_VALUES).index
        codes = pd.Categorical(pairs, categories=kept).codes.astype(np.int64)
        return Grouping(key, tuple(map(str, kept)), False, pairs.index.to_numpy(), codes)
    values, each, ordered = _coded(column, bins)
    return Grouping(key, values, ordered, np.arange(len(column)), each)


def _coded(column: pd.Series, bins: int = MOST_BINS) -> tuple[tuple[str, ...], IntArray, bool]:
    if not _is_number(column):
        texts = column.astype("str").where(column.notna()).replace("", None)
        found = pd.Categorical(texts, categories=texts.value_counts().head(MOST_VALUES).index)
        return tuple(map(str, found.categories)), found.codes.astype(np.int64), False
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    present = np.isfinite(numbers)
    steps = steps_of(numbers[present], bins)
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[present] = steps.codes(numbers[present])
    return steps.labels, codes, True


def by_value(rows: Rows, found: Grouping) -> pd.DataFrame:
    """Rows by value of an attribute: `value`, `count`, `share`, `mean`, `low`, `high`.

    `share` is the share of all rows that have the attribute, a row with two values counting for both. Values in
    their own order where they have one, else the most frequent first; values without a row are left out.
    """
    codes = found.code[rows.kept] if found.owner is None else found.code
    known = codes >= 0
    weights: list[FloatArray]
    if found.owner is None:
        value = rows.value[known].astype(np.float64)
        weights = [np.ones(len(value)), value, np.square(value)]
    else:
        side, owner = _side(found.key), found.owner[known]
        weights = [
            each[owner].astype(np.float64)
            for each in (rows.counts(side), rows.sums(side), rows.squares(side))
        ]
    size = len(found.values)
    counts, sums, squares = (
        np.asarray(np.bincount(codes[known], each, minlength=size), dtype=np.float64) for each in weights
    )
    return _table(found, counts.astype(np.int64), sums, squares, binary=rows.index.binary)


def _side(key: Key) -> Side:
    return "items" if key.of == "items" else "users"


def _table(
    found: Grouping, counts: IntArray, sums: FloatArray, squares: FloatArray, *, binary: bool
) -> pd.DataFrame:
    mean, low, high = with_intervals(counts, sums, squares, binary=binary)
    table = pd.DataFrame(
        {
            "value": pd.Series(found.values, dtype="str"),
            "count": counts,
            "share": counts / max(int(counts.sum()), 1),
            "mean": mean,
            "low": low,
            "high": high,
        }
    )
    table = table[table["count"] > 0]
    if not found.ordered:
        table = table.sort_values("count", ascending=False, kind="stable")
    return table.reset_index(drop=True)


def rows_with(rows: Rows, found: Grouping, value: str) -> Rows:
    """Those rows whose attribute has the value; none where no such value exists."""
    code = found.values.index(value) if value in found.values else -2
    if found.owner is None:
        return rows.where(found.code[rows.kept] == code)
    side = _side(found.key)
    mask = np.zeros(rows.index.n_of(side), dtype=bool)
    mask[found.owner[found.code == code]] = True
    return rows.where(mask[rows.owner(side)])
