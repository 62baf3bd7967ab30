"""The scorer of factor models: a vector a user, a vector an item; a new user's by one ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr, narrowed
from recsys_core.types import FloatArray, IntArray

CELLS_A_BLOCK = 4_000_000


def solve_rows(
    seen: csr_matrix,
    others: FloatArray,
    unobserved: float,
    l2: float,
    whole: tuple[FloatArray, int] | None = None,
) -> FloatArray:
    """The factors of each row given those of the columns: iALS's half step, by blocks of rows of like length.

    Row r minimises sum over its items (1 - x.v_i)^2 + a0 sum over all items (x.v_j)^2 + l2 (n_r + a0 n) |x|^2,
    n the number of columns: the regularisation grows with the frequency (Rendle et al., RecSys 2022, exponent 1).

    Args:
        seen: (n_rows, n_columns) of ones.
        others: (n_columns, d) float64.
        unobserved: a0, the weight of what was not chosen; l2: strength of the regularisation.
        whole: where `others` are only some of the columns, V'V (d, d) of all of them and their number.
    Returns:
        (n_rows, d) float64; zero for a row without items.
    """
    n_columns, size = others.shape
    product, n_all = whole or (others.T @ others, n_columns)
    gram = unobserved * product
    counts = np.diff(seen.indptr)
    solved = np.zeros((seen.shape[0], size))
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    padded = np.vstack([others, np.zeros(size)])  # the last row stands for 'no more items'
    start = 0
    while start < len(order):
        block = max(
            1, min(CELLS_A_BLOCK // (size * size), CELLS_A_BLOCK // (size * int(counts[order[start]])))
        )
        rows = order[start : start + block]
        widest = int(counts[rows[-1]])
        while len(rows) > 1 and len(rows) * widest * size > 2 * CELLS_A_BLOCK:  # a few rows are far longer
            rows = rows[: len(rows) // 2]
            widest = int(counts[rows[-1]])
        place = np.arange(widest)[None, :]
        inside = place < counts[rows][:, None]
        at = np.minimum(seen.indptr[rows][:, None] + place, len(seen.indices) - 1)
        vectors = padded[np.where(inside, seen.indices[at], n_columns)]  # (block, widest, d)
        left = gram + vectors.transpose(0, 2, 1) @ vectors
        strength = l2 * (counts[rows] + unobserved * n_all)
        left[:, np.arange(size), np.arange(size)] += strength[:, None]
        solved[rows] = np.linalg.solve(left, vectors.sum(axis=1)[:, :, None])[:, :, 0]
        start += len(rows)
    return solved


def solve_alike(
    seen: csr_matrix, others: FloatArray, unobserved: float, l2: float, whole: tuple[FloatArray, int]
) -> FloatArray:
    """The same for rows that differ from the first one by few items, as when each item is left out in turn.

    The products of a row's vectors are those of the first row, with what it has more added and what it lacks taken
    away. Rows that differ by much, or many rows, go to `solve_rows`.
    """
    n_rows, size = seen.shape[0], others.shape[1]
    if n_rows < 3:
        return solve_rows(seen, others, unobserved, l2, whole)
    first = seen[np.zeros(n_rows, dtype=np.int64)]
    change = csr_matrix(seen - first)
    change.eliminate_zeros()
    many = len(others) + n_rows > 2 * CELLS_A_BLOCK // size**2
    if not len(others) or many or 4 * change.nnz > seen.nnz:
        return solve_rows(seen, others, unobserved, l2, whole)
    pairs = (others[:, :, None] * others[:, None, :]).reshape(len(others), -1)  # (n_columns, d * d)
    own = np.asarray(seen[[0]] @ pairs).ravel() + unobserved * whole[0].ravel()
    left = (change @ pairs + own).reshape(n_rows, size, size)
    counts = np.diff(seen.indptr)
    strength = l2 * (counts + unobserved * whole[1])
    left[:, np.arange(size), np.arange(size)] += strength[:, None]
    solved = np.linalg.solve(left, np.asarray(seen @ others)[:, :, None])[:, :, 0]
    return np.asarray(np.where(counts[:, None] > 0, solved, 0.0))


class FactorsScorer(Scorer):
    """score(u, i) = x_u . y_i; the users' factors are the ridge solution given the items'.

    Args:
        users: (n_users, d) float32; items: (n_items, d) float32.
        unobserved, l2: as in training, for the fold-in.
    """

    form: ClassVar[str] = "factors"
    slices: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True)

    def __init__(self, users: FloatArray, items: FloatArray, unobserved: float, l2: float) -> None:
        self.users, self.items, self.unobserved, self.l2 = users, items, unobserved, l2
        self.n_users, self.n_items = len(users), len(items)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Dot products: (n,) -> (n, n_items) float32."""
        return np.asarray(self.users[np.asarray(users)] @ self.items.T)

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Dot products of pairs."""
        return np.einsum("nd,nd->n", self.users[np.asarray(users)], self.items[np.asarray(items)])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """New users' factors by ridge regression on the items' factors, then dot products."""
        return np.asarray(self._vectors(self.taken(histories, values)) @ self.items.T)

    @cached_property
    def _product(self) -> FloatArray:
        items = self.items.astype(np.float64)
        return np.asarray(items.T @ items)

    def _vectors(self, histories: Sequence[IntArray]) -> FloatArray:
        """Factors of users with these histories, (n, d) float32."""
        chosen, narrow = narrowed(histories)
        seen = histories_to_csr(narrow, len(chosen))
        others, whole = self.items[chosen].astype(np.float64), (self._product, self.n_items)
        return solve_alike(seen, others, self.unobserved, self.l2, whole).astype(np.float32)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same ridge regression, then dot products with some items."""
        return np.asarray(self._vectors(self.taken(histories, values)) @ self.items[items].T)

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the factors."""
        files.write_arrays(folder / ARRAYS, {"users": self.users, "items": self.items})
        return {"unobserved": self.unobserved, "l2": self.l2}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the factors."""
        arrays = files.read_arrays(folder / ARRAYS)
        return cls(arrays["users"], arrays["items"], float(manifest["unobserved"]), float(manifest["l2"]))
