"""The article's network, exactly: Embedding -> Flatten -> Concatenate -> Dense(64, relu) -> Dense(1), MSE, Adam.

Dials that the article has not (hidden layers, dropout, L2, patience) are off by default.
"""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from recsys_core.columns import Kind
from recsys_core.data.scaling import Scaler, fit_scaler
from recsys_core.data.splits import Split
from recsys_core.models.checkpoint import Session
from recsys_core.models.fused_adam import FusedAdam
from recsys_core.models.keras_base import OPTIMIZERS, Network, export_onnx
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task, train
from recsys_core.models.params.embedding_mlp import PARAMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.networks import EmbeddingMlpScorer
from recsys_core.types import IntArray


class EmbeddingMlp(Network):
    """Two ids in, one rating out.

    As in the article: ratings are min-max scaled unless the data set's recipe says otherwise (fitted on the rows that
    are learned from), 20 % of the
    shuffled training rows only watch, all epochs run and the last one counts; with `patience` it stops early and the
    best epoch counts. Nothing is refitted.
    """

    name: ClassVar[str] = "embedding_mlp"
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING,)
    can: Capabilities = EmbeddingMlpScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _fit(self, split: Split, session: Session) -> Scorer:
        seed = session.seed
        learn, watch = self._parts(split, seed)
        users, items, values = split.triples(learn)
        self.model, scaler = self._fresh(split, seed), self.scaler
        optimizer = self._optimizer()
        steps = self._steps(optimizer, users, items, scaler.transform(values))
        measure = self._watch(*split.triples(watch), scaler)
        patience = self.settings["patience"] or None
        plan = Plan(
            self.settings["epochs"],
            self.settings["batch_size"],
            patience=patience,
            keep_best=patience is not None,
        )
        task = Task(self.model, steps, optimizer.variables, len(learn))
        self.trained = train(task, plan, measure, session)
        return self._served(split)

    def _parts(self, split: Split, seed: int) -> tuple[IntArray, IntArray]:
        """Rows that are learned from, and those that only watch."""
        shuffled = np.random.default_rng(seed).permutation(split.fit_rows)
        n_valid = max(1, round(len(shuffled) * self.settings["valid_share"]))
        return shuffled[:-n_valid], shuffled[-n_valid:]

    def _fresh(self, split: Split, seed: int) -> keras.Model:
        values = split.triples(self._parts(split, seed)[0])[2]
        self.scaler = fit_scaler(split.dataset.scaling, values)
        return self._network(split.dataset.n_users, split.dataset.n_items, seed)

    def _served(self, split: Split) -> Scorer:
        one = np.zeros((1, 1), np.int32)
        network = export_onnx(self.model, one, one)
        return EmbeddingMlpScorer(network, split.dataset.n_users, split.dataset.n_items, self.scaler)

    def _optimizer(self) -> FusedAdam | keras.optimizers.Optimizer:
        name, rate = self.settings["optimizer"], self.settings["learning_rate"]
        if name == "adam":
            return FusedAdam(self.model.trainable_variables, rate)
        optimizer = OPTIMIZERS[name](learning_rate=rate)
        optimizer.build(self.model.trainable_variables)
        return optimizer

    def _network(self, n_users: int, n_items: int, seed: int) -> keras.Model:
        def embedded(n_rows: int, name: str, offset: int) -> tuple[keras.KerasTensor, keras.KerasTensor]:
            row = keras.Input((1,), dtype="int32", name=name)
            uniform = keras.initializers.RandomUniform(seed=seed + offset)
            vector = keras.layers.Embedding(
                n_rows, self.settings["embedding_size"], embeddings_initializer=uniform
            )
            return row, keras.layers.Flatten()(vector(row))  # (batch, embedding_size)

        user, user_vector = embedded(n_users, "user", 1)
        item, item_vector = embedded(n_items, "item", 2)
        pair = keras.layers.Concatenate()([user_vector, item_vector])  # (batch, 2 * embedding_size)
        glorot = keras.initializers.GlorotUniform
        hidden = pair
        for layer in range(self.settings["layers"]):
            start = glorot(seed=seed + 3 + 10 * layer)
            hidden = keras.layers.Dense(
                self.settings["hidden_units"], activation="relu", kernel_initializer=start
            )(hidden)
            if self.settings["dropout"]:
                hidden = keras.layers.Dropout(self.settings["dropout"], seed=seed + 5 + 10 * layer)(hidden)
        rating = keras.layers.Dense(1, kernel_initializer=glorot(seed=seed + 4))(hidden)
        self.head = keras.Model(pair, rating, name="head")  # shares its layers with the whole
        return keras.Model([user, item], rating, name="embedding_mlp")

    def _steps(
        self,
        optimizer: FusedAdam | keras.optimizers.Optimizer,
        users: np.ndarray,
        items: np.ndarray,
        targets: np.ndarray,
    ) -> Steps:
        batch_size, l2, head = self.settings["batch_size"], self.settings["l2"], self.head
        weights = self.model.trainable_variables
        tables = [one.embeddings for one in self.model.layers if isinstance(one, keras.layers.Embedding)]
        kernels = [one.kernel for one in self.model.layers if isinstance(one, keras.layers.Dense)]
        pairs = tf.constant(np.stack([users, items], axis=1), tf.int32)  # (n, 2)
        all_targets = tf.constant(targets[:, None], tf.float32)

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                batch = order[step * batch_size : (step + 1) * batch_size]
                wanted, rows = (
                    tf.gather(all_targets, batch),
                    tf.gather(pairs, batch),
                )  # (batch, 1), (batch, 2)
                with tf.GradientTape() as tape:
                    # straight from the variables: the layers' checks of every row cost more than the look-up
                    vectors = [tf.gather(table.value, rows[:, side]) for side, table in enumerate(tables)]
                    pair = tf.concat(vectors, axis=1)  # (batch, 2 * embedding_size)
                    mse = tf.reduce_mean(tf.square(head(pair, training=True) - wanted))
                    loss = mse
                    if l2:
                        pull = tf.reduce_mean(tf.reduce_sum(tf.square(pair), axis=1))
                        loss += l2 * (pull + sum(tf.reduce_sum(tf.square(kernel)) for kernel in kernels))
                optimizer.apply(tape.gradient(loss, [one.value for one in weights]), weights)
                total += mse
            return total

        return steps

    def _watch(self, users: np.ndarray, items: np.ndarray, values: np.ndarray, scaler: Scaler) -> Measure:
        model = self.model
        rows = [tf.constant(users[:, None], tf.int32), tf.constant(items[:, None], tf.int32)]
        wanted = scaler.transform(values)

        @tf.function
        def predictions() -> tf.Tensor:
            return model(rows, training=False)[:, 0]

        def measure() -> dict[str, float]:
            predicted = predictions().numpy().astype(np.float64)
            errors = scaler.inverse(predicted) - values
            return {
                "loss": float(np.mean((predicted - wanted) ** 2)),
                "rmse": float(np.sqrt(np.mean(errors**2))),
            }

        return measure
