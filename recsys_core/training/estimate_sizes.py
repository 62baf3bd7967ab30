"""What of the data and the settings decides how long a training takes: sizes, and how many epochs are to be expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys_core.columns import Kind
from recsys_core.data.splits import COLD_USERS, COUNTED, ROTATIONS, VALID_SHARE, SplitSpec

BEST_EPOCH: dict[str, tuple[float, float]] = {
    "history_encoder": (33.0, 8.0),
    "autoencoder": (46.0, 8.0),
    "two_tower": (58.0, 8.0),
    "sequence": (2.0, 70.0),
    "rating_autoencoder": (40.0, 27.0),
    "mf": (12.0, 18.0),
}
"""Epoch that was best on validation rows with the default settings, and how many steps an epoch had there.

Networks that are not named make all their epochs, once.
"""
SOONER = 0.4
"""Ten times the steps an epoch, and the best epoch comes 2.5 times as early: exponent."""
IN_ORDER = ("last", "time")
BEST_IN_ORDER = {"sequence": (9.0, 70.0)}
"""Where what is foretold is what came next, a network of order has more to learn."""
RANGE = 3.0
"""The best epoch may come so many times as early."""
MOST_SLOWER = 4.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """What of the data decides how long it takes.

    Attributes:
        train: rows that are learned from while epochs are chosen; fit: those of the final model.
        judged: users that are ranked in the end.
    """

    users: int
    items: int
    rows: int
    train: int
    fit: int
    judged: int
    kind: Kind

    @classmethod
    def of(cls, users: int, items: int, rows: int, kind: Kind, split: SplitSpec) -> Sizes:
        """The sizes under a split, from the shares that it asks for: the split itself is not made."""
        out, valid = min(1.0, split.amount), VALID_SHARE
        if split.protocol == "given":
            out = 0.2
        elif split.protocol in COLD_USERS:
            out = 1 / ROTATIONS
        elif split.protocol in COUNTED:  # so many rows a user, twice
            out = min(0.9, split.amount * users / max(rows, 1))
            valid = min(0.9, out / (1 - out))
        fit = max(1, round(rows * (1 - out)))
        judged = users / ROTATIONS if split.protocol in COLD_USERS else users
        return cls(users, items, rows, max(1, round(fit * (1 - valid))), fit, max(1, round(judged)), kind)

    @property
    def history(self) -> float:
        """Rows a user of the final model, weighed by user and squared: what products of histories cost."""
        return 2.0 * self.fit / max(self.users, 1)


@dataclass(frozen=True, slots=True)
class Epochs:
    """Epochs that are made: while they are chosen, and for the final model."""

    train: float
    refit: float

    def __add__(self, other: Epochs) -> Epochs:
        """Both together."""
        return Epochs(self.train + other.train, self.refit + other.refit)


@dataclass(frozen=True, slots=True)
class Expected:
    """How many epochs it may take: as a guess, at least and at most."""

    guess: Epochs
    least: Epochs
    most: Epochs


def expected_epochs(
    model: str,
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any],
    split: SplitSpec,
    steps: float,
    best: float | None = None,
) -> Expected:
    """The epochs of a model whose settings say how many it makes at most.

    Args:
        steps: how many steps an epoch has.
        best: the best epoch of an earlier run like this one, where there is one.
    """
    epochs = float(settings["epochs"])
    if model not in BEST_EPOCH:  # it stops early only where it is asked to, and is not fitted twice
        least = min(epochs, float(settings.get("patience") or epochs) + 1)
        return Expected(Epochs(epochs, 0), Epochs(least, 0), Epochs(epochs, 0))
    in_order = split.protocol in IN_ORDER and model in BEST_IN_ORDER
    usual, at_steps = (BEST_IN_ORDER if in_order else BEST_EPOCH)[model]
    sooner = (at_steps / max(steps, 1.0)) ** SOONER
    return two_phases(best or usual * sooner * _slower(settings, defaults), settings)


def two_phases(typical: float, settings: Mapping[str, Any]) -> Expected:
    """The epochs of a network that is fitted anew for as many as were best, these being expected at `typical`."""
    epochs = float(settings["epochs"])
    patience = float(settings.get("patience") or epochs)

    def made(at: float) -> Epochs:
        chosen = max(1.0, min(at, epochs))
        return Epochs(min(epochs, chosen + patience), chosen)

    return Expected(made(typical), made(typical / RANGE), Epochs(epochs, epochs))


def _slower(settings: Mapping[str, Any], defaults: Mapping[str, Any]) -> float:
    """How much later the best epoch comes with another learning rate than the default: by the root of the ratio."""
    asked, usual = float(settings.get("learning_rate", 0)), float(defaults.get("learning_rate", 0))
    if asked <= 0 or usual <= 0:
        return 1.0
    return min(MOST_SLOWER, max(1 / MOST_SLOWER, (usual / asked) ** 0.5))
