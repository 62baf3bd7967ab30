"""Diversity re-ranking: maximal marginal relevance over a run's candidates, vectorised over users.

Reference: Carbonell & Goldstein, The use of MMR, SIGIR 1998.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_vectors, categorical_columns
from recsys_core.errors import ParamError
from recsys_core.evaluation.ranking import TopK
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

CO_OCCURRENCE_SIZE = 32
CELLS_A_BLOCK = 8_000_000
ROUNDING = 1e-9


def item_vectors(data: Dataset, seen: csr_matrix) -> tuple[FloatArray, str]:
    """Unit vectors whose cosine says how alike two items are, and what they are made of.

    The values of the first grouping attribute where there is one; else the items' places in the singular
    vectors of who chose them.

    Returns:
        Shape (n_items, d), and the attribute's name ('' for co-occurrence).
    """
    vectors, _names = attribute_vectors(data)
    if vectors is not None:
        return vectors, categorical_columns(data)[0]
    size = min(CO_OCCURRENCE_SIZE, min(seen.shape) - 1)
    if size < 1:
        return np.zeros((data.n_items, 1)), ""
    start = np.random.default_rng(0).random(min(seen.shape))
    _left, strength, right = svds(seen.astype(np.float64), k=size, v0=start)
    places = (strength[:, None] * right).T
    length = np.linalg.norm(places, axis=1, keepdims=True)
    known = length > ROUNDING * length.max()  # an item that nobody chose has rounding errors for a place
    return np.divide(places, length, out=np.zeros_like(places), where=known), ""


def mmr(pool: TopK, vectors: FloatArray, *, strength: float, k: int) -> TopK:
    """Picks k items one by one: (1 - strength) * score - strength * mean likeness to the items picked.

    Scores are brought to [0, 1] within each user's pool. Strength 0 gives the pool's own first k. The paper takes
    the likeness to the nearest item picked; the mean is what the distance of a list is made of, so with it the
    distance grows with the strength, and costs less accuracy on the way.

    Args:
        pool: candidates, best first, shape (n, p); -1 for none.
        vectors: unit vectors, shape (n_items, d).
    Raises:
        ParamError: a strength outside [0, 1].
    """
    if not 0.0 <= strength <= 1.0:
        raise ParamError(
            what=_("{strength} is not allowed").format(strength=strength),
            where=_("strength of the diversity"),
            remedy=_("use a number from 0 to 1"),
        )
    k = min(k, pool.items.shape[1])
    if strength == 0.0:
        return TopK(pool.items[:, :k], pool.scores[:, :k])
    block = max(1, CELLS_A_BLOCK // (pool.items.shape[1] * vectors.shape[1]))
    parts = [
        _mmr_block(
            pool.items[start : start + block], pool.scores[start : start + block], vectors, strength, k
        )
        for start in range(0, len(pool.items), block)
    ]
    places = np.concatenate(parts) if parts else np.empty((0, k), np.int64)
    return TopK(np.take_along_axis(pool.items, places, 1), np.take_along_axis(pool.scores, places, 1))


def _mmr_block(items: IntArray, scores: FloatArray, vectors: FloatArray, strength: float, k: int) -> IntArray:
    absent = items < 0
    value = (1.0 - strength) * np.where(absent, 0.0, unit_range(scores))
    of_pool = vectors[np.maximum(items, 0)]  # (n, p, d)
    users = np.arange(len(items))
    likeness = np.zeros(items.shape)
    free = np.ones(items.shape, dtype=bool)
    places = np.empty((len(items), k), dtype=np.int64)
    for place in range(k):
        worth = value - strength * likeness / max(place, 1)
        worth[absent] = -1e6
        worth[~free] = -np.inf
        picked = worth.argmax(axis=1)
        places[:, place] = picked
        free[users, picked] = False
        likeness += np.einsum("npd,nd->np", of_pool, of_pool[users, picked])
    return places


def unit_range(scores: FloatArray) -> FloatArray:
    """Each row brought to [0, 1]; a row of equal scores becomes 1. NaN stays out of the range."""
    low = np.nanmin(scores, axis=1, keepdims=True, initial=np.inf)
    high = np.nanmax(scores, axis=1, keepdims=True, initial=-np.inf)
    span = high - low
    flat = ~(span > 0)
    return np.where(flat, 1.0, (scores - low) / np.where(flat, 1.0, span))
