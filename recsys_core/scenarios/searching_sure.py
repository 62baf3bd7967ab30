"""How sure the best trial of a search is: which others the same users cannot tell from it, and what was luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.evaluation.meanings import better, number
from recsys_core.evaluation.significance import TIE, Difference, corrected, paired_tests
from recsys_core.i18n import _, ngettext
from recsys_core.scenarios.searching import best_trial, measured
from recsys_core.training.search_shrinkage import luck_of_choosing
from recsys_core.training.study import Study
from recsys_core.types import FloatArray, IntArray

MOST_COMPARED = 200
"""The best so many trials are compared; the rest is far off."""


@dataclass(frozen=True)
class Judged:
    """What each user's validation rows gave under each of m trials of one study.

    Attributes:
        numbers: the trials, (m,), the best first.
        users: rows of the users, (n,).
        sums: (n, m); with the same weights for every trial, so that who has the better sums has the better value.
    """

    numbers: list[int]
    users: IntArray
    sums: FloatArray


@dataclass(frozen=True)
class Sure:
    """How sure the best trial is.

    Attributes:
        equals: trials that the users' values cannot tell from it, in order of value.
        n_others, n_users: other trials and users in the comparison.
        luck: how much too good its value is expected to be, for it was chosen as the best; NaN where unknown.
    """

    equals: list[int]
    n_others: int
    n_users: int
    luck: float

    def sentence(self, users: str) -> str:
        """How many of the other settings may be as good, as far as validation rows can tell."""
        if not self.n_others:
            return ""
        if not self.equals:
            told = _("Over {n:,} {users} it beats each of the other finished trials for sure.")
        else:
            told = ngettext(
                "Over {n:,} {users}, {equals} other finished trial of {others} cannot be told from it.",
                "Over {n:,} {users}, {equals} of the {others} other finished trials cannot be told from it.",
                self.n_others,
            )
        return told.format(n=self.n_users, users=users, equals=len(self.equals), others=self.n_others)

    @property
    def warning(self) -> str:
        """What choosing by these figures does to the best of them."""
        if not self.luck > 0 or not self.n_others:
            return ""
        return _(
            "It was chosen because it is the best of {n}, so it is a little lucky: expect about {luck} worse from the same "
            "settings on other rows of this kind."
        ).format(n=self.n_others + 1, luck=number(self.luck))


def judged(study: Study, trials: pd.DataFrame) -> Judged | None:
    """The users' values of the finished trials; None where the metric is no mean over users, or none is kept."""
    metric = study.config.metric
    ordered = measured(trials).sort_values("value", ascending=better(metric) < 0, kind="stable")
    tables: dict[int, pd.DataFrame] = {}
    for number_ in ordered["number"].head(MOST_COMPARED):
        path = study.folder / "trials" / f"{number_}.parquet"
        if path.exists():
            tables[int(number_)] = pd.read_parquet(path).set_index("user")
    if not tables:
        return None
    users = next(iter(tables.values())).index
    alike = {number_: table for number_, table in tables.items() if table.index.equals(users)}
    sums = np.column_stack([table["sum"].to_numpy(np.float64) for table in alike.values()])
    return Judged(list(alike), users.to_numpy(), sums)


def sure(study: Study, trials: pd.DataFrame) -> Sure | None:
    """How sure the best trial is; None where nothing is known user by user, or the best has no values of its own."""
    known, best = judged(study, trials), best_trial(trials, study.config.metric)
    if known is None or best is None or known.numbers[0] != int(best["number"]):
        return None
    others = known.numbers[1:]
    found = against(known.sums[:, :1], known.sums[:, 1:])
    equals = [one for one, difference in zip(others, found, strict=True) if difference.verdict() == TIE]
    return Sure(equals, len(others), len(known.users), luck_of_choosing(study))


def against(ours: FloatArray, theirs: FloatArray) -> list[Difference]:
    """Paired tests of sums over the same users, (n, 1) and (n, m), corrected for how many they are."""
    if not theirs.shape[1]:
        return []
    return corrected(paired_tests(ours - theirs))
