"""The Recommender: fit, score, fold_in, save, load. It scores; `evaluation.ranking.recommend` ranks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from recsys_core.columns import Kind
from recsys_core.data.splits import Split
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.params import ParamSpec, resolve
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.load import load_scorer
from recsys_core.types import FloatArray, IntArray, Report, ShouldStop, never_stop, no_report


class Recommender(ABC):
    """One model of one family. What is measured is what is served: a fitted model answers by its `scorer`.

    Args:
        params: settings by name; left-out ones take their default.
    Raises:
        ParamError: an unknown name or a value out of range.
    """

    name: ClassVar[str]
    params: ClassVar[tuple[ParamSpec, ...]] = ()
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING, Kind.IMPLICIT)
    can: ClassVar[Capabilities] = Capabilities()

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self.settings = resolve(self.params, params or {})
        self._scorer: Scorer | None = None

    def fit(
        self, split: Split, *, seed: int, report: Report = no_report, should_stop: ShouldStop = never_stop
    ) -> Self:
        """Learns from the training and validation rows of the split; test rows are never read.

        Raises:
            NotSupported: the kind of data is not one that this model learns from.
            Cancelled: stopped before the first epoch was complete.
        """
        kind = split.dataset.kind
        if kind not in self.kinds:
            raise NotSupported(
                what=_("{model} does not learn from {kind} data").format(model=self.name, kind=kind.value),
                where=_("data set {name}").format(name=split.dataset.name),
                remedy=_("choose a model for this kind of data: see 'models'"),
            )
        self._scorer = self._fit(split, seed, report, should_stop)
        return self

    @abstractmethod
    def _fit(self, split: Split, seed: int, report: Report, should_stop: ShouldStop) -> Scorer:
        """Learns and returns the serving form."""

    @property
    def scorer(self) -> Scorer:
        """The serving form of the fitted model."""
        if self._scorer is None:
            raise NotSupported(
                what=_("the model is not fitted yet"), where=self.name, remedy=_("call fit first")
            )
        return self._scorer

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """One score a pair of rows: (n,), (n,) -> (n,)."""
        return self.scorer.score(users, items)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Scores of the whole catalogue: (n,) -> (n, n_items)."""
        return self.scorer.score_catalogue(users)

    def fold_in(
        self, histories: Sequence[IntArray], values: Sequence[FloatArray] | None = None
    ) -> FloatArray:
        """Scores for users unseen in training, from their histories; raises NotSupported."""
        return self.scorer.fold_in(histories, values)

    def save(self, folder: Path) -> None:
        """Writes the serving form; networks write their `.keras` beside it."""
        self.scorer.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """The saved model as it serves: verified, without TensorFlow."""
        return load_scorer(folder)
