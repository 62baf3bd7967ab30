"""Finished runs of the same model on this machine: how far the counted figures were off, to correct the next ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from recsys_core.columns import Kind
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import list_datasets
from recsys_core.errors import RecsysError
from recsys_core.runs import DONE, Run, list_runs
from recsys_core.training.estimate_need import Question, need
from recsys_core.training.estimate_sizes import Epochs, Expected, Sizes
from recsys_core.training.estimate_speed import Speed

MOST_LOOKED_AT = 3
FARTHEST = 6.0
"""No run corrects by more than this: something else was wrong with it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What finished runs say.

    Attributes:
        n: runs looked at; same_data: how many of them are of the same data and split.
        fit, rest, memory: actual over counted, the geometric mean; 1 where there is none.
        best: the best epoch of the newest run of the same data and split.
    """

    n: int = 0
    same_data: int = 0
    fit: float = 1.0
    rest: float = 1.0
    memory: float = 1.0
    best: float | None = None


@dataclass(frozen=True, slots=True)
class _Off:
    fit: float
    rest: float
    memory: float
    best: int


def past_of(model: str, fingerprint: str, split: SplitSpec, speed: Speed) -> Past:
    """The newest finished runs of the model: of the same data and split where there are some, else of any."""
    runs = [run for run in list_runs() if run.config.model == model and _made_here(run)]
    same = [run for run in runs if _like(run, fingerprint, split)]
    found = [off for run in (same or runs)[:MOST_LOOKED_AT] if (off := _off(str(run.folder), speed))]
    if not found:
        return Past()
    return Past(
        len(found),
        len(found) if same else 0,
        _middle([one.fit for one in found]),
        _middle([one.rest for one in found]),
        _middle([one.memory for one in found]),
        float(found[0].best) if same and found[0].best else None,
    )


def _made_here(run: Run) -> bool:
    """Another machine's seconds say nothing of this one's."""
    return run.state == DONE and run.origin is None


def _like(run: Run, fingerprint: str, split: SplitSpec) -> bool:
    return run.config.fingerprint == fingerprint and run.config.split == str(split)


@lru_cache(maxsize=256)
def _off(folder: str, speed: Speed) -> _Off | None:
    """How far the counted figures of a finished run, which never changes, are from what it took; None if unknown."""
    from pathlib import Path

    run = Run(Path(folder))
    try:
        config, status = run.config, run.status
        summary = next(one for one in list_datasets() if one.fingerprint == config.fingerprint)
        split, kind = config.split_spec, Kind(summary.kind)
        sizes = Sizes.of(summary.users, summary.items, summary.rows, kind, split)
        question = Question(config.model, config.settings, sizes, split, speed)
        counted = need(question, _made(run))
        taken = status["seconds"]
        rest = float(taken["prepare"]) + float(taken["evaluate"])
        return _Off(
            _ratio(float(taken["fit"]), counted.fit[0]),
            _ratio(rest, counted.rest),
            _ratio(float(status["peak_rss_mb"]), counted.memory_mb),
            int(status.get("epochs") or 0),
        )
    except (RecsysError, StopIteration, KeyError, TypeError, ValueError):
        return None


def _made(run: Run) -> Expected:
    """The epochs that it really made."""
    curve = run.curve()
    made = Epochs(0, 0)
    if not curve.empty:
        made = Epochs(int((curve["phase"] == "train").sum()), int((curve["phase"] == "refit").sum()))
    return Expected(made, made, made)


def _ratio(actual: float, counted: float) -> float:
    """Actual over counted, tenths of a second and a few megabytes being nothing; between 1/6 and 6."""
    return min(FARTHEST, max(1 / FARTHEST, (actual + 0.1) / (counted + 0.1)))


def _middle(ratios: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios))
