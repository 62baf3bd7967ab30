"""A network of order: the last items of a history, weighted by learned kernels of their lag, foretell the next ones.

Each kernel is a weight for every lag, started as exponential decay at its own pace, so one sees the last item, another
the last dozen; the weighted sums of the items' vectors go through dropout to a softmax over the catalogue. An example
is a moment of a history; it learns to expect the next few items, later ones less, since what stands one place
further on is often there by chance: where times are equal, the order is drawn anew in every epoch.
Whole items are hidden at random; what is watched, kept and served are weights averaged over the last steps.
References: Kang & McAuley, Self-attentive sequential recommendation, ICDM 2018 (every moment an example);
Tang & Wang, Personalized top-N sequential recommendation via convolutional sequence embedding, WSDM 2018 (several
next items as target); Polyak & Juditsky, SIAM J. Control Optim. 1992 (averaging).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models.averaging import average_into
from recsys_core.models.history_batches import MASKED
from recsys_core.models.keras_base import KerasRecommender, export_onnx
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.list_measure import list_measure
from recsys_core.models.params.sequence import PARAMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.item_weights import last_places
from recsys_core.serving.sequences import SequenceScorer, last_items
from recsys_core.types import IntArray

PACES = (0.0, 0.6, 0.8, 0.95, 0.99)
AVERAGING = 0.99
EPOCH_EXAMPLES = 15_000
MOST_APART = 7
"""Neighbouring moments expect nearly the same items: an epoch takes one of so many, at least EPOCH_EXAMPLES."""


@dataclass(frozen=True, slots=True)
class _Events:
    """Distinct items of all users, by user, oldest first; shapes (n,).

    Attributes:
        items: item row + 1.
        first, end: where the history of an event's user begins and ends.
        ties: rises from event to event, equal within a user's equal times.
        moments: positions of the events that something comes before.
    """

    items: np.ndarray
    first: np.ndarray
    end: np.ndarray
    ties: np.ndarray
    moments: np.ndarray


class SequenceNetwork(KerasRecommender):
    """Scores = W [k_1 E, .., k_5 E] + b: E the vectors of the last items, k_j kernels over their lag.

    The number of epochs is chosen by NDCG@10 on validation rows. Raises NotSupported for data without time,
    DataError where no user has two training rows.
    """

    name: ClassVar[str] = "sequence"
    needs_time: ClassVar[bool] = True
    can: Capabilities = SequenceScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise = "ndcg@10", True
        return plan

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        events = _events(split, self.learned_rows(split, rows))
        if not len(events.moments):
            raise DataError(
                what=_("no user has two training rows, so there is nothing to learn from"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose another split, data with more rows per user, or popularity"),
            )
        counts = np.bincount(events.items - 1, minlength=split.dataset.n_items)
        learner, averaged = self._network(counts, seed), self._network(counts, seed)
        optimizer = keras.optimizers.AdamW(
            self.settings["learning_rate"], weight_decay=self.settings["weight_decay"]
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "kernels"])
        optimizer.build(learner.trainable_variables)
        apart = int(np.clip(len(events.moments) // EPOCH_EXAMPLES, 1, MOST_APART))
        steps = self._steps(learner, averaged, optimizer, events, apart, seed)
        return Task(averaged, steps, [*learner.variables, *optimizer.variables], len(events.moments) // apart)

    def _network(self, counts: np.ndarray, seed: int) -> keras.Model:
        length, size, n_items = self.settings["history_length"], self.settings["embedding_size"], len(counts)
        ids = keras.Input((length,), dtype="int32", name="last_items")
        there = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")
        start = keras.initializers.RandomNormal(stddev=0.05, seed=seed + 1)
        vectors = keras.layers.Embedding(n_items + 1, size, embeddings_initializer=start)(ids)
        vectors = vectors * keras.ops.expand_dims(there, -1)  # (batch, length, size)
        hidden = keras.layers.Dropout(
            self.settings["item_dropout"], noise_shape=(None, length, 1), seed=seed + 2
        )
        kernels = keras.layers.Dense(len(PACES), use_bias=False, name="kernels")
        summed = kernels(keras.ops.transpose(hidden(vectors), (0, 2, 1)))  # (batch, size, kernels)
        kept = keras.layers.Dropout(self.settings["dropout"], seed=seed + 3)(
            keras.layers.Flatten()(keras.ops.transpose(summed, (0, 2, 1)))
        )
        catalogue = keras.layers.Dense(
            n_items, kernel_initializer=keras.initializers.GlorotUniform(seed=seed + 4), name="catalogue"
        )
        model = keras.Model(ids, catalogue(kept), name="sequence")
        decays = np.power(np.array(PACES)[None, :], np.arange(length)[:, None])  # 0^0 is 1: the last item
        kernels.kernel.assign(decays / np.linalg.norm(decays, axis=0))
        catalogue.bias.assign(np.log((counts + 1.0) / (counts + 1.0).sum()))
        return model

    def _steps(
        self,
        learner: keras.Model,
        averaged: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        events: _Events,
        apart: int,
        seed: int,
    ) -> Steps:
        batch_size, weights = self.settings["batch_size"], learner.trainable_variables
        n_steps, n_moments = -(-(len(events.moments) // apart) // batch_size), len(events.moments)
        draw = _Examples(events, self.settings["history_length"], self._horizon())
        moments = tf.constant(events.moments, tf.int32)

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            items = draw.reordered(tf.stack([seed * 7 + 1, epoch]))
            shift = tf.random.stateless_uniform(
                (tf.size(order),), tf.stack([seed * 7 + 2, epoch]), 0, apart, tf.int32
            )
            at = tf.gather(moments, tf.minimum(order * apart + shift, n_moments - 1))
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                ids, expected, worth = draw(items, at[step * batch_size : (step + 1) * batch_size])
                with tf.GradientTape() as tape:
                    logits = learner(ids, training=True) + MASKED * _seen(ids, learner.output_shape[1])
                    wanted = tf.gather(logits, expected, batch_dims=1)
                    loss = tf.reduce_mean(
                        tf.reduce_logsumexp(logits, axis=1) - tf.reduce_sum(worth * wanted, axis=1)
                    )
                optimizer.apply(tape.gradient(loss, weights), weights)
                average_into(averaged.trainable_variables, weights, (epoch - 1) * n_steps + step, AVERAGING)
                total += loss
            return total

        return steps

    def _horizon(self) -> np.ndarray:
        """Weights of the items ahead: shape (window,), float32."""
        decay, window = self.settings["window_decay"], self.settings["window"]
        return np.power(decay, np.arange(window)).astype(np.float32)

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        known = split.ordered(self.learned_rows(split, seen_rows))
        ids = last_items(known.indptr, known.items, self.settings["history_length"])
        seen = split.matrix(seen_rows)
        held_out = split.matrix(self.learned_rows(split, held_out_rows))
        read, model = tf.constant(ids), task.model
        return list_measure(lambda rows: model(tf.gather(read, rows), training=False), seen, held_out, seed)

    def _served(self, split: Split) -> Scorer:
        known = split.ordered(self.learned_rows(split, split.fit_rows))
        length = self.settings["history_length"]
        network = export_onnx(self.model, np.zeros((1, length), np.int32))
        return SequenceScorer(network, known.indptr, known.items, length, split.dataset.n_items)


class _Examples:
    """Cuts examples out of the events: what was last, what is next, what each of the next is worth."""

    def __init__(self, events: _Events, length: int, horizon: np.ndarray) -> None:
        self.items, self.ties = tf.constant(events.items, tf.int32), tf.constant(events.ties, tf.float64)
        self.first, self.end = tf.constant(events.first, tf.int32), tf.constant(events.end, tf.int32)
        self.back, self.ahead = tf.range(1, length + 1), tf.range(len(horizon))
        self.horizon, self.any_ties = tf.constant(horizon), len(np.unique(events.ties)) < len(events.ties)

    def reordered(self, draw: tf.Tensor) -> tf.Tensor:
        """The items, those with equal times in an order drawn from the seed."""
        if not self.any_ties:
            return self.items
        noise = tf.random.stateless_uniform(tf.shape(self.ties), draw, dtype=tf.float64)
        return tf.gather(self.items, tf.argsort(self.ties + noise))

    def __call__(self, items: tf.Tensor, at: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """For moments (b,): ids (b, length) int32, expected rows (b, window) int32, their worth, sum 1 a row."""
        before = at[:, None] - self.back
        inside = before >= tf.gather(self.first, at)[:, None]
        ids = tf.where(inside, tf.gather(items, tf.maximum(before, 0)), 0)
        after = at[:, None] + self.ahead
        inside = after < tf.gather(self.end, at)[:, None]
        worth = tf.where(inside, self.horizon, 0.0)
        expected = tf.gather(items, tf.minimum(after, tf.size(items) - 1)) - 1
        expected = tf.where(inside, expected, expected[:, :1])
        return ids, expected, worth / tf.reduce_sum(worth, axis=1, keepdims=True)


def _events(split: Split, rows: IntArray) -> _Events:
    known = split.ordered(rows)
    assert known.times is not None  # needs_time
    kept = last_places(known.indptr, known.items)
    users = np.repeat(np.arange(split.dataset.n_users), np.diff(known.indptr))[kept]
    items, times = known.items[kept] + 1, known.times[kept]
    end = np.cumsum(np.bincount(users, minlength=split.dataset.n_users))
    first = np.concatenate([[0], end])[users]
    new = np.ones(len(users), dtype=bool)
    new[1:] = (users[1:] != users[:-1]) | (times[1:] != times[:-1])
    moments = np.flatnonzero(np.arange(len(users)) > first)
    return _Events(items, first, end[users], np.cumsum(new), moments)


def _seen(ids: tf.Tensor, n_items: int) -> tf.Tensor:
    """1 where an item is among the ids, else 0: (b, length) -> (b, n_items)."""
    n_rows = tf.shape(ids)[0]
    owner = tf.repeat(tf.range(n_rows)[:, None], tf.shape(ids)[1], axis=1)
    table = tf.zeros(tf.stack([n_rows, n_items + 1]))
    cells = tf.stack([owner, ids], axis=-1)
    return tf.tensor_scatter_nd_max(table, cells, tf.ones(tf.shape(ids)))[:, 1:]
