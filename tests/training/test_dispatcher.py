"""Real processes: dispatchers, workers and TensorFlow. One workspace and one dispatcher serve the whole module."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.store import keep_dataset
from recsys_core.locks import Lock, is_held
from recsys_core.models.checkpoint import Checkpoint
from recsys_core.runs import ACTIVE, Run
from recsys_core.training.at_work import SILENT_SECONDS
from recsys_core.training.jobs import configure, dispatcher_lock, queued_ids, submit
from tests.helpers import REPOSITORY, wait_until

START_SECONDS = 90.0
"""A worker imports TensorFlow and warms up first; generous, since other tests may keep both cores busy."""
IDLE_SECONDS = "1"
SLOW = {"epochs": 500, "embedding_size": 64, "batch_size": 1}
LONG = {"epochs": 500, "embedding_size": 64, "batch_size": 32}


@dataclass
class Office:
    """The workspace's data, and the two dispatchers that were started at once."""

    data: Dataset
    app: Lock
    dispatchers: list[subprocess.Popen[bytes]]

    def ask(self, model: str, **asked: Any) -> Run:
        """Queues a run for the dispatcher that lives."""
        return submit(configure(self.data, model, actor="test", **asked))

    def start_another(self) -> None:
        """A dispatcher in the place of one that left."""
        self.dispatchers.append(_dispatcher(dispatcher_lock().parent))

    def living(self) -> subprocess.Popen[bytes]:
        """The dispatcher that stayed."""
        return next(process for process in self.dispatchers if process.poll() is None)

    def workers_of(self, run: Run) -> list[psutil.Process]:
        """The processes that were started for this run."""
        found = []
        for child in psutil.Process(self.living().pid).children():
            with suppress(psutil.Error):  # gone, or dead and not yet buried
                found += [child] if run.id in child.cmdline() else []
        return found


def _dispatcher(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "dispatcher.log").open("ab") as log:
        command = [sys.executable, "-m", "recsys_core", "dispatch"]
        return subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(folder))
        patch.setenv("RECSYS_IDLE_SECONDS", IDLE_SECONDS)
        patch.delenv("RECSYS_DISPATCHER", raising=False)
        patch.setenv("RECSYS_WORKERS", "1")
        data = simulate(Kind.RATING, n_users=200, n_items=60, seed=0, mean_events=20).dataset
        keep_dataset(data, actor="test")
        app = Lock(folder / "app.lock", shared=True)  # an app is open, so the dispatcher stays
        assert app.acquire()
        office = Office(data, app, [_dispatcher(folder) for _twice in range(2)])
        # or the first job that is asked for would start a third one
        wait_until(lambda: is_held(dispatcher_lock()), seconds=START_SECONDS, what="a dispatcher lives")
        yield office
        app.release()
        for process in office.dispatchers:
            process.kill()
            process.wait(timeout=10)


def _wait_for(run: Run, condition: Callable[[Run], object], what: str) -> None:
    wait_until(lambda: condition(run), seconds=START_SECONDS, what=f"{run.config.model} {what}: {run.status}")


def _has_epochs(run: Run) -> bool:
    return any(event["type"] == "epoch" for event in run.events())


def _is_over(run: Run) -> bool:
    return run.state not in ACTIVE


def test_of_two_dispatchers_started_at_once_one_leaves(office: Office) -> None:
    first, second = office.dispatchers
    wait_until(lambda: first.poll() == 0 or second.poll() == 0, seconds=30, what="one dispatcher has left")
    assert [first.poll(), second.poll()].count(None) == 1
    assert is_held(dispatcher_lock())


def test_a_floor_and_a_network_are_made_in_turn(office: Office) -> None:
    floor, network = office.ask("popularity"), office.ask("embedding_mlp", settings={"epochs": 2})
    _wait_for(network, _is_over, "is over")
    assert (floor.state, network.state) == ("done", "done")
    assert floor.events()[-1]["time"] <= network.events()[0]["time"]
    assert queued_ids() == []
    assert np.isfinite(network.scorer().score_catalogue(np.arange(5))).all()


def test_a_long_training_that_is_cancelled_stops_soon_and_keeps_its_best_epoch(
    office: Office,
) -> None:
    run, behind = office.ask("embedding_mlp", settings=LONG), office.ask("random", seed=1)
    _wait_for(run, _has_epochs, "has an epoch")
    behind.cancel(actor="test")
    wait_until(lambda: behind.state == "cancelled", seconds=5, what="a waiting run is cancelled at once")
    assert run.state == "running"
    run.cancel(actor="test")
    _wait_for(run, _is_over, "is over")
    asked, stopped = (run.folder / "cancel.json").stat().st_mtime, run.events()
    evaluating = next(event["time"] for event in stopped if event.get("phase") == "evaluate")
    assert evaluating - asked < 5  # a second and the export, on cores that other tests may keep busy
    assert run.state == "cancelled"
    losses = [event["valid_loss"] for event in stopped if event["type"] == "epoch"]
    assert run.status["epochs"] == 1 + int(np.argmin(losses)) <= len(losses) < LONG["epochs"]
    assert run.measured()["metrics"]["rmse"] > 0
    assert np.isfinite(run.scorer().score_catalogue(np.arange(5))).all()


@pytest.mark.faults
def test_a_killed_worker_reads_as_interrupted_and_the_next_job_still_runs(office: Office) -> None:
    run = office.ask("embedding_mlp", settings=LONG, seed=2)
    after = office.ask("popularity", seed=2)
    _wait_for(run, _has_epochs, "has an epoch")
    os.kill(run.status["pid"], signal.SIGKILL)
    _wait_for(run, lambda run: run.state == "interrupted", "is interrupted")
    _wait_for(after, _is_over, "is over")
    assert after.state == "done"
    assert run.state == "interrupted"
    assert not run.has_model


@pytest.mark.faults
def test_a_worker_that_dies_before_it_begins_fails_its_run_and_blocks_nobody(office: Office) -> None:
    run = office.ask("popularity", seed=3)
    wait_until(lambda: office.workers_of(run), seconds=START_SECONDS, what="the run has a process")
    for worker in office.workers_of(run):
        worker.kill()
    _wait_for(run, _is_over, "is over")
    assert run.state == "failed"
    assert run.status["error"].startswith("its process ended before it began")
    again = office.ask("popularity", seed=3)
    assert again.id != run.id
    _wait_for(again, _is_over, "is over")
    assert again.state == "done"


def _mid_epoch(run: Run) -> bool:
    events = run.events()
    return _has_epochs(run) and events[-1]["type"] == "progress"


@pytest.mark.faults
def test_a_worker_that_is_told_to_leave_keeps_where_it_stands_in_mid_epoch(office: Office) -> None:
    run = office.ask("embedding_mlp", settings=SLOW, seed=5)
    _wait_for(run, _mid_epoch, "is in mid-epoch")
    os.kill(run.status["pid"], signal.SIGTERM)
    _wait_for(run, _is_over, "is over")
    assert run.state == "interrupted"
    kept = Checkpoint(run.folder / "checkpoint").load("train")
    assert kept is not None
    told = [event for event in run.events() if event["type"] == "progress"]
    assert kept.progress["epoch"] >= told[-1]["epoch"]  # though a checkpoint was not due for long
    assert all(event["rss_mb"] > 50 for event in told)
    assert queued_ids() == []


@pytest.mark.faults
def test_a_killed_dispatcher_loses_nothing_and_the_next_one_adopts_its_worker(office: Office) -> None:
    run = office.ask("embedding_mlp", settings=SLOW, seed=6)
    waiting = [office.ask("random", seed=seed) for seed in range(3)]
    _wait_for(run, _has_epochs, "has an epoch")
    living, worker = office.living(), run.status["pid"]
    living.kill()
    living.wait(timeout=10)
    assert run.state == "running"  # it goes on by itself
    office.start_another()
    wait_until(lambda: is_held(dispatcher_lock()), seconds=30, what="a dispatcher lives")
    before = len(run.events())
    wait_until(lambda: len(run.events()) > before, seconds=30, what="the worker goes on")
    assert [one.state for one in waiting] == ["queued"] * 3  # the adopted job has its place
    assert run.status["pid"] == worker
    os.kill(worker, signal.SIGSTOP)  # it does not look by itself any more
    run.cancel(actor="test")
    past = time.time() - SILENT_SECONDS
    for name in ("cancel.json", "events.jsonl"):
        os.utime(run.folder / name, (past, past))
    _wait_for(run, lambda run: run.state == "cancelled", "is killed and said to be cancelled")
    _wait_for(waiting[-1], _is_over, "is over")
    assert [one.state for one in waiting] == ["done"] * 3


def test_the_dispatcher_leaves_when_no_app_is_open_and_nothing_is_queued(office: Office) -> None:
    living = office.living()
    office.app.release()
    wait_until(lambda: living.poll() is not None, seconds=20, what="the dispatcher has left")
    assert living.returncode == 0
    assert not is_held(dispatcher_lock())
    log = (dispatcher_lock().parent / "dispatcher.log").read_text()
    assert "Traceback" not in log


def test_asking_while_no_dispatcher_lives_starts_one_that_leaves_again(office: Office) -> None:
    office.app.release()
    wait_until(lambda: not is_held(dispatcher_lock()), seconds=START_SECONDS, what="nobody is there")
    run = office.ask("popularity", seed=4)
    _wait_for(run, _is_over, "is over")
    assert run.state == "done"
    wait_until(lambda: not is_held(dispatcher_lock()), seconds=20, what="the dispatcher has left")
