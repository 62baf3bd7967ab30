"""Small pools of candidates for the tests of re-ranking."""

from __future__ import annotations

import numpy as np

from recsys_core.evaluation.beyond import unit_rows
from recsys_core.ranking.rerank import Catalogue
from recsys_core.ranking.top_k import TopK, top_k

N_USERS, N_ITEMS, N_KINDS, POOL, K = 12, 60, 6, 25, 8


def world(seed: int) -> tuple[TopK, Catalogue, np.ndarray]:
    """Candidates of some users, items of one to three of six kinds, and each user's taste."""
    rng = np.random.default_rng(seed)
    pool = top_k(rng.normal(size=(N_USERS, N_ITEMS)), POOL)
    kinds = np.zeros((N_ITEMS, N_KINDS))
    for item in range(N_ITEMS):
        kinds[item, rng.permutation(N_KINDS)[: rng.integers(1, 4)]] = 1
    together = unit_rows(rng.normal(size=(N_ITEMS, 5)))
    shares = kinds / kinds.sum(axis=1, keepdims=True)
    popularity = rng.integers(0, 100, N_ITEMS).astype(float)
    taste = rng.dirichlet(np.ones(N_KINDS), N_USERS)
    return pool, Catalogue(unit_rows(kinds), together, shares, popularity), taste


def only(vectors: np.ndarray) -> Catalogue:
    """A catalogue of which only these vectors are known."""
    n = len(vectors)
    return Catalogue(vectors, np.zeros((n, 1)), np.zeros((n, 1)), np.ones(n))
