"""The Recommender: fit, score, fold_in, save, load. It scores; `ranking.top_k.recommend` ranks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd

from recsys_core.columns import VALUE, Kind
from recsys_core.data.splits import Split, without_validation
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.models.checkpoint import Checkpoint, Session
from recsys_core.params import ParamSpec, resolve
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.load import load_scorer
from recsys_core.types import FloatArray, IntArray, Report, ShouldStop, never_stop, no_report

LIKED = "liked"


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
    needs_time: ClassVar[bool] = False
    watches_valid: ClassVar[bool] = False
    """Whether it chooses its epochs on the validation rows, and learns from them only in a refit."""
    can: Capabilities = Capabilities()

    def __init__(self, params: Mapping[str, Any] | None = None) -> None:
        self.settings = resolve(self.params, params or {})
        self._scorer: Scorer | None = None

    def fit(
        self,
        split: Split,
        *,
        seed: int,
        report: Report = no_report,
        should_stop: ShouldStop = never_stop,
        checkpoint: Checkpoint | None = None,
        refit: bool = True,
    ) -> Self:
        """Learns from the training and validation rows of the split; test rows are never read.

        With a checkpoint that an earlier, interrupted call wrote, it goes on from there. Without `refit` it learns
        from the training rows alone; what chooses its epochs does so on the validation rows.

        Raises:
            NotSupported: the data are of a kind, or lack a column, that this model needs.
            Cancelled: stopped before the first epoch was complete.
        """
        kind = split.dataset.kind
        if kind not in self.kinds:
            raise NotSupported(
                what=_("{model} does not learn from {kind} data").format(model=self.name, kind=kind.value),
                where=_("data set {name}").format(name=split.dataset.name),
                remedy=_("choose a model for this kind of data: see 'models'"),
            )
        if self.needs_time and not split.dataset.has_time:
            raise NotSupported(
                what=_("{model} learns from the order of events, and these have no time").format(
                    model=self.name
                ),
                where=_("data set {name}").format(name=split.dataset.name),
                remedy=_("import the file again with a column of times, or choose another model"),
            )
        rows = split if refit or self.watches_valid else without_validation(split)
        self._scorer = self._fit(rows, Session(seed, report, should_stop, checkpoint, refit))
        self._scorer.liked_from = self.liked_from(split)
        return self

    @abstractmethod
    def _fit(self, split: Split, session: Session) -> Scorer:
        """Learns and returns the serving form."""

    def liked_from(self, split: Split) -> float | None:
        """Where only liked rows are learned (`target` is `liked`), the value from which a row counts as liked."""
        return split.dataset.liked_threshold if self.settings.get("target") == LIKED else None

    def learned_rows(self, split: Split, rows: IntArray) -> IntArray:
        """Those of the interactions that are learned from: all, or the liked ones."""
        threshold = self.liked_from(split)
        if threshold is None:
            return rows
        return rows[split.dataset.interactions[VALUE].to_numpy()[rows] >= threshold]

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
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """Scores for users unseen in training, from histories (oldest first) and attributes; raises NotSupported."""
        return self.scorer.fold_in(histories, values, attributes)

    def score_new_items(self, users: IntArray, items: pd.DataFrame) -> FloatArray:
        """Scores of items unseen in training, from their attributes; raises NotSupported."""
        return self.scorer.score_new_items(users, items)

    def save(self, folder: Path) -> None:
        """Writes the serving form; networks write their `.keras` beside it."""
        self.scorer.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """The saved model as it serves: verified, without TensorFlow."""
        return load_scorer(folder)
