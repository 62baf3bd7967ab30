"""The worth of an attribute, measured: made training by training, each kept, so that nothing is learned twice.

What is kept lies in the workspace's folder `worth`: `fits` holds the values of each training, the rest are results.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.data.splits import Split
from recsys_core.errors import Cancelled, DataError
from recsys_core.evaluation.meanings import better
from recsys_core.evaluation.worth import (
    ARMS,
    SHUFFLED,
    WITH,
    WITHOUT,
    Gain,
    arm_interval,
    gain,
    verdict,
)
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.runs import DONE, list_runs
from recsys_core.training.worth import Question, learn
from recsys_core.training.worth_clock import Clock
from recsys_core.types import FloatArray, IntArray, Report, ShouldStop, never_stop, no_report
from recsys_core.workspace import subfolder

FORMAT = 1
"""Counted up when what is learned, or how it is judged, changes: what older versions kept is made anew."""


@dataclass(frozen=True)
class Worth:
    """What was measured.

    Attributes:
        about: `dataset`, `fingerprint`, `model`, `attribute`, `settings`, `split`, `split_seed`, `k`, `seeds`.
        metric: what the model was judged by.
        n_users: users in the means.
        arms: arm -> the metric of each seed.
        whiskers: arm -> its 95 % interval over users and seeds, not paired.
        against: WITHOUT and SHUFFLED -> the paired gain over it.
        verdict: HELPS, HURTS or NO_EVIDENCE.
        seconds: of one training with its judging, on average; None where all were kept already.
    """

    about: dict[str, Any]
    metric: str
    n_users: int
    arms: dict[str, list[float]]
    whiskers: dict[str, list[float]]
    against: dict[str, Gain]
    verdict: str
    seconds: float | None

    def mean(self, arm: str) -> float:
        """The metric of an arm, over seeds."""
        return float(np.mean(self.arms[arm]))

    def table(self) -> pd.DataFrame:
        """One row a training: `arm`, `seed`, `value`."""
        rows = [(arm, seed, one) for arm in ARMS for seed, one in enumerate(self.arms[arm])]
        return pd.DataFrame(rows, columns=["arm", "seed", "value"])

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Worth:
        """What `as_json` gave; raises KeyError or TypeError for anything else."""
        fields = {name: stored[name] for name in cls.__dataclass_fields__}
        gains = {arm: Gain(**stored["against"][arm]) for arm in (WITHOUT, SHUFFLED)}
        return cls(**fields | {"against": gains})


@dataclass(frozen=True, slots=True)
class Outlook:
    """What measuring will take: trainings that are left, of how many, and seconds; None: nobody knows yet."""

    left: int
    of: int
    seconds: float | None


def made_worth(
    question: Question, *, report: Report = no_report, should_stop: ShouldStop = never_stop
) -> Worth:
    """The kept result, or a new one, which trains networks and so belongs into a process of its own.

    Args:
        report: told {"status", "share", "seconds_left", "training", "of"}.
    Raises:
        NotSupported, ParamError, DataError: see `Question.judged_on` and the model's `fit`.
        Cancelled: it was stopped; trainings that were complete are kept.
    """
    with Lock(subfolder("worth") / f"{_key(question)}.lock").waited_for():
        kept = kept_worth(question)
        if kept is not None:
            return kept
        found = _measured(question, report, should_stop)
        keep_worth(question, found)
    return found


def keep_worth(question: Question, found: Worth) -> None:
    """Writes a result where `kept_worth` finds it."""
    files.write_json(_path(question), {**found.as_json(), "made_by": FORMAT})


def _measured(question: Question, report: Report, should_stop: ShouldStop) -> Worth:
    split = question.judged_on()
    wanted = question.trainings()
    clock = Clock(
        report, len(wanted), sum(not _fit_path(question, arm, seed).exists() for seed, arm in wanted)
    )
    users: IntArray | None = None
    values: dict[str, list[FloatArray]] = {arm: [] for arm in ARMS}
    for seed, arm in wanted:
        if should_stop():
            raise Cancelled(
                what=_("it was stopped"), where=_("worth of {name}").format(name=question.attribute)
            )
        there, found = _fitted(question, arm, seed, split, clock, should_stop)
        if users is not None and not np.array_equal(there, users):
            raise RuntimeError(f"two arms of {question.attribute} were judged on different users")
        users = there
        values[arm].append(found)
    assert users is not None
    return judged_worth(
        question, len(users), {arm: np.stack(one) for arm, one in values.items()}, clock.a_training
    )


def judged_worth(
    question: Question, n_users: int, values: dict[str, FloatArray], seconds: float | None = None
) -> Worth:
    """The result from the values of each arm, shape (n_seeds, n_users)."""
    direction = better(question.metric)
    against = {
        arm: gain(values[WITH], values[arm], better=direction, dealt=arm == SHUFFLED)
        for arm in (WITHOUT, SHUFFLED)
    }
    spans = {arm: arm_interval(one) for arm, one in values.items()}
    return Worth(
        about=_about(question),
        metric=question.metric,
        n_users=n_users,
        arms={arm: [float(mean) for mean in one.mean(axis=1)] for arm, one in values.items()},
        whiskers={arm: [span.low, span.high] for arm, span in spans.items()},
        against=against,
        verdict=verdict(against),
        seconds=seconds,
    )


def _fitted(
    question: Question, arm: str, seed: int, split: Split, clock: Clock, should_stop: ShouldStop
) -> tuple[IntArray, FloatArray]:
    """Kept values of a training, or new ones."""
    path = _fit_path(question, arm, seed)
    try:
        table = pd.read_parquet(path)
        return table["user"].to_numpy(), table["value"].to_numpy(dtype=np.float64)
    except (OSError, ValueError, KeyError):
        clock.begins(arm, seed)
        users, values = learn(question, arm, seed, split, report=clock.hears, should_stop=should_stop)
        clock.ends()
        files.write_table(path, pd.DataFrame({"user": users, "value": values}))
        return users, values


def kept_worth(question: Question) -> Worth | None:
    """What was measured before by this version; None where there is nothing that can be read."""
    return _read(_path(question))


def kept_worths(fingerprint: str) -> list[Worth]:
    """Every result on these data, newest first."""
    paths = sorted(subfolder("worth").glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    found = [worth for worth in map(_read, paths) if worth is not None]
    return [worth for worth in found if worth.about["fingerprint"] == fingerprint]


def _read(path: Path) -> Worth | None:
    try:
        stored = files.read_json(path)
        return Worth.from_json(stored) if stored.get("made_by") == FORMAT else None
    except (DataError, OSError, KeyError, TypeError):
        return None


def outlook(question: Question) -> Outlook:
    """How many trainings are left and about how long they take, by what such trainings took before."""
    wanted = question.trainings()
    left = sum(not _fit_path(question, arm, seed).exists() for seed, arm in wanted)
    alike = [
        one.seconds
        for one in kept_worths(question.data.fingerprint)
        if one.seconds is not None
        and (one.about["model"], one.about["settings"]) == (question.model, question.settings)
    ]
    runs = [
        float(run.status["seconds"]["fit"])
        for run in list_runs()
        if (run.config.fingerprint, run.config.model) == (question.data.fingerprint, question.model)
        and dict(run.config.settings) == question.settings
        and run.state == DONE
    ]
    known = alike or runs
    return Outlook(left, len(wanted), left * float(np.median(known)) if known else None)


def _about(question: Question) -> dict[str, Any]:
    return {
        "dataset": question.data.name,
        "fingerprint": question.data.fingerprint,
        "model": question.model,
        "attribute": str(question.attribute),
        "settings": dict(question.settings),
        "split": str(question.split),
        "split_seed": question.split.seed,
        "k": question.k,
        "seeds": question.seeds,
    }


def _hashed(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:20]


def _key(question: Question) -> str:
    """Of everything that decides the result, but not of the data's name."""
    return _hashed({**_about(question), "dataset": "", "made_by": FORMAT})


def _path(question: Question) -> Path:
    return subfolder("worth") / f"{_key(question)}.json"


def _fit_path(question: Question, arm: str, seed: int) -> Path:
    """Trainings with everything are those of all attributes alike; more seeds begin with the fewer ones."""
    about = {**_about(question), "dataset": "", "seeds": seed, "arm": arm, "made_by": FORMAT}
    if arm == WITH:
        about["attribute"] = ""
    return subfolder("worth") / "fits" / f"{_hashed(about)}.parquet"
