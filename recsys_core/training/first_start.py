"""The first start of an empty workspace: fetches the default data, queues the floors and the default network."""

from __future__ import annotations

import logging
import os
from typing import Any

from recsys_core import files
from recsys_core.data.sources import fetch_default
from recsys_core.data.store import list_datasets
from recsys_core.errors import DataError, RecsysError
from recsys_core.i18n import _
from recsys_core.training.jobs import train_first_runs
from recsys_core.types import Report, no_report
from recsys_core.workspace import workspace

ACTOR = "first-start"
UNFINISHED = ("none", "asked", "fetching")
log = logging.getLogger(__name__)


def enabled() -> bool:
    """Whether nobody turned the first start off (RECSYS_FIRST_START=0)."""
    return os.environ.get("RECSYS_FIRST_START") != "0"


def wanted() -> bool:
    """Whether the workspace is empty and was never filled: one whose data sets somebody deleted stays empty."""
    return enabled() and standing()["state"] in UNFINISHED and not list_datasets()


def tend(report: Report = no_report) -> None:
    """What the dispatcher does every second: fills an empty workspace, and notes one that somebody filled."""
    if wanted():
        first_start(report)
    elif enabled() and standing()["state"] in ("none", "asked") and list_datasets():
        _tell("done")


def ask(*, actor: str) -> None:
    """Asks the dispatcher to fetch the default data now, for instance after everything was deleted."""
    _tell("asked", actor=actor)


def first_start(report: Report = no_report) -> None:
    """Fetches and queues; what happens stands in `first_start.json`, so that Home can tell."""
    _tell("fetching")
    try:
        data = fetch_default(actor=ACTOR, report=report)
        train_first_runs(data, actor=ACTOR)
        _tell("done", data=data.name)
    except RecsysError as problem:
        _tell("failed", message=str(problem))
    except Exception:
        log.exception("first start failed")
        _tell("failed", message=_("an error of the app itself; see dispatcher.log in the workspace"))


def standing() -> dict[str, Any]:
    """`state`: none, asked, fetching, done or failed; `message` when it failed."""
    try:
        told = files.read_json(workspace() / "first_start.json")
    except DataError:
        told = {}
    return told if told.get("state") in (*UNFINISHED, "done", "failed") else {"state": "none"}


def _tell(state: str, **rest: Any) -> None:
    files.write_json(workspace() / "first_start.json", {"state": state, **rest})
