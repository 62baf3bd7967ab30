"""The scorer of `rating_autoencoder`: its last layer is linear, so every prediction is one dot product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.special import expit

from recsys_core import files
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS
from recsys_core.serving.mf import DAMPING
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Autoencoder:
    """sigmoid(x W + b) V + c over rows of residuals.

    Attributes:
        into: W, (n_columns, hidden); into_bias: b, (hidden,).
        out: V, (hidden, n_columns); out_bias: c, (n_columns,).
    """

    into: FloatArray
    into_bias: FloatArray
    out: FloatArray
    out_bias: FloatArray

    def hidden(self, rows: csr_matrix) -> FloatArray:
        """The hidden layer of sparse rows of residuals: (n, hidden) float32."""
        return np.asarray(expit(rows @ self.into + self.into_bias), dtype=np.float32)


class RatingAutoencoderScorer(Scorer):
    """score(u, i) = mean + b_u + b_i + hidden(row) . V[:, column]; rows are items or users.

    Args:
        by_item: whether a row is an item's ratings.
        hidden: (n_rows, hidden) of every known row.
        user_means, item_means: damped mean residuals; mean: of all training values.
    """

    form: ClassVar[str] = "rating_autoencoder"
    slices: ClassVar[bool] = True

    def __init__(
        self,
        network: Autoencoder,
        by_item: bool,
        hidden: FloatArray,
        means: tuple[float, FloatArray, FloatArray],
        span: tuple[float, float],
    ) -> None:
        self.network, self.by_item, self.hidden, self.span = network, by_item, hidden, span
        self.mean, self.user_means, self.item_means = means
        self.n_users, self.n_items = len(self.user_means), len(self.item_means)
        self.can = Capabilities(ratings=True, new_users=not by_item, network=True)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Predicted values; unclipped, so that clipping makes no ties in a ranking."""
        users = np.asarray(users)
        network = self.network
        if self.by_item:
            completed = (self.hidden @ network.out[:, users] + network.out_bias[users]).T
        else:
            completed = self.hidden[users] @ network.out + network.out_bias
        return self._with_means(completed, self.user_means[users])

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Predicted values, clipped to the range seen in training."""
        rows, columns = (items, users) if self.by_item else (users, items)
        products = np.einsum("nh,hn->n", self.hidden[rows], self.network.out[:, columns])
        means = self.mean + self.user_means[users] + self.item_means[items]
        return np.clip(means + products + self.network.out_bias[columns], *self.span)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """New users through the encoder; raises NotSupported where rows are items: a new user is a new column."""
        if self.by_item:
            return super().fold_in(histories, values, attributes)
        return self._completed(histories, values, slice(None))

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same with some columns of the last layer."""
        if self.by_item:
            return super().fold_in_items(histories, values, attributes, items)
        return self._completed(histories, values, items)

    def score_items(self, users: IntArray, items: IntArray) -> FloatArray:
        """Some columns of `score_catalogue`."""
        if not self.by_item:
            return super().score_items(users, items)
        completed = (self.hidden[items] @ self.network.out[:, users] + self.network.out_bias[users]).T
        means = (self.mean + self.user_means[users])[:, None] + self.item_means[None, items]
        return np.asarray(completed + means)

    def _completed(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        items: IntArray | slice,
    ) -> FloatArray:
        indptr = np.concatenate([[0], np.cumsum([len(one) for one in histories])]).astype(np.int64)
        chosen = np.concatenate([*histories, np.empty(0)]).astype(np.int64)
        owner, counts = np.repeat(np.arange(len(histories)), np.diff(indptr)), np.diff(indptr)
        deviations = np.zeros(len(chosen))
        if values is not None:
            deviations = np.concatenate([*values, np.empty(0)]) - self.mean - self.item_means[chosen]
        biases = np.bincount(owner, deviations, len(histories)) / (counts + DAMPING)
        residuals = deviations - biases[owner] if values is not None else deviations
        rows = csr_matrix((residuals, chosen, indptr), shape=(len(histories), self.n_items))
        last, bias, means = self.network.out[:, items], self.network.out_bias[items], self.item_means[items]
        completed = self.network.hidden(rows) @ last + bias
        return np.asarray(completed + (self.mean + biases)[:, None] + means)

    def _with_means(self, completed: FloatArray, user_means: FloatArray) -> FloatArray:
        return np.asarray(completed + (self.mean + user_means)[:, None] + self.item_means[None, :])

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the arrays."""
        arrays = {name: getattr(self.network, name) for name in _NETWORK}
        known = {"hidden": self.hidden, "user_means": self.user_means, "item_means": self.item_means}
        files.write_arrays(folder / ARRAYS, arrays | known)
        return {"by_item": self.by_item, "mean": self.mean, "span": self.span}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the arrays."""
        arrays = files.read_arrays(folder / ARRAYS)
        low, high = manifest["span"]
        return cls(
            Autoencoder(**{name: arrays[name] for name in _NETWORK}),
            bool(manifest["by_item"]),
            arrays["hidden"],
            (float(manifest["mean"]), arrays["user_means"], arrays["item_means"]),
            (float(low), float(high)),
        )


_NETWORK = ("into", "into_bias", "out", "out_bias")
