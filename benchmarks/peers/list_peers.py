"""Peers that rank the whole catalogue, with settings tuned on a validation part of the training rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.peers.rows import Lists, Rows, best_of


def cornac_ease(rows: Rows, seed: int) -> Lists:
    """EASE, lambda 500; Cornac's implementation (Steck, WWW 2019)."""
    from cornac.data import Dataset
    from cornac.models import EASE

    pairs = zip(rows.users.tolist(), rows.items.tolist(), [1.0] * len(rows.users), strict=True)
    trained = Dataset.from_uir(list(pairs), seed=seed)
    model = EASE(lamb=500, posB=False, verbose=False, seed=seed).fit(trained)
    mine = np.array(list(trained.iid_map.keys()))  # our row of each of its items
    weights = np.zeros((rows.n_items, rows.n_items), np.float32)
    weights[np.ix_(mine, mine)] = model.B
    return _from_weights(rows, weights)


def numpy_ease(rows: Rows, seed: int) -> Lists:
    """EASE, lambda 500, in ten lines of numpy: what a notebook would hold."""
    seen = rows.matrix()
    gram = np.asarray((seen.T @ seen).todense(), np.float64) + 500 * np.eye(rows.n_items)
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return _from_weights(rows, weights.astype(np.float32))


def slim(rows: Rows, seed: int) -> Lists:
    """SLIM, l1 1, l2 100, weights at least 0 (Ning & Karypis, ICDM 2011), by scikit-learn's elastic net."""
    from sklearn.linear_model import ElasticNet

    l1, l2, n = 1.0, 100.0, rows.n_users
    seen = rows.matrix().astype(np.float64)
    gram = np.ascontiguousarray((seen.T @ seen).todense())
    weights = np.zeros((rows.n_items, rows.n_items), np.float32)
    wanted = seen.tocsc()
    solver = ElasticNet(
        alpha=(l1 + l2) / n, l1_ratio=l1 / (l1 + l2), positive=True, fit_intercept=False, max_iter=100, tol=1e-3,
        precompute=gram, copy_X=False, selection="random", random_state=seed,
    )  # fmt: skip
    table = np.asfortranarray(seen.todense())
    for item in range(rows.n_items):
        target = wanted[:, [item]].toarray().ravel()
        kept, row, column = table[:, item].copy(), gram[item].copy(), gram[:, item].copy()
        table[:, item], gram[item], gram[:, item] = 0, 0, 0  # an item never explains itself
        weights[:, item] = solver.set_params(precompute=gram).fit(table, target).coef_
        table[:, item], gram[item], gram[:, item] = kept, row, column
    return _from_weights(rows, csr_matrix(weights))


def _from_weights(rows: Rows, weights: Any) -> Lists:
    seen = rows.matrix()

    def lists(users: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        mine = seen[users]
        scores = mine @ weights
        return best_of(np.asarray(scores.todense() if hasattr(scores, "todense") else scores), mine, k)

    return lists


def ials(rows: Rows, seed: int) -> Lists:
    """Implicit ALS with frequency-scaled regularisation, in numpy: d 64, a0 .1, reg .02, 12 epochs.

    References: Hu, Koren & Volinsky, ICDM 2008; Rendle, Krichene, Zhang & Koren, RecSys 2022. No library has it.
    """
    from threadpoolctl import threadpool_limits

    size, unobserved, reg, exponent = 64, 0.1, 0.02, 1.0
    rng = np.random.default_rng(seed)
    by_user = rows.matrix()
    by_item = by_user.T.tocsr()
    users = rng.normal(0, 0.1 / np.sqrt(size), (rows.n_users, size))
    items = rng.normal(0, 0.1 / np.sqrt(size), (rows.n_items, size))
    with threadpool_limits(1, "blas"):  # its thousands of small products lose time to threads
        for _epoch in range(12):
            users = _solve(by_user, items, unobserved, reg, exponent)
            items = _solve(by_item, users, unobserved, reg, exponent)
    return _from_factors(rows, users.astype(np.float32), items.astype(np.float32))


def _solve(
    chosen: csr_matrix, other: np.ndarray, unobserved: float, reg: float, exponent: float
) -> np.ndarray:
    """One side's factors given the other's, shape (n, d)."""
    everywhere = unobserved * other.T @ other
    counts = np.diff(chosen.indptr)
    strength = reg * (counts + unobserved * len(other)) ** exponent
    grams = np.empty((chosen.shape[0], *everywhere.shape))
    for row in range(len(grams)):
        mine = other[chosen.indices[chosen.indptr[row] : chosen.indptr[row + 1]]]
        grams[row] = everywhere + mine.T @ mine
    grams += strength[:, None, None] * np.eye(len(everywhere))
    return np.linalg.solve(grams, (chosen @ other)[:, :, None])[:, :, 0]


def _from_factors(rows: Rows, users: np.ndarray, items: np.ndarray) -> Lists:
    seen = rows.matrix()
    turned = np.ascontiguousarray(items.T)
    return lambda asked, k: best_of(users[asked] @ turned, seen[asked], k)


def implicit_als(rows: Rows, seed: int) -> Lists:
    """Implicit's ALS, best of 12 settings on development: 64 factors, reg 30, alpha 3, 20 iterations."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=64, regularization=30.0, alpha=3.0, iterations=20, random_state=seed
    )
    return _implicit(rows, model)


def implicit_bpr(rows: Rows, seed: int) -> Lists:
    """Implicit's BPR (Rendle et al., UAI 2009): best of 12: 64 factors, learning rate .01, reg .05, 100 iterations."""
    from implicit.bpr import BayesianPersonalizedRanking

    model = BayesianPersonalizedRanking(
        factors=64, learning_rate=0.01, regularization=0.05, iterations=100, random_state=seed
    )
    return _implicit(rows, model)


def _implicit(rows: Rows, model: Any) -> Lists:
    seen = rows.matrix()
    model.fit(seen, show_progress=False)

    def lists(users: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        found: tuple[np.ndarray, np.ndarray] = model.recommend(
            users, seen[users], N=k, filter_already_liked_items=True
        )
        return found

    return lists


LIST_PEERS: dict[str, Callable[[Rows, int], Lists]] = {
    "cornac_ease": cornac_ease,
    "numpy_ease": numpy_ease,
    "slim": slim,
    "ials": ials,
    "implicit_als": implicit_als,
    "implicit_bpr": implicit_bpr,
}
