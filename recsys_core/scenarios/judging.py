"""Lists of a rehearsal, judged: per user, and for the system, with what each draw of users would have given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.evaluation import beyond
from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, DRAWS, percentile_interval, user_draws
from recsys_core.evaluation.meanings import MEANINGS, Meaning
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.i18n import N_
from recsys_core.ranking.kinds import miscalibration
from recsys_core.ranking.likeness import TOGETHER
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.ranking.top_k import TopK
from recsys_core.scenarios.lists import Serving
from recsys_core.types import FloatArray, IntArray

PER_USER = ("ndcg", "distance", "together", "novelty", "miscalibration")
SYSTEM = ("coverage", "gini")
MEASURES = (*PER_USER, *SYSTEM)
MEANT: dict[str, Meaning] = {
    "ndcg": MEANINGS["ndcg"],
    "distance": Meaning(
        N_("Difference in the list"),
        N_(
            "How different the {items} of one list are by the chosen distance: 0 all alike, 1 nothing shared."
        ),
        1,
    ),
    "together": Meaning(
        N_("Difference by who chose both"),
        N_("How seldom the {items} of one list were chosen by the same {users}: 0 always together, 1 never."),
        1,
    ),
    "novelty": Meaning(N_("Novelty"), MEANINGS["novelty"].words, 1),
    "coverage": MEANINGS["coverage"],
    "gini": MEANINGS["gini"],
    "miscalibration": Meaning(
        N_("Distance from the taste"),
        N_("How far the mix of kinds in a list is from the mix in what the {user} chose: 0 mirrors it."),
        -1,
    ),
}
BETTER = {name: one.better for name, one in MEANT.items()}
"""1: more of it is meant by 'more diverse'; -1: less of it."""
MOST_CELLS = 20_000_000
"""Draws x items that are held at once; in large catalogues fewer draws are made."""


@dataclass(frozen=True)
class Lists:
    """Everybody's lists at one setting, judged.

    Attributes:
        items: (n_users, k), -1 for none.
        per_user: the names in PER_USER, each (n_users,); NaN where it does not apply.
        drawn: every measure in each draw of users, (n_draws,).
        measured: every measure, over all users.
    """

    items: IntArray
    per_user: dict[str, FloatArray]
    drawn: dict[str, FloatArray]
    measured: dict[str, float]

    def interval(self, name: str) -> tuple[float, float]:
        """95 % over users."""
        return percentile_interval(self.drawn[name])


@dataclass(frozen=True)
class Judge:
    """The users of a rehearsal who have something to be found, and the measures of their lists.

    Args:
        serving: a rehearsal; distance: what `distance` means, a name in DISTANCES or USUAL.
    """

    serving: Serving
    k: int
    distance: str

    @cached_property
    def _judged(self) -> tuple[IntArray, TopK]:
        """User rows and candidates of those with a held-out item."""
        users, pool = self.serving.studio.candidates
        some = np.diff(self.serving.held_out.indptr)[users] > 0
        return users[some], TopK(pool.items[some], pool.scores[some])

    @property
    def users(self) -> IntArray:
        """User rows, sorted, (n_users,)."""
        return self._judged[0]

    @cached_property
    def taste(self) -> FloatArray:
        """How the choices that are known of each spread over the kinds: (n_users, n_kinds)."""
        return self.serving.studio.taste(self.serving.seen[self.users])

    @cached_property
    def _relevant(self) -> csr_matrix:
        return self.serving.held_out[self.users]

    @cached_property
    def draws(self) -> FloatArray:
        """How often each user is drawn: (n_draws, n_users)."""
        n = min(DRAWS, max(50, MOST_CELLS // self.serving.data.n_items))
        return user_draws(len(self.users), BOOTSTRAP_SEED, n)

    def lists(self, setting: Setting = AS_RANKED) -> IntArray:
        """Everybody's items at a setting, (n_users, k)."""
        return self.serving.studio.ready(setting, self.k).lists(self._judged[1], self.taste, self.k).items

    def per_user(self, items: IntArray) -> dict[str, FloatArray]:
        """The measures in PER_USER of these lists, (n_users,) each."""
        studio, serving = self.serving.studio, self.serving
        return {
            "ndcg": ndcg(hits_of(items, self._relevant), self.k),
            "distance": beyond.intra_list_diversity(items, studio.vectors(self.distance)),
            "together": beyond.intra_list_diversity(items, studio.vectors(TOGETHER)),
            "novelty": beyond.novelty(items, serving.popularity, serving.data.n_users),
            "miscalibration": miscalibration(self.taste, studio.kinds.mix(items)),
        }

    def judged(self, setting: Setting = AS_RANKED) -> Lists:
        """The lists at a setting with all their measures."""
        items, n_items = self.lists(setting), self.serving.data.n_items
        per_user = self.per_user(items)
        measured, drawn = {}, {}
        for name, values in per_user.items():
            measured[name], drawn[name] = _means(values, self.draws)
        shown = beyond.exposure(items, n_items)
        each = beyond.drawn_exposure(items, n_items, self.draws)
        for name, figure in (("coverage", beyond.coverage), ("gini", beyond.gini)):
            measured[name] = float(figure(shown))
            drawn[name] = beyond.recentred(figure(each), measured[name])
        return Lists(items, per_user, drawn, measured)


def _means(values: FloatArray, draws: FloatArray) -> tuple[float, FloatArray]:
    """The mean over users, and in each draw; NaN values are left out."""
    there = np.isfinite(values)
    if not there.any():
        return float("nan"), np.full(len(draws), np.nan)
    weights = draws[:, there]
    total = weights.sum(axis=1)
    drawn = np.divide(weights @ values[there], total, out=np.full(len(draws), np.nan), where=total > 0)
    return float(values[there].mean()), drawn


def n_new(items: IntArray, before: IntArray) -> IntArray:
    """How many items of each list do not stand in the other: (n, k), (n, k) -> (n,)."""
    known = (items[:, :, None] == before[:, None, :]).any(axis=2)
    return np.asarray((~known & (items >= 0)).sum(axis=1))
