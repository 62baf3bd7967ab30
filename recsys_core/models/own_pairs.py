"""Networks of one's own from a user and an item to one number: how likely a choice is, or its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf

from recsys_core.columns import Kind
from recsys_core.data.scaling import Scaler, fit_scaler
from recsys_core.data.splits import Split
from recsys_core.i18n import _
from recsys_core.models.history_batches import MASKED, step_seeds
from recsys_core.models.keras_loop import Measure, Plan, Task
from recsys_core.models.list_measure import list_measure
from recsys_core.models.own_base import Batch, OwnNetwork, Sizes, Tensor
from recsys_core.models.own_checks import check_network
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.own import OwnPairScorer
from recsys_core.types import IntArray

PAIRS_A_BLOCK, WATCHED_PAIRS, WATCHED_ROWS = 200_000, 4_000_000, 10_000
"""Pairs that are scored at once, and in all, for the figure that is watched; rows for its loss."""


class _TwoIds(OwnNetwork):
    """A user's row and an item's row in, each int32 (batch,); one number out."""

    def _checked(self, network: object, sizes: Sizes) -> keras.Model:
        return check_network(network, self.name, [("int32", (None,))] * 2, 1)

    def _pairs(self, split: Split, rows: IntArray) -> tuple[Tensor, Tensor, np.ndarray]:
        """Rows of users and items, int32 (n,), and the values, of what is learned from."""
        users, items, values = split.triples(self.learned_rows(split, rows))
        if not len(users):
            raise self._nothing(_("there are no rows to learn from"))
        return tf.constant(users, tf.int32), tf.constant(items, tf.int32), values

    def _served(self, split: Split) -> Scorer:
        one = np.zeros(1, np.int32)
        sizes = split.dataset.n_users, split.dataset.n_items
        return OwnPairScorer(self._exported(one, one), *sizes, self._scaler(split))

    def _scaler(self, split: Split) -> Scaler | None:
        """How scores become values of the data; None where they are no values."""
        return None


class OwnPair(_TwoIds):
    """A user and an item in, how likely this one chooses that one out; knows users by their id.

    `build` returns a model from two int32 (batch,), the user's row and the item's row, to (batch, 1), a logit. Each
    chosen item stands beside some that are drawn at random, those that the user chose elsewhere left out (He et al.,
    Neural collaborative filtering, WWW 2017). The number of epochs is chosen by NDCG@10 on validation rows.
    """

    can: Capabilities = Capabilities(network=True)

    def loss(self, wanted: Tensor, scores: Tensor) -> Tensor:
        """Binary cross-entropy: two (batch, 1 + negatives), the chosen item first -> (batch,)."""
        both = keras.ops.softplus(scores) - wanted * scores
        return keras.ops.mean(both, axis=-1)

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise = "ndcg@10", True
        return plan

    def _asked(self, sizes: Sizes) -> int:
        return 1 + int(self.settings["negatives"])

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        users, items, _values = self._pairs(split, rows)
        example = self._examples(split, rows, users, items)
        return self._learned(self._built(split, rows, seed), seed, len(users), example)

    def _examples(
        self, split: Split, known_rows: IntArray, users: Tensor, items: Tensor
    ) -> Callable[[Tensor, list[Tensor]], Batch]:
        """Pairs with drawn items beside them; drawn ones among the known rows get a score that teaches nothing."""
        n_items, n_drawn = split.dataset.n_items, int(self.settings["negatives"])
        pairs = split.triples(known_rows)[:2]
        known = tf.constant(np.unique(pairs[0].astype(np.int64) * n_items + pairs[1]))

        def example(rows: Tensor, seeds: list[Tensor]) -> Batch:
            who, chosen = tf.gather(users, rows)[:, None], tf.gather(items, rows)[:, None]
            shape = tf.stack([tf.shape(rows)[0], n_drawn])
            drawn = tf.random.stateless_uniform(shape, seeds[0], 0, n_items, tf.int32)
            keys = tf.cast(who, tf.int64) * n_items + tf.cast(drawn, tf.int64)
            place = tf.searchsorted(known, tf.reshape(keys, [-1]))
            found = tf.gather(known, tf.minimum(place, tf.size(known) - 1))
            left_out = tf.concat([chosen < 0, tf.reshape(found, shape) == keys], axis=1)
            asked = tf.concat([chosen, drawn], axis=1)  # (batch, 1 + negatives)
            wanted = tf.cast(tf.one_hot(tf.zeros_like(rows), 1 + n_drawn), tf.float32)
            inputs = [tf.reshape(one, [-1]) for one in (tf.broadcast_to(who, tf.shape(asked)), asked)]
            return (
                inputs,
                wanted,
                lambda scores: tf.where(left_out, MASKED, tf.reshape(scores, tf.shape(asked))),
            )

        return example

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        n_items, model = split.dataset.n_items, task.model
        seen, held_out = (split.matrix(self.learned_rows(split, one)) for one in (seen_rows, held_out_rows))

        def score(users: Tensor) -> Tensor:
            n_users = tf.shape(users)[0]
            pairs = [tf.repeat(users, n_items), tf.tile(tf.range(n_items), [n_users])]
            return tf.reshape(model(pairs, training=False), [n_users, n_items])

        most = max(1, WATCHED_PAIRS // n_items)
        figures = list_measure(score, seen, held_out, seed, cells=PAIRS_A_BLOCK, most_users=most)
        known, rows = np.union1d(seen_rows, held_out_rows), self.learned_rows(split, held_out_rows)
        if not len(rows):
            return figures
        loss = self._held_out_loss(model, split, known, rows, seed)
        return lambda: {**figures(), "loss": float(loss())}

    def _held_out_loss(
        self, model: keras.Model, split: Split, known: IntArray, rows: IntArray, seed: int
    ) -> Callable[[], Tensor]:
        """Mean loss on held-out pairs, always beside the same drawn items."""
        users, items, _values = split.triples(rows[:WATCHED_ROWS])
        example = self._examples(split, known, tf.constant(users, tf.int32), tf.constant(items, tf.int32))
        inputs, wanted, shaped = example(tf.range(len(users)), step_seeds(seed, 0, 0, 3))
        return tf.function(lambda: tf.reduce_mean(self.loss(wanted, shaped(model(inputs, training=False)))))


class OwnRating(_TwoIds):
    """A user and an item in, the value out; knows users by their id.

    `build` returns a model from two int32 (batch,), the user's row and the item's row, to (batch, 1), the value as the
    data set scales it (by default from 0 to 1). The number of epochs is chosen by RMSE on validation rows.
    """

    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING,)
    can: Capabilities = Capabilities(ratings=True, network=True)

    def loss(self, wanted: Tensor, scores: Tensor) -> Tensor:
        """The squared error: two (batch,) -> (batch,)."""
        return keras.ops.square(scores - wanted)

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch = "rmse"
        return plan

    def _asked(self, sizes: Sizes) -> int:
        return 1

    def _scaler(self, split: Split) -> Scaler:
        """Fitted on training rows alone, so that the final fit speaks the same scale."""
        return fit_scaler(split.dataset.scaling, split.triples(split.train)[2])

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        users, items, values = self._pairs(split, rows)
        targets = tf.constant(self._scaler(split).transform(values), tf.float32)

        def example(rows: Tensor, seeds: list[Tensor]) -> Batch:
            inputs = [tf.gather(users, rows), tf.gather(items, rows)]
            return inputs, tf.gather(targets, rows), lambda scores: tf.reshape(scores, [-1])

        return self._learned(self._built(split, rows, seed), seed, len(users), example)

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        users, items, values = self._pairs(split, held_out_rows)
        scaler, model = self._scaler(split), task.model
        wanted = tf.constant(scaler.transform(values), tf.float32)

        @tf.function
        def predicted() -> tuple[Tensor, Tensor]:
            scores = tf.reshape(model([users, items], training=False), [-1])
            return scores, tf.reduce_mean(self.loss(wanted, scores))

        def measure() -> dict[str, float]:
            scores, loss = predicted()
            errors = scaler.inverse(scores.numpy().astype(np.float64)) - values
            return {"loss": float(loss), "rmse": float(np.sqrt(np.mean(errors**2)))}

        return measure
