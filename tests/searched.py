"""Tables of trials by hand, and a study whose trials were told by a formula: nothing is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.training import search_storage
from recsys_core.training.search_attempt import mark
from recsys_core.training.search_space import Range
from recsys_core.training.studies import configure_study, create_study
from recsys_core.training.study import FINISHED, PARAM, Study

LEARNING = Range("learning_rate", "float", 1e-4, 1e-1, log=True)
SIZE = Range("embedding_size", "int", 16, 512, log=True)
TARGET = Range("target", "choice", choices=("consumed", "liked"))
RANGES = (LEARNING, SIZE, TARGET)


def trial(number: int, state: str = FINISHED, value: float = np.nan, **rest: Any) -> dict[str, Any]:
    """One row of a table of trials: ten seconds each, one after the other."""
    row = {
        "number": number,
        "state": state,
        "reason": f"it is {state}",
        "value": value,
        "low": value - 0.01,
        "high": value + 0.01,
        "epochs": 3,
        "seconds": 10.0,
        "started": 100.0 + 10 * number,
        "ended": 110.0 + 10 * number if state != "running" else np.nan,
        "counts": state != "stopped",
        f"{PARAM}learning_rate": 0.01,
        f"{PARAM}embedding_size": 64,
        f"{PARAM}target": "liked",
    }
    return row | rest


def table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """A table of trials; with no rows it has its columns all the same."""
    return pd.DataFrame(rows, columns=list(trial(0)))


def drawn(n: int, effect: float, seed: int = 0) -> pd.DataFrame:
    """Trials drawn at random whose value depends on the learning rate alone, and on chance."""
    rng = np.random.default_rng(seed)
    rates = 10 ** rng.uniform(-4, -1, n)
    values = 0.3 - effect * np.abs(np.log10(rates) + 2.5) + 0.01 * rng.standard_normal(n)
    sizes = np.round(2 ** rng.uniform(4, 9, n)).astype(int)
    targets = rng.choice(["consumed", "liked"], n)
    return table(
        [
            trial(
                place,
                value=float(values[place]),
                **{
                    f"{PARAM}learning_rate": float(rates[place]),
                    f"{PARAM}embedding_size": int(sizes[place]),
                    f"{PARAM}target": str(targets[place]),
                },
            )
            for place in range(n)
        ]
    )


def told_study(data: Dataset, values: Sequence[float | None], **asked: Any) -> Study:
    """A finished study of EASE with these values, None for a failed trial; each trial has its users' values."""
    settings = {"method": "random", "n_trials": len(values), "actor": "test", "k": 5} | asked
    study = create_study(configure_study(data, "ease", **settings))
    config = study.config
    for number, value in enumerate(values):
        sampler = search_storage.sampler(config, number)
        opened = search_storage.load(study.folder, sampler)
        asked_for = opened.ask({one.name: one.distribution() for one in config.ranges})
        plain = search_storage.load(study.folder)
        if value is None:
            mark(plain, asked_for, "failed", "the disk is full [x](http://evil.example)", counts=True)
            continue
        told = {"ci": [value - 0.01, value + 0.01], "epochs": 0}
        mark(plain, asked_for, FINISHED, f"finished: {value:g}", counts=True, value=value, **told)
        _keep_users(study, number, value)
    study.set_state("done", time=0.0)  # long ago: nobody waits for the runs that follow
    return study


def _keep_users(study: Study, number: int, value: float) -> None:
    """Twenty users whose mean is the value; who gains and who loses is the same in every trial but for a little chance."""
    spread = np.linspace(-0.1, 0.1, 20) + 0.001 * np.random.default_rng(round(1e4 * value)).standard_normal(
        20
    )
    sums = value + spread - spread.mean()
    (study.folder / "trials").mkdir(exist_ok=True)
    users = pd.DataFrame({"user": np.arange(20), "sum": sums, "weight": 1.0})
    users.to_parquet(study.folder / "trials" / f"{number}.parquet")
