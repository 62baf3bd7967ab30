"""How sure a mean is: bootstrap over users, one figure or the difference of two.

The interval covers other users like these; it does not cover training again with another seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recsys_core.types import FloatArray

DRAWS = 500
BOOTSTRAP_SEED = 20_090_612
MOST_KEPT = 4_000_000
"""Cells of draws that are kept for the next question, 32 MB."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its interval."""

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of its width, for `0.442 ± 0.017`."""
        return (self.high - self.low) / 2


def user_draws(n_users: int, seed: int, draws: int = DRAWS) -> FloatArray:
    """How often each user is drawn, with replacement: shape (draws, n_users), rows sum to n_users; read only."""
    return (_kept_draws if draws * n_users <= MOST_KEPT else _new_draws)(n_users, seed, draws)


def _new_draws(n_users: int, seed: int, draws: int) -> FloatArray:
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_users, np.full(n_users, 1.0 / n_users), size=draws).astype(np.float64)
    drawn.flags.writeable = False
    return drawn


_kept_draws = lru_cache(maxsize=4)(_new_draws)
"""Asked for again and again by the same page, with the same few users."""


def percentile_interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """The middle `level` of the draws; NaN draws are left out."""
    usable = values[np.isfinite(values)]
    if not len(usable):
        return float("nan"), float("nan")
    tail = (1 - level) / 2
    low, high = np.quantile(usable, [tail, 1 - tail])
    return float(low), float(high)


def mean_interval(values: FloatArray, *, seed: int = 0) -> Interval:
    """Mean of per-user values with its bootstrap interval; Efron & Tibshirani 1993."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    means = user_draws(len(values), seed) @ values / len(values)
    return Interval(float(values.mean()), *percentile_interval(means))


def paired_interval(ours: FloatArray, theirs: FloatArray, *, seed: int = 0) -> Interval:
    """Mean difference of the same users' values under two runs; 0 inside it means: the data cannot tell."""
    return mean_interval(np.asarray(ours) - np.asarray(theirs), seed=seed)
