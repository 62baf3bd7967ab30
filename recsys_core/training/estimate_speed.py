"""How fast this machine is beside the one on which the costs were measured: a short exercise, kept in the workspace.

It takes one core and a few microseconds a go; the best of many goes in several bursts counts, so that a busy machine is
not taken for a slow one. Products of small matrices are what trainings spend their time on; how fast a machine goes
through numbers in its nearest cache says nothing of them (one that was twice as fast there trained more slowly).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.training.estimate_work import Work
from recsys_core.workspace import workspace

FILE = "speed.json"
KEPT_SECONDS = 30 * 86_400.0
GOES, SIDE = 60, 48
BURSTS, PAUSE_SECONDS = 5, 0.02
REFERENCE_CORES = 2
MORE_CORES = 0.7
"""Twice the cores make so much of twice the speed: exponent."""
FLOPS, CELLS, SCATTERED = 150e9, 6e9, 0.8e9
"""What two cores of the reference machine do in a second."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What the exercise gave.

    Attributes:
        products: small dense products, multiplications and additions a second on one core.
        cores: cores that this process may use.
    """

    products: float
    cores: int

    @property
    def pace(self) -> float:
        """One core beside one of the reference machine: 2 is twice as fast."""
        return self.products / REFERENCE.products

    def seconds(self, work: Work, call: float) -> float:
        """What the work takes here; `call` is the overhead of one step on the reference machine."""
        together = (self.cores / REFERENCE_CORES) ** MORE_CORES
        parallel = work.flops / FLOPS + work.cells / CELLS
        return (parallel / together + work.scattered / SCATTERED + work.calls * call) / self.pace


REFERENCE = Speed(102e9, REFERENCE_CORES)


def speed(cores: int) -> Speed:
    """This machine's with so many cores, measured within a tenth of a second at most once a month and kept in the workspace."""
    path = workspace() / FILE
    kept = _kept(path)
    if kept is not None and kept.cores == cores:
        return kept
    found = measured(cores)
    files.write_json(path, asdict(found))
    return found


def measured(cores: int) -> Speed:
    """The exercise, done now."""
    square = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    space = np.empty_like(square)
    bursts = []
    for _burst in range(BURSTS):
        bursts.append(_best(lambda: np.dot(square, square, out=space)))
        time.sleep(PAUSE_SECONDS)  # what slows one burst down is over at another
    return Speed(2.0 * SIDE**3 / min(bursts), cores)


def _best(exercise: Callable[[], object]) -> float:
    seconds = []
    for _go in range(GOES):
        started = time.perf_counter()
        exercise()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _kept(path: Path) -> Speed | None:
    try:
        stored = files.read_json(path) if path.exists() and _age(path) < KEPT_SECONDS else {}
        return Speed(float(stored["products"]), int(stored["cores"]))
    except (DataError, KeyError, TypeError, ValueError, OSError):
        return None


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
