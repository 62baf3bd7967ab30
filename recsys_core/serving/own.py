"""Serves networks of one's own: as our own networks do, without what can be said of our own graphs only."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from recsys_core import files
from recsys_core.data.scaling import Scaler, scaler_of
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.networks import NETWORK, EmbeddingMlpScorer, HistoryEncoderScorer, OnnxNetwork
from recsys_core.types import FloatArray, IntArray

PAIRS_A_CALL = 50_000
"""Of a network whose width nobody knows."""


class OwnListScorer(HistoryEncoderScorer):
    """A history of 0 and 1 in, scores of the catalogue out: a new user is one forward pass."""

    form: ClassVar[str] = "own_list"
    slices: ClassVar[bool] = False
    """A graph of somebody else cannot be cut down to some items: it may look at all of them, as a softmax does."""
    fold_in_items = Scorer.fold_in_items


class OwnPairScorer(EmbeddingMlpScorer):
    """A user and an item in, one number out: a value on the scale of the data with a scaler, a score without one."""

    form: ClassVar[str] = "own_pair"

    def __init__(self, network: OnnxNetwork, n_users: int, n_items: int, scaler: Scaler | None) -> None:
        self.network, self.n_users, self.n_items, self.scale = network, n_users, n_items, scaler
        self.can = Capabilities(ratings=scaler is not None, network=True)

    def _predict(self, users: IntArray, items: IntArray) -> FloatArray:
        blocks = [
            self.network(*(np.asarray(one[start : start + PAIRS_A_CALL], np.int32) for one in (users, items)))
            for start in range(0, len(users), PAIRS_A_CALL)
        ]
        scores = np.concatenate([*(one.reshape(-1) for one in blocks), np.empty(0, np.float32)])
        return scores if self.scale is None else self.scale.inverse(scores)

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Predicted values, clipped to the range seen in training; scores as they are."""
        found = self._predict(np.asarray(users), np.asarray(items))
        return found if self.scale is None else np.clip(found, self.scale.low, self.scale.high)

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the graph; the scale goes to the manifest."""
        files.write_bytes(folder / NETWORK, self.network.content)
        if self.scale is None:
            return {"scaling": None}
        return {"scaling": self.scale.name, "scale": self.scale.numbers()}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the graph and the scale."""
        name = manifest["scaling"]
        scaler = None if name is None else scaler_of(name, manifest["scale"])
        return cls(OnnxNetwork.read(folder), manifest["n_users"], manifest["n_items"], scaler)
