"""A network that reads what a user chose and ranks the catalogue: one hidden layer, full softmax.

Trained as it will be used: the input is a random part of a history, the target the rest of it. Some examples
show a short part (size log-uniform), so that one pick already helps; the others show seven tenths. What is
watched, kept and served are the weights averaged over the last steps (Polyak & Juditsky, SIAM J. Control Optim.
1992): on MovieLens 100K worth about .006 of NDCG@10, and seeds lie closer together.
References: Liang et al., Variational autoencoders for collaborative filtering, WWW 2018 (multinomial likelihood);
Covington et al., Deep neural networks for YouTube recommendations, RecSys 2016 (history as input).
"""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models.keras_base import KerasRecommender, export_onnx
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.params.history_encoder import PARAMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.networks import HistoryEncoderScorer
from recsys_core.types import IntArray

LONG_PART = 0.7
AVERAGING = 0.98
SIZE_OFFSET = 3.0
MASKED = -1e9
WATCHED_K = 10
WATCHED_USERS = 2000
MEASURE_EVERY = 2


class HistoryEncoder(KerasRecommender):
    """Scores = W2 (W1 x / sqrt(|x| + 3)) + b, x the history; b starts at the items' log popularity.

    The number of epochs is chosen by NDCG@10 on validation rows; the model is then fitted anew on training and
    validation rows for as many epochs. Without validation rows all epochs run. Raises DataError where no user
    has two training rows.
    """

    name: ClassVar[str] = "history_encoder"
    can: Capabilities = HistoryEncoderScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise, plan.measure_every = "ndcg@10", True, MEASURE_EVERY
        return plan

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        seen = split.matrix(self.learned_rows(split, rows))
        readers = np.flatnonzero(np.diff(seen.indptr) > 1)
        if not len(readers):
            raise DataError(
                what=_("no user has two training rows, so there is nothing to learn from"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose another split, data with more rows per user, or popularity"),
            )
        learner, averaged = self._network(seen, seed), self._network(seen, seed)
        optimizer = keras.optimizers.AdamW(
            self.settings["learning_rate"], weight_decay=self.settings["weight_decay"]
        )
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(learner.trainable_variables)
        steps = self._steps(learner, averaged, optimizer, seen[readers], seed)
        return Task(averaged, steps, [*learner.variables, *optimizer.variables], len(readers))

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        seen = split.matrix(self.learned_rows(split, seen_rows))
        held_out = split.matrix(self.learned_rows(split, held_out_rows))
        return _measure(task.model, seen, held_out, seed)

    def _served(self, split: Split) -> Scorer:
        seen = split.matrix(self.learned_rows(split, split.fit_rows))
        network = export_onnx(self.model, np.zeros((1, seen.shape[1]), np.float32))
        return HistoryEncoderScorer(network, seen)

    def _network(self, seen: csr_matrix, seed: int) -> keras.Model:
        n_items = seen.shape[1]
        counts = np.asarray(seen.sum(axis=0)).ravel() + 1.0
        glorot = keras.initializers.GlorotUniform
        history = keras.Input((n_items,), name="history")
        size = keras.ops.sum(history, axis=-1, keepdims=True)
        scaled = history / keras.ops.sqrt(size + SIZE_OFFSET)  # (batch, n_items)
        summed = keras.layers.Dense(
            self.settings["embedding_size"], use_bias=False, kernel_initializer=glorot(seed=seed + 1)
        )(scaled)
        kept = keras.layers.Dropout(self.settings["dropout"], seed=seed + 2)(summed)
        catalogue = keras.layers.Dense(n_items, kernel_initializer=glorot(seed=seed + 3))
        model = keras.Model(history, catalogue(kept), name="history_encoder")
        catalogue.bias.assign(np.log(counts / counts.sum()))
        return model

    def _steps(
        self,
        learner: keras.Model,
        averaged: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        seen: csr_matrix,
        seed: int,
    ) -> Steps:
        (n_users, n_items), batch_size = seen.shape, self.settings["batch_size"]
        weights, n_steps = learner.trainable_variables, -(-n_users // batch_size)
        starts, sizes = tf.constant(seen.indptr[:-1], tf.int32), tf.constant(np.diff(seen.indptr), tf.int32)
        indices, short_share = tf.constant(seen.indices, tf.int32), self.settings["short_share"]

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                batch = order[step * batch_size : (step + 1) * batch_size]
                draws = [tf.stack([seed * 7 + stream, epoch * 100_003 + step]) for stream in range(3)]
                shown, rest = _shown_and_rest(
                    tf.gather(starts, batch), tf.gather(sizes, batch), indices, n_items, short_share, draws
                )
                n_rest = tf.reduce_sum(rest, axis=1, keepdims=True)
                target = rest / tf.maximum(n_rest, 1.0)
                weight = tf.sqrt(n_rest[:, 0])
                with tf.GradientTape() as tape:
                    logits = (
                        learner(shown, training=True) + MASKED * shown
                    )  # what is shown is never asked for
                    losses = tf.nn.softmax_cross_entropy_with_logits(target, logits)
                    loss = tf.reduce_sum(weight * losses) / tf.maximum(tf.reduce_sum(weight), 1.0)
                optimizer.apply(tape.gradient(loss, weights), weights)
                _average(averaged.trainable_variables, weights, (epoch - 1) * n_steps + step)
                total += loss
            return total

        return steps


def _average(averaged: list[keras.Variable], weights: list[keras.Variable], step: tf.Tensor) -> None:
    """Moves the averaged weights towards the learner's, fast at first so that the start is soon forgotten."""
    done = tf.cast(step, tf.float32) + 1.0
    kept = tf.minimum(AVERAGING, (1.0 + done) / (10.0 + done))
    for mean, now in zip(averaged, weights, strict=True):
        mean.assign(kept * mean.value + (1.0 - kept) * now.value)


def _shown_and_rest(
    starts: tf.Tensor,
    sizes: tf.Tensor,
    indices: tf.Tensor,
    n_items: int,
    short_share: float,
    draws: list[tf.Tensor],
) -> tuple[tf.Tensor, tf.Tensor]:
    """Cuts each history of the batch into what is shown and what is asked for: two (batch, n_items) of 0 and 1."""
    n_users = tf.shape(sizes)[0]
    owner = tf.repeat(tf.range(n_users), sizes)  # (events,)
    place = tf.range(tf.shape(owner)[0]) - tf.repeat(tf.cumsum(sizes, exclusive=True), sizes)
    items = tf.gather(indices, tf.repeat(starts, sizes) + place)
    log_size = tf.math.log(2.0 * tf.cast(sizes, tf.float32))
    short = tf.exp(-tf.random.stateless_uniform(tf.shape(sizes), draws[0]) * log_size)
    is_short = tf.random.stateless_uniform(tf.shape(sizes), draws[1]) < short_share
    share = tf.where(is_short, short, LONG_PART)
    is_shown = tf.random.stateless_uniform(tf.shape(owner), draws[2]) < tf.gather(share, owner)
    cells, shape = tf.stack([owner, items], axis=1), tf.stack([n_users, n_items])
    flags = tf.cast(is_shown, tf.float32)
    return tf.scatter_nd(cells, flags, shape), tf.scatter_nd(cells, 1.0 - flags, shape)


def _measure(model: keras.Model, seen: csr_matrix, held_out: csr_matrix, seed: int) -> Measure:
    """NDCG@10 and the softmax loss on validation rows, for at most 2,000 users drawn once."""
    users = np.flatnonzero(np.diff(held_out.indptr) > 0)
    if len(users) > WATCHED_USERS:
        users = np.sort(np.random.default_rng(seed).choice(users, WATCHED_USERS, replace=False))
    block = max(1, 4_000_000 // seen.shape[1])
    blocks = [users[start : start + block] for start in range(0, len(users), block)]
    k = min(WATCHED_K, seen.shape[1])
    discount = tf.constant(1.0 / np.log2(np.arange(2, k + 2)), tf.float32)

    @tf.function(reduce_retracing=True)
    def figures(history: tf.Tensor, wanted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        logits = model(history, training=False) + MASKED * history
        n_wanted = tf.reduce_sum(wanted, axis=1)
        loss = tf.nn.softmax_cross_entropy_with_logits(wanted / n_wanted[:, None], logits)
        top = tf.math.top_k(logits, k).indices
        gained = tf.linalg.matvec(tf.gather(wanted, top, batch_dims=1), discount)
        ideal = tf.gather(tf.cumsum(discount), tf.cast(tf.minimum(n_wanted, float(k)), tf.int32) - 1)
        return tf.reduce_sum(loss), tf.reduce_sum(gained / ideal)

    def measure() -> dict[str, float]:
        sums = np.zeros(2)
        for rows in blocks:
            history = seen[rows].toarray().astype(np.float32)
            sums += [float(one) for one in figures(history, held_out[rows].toarray().astype(np.float32))]
        loss, ndcg = sums / max(len(users), 1)
        return {"loss": float(loss), "ndcg@10": float(ndcg)}

    return measure
