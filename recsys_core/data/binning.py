"""Numbers in a few steps that a person can read: the values themselves, equal widths, or doubling steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import pandas as pd

from recsys_core.types import FloatArray, IntArray

MOST_STEPS = 30
_SAMPLE, _SAMPLE_STEPS = 100_000, 1000
_HEAVY = 20.0
"""A largest value that is so many times the middle one is a heavy tail."""
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


class Scale(StrEnum):
    """How numbers were cut."""

    STEPS = "steps"  # every value is a step
    EQUAL = "equal"  # equal widths
    DOUBLING = "doubling"  # each step is twice as wide as the one before


@dataclass(frozen=True)
class Steps:
    """Steps on a scale of numbers.

    Attributes:
        edges: shape (n + 1,), or (n,) where each value is a step.
        labels: shape (n,): `4`, `20–29`, `0.5–1`.
    """

    scale: Scale
    edges: FloatArray
    labels: tuple[str, ...]

    def codes(self, values: FloatArray | IntArray) -> IntArray:
        """The step of each value, shape (n,), uint8; values outside fall into the first or last step."""
        side = "left" if self.scale is Scale.STEPS else "right"
        found = np.searchsorted(self.edges, values, side=side)  # type: ignore[call-overload]
        found -= 0 if self.scale is Scale.STEPS else 1
        return np.clip(found, 0, len(self.labels) - 1).astype(np.uint8)


def steps_of(values: FloatArray, most: int = MOST_STEPS) -> Steps:
    """The steps for these values: each value where there are few, doubling where the tail is heavy, else equal widths.

    Args:
        values: finite, at least one, shape (n,).
        most: more distinct values than that are cut; 255 at most.
    """
    distinct = _few_distinct(values, most)
    if distinct is not None:
        return Steps(Scale.STEPS, distinct, tuple(f"{value:.6g}" for value in distinct))
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.floor(values)).all())
    middle = float(np.median(values[:: max(1, len(values) // _SAMPLE)]))
    if low >= 0 and high > _HEAVY * max(middle, 1e-9):
        return doubling(low, high, whole=whole, most=most)
    return equal(low, high, whole=whole, most=most)


def _few_distinct(values: FloatArray, most: int) -> FloatArray | None:
    if len(pd.unique(values[:_SAMPLE])) > max(most, _SAMPLE_STEPS):
        return None  # no need to look at all of them
    distinct = np.sort(pd.unique(values))
    return distinct if len(distinct) <= most else None


def doubling(low: float, high: float, *, whole: bool, most: int = MOST_STEPS) -> Steps:
    """Doubling steps from 0 or `low` to `high`, both 0 or more."""
    first = int(np.floor(np.log2(low))) if low > 0 else (0 if whole else int(np.floor(np.log2(high))) - 16)
    last = int(np.floor(np.log2(max(high, 1e-30)))) + 1
    first = max(first, last - most + 1)
    powers = 2.0 ** np.arange(first, last + 1)
    edges = np.r_[0.0, powers] if low < powers[0] else powers
    return Steps(Scale.DOUBLING, edges, _between(edges, whole))


def equal(low: float, high: float, *, whole: bool, most: int = MOST_STEPS) -> Steps:
    """At most about `most` steps of one round width from `low` to `high`."""
    wanted = max((high - low) / most, 1e-30)
    size = 10.0 ** np.floor(np.log10(wanted))
    width = next(step * size for step in _NICE if step * size >= wanted * (1 - 1e-9))
    if whole:
        width = max(np.ceil(width), 1.0)
    edges = np.arange(np.floor(low / width), np.floor(high / width) + 2) * width
    return Steps(Scale.EQUAL, edges, _between(edges, whole))


def _between(edges: FloatArray, whole: bool) -> tuple[str, ...]:
    def text(low: float, high: float) -> str:
        if not whole:
            return f"{low:.6g}–{high:.6g}"
        return f"{low:.0f}" if high - low <= 1 else f"{low:.0f}–{high - 1:.0f}"

    return tuple(text(low, high) for low, high in pairwise(edges))
