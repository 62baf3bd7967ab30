"""What a search found, from its table of trials: best so far, its settings, its curves, and all of that in words.

Tables of trials have the columns of `Study.trials`: `number`, `state`, `reason`, `value`, `epochs`, `seconds` and one
`param:<name>` a searched parameter. A value is a metric on validation rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.evaluation.meanings import better, number, title, with_interval
from recsys_core.i18n import N_, _, ngettext
from recsys_core.models import registry
from recsys_core.params import ParamSpec
from recsys_core.training.search_space import Range
from recsys_core.training.study import FAILED, FINISHED, PARAM, PRUNED, RUNNING, STOPPED
from recsys_core.training.study_config import BAYES, GRID, RANDOM

BEST, CHOSEN = "best", "chosen"
METHODS: dict[str, tuple[str, str]] = {
    BAYES: (
        N_("Bayesian"),
        N_(
            "After some trials drawn at random it tries what lies near the good ones. Finds good settings in the fewest "
            "trials where a few dials matter."
        ),
    ),
    RANDOM: (
        N_("Random"),
        N_(
            "Every trial draws all settings anew. Hard to beat with many dials; any number of trials is fair."
        ),
    ),
    GRID: (
        N_("Grid"),
        N_(
            "Every combination of a few steps of each dial. Easy to explain, but it spends trials on dials that do not "
            "matter, and a grid that is not tried to its end leaves corners out."
        ),
    ),
}
"""What a person reads of each method: its name, and what it does."""
STATES: dict[str, str] = {
    RUNNING: N_("running"),
    FINISHED: N_("finished"),
    PRUNED: N_("pruned"),
    FAILED: N_("failed"),
    STOPPED: N_("stopped"),
}
MOST_CURVES, MOST_POINTS = 60, 4000


def ended(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that are not at work any more."""
    return trials[trials["state"] != RUNNING]


def measured(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials that were tried to their end and have a value."""
    return trials[(trials["state"] == FINISHED) & trials["value"].notna()]


def best_trial(trials: pd.DataFrame, metric: str) -> pd.Series | None:
    """The finished trial with the best value, the earliest of equals; None where none finished."""
    tried = measured(trials)
    if tried.empty:
        return None
    return tried.iloc[int((tried["value"] * _sign(metric)).to_numpy().argmax())]


def _sign(metric: str) -> int:
    return better(metric) or 1


def best_so_far(trials: pd.DataFrame, metric: str, *, workers: int = 1) -> pd.DataFrame:
    """The trials that used budget, as they ended, each with the best up to it.

    Columns: `number`, `state`, `value`, `best`, `trial` (1, 2, ...), `minutes`, `leads` (the best at its time).
    `minutes` is the time that trials have taken, divided by the workers: as the budget counts it, so that a night in
    which the search lay still is not in it. Only finished trials can lead: a pruned one was given up before its end.
    """
    done = trials[(trials["state"] != RUNNING) & trials["counts"].astype(bool)]
    done = done.sort_values(["ended", "number"])
    sign = _sign(metric)
    worth = done["value"].where(done["state"] == FINISHED).astype(float) * sign
    best = worth.cummax().ffill()
    before = best.shift(fill_value=-np.inf).fillna(-np.inf)
    return pd.DataFrame(
        {
            "number": done["number"],
            "state": done["state"],
            "value": done["value"].astype(float),
            "best": best * sign,
            "trial": np.arange(1, len(done) + 1),
            "minutes": done["seconds"].fillna(0.0).cumsum() / 60.0 / workers,
            "leads": worth > before,
        }
    ).reset_index(drop=True)


def settings_of(trial: pd.Series) -> dict[str, Any]:
    """What a trial tried, by the name of the parameter."""
    return {
        name.removeprefix(PARAM): value
        for name, value in trial.items()
        if isinstance(name, str) and name.startswith(PARAM) and not pd.isna(value)
    }


def setting_words(model: str, settings: Mapping[str, Any]) -> list[str]:
    """`Learning rate 0.003` for each setting, in the order of the model's parameters."""
    titles = {spec.name: spec for spec in registry.params_of(model)}
    ordered = [name for name in titles if name in settings] + [
        name for name in settings if name not in titles
    ]
    return [f"{title_of(titles.get(name), name)} {value_words(settings[name])}" for name in ordered]


def title_of(spec: ParamSpec | None, name: str) -> str:
    """What a person reads for a parameter."""
    return _(spec.title) if spec is not None else name


def value_words(value: Any) -> str:
    """A setting as a person reads it: three significant digits, small numbers as they are."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return str(value)
    plain = float(value)
    return f"{plain:.3g}" if abs(plain) < 1000 else f"{plain:,.0f}"


def counted(trials: pd.DataFrame) -> str:
    """`12 trials: 9 finished, 2 pruned, 1 running`."""
    there = list(trials["state"])
    parts = [
        _("{n} {state}").format(n=there.count(state), state=_(words))
        for state, words in STATES.items()
        if state in there
    ]
    head = ngettext("{n} trial", "{n} trials", len(there)).format(n=len(there))
    return f"{head}: {', '.join(parts)}" if parts else head


def answer(trials: pd.DataFrame, metric: str, *, going_on: bool) -> str:
    """The page's answer: how good the best settings are, as far as it is known."""
    best, done = best_trial(trials, metric), ended(trials)
    if best is None:
        if going_on:
            return _("No trial is finished yet.")
        if done.empty:
            return _("No trial was made.")
        return ngettext(
            "No settings found: the only trial did not finish.",
            "No settings found: none of {n} trials finished.",
            len(done),
        ).format(n=len(done))
    told = _("Best so far, trial {number}: {metric} {value} on validation rows")
    if not going_on:
        told = _("The best is trial {number}: {metric} {value} on validation rows")
    return told.format(
        number=int(best["number"]),
        metric=title(metric),
        value=with_interval(float(best["value"]), [float(best["low"]), float(best["high"])]),
    )


def steadiness(trials: pd.DataFrame, metric: str) -> str:
    """What the order of the trials tells: when the best was found, and how far the middle one is behind it."""
    line, tried = best_so_far(trials, metric), measured(trials)
    if len(tried) < 2 or not line["leads"].any():
        return ""
    best = float((tried["value"] * _sign(metric)).max())
    told = _("The middle one of the finished trials is {gap} worse than the best.").format(
        gap=number(best - float((tried["value"] * _sign(metric)).median()))
    )
    since = len(line) - int(line["trial"].to_numpy()[line["leads"].to_numpy()].max())
    if since == 0:
        return told + " " + _("The last trial is the best: more trials may well find better.")
    beaten = ngettext(
        "{n} trial since then has not beaten it.", "{n} trials since then have not beaten it.", since
    )
    return told + " " + beaten.format(n=since)


def default_value(reference: Mapping[str, Any] | None) -> float | None:
    """What the default settings gave on validation rows; None where they were not, or could not be, measured."""
    if reference is None or reference.get("state") != FINISHED or reference.get("value") is None:
        return None
    return float(reference["value"])


def against_default(best: pd.Series, reference: Mapping[str, Any] | None, metric: str) -> str:
    """The best beside the default settings, on validation rows."""
    default = default_value(reference)
    if default is None:
        return ""
    gap = (float(best["value"]) - default) * _sign(metric)
    told = _("The default settings have {default}: {gap} worse.")
    if gap <= 0:
        told = _("The default settings have {default}, which nothing has beaten.")
    return told.format(default=number(default), gap=number(gap))


def looks(trials: pd.DataFrame, metric: str, chosen: int | None = None) -> pd.Series:
    """How each trial is drawn: its state, or `best`, or `chosen`; by the index of `trials`."""
    drawn = trials["state"].astype(str).copy()
    best = best_trial(trials, metric)
    if best is not None:
        drawn[trials["number"] == best["number"]] = BEST
    if chosen is not None:
        drawn[trials["number"] == chosen] = CHOSEN
    return drawn


def curves_table(
    curves: pd.DataFrame, trials: pd.DataFrame, metric: str, chosen: int | None = None
) -> pd.DataFrame:
    """`number`, `epoch`, `value`, `look` of every epoch of the trials that can be drawn together.

    With more than `MOST_CURVES` trials the best, the chosen one and the newest are shown.
    """
    look = dict(zip(trials["number"], looks(trials, metric, chosen), strict=True))
    shown = sorted(set(curves["number"]) & set(look))
    if len(shown) > MOST_CURVES:
        first = [one for one in shown if look[one] in (BEST, CHOSEN)]
        shown = sorted({*first, *shown[len(first) - MOST_CURVES :]})
    table = curves[curves["number"].isin(shown)].dropna(subset=["value"])
    if len(table) > MOST_POINTS:
        step = -(-len(table) // MOST_POINTS)
        last = table.groupby("number")["epoch"].transform("max")
        table = table[(table["epoch"] % step == 0) | (table["epoch"] == last)]
    return table.assign(look=table["number"].map(look))[["number", "epoch", "value", "look"]].reset_index(
        drop=True
    )


def shown_table(trials: pd.DataFrame, model: str, metric: str) -> pd.DataFrame:
    """The table of trials as a person reads it: one row a trial, the newest last, numbers from 1."""
    specs = {spec.name: spec for spec in registry.params_of(model)}
    names = [name for name in trials.columns if name.startswith(PARAM)]
    head = pd.DataFrame(
        {
            _("Trial"): trials["number"],
            title(metric): trials["value"].astype(float),
            _("End"): [_(STATES.get(state, state)) for state in trials["state"]],
        }
    )
    dials = {
        title_of(specs.get(name.removeprefix(PARAM)), name.removeprefix(PARAM)): trials[name]
        for name in names
    }
    epochs = {_("Epochs"): trials["epochs"].astype("Int64")} if (trials["epochs"] > 0).any() else {}
    rest = {
        **epochs,
        _("Seconds"): trials["seconds"].astype(float).round(1),
        _("Reason"): trials["reason"].fillna("").astype(str),
    }
    parts = [head, pd.DataFrame(dials, index=head.index), pd.DataFrame(rest)]
    return pd.concat(parts, axis=1).reset_index(drop=True)


def axes_of(model: str, ranges: Sequence[Range]) -> dict[str, str]:
    """What is searched: the name of each parameter and what a person reads."""
    specs = {spec.name: spec for spec in registry.params_of(model)}
    return {one.name: title_of(specs.get(one.name), one.name) for one in ranges}
