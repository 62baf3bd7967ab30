"""Events of a run as JSON lines: one appended line an event, flushed, so a reader sees it at once."""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import psutil

MEASURED = ("epoch", "progress")
"""Events that say how much memory the process holds."""


class EventLog:
    """Appends events to a job's `events.jsonl`; callable, so it serves as a `Report`."""

    def __init__(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        _mend(path)
        self._stream = path.open("a", encoding="utf-8")

    def __call__(self, event: dict[str, Any]) -> None:
        """Appends one event with its time."""
        plain = {key: _short(value) for key, value in event.items()}
        self._stream.write(json.dumps({"time": time.time(), **plain}) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()


def with_memory(event: dict[str, Any]) -> dict[str, Any]:
    """The event; an epoch or a progress with `rss_mb`, what this process holds in memory now."""
    if event["type"] not in MEASURED:
        return event
    return {**event, "rss_mb": round(psutil.Process().memory_info().rss / 2**20, 1)}


def _mend(path: Path) -> None:
    """Cuts off the half of a line that a killed process left: the next event would be glued to it."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
