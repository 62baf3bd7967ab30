"""Autoencoder of ratings: completes the residuals of an item's ratings (or a user's) from those that are known.

Sedhain, Menon, Sanner & Xie, AutoRec, WWW 2015: sigmoid hidden layer, linear output, error on what is known only, L2
on both layers. Here on residuals of damped means, with a part of the input hidden in each step (Vincent et al.,
ICML 2008), and with weights averaged over the last steps. Rows become dense batch by batch inside the graph.
"""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.splits import Split
from recsys_core.models.averaging import average_into
from recsys_core.models.history_batches import Histories
from recsys_core.models.keras_base import KerasRecommender
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.mf_network import Residuals
from recsys_core.models.params.rating_autoencoder import PARAMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.rating_autoencoder import Autoencoder, RatingAutoencoderScorer
from recsys_core.types import IntArray

AVERAGING = 0.98


class RatingAutoencoder(KerasRecommender):
    """Learns to predict ratings; the number of epochs is chosen by RMSE on validation rows."""

    name: ClassVar[str] = "rating_autoencoder"
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING,)
    can: Capabilities = Capabilities(ratings=True, network=True)
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch = "rmse"
        return plan

    def _rows(self, known: Residuals) -> csr_matrix:
        """Residuals, one row an item (or a user), one stored cell a rating."""
        if self.settings["side"] == "item":
            return csr_matrix((known.residuals, (known.items, known.users)), shape=known.shape[::-1])
        return csr_matrix((known.residuals, (known.users, known.items)), shape=known.shape)

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        table = self._rows(Residuals.of(split, rows))
        filled = table[np.flatnonzero(np.diff(table.indptr))]
        learner, averaged = (self._network(table.shape[1], seed) for _copy in range(2))
        optimizer = keras.optimizers.Adam(self.settings["learning_rate"])
        optimizer.build(learner.trainable_variables)
        steps = self._steps(learner, averaged, optimizer, filled)
        return Task(averaged, steps, [*learner.variables, *optimizer.variables], filled.shape[0])

    def _network(self, n_columns: int, seed: int) -> keras.Model:
        glorot = keras.initializers.GlorotUniform
        row = keras.Input((n_columns,), name="residuals")
        shown = keras.layers.Dropout(self.settings["dropout"], seed=seed + 1)(row)
        hidden = keras.layers.Dense(
            self.settings["hidden_units"],
            activation="sigmoid",
            kernel_initializer=glorot(seed=seed + 2),
            name="into",
        )(shown)
        completed = keras.layers.Dense(n_columns, kernel_initializer=glorot(seed=seed + 3), name="out")(
            hidden
        )
        return keras.Model(row, completed, name="rating_autoencoder")

    def _steps(
        self,
        learner: keras.Model,
        averaged: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        table: csr_matrix,
    ) -> Steps:
        batch_size, l2 = self.settings["batch_size"], self.settings["l2"]
        weights, n_steps = learner.trainable_variables, -(-table.shape[0] // batch_size)
        kernels = [learner.get_layer(name).kernel for name in ("into", "out")]
        histories = Histories.of(table)

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                batch = order[step * batch_size : (step + 1) * batch_size]
                rows = histories.rows(batch)
                cells = tf.stack([rows.owner, rows.items], axis=1)
                with tf.GradientTape() as tape:
                    completed = learner(rows.dense(rows.values), training=True)
                    errors = tf.gather_nd(completed, cells) - rows.values
                    mse = tf.reduce_mean(tf.square(errors))
                    pull = tf.add_n([tf.reduce_sum(tf.square(kernel.value)) for kernel in kernels])
                    loss = (
                        tf.reduce_sum(tf.square(errors)) / tf.cast(tf.shape(batch)[0], tf.float32) + l2 * pull
                    )
                optimizer.apply(tape.gradient(loss, weights), weights)
                done = (epoch - 1) * n_steps + step
                average_into(averaged.trainable_variables, weights, done, AVERAGING)
                total += mse
            return total

        return steps

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        known = Residuals.of(split, seen_rows)
        users, items, values = split.triples(held_out_rows)

        def measure() -> dict[str, float]:
            errors = self._scorer_of(task.model, known).score(users, items).astype(np.float64) - values
            return {"loss": float(np.mean(errors**2)), "rmse": float(np.sqrt(np.mean(errors**2)))}

        return measure

    def _served(self, split: Split) -> Scorer:
        scorer = self._scorer_of(self.model, Residuals.of(split, split.fit_rows))
        self.can = scorer.can
        return scorer

    def _scorer_of(self, model: keras.Model, known: Residuals) -> RatingAutoencoderScorer:
        into, into_bias = model.get_layer("into").get_weights()
        out, out_bias = model.get_layer("out").get_weights()
        network = Autoencoder(into, into_bias, out, out_bias)
        hidden = network.hidden(self._rows(known))
        means = known.mean, known.user_means, known.item_means
        return RatingAutoencoderScorer(network, self.settings["side"] == "item", hidden, means, known.span)
