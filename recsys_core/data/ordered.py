"""Rows by user and time: each user's history, oldest first, in flat arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.types import IntArray


@dataclass(frozen=True, slots=True)
class Ordered:
    """Each user's rows, oldest first; user u's are at `indptr[u]:indptr[u + 1]`.

    Attributes:
        indptr: shape (n_users + 1,), int64.
        items, values: shape (n,).
        times: epoch seconds, shape (n,); None where the data have no time.
    """

    indptr: IntArray
    items: IntArray
    values: np.ndarray
    times: IntArray | None

    def of(self, user: int) -> IntArray:
        """The item rows of one user."""
        return self.items[self.indptr[user] : self.indptr[user + 1]]
