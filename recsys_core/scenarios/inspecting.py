"""Behind one figure of the leaderboard: what is masked, who is in the mean, and whose list to look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM_ROW, TITLE, VALUE
from recsys_core.errors import NotFound
from recsys_core.evaluation.formulas import LIKED, WARM, Shape, formula, variant_of
from recsys_core.evaluation.metrics import hits_of
from recsys_core.i18n import _
from recsys_core.ranking.top_k import top_k
from recsys_core.runs import Run
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.lists import Serving
from recsys_core.types import BoolArray, FloatArray, IntArray

FEW_ROWS, MANY_ROWS = 4, 12
"""A user with so many test rows is worked through by default: a table that one reads."""


@dataclass(frozen=True)
class Who:
    """Who is in a figure.

    Attributes:
        n_users: everybody in the data.
        n_judged: whose values are in it.
        left_out: why the others are not, and how many each; sums with `n_judged` to `n_users`.
    """

    n_users: int
    n_judged: int
    left_out: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Masked:
    """What is left out of one user's list, and what is left to rank.

    Attributes:
        train, valid, revealed: items of the user known from each part.
        catalogue: all items; ranked: those that could stand in the list.
        relevant: those of them that count as right, |R|.
    """

    train: int
    valid: int
    revealed: int
    catalogue: int
    ranked: int
    relevant: int


@dataclass(frozen=True)
class Inspection:
    """A judged run, opened to look behind its figures. Read only."""

    judged: Judged
    serving: Serving
    metrics: dict[str, float]
    k: int
    liked_from: float

    @classmethod
    def of(cls, run: Run, serving: Serving) -> Inspection:
        """Opens what was measured; `serving` is the same run, opened."""
        measured = run.measured()
        judged = Judged.of(run, serving.data, serving.split)
        return cls(judged, serving, measured["metrics"], run.config.k, float(measured["liked_from"]))

    @cached_property
    def users(self) -> IntArray:
        """Rows of the judged users, in the order of their table."""
        return self.judged.users["user"].to_numpy().astype(np.int64)

    @cached_property
    def shown(self) -> IntArray:
        """The lists of the judged users as they were judged, (n, k); -1 for none."""
        return self.judged.lists(self.k)[1]

    @cached_property
    def everybody(self) -> pd.DataFrame:
        """All predicted test rows; raises NotFound where the run predicts none."""
        if self.judged.predictions is None:
            raise NotFound(
                what=_("this run predicts no values"),
                where=_("run {id}").format(id=self.serving.run_id),
                remedy=_("choose a model that predicts ratings, such as embedding_mlp or bias"),
            )
        return self.judged.predictions.astype({"truth": np.float64, "predicted": np.float64})

    @cached_property
    def _cold(self) -> BoolArray:
        return np.isin(np.arange(self.serving.data.n_items), self.serving.split.cold_items)

    @cached_property
    def _liked(self) -> csr_matrix:
        split = self.serving.split
        values = split.dataset.interactions[VALUE].to_numpy()[split.test]
        return split.matrix(split.test[values >= self.liked_from])

    def relevant(self, metric: str) -> csr_matrix:
        """What counts as right for a metric, (n_users, n_items)."""
        ending, held_out = variant_of(metric)[1], self.serving.held_out
        if len(self.serving.split.cold_items):
            wanted = ~self._cold if ending == WARM else self._cold
            held_out = csr_matrix(held_out.multiply(wanted[None, :].astype(np.float32)))
        if ending == LIKED:
            held_out = csr_matrix(held_out.multiply(self._liked))
        held_out.eliminate_zeros()
        return held_out

    def values(self, metric: str) -> FloatArray | None:
        """Per-user values in the order of `users`, NaN for who is not in the mean; None where there are none."""
        table = self.judged.users
        return table[metric].to_numpy(np.float64) if metric in table else None

    def who(self, metric: str) -> Who:
        """Who is in the mean, and why the others are not."""
        words, split, n_users = self.serving.data.words, self.serving.split, self.serving.data.n_users
        tested = np.diff(self.serving.held_out.indptr) > 0
        inside = np.zeros(n_users, dtype=bool)
        inside[self.users] = True
        left = [(_("have nothing held out"), int((~tested).sum()))]
        if split.cold_users:
            left = [
                (
                    _("were learned from: only {users} held out whole are judged").format(users=words.users),
                    left[0][1],
                )
            ]
        left.append(
            (
                _("have held out only {items} that were learned from").format(items=words.items),
                int((tested & ~inside).sum()),
            )
        )
        values = self.values(metric)
        n_judged = len(self.users)
        if values is not None:
            missing = int(np.isnan(values).sum())
            n_judged -= missing
            reason = (
                _("liked nothing of what was held out")
                if variant_of(metric)[1] == LIKED
                else _("have held out no {item} that was learned from").format(item=words.item)
            )
            left.append((reason, missing))
        return Who(n_users, n_judged, tuple(one for one in left if one[1]))

    def masked(self, metric: str, user: int) -> Masked:
        """What is left out of the user's list, by part."""
        split, events = self.serving.split, self.serving.events_of(user)
        items = split.dataset.interactions[ITEM_ROW].to_numpy()

        def of(*rows: IntArray) -> int:
            return len(np.unique(items[np.intersect1d(events, np.concatenate(rows))]))

        known = self.serving.seen[[user]].indices
        free = np.ones(len(self._cold), dtype=bool)
        free[known] = False
        if len(split.cold_items) and variant_of(metric)[1] != WARM:
            free &= self._cold
        relevant = self.relevant(metric)[[user]].nnz
        return Masked(
            of(split.train), of(split.valid), of(split.revealed, split.valid_revealed), len(free), int(free.sum()), relevant
        )  # fmt: skip

    def telling(self, metric: str) -> int:
        """A user worth looking at: a hit or two but not all, or a handful of rows, near the mean; a row of `users`."""
        made, values = formula(metric), self.values(metric)
        if made.shape is Shape.ROWS:
            return self._telling_rows()
        if values is None:
            values = self.judged.users[f"ndcg@{self.k}"].to_numpy(np.float64)
        usable = np.isfinite(values)
        if not usable.any():
            return int(self.users[0])
        wishes = [usable]
        if made.shape is not Shape.LIST:
            relevant = self.relevant(metric)[self.users]
            found = hits_of(self.shown, relevant)
            hits = found.relevant.sum(axis=1)
            some = usable & (hits > 0) & (hits < found.n_relevant)
            wishes = [some & (hits > 1) & (hits < 4), some, usable]
        return self._nearest(values, wishes)

    def _telling_rows(self) -> int:
        sums = self.everybody.groupby("user").size().reindex(self.users).to_numpy()
        errors = self.judged.users["squared_error"].to_numpy(np.float64) / np.maximum(sums, 1)
        return self._nearest(errors, [(sums >= FEW_ROWS) & (sums <= MANY_ROWS), sums > 0])

    def _nearest(self, values: FloatArray, wishes: list[BoolArray]) -> int:
        """The user nearest to the mean, among those of the first wish that anybody fulfils."""
        among = np.flatnonzero(next(one for one in wishes if one.any()))
        away = np.abs(values[among] - np.nanmean(values))
        return int(self.users[among[int(away.argmin())]])

    def listed(self, metric: str, user: int) -> pd.DataFrame:
        """The user's list as it was judged: `rank`, `item` (row), `title`, `hit`."""
        if variant_of(metric)[1] == WARM:
            scores = self.serving.ask(np.array([user]))
            row = top_k(
                scores, self.k, seen=self.serving.seen[[user]], seed=self.serving.split.spec.seed
            ).items[0]
        else:
            row = self.shown[np.searchsorted(self.users, user)]
        items = row[row >= 0]
        hit = np.isin(items, self.relevant(metric)[[user]].indices)
        titles = self.serving.data.items[TITLE].iloc[items].to_numpy()
        return pd.DataFrame(
            {"rank": np.arange(1, len(items) + 1), "item": items, "title": titles, "hit": hit}
        )
