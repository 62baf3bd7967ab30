"""How `fetch` shows its progress: one line that is written over in a terminal, JSON lines for the app, else nothing."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from recsys_core.evaluation.meanings import fetching
from recsys_core.types import Report, no_report

_WIDTH = 78
_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def progress_of(*, events: bool) -> Iterator[Report]:
    """The report of one command; afterwards the terminal's line is empty again.

    Args:
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
            yield _on_one_line
        finally:
            print(f"\r{'':{_WIDTH}}\r", end="", file=sys.stderr, flush=True)
    else:
        yield no_report


def _as_json(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def _on_one_line(event: dict[str, Any]) -> None:
    share, words = fetching(event)
    text = f"{event['source']} {share:4.0%}  {words}"
    print(f"\r{text[:_WIDTH]:{_WIDTH}}", end="", file=sys.stderr, flush=True)
