"""A network of one's own from a history to the whole catalogue."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from recsys_core.data.splits import Split
from recsys_core.i18n import _
from recsys_core.models.history_batches import Histories
from recsys_core.models.keras_loop import Measure, Plan, Task
from recsys_core.models.list_measure import list_measure
from recsys_core.models.own_base import Batch, OwnNetwork, Sizes, Tensor
from recsys_core.models.own_checks import check_network
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.own import OwnListScorer
from recsys_core.types import IntArray

LEAST_STEPS = 8


class OwnList(OwnNetwork):
    """A history in, scores of the whole catalogue out; serves people it never met, by their histories.

    `build` returns a model from float32 (batch, n_items), 1 where an item was chosen and else 0, to
    (batch, n_items), higher is better. It learns to give back whole histories of which a share is hidden.
    The number of epochs is chosen by NDCG@10 on validation rows.
    """

    can: Capabilities = OwnListScorer.can

    def loss(self, wanted: Tensor, scores: Tensor) -> Tensor:
        """The multinomial loss (Liang et al., WWW 2018): two (batch, n_items) -> (batch,)."""
        share = wanted / keras.ops.sum(wanted, axis=-1, keepdims=True)
        return -keras.ops.sum(share * keras.ops.log_softmax(scores, axis=-1), axis=-1)

    def _plan(self) -> Plan:
        plan = super()._plan()
        plan.watch, plan.maximise = "ndcg@10", True
        return plan

    def _checked(self, network: object, sizes: Sizes) -> keras.Model:
        return check_network(network, self.name, [("float32", (None, sizes.n_items))], sizes.n_items)

    def _asked(self, sizes: Sizes) -> int:
        return sizes.n_items

    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        seen = split.matrix(self.learned_rows(split, rows))
        readers = np.flatnonzero(np.diff(seen.indptr) > 1)
        if not len(readers):
            raise self._nothing(_("no user has two training rows, so there is nothing to learn from"))
        histories, hidden = Histories.of(seen[readers]), self.settings["history_dropout"]
        turns = (LEAST_STEPS - 1) * self.settings["batch_size"] // len(readers) + 1

        def example(rows: Tensor, seeds: list[Tensor]) -> Batch:
            given = histories.rows(rows % len(readers))
            shown = tf.random.stateless_uniform(tf.shape(given.owner), seeds[0]) >= hidden
            wanted = given.dense(given.values)
            return given.dense(tf.cast(shown, tf.float32)), wanted, lambda scores: scores

        return self._learned(self._built(split, rows, seed), seed, len(readers) * turns, example)

    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        seen, held_out = (split.matrix(self.learned_rows(split, one)) for one in (seen_rows, held_out_rows))
        known, model = Histories.of(seen), task.model

        def score(users: Tensor) -> Tensor:
            rows = known.rows(users)
            return model(rows.dense(rows.values), training=False)

        measure = list_measure(score, seen, held_out, seed)
        return measure if type(self).loss is OwnList.loss else lambda: _without_loss(measure())

    def _served(self, split: Split) -> Scorer:
        seen = split.matrix(self.learned_rows(split, split.fit_rows))
        return OwnListScorer(self._exported(np.zeros((1, seen.shape[1]), np.float32)), seen)


def _without_loss(figures: dict[str, float]) -> dict[str, float]:
    """Those that do not depend on which loss was learned by."""
    return {name: value for name, value in figures.items() if name != "loss"}
