"""One trial: settings, trained on training rows, judged on validation rows. Test rows are never looked at."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from recsys_core.data.splits import Split, without_validation
from recsys_core.errors import Cancelled, DataError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.training.search_metrics import ERRORS
from recsys_core.training.study_config import StudyConfig
from recsys_core.types import Report, ShouldStop


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial gave.

    Attributes:
        value: the study's metric on the validation rows.
        epochs: those that were chosen on validation rows; 0 for a model without epochs.
        per_user: `user`, `sum`, `weight`: the metric is sum of sums over sum of weights (its root, for rmse); empty
            for a figure that is no mean over users.
        ci: the metric's 95 % interval over users.
    """

    value: float
    epochs: int
    per_user: pd.DataFrame
    ci: tuple[float, float]


def try_settings(
    config: StudyConfig,
    settings: Mapping[str, Any],
    split: Split,
    *,
    report: Report,
    should_stop: ShouldStop,
) -> Tried:
    """Trains and judges; the caller asks `should_stop` whether it was complete.

    Raises:
        DataError: it diverged: the figure is not a number. Cancelled: stopped before it was judged.
    """
    model = registry.model_class(config.model)(settings)
    model.fit(split, seed=config.seed, report=report, should_stop=should_stop, refit=False)

    def look(_share: float) -> None:
        if should_stop():
            raise Cancelled(what=_("stopped while it was judged"), where=_("trial"))

    judged = evaluate(model.scorer, without_validation(split), k=config.k, report=look)
    value = judged.metrics.get(config.metric, math.nan)
    if not math.isfinite(value):
        raise DataError(
            what=_("{metric} is not a number: the training diverged").format(metric=config.metric),
            where=_("trial"),
            remedy=_("lower the learning rate"),
        )
    trained = getattr(model, "trained", None)
    low, high = judged.ci.get(config.metric, (math.nan, math.nan))
    epochs = trained.best_epoch if trained is not None else 0
    return Tried(value, epochs, metric_sums(judged.per_user, config.metric), (low, high))


def metric_sums(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """What a metric is made of, a user: `user`, `sum`, `weight`; empty where it is no mean over users or rows.

    Args:
        table: the per-user values of an Evaluation or of a run.
    """
    if metric in ERRORS and "squared_error" in table:
        sums = table["absolute_error" if metric == "mae" else "squared_error"]
        return pd.DataFrame({"user": table["user"], "sum": sums, "weight": table["n"]})
    if metric in table:
        there = table[table[metric].notna()]
        return pd.DataFrame({"user": there["user"], "sum": there[metric], "weight": 1.0})
    return pd.DataFrame({"user": [], "sum": [], "weight": []})


def forget(model: str) -> None:
    """Gives back what TensorFlow keeps of a network that nobody uses any more; other models leave nothing behind."""
    if registry.spec(model).network:
        keras = sys.modules.get("keras")
        if keras is not None:
            keras.backend.clear_session()
        gc.collect()
