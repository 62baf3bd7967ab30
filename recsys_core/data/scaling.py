"""Scaling of the value for models that regress on it: fitted on training values only, and undone before anyone looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np

from recsys_core.errors import DataError
from recsys_core.i18n import N_, _
from recsys_core.types import FloatArray


class Scaler(Protocol):
    """An invertible map of values, and the range of the values that it was fitted on."""

    name: ClassVar[str]

    @property
    def low(self) -> float:
        """Smallest training value."""

    @property
    def high(self) -> float:
        """Largest training value."""

    @classmethod
    def fit(cls, values: FloatArray) -> Self:
        """The scaler of these values: give it training values only."""

    def transform(self, values: FloatArray) -> FloatArray:
        """Scaled values."""

    def inverse(self, scaled: FloatArray) -> FloatArray:
        """Values on the original scale."""

    def numbers(self) -> list[float]:
        """What `scaler_of` needs to make it again."""


def _checked(values: FloatArray) -> FloatArray:
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0 or not np.isfinite(values).all():
        raise DataError(
            what=_("scaling needs at least one finite value"),
            where=_("column 'value'"),
            remedy=_("clean the data first"),
        )
    return values


@dataclass(frozen=True, slots=True)
class MinMaxScaler:
    """Maps [low, high] onto [0, 1] and back: x' = (x - low) / (high - low)."""

    low: float
    high: float
    name: ClassVar[str] = "min-max"

    @classmethod
    def fit(cls, values: FloatArray) -> MinMaxScaler:
        """The scaler of these values: give it training values only."""
        values = _checked(values)
        return cls(float(values.min()), float(values.max()))

    @property
    def span(self) -> float:
        """High - low; 1 for a constant column, so that scaling stays defined."""
        return (self.high - self.low) or 1.0

    def transform(self, values: FloatArray) -> FloatArray:
        """Values on the unit scale; outside [0, 1] where a value lies outside the training range."""
        return (np.asarray(values, dtype=np.float64) - self.low) / self.span

    def inverse(self, scaled: FloatArray) -> FloatArray:
        """Values on the original scale."""
        return np.asarray(scaled, dtype=np.float64) * self.span + self.low

    def numbers(self) -> list[float]:
        """Low and high."""
        return [self.low, self.high]


@dataclass(frozen=True, slots=True)
class ZScoreScaler:
    """Mean 0 and standard deviation 1: x' = (x - mean) / sd."""

    low: float
    high: float
    mean: float
    sd: float
    name: ClassVar[str] = "z-score"

    @classmethod
    def fit(cls, values: FloatArray) -> ZScoreScaler:
        """The scaler of these values: give it training values only. A constant column gets a deviation of 1."""
        values = _checked(values)
        return cls(float(values.min()), float(values.max()), float(values.mean()), float(values.std()) or 1.0)

    def transform(self, values: FloatArray) -> FloatArray:
        """Standard scores."""
        return (np.asarray(values, dtype=np.float64) - self.mean) / self.sd

    def inverse(self, scaled: FloatArray) -> FloatArray:
        """Values on the original scale."""
        return np.asarray(scaled, dtype=np.float64) * self.sd + self.mean

    def numbers(self) -> list[float]:
        """Low, high, mean and standard deviation."""
        return [self.low, self.high, self.mean, self.sd]


@dataclass(frozen=True, slots=True)
class LogScaler:
    """For amounts with a long tail: x' = log(1 + x - low) / log(1 + high - low), so the unit interval again."""

    low: float
    high: float
    name: ClassVar[str] = "log"

    @classmethod
    def fit(cls, values: FloatArray) -> LogScaler:
        """The scaler of these values: give it training values only."""
        values = _checked(values)
        return cls(float(values.min()), float(values.max()))

    @property
    def _span(self) -> float:
        return float(np.log1p(self.high - self.low)) or 1.0

    def transform(self, values: FloatArray) -> FloatArray:
        """Logarithms on the unit scale; a value below the training range counts as its lower end."""
        return np.log1p(np.maximum(np.asarray(values, dtype=np.float64) - self.low, 0.0)) / self._span

    def inverse(self, scaled: FloatArray) -> FloatArray:
        """Values on the original scale; scores far above the unit interval stay finite."""
        return np.expm1(np.minimum(np.asarray(scaled, dtype=np.float64) * self._span, 700.0)) + self.low

    def numbers(self) -> list[float]:
        """Low and high."""
        return [self.low, self.high]


SCALINGS = {
    "min-max": N_("onto 0 to 1, smallest to largest"),
    "z-score": N_("mean 0, standard deviation 1"),
    "log": N_("logarithm first: for amounts with a long tail"),
}
_SCALERS: dict[str, type[Scaler]] = {one.name: one for one in (MinMaxScaler, ZScoreScaler, LogScaler)}


def fit_scaler(name: str, values: FloatArray) -> Scaler:
    """The scaler of that name, fitted; raises KeyError for an unknown name and DataError for values without range."""
    return _SCALERS[name].fit(values)


def scaler_of(name: str, numbers: list[float]) -> Scaler:
    """The scaler that `numbers()` described."""
    return _SCALERS[name](*numbers)
