"""A job at work and its process: its own child, or one that an earlier dispatcher left behind and that is adopted."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.job_folder import CANCELLED, FAILED, QUEUED, RUNNING, JobFolder
from recsys_core.locks import Lock
from recsys_core.runs import CHECKPOINT, runs_folder
from recsys_core.training.events import EventLog
from recsys_core.workspace import subfolder

NOTHING_TO_KEEP_SECONDS = 1.0
"""So long after Cancel, what has nothing worth keeping is killed if it did not look by itself."""
SILENT_SECONDS = 10.0
"""So long after Cancel without any sign of life, what may have something to keep is killed too."""
WORKERS = ("work", "search")
"""Commands whose process is a worker; a run that a terminal or another command makes is left to that."""


@dataclass(slots=True)
class AtWork:
    """One job and the process that works on it."""

    job: JobFolder
    process: subprocess.Popen[bytes] | None = None
    """None where an earlier dispatcher started it: then its lock and its pid are all that is known."""
    killed: bool = field(default=False, init=False)

    @property
    def lives(self) -> bool:
        """Whether its process is there."""
        if self.process is not None:
            return self.process.poll() is None
        return self.job.state == RUNNING

    def send(self, number: signal.Signals) -> None:
        """Sends its process a signal; harmless when it is gone."""
        pid = self.process.pid if self.process is not None else worker_pid(self.job)
        if pid is None or not self.lives:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            whole = (
                number == signal.SIGKILL and os.getpgid(pid) == pid
            )  # with the processes that share a study
            (os.killpg if whole else os.kill)(pid, number)

    def kill_if_stuck(self) -> None:
        """Ends a process that was asked to stop and does not."""
        asked = _changed(self.job.folder / "cancel.json")
        if asked is None or self.killed:
            return
        now = time.time()
        if self._may_keep_something():
            silent = now - max(asked, _changed(self.job.folder / "events.jsonl") or 0.0)
            self.killed = silent > SILENT_SECONDS
        else:
            self.killed = now - asked > NOTHING_TO_KEEP_SECONDS
        if self.killed:
            self.send(signal.SIGKILL)

    def _may_keep_something(self) -> bool:
        """Whether an epoch is complete, now or before an interruption; a study keeps its trials by itself."""
        if self.job.folder.parent != runs_folder():
            return True
        kept = any((self.job.folder / CHECKPOINT).glob("*.npz"))
        return kept or any(event["type"] == "epoch" for event in self.job.events())

    def bury(self) -> None:
        """Says what became of a job whose process ended without saying so."""
        lock = Lock(self.job.lock_path)
        with contextlib.suppress(FileNotFoundError):  # somebody deleted it
            if not lock.acquire():
                return  # another process has taken it up
            try:
                self._told_apart(self.job.written_state)
            finally:
                lock.release()

    def _told_apart(self, state: str) -> None:
        if (state == RUNNING and self.killed) or (state == QUEUED and self.job.cancel_asked):
            end(self.job, CANCELLED)
        elif state == QUEUED:
            why = _("its process ended before it began; see worker.log in the workspace, then train again")
            end(self.job, FAILED, error=why)


def end(job: JobFolder, state: str, **rest: str) -> None:
    """Writes the last word about a job that no process works on."""
    job.set_state(state, **rest)
    log = EventLog(job.folder)
    log({"type": "end", "state": state})
    log.close()


def worker_pid(job: JobFolder) -> int | None:
    """The process that works on it, if it is one of ours and lives; never a terminal's or the app's own."""
    pid = job.status.get("pid")
    if not isinstance(pid, int) or pid <= 1 or pid == os.getpid():
        return None
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.Error:
        return None
    ours = any(program in words for program in ("recsys_core", "recsys_core.training"))
    return pid if ours and any(word in words for word in WORKERS) else None


def left_behind() -> list[AtWork]:
    """Jobs that workers of an earlier dispatcher still work on."""
    jobs = [JobFolder(folder) for name in ("runs", "studies") for folder in subfolder(name).glob("[!.]*")]
    return [AtWork(job) for job in jobs if _is_running(job) and worker_pid(job) is not None]


def _is_running(job: JobFolder) -> bool:
    with contextlib.suppress(DataError):
        return files.read_json(job.folder / "status.json").get("state") == RUNNING and job.state == RUNNING
    return False


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
