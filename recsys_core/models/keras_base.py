"""What the networks share: the optimizers, the export for serving, and learning in two phases."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Self
from zipfile import BadZipFile

import keras
import numpy as np

from recsys_core.data.splits import Split, without_validation
from recsys_core.errors import Cancelled, DataError
from recsys_core.i18n import _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.models.keras_loop import Measure, Plan, Task, Trained, train
from recsys_core.serving.base import Scorer
from recsys_core.serving.networks import NETWORK, OnnxNetwork
from recsys_core.types import IntArray

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
}


def export_onnx(model: keras.Model, *example: np.ndarray) -> OnnxNetwork:
    """The model's graph for onnxruntime; `example` is one input batch, needed once before an export."""
    model(*example) if len(example) == 1 else model(list(example))
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("tf2onnx").setLevel(logging.ERROR)
        path = Path(folder) / NETWORK
        with contextlib.redirect_stdout(None):
            model.export(path, format="onnx", verbose=False)
        return OnnxNetwork(path.read_bytes())


class Network(Recommender):
    """A Recommender with a Keras model inside.

    Attributes:
        model: the fitted Keras model; kept as `model.keras`, which loads in safe mode.
        trained: the curve that chose the epochs, the best epoch, whether somebody stopped it.
    """

    model: keras.Model
    trained: Trained

    def save(self, folder: Path) -> None:
        """Writes `model.keras` and the serving form."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder / "model.keras")
        super().save(folder)

    def restored(self, kept: Path, split: Split, *, seed: int) -> Self:
        """Itself as it was fitted on this split, with the weights that lie in a `.keras`.

        The network is built here, from the settings; of the file only the weights are read, never what it says of
        layers. So nothing in it can name code that is then run.

        Raises:
            DataError: the weights are not those of this network on these data.
        """
        self.model = self._fresh(split, seed)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "error", UserWarning
                )  # Keras leaves out what it does not find, and warns
                self.model.load_weights(kept)
        except (ValueError, KeyError, OSError, TypeError, BadZipFile, UserWarning) as problem:
            raise DataError(
                what=_("its weights do not fit these settings and data ({problem})").format(
                    problem=type(problem).__name__
                ),
                where=_("model {name}").format(name=self.name),
                remedy=_("train the run again"),
            ) from None
        self._scorer = self._served(split)
        self._scorer.liked_from = self.liked_from(split)
        return self

    @abstractmethod
    def _fresh(self, split: Split, seed: int) -> keras.Model:
        """The network as it is before anything is learned, for the settings and the sizes of these data."""

    @abstractmethod
    def _served(self, split: Split) -> Scorer:
        """The serving form of `self.model`; users' histories are those of `split.fit_rows`."""


class KerasRecommender(Network):
    """A network learned in two phases.

    First on training rows, watched on validation rows: that chooses the number of epochs. Then anew on training
    and validation rows together, for as many epochs. Without validation rows all epochs run, once. In a trial of a
    search the second phase is left out, and the model as chosen knows the training rows alone.
    """

    watches_valid: ClassVar[bool] = True

    def _fit(self, split: Split, session: Session) -> Scorer:
        plan, chosen = self._plan(), None
        if len(split.valid):
            watched = replace(plan, epochs_after=plan.epochs // 2 if session.refit else 0)
            chosen = self._task(split, split.train, session.seed)
            measure = self._measure(chosen, split, split.watched_rows, split.valid, session.seed)
            self.trained = train(chosen, watched, measure, session)
            self.model = chosen.model
            if not session.refit:
                return self._served(without_validation(split))
        if chosen is None or not self.trained.stopped:
            epochs = self.trained.best_epoch if chosen else plan.epochs
            final = Plan(epochs, plan.batch_size, phase="refit", keep_best=False)
            self._refit(split, final, session, chosen)
        return self._served(split)

    def _refit(self, split: Split, plan: Plan, session: Session, chosen: Task | None) -> None:
        """Fits anew on all rows; stopped in the middle, the model chosen on validation stays."""
        task = self._task(split, split.fit_rows, session.seed)
        try:
            refitted = train(task, plan, dict, session)
        except Cancelled:
            if chosen is None:
                raise
            self.trained.stopped = True
            return
        if chosen is None:
            self.trained = refitted
        elif refitted.stopped:
            self.trained.stopped = True
            return
        self.model = task.model

    def _fresh(self, split: Split, seed: int) -> keras.Model:
        return self._task(split, split.fit_rows, seed).model

    def _plan(self) -> Plan:
        """Epochs, batch size, what is watched."""
        return Plan(
            self.settings["epochs"], self.settings["batch_size"], patience=self.settings["patience"] or None
        )

    @abstractmethod
    def _task(self, split: Split, rows: IntArray, seed: int) -> Task:
        """A fresh network over these interactions, ready to be trained; raises DataError where they teach nothing."""

    @abstractmethod
    def _measure(
        self, task: Task, split: Split, seen_rows: IntArray, held_out_rows: IntArray, seed: int
    ) -> Measure:
        """What is watched: the task's model, which knows `seen_rows`, on `held_out_rows`."""
