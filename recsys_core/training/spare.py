"""A worker that waits warm: TensorFlow loaded, every step of a training tried out, for the next network."""

from __future__ import annotations

import contextlib
import os
import sys

import pandas as pd

from recsys_core.columns import ITEM, TIME, USER, VALUE, Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.models import registry
from recsys_core.runs import open_run
from recsys_core.training.leaving import listening, told_to_leave
from recsys_core.training.worker import quiet_tensorflow, work

WORKER_NICE = 15
"""A page that wants a core has it: at 15 a worker gets three hundredths of one that both want."""
WARMED = ("embedding_mlp", registry.DEFAULT_MODEL)
"""Networks that a spare worker tries out: between them they touch what every network needs."""


def work_as_told(run_id: str) -> str:
    """Works on one run as a process of the dispatcher: nicer than any page, and leaving when SIGTERM comes."""
    be_nice()
    with listening():
        return work(open_run(run_id), should_leave=told_to_leave)


def be_nice() -> None:
    """Lets everything else on the machine go first."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(max(0, WORKER_NICE - os.nice(0)))


def wait_as_spare() -> None:
    """Loads TensorFlow, warms every step of a training, then waits for one run id on standard input."""
    quiet_tensorflow()
    be_nice()
    _warm_up()
    run_id = sys.stdin.readline().strip()
    if run_id:
        work_as_told(run_id)


def _warm_up() -> None:
    """Trains two networks for a moment on a tiny table: what is slow the first time is paid here."""
    from recsys_core.data.splits import SplitSpec, make_split
    from recsys_core.evaluation.evaluate import evaluate

    split = make_split(_tiny_ratings(), SplitSpec())
    for name in WARMED:
        model = registry.model_class(name)({"epochs": 2}).fit(split, seed=0)
        evaluate(model.scorer, split, k=5)


def _tiny_ratings() -> Dataset:
    """Thirty users who each rate ten of twenty items; the numbers mean nothing."""
    rows = [
        (user, (user + 3 * step) % 20, 1 + (user * step) % 5, step)
        for user in range(30)
        for step in range(10)
    ]
    events = pd.DataFrame(rows, columns=[USER, ITEM, VALUE, TIME])
    return make_dataset("tiny", Kind.RATING, events.astype({USER: "str", ITEM: "str"}))
