"""What a search may aim at: the figures that judging a model on validation rows gives, and which way is better."""

from __future__ import annotations

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.errors import NotSupported, ParamError
from recsys_core.evaluation import meanings
from recsys_core.evaluation.beyond import SYSTEM_METRICS
from recsys_core.evaluation.metrics import RANKING_METRICS
from recsys_core.i18n import _
from recsys_core.models import registry

LIKED_METRICS = ("ndcg_liked", "recall_liked", "hr_liked")
ERRORS = ("rmse", "mae", "mse")
OF_RATINGS = (*ERRORS, "accuracy", "liked_precision", "liked_recall", "liked_f1", "auc")
DEFAULT_LIST, DEFAULT_RATING = "ndcg", "rmse"


def metrics_for(model: str, data: Dataset, k: int) -> list[str]:
    """Names of every figure that settings of this model can be searched by, the usual ones first."""
    low, high = data.value_range
    lists = [*RANKING_METRICS]
    if data.kind is Kind.RATING and low < high:
        lists += LIKED_METRICS
    systems = [name for name in SYSTEM_METRICS if meanings.better(name)]
    ratings = list(OF_RATINGS) if predicts_ratings(model) else []
    return [*(f"{name}@{k}" for name in lists), *ratings, *(f"{name}@{k}" for name in systems)]


def predicts_ratings(model: str) -> bool:
    """Whether it predicts values: what learns from ratings alone does."""
    return registry.kinds_of(model) == (Kind.RATING,)


def default_metric(model: str, k: int) -> str:
    """What a search aims at where nobody says otherwise."""
    return DEFAULT_RATING if predicts_ratings(model) else f"{DEFAULT_LIST}@{k}"


def check_metric(metric: str, model: str, data: Dataset, k: int) -> str:
    """The metric's full name (`ndcg` becomes `ndcg@10`).

    Raises:
        NotSupported: a rating error is asked of a model that makes lists only. ParamError: no such metric.
    """
    usable = metrics_for(model, data, k)
    full = metric if metric in usable else f"{metric}@{k}"
    if full in usable:
        return full
    if metric in OF_RATINGS:
        raise NotSupported(
            what=_("{model} makes lists and predicts no value").format(model=model),
            where="--metric",
            remedy=_("use e.g. {metric}").format(metric=f"{DEFAULT_LIST}@{k}"),
        )
    raise ParamError(
        what=_("{given} is no figure to search by").format(given=repr(metric[:60])),
        where="--metric",
        remedy=_("use one of: {known}").format(known=", ".join(usable)),
    )


def lower_is_better(metric: str) -> bool:
    """Whether a search makes it small."""
    return meanings.better(metric) < 0
