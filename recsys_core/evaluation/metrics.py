"""Ranking metrics, one value per user, as the docs define them; means are made elsewhere.

rel(u) = the test items of user u. A list never holds an item twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.types import BoolArray, FloatArray, IntArray

CELLS_A_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True)
class Hits:
    """Which recommended positions are relevant.

    Attributes:
        relevant: shape (n_users, k_max).
        n_relevant: size of rel(u), at least 1, shape (n_users,).
    """

    relevant: BoolArray
    n_relevant: IntArray


def hits_of(items: IntArray, relevant: csr_matrix) -> Hits:
    """Marks the hits of ranked lists; users without a relevant item must be left out beforehand.

    Args:
        items: item rows, shape (n, k), -1 for no item.
        relevant: shape (n, n_items), a 1 where an item is relevant.
    """
    found = np.zeros(items.shape, dtype=bool)
    n, n_items = relevant.shape
    size = max(1, CELLS_A_BLOCK // max(n_items, 1))
    marked = np.zeros((min(size, n), n_items), dtype=bool)
    for start in range(
        0, n, size
    ):  # a mask that is wiped where it was written: no table of all users is made
        stop = min(start + size, n)
        first, last = relevant.indptr[start], relevant.indptr[stop]
        owners = np.repeat(np.arange(stop - start), np.diff(relevant.indptr[start : stop + 1]))
        columns, there = relevant.indices[first:last], relevant.data[first:last] > 0
        marked[owners[there], columns[there]] = True
        shown = np.maximum(items[start:stop], 0)
        found[start:stop] = np.take_along_axis(marked[: stop - start], shown, axis=1)
        marked[owners, columns] = False
    return Hits(found & (items >= 0), np.diff(relevant.indptr))


def precision(hits: Hits, k: int) -> FloatArray:
    """Hits among the first k, over k."""
    return hits.relevant[:, :k].sum(axis=1) / k


def recall(hits: Hits, k: int) -> FloatArray:
    """Hits among the first k, over all relevant items."""
    return hits.relevant[:, :k].sum(axis=1) / hits.n_relevant


def f1(hits: Hits, k: int) -> FloatArray:
    """Harmonic mean of precision and recall at k; 0 when both are 0."""
    p, r = precision(hits, k), recall(hits, k)
    total = p + r
    return np.divide(2 * p * r, total, out=np.zeros_like(total), where=total > 0)


def hit_rate(hits: Hits, k: int) -> FloatArray:
    """1 when any of the first k is relevant."""
    return np.asarray(hits.relevant[:, :k].any(axis=1), dtype=np.float64)


def reciprocal_rank(hits: Hits, k: int) -> FloatArray:
    """1 / rank of the first hit within k, else 0."""
    top = hits.relevant[:, :k]
    return np.where(top.any(axis=1), 1.0 / (top.argmax(axis=1) + 1), 0.0)


def average_precision(hits: Hits, k: int) -> FloatArray:
    """Sum of precision@i over the hits i <= k, over min(k, |rel|)."""
    top = hits.relevant[:, :k]
    at_each = np.cumsum(top, axis=1) / np.arange(1, top.shape[1] + 1)
    return (at_each * top).sum(axis=1) / np.minimum(k, hits.n_relevant)


def ndcg(hits: Hits, k: int) -> FloatArray:
    """Normalised discounted cumulative gain at k, binary gain, the ideal list cut at k.

    Reference: Järvelin & Kekäläinen, TOIS 20(4), 2002.
    """
    top = hits.relevant[:, :k]
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discount)[np.minimum(hits.n_relevant, k) - 1]
    return (top @ discount[: top.shape[1]]) / ideal


RANKING_METRICS: dict[str, Callable[[Hits, int], FloatArray]] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "f1": f1,
    "hr": hit_rate,
    "mrr": reciprocal_rank,
    "map": average_precision,
}
