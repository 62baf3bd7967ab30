"""What a look at a sample of rows tells of each column: numbers, times, ids that repeat, what it depends on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from recsys_core.data.convert import ids, present, spelled
from recsys_core.data.moments import UNITS, compact, time_share
from recsys_core.data.names import says_id
from recsys_core.types import FloatArray, IntArray

SAMPLE = 60_000
_DISTINCT_FOR_TIMES = 200
_EPOCHS = (631_152_000, 2_208_988_800)
"""1990 to 2040 in seconds: what a column of epochs lies in."""
_LEAST_EVIDENCE = 15
_CLOCK = r"\d{1,3}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?"


@dataclass(frozen=True)
class ColumnView:
    """A column of the sample.

    Attributes:
        name: in the file.
        text: its cells as text, missing where they say so, shape (n,).
        codes: the same as numbers of distinct cells, -1 where missing, shape (n,).
    """

    name: str
    text: pd.Series
    codes: IntArray

    @cached_property
    def distinct(self) -> pd.Series:
        """The distinct cells."""
        return self.text.dropna().drop_duplicates()

    @property
    def n_present(self) -> int:
        """How many cells are there."""
        return int((self.codes >= 0).sum())

    @property
    def present(self) -> float:
        """Share of cells that are there."""
        return self.n_present / max(len(self.codes), 1)

    @property
    def n_distinct(self) -> int:
        """How many distinct cells there are."""
        return int(self.codes.max(initial=-1)) + 1

    @property
    def id_named(self) -> bool:
        """Whether its name says that it identifies something."""
        return says_id(self.name)

    @cached_property
    def _values_of_distinct(self) -> FloatArray:
        return spelled(self.distinct, np.bincount(self.codes[self.codes >= 0], minlength=self.n_distinct))

    @cached_property
    def numbers(self) -> FloatArray:
        """Its cells as numbers, NaN where they are none, shape (n,)."""
        table = np.r_[self._values_of_distinct, np.nan]
        return np.asarray(table[self.codes])

    @property
    def numeric(self) -> float:
        """Share of the present cells that are numbers."""
        return float(np.isfinite(self.numbers).sum() / max(self.n_present, 1))

    @property
    def has_many(self) -> bool:
        """Whether it has so many different cells, for its length, that they may be ids; or its name says so."""
        return self.id_named or self.n_distinct > min(10, self.n_present // 40)

    @property
    def has_fractions(self) -> bool:
        """Whether it is numbers, some of them not whole."""
        found = self._values_of_distinct
        return self.numeric > 0.9 and bool((np.abs(found[np.isfinite(found)] % 1) > 0).any())

    @property
    def is_binary(self) -> bool:
        """Whether it holds 0 and 1 (or yes and no) and nothing else."""
        return self.n_distinct == 2 and set(self._values_of_distinct) == {0.0, 1.0}

    @property
    def is_unique(self) -> bool:
        """Whether (nearly) every cell occurs once: the id of the row, or a time."""
        return self.n_present >= _LEAST_EVIDENCE and self.n_distinct > 0.999 * self.n_present

    @property
    def is_flag(self) -> bool:
        """Whether it is one of two texts in many rows: no id of anything."""
        return self.n_distinct == 2 and self.n_present > 20 * _LEAST_EVIDENCE

    @property
    def is_running(self) -> bool:
        """Whether it is whole numbers that hardly ever come again: places, sizes or moments, not grades or amounts."""
        many = self.n_present >= _LEAST_EVIDENCE and self.n_distinct > 0.9 * self.n_present
        return many and self.numeric > 0.9 and not self.has_fractions

    @property
    def counts_rows(self) -> bool:
        """Whether its cells are 0, 1, 2, ... or 1, 2, 3, ... as a saved index is."""
        found = self.numbers[:1000]
        if len(found) < 3 or not np.isfinite(found).all() or found[0] not in (0.0, 1.0):
            return False
        return bool((np.diff(found) == 1).all())

    @cached_property
    def times(self) -> float:
        """Share of its distinct texts that some one form reads as a date; 0 for numbers."""
        if self.numeric > 0.5 and not self._days:
            return 0.0
        cells = self.distinct
        if self._days:
            return 1.0
        return time_share(cells.iloc[:: max(1, len(cells) // _DISTINCT_FOR_TIMES)].head(_DISTINCT_FOR_TIMES))

    @cached_property
    def _days(self) -> bool:
        """Whether nearly every cell reads as a day such as 20200131."""
        found = self._values_of_distinct
        moments = compact(found) if len(found) and np.isfinite(found).all() else None
        return moments is not None and bool(moments.notna().mean() > 0.99)

    @property
    def epochs(self) -> float:
        """Share of its numbers that are moments between 1990 and 2040 in seconds, milli-, micro- or nanoseconds."""
        found = self.numbers[np.isfinite(self.numbers)]
        if not len(found) or self.numeric < 0.9:
            return 0.0
        size = float(np.median(np.abs(found)))
        unit = next((unit for least, unit in UNITS if size >= least), 1.0)
        inside = (found / unit >= _EPOCHS[0]) & (found / unit <= _EPOCHS[1])
        return float(inside.mean()) * self.numeric

    @property
    def is_clock(self) -> bool:
        """Whether it holds times of day or durations such as 17:45 or 1:02:03: no id of anything."""
        return (
            bool(self.distinct.head(1000).str.fullmatch(_CLOCK).mean() > 0.9) if len(self.distinct) else False
        )

    @property
    def lists(self) -> bool:
        """Whether cells hold several values, separated by bars."""
        return bool(self.distinct.head(1000).str.contains("|", regex=False).mean() > 0.1)

    @property
    def length(self) -> float:
        """Median number of signs of a distinct cell."""
        return float(self.distinct.head(1000).str.len().median()) if len(self.distinct) else 0.0

    def follows(self, key: ColumnView) -> float:
        """Share of rows that agree with the most frequent cell of their key, over keys that occur more than once.

        1.0: the column depends on the key alone. NaN: hardly any key repeats, so nothing can be said.
        """
        both = (self.codes >= 0) & (key.codes >= 0)
        mine, theirs = self.codes[both].astype(np.int64), key.codes[both].astype(np.int64)
        per_key = np.bincount(theirs, minlength=key.n_distinct)
        repeated = per_key[theirs] > 1
        if repeated.sum() < _LEAST_EVIDENCE:
            return float("nan")
        width = self.n_distinct + 1
        pairs, counts = np.unique(theirs[repeated] * width + mine[repeated], return_counts=True)
        most = np.zeros(key.n_distinct, dtype=np.int64)
        np.maximum.at(most, pairs // width, counts)
        agreeing = (most[most > 0] - 1).sum() / (
            per_key[most > 0] - 1
        ).sum()  # beyond the row that agrees with itself
        return float(agreeing)

    def beyond_chance(self, follows: float) -> float:
        """How much of an agreement is more than its most frequent cell gives anyway; 1.0: all of it, 0: nothing."""
        most = float(np.bincount(self.codes[self.codes >= 0]).max(initial=0)) / max(self.n_present, 1)
        return (follows - most) / (1 - most) if most < 1 else 0.0


def views_of(table: pd.DataFrame) -> dict[str, ColumnView]:
    """Each column of a sample: the first rows, where ids repeat, and rows from everywhere."""
    return {str(name): _view(str(name), column) for name, column in sample_of(table).items()}


def sample_of(table: pd.DataFrame) -> pd.DataFrame:
    """At most SAMPLE rows: half of them the first ones, half evenly from all others."""
    if len(table) <= SAMPLE:
        return table
    half = SAMPLE // 2
    rows = np.r_[np.arange(half), np.linspace(half, len(table) - 1, half).astype(np.int64)]
    return table.take(rows)


def as_text(column: pd.Series) -> pd.Series:
    """A column's cells as a person reads them: lists with bars between, whole numbers without a point."""
    if column.dtype == object:
        column = column.map(
            lambda cell: "|".join(map(str, cell)) if isinstance(cell, (list, np.ndarray)) else cell
        )
    return ids(column)


def _view(name: str, column: pd.Series) -> ColumnView:
    text = present(as_text(column.reset_index(drop=True)))
    codes, _distinct = pd.factorize(text)
    return ColumnView(name, text, np.asarray(codes))
