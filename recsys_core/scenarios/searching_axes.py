"""Trials as lines over parallel axes: every parameter, and the value, brought to 0..1 by its own range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.evaluation.meanings import number, title
from recsys_core.scenarios.searching import axes_of, looks, value_words
from recsys_core.training.search_space import Range
from recsys_core.training.study import FINISHED, PARAM, PRUNED
from recsys_core.types import FloatArray

TICKS = 3


def parallel(
    trials: pd.DataFrame, ranges: Sequence[Range], *, model: str, metric: str, chosen: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lines and ticks of a chart of parallel axes: the finished trials, and the pruned ones, which have no value.

    Returns:
        lines: a row for each trial and axis: `number`, `axis`, `place` (0..1), `text`, `value` (of the trial), `look`.
        ticks: `axis`, `place`, `text`. Axes in the order in which they are drawn, the value last.
    """
    finished = (trials["state"] == FINISHED) & trials["value"].notna()
    there = trials[finished | (trials["state"] == PRUNED)]
    look = looks(there, metric, chosen)
    lines, ticks = [], []
    for one, axis in zip(ranges, axes_of(model, ranges).values(), strict=True):
        given = there[f"{PARAM}{one.name}"]
        lines.append(_line(there, look, axis, places(one, given), given.map(value_words)))
        ticks += [{"axis": axis, "place": place, "text": text} for place, text in range_ticks(one)]
    worth = there["value"].astype(float)
    low, high = (float(worth.min()), float(worth.max())) if worth.notna().any() else (np.nan, np.nan)
    last = title(metric)
    lines.append(_line(there, look, last, _between(worth.to_numpy(float), low, high), worth.map(number)))
    along = (0.0, 0.5, 1.0) if high > low else (0.5,) if low == high else ()
    ticks += [{"axis": last, "place": place, "text": number(low + place * (high - low))} for place in along]
    return pd.concat(lines, ignore_index=True), pd.DataFrame(ticks, columns=["axis", "place", "text"])


def _line(
    trials: pd.DataFrame, look: pd.Series, axis: str, place: FloatArray, text: pd.Series
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": trials["number"].to_numpy(),
            "axis": axis,
            "place": place,
            "text": text.to_numpy(dtype=object),
            "value": trials["value"].to_numpy(float),
            "look": look.to_numpy(),
        }
    ).dropna(subset=["place"])


def places(one: Range, values: pd.Series) -> FloatArray:
    """Where values of a parameter stand on its axis, 0..1; NaN where a trial has none."""
    if one.choices:
        order = {choice: place for place, choice in enumerate(one.choices)}
        found = np.array([order.get(value, np.nan) for value in values], dtype=float)
        return found / max(len(order) - 1, 1) if len(order) > 1 else np.where(np.isnan(found), found, 0.5)
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(float)
    if one.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            return _between(np.log(numbers), math.log(one.low), math.log(one.high))
    return _between(numbers, float(one.low), float(one.high))


def _between(values: FloatArray, low: float, high: float) -> FloatArray:
    if not high > low:
        return np.where(np.isnan(values), np.nan, 0.5)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def range_ticks(one: Range) -> list[tuple[float, str]]:
    """What is written along an axis: every choice, or both ends and the middle."""
    if one.choices:
        names = list(map(value_words, one.choices))
        return [
            (place / (len(names) - 1) if len(names) > 1 else 0.5, name) for place, name in enumerate(names)
        ]
    if not one.high > one.low:
        return [(0.5, value_words(one.low))]
    return [(place, value_words(_at(one, place))) for place in np.linspace(0.0, 1.0, TICKS)]


def _at(one: Range, place: float) -> Any:
    """The value at a place of an axis."""
    if one.log:
        found = math.exp(math.log(one.low) + place * (math.log(one.high) - math.log(one.low)))
    else:
        found = one.low + place * (one.high - one.low)
    return round(found) if one.kind == "int" else found
