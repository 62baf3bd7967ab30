"""What ranking networks watch on validation rows: NDCG@10 of whole lists and the softmax loss, block by block."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.models.history_batches import MASKED, Histories
from recsys_core.models.keras_loop import Measure

WATCHED_K = 10
WATCHED_USERS = 2000
CELLS_A_BLOCK = 4_000_000

ScoreUsers = Callable[[tf.Tensor], tf.Tensor]
"""User rows, int32 (batch,) -> logits of the catalogue, float32 (batch, n_items); called inside a compiled graph."""


def list_measure(
    score: ScoreUsers,
    seen: csr_matrix,
    held_out: csr_matrix,
    seed: int,
    *,
    cells: int = CELLS_A_BLOCK,
    most_users: int = WATCHED_USERS,
) -> Measure:
    """NDCG@10 (binary gain, ideal cut at 10) and the mean multinomial loss, both with the seen items left out.

    Reference: Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 2002.

    Args:
        score: the network as it stands; it reads the history of a user by the user's row.
        seen: users x items, what it was trained on, never asked for.
        held_out: users x items, what is relevant; users without any are left out of the means.
        seed: draws the at most 2,000 users that are watched, once.
        cells: users x items that are scored at once. most_users: fewer users, where a score costs more.
    Returns:
        A function without arguments that gives {"loss": ..., "ndcg@10": ...}.
    """
    users = watched_users(held_out, seed, min(most_users, WATCHED_USERS))
    block = max(1, cells // seen.shape[1])
    blocks = [tf.constant(users[start : start + block], tf.int32) for start in range(0, len(users), block)]
    left_out, wanted = Histories.of(seen), Histories.of(held_out)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32)])
    def figures(rows: tf.Tensor) -> tf.Tensor:
        seen_rows, wanted_rows = left_out.rows(rows), wanted.rows(rows)
        logits = score(rows) + MASKED * seen_rows.dense(tf.ones_like(seen_rows.values))
        return list_figures(logits, wanted_rows.dense(tf.ones_like(wanted_rows.values)))

    def measure() -> dict[str, float]:
        sums = np.sum([figures(rows).numpy() for rows in blocks], axis=0) if blocks else np.zeros(2)
        loss, ndcg = sums / max(len(users), 1)
        return {"loss": float(loss), "ndcg@10": float(ndcg)}

    return measure


def watched_users(held_out: csr_matrix, seed: int, most: int = WATCHED_USERS) -> np.ndarray:
    """Rows of the users with something held out, at most so many of them, drawn once: int64, sorted."""
    users = np.flatnonzero(np.diff(held_out.indptr) > 0)
    if len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    return users


def list_figures(logits: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
    """Sums over the users of the multinomial loss and of NDCG@10: two (batch, n_items) -> (2,).

    `wanted` holds 1 where an item is relevant; every row has at least one.
    """
    k = min(WATCHED_K, wanted.shape[1])
    discount = tf.constant(1.0 / np.log2(np.arange(2, k + 2)), tf.float32)
    n_wanted = tf.reduce_sum(wanted, axis=1)
    loss = tf.nn.softmax_cross_entropy_with_logits(wanted / n_wanted[:, None], logits)
    gained = tf.linalg.matvec(tf.gather(wanted, tf.math.top_k(logits, k).indices, batch_dims=1), discount)
    ideal = tf.gather(tf.cumsum(discount), tf.cast(tf.minimum(n_wanted, float(k)), tf.int32) - 1)
    return tf.stack([tf.reduce_sum(loss), tf.reduce_sum(gained / ideal)])
