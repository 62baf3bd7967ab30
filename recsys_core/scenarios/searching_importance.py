"""Which parameters matter to a search's value, and which only look so by chance."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.i18n import _, ngettext
from recsys_core.scenarios.searching import axes_of
from recsys_core.training.search_space import Range
from recsys_core.training.study import FINISHED, PARAM, PRUNED
from recsys_core.types import FloatArray

LEAST_TRIALS = 10
"""Ended trials from which importance is shown at all: below, a picture of chance."""
GOOD_SHARE = 0.25
"""A parameter matters when its values in so many of the best trials differ from those in all trials."""
SHUFFLES = 40
LEVEL = 0.95


@dataclass(frozen=True)
class Importance:
    """How much each parameter matters.

    Attributes:
        table: `name`, `title`, `share` (they add up to 1), `chance` (what a parameter that does not matter reaches in
            one of twenty searches), `real` (share above chance); the largest share first. Empty below LEAST_TRIALS.
        n: trials that count.
    """

    table: pd.DataFrame
    n: int

    @property
    def sentence(self) -> str:
        """What the shares say, in words."""
        if self.table.empty:
            return ngettext(
                "{n} trial has ended: too few to tell which settings matter. It shows from {least} on.",
                "{n} trials have ended: too few to tell which settings matter. It shows from {least} on.",
                self.n,
            ).format(n=self.n, least=LEAST_TRIALS)
        real = list(self.table.loc[self.table["real"], "title"])
        if not real:
            return _("No setting stands out from chance after {n} trials.").format(n=self.n)
        return ngettext(
            "{names} matters more than chance explains, after {n} trials.",
            "{names} matter more than chance explains, after {n} trials.",
            len(real),
        ).format(names=_(" and ").join([", ".join(real[:-1]), real[-1]] if real[1:] else real), n=self.n)


def counts(trials: pd.DataFrame) -> int:
    """How many trials importance is told from; by this number a result may be kept."""
    return len(_counted(trials))


def _counted(trials: pd.DataFrame) -> pd.DataFrame:
    """Finished trials with a value, and pruned ones: those were given up because they are not among the best."""
    finished = (trials["state"] == FINISHED) & trials["value"].notna()
    return trials[finished | (trials["state"] == PRUNED)]


def importance(
    trials: pd.DataFrame, ranges: Sequence[Range], *, model: str, sign: int, seed: int = 0
) -> Importance:
    """PED-ANOVA of the trials, beside what it gives when values are dealt to the trials by lot.

    How far the values of a parameter in the best quarter of the trials are from its values in all of them
    (Watanabe, Bansal & Hutter, IJCAI 2023; Optuna's evaluator): 5 ms, where fANOVA takes seconds. It needs only who
    is among the best, so trials that were pruned count as they should. Shares always add up to 1, also where nothing
    matters; hence the comparison with chance.

    Args:
        sign: 1 where higher values are better, -1 where lower ones are.
    """
    counted = _counted(trials)
    names = [one.name for one in ranges if f"{PARAM}{one.name}" in counted and _varies(counted, one.name)]
    empty = pd.DataFrame({"name": [], "title": [], "share": [], "chance": [], "real": pd.Series(dtype=bool)})
    if len(counted) < LEAST_TRIALS or not names:
        return Importance(empty, len(counted))
    used = [one for one in ranges if one.name in names]
    worth = (counted["value"] * sign).where(counted["state"] == FINISHED).to_numpy(float)
    worth = np.where(np.isnan(worth), np.nanmin(worth, initial=0.0) - 1.0, worth)
    raw, by_lot = _raw(_settings(counted, used), used, worth, np.random.default_rng(seed))
    chance = _by_chance(by_lot)
    total = raw.sum() or 1.0
    titles = axes_of(model, used)
    table = pd.DataFrame(
        {
            "name": [one.name for one in used],
            "title": [titles[one.name] for one in used],
            "share": raw / total,
            "chance": chance / total,
            "real": raw > chance,
        }
    )
    return Importance(table.sort_values("share", ascending=False, ignore_index=True), len(counted))


def _by_chance(by_lot: FloatArray) -> FloatArray:
    """What each of m parameters stays below in 95 % of draws (n, m), all of them at once; shape (m,).

    Each by its own scale, then one factor for all: Westfall & Young, Resampling-Based Multiple Testing, 1993.
    """
    own = np.maximum(np.quantile(by_lot, LEVEL, axis=0), 1e-12)
    factor = np.quantile((by_lot / own).max(axis=1), LEVEL)
    return own * max(float(factor), 1.0)


def _varies(trials: pd.DataFrame, name: str) -> bool:
    return trials[f"{PARAM}{name}"].nunique() > 1


def _settings(trials: pd.DataFrame, ranges: Sequence[Range]) -> list[dict[str, object]]:
    """What each trial tried, as plain Python values."""
    columns = {}
    for one in ranges:
        given = trials[f"{PARAM}{one.name}"]
        kind = {"int": int, "float": float}.get(one.kind, str)
        columns[one.name] = [kind(value) for value in given]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _raw(
    settings: list[dict[str, object]], ranges: Sequence[Range], worth: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Importance as it is, not made to add up to 1: of the trials, (m,), and of values dealt by lot, (SHUFFLES, m)."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    known = {one.name: one.distribution() for one in ranges}
    study.add_trials(
        [
            optuna.trial.create_trial(params=params, distributions=known, value=float(value))
            for params, value in zip(settings, worth, strict=True)
        ]
    )
    evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=GOOD_SHARE)

    def once(values: FloatArray) -> list[float]:
        # Optuna takes lower for better wherever it is told what to look at
        found = evaluator.evaluate(study, target=lambda trial: -float(values[trial.number]))
        return [float(found[one.name]) for one in ranges]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of that at every look
        drawn = [once(worth), *(once(rng.permutation(worth)) for _draw in range(SHUFFLES))]
    table = np.nan_to_num(np.array(drawn))
    return table[0], table[1:]
