"""Whether two runs differ: paired over the same users, corrected for how many are compared, honest about seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from recsys_core.evaluation.intervals import LEVEL, percentile_interval, user_draws
from recsys_core.types import FloatArray

BETTER, WORSE, TIE = "better", "worse", "tie"
LEAST_SEEDS = 3
"""Trainings of one configuration from which its spread over seeds is told."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus theirs, for the same users.

    Attributes:
        low, high: 95 % interval.
        p: chance of a difference at least as large where there is none; two-sided.
        adjusted: p after Holm's correction over what is shown; p where nothing else is.
        users_se: standard error over users; seeds_se: of one training against another with other seeds, 0 where
            nothing is known of it, and then it is no part of the interval.
    """

    mean: float
    low: float
    high: float
    p: float
    adjusted: float
    users_se: float
    seeds_se: float = 0.0

    def verdict(self, direction: int = 1) -> str:
        """BETTER, WORSE or TIE; direction -1 where lower is better, 0 counts as 1."""
        if not self.adjusted < 1 - LEVEL:
            return TIE
        return BETTER if self.mean * (direction or 1) > 0 else WORSE


def paired_test(ours: FloatArray, theirs: FloatArray, *, seed: int = 0) -> Difference:
    """The mean difference of per-user values (n,), (n,): bootstrap interval, p of the paired t-test.

    Users of whom one of the two is NaN are left out. The t-test on per-user values of rankings keeps its level:
    Urbano, Lima & Hanjalic, SIGIR 2019.
    """
    change = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    return paired_tests(change[:, None], seed=seed)[0]


def paired_tests(changes: FloatArray, *, seed: int = 0) -> list[Difference]:
    """`paired_test` of many comparisons over the same users in one pass: per-user differences (n, m), NaN left out."""
    there = np.isfinite(changes)
    count = there.sum(axis=0)
    filled = np.where(there, changes, 0.0)
    usable = np.maximum(count, 1)
    means = filled.sum(axis=0) / usable
    spread = np.where(there, filled - means, 0.0)
    draws = user_draws(len(changes), seed)
    weights = draws @ there if not there.all() else draws.sum(axis=1, keepdims=True)
    drawn = np.divide(
        draws @ filled, weights, out=np.full((len(draws), changes.shape[1]), np.nan), where=weights > 0
    )
    found = []
    for place, n in enumerate(count):
        if not n:
            nothing = float("nan")
            found.append(Difference(nothing, nothing, nothing, 1.0, 1.0, nothing))
            continue
        variance = (spread[:, place] ** 2).sum() / (n - 1) if n > 1 else np.nan
        error = float(np.sqrt(variance / n))
        p = _p_value(float(means[place]), error, max(int(n) - 1, 1))
        found.append(Difference(float(means[place]), *percentile_interval(drawn[:, place]), p, p, error))
    return found


def drawn_test(ours: FloatArray, theirs: FloatArray, difference: float) -> Difference:
    """The same for a figure of all users together, from its values in the same draws of users, each (n_draws,).

    Args:
        difference: ours minus theirs as measured.
    """
    change = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    change = change[np.isfinite(change)]
    if len(change) < 2:
        nan = float("nan")
        return Difference(difference, nan, nan, 1.0, 1.0, nan)
    error = float(change.std(ddof=1))
    p = _p_value(difference, error, np.inf)
    return Difference(difference, *percentile_interval(change), p, p, error)


def seed_error(values: Sequence[float]) -> tuple[float, int]:
    """Standard deviation over trainings with other seeds, and its degrees of freedom; (0, 0) below LEAST_SEEDS."""
    known = [value for value in values if np.isfinite(value)]
    if len(known) < LEAST_SEEDS:
        return 0.0, 0
    return float(np.std(known, ddof=1)), len(known) - 1


def with_seeds(found: Difference, n_users: int, *spreads: tuple[float, int]) -> Difference:
    """The difference with the seeds' variance as part of it: what another training of each side would change.

    The variances add up; the degrees of freedom are those of Welch and Satterthwaite (Biometrics Bulletin 2, 1946).

    Args:
        spreads: `seed_error` of each side; those of 0 degrees add nothing, and where all are, nothing is widened.
    """
    known = [(error, degrees) for error, degrees in spreads if degrees > 0]
    if not known or not np.isfinite(found.users_se):
        return found
    parts = [(found.users_se**2, max(n_users - 1, 1)), *((error**2, degrees) for error, degrees in known)]
    total = sum(part for part, _degrees in parts)
    if total <= 0:
        return found
    freedom = total**2 / sum(part**2 / degrees for part, degrees in parts)
    error = float(np.sqrt(total))
    half = float(stats.t.ppf(0.5 + LEVEL / 2, freedom)) * error
    p = _p_value(found.mean, error, freedom)
    seeds = float(np.sqrt(sum(spread**2 for spread, _degrees in known)))
    return replace(found, low=found.mean - half, high=found.mean + half, p=p, adjusted=p, seeds_se=seeds)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: the chance of even one false alarm stays below the level.

    Reference: Holm, Scandinavian Journal of Statistics 6(2), 1979.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, np.float64)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted]


def corrected(found: Sequence[Difference]) -> list[Difference]:
    """The differences with Holm's correction over all of them."""
    adjusted = holm([one.p for one in found])
    return [replace(one, adjusted=value) for one, value in zip(found, adjusted, strict=True)]


def _p_value(mean: float, error: float, freedom: float) -> float:
    """Two-sided; no spread at all: 1 where there is no difference, else 0."""
    if not np.isfinite(error):
        return 1.0
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return float(2 * stats.t.sf(abs(mean) / error, freedom))
