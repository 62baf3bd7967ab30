"""The lists of several runs for one user: what they share, what was held out, and which fell back on popularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import N_, _
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.scenarios.lists import Serving, make_list, user_list

MOST_RUNS = 4
FALLBACKS = {
    "not_personal": (N_("not personal"), N_("What this {user} chose does not change how this model ranks.")),
    "no_history": (
        N_("no history"),
        N_("Nothing of this {user} was in training, so the model falls back on what everybody gets."),
    ),
    "popularity": (
        N_("as popularity"),
        N_("The list is, item by item, the one that popularity gives this {user}."),
    ),
}
"""Each kind's badge and what it means."""


@dataclass(frozen=True)
class SideBySide:
    """Lists of one user, one a run.

    Attributes:
        lists: as `user_list`, with a column `shared`: how many of the lists hold the item.
        fallbacks: a name in FALLBACKS for each list, or '' where it is the run's own answer.
        same_split: whether all runs held the same rows out.
    """

    lists: tuple[pd.DataFrame, ...]
    fallbacks: tuple[str, ...]
    same_split: bool

    @property
    def n_common(self) -> int:
        """How many items stand in every list."""
        first, *rest = (set(one[ITEM_ROW]) for one in self.lists)
        return len(first.intersection(*rest))

    @property
    def overlap(self) -> float:
        """Mean share of a list that another one holds too, over all pairs of lists; NaN for one list alone."""
        shares = [
            len(set(one[ITEM_ROW]) & set(other[ITEM_ROW])) / max(1, len(one), len(other))
            for one, other in combinations(self.lists, 2)
        ]
        return float(np.mean(shares)) if shares else float("nan")

    def sentence(self, data: Dataset) -> str:
        """How far the lists agree."""
        k = max(map(len, self.lists))
        return _(
            "{n} of {k} {items} are in all {lists} lists; two lists share {overlap:.0%} on average."
        ).format(n=self.n_common, k=k, items=data.words.items, lists=len(self.lists), overlap=self.overlap)


def side_by_side(
    servings: Sequence[Serving],
    user: int,
    *,
    k: int = 10,
    rerank: Setting = AS_RANKED,
    allowed: np.ndarray | None = None,
    again: bool = False,
) -> SideBySide:
    """The user's list by each run of the same data; the rest as in `user_list`."""
    dial = {"k": k, "rerank": rerank, "allowed": allowed, "again": again}
    lists = [user_list(serving, user, **dial) for serving in servings]  # type: ignore[arg-type]
    held_by = pd.concat([one[ITEM_ROW] for one in lists]).value_counts()
    specs = {(str(one.split.spec), one.split.spec.seed) for one in servings}
    return SideBySide(
        tuple(one.assign(shared=one[ITEM_ROW].map(held_by)) for one in lists),
        tuple(
            fallback_of(serving, user, one, allowed=allowed, again=again)
            for serving, one in zip(servings, lists, strict=True)
        ),
        len(specs) == 1,
    )


def fallback_of(
    serving: Serving,
    user: int,
    table: pd.DataFrame,
    *,
    allowed: np.ndarray | None = None,
    again: bool = False,
) -> str:
    """Why a list is not the model's answer to this very user: a name in FALLBACKS, '' where it is."""
    if not serving.scorer.can.personal:
        return "not_personal"
    if not len(serving.history(user)) and not serving.scorer.can.fixed:
        return "no_history"
    seen = None if again else serving.seen[[user]]
    popular = make_list(serving, serving.popularity[None, :], seen, k=max(1, len(table)), allowed=allowed)
    return "popularity" if len(table) and popular[ITEM_ROW].tolist() == table[ITEM_ROW].tolist() else ""
