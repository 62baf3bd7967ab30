"""Events of a run as JSON lines: one appended line an event, flushed, so a reader sees it at once."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any


class EventLog:
    """Appends events to a run's `events.jsonl`; callable, so it serves as a `Report`."""

    def __init__(self, folder: Path) -> None:
        self._stream = (folder / "events.jsonl").open("a", encoding="utf-8")

    def __call__(self, event: dict[str, Any]) -> None:
        """Appends one event with its time."""
        plain = {key: _short(value) for key, value in event.items()}
        self._stream.write(json.dumps({"time": time.time(), **plain}) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Closes the file."""
        self._stream.close()


def _short(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
