"""Events on their way through cleaning: codes instead of texts, so that millions of rows are counted at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TIME, USER, VALUE
from recsys_core.data.convert import coded
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Events:
    """One row an event, in the order of the file. None where the file has no such column.

    Attributes:
        n: number of rows.
        users, items: codes into `user_ids` and `item_ids`, int32, -1 where missing, shape (n,).
        values, times: float64, NaN where missing, shape (n,); times in epoch seconds.
        user_ids, item_ids: distinct ids as text.
        extra: further columns of text that a step looks at, by name.
    """

    n: int
    users: IntArray | None
    items: IntArray | None
    values: FloatArray | None
    times: FloatArray | None
    user_ids: pd.Index
    item_ids: pd.Index
    extra: Mapping[str, pd.Series] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pd.DataFrame, extra: Mapping[str, pd.Series] | None = None) -> Events:
        """From a table with our column names: ids as text or categories, value and time as numbers."""
        users, user_ids = _codes(table, USER)
        items, item_ids = _codes(table, ITEM)
        return cls(
            len(table),
            users,
            items,
            _floats(table, VALUE),
            _floats(table, TIME),
            user_ids,
            item_ids,
            extra or {},
        )

    def counts(self, rows: IntArray) -> tuple[int, int]:
        """How many users and items these rows have; 0 where there is no such column."""
        return _distinct(self.users, rows, len(self.user_ids)), _distinct(
            self.items, rows, len(self.item_ids)
        )

    def pairs(self, rows: IntArray) -> IntArray:
        """One number for each pair of user and item, a missing one included, shape (len(rows),), int64."""
        if self.users is None or self.items is None:
            raise ValueError("pairs need users and items")
        return self.users[rows].astype(np.int64) * (len(self.item_ids) + 1) + self.items[rows]

    def table(self, rows: IntArray, values: FloatArray | None) -> pd.DataFrame:
        """These rows with our column names; ids as categories, `values` in place of the events' own."""
        columns: dict[str, Any] = {}
        for name, codes, texts in ((USER, self.users, self.user_ids), (ITEM, self.items, self.item_ids)):
            if codes is not None:
                columns[name] = pd.Categorical.from_codes(codes[rows], categories=texts)  # type: ignore[call-overload]
        if values is not None:
            columns[VALUE] = values[rows]
        if self.times is not None:
            columns[TIME] = self.times[rows]
        return pd.DataFrame(columns, index=range(len(rows)))


def _codes(table: pd.DataFrame, name: str) -> tuple[IntArray | None, pd.Index]:
    if name not in table:
        return None, pd.Index([], dtype="str")
    column = table[name]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = coded(column.astype("str"))
    return column.cat.codes.to_numpy().astype(np.int32, copy=False), column.cat.categories


def _floats(table: pd.DataFrame, name: str) -> FloatArray | None:
    return table[name].to_numpy(dtype=np.float64, na_value=np.nan) if name in table else None


def _distinct(codes: IntArray | None, rows: IntArray, n: int) -> int:
    if codes is None:
        return 0
    seen = np.zeros(n + 1, dtype=bool)
    seen[codes[rows]] = True  # -1, a missing id, marks the last place
    return int(seen[:n].sum())


def first_of(keys: Sequence[np.ndarray]) -> IntArray:
    """Whether each row is the first with these keys, shape (n,), bool; compares only rows whose first key repeats."""
    first = np.ones(len(keys[0]), dtype=bool)
    repeated = np.flatnonzero(pd.Series(keys[0]).duplicated(keep=False).to_numpy())
    if len(repeated):
        rows = pd.DataFrame({place: key[repeated] for place, key in enumerate(keys)})
        first[repeated] = ~rows.duplicated().to_numpy()
    return first
