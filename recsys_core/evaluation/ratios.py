"""Figures that are a sum over a sum, group by group, with intervals over users: means, shares and RMSE are all of this kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import csr_matrix
from scipy.stats import norm

from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, DRAWS, LEVEL, user_draws
from recsys_core.types import FloatArray, IntArray

MANY_USERS, FEWER_DRAWS = 10_000, 100
"""Beyond so many users an interval is narrow whatever the draws; then fewer do."""
_BLOCK = 50


@dataclass(frozen=True)
class Sums:
    """What figures are made of, summed by user and group.

    Attributes:
        top, below: numerator and denominator, (n_users, n_groups), sparse.
        root: whether the figure is the root of the ratio (RMSE).
    """

    top: csr_matrix
    below: csr_matrix
    root: bool = False

    @classmethod
    def of(
        cls,
        users: IntArray,
        groups: IntArray,
        values: FloatArray,
        weights: FloatArray | None = None,
        *,
        shape: tuple[int, int],
        root: bool = False,
    ) -> Sums:
        """Sums of rows: each belongs to a user (0..n_users - 1) and a group; `weights` are 1 where none are given."""
        ones = np.ones(len(values)) if weights is None else weights
        places = (users, groups)
        return cls(
            csr_matrix((np.asarray(values, np.float64), places), shape=shape),
            csr_matrix((np.asarray(ones, np.float64), places), shape=shape),
            root,
        )


@dataclass(frozen=True)
class Figures:
    """A figure a group.

    Attributes:
        value, low, high: with the 95 % bootstrap interval over users, (n_groups,); NaN without a row.
        n_users: how many users have a row in the group, (n_groups,).
        gap, p: the group less all the other groups' rows, and how likely so wide a gap is by chance, (n_groups,).
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    n_users: IntArray
    gap: FloatArray
    p: FloatArray


@lru_cache(maxsize=2)
def draws_of(n_users: int) -> FloatArray:
    """How often each user is drawn, (draws, n_users); the same for everybody who asks, so nobody changes it."""
    draws = user_draws(n_users, BOOTSTRAP_SEED, DRAWS if n_users <= MANY_USERS else FEWER_DRAWS)
    draws.setflags(write=False)
    return draws


def figures(sums: Sums, rest: Sums | None = None) -> Figures:
    """The figures of each group, and each beside the rest.

    Users are drawn with replacement, so that rows of one user move together. The gap to the rest is drawn along; its
    p-value takes it for normal, with the deviation of the draws. Reference: Efron & Tibshirani, An Introduction to the
    Bootstrap, 1993, sections 6 and 13.

    Args:
        rest: what each group is held against, of the same shape; by default nothing, and `gap` and `p` are NaN.
    """
    n_users, n_groups = sums.top.shape
    ones = np.ones((1, n_users))
    value = _ratio(sums, ones)[0]
    nothing = np.full(n_groups, np.nan)
    present = np.asarray((sums.below > 0).sum(axis=0)).ravel()
    if not n_users or not n_groups:
        return Figures(nothing, nothing, nothing, present, nothing, nothing)
    draws = draws_of(n_users)
    blocks = [draws[start : start + _BLOCK] for start in range(0, len(draws), _BLOCK)]
    drawn = np.concatenate([_ratio(sums, block) for block in blocks])
    low, high = middle(drawn)
    if rest is None:
        return Figures(value, low, high, present, nothing, nothing)
    gap = value - _ratio(rest, ones)[0]
    drawn_gap = drawn - np.concatenate([_ratio(rest, block) for block in blocks])
    return Figures(value, low, high, present, gap, _chance(gap, drawn_gap))


def _ratio(sums: Sums, weights: FloatArray) -> FloatArray:
    top, below = (np.asarray((part.T @ weights.T).T) for part in (sums.top, sums.below))
    ratio = np.divide(top, below, out=np.full(top.shape, np.nan), where=below > 0)
    return np.sqrt(ratio) if sums.root else ratio


def middle(drawn: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The middle 95 % of each column, draws without a row left out."""
    tail = (1 - LEVEL) / 2
    empty = ~np.asarray(np.isfinite(drawn).any(axis=0))
    filled = np.where(empty[None, :], 0.0, drawn)
    low, high = np.nanquantile(filled, [tail, 1 - tail], axis=0)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def _chance(gap: FloatArray, drawn: FloatArray) -> FloatArray:
    usable = np.asarray(np.isfinite(drawn))
    count = np.maximum(usable.sum(axis=0), 1)
    centred = np.where(usable, drawn - np.where(usable, drawn, 0.0).sum(axis=0) / count, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / np.maximum(count - 1, 1))
    known = np.isfinite(gap)
    size = np.divide(np.abs(gap), deviation, out=np.full(len(gap), np.inf), where=known & (deviation > 0))
    size = np.where(known & (gap == 0), 0.0, size)
    return np.where(known, 2 * norm.sf(size), np.nan)
