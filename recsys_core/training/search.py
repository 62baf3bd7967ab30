"""A study at work: it starts the processes that share it, sees them die, and says how it all ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from recsys_core.errors import DataError, RecsysError
from recsys_core.i18n import _
from recsys_core.job_folder import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING
from recsys_core.locks import Lock
from recsys_core.training import search_storage
from recsys_core.training.capacity import thread_limits
from recsys_core.training.events import EventLog
from recsys_core.training.jobs import ROOT
from recsys_core.training.leaving import listening, told_to_leave
from recsys_core.training.search_attempt import CANCEL, INTERRUPT, TIME, WHY_STOPPED
from recsys_core.training.search_worker import Worker, asking, bury, supervisor_is_gone
from recsys_core.training.study import FAILED as TRIAL_FAILED
from recsys_core.training.study import FINISHED, Study

POLL_SECONDS = 0.05
GRACE_SECONDS = 0.7
"""So long a process may take to stop by itself; some models cannot look up while they learn."""
GO_ON = 75
"""Exit code of a process that has grown: a fresh one goes on."""
MOST_DEATHS = 6
"""Processes of one study that may die before it gives up."""
Watch = Callable[[dict[str, Any]], None]
log = logging.getLogger(__name__)


def search(study: Study, *, watch: Watch | None = None, then: Callable[[Study], object] | None = None) -> str:
    """Works on a queued study until its budget is used up or somebody stops it; returns the final state.

    Args:
        watch: told every event, e.g. to print progress.
        then: done with a complete study before it says so; what goes wrong there is logged, and the study is complete.
    Raises:
        DataError: another process works on it, or it is not queued.
    """
    lock = Lock(study.lock_path)
    if not lock.acquire():
        raise DataError(
            what=_("another process works on it"), where=study.called, remedy=_("wait for it, or cancel it")
        )
    try:
        state = study.state
        if state != QUEUED:
            raise DataError(
                what=_("it is {state}, not queued").format(state=state),
                where=study.called,
                remedy=_("go on with 'resume', or search again: that makes a new study"),
            )
        return _guarded(study, watch, then)
    finally:
        lock.release()


def _guarded(study: Study, watch: Watch | None, then: Callable[[Study], object] | None) -> str:
    study.set_state(RUNNING, pid=os.getpid())
    try:
        with listening():
            state, rest = _Supervisor(study, watch).run()
    except RecsysError as problem:
        state, rest = FAILED, {"error": str(problem)}
    if state == DONE and then is not None:
        try:
            then(study)
        except RecsysError as problem:
            log.warning("what follows study %s: %s", study.id, problem)
    study.set_state(state, **rest)
    events = EventLog(study.folder)
    events({"type": "end", "state": state})
    events.close()
    return state


class _Supervisor:
    def __init__(self, study: Study, watch: Watch | None) -> None:
        self.study, self.config, self.watch = study, study.config, watch
        self.deaths = 0
        self.log, self.read = study.folder / "events.jsonl", 0
        if self.log.exists():
            self.read = self.log.stat().st_size  # what was before is no news

    def run(self) -> tuple[str, dict[str, Any]]:
        search_storage.repair(self.study.folder)
        self.study.dataset()  # replaced data are noticed here, not in every trial
        with asking(self.study).waited_for():
            bury(self.study)
        n = min(self.config.workers, self.study.budget_left()[0])
        workers = [] if self._why() else [self._spawn() for _place in range(n)]
        try:
            while workers and not self._why():
                time.sleep(POLL_SECONDS)
                self._told()
                workers = [after for one in workers if (after := self._looked_at(one)) is not None]
        finally:
            self._end(workers)
        self._told()
        return self._verdict()

    def _why(self) -> str:
        return INTERRUPT if told_to_leave() else CANCEL if self.study.cancel_asked else ""

    def _looked_at(self, worker: subprocess.Popen[bytes]) -> subprocess.Popen[bytes] | None:
        """The process itself while it lives, or the one that follows it; None when nothing is left to do."""
        code = worker.poll()
        if code is None:
            return worker
        if code == 0:
            return None
        if code != GO_ON:
            self.deaths += 1
            with asking(self.study).waited_for():
                bury(self.study)
        return self._spawn() if self.deaths < MOST_DEATHS and self.study.budget_left()[0] else None

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.study.folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "recsys_core", "search", self.study.id, "--share"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=os.environ | thread_limits(self.config.workers),
            )

    def _end(self, workers: list[subprocess.Popen[bytes]]) -> None:
        """Lets the processes stop by themselves for a moment, then ends them, and says why of their trials."""
        why, until = self._why() or INTERRUPT, time.monotonic() + GRACE_SECONDS
        if why == INTERRUPT:
            for one in workers:
                one.terminate()
        while time.monotonic() < until and any(one.poll() is None for one in workers):
            time.sleep(POLL_SECONDS)
        for one in workers:
            one.kill()
            one.wait()
        if workers:
            with asking(self.study).waited_for():
                bury(self.study, _(WHY_STOPPED[why]))

    def _told(self) -> None:
        """Tells what was appended to the events since the last look, whole lines only."""
        if self.watch is None or not self.log.exists():
            return
        with self.log.open("rb") as stream:
            stream.seek(self.read)
            new = stream.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.splitlines():
            self.watch(json.loads(line))

    def _verdict(self) -> tuple[str, dict[str, Any]]:
        why, table = self._why(), self.study.trials()
        over = not self.study.budget_left(table)[0]  # Stop came when there was nothing left to stop
        if why == INTERRUPT or (why and not over):
            return (INTERRUPTED if why == INTERRUPT else CANCELLED), {}
        if (table["state"] == FINISHED).any():
            if self.deaths >= MOST_DEATHS:
                return FAILED, {"error": self._dying()}
            return DONE, {}
        if self.deaths >= MOST_DEATHS:
            return FAILED, {"error": self._dying()}
        failed = table.loc[table["state"] == TRIAL_FAILED, "reason"]
        if len(failed):
            words = _("no trial finished; the first failed so: {reason}")
            return FAILED, {"error": words.format(reason=failed.iloc[0])}
        return FAILED, {"error": _("no trial finished within the minutes of the budget")}

    def _dying(self) -> str:
        return _("its processes keep dying (not enough memory?); see log.txt in the study's folder")


def share(study: Study) -> int:
    """One of the processes of a study under way; returns its exit code: 0, or GO_ON when a fresh one should follow.

    It ends with whoever started it: without the study's lock held it stops.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that looks after it

    def why_stop() -> str:
        if study.cancel_asked:
            return CANCEL
        if told_to_leave() or supervisor_is_gone(study):
            return INTERRUPT
        return TIME if study_time_is_over() else ""

    seconds_at_start = study.budget_left()[1]
    began = time.monotonic()

    def study_time_is_over() -> bool:
        return seconds_at_start is not None and time.monotonic() - began > seconds_at_start

    with listening():
        return 0 if Worker(study, why_stop).run() else GO_ON
