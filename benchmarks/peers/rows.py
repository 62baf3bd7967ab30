"""What a peer is given, and what it must answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Rows:
    """The training rows of one split; test values never come near a peer.

    Attributes:
        users, items: row numbers, int64, shape (n,).
        values: float64, shape (n,).
        times: epoch seconds, int64, shape (n,); empty where there are none.
    """

    users: np.ndarray
    items: np.ndarray
    values: np.ndarray
    times: np.ndarray
    n_users: int
    n_items: int

    @classmethod
    def read(cls, path: Path) -> tuple[Rows, np.ndarray, np.ndarray]:
        """The training rows, and the users and items of the test pairs."""
        with np.load(path, allow_pickle=False) as kept:
            rows = cls(
                kept["users"].astype(np.int64), kept["items"].astype(np.int64),
                kept["values"].astype(np.float64), kept["times"].astype(np.int64),
                int(kept["n_users"]), int(kept["n_items"]),
            )  # fmt: skip
            return rows, kept["test_users"].astype(np.int64), kept["test_items"].astype(np.int64)

    @property
    def span(self) -> tuple[float, float]:
        """Smallest and largest value."""
        return float(self.values.min()), float(self.values.max())

    def matrix(self, values: np.ndarray | None = None) -> csr_matrix:
        """Users x items, sparse: ones, or the values given."""
        data = np.ones(len(self.users), np.float32) if values is None else values
        return csr_matrix((data, (self.users, self.items)), shape=(self.n_users, self.n_items))

    def ordered(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """(indptr, items): each user's items oldest first, equal times in seeded random order."""
        tie_break = np.random.default_rng(seed).random(len(self.users))
        order = np.lexsort((tie_break, self.times, self.users))
        counts = np.bincount(self.users, minlength=self.n_users)
        return np.concatenate([[0], np.cumsum(counts)]), self.items[order]


class Predicts(Protocol):
    """A fitted rating peer."""

    def __call__(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """One value a pair: (n,), (n,) -> (n,)."""


class Lists(Protocol):
    """A fitted list peer."""

    def __call__(self, users: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best unseen items and their scores, each shape (n, k), best first."""


def best_of(scores: np.ndarray, seen: csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The plain way to a list: seen cells to -inf, argpartition, sort; changes `scores`."""
    owners = np.repeat(np.arange(len(scores)), np.diff(seen.indptr))
    scores[owners, seen.indices] = -np.inf
    best = np.argpartition(scores, scores.shape[1] - k, axis=1)[:, -k:]
    chosen = np.take_along_axis(scores, best, axis=1)
    order = np.argsort(-chosen, axis=1)
    return np.take_along_axis(best, order, axis=1), np.take_along_axis(chosen, order, axis=1)
