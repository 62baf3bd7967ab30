"""A finished run as it was judged: its tables, each read when first asked for, made anew where an older version kept none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.errors import NotFound
from recsys_core.evaluation.by_k import MOST_K, curve_table
from recsys_core.evaluation.evaluate import system_figures
from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, user_draws
from recsys_core.evaluation.metrics import hits_of
from recsys_core.evaluation.predicted import predictions_of, rating_draws
from recsys_core.runs import Run
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Judged:
    """One run's tables. Read only.

    Args:
        split: the split that it was judged on.
    """

    run: Run
    split: Split

    @classmethod
    def of(cls, run: Run, data: Dataset, split: Split | None = None) -> Judged:
        """A run on these data; `split` spares making it again where several runs share it."""
        return cls(run, split or run.split(data))

    @cached_property
    def users(self) -> pd.DataFrame:
        """One row a judged user: `user` (row), then every per-user value."""
        return self.run.table("users")

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Top items of every user: `user`, `item`, `score`, `rank`."""
        return self.run.table("candidates")

    @property
    def judged(self) -> IntArray:
        """Rows of the users in the means, sorted."""
        return self.users["user"].to_numpy()

    @cached_property
    def relevant(self) -> csr_matrix:
        """What is to be found for each judged user, (n, n_items): test items; of items held out whole only those."""
        chosen = self.split.matrix(self.split.test)[self.judged]
        if not len(self.split.cold_items):
            return chosen
        only = np.isin(np.arange(self.split.dataset.n_items), self.split.cold_items).astype(np.float32)
        wanted = csr_matrix(chosen.multiply(only[None, :]))
        wanted.eliminate_zeros()
        return wanted

    def lists(self, k: int) -> tuple[IntArray, IntArray, FloatArray]:
        """The judged users' rows (n,), and the items and scores of their lists (n, k); -1 and NaN for none."""
        judged, table = self.judged, self.candidates
        table = table[(table["rank"].to_numpy() <= k) & np.isin(table["user"].to_numpy(), judged)]
        items, scores = np.full((len(judged), k), -1, np.int64), np.full((len(judged), k), np.nan)
        place = (np.searchsorted(judged, table["user"].to_numpy()), table["rank"].to_numpy() - 1)
        items[place], scores[place] = table["item"].to_numpy(), table["score"].to_numpy()
        return judged, items, scores

    @cached_property
    def predictions(self) -> pd.DataFrame | None:
        """One row a judged test row: `user`, `item`, `truth`, `predicted`; None where ratings are not predicted."""
        try:
            return self.run.table("predictions")
        except NotFound:
            if "rmse" not in self.run.measured()["metrics"]:
                return None
            return predictions_of(self.run.scorer(), self.split, self.judged)

    @cached_property
    def by_k(self) -> pd.DataFrame:
        """Ranking metrics at every k: `metric`, `k`, `value`, `low`, `high`."""
        try:
            return self.run.table("by_k")
        except NotFound:
            most = min(MOST_K, self.split.dataset.n_items)
            hits = hits_of(self.lists(most)[1], self.relevant)
            return curve_table(hits, most, user_draws(len(self.judged), BOOTSTRAP_SEED))

    @cached_property
    def draws(self) -> pd.DataFrame:
        """Every figure that is no mean over users, in each draw of users: a column a figure."""
        try:
            return self.run.table("draws")
        except NotFound:
            k, drawn = self.run.config.k, user_draws(len(self.judged), BOOTSTRAP_SEED)
            _measured, system = system_figures(self.lists(k)[1], self.split.dataset.n_items, drawn, k)
            table = pd.DataFrame(system)
            if self.predictions is None:
                return table
            liked_from = float(self.run.measured()["liked_from"])
            return table.assign(**rating_draws(self.predictions, self.judged, liked_from, drawn)[2])
