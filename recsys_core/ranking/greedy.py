"""Greedy selection, for all users at once: item by item, whatever is worth most beside what was picked already.

What a pick is worth is its value plus any number of terms that change as the list grows: how unlike it is (`Unlikeness`,
`Volume`), how well the list then mirrors a taste (`Mirror`). Each re-ranker is such a sum, so two can be added.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from recsys_core.types import BoolArray, FloatArray, IntArray

NOTHING = -1e6
"""Worth of a place without a candidate: below every candidate, above one that was picked."""
LEAST_RESIDUAL = 1e-3
OWN_SHARE = 0.1
"""Part of an item's kernel that it shares with nothing, so that two items with the same attributes can both be picked."""
SMOOTHING = 0.01


class Term(Protocol):
    """A part of the worth that depends on what was picked."""

    def worth(self, n_picked: int) -> FloatArray:
        """What each candidate adds after so many picks: (n, p)."""

    def take(self, picked: IntArray) -> None:
        """One more pick a user: places in the pool, (n,)."""


def pick(values: FloatArray, absent: BoolArray, terms: list[Term], k: int) -> IntArray:
    """Picks k of p candidates for each of n users: their places in the pool, as they were picked, (n, k).

    Args:
        values: what does not depend on the list, (n, p); of equals the first one is picked.
        absent: where the pool holds no candidate, (n, p).
    """
    users = np.arange(len(values))
    free = np.ones(values.shape, dtype=bool)
    places = np.empty((len(values), k), dtype=np.int64)
    for place in range(k):
        worth = np.array(values, dtype=np.float64)
        for term in terms:
            worth += term.worth(place)
        worth[absent] = NOTHING
        worth[~free] = -np.inf
        picked = worth.argmax(axis=1)
        places[:, place] = picked
        free[users, picked] = False
        if place < k - 1:
            for term in terms:
                term.take(picked)
    return places


class Unlikeness:
    """Minus the mean likeness to the items picked, times a weight: what a list's mean distance is made of.

    Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998) with the mean in the place of the nearest: so the
    mean distance grows with the weight, and costs less accuracy on the way (max-sum diversification, Gollapudi &
    Sharma, WWW 2009).

    Args:
        vectors: unit vectors of the candidates, (n, p, d).
    """

    def __init__(self, vectors: FloatArray, weight: float) -> None:
        self._vectors, self._weight = vectors, weight
        self._likeness = np.zeros(vectors.shape[:2])
        self._users = np.arange(len(vectors))

    def worth(self, n_picked: int) -> FloatArray:
        """See `Term`."""
        return -self._weight / max(n_picked, 1) * self._likeness

    def take(self, picked: IntArray) -> None:
        """See `Term`."""
        self._likeness += likeness_to(self._vectors, self._vectors[self._users, picked])


class Volume:
    """Weight times the logarithm of what a candidate adds to the volume that the list's vectors span.

    Greedy MAP of a determinantal point process: Chen, Zhang & Zhou, NeurIPS 2018 (one row of the Cholesky factor a
    pick). The kernel is the cosine, `OWN_SHARE` of each item its own, so that its determinant is never 0; an item of
    which nothing is known is like no other.

    Args:
        vectors: unit vectors of the candidates, (n, p, d).
    """

    def __init__(self, vectors: FloatArray, weight: float, k: int) -> None:
        self._vectors, self._weight = vectors, weight
        n, p = vectors.shape[:2]
        self._rows = np.zeros((n, k, p), dtype=np.float32)
        self._residual = np.ones((n, p))
        self._users, self._n = np.arange(n), 0

    def worth(self, n_picked: int) -> FloatArray:
        """See `Term`."""
        return self._weight * np.log(np.maximum(self._residual, LEAST_RESIDUAL))

    def take(self, picked: IntArray) -> None:
        """See `Term`."""
        kernel = (1.0 - OWN_SHARE) * likeness_to(self._vectors, self._vectors[self._users, picked])
        rows = self._rows[:, : self._n]
        of_picked = np.take_along_axis(rows, picked[:, None, None], axis=2)  # (n, so far, 1)
        explained = (rows.transpose(0, 2, 1) @ of_picked)[..., 0]
        depth = np.sqrt(np.maximum(self._residual[self._users, picked], LEAST_RESIDUAL))
        row = (kernel - explained) / depth[:, None]
        self._rows[:, self._n] = row
        self._residual -= row**2
        self._n += 1


class Mirror:
    """Minus weight times how far the list's mix of kinds would be from a person's: KL(p, q).

    q is smoothed by p itself. Reference: Steck, Calibrated recommendations, RecSys 2018.

    Args:
        kinds: shares of the kinds in each candidate, (n, p, g).
        taste: the person's shares, (n, g); a row of zeros has no taste to mirror.
    """

    def __init__(self, kinds: FloatArray, taste: FloatArray, weight: float) -> None:
        self._kinds, self._weight = kinds, weight
        self._taste = taste.astype(np.float32)
        self._sum = np.zeros(self._taste.shape, dtype=np.float32)
        self._users = np.arange(len(kinds))
        known = np.where(self._taste > 0, self._taste, 1.0)
        self._entropy = (self._taste * np.log(known)).sum(axis=1)

    def worth(self, n_picked: int) -> FloatArray:
        """See `Term`."""
        mix = self._kinds + self._sum[:, None, :]
        mix *= (1.0 - SMOOTHING) / (n_picked + 1)
        mix += (SMOOTHING * self._taste)[:, None, :]
        np.log(np.maximum(mix, 1e-12, out=mix), out=mix)
        cross = (mix @ self._taste[..., None])[..., 0]
        return np.asarray(self._weight * (cross - self._entropy[:, None]), dtype=np.float64)

    def take(self, picked: IntArray) -> None:
        """See `Term`."""
        self._sum += self._kinds[self._users, picked]


def likeness_to(vectors: FloatArray, picked: FloatArray) -> FloatArray:
    """Cosine of each candidate with one pick a user: (n, p, d), (n, d) -> (n, p)."""
    return np.asarray((vectors @ picked[..., None])[..., 0])
