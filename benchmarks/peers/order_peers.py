"""Peers that read the order of a history: plain references in numpy, as no light library holds one.

The libraries' own next-item networks (SASRec, GRU4Rec) need PyTorch and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags

from benchmarks.peers.rows import Lists, Rows, best_of

WINDOW, TRAINED_DECAY, ASKED_DECAY, DAMPING = 20, 0.8, 0.7, 5.0
"""Chosen on development splits 42 to 44: NDCG@10 .1197; without decay of either kind .0899, first order .0901."""


def markov(rows: Rows, seed: int) -> Lists:
    """Which item follows which within 20 steps, nearer counting more, asked by the last 20 items, in numpy/scipy."""
    indptr, items = rows.ordered(seed)
    owner = np.repeat(np.arange(rows.n_users), np.diff(indptr))
    follows = csr_matrix((rows.n_items, rows.n_items), dtype=np.float32)
    for step in range(1, WINDOW + 1):
        same = owner[step:] == owner[:-step]
        before, after = items[:-step][same], items[step:][same]
        weight = np.full(len(before), TRAINED_DECAY ** (step - 1), np.float32)
        follows = follows + csr_matrix((weight, (before, after)), shape=follows.shape)
    started = np.asarray(follows.sum(axis=1)).ravel()
    chance = (diags(1 / np.sqrt(started + DAMPING)) @ follows).tocsr()
    return _recent_lists(rows, _last(rows, indptr, items, WINDOW, ASKED_DECAY), chance)


def recency_ease(rows: Rows, seed: int) -> Lists:
    """EASE, lambda 300, asked with a history whose weights fall by exp(-age / 10 items), in numpy."""
    seen = rows.matrix()
    gram = np.asarray((seen.T @ seen).todense(), np.float64) + 300 * np.eye(rows.n_items)
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    recent = _last(rows, *rows.ordered(seed), rows.n_items, float(np.exp(-1 / 10)))
    return _recent_lists(rows, recent, weights.astype(np.float32))


def _last(rows: Rows, indptr: np.ndarray, items: np.ndarray, window: int, decay: float) -> csr_matrix:
    """Users x items: decay ** age of the last `window` items of each user."""
    counts = np.diff(indptr)
    owner = np.repeat(np.arange(rows.n_users), counts)
    age = indptr[1:][owner] - 1 - np.arange(len(items))
    kept = age < window
    weight = (decay ** age[kept]).astype(np.float32)
    return csr_matrix((weight, (owner[kept], items[kept])), shape=(rows.n_users, rows.n_items))


def _recent_lists(rows: Rows, recent: csr_matrix, weights: Any) -> Lists:
    seen = rows.matrix()

    def lists(users: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        scores = recent[users] @ weights
        scores = np.asarray(scores.todense() if hasattr(scores, "todense") else scores)
        return best_of(scores, seen[users], k)

    return lists


ORDER_PEERS: dict[str, Callable[[Rows, int], Lists]] = {"markov": markov, "recency_ease": recency_ease}
