"""Models that are broken on purpose, one a known illness; and how their evaluation is turned into signs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from recsys_core.data.splits import Split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.signs import Signs, measure
from recsys_core.models.baselines import Bias, Ease
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.types import FloatArray, IntArray


class Broken(Scorer):
    """Scores from a base, one number a user and item; each user's noise is the same each time."""

    form: ClassVar[str] = "broken"
    can: Capabilities = Capabilities()

    def __init__(self, split: Split) -> None:
        self.split, (self.n_users, self.n_items) = split, (split.dataset.n_users, split.dataset.n_items)
        self.learned = split.matrix(split.fit_rows)
        self.counts = np.asarray(self.learned.sum(axis=0), dtype=np.float64).ravel()

    def noise(self, users: IntArray) -> FloatArray:
        """Standard normal noise, (n, n_items)."""
        return np.array([np.random.default_rng([11, int(user)]).normal(size=self.n_items) for user in users])

    def write(self, folder: Path) -> dict[str, Any]:
        """Never kept."""
        raise AssertionError

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Never kept."""
        raise AssertionError


class SameForAll(Broken):
    """A random order of the items, the same for everybody."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """One draw, repeated."""
        return np.tile(np.random.default_rng(5).random(self.n_items), (len(users), 1))


class AllEqual(Broken):
    """Everything has the same score."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """A constant."""
        return np.full((len(users), self.n_items), 0.37)


class AlmostEqual(Broken):
    """A constant with noise far below what means anything."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """A constant, nearly."""
        return 3.5 + 1e-5 * self.noise(users)


class NearPopularity(Broken):
    """Popularity with tiny personal noise."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Counts, each off by a few percent."""
        return self.counts * (1 + 0.02 * self.noise(users))


class ByHeart(Broken):
    """Training pairs have huge scores, everything else is drawn by lot."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The training table, and noise."""
        return 1000.0 * self.learned[users].toarray() + self.noise(users)


class TrainingTable(Broken):
    """Training pairs have score 1, everything else 0: by heart, and therefore level elsewhere."""

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The training table."""
        return self.learned[users].toarray().astype(np.float64)


class FairRatings(Broken):
    """Predicts values as Bias does, with a little noise: good RMSE, nearly one list for everybody, a bad one."""

    can: Capabilities = Capabilities(ratings=True)

    def __init__(self, split: Split) -> None:
        super().__init__(split)
        self.bias = Bias().fit(split, seed=0).scorer

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Predicted values."""
        return self.bias.score_catalogue(users) + 0.05 * self.noise(users)


class FewItems(Broken):
    """EASE that may show a twentieth of the catalogue only."""

    def __init__(self, split: Split) -> None:
        super().__init__(split)
        self.ease = Ease().fit(split, seed=0).scorer
        chosen = np.random.default_rng(0).permutation(self.n_items)[: round(0.05 * self.n_items)]
        self.shown = np.isin(np.arange(self.n_items), chosen)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """EASE's scores, the others out of the running."""
        return np.where(self.shown, self.ease.score_catalogue(users), -1e6)


ILLNESSES: dict[type[Broken], str] = {
    SameForAll: "same_list",
    AllEqual: "collapsed",
    AlmostEqual: "collapsed",
    NearPopularity: "copycat",
    ByHeart: "memorised",
    TrainingTable: "memorised",
    FairRatings: "good_rmse",
    FewItems: "never_shown",
}
"""Each broken model and its alarm."""


def signs_of(scorer: Scorer, split: Split, *, k: int = 10, asked: bool = True) -> Signs:
    """What its evaluation gives away; `asked`: the model may be asked as well."""
    found = evaluate(scorer, split, k=k)
    model = scorer if asked else None
    return measure(found.per_user, found.candidates, found.metrics, split, k=k, scorer=model)
