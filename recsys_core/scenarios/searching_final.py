"""What a search takes, said before it starts; what became of its best settings; how often test was looked at."""

from __future__ import annotations

import math

import pandas as pd

from recsys_core.evaluation.meanings import duration, title, with_interval
from recsys_core.i18n import _, ngettext
from recsys_core.runs import Run, list_runs
from recsys_core.training.search_final import Shrinkage, looks
from recsys_core.training.search_space import grid_size
from recsys_core.training.study import Study
from recsys_core.training.study_config import GRID, StudyConfig, budget


def shrinkage_answer(found: Shrinkage) -> str:
    """Test value and validation value of the best settings, in one sentence that claims nothing of the gap."""
    return _("On test rows: {metric} {test}; on validation rows it had {valid}").format(
        metric=title(found.metric),
        test=with_interval(found.test, list(found.test_ci)),
        valid=with_interval(found.valid, list(found.valid_ci)),
    )


def shrinkage_title(found: Shrinkage) -> str:
    """What the chart of both places shows, the gain over the default settings where it is known."""
    if math.isnan(found.gain_test):
        return _("The best settings on validation and on test rows")
    return _("Gain over the default settings: {valid:+.1%} on validation, {test:+.1%} on test").format(
        valid=found.gain_valid, test=found.gain_test
    )


def shrinkage_table(found: Shrinkage) -> pd.DataFrame:
    """The best settings in both places: `rows` (validation or test), `value`, `low`, `high`."""
    rows = [
        (_("validation"), found.valid, *found.valid_ci),
        (_("test"), found.test, *found.test_ci),
    ]
    return pd.DataFrame(rows, columns=["rows", "value", "low", "high"])


def gains_table(found: Shrinkage) -> pd.DataFrame | None:
    """Their gain over the default settings in both places, as shares; None where the default ones are not known."""
    if math.isnan(found.gain_test) or math.isnan(found.gain_valid):
        return None
    rows = [
        (_("validation"), found.gain_valid, math.nan, math.nan),
        (_("test"), found.gain_test, *found.gain_test_ci),
    ]
    return pd.DataFrame(rows, columns=["rows", "value", "low", "high"])


def test_looks(study: Study) -> tuple[int, int]:
    """How many runs were measured on the test rows of this study's split, and how many of them it led to itself."""
    config = study.config
    measured = {run.id for run in list_runs() if run.has_model and _same_rows(run, config)}
    return len(measured), len(measured & {one["run"] for one in looks(study)})


def _same_rows(run: Run, config: StudyConfig) -> bool:
    theirs = run.config
    return (theirs.fingerprint, theirs.split, theirs.split_seed) == (
        config.fingerprint,
        config.split,
        config.split_seed,
    )


def looks_words(n: int, of_study: int) -> str:
    """How often test was looked at, and what that means."""
    if not n:
        return _("Test was not looked at yet: no run on this split was measured.")
    told = ngettext(
        "The test rows of this split were looked at once",
        "The test rows of this split were looked at {n} times, once a run",
        n,
    ).format(n=n)
    told += ", " + ngettext("{n} of them for this search.", "{n} of them for this search.", of_study).format(
        n=of_study
    )
    return told + " " + _("Whoever looks often and keeps the best is searching on test.")


def budget_words(config: StudyConfig, seconds: float) -> str:
    """What a search will take, said before it starts.

    Args:
        seconds: how long it is expected to take, as `search_cost.expected_seconds` gives it.
    """
    n, minutes = budget(config)
    told = ngettext("{n} trial", "{n} trials", n).format(n=n)
    if config.method == GRID:
        points = grid_size(config.grid)
        steps = " × ".join(str(len(values)) for values in config.grid.values())
        told = ngettext("A grid of {points} point", "A grid of {points} points", points).format(points=points)
        told += f" ({steps})" if len(config.grid) > 1 else ""
        if n < points:
            told += ", " + _("of which {n} are tried").format(n=n)
    told += ", " + _("about {time}").format(time=duration(seconds))
    if minutes is not None:
        told += ", " + _("no new one after {time}").format(time=duration(60.0 * minutes))
    return told + "."
