"""The article's preprocessing, step by step, with what each step costs; and the scaling of the value.

Cleaning acts on tables keyed by ids, before a Dataset exists. Scaling is fitted on training values only and
can be undone, so it belongs to a model, not to the data.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TIME, USER, VALUE, Kind
from recsys_core.errors import DataError
from recsys_core.i18n import N_, _
from recsys_core.types import FloatArray


@dataclass(frozen=True, slots=True)
class Step:
    """One cleaning step and what it left."""

    name: str
    rows_before: int
    rows_after: int
    users_after: int
    items_after: int

    @property
    def dropped(self) -> int:
        """Rows that this step removed."""
        return self.rows_before - self.rows_after

    def as_dict(self) -> dict[str, Any]:
        """The step as plain JSON."""
        return asdict(self)


MISSING = N_("drop rows with a missing id, value or time")
EXACT = N_("remove exact duplicates")
REPEATED = N_("keep the last of repeated pairs")


def clean(events: pd.DataFrame, kind: Kind) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """Drops missing values and duplicates; the steps say how many rows each one cost.

    For ratings and implicit data a repeated pair keeps its last row (by time where there is one, else by order in
    the file): a catalogue is ranked once per user and item. Click rows are events: repeats stay.

    Args:
        events: columns `user_id`, `item_id`, `value`, optional `timestamp` and others.
    Returns:
        The cleaned table (a new one) and the steps in the order in which they ran.
    """
    steps: list[Step] = []
    required = [column for column in (USER, ITEM, VALUE, TIME) if column in events]
    current = _recorded(steps, MISSING, events, events.dropna(subset=required))
    current = _recorded(steps, EXACT, current, current.drop_duplicates())
    if kind is not Kind.CLICK:
        ordered = current.sort_values(TIME, kind="stable") if TIME in current else current
        last = ordered.drop_duplicates([USER, ITEM], keep="last").sort_index()
        current = _recorded(steps, REPEATED, current, last)
    return current.reset_index(drop=True), tuple(steps)


def _recorded(steps: list[Step], name: str, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    counts = [int(after[column].nunique()) if column in after else 0 for column in (USER, ITEM)]
    steps.append(Step(name, len(before), len(after), *counts))
    return after


@dataclass(frozen=True, slots=True)
class MinMaxScaler:
    """Maps [low, high] onto [0, 1] and back: x' = (x - low) / (high - low)."""

    low: float
    high: float

    @classmethod
    def fit(cls, values: FloatArray) -> MinMaxScaler:
        """The scaler of these values: give it training values only."""
        values = np.asarray(values, dtype=np.float64)
        if values.size == 0 or not np.isfinite(values).all():
            raise DataError(
                what=_("scaling needs at least one finite value"),
                where=_("column 'value'"),
                remedy=_("clean the data first"),
            )
        return cls(float(values.min()), float(values.max()))

    @property
    def span(self) -> float:
        """High - low; 1 for a constant column, so that scaling stays defined."""
        return (self.high - self.low) or 1.0

    def transform(self, values: FloatArray) -> FloatArray:
        """Values on the unit scale; outside [0, 1] where a value lies outside the training range."""
        return (np.asarray(values, dtype=np.float64) - self.low) / self.span

    def inverse(self, scaled: FloatArray) -> FloatArray:
        """Values on the original scale."""
        return np.asarray(scaled, dtype=np.float64) * self.span + self.low
