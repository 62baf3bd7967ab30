"""Beyond accuracy: what lists are like for the catalogue and for the person, hits or not."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.types import FloatArray, IntArray

LIST_METRICS = ("novelty", "mean_popularity", "intra_list_diversity")
SYSTEM_METRICS = ("coverage", "gini", "personalisation", "top_item_share")


def exposure(items: IntArray, n_items: int, weights: FloatArray | None = None) -> FloatArray:
    """How often each item is shown: shape (n_items,); `weights` counts each user's list that often."""
    shown = items >= 0
    each = None if weights is None else np.repeat(weights, shown.sum(axis=1))
    return np.bincount(items[shown], weights=each, minlength=n_items).astype(np.float64)


def lists_matrix(items: IntArray, n_items: int) -> csr_matrix:
    """Users x items with a 1 where a list holds an item: (n, k), -1 for none -> sparse (n, n_items)."""
    there = items >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    return csr_matrix((np.ones(ends[-1]), items[there], ends), shape=(len(items), n_items))


def drawn_exposure(items: IntArray | csr_matrix, n_items: int, draws: FloatArray) -> FloatArray:
    """How often each item is shown in each draw of users: (n_draws, n_items).

    Args:
        items: lists, (n, k), -1 for none, or their `lists_matrix`; draws: how often each user is drawn, (n_draws, n).
    """
    lists = items if isinstance(items, csr_matrix) else lists_matrix(items, n_items)
    return np.asarray(draws @ lists)


def recentred(drawn: FloatArray, measured: float) -> FloatArray:
    """Draws about the measured share: a draw with replacement holds fewer users and so covers less; it tells the spread."""
    return np.clip(drawn + measured - drawn.mean(), 0.0, 1.0)


def coverage(shown: FloatArray) -> FloatArray:
    """Share of the catalogue that stands in at least one list: (..., n_items) -> (...)."""
    return np.asarray((shown > 0).mean(axis=-1))


def gini(shown: FloatArray) -> FloatArray:
    """Inequality of exposure: 0 all items alike, near 1 a few items get everything: (..., n_items) -> (...)."""
    ordered = np.sort(shown, axis=-1)
    total, n = ordered.sum(axis=-1), shown.shape[-1]
    spread = ordered @ (2.0 * np.arange(1, n + 1) - n - 1)
    return np.divide(spread, n * total, out=np.zeros_like(total, np.float64), where=total > 0)


def personalisation(shown: FloatArray, n_lists: float | FloatArray, k: int) -> FloatArray:
    """1 minus the mean share of items that the lists of two different users have in common: (..., n_items) -> (...)."""
    pairs = np.asarray(n_lists * (n_lists - 1), np.float64)
    common = np.asarray((shown * (shown - 1)).sum(axis=-1))
    return np.where(pairs > 0, 1.0 - common / np.maximum(pairs * k, 1.0), 0.0)


def top_item_share(shown: FloatArray, n_lists: float | FloatArray) -> FloatArray:
    """Share of lists that hold the item shown most: (..., n_items) -> (...)."""
    return np.asarray(shown.max(axis=-1) / np.maximum(n_lists, 1.0))


def of_exposure(shown: FloatArray, n_lists: FloatArray, k: int) -> FloatArray:
    """The SYSTEM_METRICS, in that order: (n, n_items), (n,) -> (n, 4)."""
    found = (coverage(shown), gini(shown), personalisation(shown, n_lists, k), top_item_share(shown, n_lists))
    return np.stack(found, axis=1)


def novelty(items: IntArray, popularity: FloatArray, n_users: int) -> FloatArray:
    """Mean self-information -log2(share of users who chose the item), a list; items chosen by none count as by one.

    Reference: Zhou et al., PNAS 107(10), 2010.
    """
    information = -np.log2(np.maximum(np.asarray(popularity, np.float64), 1.0) / n_users)
    return list_mean(items, information)


def mean_popularity(items: IntArray, popularity: FloatArray) -> FloatArray:
    """Mean number of users who chose the items of a list, in training."""
    return list_mean(items, np.asarray(popularity, np.float64))


def intra_list_diversity(items: IntArray, unit_vectors: FloatArray) -> FloatArray:
    """Mean distance (1 - cosine) between two items of a list: shape (n,).

    Args:
        unit_vectors: items' vectors of length 1 (or 0 where nothing is known), shape (n_items, d). Two items
            of which one is unknown count as fully different.
    """
    n = len(items)
    shown = (items >= 0)[..., None]
    lists = unit_vectors[np.maximum(items, 0)] * shown  # (n, k, d)
    size = shown.sum(axis=1)[:, 0].astype(np.float64)
    total = lists.sum(axis=1)
    similar = (total**2).sum(axis=1) - (lists**2).sum(axis=(1, 2))
    pairs = size * (size - 1)
    return 1.0 - np.divide(similar, pairs, out=np.ones(n), where=pairs > 0)


def unit_rows(matrix: csr_matrix | FloatArray) -> FloatArray:
    """Rows scaled to length 1; rows of zeros stay zero. Dense, shape kept."""
    dense = matrix.toarray() if isinstance(matrix, csr_matrix) else np.asarray(matrix, np.float64)
    length = np.linalg.norm(dense, axis=1, keepdims=True)
    return np.divide(dense, length, out=np.zeros(dense.shape), where=length > 0)


def list_mean(items: IntArray, value: FloatArray) -> FloatArray:
    """Mean of the items' values over each list (n, k), -1 for none: shape (n,); 0 for an empty list."""
    shown = items >= 0
    sums = (value[np.maximum(items, 0)] * shown).sum(axis=1)
    counts = shown.sum(axis=1)
    return np.divide(sums, counts, out=np.zeros(len(items)), where=counts > 0)
