"""Liveness by file lock: the kernel frees it the moment a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROBE_SECONDS = 0.05
_RETRY_SECONDS = 0.002


class Lock:
    """A lock on one file, held until `release` or the end of the process.

    Args:
        path: the lock file, made when missing.
        shared: several holders at once; they exclude only an exclusive one.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Takes the lock; False when somebody holds it. Waits a moment, in which a mere probe lets go."""
        deadline = time.monotonic() + PROBE_SECONDS
        while not self.try_once():
            if time.monotonic() > deadline:
                return False
            time.sleep(_RETRY_SECONDS)
        return True

    def try_once(self) -> bool:
        """Takes the lock without waiting at all; False when somebody holds or probes it."""
        return self._take(fcntl.LOCK_NB)

    @contextmanager
    def waited_for(self) -> Iterator[None]:
        """Holds the lock inside a `with`, waiting for it as long as it takes: for work of milliseconds."""
        self.wait()
        try:
            yield
        finally:
            self.release()

    def wait(self) -> None:
        """Takes the lock, however long its holder keeps it."""
        self._take(0)

    def _take(self, flags: int) -> bool:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, self._how | flags)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Gives the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock exclusively; the probe never disturbs the holder."""
    if not path.exists():
        return False
    probe = Lock(path, shared=True)
    free = probe.try_once()
    probe.release()
    return not free


def is_held_by_any(path: Path) -> bool:
    """Whether a living process holds the lock, exclusively or shared."""
    if not path.exists():
        return False
    probe = Lock(path)
    free = probe.try_once()
    probe.release()
    return not free
