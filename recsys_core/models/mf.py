"""Biased matrix factorisation from histories and attributes: no vector of a user's own.

r(u, i) = mean + b_u + b_i + p_u . q_i, with
    p_u = sum over u's attributes + (sum over u's ratings j of x_j + r_uj x'_j) / sqrt(n_u + 1)
    q_i = v_i + sum over i's attributes + (sum over i's raters w of y_w + r_wi y'_w) / sqrt(n_i + 1)
where r are residuals of the damped means, b_u is u's damped mean residual and b_i is learned. A rating is predicted
without itself: its own term is taken out of both sums. Half of every history is hidden at random in each step.
Several members are learned side by side and averaged, and so are the weights over the last steps.
References: Koren, Factorization meets the neighborhood, KDD 2008 (SVD++, asymmetric SVD; here on both sides);
Rendle, Factorization machines with libFM, TIST 2012 (attributes, and each other's history as features).
"""

from __future__ import annotations

from typing import ClassVar

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.splits import Split
from recsys_core.models.averaging import average_into
from recsys_core.models.keras_base import KerasRecommender
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.mf_network import Network, Residuals, build_network
from recsys_core.models.params.mf import PARAMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.mf import MfScorer, Parts
from recsys_core.types import FloatArray, IntArray

MOST_STEPS = 40
"""Steps of an epoch: each sums up all histories, so more rows make larger batches instead."""
AVERAGING_AN_EPOCH = 0.7


class Mf(KerasRecommender):
    """Learns to predict ratings; the number of epochs is chosen by RMSE on validation rows."""

    name: ClassVar[str] = "mf"
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING,)
    can: Capabilities = Capabilities(
        ratings=True, new_users=True, network=True, attributes=True, new_items=True
    )
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch = "rmse"
        return plan

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        self.encoders = _encoder(split.dataset.users, split), _encoder(split.dataset.items, split)
        self.encoded = (
            self.encoders[0].transform(split.dataset.users).toarray(),
            self.encoders[1].transform(split.dataset.items).toarray(),
        )
        known = Residuals.of(split, rows)
        sizes = (
            split.dataset.n_users, split.dataset.n_items, self.encoders[0].width, self.encoders[1].width,
        )  # fmt: skip
        width = self.settings["members"] * self.settings["embedding_size"]
        learner = build_network(sizes, width, self.settings["members"], seed)
        averaged = build_network(sizes, width, self.settings["members"], seed)
        optimizer = keras.optimizers.Adam(self.settings["learning_rate"])
        optimizer.build(learner.weights)
        batch = max(self.settings["batch_size"], -(-len(rows) // MOST_STEPS))
        steps = self._steps(learner, averaged, optimizer, known, batch, seed)
        state = [*learner.model.variables, *optimizer.variables]
        return Task(averaged.model, steps, state, len(rows), batch)

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        known = Residuals.of(split, seen_rows)
        users, items, values = split.triples(held_out_rows)

        def measure() -> dict[str, float]:
            scorer = self._scorer_of(task.model, known)
            errors = scorer.score(users, items).astype(np.float64) - values
            return {"loss": float(np.mean(errors**2)), "rmse": float(np.sqrt(np.mean(errors**2)))}

        return measure

    def _served(self, split: Split) -> Scorer:
        return self._scorer_of(self.model, Residuals.of(split, split.fit_rows))

    def _scorer_of(self, model: keras.Model, known: Residuals) -> MfScorer:
        """The serving form of a network: what is measured is what is served."""
        weights = {layer.name: layer.get_weights()[0] for layer in model.layers if layer.get_weights()}
        members = self.settings["members"]
        none = np.zeros((0, weights["item"].shape[1] + 1), np.float32)

        def attributes(name: str) -> FloatArray:
            if name not in weights:
                return none
            bias = weights[f"{name}_bias"].mean(axis=1, keepdims=True)
            return np.hstack([weights[name], bias])

        parts = Parts(
            item_vectors=weights["item"],
            item_biases=weights["item_bias"].mean(axis=1),
            chosen=weights["chosen"],
            raters=weights["rater"],
            user_attributes=attributes("user_attributes"),
            item_attributes=attributes("item_attributes"),
            item_means=known.item_means.astype(np.float32),
            mean=known.mean,
            members=members,
            span=known.span,
        )
        shape = known.shape
        ratings = csr_matrix((known.deviations, (known.users, known.items)), shape=shape)
        residuals = csr_matrix((known.residuals, (known.items, known.users)), shape=shape[::-1])
        return MfScorer(
            parts,
            parts.users(ratings, self.encoded[0]),
            parts.items(residuals, self.encoded[1]),
            *self.encoders,
            self.encoded[0].mean(axis=0),
        )

    def _steps(
        self,
        learner: Network,
        averaged: Network,
        optimizer: keras.optimizers.Optimizer,
        known: Residuals,
        batch_size: int,
        seed: int,
    ) -> Steps:
        settings, weights = self.settings, learner.weights
        n_steps = -(-len(known.users) // batch_size)
        kept = AVERAGING_AN_EPOCH ** (1.0 / n_steps)
        tensors = known.tensors(*self.encoded)

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                rows = order[step * batch_size : (step + 1) * batch_size]
                draws = [tf.stack([seed * 7 + stream, epoch * 100_003 + step]) for stream in range(2)]
                with tf.GradientTape() as tape:
                    errors, pulls = learner.errors(tensors, rows, settings["dropout"], draws)
                    mse = tf.reduce_mean(tf.square(errors))  # over rows and members
                    pull = sum(settings[name] * squares for name, squares in pulls.items())
                    n_rows = tf.cast(tf.shape(rows)[0], tf.float32)
                    loss = mse * float(settings["members"]) + pull / n_rows
                optimizer.apply(tape.gradient(loss, weights), weights)
                average_into(averaged.weights, weights, (epoch - 1) * n_steps + step, kept)
                total += mse
            return total

        return steps


def _encoder(table: pd.DataFrame, split: Split) -> AttributeEncoder:
    """Reads attributes that describe; free text and words of many values, which rather name, are left out."""
    return AttributeEncoder.fit(table, split.dataset.list_columns).describing
