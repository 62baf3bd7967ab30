"""What lives as long as the app's process: the lock that says an app is here, and the dispatcher."""

from __future__ import annotations

import os

import streamlit as st

from recsys_core.locks import Lock
from recsys_core.training.jobs import app_lock, ensure_dispatcher
from recsys_core.workspace import workspace


@st.cache_resource(max_entries=4, show_spinner=False)
def _presence(folder: str) -> Lock:
    lock = Lock(app_lock(), shared=True)
    lock.acquire()
    return lock


def start() -> None:
    """Says that an app is here and sees that a dispatcher lives; RECSYS_DISPATCHER=0 leaves that to somebody else."""
    _presence(str(workspace()))
    if os.environ.get("RECSYS_DISPATCHER") != "0":
        ensure_dispatcher()
