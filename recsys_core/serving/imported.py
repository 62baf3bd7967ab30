"""Scores that some other system made, served as they are: a sparse table of users and items, no model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS
from recsys_core.types import FloatArray, IntArray


class ImportedScorer(Scorer):
    """The scores of a file. What it does not list is never shown: its score is -inf.

    Args:
        table: scores, higher is better, (n_users, n_items); what is stored is what the file lists, zeros included.
        span: the range of the data's values where the scores are predicted values, to which they are clipped; else None.
        lists: whether lists may be made of it; not where only the held-out pairs were scored.
    """

    form: ClassVar[str] = "imported"

    def __init__(
        self, table: csr_matrix, *, span: tuple[float, float] | None = None, lists: bool = True
    ) -> None:
        self.table, self.span, self.lists = table, span, lists
        self.n_users, self.n_items = table.shape
        self.can = Capabilities(ratings=span is not None, ranking=lists, fixed=True)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The file's scores, -inf elsewhere."""
        scores = np.full((len(users), self.n_items), -np.inf)
        if self.lists:
            rows = self.table[np.asarray(users)]
            scores[np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices] = rows.data
        return scores

    @cached_property
    def _keys(self) -> IntArray:
        """Every stored pair as one number, ascending."""
        owners = np.repeat(np.arange(self.n_users, dtype=np.int64), np.diff(self.table.indptr))
        return owners * self.n_items + self.table.indices

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """The file's scores, (n,); NaN for a pair that it does not list; predicted values clipped to their range."""
        wanted = np.asarray(users, np.int64) * self.n_items + np.asarray(items)
        place = np.minimum(np.searchsorted(self._keys, wanted), max(len(self._keys) - 1, 0))
        there = self._keys[place] == wanted if len(self._keys) else np.zeros(len(wanted), bool)
        found = np.full(len(wanted), np.nan)
        found[there] = self.table.data[place[there]]
        return found if self.span is None else np.clip(found, *self.span)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """Raises NotSupported: whoever made the scores is not here to be asked."""
        raise NotSupported(
            what=_(
                "its scores were made elsewhere: it cannot serve a new one, or anybody else than they name"
            ),
            where=self.form,
            remedy=_("choose a run that was trained here"),
        )

    def score_new_items(self, users: IntArray, items: pd.DataFrame) -> FloatArray:
        """Raises NotSupported, as `fold_in`."""
        raise NotSupported(
            what=_("its scores were made elsewhere: it cannot score a new one"),
            where=self.form,
            remedy=_("choose a run that was trained here"),
        )

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the table as three arrays."""
        arrays = {"data": self.table.data, "indices": self.table.indices, "indptr": self.table.indptr}
        files.write_arrays(folder / ARRAYS, arrays)
        return {"span": self.span, "lists": self.lists}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the table."""
        arrays = files.read_arrays(folder / ARRAYS)
        shape = (int(manifest["n_users"]), int(manifest["n_items"]))
        table = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        table.check_format()
        span = manifest["span"]
        return cls(
            table,
            span=None if span is None else (float(span[0]), float(span[1])),
            lists=manifest["lists"] is True,
        )


def table_of(users: IntArray, items: IntArray, scores: FloatArray, shape: tuple[int, int]) -> csr_matrix:
    """The table of pairs that stand once each, in order of users and items; zeros stay stored. Shape `shape`."""
    order = np.lexsort((items, users))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=shape[0]))])
    width = np.int32 if max(len(users), *shape) < 2**31 else np.int64
    parts = scores[order].astype(np.float64), items[order].astype(width), indptr.astype(width)
    return csr_matrix(parts, shape=shape)
