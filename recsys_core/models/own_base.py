"""What every network of one's own has in common: it is built, checked, tried on two rows, and learns batch by batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models.history_batches import step_seeds
from recsys_core.models.keras_base import KerasRecommender, export_onnx
from recsys_core.models.keras_loop import Steps, Task
from recsys_core.models.own_checks import authors_code, drawn_from
from recsys_core.serving.networks import OnnxNetwork
from recsys_core.types import FloatArray, IntArray

Tensor = Any
"""A tensor as `keras.ops` takes and gives it."""

Batch = tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]
"""What goes into the network, what is wanted of it, and how its output becomes scores of the same shape."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a network is built for.

    Attributes:
        counts: how often each item stands in the rows that are learned from, shape (n_items,).
    """

    n_users: int
    n_items: int
    counts: FloatArray


class OwnNetwork(KerasRecommender):
    """The common part; derive from `OwnList`, `OwnPair` or `OwnRating`.

    Attributes:
        settings: the value of every parameter by name.
    """

    @abstractmethod
    def build(self, sizes: Sizes) -> keras.Model:
        """A fresh functional model; draws without a seed of their own follow the run's seed."""

    @abstractmethod
    def loss(self, wanted: Tensor, scores: Tensor) -> Tensor:
        """One number a row of the batch, made with `keras.ops`; lower is better."""

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam with the learning rate of the settings, unless you give another."""
        return keras.optimizers.Adam(self.settings["learning_rate"])

    def _built(self, split: Split, rows: IntArray, seed: int) -> keras.Model:
        """The network for these rows, checked; its loss tried on two rows."""
        n_users, n_items = split.dataset.n_users, split.dataset.n_items
        items = split.triples(self.learned_rows(split, rows))[1]
        sizes = Sizes(n_users, n_items, np.bincount(items, minlength=n_items).astype(np.float64))
        with drawn_from(seed), authors_code(self.name, "build", type(self).__module__):
            network = self.build(sizes)
        model = self._checked(network, sizes)
        wanted = tf.eye(2, self._asked(sizes))
        wanted = wanted if self._asked(sizes) > 1 else wanted[:, 0]
        with authors_code(self.name, "loss", type(self).__module__):
            shape = tuple(self.loss(wanted, 0.1 + wanted).shape)
        if shape != (2,):
            raise DataError(
                what=_("its loss gives {shape} for two rows").format(shape=shape),
                where=_("the network of model {name}").format(name=self.name),
                remedy=_("let it give one number a row, (2,)"),
            )
        return model

    @abstractmethod
    def _checked(self, network: object, sizes: Sizes) -> keras.Model:
        """The network, if its inputs and outputs are those of the form."""

    @abstractmethod
    def _asked(self, sizes: Sizes) -> int:
        """Scores a row of the loss."""

    def _learned(
        self, model: keras.Model, seed: int, n_rows: int, example: Callable[[Tensor, list[Tensor]], Batch]
    ) -> Task:
        """The task of learning from examples: (rows of a batch, three seeds) -> a batch."""
        with authors_code(self.name, "optimizer", type(self).__module__):
            optimizer = self.optimizer()
            optimizer.build(model.trainable_variables)
        batch_size, weights = self.settings["batch_size"], model.trainable_variables

        def learn(rows: Tensor, seeds: list[Tensor]) -> Tensor:
            inputs, wanted, shaped = example(rows, seeds)
            with tf.GradientTape() as tape:
                scores = shaped(model(inputs, training=True))
                own = tf.reduce_mean(self.loss(wanted, scores))
                loss = tf.add_n([own, *model.losses])
            optimizer.apply(tape.gradient(loss, weights), weights)
            return own

        @tf.function(reduce_retracing=True)
        def steps(order: Tensor, first: Tensor, count: Tensor, epoch: Tensor) -> Tensor:
            total = tf.constant(0.0)
            for step in tf.range(first, first + count):
                rows = order[step * batch_size : (step + 1) * batch_size]
                total += learn(rows, step_seeds(seed, epoch, step, 3))
            return total

        made: Steps = steps
        return Task(model, made, [*model.variables, *optimizer.variables], n_rows)

    def _nothing(self, what: str) -> DataError:
        return DataError(
            what=what,
            where=_("model {name}").format(name=self.name),
            remedy=_("choose another split, data with more rows per user, or popularity"),
        )

    def _exported(self, *example: np.ndarray) -> OnnxNetwork:
        with authors_code(self.name, "export", type(self).__module__):
            return export_onnx(self.model, *example)
