"""How `fetch` shows its progress: one line that is written over in a terminal, JSON lines for the app, else nothing."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recsys_core.evaluation.meanings import fetching
from recsys_core.types import Report, no_report

_WIDTH = 78
Words = Callable[[dict[str, Any]], tuple[float, str]]
_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def progress_of(*, events: bool, words: Words = fetching) -> Iterator[Report]:
    """The report of one command; afterwards the terminal's line is empty again.

    Args:
        words: how far an event is, from 0 to 1, and in words.
        events: JSON lines on stdout, and SIGTERM ends the command as Ctrl-C does: whoever started it may stop it.
    """
    if events:
        before = {number: signal.signal(number, signal.default_int_handler) for number in _ENDING}
        try:
            yield _as_json
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    elif sys.stderr.isatty():
        try:
            yield lambda event: _on_one_line(event, words)
        finally:
            print(f"\r{'':{_WIDTH}}\r", end="", file=sys.stderr, flush=True)
    else:
        yield no_report


def _as_json(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def _on_one_line(event: dict[str, Any], words: Words) -> None:
    share, told = words(event)
    text = f"{event.get('source', '')} {share:4.0%}  {told}".lstrip()
    print(f"\r{text[:_WIDTH]:{_WIDTH}}", end="", file=sys.stderr, flush=True)
