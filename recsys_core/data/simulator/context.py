"""The circumstances of an impression: where on the page, on what device, at what hour; some matter, some do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.types import FloatArray, IntArray

FEATURES = ("position", "device", "hour", "layout", "load_ms")
DEVICES = ("desktop", "phone", "tablet")
LAYOUTS = ("cards", "grid", "plain")
N_POSITIONS = 6
_DEVICE_SHARES = (0.35, 0.5, 0.15)
_DEVICE_EFFECT = (0.15, -0.1, 0.0)
_POSITION_EFFECT = -0.35
_SCROLL = (1.0, 1.5, 1.2)
"""On a phone the lower positions lose more: device and position act together."""
_HOUR_EFFECT, _BEST_HOUR = 0.3, 20


@dataclass(frozen=True)
class Context:
    """One circumstance a row, each shape (n,).

    Attributes:
        position: 1 for the top of the page.
        device, layout: codes.
        hour: 0 to 23, of the time of the impression.
        load_ms: how long the page took to load.
    """

    position: IntArray
    device: IntArray
    hour: IntArray
    layout: IntArray
    load_ms: IntArray

    @property
    def effect(self) -> FloatArray:
        """What the circumstances add to a leaning: device, position (steeper on small screens) and hour."""
        return np.asarray(self._of_device + self._of_position + self._of_hour)

    def strengths(self) -> dict[str, float]:
        """By feature, the standard deviation over the rows of its part in the leaning; 0 for noise."""
        return {
            "position": float(self._of_position.std()),
            "device": float((self._of_device + self._of_position).std()),
            "hour": float(self._of_hour.std()),
            "layout": 0.0,
            "load_ms": 0.0,
        }

    @property
    def _of_device(self) -> FloatArray:
        return np.array(_DEVICE_EFFECT)[self.device]

    @property
    def _of_position(self) -> FloatArray:
        return _POSITION_EFFECT * np.log2(self.position.astype(np.float64)) * np.array(_SCROLL)[self.device]

    @property
    def _of_hour(self) -> FloatArray:
        return np.asarray(_HOUR_EFFECT * np.cos(2 * np.pi * (self.hour - _BEST_HOUR) / 24))

    def columns(self) -> dict[str, object]:
        """The features as they stand in a table; text as categories, for a large table's sake."""
        return {
            "position": self.position.astype(np.int16),
            "device": as_categories(self.device, DEVICES),
            "hour": self.hour.astype(np.int16),
            "layout": as_categories(self.layout, LAYOUTS),
            "load_ms": self.load_ms.astype(np.int32),
        }


def as_categories(codes: IntArray, names: tuple[str, ...]) -> pd.Categorical[str]:
    """Codes as a column of names that takes one byte a row."""
    return pd.Categorical.from_codes(np.asarray(codes), pd.Index(names))


def draw_context(rng: np.random.Generator, times: IntArray) -> Context:
    """Circumstances of impressions at these epoch seconds; positions fall by lot, whatever the item."""
    n = len(times)
    return Context(
        position=rng.integers(1, N_POSITIONS + 1, size=n),
        device=np.searchsorted(np.cumsum(_DEVICE_SHARES)[:-1], rng.random(n), side="right"),
        hour=np.asarray(times) // 3_600 % 24,
        layout=rng.integers(len(LAYOUTS), size=n),
        load_ms=(180 * np.exp(0.5 * rng.standard_normal(n))).astype(np.int64),
    )


def read_context(events: pd.DataFrame) -> Context:
    """The circumstances of a table with the columns FEATURES."""
    codes = {
        name: pd.Categorical(events[name], list(known)).codes.astype(np.int64)
        for name, known in (("device", DEVICES), ("layout", LAYOUTS))
    }
    numbers = {name: events[name].to_numpy(np.int64) for name in ("position", "hour", "load_ms")}
    return Context(**codes, **numbers)
