"""The only translator between ids as in the files (text) and row numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from recsys_core.types import IntArray

_DIGITS = re.compile(r"\d{1,18}")


def natural_order(ids: pd.Series | np.ndarray) -> np.ndarray:
    """The distinct ids as text: numbers by size when all are whole numbers, else alphabetical."""
    found = pd.unique(ids) if isinstance(ids, pd.Series) else ids
    distinct = pd.unique(pd.Series(found, dtype="str")).astype(object)
    if all(_DIGITS.fullmatch(text) for text in distinct):
        return np.array(sorted(distinct, key=lambda text: (int(text), text)), dtype=object)
    return np.array(sorted(distinct), dtype=object)


class Vocabulary:
    """Ids in a fixed order; row `n` is the n-th id. Ids are text: nothing about them is lost.

    Args:
        ids: distinct ids, shape (n,).

    Raises:
        ValueError: an id stands twice.
    """

    def __init__(self, ids: np.ndarray | pd.Series) -> None:
        self._index = _text(np.asarray(ids, dtype=object))
        if not self._index.is_unique:
            raise ValueError("ids of a vocabulary must be distinct")

    def __len__(self) -> int:
        return len(self._index)

    def rows(self, ids: object) -> IntArray:
        """Row numbers of the ids, shape (n,), int64; -1 where an id is unknown."""
        wanted = _text(np.atleast_1d(np.asarray(ids, dtype=object)))
        return np.asarray(self._index.get_indexer(wanted), dtype=np.int64)

    def ids(self, rows: IntArray) -> np.ndarray:
        """The ids of the rows, as text, shape (n,)."""
        return np.asarray(self._index.to_numpy(dtype=object)[np.asarray(rows)])


def _text(ids: np.ndarray) -> pd.Index:
    """The ids as text; not by way of NumPy's fixed-width text, as wide as the longest and without NUL."""
    return pd.Index(pd.Series(ids, dtype=object).astype("str"))
