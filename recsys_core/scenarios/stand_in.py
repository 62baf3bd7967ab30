"""Somebody new before a model that knows users by their id alone: the users most like them answer instead.

The scores are the weighted mean of those of the trained users with the most similar histories (cosine of the sets
of items). It is an approximation, and whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

NEIGHBOURS = 20
BLOCK_CELLS = 2_000_000


def approximate_fold_in(serving: Serving, histories: Sequence[IntArray]) -> FloatArray:
    """Scores of the catalogue, lists of item rows -> (n, n_items): the mean of the most similar trained users'.

    Weights are cosines. A history that shares nothing with anybody, or is empty, gets the plain mean of users
    spread evenly over all. The history's order and values are not read.
    """
    scorer, data = serving.scorer, serving.data
    scores = np.zeros((len(histories), data.n_items))
    block = max(1, BLOCK_CELLS // max(data.n_items, data.n_users))
    for start in range(0, len(histories), block):
        weights = _weights(serving, histories[start : start + block])
        users = np.flatnonzero(weights.any(axis=0))
        for first in range(0, len(users), block):
            some = users[first : first + block]
            scores[start : start + block] += weights[:, some] @ scorer.score_catalogue(some)
    return scores


def _weights(serving: Serving, histories: Sequence[IntArray]) -> FloatArray:
    """How much each trained user counts: (n, n_users), at most NEIGHBOURS above 0 in a row, summing to 1."""
    data = serving.data
    own = histories_to_csr(histories, data.n_items).astype(np.float64)
    own.data[:] = 1.0
    seen = serving.seen.astype(np.float64)
    seen.data[:] = 1.0
    length = np.sqrt(np.maximum(np.asarray(seen.sum(axis=1)).ravel(), 1.0))
    likeness = (own @ seen.T).toarray() / length
    beyond = np.argsort(-likeness, axis=1, kind="stable")[:, NEIGHBOURS:]
    np.put_along_axis(likeness, beyond, 0.0, axis=1)
    spread = np.unique(np.linspace(0, data.n_users - 1, NEIGHBOURS).astype(np.int64))
    alone = np.flatnonzero(~likeness.any(axis=1))
    likeness[np.ix_(alone, spread)] = 1.0
    weights: FloatArray = likeness / likeness.sum(axis=1, keepdims=True)
    return weights
