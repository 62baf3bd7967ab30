"""The scorer of item-to-item models: a list is the weighted sum of what goes with each item of a history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, issparse

from recsys_core import files
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS, narrowed
from recsys_core.types import FloatArray, IntArray

Weights: TypeAlias = "np.ndarray | csr_matrix"


def last_places(indptr: IntArray, items: IntArray) -> IntArray:
    """Positions of each user's distinct items, of a repeated one the last, in the order they stand: int64."""
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    if not len(users):
        return np.empty(0, np.int64)
    pairs = users * (int(items.max()) + 1) + items
    from_end = np.unique(pairs[::-1], return_index=True)[1]
    return np.sort(len(pairs) - 1 - from_end)


def latest_first(indptr: IntArray, items: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Each user's distinct items with their lag: 0 for the last one, 1 for the one before.

    Args:
        indptr: shape (n_users + 1,); user u's items are at `indptr[u]:indptr[u + 1]`, oldest first.
        items: shape (n,), item rows; of a repeated one the last place counts.
    Returns:
        users, items, lags: each shape (n_distinct,), by user, the last item first.
    """
    items = np.asarray(items)
    kept = last_places(indptr, items)
    users = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))[kept]
    counts = np.bincount(users, minlength=len(indptr) - 1)
    lags = np.cumsum(counts)[users] - 1 - np.arange(len(users))
    order = np.lexsort((lags, users))
    return users[order], items[kept][order], lags[order]


def joined(histories: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """Lists of item rows as one: indptr (n + 1,), items (n_events,)."""
    sizes = [len(history) for history in histories]
    rows = [np.asarray(history, dtype=np.int64) for history in histories]
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]), np.concatenate(
        [*rows, np.empty(0, np.int64)]
    )


class ItemWeightsScorer(Scorer):
    """score(u, j) = sum over u's items i of decay^lag(i) W[i, j]; lag 0 is the last item.

    Args:
        weights: shape (n_items, n_items), row: an item that was chosen, column: what it speaks for.
        indptr, items: the users' histories, oldest first (`Ordered`).
        decay: weight of an item over that of the next; 1 counts all alike.
        window: only so many last items are read; 0 reads all.
    """

    form: ClassVar[str] = "item_weights"
    slices: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True)

    def __init__(
        self, weights: Weights, indptr: IntArray, items: IntArray, decay: float = 1.0, window: int = 0
    ) -> None:
        self.weights, self.indptr, self.items = weights, np.asarray(indptr), np.asarray(items)
        self.decay, self.window, self.reads = decay, window, window or None
        self.n_users, self.n_items = len(indptr) - 1, weights.shape[0]
        if decay < 1.0 or window:
            self.can = Capabilities(new_users=True, ordered=True)

    def _scores(self, indptr: IntArray, items: IntArray, weights: Weights) -> FloatArray:
        users, chosen, lags = latest_first(indptr, items)
        if self.window:
            read = lags < self.window
            users, chosen, lags = users[read], chosen[read], lags[read]
        shape = (len(indptr) - 1, weights.shape[0])
        query = csr_matrix((np.power(self.decay, lags).astype(np.float32), (users, chosen)), shape=shape)
        scores = query @ weights
        return np.asarray(scores.toarray() if issparse(scores) else scores)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Weighted sums over each user's training items: (n,) -> (n, n_items) float32."""
        known = [self.items[self.indptr[u] : self.indptr[u + 1]] for u in np.asarray(users)]
        return self._scores(*joined(known), self.weights)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The same over new histories, oldest first."""
        return self._scores(*joined(self.taken(histories, values)), self.weights)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same with some rows and columns of the weights."""
        chosen, narrow = narrowed(self.taken(histories, values))
        return self._scores(*joined(narrow), self.weights[chosen][:, items])

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes weights and histories; decay and window go to the manifest."""
        arrays = {"history_indptr": self.indptr, "history_items": self.items.astype(np.int32)}
        if isinstance(self.weights, np.ndarray):
            arrays["weights"] = self.weights
        else:
            arrays |= {name: getattr(self.weights, name) for name in ("data", "indices", "indptr")}
        files.write_arrays(folder / ARRAYS, arrays)
        return {"decay": self.decay, "window": self.window}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads weights and histories."""
        arrays = files.read_arrays(folder / ARRAYS)
        weights: Weights
        if "weights" in arrays:
            weights = arrays["weights"]
        else:
            n_items = manifest["n_items"]
            weights = csr_matrix(
                (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(n_items, n_items)
            )
        histories = arrays["history_indptr"], arrays["history_items"]
        return cls(weights, *histories, float(manifest["decay"]), int(manifest["window"]))
