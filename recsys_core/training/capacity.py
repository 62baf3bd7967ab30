"""What this machine carries: how many workers at once, how many threads each, and whether there is memory for one more."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from recsys_core.errors import ParamError
from recsys_core.i18n import _

CORES_A_WORKER = 2
WORKER_BYTES = 1_500_000_000
"""What a network on data of middling size holds, TensorFlow with it."""
MOST_WORKERS = 64
WORKERS = "RECSYS_WORKERS"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
_CONTAINER = Path("/sys/fs/cgroup")


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def most_workers(cores: int | None = None) -> int:
    """How many jobs may be at work at once: one for two cores, at least one; RECSYS_WORKERS sets another number.

    Raises:
        ParamError: RECSYS_WORKERS is no whole number from 1 to 64.
    """
    given = os.environ.get(WORKERS, "").strip()
    if not given:
        return max(1, (cores or n_cores()) // CORES_A_WORKER)
    if not given.isdecimal() or not 1 <= int(given) <= MOST_WORKERS:
        raise ParamError(
            what=_("{given} is not allowed").format(given=repr(given)),
            where=WORKERS,
            remedy=_("use a whole number from 1 to {most}").format(most=MOST_WORKERS),
        )
    return int(given)


def free_bytes() -> int:
    """Memory that can still be had: the machine's, or what a container leaves of it."""
    free = int(psutil.virtual_memory().available)
    try:
        limit, used, parts = (
            (_CONTAINER / f"memory.{name}").read_text(encoding="ascii").strip()
            for name in ("max", "current", "stat")
        )
    except OSError:
        return free
    if not limit.isdecimal():
        return free
    dropped = dict(line.split() for line in parts.splitlines()).get("inactive_file", 0)  # a cache of files
    return min(free, int(limit) - int(used) + int(dropped))


def room_for_one_more(at_work: int, most: int, free: int | None = None) -> bool:
    """Whether another job may start. The first one always may: waiting would not make the machine larger."""
    if at_work == 0:
        return True
    return at_work < most and (free_bytes() if free is None else free) >= WORKER_BYTES


def thread_limits(most: int, cores: int | None = None) -> dict[str, str]:
    """Environment of a worker: its share of the cores.

    One core is left to the pages where there are three or more; on two, a worker may use both, and steps back when a
    page wants one, since it is nicer.
    """
    cores = cores or n_cores()
    share = max(1, (cores - 1 if cores > CORES_A_WORKER else cores) // most)
    return dict.fromkeys(_THREADS, str(share)) | {"TF_NUM_INTEROP_THREADS": "1"}
