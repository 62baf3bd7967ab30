"""The built-in sources: what each is, its terms before it is fetched, and fetching one with progress and Stop.

A process of its own fetches, with our own command line: its memory is not the app's, and it can be ended at any
moment. The page waits for it. A click on Stop, or anywhere else, makes Streamlit run the page anew: the next
call of `st` in here raises, and the process is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Any

import streamlit as st

from pages.ui import parts
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import list_sources
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.meanings import fetching
from recsys_core.i18n import N_, _
from recsys_core.training.jobs import ROOT

LOOK_SECONDS = 0.2
GRACE_SECONDS = 5.0
KINDS = {"rating": N_("ratings"), "implicit": N_("choices"), "click": N_("clicks")}


def sources(done: Callable[[Dataset], Any]) -> None:
    """Every built-in source in a row, with its terms and a button that fetches it.

    Args:
        done: called with the data set once it is in the workspace.
    """
    asked, place = None, None
    with st.expander(_("No file at hand? Take a built-in data set"), key="fetching_sources"):
        for source in list_sources():
            with st.container(border=True, gap="xsmall"):
                clicked = _row(source)
                here = st.empty()
            if clicked:
                asked, place = source, here
    if asked is None or place is None:
        return
    with parts.boundary():
        refused = _fetch(asked, place)
    place.empty()
    if refused:
        parts.error(refused)
    else:
        with parts.boundary():
            made = open_dataset(asked["name"])
        done(made)


def _row(source: dict[str, Any]) -> bool:
    """What one source is, its size and terms; whether its button was clicked."""
    what, terms, button = st.columns([6, 1.5, 1.3], vertical_alignment="center")
    what.markdown(f"**{parts.plain(source['title'])}**: {parts.plain(source['what'], 300)}")
    what.markdown(parts.chips(_facts(source)))
    with terms.popover(_("Terms"), key=f"fetching_terms_{source['name']}"):
        st.text(source["terms"])
        if source["citation"]:
            st.caption(_("To be cited as:"))
            st.text(source["citation"])
        if source["url"]:
            st.link_button(_("Official page"), source["url"], icon=":material/open_in_new:")
    if source["cached"]:
        button.markdown(f":green-badge[:material/check: {_('here')}]")
        return False
    return button.button(_("Fetch"), key=f"fetching_{source['name']}", icon=":material/download:")


def _facts(source: dict[str, Any]) -> list[str]:
    facts = [_("{n} {what}").format(n=source["rows"], what=_(KINDS[source["kind"]]))]
    facts += [_("{n} users").format(n=source["users"])] if source["users"] else []
    facts += [_("{n} items").format(n=source["items"])] if source["items"] else []
    facts += [_("{n:g} MB").format(n=source["megabytes"])] if source["megabytes"] else [_("no download")]
    return [*facts, source["licence"]]


def _fetch(source: dict[str, Any], place: Any) -> str:
    """Fetches while the page waits; what was wrong, or nothing when the data set is in the workspace."""
    with place.container():
        line = st.columns([7.5, 1.3], vertical_alignment="center")
        bar = line[0].empty()
        line[1].button(_("Stop"), key="fetching_stop", icon=":material/stop:")
    shown = {"status": "started"}
    bar.progress(*fetching(shown))
    with _process(source["name"]) as (events, process):
        while (event := _next(events, process)) is not None:
            shown = event or shown
            share, text = fetching(shown)
            bar.progress(share, text=text)  # where a click on Stop takes effect
        if process.wait() == 0:
            return ""
        told = process.stderr.read().strip().splitlines() if process.stderr else []
    return told[-1] if told else _("its process ended before it was done")


@contextmanager
def _process(name: str) -> Iterator[tuple[SimpleQueue[dict[str, Any] | None], subprocess.Popen[str]]]:
    """The process that fetches and the queue of its events; ended, and its partial file gone, on the way out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "recsys_core", "fetch", name, "--events"],
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
