"""How the networks over histories learn: a long part gives itself back, a short one gives the rest.

Most examples show a whole history, of which dropout hides a share, and all of it is asked for, with the noise of the
variational form. The others show a short part (its size log-uniform) without noise and are asked for the rest, so
that one pick already helps. What is rated highly weighs more in what is asked for (`emphasised`). The loss is the
multinomial one of every member plus the KL term, which grows from nothing over the first half of the training. What
is watched, kept and served are the weights averaged over the last steps (Polyak & Juditsky, SIAM J. Control Optim.
1992).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models.averaging import average_into
from recsys_core.models.history_batches import MASKED, Histories, HistoryRows, Shown, emphasised, step_seeds
from recsys_core.models.keras_base import KerasRecommender, export_onnx
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.list_measure import list_measure
from recsys_core.models.list_network import SIZE_OFFSET, ListNetwork, Shape
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.networks import HistoryEncoderScorer
from recsys_core.types import IntArray

AVERAGING = 0.98
ANNEALED = 0.5
LEAST_STEPS = 8
MEASURE_EVERY = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an example is made and weighed.

    Attributes:
        dropout: share of what is shown that is hidden.
        short_share: share of the examples that show a short part of a history.
        kl_weight: final weight of the KL term, beta of Liang et al.
        kl_steps: steps over which it grows to that.
    """

    dropout: float
    short_share: float = 0.0
    kl_weight: float = 0.0
    kl_steps: int = 1


class ListModel(KerasRecommender):
    """A network from histories to lists; its models differ in shape and recipe.

    The number of epochs is chosen by NDCG@10 on validation rows. Few users are read several times an epoch, so that
    it has at least 8 steps. Raises DataError where no user has two training rows.
    """

    can: Capabilities = HistoryEncoderScorer.can

    @abstractmethod
    def _shape(self, n_items: int) -> Shape:
        """How the network is built for this catalogue."""

    @abstractmethod
    def _recipe(self, kl_steps: int) -> Recipe:
        """How examples are made, the KL term growing over so many steps."""

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise, plan.measure_every = "ndcg@10", True, MEASURE_EVERY
        return plan

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        learned = self.learned_rows(split, rows)
        seen = split.matrix(learned)
        readers = np.flatnonzero(np.diff(seen.indptr) > 1)
        if not len(readers):
            raise DataError(
                what=_("no user has two training rows, so there is nothing to learn from"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose another split, data with more rows per user, or popularity"),
            )
        shape, counts = self._shape(seen.shape[1]), np.asarray(seen.sum(axis=0)).ravel()
        learner, averaged = ListNetwork(shape, counts, seed), ListNetwork(shape, counts, seed)
        batch_size = self.settings["batch_size"]
        n_rows = len(readers) * ((LEAST_STEPS - 1) * batch_size // len(readers) + 1)
        optimizer = keras.optimizers.AdamW(
            self.settings["learning_rate"], weight_decay=self.settings["weight_decay"]
        )
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(learner.weights)
        n_steps = -(-n_rows // batch_size)
        recipe = self._recipe(max(1, round(ANNEALED * self.settings["epochs"] * n_steps)))
        weighted = emphasised(split, learned, self.settings["value_emphasis"])
        histories = Histories.of(weighted[readers])
        learn = _learning(learner, averaged, optimizer, histories, recipe)
        steps = _steps(learn, len(readers), batch_size, n_steps, seed)
        return Task(averaged.served, steps, [*learner.weights, *optimizer.variables], n_rows)

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        seen = split.matrix(self.learned_rows(split, seen_rows))
        known = Histories.of(seen)
        model = task.model

        def score(users: tf.Tensor) -> tf.Tensor:
            rows = known.rows(users)
            logits: tf.Tensor = model(rows.dense(rows.values), training=False)
            return logits

        held_out = split.matrix(self.learned_rows(split, held_out_rows))
        return list_measure(score, seen, held_out, seed)

    def _served(self, split: Split) -> Scorer:
        seen = split.matrix(self.learned_rows(split, split.fit_rows))
        network = export_onnx(self.model, np.zeros((1, seen.shape[1]), np.float32))
        return HistoryEncoderScorer(network, seen)


Learn = Callable[[tf.Tensor, tf.Tensor, list[tf.Tensor]], tf.Tensor]
"""(users of a batch, steps done, six seeds) -> loss; moves the weights."""


def _steps(learn: Learn, n_users: int, batch_size: int, n_steps: int, seed: int) -> Steps:
    @tf.function(reduce_retracing=True)
    def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
        total = tf.constant(0.0)
        for step in tf.range(first, first + count):
            batch = order[step * batch_size : (step + 1) * batch_size] % n_users
            total += learn(batch, (epoch - 1) * n_steps + step, step_seeds(seed, epoch, step, 5))
        return total

    return steps


def _learning(
    learner: ListNetwork,
    averaged: ListNetwork,
    optimizer: keras.optimizers.Optimizer,
    histories: Histories,
    recipe: Recipe,
) -> Learn:
    def learn(batch: tf.Tensor, done: tf.Tensor, seeds: list[tf.Tensor]) -> tf.Tensor:
        rows = histories.rows(batch)
        shown = rows.shown(recipe.short_share, seeds[:3], long_part=1.0)
        inputs = rows.dense(input_numbers(rows, shown, recipe.dropout, seeds[3]))
        is_short = tf.cast(shown.is_short, tf.float32)
        known = shown.events * tf.gather(is_short, rows.owner)
        asked = rows.values * (1.0 - known)
        n_asked = tf.math.unsorted_segment_sum(asked, rows.owner, tf.shape(rows.sizes)[0])
        sizes = tf.cast(rows.sizes, tf.float32)
        target = rows.dense(asked) / tf.maximum(n_asked, 1e-6)[:, None]
        never_asked = MASKED * rows.dense(known)
        weight = tf.sqrt(sizes) / tf.reduce_sum(tf.sqrt(sizes))
        grown = tf.minimum(1.0, tf.cast(done, tf.float32) / recipe.kl_steps)
        with tf.GradientTape() as tape:
            logits, divergence = learner.learning(inputs, seeds[4], 1.0 - is_short)
            logits += never_asked
            losses = tf.nn.softmax_cross_entropy_with_logits(
                tf.broadcast_to(target, tf.shape(logits)), logits
            )
            losses += recipe.kl_weight * grown * divergence / sizes
            loss = tf.reduce_sum(weight * losses)
        optimizer.apply(tape.gradient(loss, learner.weights), learner.weights)
        average_into(averaged.served.trainable_variables, learner.served.trainable_variables, done, AVERAGING)
        return loss / learner.shape.members

    return learn


def input_numbers(rows: HistoryRows, shown: Shown, dropout: float, seed: tf.Tensor) -> tf.Tensor:
    """What stands in the input for each event: float32 (n_events,).

    1 / sqrt(n + 3) where it is shown, n the number shown of its user. Of a long part dropout hides a share and raises
    the rest by as much, so that their sum keeps its expectation; a short part is little enough.
    """
    n_shown = tf.math.unsorted_segment_sum(shown.events, rows.owner, tf.shape(rows.sizes)[0])
    hidden = tf.where(shown.is_short, 0.0, dropout)
    kept = tf.random.stateless_uniform(tf.shape(shown.events), seed) >= tf.gather(hidden, rows.owner)
    scale = tf.math.rsqrt(n_shown + SIZE_OFFSET) / (1.0 - hidden)
    return tf.where(kept, shown.events * tf.gather(scale, rows.owner), 0.0)
