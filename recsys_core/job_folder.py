"""The folder of one job, a run or a study: what every page, command and process knows of it, and all they say to it."""

from __future__ import annotations

import json
import shutil
import time
import uuid
from pathlib import Path
from typing import Any

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.locks import Lock, is_held

QUEUED, RUNNING, DONE = "queued", "running", "done"
FAILED, CANCELLED, INTERRUPTED = "failed", "cancelled", "interrupted"
ACTIVE = (QUEUED, RUNNING)
STATES = (*ACTIVE, DONE, FAILED, CANCELLED, INTERRUPTED)


class JobFolder:
    """One job's folder, read afresh at each question: `status.json`, `events.jsonl`, `cancel.json`, `lock`.

    The process that works on it holds `lock` as long as it lives.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    @property
    def called(self) -> str:
        """What messages call it."""
        return _("job {id}").format(id=self.id)

    @property
    def lock_path(self) -> Path:
        """Held by the process that works on it."""
        return self.folder / "lock"

    @property
    def status(self) -> dict[str, Any]:
        """`state` and what goes with it: `error`, `seconds`, `peak_rss_mb`.

        A dead worker reads as interrupted, a status that cannot be read as failed: a list of jobs never breaks.
        """
        stored = self._stored_status()
        if stored["state"] == RUNNING and not is_held(self.lock_path):
            stored = self._stored_status()  # it may have finished between the two looks
            if stored["state"] == RUNNING:
                stored["state"] = INTERRUPTED
        return stored

    def _stored_status(self) -> dict[str, Any]:
        try:
            stored = files.read_json(self.folder / "status.json")
        except DataError as problem:
            return {"state": FAILED, "error": str(problem)}
        if stored.get("state") not in STATES:
            return {"state": FAILED, "error": _("status.json: the file is damaged; train again")}
        return stored

    @property
    def state(self) -> str:
        """The state alone."""
        return str(self.status["state"])

    @property
    def written_state(self) -> str:
        """The state as it stands in the file, whoever holds the lock: for whoever holds it."""
        return str(self._stored_status()["state"])

    def set_state(self, state: str, **rest: Any) -> None:
        """Writes the status; only the job's own process calls it."""
        files.write_json(self.folder / "status.json", {"state": state, "time": time.time(), **rest})

    def events(self) -> list[dict[str, Any]]:
        """Every event so far, in order; a line still being written is left for the next look."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        complete = text[: text.rfind("\n") + 1]
        return [json.loads(line) for line in complete.splitlines()]

    def cancel(self, *, actor: str) -> None:
        """Asks the worker to stop, which looks between two compiled calls; a job that still waits ends at once.

        Raises:
            DataError: it is neither queued nor running.
        """
        if self.state not in ACTIVE:
            raise DataError(
                what=_("it is not running any more ({state})").format(state=self.state),
                where=self.called,
                remedy=_("there is nothing to stop; 'delete' removes it"),
            )
        files.write_json(self.folder / "cancel.json", {"actor": actor, "time": time.time()})
        lock = Lock(self.lock_path)
        if self.state == QUEUED and lock.try_once():  # no worker has it yet
            if self.written_state == QUEUED:
                self.set_state(CANCELLED)
            lock.release()

    @property
    def cancel_asked(self) -> bool:
        """Whether somebody asked to stop."""
        return (self.folder / "cancel.json").exists()

    def remove(self, *, actor: str) -> None:
        """Removes the folder of a job that is not at work in one step, so that nobody sees half of it.

        Raises:
            DataError: a process works on it.
        """
        if not actor:
            raise ValueError("a mutating call names its actor")
        lock = Lock(self.lock_path)
        try:
            held = lock.acquire()
        except FileNotFoundError:
            return  # somebody else deleted it at the same moment
        if not held:
            raise DataError(what=_("it is still running"), where=self.called, remedy=_("cancel it first"))
        doomed = self.folder.with_name(f".{self.id}.{uuid.uuid4().hex[:8]}.deleted")
        try:
            self.folder.rename(doomed)
        except FileNotFoundError:
            return  # somebody else deleted it at the same moment
        finally:
            lock.release()
        shutil.rmtree(doomed)
