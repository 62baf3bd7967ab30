"""Drains the queue with no page open: one dispatcher a workspace, as many jobs as the machine carries, one spare warm."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time

from recsys_core import files
from recsys_core.errors import Interrupted, RecsysError
from recsys_core.job_folder import QUEUED, JobFolder
from recsys_core.locks import Lock, is_held_by_any
from recsys_core.models import registry
from recsys_core.runs import Run
from recsys_core.training import capacity, first_start
from recsys_core.training.at_work import AtWork, left_behind
from recsys_core.training.jobs import (
    app_lock,
    dispatcher_card,
    dispatcher_lock,
    forget_mark,
    open_job,
    queued_ids,
    spawn,
    worker_command,
)
from recsys_core.training.sweeping import sweep
from recsys_core.workspace import workspace

POLL_SECONDS = 0.05
IDLE_SECONDS = 20.0
"""How long it stays with nothing to do; RECSYS_IDLE_SECONDS sets another number."""
RESPAWN_SECONDS = 5.0
"""At most one spare worker in so many seconds, should they die by themselves."""
FIRST_START_POLL_SECONDS = 1.0
LEAVE_SECONDS = 6.0
"""So long workers have to keep where they stand; then they are killed, and go on from what was kept before."""
log = logging.getLogger(__name__)


def dispatch() -> None:
    """Runs until no app is left and nothing is queued, or until SIGTERM; returns at once when another one lives."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: told.set())
    lock = Lock(dispatcher_lock())
    while not told.is_set() and lock.acquire():
        files.write_json(dispatcher_card(), {"pid": os.getpid()})
        sweep()
        dispatcher = Dispatcher()
        try:
            _until_idle(dispatcher, told)
            if told.is_set():
                dispatcher.send_home()
        finally:
            dispatcher.close()
            lock.release()
        if not queued_ids():  # whoever queued a run while the lock was still held started nobody
            return


def _until_idle(dispatcher: Dispatcher, told: threading.Event) -> None:
    def look(_event: object = None) -> None:
        if told.is_set():
            raise Interrupted

    idle_seconds = float(os.environ.get("RECSYS_IDLE_SECONDS") or IDLE_SECONDS)
    dispatcher.turn()
    idle_since, looked = time.monotonic(), 0.0
    while time.monotonic() - idle_since < idle_seconds and not told.is_set():
        if time.monotonic() - looked > FIRST_START_POLL_SECONDS:
            looked = time.monotonic()
            try:
                first_start.tend(look)
            except Interrupted:
                return
        if dispatcher.turn() or is_held_by_any(app_lock()):
            idle_since = time.monotonic()
        told.wait(POLL_SECONDS)


class Dispatcher:
    """The state between two turns: the jobs at work and the spare worker.

    A run's mark stays in the queue until its worker has begun, so that a dispatcher that is killed loses none.
    """

    def __init__(self) -> None:
        self._most = capacity.most_workers()
        self._limits = capacity.thread_limits(self._most)
        self._jobs = left_behind()
        self._spare: subprocess.Popen[bytes] | None = None
        self._spare_born = float("-inf")

    def turn(self) -> bool:
        """One look at jobs and queue; True while there is something to do."""
        self._jobs = [one for one in self._jobs if self._goes_on(one)]
        waiting = self._waiting()
        if len(self._jobs) < self._most:
            self._keep_a_spare()
        while waiting and capacity.room_for_one_more(len(self._jobs), self._most):
            self._start(waiting.pop(0))
        return bool(waiting or self._jobs)

    def _goes_on(self, one: AtWork) -> bool:
        if not one.lives:
            one.bury()
            forget_mark(one.job.id)
            return False
        if one.job.state != QUEUED:
            forget_mark(one.job.id)
        one.kill_if_stuck()
        return True

    def _waiting(self) -> list[JobFolder]:
        """Jobs whose turn has not come, in the order of asking; marks of what waits no more are taken away."""
        at_work = {one.job.id for one in self._jobs}
        found = []
        for job_id in queued_ids():
            if job_id in at_work:
                continue
            job = _waiting_job(job_id)
            if job is None:
                forget_mark(job_id)
            else:
                found.append(job)
        return found

    def _keep_a_spare(self) -> None:
        if self._spare is not None and self._spare.poll() is None:
            return
        self._spare = None
        if time.monotonic() - self._spare_born > RESPAWN_SECONDS:
            self._spare_born = time.monotonic()
            log_file = workspace() / "worker.log"
            self._spare = spawn("work", "--spare", log=log_file, pipe=True, extra=self._limits)

    def _start(self, job: JobFolder) -> None:
        """Gives the job to a worker."""
        spare = self._spare
        if spare is not None and _is_network(job) and self._hand_over(spare, job.id):
            self._jobs.append(AtWork(job, spare))
            self._spare, self._spare_born = None, float("-inf")
        else:
            command = worker_command(job.id)
            process = spawn(*command, log=job.folder / "log.txt", extra=self._limits)
            self._jobs.append(AtWork(job, process))

    def _hand_over(self, spare: subprocess.Popen[bytes], job_id: str) -> bool:
        try:
            assert spare.stdin is not None
            spare.stdin.write(f"{job_id}\n".encode())
            spare.stdin.flush()
        except OSError:
            return False
        return True

    def send_home(self) -> None:
        """Tells every worker to keep where it stands and to leave; kills those that do not."""
        for one in self._jobs:
            one.send(signal.SIGTERM)
        deadline = time.monotonic() + LEAVE_SECONDS
        while any(one.lives for one in self._jobs):
            if time.monotonic() > deadline:
                for one in self._jobs:
                    one.send(signal.SIGKILL)
                return
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        """Lets the spare go: its input ends, so it ends; SIGTERM, since it may still be warming up."""
        if self._spare is not None and self._spare.stdin is not None:
            self._spare.stdin.close()
            self._spare.terminate()


def _waiting_job(job_id: str) -> JobFolder | None:
    try:
        job = open_job(job_id)
    except RecsysError as problem:
        log.warning("job %s is left out: %s", job_id, problem)
        return None
    return job if job.state == QUEUED else None


def _is_network(job: JobFolder) -> bool:
    """Whether a worker that has TensorFlow loaded is worth its while."""
    try:
        return isinstance(job, Run) and registry.spec(job.config.model).network
    except RecsysError:
        return False
