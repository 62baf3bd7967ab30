"""How unequally interactions are spread over users and items: Gini, Lorenz curve, cold shares, activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.binning import doubling, equal
from recsys_core.types import IntArray

COLD_BELOW = 5
"""Fewer interactions than this, and nothing reliable can be learned about somebody or something."""
MOST_POINTS = 200
MOST_STEPS = 12
_FAR = 16
"""Counts of which the largest is so many times the smallest are shown in doubling steps."""


@dataclass(frozen=True, slots=True)
class Cold:
    """Those with fewer than `COLD_BELOW` interactions: how many, what share of all, what share of rows they hold."""

    n: int
    share: float
    share_of_rows: float


def gini(counts: IntArray) -> float:
    """Gini coefficient of counts, shape (n,): 0 where all are equal, near 1 where one has everything.

    Reference: Gini, Variabilita e mutabilita, 1912; in the form of mean differences of the sorted counts.
    """
    total, n = counts.sum(), len(counts)
    if not total:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(2 * (ranks @ np.sort(counts).astype(np.float64)) / (n * total) - (n + 1) / n)


def lorenz(counts: IntArray) -> pd.DataFrame:
    """The Lorenz curve: `share`, of all from least to most chosen, and `share_of_rows`, from (0, 0) to (1, 1)."""
    rising = np.sort(counts)
    summed = np.cumsum(rising) / max(int(rising.sum()), 1)
    picked = np.unique(np.linspace(0, max(len(rising) - 1, 0), MOST_POINTS).astype(np.int64))[: len(rising)]
    shares = (picked + 1) / max(len(rising), 1)
    return pd.DataFrame({"share": np.r_[0.0, shares], "share_of_rows": np.r_[0.0, summed[picked]]})


def half_share(counts: IntArray) -> float:
    """The smallest share of all that together holds half of the interactions."""
    falling = np.sort(counts)[::-1]
    summed = np.cumsum(falling)
    if not len(falling) or not summed[-1]:
        return 0.0
    return (int(np.searchsorted(summed, summed[-1] / 2)) + 1) / len(falling)


def cold(counts: IntArray) -> Cold:
    """The cold ones among those with at least one interaction; counts of shape (n,), each 1 or more."""
    few = counts < COLD_BELOW
    n = int(np.count_nonzero(few))
    return Cold(n, n / max(len(counts), 1), float(counts[few].sum() / max(counts.sum(), 1)))


def activity(counts: IntArray) -> pd.DataFrame:
    """How many have how many interactions: `low`, `high`, `label`, `count`; in doubling steps where counts differ much.

    Args:
        counts: shape (n,), each 1 or more.
    """
    if not len(counts):
        return pd.DataFrame({"low": [], "high": [], "label": [], "count": []})
    distinct, found = np.unique(counts, return_counts=True)
    if len(distinct) <= MOST_STEPS:
        return pd.DataFrame(
            {"low": distinct, "high": distinct, "label": distinct.astype(str), "count": found}
        )
    low, high = int(distinct[0]), int(distinct[-1])
    steps = (
        doubling(low, high, whole=True)
        if high >= _FAR * low
        else equal(low, high, whole=True, most=MOST_STEPS)
    )
    edges = steps.edges.astype(np.int64)
    summed = np.bincount(steps.codes(distinct), found, minlength=len(steps.labels)).astype(np.int64)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:] - 1, "label": steps.labels, "count": summed})
