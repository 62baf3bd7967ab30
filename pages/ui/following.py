"""Long work of a page: a process of our own command line, followed with progress, time left and Stop.

Its memory is not the app's, and it can be ended at any moment. The page waits for it. A click on Stop, or anywhere
else, makes Streamlit run the page anew: the next call of `st` in here raises, and the process is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import streamlit as st

from recsys_core.i18n import _
from recsys_core.training.jobs import ROOT

LOOK_SECONDS = 0.2
GRACE_SECONDS = 5.0


def follow(
    command: Sequence[str], place: Any, *, key: str, words: Callable[[dict[str, Any]], tuple[float, str]]
) -> str:
    """Runs a command that tells events as JSON lines (`--events`); what was wrong, or nothing when it is done.

    Args:
        place: an empty container for the bar and the button Stop, whose key is `key`.
        words: how far an event is, from 0 to 1, and in words.
    """
    with place.container():
        line = st.columns([7.5, 1.3], vertical_alignment="center")
        bar = line[0].empty()
        line[1].button(_("Stop"), key=key, icon=":material/stop:")
    shown = {"status": "started"}
    bar.progress(*words(shown))
    with _process(command) as (events, process):
        while (event := _next(events, process)) is not None:
            shown = event or shown
            share, text = words(shown)
            bar.progress(share, text=text)  # where a click on Stop takes effect
        if process.wait() == 0:
            return ""
        told = process.stderr.read().strip().splitlines() if process.stderr else []
    return told[-1] if told else _("its process ended before it was done")


@contextmanager
def _process(
    command: Sequence[str],
) -> Iterator[tuple[SimpleQueue[dict[str, Any] | None], subprocess.Popen[str]]]:
    """The process and the queue of its events; ended, and what it had begun gone, on the way out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recsys_core", *command, "--events"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    events: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, events), daemon=True)
    reader.start()
    try:
        yield events, process
    finally:
        process.terminate()  # as Ctrl-C: it removes what it has begun
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _read(process: subprocess.Popen[str], events: SimpleQueue[dict[str, Any] | None]) -> None:
    """Puts every event into the queue, and None at the end."""
    assert process.stdout is not None
    for line in process.stdout:
        events.put(json.loads(line))
    events.put(None)


def _next(
    events: SimpleQueue[dict[str, Any] | None], process: subprocess.Popen[str]
) -> dict[str, Any] | None:
    """The newest event, {} where nothing came for a moment, None at the end."""
    try:
        event = events.get(timeout=LOOK_SECONDS)
        while event is not None and not events.empty():
            event = events.get()
    except Empty:
        return {}
    return event
