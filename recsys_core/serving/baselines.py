"""Scorers of the floors: random, popularity, bias, EASE. Plain arrays, no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.types import FloatArray, IntArray

ARRAYS = "arrays.npz"


def read_csr(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> csr_matrix:
    """The sparse matrix of ones kept as `indices` and `indptr`."""
    ones = np.ones(len(arrays["indices"]), dtype=np.float32)
    return csr_matrix((ones, arrays["indices"], arrays["indptr"]), shape=shape)


def histories_to_csr(histories: Sequence[IntArray], n_items: int) -> csr_matrix:
    """Lists of item rows as a sparse matrix of ones, shape (len(histories), n_items); repeats count once."""
    owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    items = np.concatenate([*histories, np.empty(0)]).astype(np.int64)
    shape = (len(histories), n_items)
    found = csr_matrix((np.ones(len(items), np.float32), (owners, items)), shape=shape)
    found.sum_duplicates()
    found.data[:] = 1.0
    return found


def narrowed(histories: Sequence[IntArray]) -> tuple[IntArray, list[IntArray]]:
    """The items that occur in any history, sorted (c,), and each history as places among them."""
    items = np.concatenate([*histories, np.empty(0)]).astype(np.int64)
    occurs = np.zeros(items.max(initial=-1) + 1, dtype=bool)
    occurs[items] = True
    places = np.cumsum(occurs)[items] - 1
    ends = np.cumsum([len(history) for history in histories])
    return np.flatnonzero(occurs), np.split(places, ends[:-1]) if len(histories) else []


class RandomScorer(Scorer):
    """A fixed random score for every pair, from a seed: what knowing nothing is worth."""

    form: ClassVar[str] = "random"
    can: Capabilities = Capabilities(new_users=True, personal=False)

    def __init__(self, n_users: int, n_items: int, seed: int) -> None:
        self.n_users, self.n_items, self.seed = n_users, n_items, seed

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Uniform scores in [0, 1), the same for the same user each time."""
        return self._draws([[self.seed, int(user)] for user in users])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """Uniform scores that depend on the history's items only."""
        return self._draws([[self.seed, *sorted(map(int, history))] for history in histories])

    def _draws(self, codes: list[list[int]]) -> FloatArray:
        drawn = [np.random.default_rng(code).random(self.n_items) for code in codes]
        return np.array(drawn).reshape(len(codes), self.n_items)

    def write(self, folder: Path) -> dict[str, Any]:
        """The seed is all there is."""
        return {"seed": self.seed}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the seed."""
        return cls(manifest["n_users"], manifest["n_items"], int(manifest["seed"]))


class PopularityScorer(Scorer):
    """The same list for everybody: items by how many users chose them."""

    form: ClassVar[str] = "popularity"
    can: Capabilities = Capabilities(new_users=True, personal=False)

    def __init__(self, n_users: int, counts: FloatArray) -> None:
        self.n_users, self.n_items, self.counts = n_users, len(counts), counts

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The items' counts, once a user."""
        return np.tile(self.counts, (len(users), 1))

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The items' counts, whatever the history."""
        return np.tile(self.counts, (len(histories), 1))

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the counts."""
        files.write_arrays(folder / ARRAYS, {"counts": self.counts})
        return {}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the counts."""
        return cls(manifest["n_users"], files.read_arrays(folder / ARRAYS)["counts"])


class BiasScorer(Scorer):
    """mean + item bias + user bias, on the scale of the values, clipped to their range."""

    form: ClassVar[str] = "bias"
    can: Capabilities = Capabilities(ratings=True, new_users=True, personal=False)

    def __init__(
        self, mean: float, users: FloatArray, items: FloatArray, damping: float, span: tuple[float, float]
    ):
        self.mean, self.users, self.items, self.damping, self.span = mean, users, items, damping, span
        self.n_users, self.n_items = len(users), len(items)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Predicted values; unclipped, so that clipping makes no ties in a ranking."""
        return self.mean + self.users[users][:, None] + self.items[None, :]

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Predicted values, clipped to the range seen in training."""
        return np.clip(self.mean + self.users[users] + self.items[items], *self.span)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """With values, the damped bias of the new user; without, the items' biases alone."""
        biases = np.zeros(len(histories))
        for row, (history, given) in enumerate(zip(histories, values or [], strict=False)):
            if len(history):
                residual = np.asarray(given) - self.mean - self.items[history]
                biases[row] = residual.sum() / (len(history) + self.damping)
        return self.mean + biases[:, None] + self.items[None, :]

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes both biases."""
        files.write_arrays(folder / ARRAYS, {"users": self.users, "items": self.items})
        return {"mean": self.mean, "damping": self.damping, "span": self.span}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads both biases."""
        arrays = files.read_arrays(folder / ARRAYS)
        low, high = manifest["span"]
        return cls(manifest["mean"], arrays["users"], arrays["items"], manifest["damping"], (low, high))


class EaseScorer(Scorer):
    """A user's list is the sum of the item-to-item weights of what they chose."""

    form: ClassVar[str] = "ease"
    slices: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True)

    def __init__(self, weights: FloatArray, seen: csr_matrix) -> None:
        self.weights, self.seen = weights, seen
        self.n_users, self.n_items = seen.shape

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Sum of the weights over each user's training items."""
        return np.asarray(self.seen[users] @ self.weights)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """Sum of the weights over the history."""
        return np.asarray(histories_to_csr(self.taken(histories, values), self.n_items) @ self.weights)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """Sums over some columns of the weights."""
        chosen, narrow = narrowed(self.taken(histories, values))
        return np.asarray(histories_to_csr(narrow, len(chosen)) @ self.weights[np.ix_(chosen, items)])

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the weights and the training items."""
        arrays = {"weights": self.weights, "indices": self.seen.indices, "indptr": self.seen.indptr}
        files.write_arrays(folder / ARRAYS, arrays)
        return {}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the weights and the training items."""
        arrays = files.read_arrays(folder / ARRAYS)
        return cls(arrays["weights"], read_csr(arrays, (manifest["n_users"], manifest["n_items"])))
