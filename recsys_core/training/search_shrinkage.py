"""From validation to test without flattery: what the best settings keep of their gain, and what was luck of choosing.

Validation and test rows differ (fewer right answers a user, fewer rows to learn from), so the two values of one run
cannot be subtracted to tell what choosing flattered. The default settings, which nobody chose by these rows, go the
same way; what the best ones gain over them, in per cent, can be compared. And drawing the validation users anew tells
before any look at test how much of the best value is luck: Tsamardinos, Greasidou & Borboudakis, Bootstrapping the
out-of-sample predictions for efficient and accurate cross-validation, Machine Learning 2018.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.evaluation import meanings
from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, percentile_interval, user_draws
from recsys_core.i18n import _
from recsys_core.runs import Run
from recsys_core.training.search_metrics import lower_is_better
from recsys_core.training.search_trial import metric_sums
from recsys_core.training.study import FINISHED, Study
from recsys_core.types import FloatArray

MOST_CELLS, MOST_DRAWS, LEAST_DRAWS = 20_000_000, 500, 50
NOWHERE = (math.nan, math.nan)
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """What became of the best value.

    Attributes:
        metric: measured in all places.
        n_tried: finished trials among which the best was chosen.
        valid, test: the best trial on validation rows, its run on test rows; with their 95 % intervals over users.
        default_valid, default_test: the same of the default settings; NaN where they were not measured.
        gain_valid, gain_test: how much better than the default settings, as a share of their value, above 0 is better.
        lost, lost_ci: gain_valid - gain_test, the price of choosing, and its interval; NaN where it cannot be told.
    """

    metric: str
    n_tried: int
    valid: float
    test: float
    valid_ci: Pair = NOWHERE
    test_ci: Pair = NOWHERE
    default_valid: float = math.nan
    default_test: float = math.nan
    gain_valid: float = math.nan
    gain_test: float = math.nan
    gain_test_ci: Pair = NOWHERE
    lost: float = math.nan
    lost_ci: Pair = NOWHERE

    @property
    def difference(self) -> float:
        """How much worse test is than validation: rows and choosing together; below 0 where test is better."""
        return worse_by(self.metric, self.valid, self.test)

    @property
    def default_difference(self) -> float:
        """The same of the default settings: the rows alone."""
        return worse_by(self.metric, self.default_valid, self.default_test)


def worse_by(metric: str, before: float, after: float) -> float:
    """How much worse `after` is, in units of the metric."""
    return after - before if lower_is_better(metric) else before - after


def gain(metric: str, ours: FloatArray | float, default: FloatArray | float) -> FloatArray:
    """How much better than the default, as a share of its value."""
    sign = -1.0 if lower_is_better(metric) else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sign * (np.asarray(ours, np.float64) / np.asarray(default, np.float64) - 1.0))


def shrunk(study: Study, number: int, final: Run, default: Run | None) -> Shrinkage:
    """What became of a finished trial's value in its run; without the default's run only the two values."""
    trials, metric = study.trials(), study.config.metric
    row = trials[trials["number"] == number].iloc[0]
    n_tried = int((trials["state"] == FINISHED).sum())
    measured = final.measured()
    test, low_high = measured["metrics"].get(metric, math.nan), measured["ci"].get(metric, NOWHERE)
    plain = Shrinkage(
        metric, n_tried, float(row["value"]), test, (float(row["low"]), float(row["high"])), tuple(low_high)
    )
    reference = study.reference()
    if reference is None or reference["state"] != FINISHED or default is None or not default.has_model:
        return plain
    default_test = default.measured()["metrics"].get(metric, math.nan)
    return _beside_default(study, number, (final, default), plain, (reference["value"], default_test))


def _beside_default(
    study: Study, number: int, runs: tuple[Run, Run], plain: Shrinkage, default: Pair
) -> Shrinkage:
    metric = plain.metric
    gains = [float(gain(metric, *pair)) for pair in ((plain.valid, default[0]), (plain.test, default[1]))]
    tables = [trial_sums(study, number), trial_sums(study, None)]
    tables += [metric_sums(run.table("users"), metric) for run in runs]
    test_ci, lost_ci = NOWHERE, NOWHERE
    if all(len(table) for table in tables):
        ours_valid, default_valid, ours_test, default_test = drawn_together(metric, tables)
        on_valid, on_test = gain(metric, ours_valid, default_valid), gain(metric, ours_test, default_test)
        test_ci, lost_ci = percentile_interval(on_test), percentile_interval(on_valid - on_test)
    return Shrinkage(
        metric=metric,
        n_tried=plain.n_tried,
        valid=plain.valid,
        test=plain.test,
        valid_ci=plain.valid_ci,
        test_ci=plain.test_ci,
        default_valid=default[0],
        default_test=default[1],
        gain_valid=gains[0],
        gain_test=gains[1],
        gain_test_ci=test_ci,
        lost=gains[0] - gains[1],
        lost_ci=lost_ci,
    )


def trial_sums(study: Study, number: int | None) -> pd.DataFrame:
    """What a trial's value (None: the default settings') is made of, a user; empty where it is no mean over users."""
    path = study.folder / "trials" / f"{'default' if number is None else number}.parquet"
    return pd.read_parquet(path) if path.exists() else pd.DataFrame({"user": [], "sum": [], "weight": []})


def drawn_together(metric: str, tables: list[pd.DataFrame]) -> list[FloatArray]:
    """The metric of every table in the same draws of users: each (n_draws,)."""
    users = np.unique(np.concatenate([table["user"].to_numpy() for table in tables]))
    draws = _draws(len(users))
    return [_values(metric, draws, *_columns(table, users)) for table in tables]


def _draws(n_users: int) -> FloatArray:
    n_draws = min(MOST_DRAWS, max(LEAST_DRAWS, MOST_CELLS // max(1, n_users)))
    return user_draws(n_users, BOOTSTRAP_SEED, n_draws)


def _columns(table: pd.DataFrame, users: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums and weights by place in `users`, 0 for those who are not in the table."""
    sums, weights = np.zeros(len(users)), np.zeros(len(users))
    place = np.searchsorted(users, table["user"].to_numpy())
    sums[place], weights[place] = table["sum"], table["weight"]
    return sums, weights


def _values(metric: str, draws: FloatArray, sums: FloatArray, weights: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        means = (draws @ sums) / (draws @ weights)
    return np.sqrt(means) if metric == "rmse" else np.asarray(means)


def luck_of_choosing(study: Study) -> float:
    """How much the best value on validation flatters, told from validation alone; NaN where it cannot be told.

    In each draw of users the best trial is chosen by those drawn and judged by those left out; the best value minus
    the mean of these is what the choosing added.
    """
    trials, metric = study.trials(), study.config.metric
    numbers = [int(n) for n in trials.loc[trials["state"] == FINISHED, "number"]]
    tables = [table for n in numbers if len(table := trial_sums(study, n))]
    best = study.best(trials)
    if len(tables) < 2 or best is None:
        return math.nan
    users = np.unique(np.concatenate([table["user"].to_numpy() for table in tables]))
    draws = _draws(len(users))
    left_out = (draws == 0).astype(np.float64)
    columns = [_columns(table, users) for table in tables]
    inside = np.stack([_values(metric, draws, *pair) for pair in columns])  # (n_trials, n_draws)
    outside = np.stack([_values(metric, left_out, *pair) for pair in columns])
    chosen = inside.argmin(axis=0) if lower_is_better(metric) else inside.argmax(axis=0)
    honest = float(np.nanmean(outside[chosen, np.arange(outside.shape[1])]))
    return worse_by(metric, float(best["value"]), honest)


def in_words(found: Shrinkage, luck: float = math.nan) -> list[str]:
    """What became of the best value, a sentence a finding."""
    title = meanings.title(found.metric)
    told = [
        _("{metric}: {valid} on validation rows, {test} on test rows.").format(
            metric=title,
            valid=meanings.with_interval(found.valid, list(found.valid_ci)),
            test=meanings.with_interval(found.test, list(found.test_ci)),
        )
    ]
    if math.isfinite(found.gain_test):
        told += _beside_the_default(found)
    else:
        told.append(
            _(
                "The two cannot be subtracted: validation rows hold other right answers than test rows, and fewer, and "
                "the final model learned from more rows. The default settings, measured in both places, would tell."
            )
        )
    if math.isfinite(luck):
        told.append(_of_luck(found, luck))
    return told


def _of_luck(found: Shrinkage, luck: float) -> str:
    if luck <= 0.0:
        words = _("The validation rows by themselves show no luck in choosing the best of {n}.")
        return words.format(n=found.n_tried)
    return _(
        "Choosing the best of {n} by the same users flatters: about {luck} of its {metric} on validation is luck."
    ).format(n=found.n_tried, luck=meanings.number(luck), metric=meanings.title(found.metric))


def _beside_the_default(found: Shrinkage) -> list[str]:
    number = meanings.number
    if found.gain_valid == found.gain_test == 0.0:
        return [_("They give what the default settings give, on validation and on test.")]
    rows = _(
        "The default settings, which nobody chose by these rows, go from {valid} to {test}: that is the rows, not the "
        "choosing."
    ).format(valid=number(found.default_valid), test=number(found.default_test))
    gains = _(
        "Over them the best settings gain {gain_valid:+.1%} on validation and {gain_test:+.1%} on test"
    ).format(gain_valid=found.gain_valid, gain_test=found.gain_test)
    low, high = found.gain_test_ci
    if not math.isfinite(low):
        return [rows, f"{gains}.", _price(found)]
    interval = _("(95 % interval {low:+.1%} to {high:+.1%})").format(low=low, high=high)
    if high < 0:
        verdict = _("On test the default settings are better: keep them.")
    elif low > 0:
        verdict = _("The gain holds on test.")
    else:
        verdict = _("On test the gain may be chance.")
    return [rows, f"{gains} {interval}. {verdict}", _price(found)]


def _price(found: Shrinkage) -> str:
    points = f"{100 * abs(found.lost):.1f}"
    low, high = found.lost_ci
    if not math.isfinite(low):
        words = _("The two gains lie {points} percentage points apart.")
    elif low > 0:
        words = _("Choosing by the validation rows flattered by {points} percentage points.")
    elif high < 0:
        words = _("The gain is larger on test, by {points} percentage points: choosing did not flatter.")
    else:
        words = _("The two gains lie {points} percentage points apart, which may be chance.")
    return words.format(points=points)
