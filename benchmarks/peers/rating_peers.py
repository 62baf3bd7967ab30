"""Peers that predict a rating, with settings tuned on a validation part of the training rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_matrix, diags, identity

from benchmarks.peers.rows import Predicts, Rows

RANK = 10


def myfm_fm(rows: Rows, seed: int) -> Predicts:
    """Bayesian factorisation machine on user and item ids; myfm, 200 Gibbs samples."""
    from myfm import MyFMGibbsRegressor

    shape = [rows.n_users, rows.n_items]
    model = MyFMGibbsRegressor(rank=RANK, random_seed=seed)
    model.fit(
        _pairs(rows, rows.users, rows.items), rows.values, n_iter=200, n_kept_samples=190, group_shapes=shape
    )
    return lambda users, items: np.clip(model.predict(_pairs(rows, users, items)), *rows.span)


def _pairs(rows: Rows, users: np.ndarray, items: np.ndarray) -> csr_matrix:
    """One-hot user beside one-hot item, a pair a line."""
    columns = np.stack([users, rows.n_users + items], axis=1).ravel()
    indptr = np.arange(0, 2 * len(users) + 1, 2)
    return csr_matrix(
        (np.ones(len(columns)), columns, indptr), shape=(len(users), rows.n_users + rows.n_items)
    )


def myfm_svdpp(rows: Rows, seed: int) -> Predicts:
    """Bayesian SVD++ in both directions: ids, the user's items, the item's users; myfm, 150 Gibbs samples.

    Reference: Rendle, Zhang & Koren, On the difficulty of evaluating baselines, 2019.
    """
    from myfm import MyFMGibbsRegressor, RelationBlock

    chosen = rows.matrix().astype(np.float64)
    blocks = []
    for mine in (chosen, chosen.T.tocsr()):
        share = diags(1 / np.sqrt(np.maximum(np.diff(mine.indptr), 1)))
        ids = identity(mine.shape[0], format="csr")
        blocks.append(_beside(ids, (share @ mine).tocsr()))
    shapes = [rows.n_users, rows.n_items, rows.n_items, rows.n_users]

    def related(users: np.ndarray, items: np.ndarray) -> list[RelationBlock]:
        return [RelationBlock(users, blocks[0]), RelationBlock(items, blocks[1])]

    model = MyFMGibbsRegressor(rank=RANK, random_seed=seed)
    model.fit(
        None, rows.values, X_rel=related(rows.users, rows.items),
        n_iter=150, n_kept_samples=140, group_shapes=shapes,
    )  # fmt: skip
    return lambda users, items: np.clip(model.predict(None, X_rel=related(users, items)), *rows.span)


def _beside(left: csr_matrix, right: csr_matrix) -> csr_matrix:
    from scipy.sparse import hstack

    return csr_matrix(hstack([left, right], format="csr"))


def surprise_svd(rows: Rows, seed: int) -> Predicts:
    """Biased matrix factorisation by stochastic gradient descent; Surprise, 200 factors, 100 epochs, reg .1."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    table = pd.DataFrame({"user": rows.users, "item": rows.items, "value": rows.values})
    trained = Dataset.load_from_df(table, Reader(rating_scale=rows.span)).build_full_trainset()
    model = SVD(n_factors=200, n_epochs=100, reg_all=0.1, random_state=seed).fit(trained)
    return lambda users, items: np.array(
        [model.predict(user, item).est for user, item in zip(users, items, strict=True)]
    )


def cornac_mf(rows: Rows, seed: int) -> Predicts:
    """Biased matrix factorisation; Cornac's MF, tuned."""
    from cornac.data import Dataset
    from cornac.models import MF

    everything = zip(rows.users.tolist(), rows.items.tolist(), rows.values.tolist(), strict=True)
    trained = Dataset.from_uir(list(everything), seed=seed)
    model = MF(
        k=200, max_iter=100, learning_rate=0.005, lambda_reg=0.1, use_bias=True, seed=seed, num_threads=1
    )
    model.fit(trained)
    user_row = _their_rows(trained.uid_map, rows.n_users)
    item_row = _their_rows(trained.iid_map, rows.n_items)

    def predict(users: np.ndarray, items: np.ndarray) -> np.ndarray:
        mine, theirs = user_row[users], item_row[items]
        known_user, known_item = mine >= 0, theirs >= 0
        value = np.full(len(users), model.global_mean, np.float64)
        value += np.where(known_user, model.u_biases[mine], 0) + np.where(
            known_item, model.i_biases[theirs], 0
        )
        product = (model.u_factors[mine] * model.i_factors[theirs]).sum(axis=1)
        return np.clip(value + np.where(known_user & known_item, product, 0), *rows.span)

    return predict


def _their_rows(ids: dict[int, int], n: int) -> np.ndarray:
    """Our row -> the library's row, -1 where it never saw it."""
    table = np.full(n, -1)
    table[list(ids.keys())] = list(ids.values())
    return table


RATING_PEERS: dict[str, Callable[[Rows, int], Predicts]] = {
    "myfm_svdpp": myfm_svdpp,
    "myfm_fm": myfm_fm,
    "surprise_svd": surprise_svd,
    "cornac_mf": cornac_mf,
}
