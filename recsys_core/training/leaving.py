"""SIGTERM of a process at work: it is told to leave, keeps where it stands at the next look, and goes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from recsys_core.errors import Interrupted

_TOLD = threading.Event()


@contextmanager
def listening() -> Iterator[None]:
    """Inside, SIGTERM only makes `told_to_leave` true; before and after it ends the process as usual."""

    def hear(_number: int, _frame: FrameType | None) -> None:
        _TOLD.set()

    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        _TOLD.clear()


def told_to_leave() -> bool:
    """Whether SIGTERM came."""
    return _TOLD.is_set()


def leave_if_told() -> None:
    """Raises Interrupted once SIGTERM came."""
    if told_to_leave():
        raise Interrupted
