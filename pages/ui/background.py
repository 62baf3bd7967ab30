"""What lives as long as the app's process: the lock that says an app is here, and the dispatcher."""

from __future__ import annotations

import atexit
import contextlib
import os

import psutil
import streamlit as st

from recsys_core.locks import Lock, is_held_by_any
from recsys_core.training.jobs import app_lock, dismiss_dispatcher, ensure_dispatcher
from recsys_core.workspace import workspace

CHILD_SECONDS = 5.0
"""So long a command that a page follows has to take away what it has begun."""


@st.cache_resource(max_entries=4, show_spinner=False)
def _presence(folder: str) -> Lock:
    lock = Lock(app_lock(), shared=True)
    lock.acquire()
    atexit.register(leave, lock)
    return lock


def start() -> None:
    """Says that an app is here and sees that a dispatcher lives; RECSYS_DISPATCHER=0 leaves that to somebody else."""
    _presence(str(workspace()))
    if not _served_by_others():
        ensure_dispatcher()


def leave(presence: Lock) -> None:
    """What Ctrl-C and SIGTERM do at the very end: the last app on the workspace sends the dispatcher home.

    Its workers keep where they stand and their runs are interrupted; queued runs stay queued.
    """
    _end_children()
    presence.release()
    if not _served_by_others() and not is_held_by_any(app_lock()):
        dismiss_dispatcher()


def _served_by_others() -> bool:
    return os.environ.get("RECSYS_DISPATCHER") == "0"


def _end_children() -> None:
    """Ends the commands that pages still follow; the dispatcher has a group of its own and is not meant."""
    mine = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(child.pid) == os.getpgid(0):
                child.terminate()
                mine.append(child)
    _gone, left = psutil.wait_procs(mine, CHILD_SECONDS)
    for child in left:
        with contextlib.suppress(psutil.Error):
            child.kill()
