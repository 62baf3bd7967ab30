"""Trains the arms behind the worth of an attribute. Test rows are never touched: choosing columns by them would be.

A model learns from training rows, chooses its epochs on a part of them, and is judged on the split's validation rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.one_attribute import (
    Attribute,
    attribute_named,
    shuffled_attribute,
    without_attribute,
)
from recsys_core.data.splits import Split, SplitSpec, make_split, split_within
from recsys_core.errors import Cancelled, NotSupported, ParamError
from recsys_core.evaluation.worth import ARMS, SHUFFLED, WITH, metric_of, values_of
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.models.reading import read_attributes
from recsys_core.ranking.top_k import check_k
from recsys_core.training.jobs import configure
from recsys_core.types import FloatArray, IntArray, Report, ShouldStop, never_stop, no_report

SEEDS, FEWEST_SEEDS, MOST_SEEDS = 3, 2, 20


@dataclass(frozen=True)
class Question:
    """What an attribute is worth to a model, under a split, with lists of k, over so many seeds."""

    data: Dataset
    model: str
    attribute: Attribute
    split: SplitSpec
    settings: dict[str, Any] = field(default_factory=dict)
    k: int = 10
    seeds: int = SEEDS

    @property
    def metric(self) -> str:
        """What the model is judged by."""
        return metric_of(ratings=Kind.IMPLICIT not in registry.kinds_of(self.model), k=self.k)

    def trainings(self) -> list[tuple[int, str]]:
        """(seed, arm) of everything that must be learned, seed by seed."""
        return [(seed, arm) for seed in range(self.seeds) for arm in ARMS]

    def variant(self, arm: str, seed: int) -> Dataset:
        """The data that an arm learns from."""
        if arm == WITH:
            return self.data
        if arm == SHUFFLED:
            return shuffled_attribute(self.data, self.attribute, seed)
        return without_attribute(self.data, self.attribute)

    def judged_on(self) -> Split:
        """The split whose test rows are the validation rows, on the data as they are.

        Raises:
            NotSupported: there are no validation rows, or none that this protocol judges.
            ParamError: nothing is left to learn from.
        """
        outer = make_split(self.data, self.split)
        inner = split_within(outer) if len(outer.valid) else None
        if inner is None or (self.split.protocol == "cold-item" and not len(inner.cold_items)):
            raise NotSupported(
                what=_("the split leaves no validation rows to judge on"),
                where=_("split {spec}").format(spec=self.split),
                remedy=_("choose another split, or data with more rows"),
            )
        return inner


def ask(
    data: Dataset,
    model: str,
    attribute: str,
    *,
    split: SplitSpec,
    settings: Mapping[str, Any] | None = None,
    k: int = 10,
    seeds: int = SEEDS,
) -> Question:
    """A checked question; every refusal happens here.

    Args:
        attribute: `items.genres`, or `genres` where only one table has it.
    Raises:
        NotFound: no such model or attribute. ParamError: a bad setting, split, k or number of seeds.
        NotSupported: the model reads no attributes, or not this one; or it cannot be judged under this split.
    """
    config = configure(data, model, actor="worth", settings=settings, split=split, k=check_k(k, data.n_items))
    if not FEWEST_SEEDS <= seeds <= MOST_SEEDS:
        raise ParamError(
            what=_("{given} is not allowed").format(given=seeds),
            where="--seeds",
            remedy=_("use a whole number from {least} to {most}").format(least=FEWEST_SEEDS, most=MOST_SEEDS),
        )
    column, read = attribute_named(data, attribute), read_attributes(model, data)
    if column not in read:
        raise NotSupported(
            what=_("{model} does not read {attribute}").format(model=model, attribute=column),
            where=_("data set {name}").format(name=data.name),
            remedy=_("it reads: {known}").format(known=", ".join(map(str, read)))
            if read
            else _("use a model that reads attributes, such as two_tower"),
        )
    return Question(data, model, column, split, dict(config.settings), k, seeds)


def learn(
    question: Question,
    arm: str,
    seed: int,
    split: Split,
    *,
    report: Report = no_report,
    should_stop: ShouldStop = never_stop,
) -> tuple[IntArray, FloatArray]:
    """Trains one arm with one seed; the judged user rows and their values, each (n_users,).

    Args:
        split: what `judged_on` gave: every arm has the same rows.
    Raises:
        Cancelled: it was stopped.
    """
    own = replace(split, dataset=question.variant(arm, seed))
    model = registry.model_class(question.model)(question.settings)
    model.fit(own, seed=seed, report=report, should_stop=should_stop)
    if should_stop():
        raise Cancelled(what=_("it was stopped"), where=_("worth of {name}").format(name=question.attribute))
    return values_of(model.scorer, own, question.k)
