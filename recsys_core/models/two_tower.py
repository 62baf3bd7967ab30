"""Two towers: a user vector from history and attributes, an item vector from id and attributes, and their product.

The model for what training never saw: a new item has its attributes, a new user attributes, picks, or both. So that
attributes learn to stand alone, a share of the items is shown without id at each step, and a share of the users
without attributes (Volkovs et al., DropoutNet, NIPS 2017). A part of each history is shown, the rest is asked for.
What is watched, kept and served are weights averaged over the last steps (Polyak & Juditsky, SIAM J. Control Optim.
1992).
References: Covington et al., Deep neural networks for YouTube recommendations, RecSys 2016 (history as input, softmax
over items); Yi et al., Sampling-bias-corrected neural modeling for large corpus item recommendations, RecSys 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix, vstack

from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models.attribute_space import main_directions
from recsys_core.models.averaging import average_into
from recsys_core.models.checkpoint import Session
from recsys_core.models.history_batches import MASKED, Histories, emphasised, step_seeds
from recsys_core.models.keras_base import KerasRecommender
from recsys_core.models.keras_loop import Measure, Plan, Steps, Task
from recsys_core.models.list_measure import list_measure
from recsys_core.models.params.two_tower import PARAMS
from recsys_core.models.tower_batches import Catalogue, TowerData
from recsys_core.models.tower_network import (
    ITEM_BIAS,
    TowerShape,
    as_towers,
    item_vectors,
    two_towers,
    user_vectors,
    weight,
)
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.two_tower import TwoTowerScorer
from recsys_core.types import IntArray

AVERAGING = 0.98
MEASURE_EVERY = 2
LEAST_STEPS = 8


class TwoTower(KerasRecommender):
    """Score = (history + user attributes) . (item + item attributes) + biases of item and item attributes.

    The number of epochs is chosen by NDCG@10 on validation rows. Few users are read several times an epoch, so that
    it has at least 8 steps. Raises DataError where no row is learned from.
    """

    name: ClassVar[str] = "two_tower"
    can: Capabilities = TwoTowerScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _fit(self, split: Split, session: Session) -> Scorer:
        self._read(split.dataset)
        return super()._fit(split, session)

    def _fresh(self, split: Split, seed: int) -> keras.Model:
        self._read(split.dataset)
        return super()._fresh(split, seed)

    def _read(self, data: Dataset) -> None:
        """Reads the attributes, apart from the split: they say nothing of who chose what."""
        self.encoders = (
            AttributeEncoder.fit(data.users, data.list_columns),
            AttributeEncoder.fit(data.items, data.list_columns),
        )
        self._raw = self.encoders[0].transform(data.users), self.encoders[1].transform(data.items)
        self._spaces = (
            main_directions(self.encoders[0], self._raw[0]),
            main_directions(self.encoders[1], self._raw[1]),
        )

    def _data(self, split: Split, rows: IntArray) -> TowerData:
        learned = self.learned_rows(split, rows)
        seen, weights = split.matrix(learned), emphasised(split, learned, self.settings["value_emphasis"])
        with_unknown = vstack([self._raw[0], self.encoders[0].transform(None, 1)])
        users, items = csr_matrix(with_unknown @ self._spaces[0]), csr_matrix(self._raw[1] @ self._spaces[1])
        return TowerData(seen, weights, users, items)

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise, plan.measure_every = "ndcg@10", True, MEASURE_EVERY
        return plan

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        data = self._data(split, rows)
        readers = np.flatnonzero(np.diff(data.seen.indptr))
        if not len(readers):
            raise DataError(
                what=_("no training row is left to learn from"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose another split, or learn from all rows"),
            )
        batch_size = self.settings["batch_size"]
        n_rows = len(readers) * ((LEAST_STEPS - 1) * batch_size // len(readers) + 1)
        shape = TowerShape(
            data.seen.shape[1], data.users.shape[1], data.items.shape[1], self.settings["embedding_size"]
        )
        start = _log_popularity(data)
        learner, averaged = two_towers(shape, start, seed), two_towers(shape, start, seed)
        optimizer = keras.optimizers.AdamW(
            self.settings["learning_rate"], weight_decay=self.settings["weight_decay"]
        )
        optimizer.exclude_from_weight_decay(var_list=[weight(learner, ITEM_BIAS)])
        optimizer.build(learner.trainable_variables)
        steps = self._steps(learner, averaged, optimizer, data, readers, -(-n_rows // batch_size), seed)
        return Task(averaged, steps, [*learner.variables, *optimizer.variables], n_rows)

    def _steps(
        self,
        learner: keras.Model,
        averaged: keras.Model,
        optimizer: keras.optimizers.Optimizer,
        data: TowerData,
        readers: IntArray,
        n_steps: int,
        seed: int,
    ) -> Steps:
        batch_size, weights = self.settings["batch_size"], learner.trainable_variables
        loss_of = self._loss(learner, data)
        readers_tensor = tf.constant(readers, tf.int32)

        @tf.function(reduce_retracing=True)
        def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                batch = order[step * batch_size : (step + 1) * batch_size] % len(readers)
                with tf.GradientTape() as tape:
                    loss = loss_of(tf.gather(readers_tensor, batch), step_seeds(seed, epoch, step, 7))
                gradients = [tf.convert_to_tensor(one) for one in tape.gradient(loss, weights)]
                optimizer.apply(gradients, weights)
                average_into(averaged.trainable_variables, weights, (epoch - 1) * n_steps + step, AVERAGING)
                total += loss
            return total

        return steps

    def _loss(
        self, learner: keras.Model, data: TowerData
    ) -> Callable[[tf.Tensor, list[tf.Tensor]], tf.Tensor]:
        """(users of a batch, seven seeds) -> the mean multinomial loss of what is asked for."""
        settings, n_users = self.settings, data.seen.shape[0]
        whole = data.seen.shape[1] <= settings["full_softmax_up_to"]
        catalogue = Catalogue(data, settings["batch_size"], whole=whole)
        histories, of_users, of_items = (Histories.of(one) for one in (data.weights, data.users, data.items))
        all_items = of_items.rows(tf.range(data.seen.shape[1])) if whole else None

        def loss_of(users: tf.Tensor, seeds: list[tf.Tensor]) -> tf.Tensor:
            events = histories.rows(users)
            shown = events.shown(settings["short_share"], seeds[:3]).events
            shown *= tf.cast(
                tf.gather(events.sizes, events.owner) > 1, tf.float32
            )  # an only pick is asked for
            asked = 1.0 - shown
            candidates = catalogue.of_step(tf.boolean_mask(events.items, asked > 0), seeds[3])
            n = tf.shape(candidates.rows)[0]
            with_id = tf.random.stateless_uniform(tf.stack([n]), seeds[4]) >= settings["id_dropout"]
            told = tf.random.stateless_uniform(tf.shape(users), seeds[5]) >= settings["id_dropout"]
            user = user_vectors(learner, events, shown, of_users.rows(tf.where(told, users, n_users)))
            user = tf.nn.experimental.stateless_dropout(user, settings["dropout"], seeds[6])
            known = of_items.rows(candidates.rows) if all_items is None else all_items
            items, bias = item_vectors(learner, candidates.rows, known, tf.cast(with_id, tf.float32))
            logits = tf.matmul(user, items, transpose_b=True) + bias - candidates.correction
            logits += MASKED * candidates.events(events, shown)  # what is shown is never asked for
            target = candidates.events(events, asked * events.values)
            n_asked = tf.reduce_sum(target, axis=1)
            importance = tf.sqrt(n_asked)
            losses = tf.nn.softmax_cross_entropy_with_logits(
                target / tf.maximum(n_asked, 1e-6)[:, None], logits
            )
            return tf.reduce_sum(importance * losses) / tf.maximum(tf.reduce_sum(importance), 1.0)

        return loss_of

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        data, model = self._data(split, seen_rows), task.model
        histories, of_users = Histories.of(data.seen), Histories.of(data.users)
        n_items = data.seen.shape[1]
        all_items = Histories.of(data.items).rows(tf.range(n_items))
        chosen = tf.constant(data.chosen, tf.float32)
        vectors = tf.Variable(tf.zeros((n_items, self.settings["embedding_size"])), trainable=False)
        biases = tf.Variable(tf.zeros(n_items), trainable=False)

        def score(users: tf.Tensor) -> tf.Tensor:
            events = histories.rows(users)
            found = user_vectors(model, events, tf.ones_like(events.values), of_users.rows(users))
            return tf.matmul(found, vectors, transpose_b=True) + biases

        held_out = split.matrix(self.learned_rows(split, held_out_rows))
        figures = list_measure(score, split.matrix(seen_rows), held_out, seed)

        def measure() -> dict[str, float]:
            items, bias = item_vectors(model, tf.range(n_items), all_items, chosen)
            vectors.assign(items)
            biases.assign(bias)
            return figures()

        return measure

    def _served(self, split: Split) -> Scorer:
        data = self._data(split, split.fit_rows)
        towers = as_towers(self.model, data.chosen, data.items, self._spaces)
        return TwoTowerScorer.of(towers, data.seen, self._raw, self.encoders)


def _log_popularity(data: TowerData) -> np.ndarray:
    """Log of how often each item was chosen, around 0 for the mean item and for those never chosen, (n_items,)."""
    logs = np.log(data.counts + 1.0)
    return np.where(data.chosen, logs - logs[data.chosen].mean(), 0.0).astype(np.float32)
