"""The Keras plumbing that every network shares: optimizers, the ONNX export, `.keras` beside the serving form."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np

from recsys_core.models.base import Recommender
from recsys_core.serving.networks import NETWORK, OnnxNetwork

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


class KerasRecommender(Recommender):
    """A Recommender with a Keras model inside.

    Attributes:
        model: the fitted Keras model; kept as `model.keras`, which loads in safe mode.
    """

    model: keras.Model

    def save(self, folder: Path) -> None:
        """Writes `model.keras` and the serving form."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder / "model.keras")
        super().save(folder)
