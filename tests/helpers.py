"""What several tests do: wait with a deadline, make a finished run, start our own command line."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.runs import Run, create_run
from recsys_core.training.jobs import configure
from recsys_core.training.worker import work

REPOSITORY = Path(__file__).resolve().parent.parent


def wait_until(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Looks every 20 ms; fails with `what` when the deadline passes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:g} s still not: {what}"
        time.sleep(0.02)


def click_table(columns: Collection[str] = ("user_id", "item_id", "timestamp")) -> Dataset:
    """Forty answers yes or no with two features; users, items and times only where the columns say so."""
    rows = np.arange(40)
    table = pd.DataFrame(
        {
            "user_id": [f"u{number}" for number in rows % 7],
            "item_id": [f"i{number}" for number in rows % 5],
            "value": rows % 3 == 0,
            "timestamp": 1_700_000_000 + rows,
            "device": np.where(rows % 2, "phone", "desk"),
            "position": rows % 4,
        }
    )
    kept = [name for name in table if name in {*columns, "value", "device", "position"}]
    return make_dataset("clicks", Kind.CLICK, table[kept], features=("device", "position"))


def queued_run(data: Dataset, model: str, **asked: Any) -> Run:
    """A run that waits for its worker; the data set must be in the workspace."""
    return create_run(configure(data, model, actor="test", **asked))


def finished_run(data: Dataset, model: str, **asked: Any) -> Run:
    """A run made here, in this process."""
    run = queued_run(data, model, **asked)
    assert work(run) == "done", run.status
    return run


def studio_command(*arguments: object, workspace: Path) -> subprocess.CompletedProcess[str]:
    """Our own command line as a person starts it."""
    return subprocess.run(
        [sys.executable, "-m", "recsys_core", *map(str, arguments)],
        cwd=REPOSITORY,
        env=os.environ | {"RECSYS_WORKSPACE": str(workspace)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
