"""Drains the queue with no page open: one dispatcher a workspace, one job at a time, one spare worker warm."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

import pandas as pd

from recsys_core.columns import ITEM, TIME, USER, VALUE, Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.locks import Lock, is_held_by_any
from recsys_core.models import registry
from recsys_core.runs import FAILED, QUEUED, Run, open_run
from recsys_core.training import first_start
from recsys_core.training.jobs import app_lock, dispatcher_lock, forget_mark, queued_ids, spawn
from recsys_core.training.worker import quiet_tensorflow, work
from recsys_core.workspace import workspace

POLL_SECONDS = 0.05
IDLE_SECONDS = 20.0
"""How long it stays with nothing to do; RECSYS_IDLE_SECONDS sets another number."""
RESPAWN_SECONDS = 5.0
"""At most one spare worker in so many seconds, should they die by themselves."""
FIRST_START_POLL_SECONDS = 1.0
CANCEL_GRACE_SECONDS = 10.0
WORKER_NICE = 5
WARMED = ("embedding_mlp", registry.DEFAULT_MODEL)
"""Networks that a spare worker tries out: between them they touch what every network needs."""
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A run at work and its process."""

    run: Run
    process: subprocess.Popen[bytes]


def dispatch() -> None:
    """Runs until no app is left and nothing is queued; returns at once when another dispatcher lives."""
    lock = Lock(dispatcher_lock())
    while lock.acquire():
        dispatcher = Dispatcher()
        try:
            _until_idle(dispatcher)
        finally:
            dispatcher.close()
            lock.release()
        if not queued_ids():  # whoever queued a run while the lock was still held started nobody
            return


def _until_idle(dispatcher: Dispatcher) -> None:
    idle_seconds = float(os.environ.get("RECSYS_IDLE_SECONDS") or IDLE_SECONDS)
    dispatcher.turn()
    idle_since, looked = time.monotonic(), 0.0
    while time.monotonic() - idle_since < idle_seconds:
        if time.monotonic() - looked > FIRST_START_POLL_SECONDS:
            looked = time.monotonic()
            first_start.tend()
        if dispatcher.turn() or is_held_by_any(app_lock()):
            idle_since = time.monotonic()
        time.sleep(POLL_SECONDS)


class Dispatcher:
    """The state between two turns: the job at work and the spare worker."""

    def __init__(self) -> None:
        self._job: Job | None = None
        self._spare: subprocess.Popen[bytes] | None = None
        self._spare_born = float("-inf")

    def turn(self) -> bool:
        """One look at job and queue; True while there is something to do."""
        waiting = [run_id for run_id in queued_ids() if not _cancelled_while_waiting(run_id)]
        if self._job is not None:
            if self._job.process.poll() is None:
                self._kill_if_stuck(self._job)
                return True
            _fail_if_never_begun(self._job.run)
            self._job = None
        self._keep_a_spare()
        if waiting:
            self._start(waiting[0])
        return bool(waiting)

    def _keep_a_spare(self) -> None:
        if self._spare is not None and self._spare.poll() is None:
            return
        self._spare = None
        if time.monotonic() - self._spare_born > RESPAWN_SECONDS:
            self._spare_born = time.monotonic()
            self._spare = spawn("work", "--spare", log=workspace() / "worker.log", pipe=True)

    def _start(self, run_id: str) -> None:
        """Gives the run to a worker and then takes it out of the queue: killed in between, it is found again."""
        try:
            run = open_run(run_id)
            if run.state != QUEUED:
                return
            network = registry.spec(run.config.model).network
            if network and self._spare is not None and self._hand_over(self._spare, run_id):
                self._job, self._spare = Job(run, self._spare), None
                self._spare_born = float("-inf")
            else:
                self._job = Job(run, spawn("work", run_id, log=run.folder / "log.txt"))
        except RecsysError as problem:
            log.warning("run %s is left out: %s", run_id, problem)
        finally:
            forget_mark(run_id)

    def _hand_over(self, spare: subprocess.Popen[bytes], run_id: str) -> bool:
        try:
            assert spare.stdin is not None
            spare.stdin.write(f"{run_id}\n".encode())
            spare.stdin.flush()
        except OSError:
            return False
        return True

    def _kill_if_stuck(self, job: Job) -> None:
        flag = job.run.folder / "cancel.json"
        if flag.exists() and time.time() - flag.stat().st_mtime > CANCEL_GRACE_SECONDS:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(job.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Lets the spare go: its input ends, so it ends."""
        if self._spare is not None and self._spare.stdin is not None:
            self._spare.stdin.close()


def _cancelled_while_waiting(run_id: str) -> bool:
    """Ends a run that waits behind another one and was asked to stop; whether that was so."""
    try:
        run = open_run(run_id)
        if not (run.cancel_asked and run.state == QUEUED):
            return False
        work(run)  # which sees the flag first and ends at once
    except RecsysError:
        return False
    forget_mark(run_id)
    return True


def _fail_if_never_begun(run: Run) -> None:
    """A worker that died before it began leaves a run that nobody would ever take up."""
    if run.state == QUEUED:
        why = _("its process ended before it began; see worker.log in the workspace, then train again")
        run.set_state(FAILED, error=why)


def wait_as_spare() -> None:
    """Loads TensorFlow, warms every step of a training, then waits for one run id on standard input."""
    quiet_tensorflow()
    with contextlib.suppress(OSError):
        os.nice(WORKER_NICE)
    _warm_up()
    run_id = sys.stdin.readline().strip()
    if run_id:
        work(open_run(run_id))


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
