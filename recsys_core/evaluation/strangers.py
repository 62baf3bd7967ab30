"""People whom a model has never met, known by a number of their rows: the inputs, and how good the lists are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.columns import USER_ROW
from recsys_core.data import cuts
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.ranking.top_k import blocks_of, top_k
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray

KNOWN = (0, 1, 2, 3, 5, 10, 20)
"""Numbers of known interactions that newcomers are judged at."""


@dataclass(frozen=True)
class Strangers:
    """Users of one reveal: everything that a model may be told of them, and what is asked for.

    Attributes:
        users: user rows, sorted, shape (n,).
        histories, values: what is known of each, oldest first.
        relevant: what is asked for, nothing of it known, (n, n_items); a row may be empty.
        seen: what is known, (n, n_items).
    """

    data: Dataset
    seed: int
    users: IntArray
    histories: list[IntArray]
    values: list[FloatArray]
    relevant: csr_matrix
    seen: csr_matrix

    @classmethod
    def reveal(
        cls,
        split: Split,
        rows: IntArray,
        n_known: int,
        *,
        first: bool,
        seed: int,
        users: IntArray | None = None,
    ) -> Strangers:
        """Reveals `n_known` of each user's rows: the first by time, or some at random; the rest is asked for.

        Args:
            split: orders equal times.
            rows: all rows of the strangers, positions in the interactions.
            users: only these; by default all with more than `n_known` rows.
        """
        data = split.dataset
        if users is None:
            users = users_with_more(data, rows, n_known)
        rng = np.random.default_rng(seed)
        hidden, shown = cuts.revealed_rows(data, rows, n_known, rng, first=first)
        known = split.ordered(np.sort(shown))
        histories = [known.of(user) for user in users]
        values = [known.values[known.indptr[user] : known.indptr[user + 1]] for user in users]
        seen = histories_to_csr(histories, data.n_items)
        wanted = split.matrix(hidden)[users]
        relevant = csr_matrix(wanted - wanted.multiply(seen))
        relevant.eliminate_zeros()
        return cls(data, seed, users, histories, values, relevant, seen)

    def asked_of(self, scorer: Scorer, places: IntArray) -> FloatArray:
        """Scores of the catalogue for the strangers at these places, (n, n_items); raises NotSupported."""
        attributes = self.data.users.iloc[self.users[places]].reset_index(drop=True)
        return scorer.fold_in(
            [self.histories[place] for place in places], [self.values[place] for place in places], attributes
        )

    def judge(self, score: Callable[[IntArray], FloatArray], metric: str = "ndcg", k: int = 10) -> FloatArray:
        """A ranking metric of each stranger, (n,): the whole catalogue without what is known; NaN where nothing is asked for.

        Args:
            score: places (m,) -> scores (m, n_items).
        """
        some = np.flatnonzero(np.diff(self.relevant.indptr) > 0)
        figures = np.full(len(self.users), np.nan)
        for block in blocks_of(some, self.data.n_items):
            lists = top_k(score(block), k, seen=self.seen[block], seed=self.seed)
            figures[block] = RANKING_METRICS[metric](hits_of(lists.items, self.relevant[block]), k)
        return figures


def users_with_more(data: Dataset, rows: IntArray, n_known: int) -> IntArray:
    """Users of these rows with more than `n_known` of them, sorted."""
    owners = data.interactions[USER_ROW].to_numpy()[rows]
    return np.flatnonzero(np.bincount(owners, minlength=data.n_users) > n_known)


def popularity_of(split: Split) -> FloatArray:
    """How many users chose each item, in what is learned from: (n_items,)."""
    return np.asarray(split.matrix(split.fit_rows).sum(axis=0), dtype=np.float64).ravel()
