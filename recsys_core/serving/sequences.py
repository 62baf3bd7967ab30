"""The scorer of networks that read the last items of a history in their order: onnxruntime over the exported graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS
from recsys_core.serving.item_weights import joined, latest_first
from recsys_core.serving.networks import CELLS_A_CALL, NETWORK, OnnxNetwork
from recsys_core.types import FloatArray, IntArray


def last_items(indptr: IntArray, items: IntArray, length: int) -> np.ndarray:
    """What the network reads: (n_users, length) int32, the last item first, item row + 1; 0 is no item."""
    users, chosen, lags = latest_first(indptr, items)
    ids = np.zeros((len(indptr) - 1, length), dtype=np.int32)
    read = lags < length
    ids[users[read], lags[read]] = chosen[read] + 1
    return ids


class SequenceScorer(Scorer):
    """Reads a user's last items, scores the catalogue: no user id, so a new user is one forward pass.

    Args:
        network: (n, length) int32 as `last_items` makes them -> (n, n_items) float32.
        indptr, items: the users' histories, oldest first.
        length: how many last items the network reads.
    """

    form: ClassVar[str] = "sequence"
    can: Capabilities = Capabilities(new_users=True, network=True, ordered=True)

    def __init__(
        self, network: OnnxNetwork, indptr: IntArray, items: IntArray, length: int, n_items: int
    ) -> None:
        self.network, self.indptr, self.items, self.length = network, np.asarray(indptr), items, length
        self.n_users, self.n_items, self.reads = len(indptr) - 1, n_items, length

    def _scores(self, histories: Sequence[IntArray]) -> FloatArray:
        ids = last_items(*joined(histories), self.length)
        block = max(1, CELLS_A_CALL // self.n_items)
        scores = [self.network(ids[start : start + block]) for start in range(0, len(ids), block)]
        return np.concatenate([*scores, np.empty((0, self.n_items), np.float32)])

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Log-probabilities, up to a constant, of each item coming next: (n,) -> (n, n_items)."""
        return self._scores([self.items[self.indptr[u] : self.indptr[u + 1]] for u in np.asarray(users)])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The same for histories that training never saw, oldest first; an empty one gives the items' popularity."""
        return self._scores(self.taken(histories, values))

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the graph and the histories."""
        files.write_bytes(folder / NETWORK, self.network.content)
        arrays = {"history_indptr": self.indptr, "history_items": np.asarray(self.items, dtype=np.int32)}
        files.write_arrays(folder / ARRAYS, arrays)
        return {"length": self.length}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the graph and the histories."""
        arrays = files.read_arrays(folder / ARRAYS)
        histories = arrays["history_indptr"], arrays["history_items"]
        return cls(OnnxNetwork.read(folder), *histories, int(manifest["length"]), manifest["n_items"])
