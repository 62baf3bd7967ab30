"""Scorers of the networks: onnxruntime over the graph that the worker exported."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.data.scaling import MinMaxScaler, Scaler, scaler_of
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr, narrowed, read_csr
from recsys_core.serving.part_graph import part_graph
from recsys_core.types import FloatArray, IntArray

NETWORK = "network.onnx"
MAX_ONNX_BYTES = 1_000_000_000
PAIRS_A_CALL = 200_000
CELLS_A_CALL = 4_000_000


class OnnxNetwork:
    """One exported graph and how to run it on 2 cores without disturbing the page."""

    def __init__(self, content: bytes) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.log_severity_level = 3
        self.content = content
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as problem:  # its errors have no common class of their own
            raise DataError(
                what=_("the exported network cannot be read ({problem})").format(
                    problem=type(problem).__name__
                ),
                where=NETWORK,
                remedy=_("train the run again"),
            ) from problem
        self._inputs = [one.name for one in self._session.get_inputs()]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The graph in `folder`; refused above 1 GB. Bytes are given, so external data cannot be reached."""
        path = folder / NETWORK
        if path.stat().st_size > MAX_ONNX_BYTES:
            raise DataError(
                what=_("the exported network is over 1 GB"),
                where=NETWORK,
                remedy=_("train a smaller network, or on a smaller catalogue"),
            )
        return cls(path.read_bytes())

    def __call__(self, *inputs: np.ndarray) -> np.ndarray:
        """Runs the graph; inputs in the order of the Keras model's."""
        return np.asarray(self._session.run(None, dict(zip(self._inputs, inputs, strict=True)))[0])


class EmbeddingMlpScorer(Scorer):
    """The article's network: two ids in, a value on the unit scale out, brought back to the data's scale."""

    form: ClassVar[str] = "embedding_mlp"
    can: Capabilities = Capabilities(ratings=True, network=True)

    def __init__(self, network: OnnxNetwork, n_users: int, n_items: int, scaler: Scaler) -> None:
        self.network, self.n_users, self.n_items, self.scaler = network, n_users, n_items, scaler

    def _predict(self, users: IntArray, items: IntArray) -> FloatArray:
        blocks = [
            self.network(
                np.asarray(users[start : start + PAIRS_A_CALL], dtype=np.int32)[:, None],
                np.asarray(items[start : start + PAIRS_A_CALL], dtype=np.int32)[:, None],
            )[:, 0]
            for start in range(0, len(users), PAIRS_A_CALL)
        ]
        return self.scaler.inverse(np.concatenate([*blocks, np.empty(0, np.float32)]))

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Predicted values, clipped to the range seen in training."""
        return np.clip(self._predict(np.asarray(users), np.asarray(items)), self.scaler.low, self.scaler.high)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Predicted values; unclipped, so that clipping makes no ties in a ranking."""
        return self.score_items(users, np.arange(self.n_items))

    def score_items(self, users: IntArray, items: IntArray) -> FloatArray:
        """The same for some items."""
        users, items = np.asarray(users), np.asarray(items)
        pairs = np.repeat(users, len(items)), np.tile(items, len(users))
        return self._predict(*pairs).reshape(len(users), len(items))

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the graph; the scale goes to the manifest."""
        files.write_bytes(folder / NETWORK, self.network.content)
        return {"scale": self.scaler.numbers(), "scaling": self.scaler.name}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the graph and the scale."""
        scaler = scaler_of(manifest.get("scaling", MinMaxScaler.name), manifest["scale"])
        return cls(OnnxNetwork.read(folder), manifest["n_users"], manifest["n_items"], scaler)


class HistoryEncoderScorer(Scorer):
    """Reads what a user chose, scores the catalogue: no user id, so a new user is one forward pass."""

    form: ClassVar[str] = "history_encoder"
    slices: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True, network=True)

    def __init__(self, network: OnnxNetwork, seen: csr_matrix) -> None:
        self.network, self.seen = network, seen
        self.n_users, self.n_items = seen.shape

    def _encode(self, histories: csr_matrix) -> FloatArray:
        block = max(1, CELLS_A_CALL // self.n_items)
        scores = [
            self.network(histories[start : start + block].toarray().astype(np.float32))
            for start in range(0, histories.shape[0], block)
        ]
        return np.concatenate([*scores, np.empty((0, self.n_items), np.float32)])

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Log-probabilities up to a constant of each item being the user's next choice."""
        return self._encode(self.seen[np.asarray(users)])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The same, for histories that training never saw; an empty one gives the items' popularity."""
        return self._encode(histories_to_csr(self.taken(histories, values), self.n_items))

    @cached_property
    def _part(self) -> OnnxNetwork | None:
        content = part_graph(self.network.content, self.n_items)
        return None if content is None else OnnxNetwork(content)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same through the rows and columns of the weights that belong to the histories and to these items."""
        if self._part is None:
            return super().fold_in_items(histories, values, attributes, items)
        chosen, narrow = narrowed(self.taken(histories, values))
        table = histories_to_csr(narrow, len(chosen)).toarray()
        return self._part(table, chosen, np.asarray(items, dtype=np.int64))

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the graph and the training items."""
        files.write_bytes(folder / NETWORK, self.network.content)
        files.write_arrays(folder / ARRAYS, {"indices": self.seen.indices, "indptr": self.seen.indptr})
        return {}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the graph and the training items."""
        seen = read_csr(files.read_arrays(folder / ARRAYS), (manifest["n_users"], manifest["n_items"]))
        return cls(OnnxNetwork.read(folder), seen)
