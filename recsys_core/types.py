"""Array aliases and the two channels between long work and whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer[Any]]
FloatArray = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]

Report = Callable[[dict[str, Any]], None]
"""Called with one JSON-able event, such as {"type": "epoch", "epoch": 3, "loss": 0.71}."""

ShouldStop = Callable[[], bool]
"""True once the person asked to stop; asked between compiled calls."""


def no_report(event: dict[str, Any]) -> None:
    """A report that goes nowhere."""


def never_stop() -> bool:
    """A control that never asks to stop."""
    return False
