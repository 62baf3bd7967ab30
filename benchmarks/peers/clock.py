"""Seconds and peak memory of what runs in this process."""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def peak_mb() -> float:
    """This process's own peak memory; what a parent held before is not counted, where Linux tells."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """From here on the peak is anew, starting with what is held now; where Linux allows."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives and the seconds it took."""
    started = time.perf_counter()
    made = work()
    return made, time.perf_counter() - started
