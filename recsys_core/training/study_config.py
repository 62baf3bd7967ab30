"""What a study was asked for, checked: every refusal happens here, before a process starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.runs import RunConfig
from recsys_core.training.jobs import DEFAULT_SPLIT, configure
from recsys_core.training.search_metrics import check_metric, default_metric
from recsys_core.training.search_space import (
    MOST_GRID,
    Range,
    checked,
    default_ranges,
    grid_of,
    grid_size,
)

GRID, RANDOM, BAYES = "grid", "random", "bayes"
METHODS = {
    GRID: N_("every point of a grid over the ranges"),
    RANDOM: N_("points drawn at random, each range evenly"),
    BAYES: N_("each point chosen by what the trials before it gave (Bayesian, TPE)"),
}
DEFAULT_TRIALS, MOST_TRIALS = 30, 1000
MOST_MINUTES, MOST_WORKERS = 7 * 24 * 60.0, 16
UNSEARCHABLE = {
    "blend": N_("a blend learns its weights on the validation rows, so nothing honest is left to choose by"),
    "reranked": N_(
        "its run has learned from the validation rows already; the page Diversity shows what each dial costs"
    ),
    "newcomer": N_("it is made of another model and popularity; search the settings of that model instead"),
    "random": N_("it has no settings"),
}


@dataclass(frozen=True, slots=True)
class StudyConfig:
    """Everything that decides a study, and who asked for it.

    Attributes:
        method: `grid`, `random` or `bayes`.
        n_trials: how many settings are tried, a grid's size at most.
        minutes: no trial begins after so many minutes of work; None: no limit.
        metric: full name, measured on validation rows.
        seed: the models' seed, and what the drawn settings follow from.
        fixed: the settings that every trial shares, checked; what is neither here nor in `ranges` keeps its default.
        workers: processes that work side by side.
    """

    model: str
    dataset: str
    fingerprint: str
    split: str
    split_seed: int
    method: str
    n_trials: int
    metric: str
    fixed: Mapping[str, Any]
    ranges: tuple[Range, ...]
    actor: str
    minutes: float | None = None
    seed: int = 0
    k: int = 10
    name: str = ""
    workers: int = 1
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def split_spec(self) -> SplitSpec:
        """The split that it asks for."""
        return SplitSpec.parse(self.split, seed=self.split_seed)

    @property
    def grid(self) -> dict[str, list[Any]]:
        """The values of each parameter that a grid search tries."""
        return grid_of(self.ranges, self.n_trials)

    def settings_of(self, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting of the model with these values of what is searched."""
        return resolve(registry.params_of(self.model), {**self.fixed, **chosen})

    def run_config(self, settings: Mapping[str, Any], *, actor: str, name: str = "") -> RunConfig:
        """A usual run on the same data and split with these settings."""
        return RunConfig(
            model=self.model,
            settings=dict(settings),
            dataset=self.dataset,
            fingerprint=self.fingerprint,
            split=self.split,
            split_seed=self.split_seed,
            seed=self.seed,
            k=self.k,
            name=name,
            actor=actor,
        )


def budget(config: StudyConfig) -> tuple[int, float | None]:
    """Trials at most, minutes at most (None: no limit); a grid that is smaller than the trials ends earlier."""
    n = config.n_trials
    return (min(n, grid_size(config.grid)) if config.method == GRID else n), config.minutes


def configure_study(
    data: Dataset,
    model: str,
    *,
    method: str,
    actor: str,
    n_trials: int = DEFAULT_TRIALS,
    minutes: float | None = None,
    metric: str = "",
    split: SplitSpec = DEFAULT_SPLIT,
    fixed: Mapping[str, Any] | None = None,
    ranges: Sequence[Range] | None = None,
    seed: int = 0,
    k: int = 10,
    name: str = "",
    workers: int = 1,
) -> StudyConfig:
    """A checked study; without ranges those of `default_ranges` that are not fixed.

    Raises:
        NotFound: no such model. NotSupported: a model that cannot be searched, or wrong data for it.
        ParamError: anything else that no trial could be made with.
    """
    registry.learner(model)
    if model in UNSEARCHABLE:
        raise NotSupported(
            what=_("{model} cannot be searched: {why}").format(model=model, why=_(UNSEARCHABLE[model])),
            where="--model",
            remedy=_("choose another model"),
        )
    if method not in METHODS:
        raise _refused(
            repr(method[:40]), "--method", _("use one of: {known}").format(known=", ".join(METHODS))
        )
    _check_budget(n_trials, minutes, workers)
    given = dict(fixed or {})
    checked_run = configure(data, model, actor=actor, settings=given, split=split, seed=seed, k=k, name=name)
    if not len(make_split(data, split).valid):
        raise NotSupported(
            what=_("the split has no validation rows to choose by"),
            where=_("data set {name}").format(name=data.name),
            remedy=_("choose another split, or data with more rows per user"),
        )
    config = StudyConfig(
        model=model,
        dataset=data.name,
        fingerprint=data.fingerprint,
        split=checked_run.split,
        split_seed=checked_run.split_seed,
        method=method,
        n_trials=n_trials,
        minutes=minutes,
        metric=check_metric(metric or default_metric(model, k), model, data, k),
        fixed={key: checked_run.settings[key] for key in given},
        ranges=_ranges(model, given, ranges),
        actor=actor,
        seed=seed,
        k=k,
        name=name,
        workers=workers,
    )
    _check_grid(config)
    return config


def _check_budget(n_trials: int, minutes: float | None, workers: int) -> None:
    bounds: tuple[tuple[str, float, float], ...] = (
        ("--trials", n_trials, MOST_TRIALS),
        ("--minutes", 1.0 if minutes is None else minutes, MOST_MINUTES),
        ("--workers", workers, MOST_WORKERS),
    )
    for option, value, most in bounds:
        low = 0.01 if option == "--minutes" else 1
        if not low <= value <= most:
            raise _refused(
                f"{value:g}", option, _("use a number from {low:g} to {most:g}").format(low=low, most=most)
            )


def _ranges(model: str, fixed: Mapping[str, Any], given: Sequence[Range] | None) -> tuple[Range, ...]:
    if given is None or not len(given):
        given = [one for one in default_ranges(model) if one.name not in fixed]
    ranges = tuple(checked(one, model) for one in given)
    names = [one.name for one in ranges]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise _refused(repr(twice), "--range", _("give one range a parameter"))
    both = set(names) & set(fixed)
    if both:
        raise _refused(repr(min(both)), "--set", _("a parameter is either searched or fixed"))
    if not ranges:
        raise _refused(_("nothing"), "--range", _("name at least one parameter to search"))
    return ranges


def _check_grid(config: StudyConfig) -> None:
    size = grid_size(config.grid)
    if config.method == GRID and size > MOST_GRID:
        raise ParamError(
            what=_("the grid has {size:,} points").format(size=size),
            where="--method grid",
            remedy=_(
                "give fewer ranges or values ({most:,} points at most), or search with random or bayes"
            ).format(most=MOST_GRID),
        )


def _refused(given: str, where: str, remedy: str) -> ParamError:
    return ParamError(what=_("{given} is not allowed").format(given=given), where=where, remedy=remedy)
