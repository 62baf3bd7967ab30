"""Somebody new before a model that knows users by their id alone: the users most like them answer instead.

The scores are the weighted mean of those of the trained users with the most similar histories (cosine of the sets
of items). It is an approximation, and whoever shows it says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.serving.baselines import histories_to_csr, narrowed
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

NEIGHBOURS = 20
BLOCK_CELLS = 2_000_000
TIE = 1e-12


def approximate_fold_in(
    serving: Serving, histories: Sequence[IntArray], items: IntArray | None = None
) -> FloatArray:
    """Scores of the catalogue, lists of item rows -> (n, n_items): the mean of the most similar trained users'.

    Weights are cosines. A history that shares nothing with anybody, or is empty, gets the plain mean of users
    spread evenly over all. The history's order and values are not read. With `items` (m,) only theirs: (n, m).

    Raises:
        NotSupported: the scores were made elsewhere: they name a few items of each user, of which no mean can be made.
    """
    scorer, data = serving.scorer, serving.data
    if scorer.can.fixed:
        raise NotSupported(
            what=_("its scores were made elsewhere and cannot be asked again"),
            where=_("run {id}").format(id=serving.run_id),
            remedy=_("choose a run that was trained here"),
        )
    scores = np.zeros((len(histories), data.n_items if items is None else len(items)))
    width, wide = max(1, BLOCK_CELLS // data.n_users), max(1, BLOCK_CELLS // data.n_items)
    for start in range(0, len(histories), width):
        weights = _weights(serving, histories[start : start + width])
        users = np.unique(weights.indices)
        for first in range(0, len(users), wide):
            some = users[first : first + wide]
            theirs = scorer.score_catalogue(some) if items is None else scorer.score_items(some, items)
            scores[start : start + width] += weights[:, some] @ theirs
    return scores


def _weights(serving: Serving, histories: Sequence[IntArray]) -> csr_matrix:
    """How much each trained user counts: (n, n_users), at most NEIGHBOURS stored in a row, which sum to 1.

    Of equally similar users the first count.
    """
    n_users = serving.data.n_users
    chosen, narrow = narrowed(histories)
    likeness = csr_matrix(histories_to_csr(narrow, len(chosen)) @ serving.chosen_by[chosen])
    lengths = np.sqrt(np.maximum(serving.seen.getnnz(axis=1), 1))
    spread = np.unique(np.linspace(0, n_users - 1, NEIGHBOURS).astype(np.int64))
    users, weights = [], []
    for start, end in pairwise(likeness.indptr):
        who = likeness.indices[start:end]
        alike = likeness.data[start:end].astype(np.float64) / lengths[who]
        if not len(who):
            who, alike = spread, np.ones(len(spread))
        if len(who) > NEIGHBOURS:
            best = np.argpartition(TIE * who - alike, NEIGHBOURS - 1)[:NEIGHBOURS]
            who, alike = who[best], alike[best]
        users.append(who)
        weights.append(alike / alike.sum())
    indptr = np.concatenate([[0], np.cumsum([len(who) for who in users])])
    return csr_matrix((np.concatenate(weights), np.concatenate(users), indptr), (len(users), n_users))
