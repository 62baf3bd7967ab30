"""How far several trainings are, for whoever waits for them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from recsys_core.types import Report


class Clock:
    """Tells how far all trainings are: those that are complete, and the epochs of the one at work."""

    def __init__(self, report: Report, of: int, left: int) -> None:
        self.report, self.of, self.left, self.done = report, of, left, 0
        self.started = time.monotonic()
        self.spent: list[float] = []
        self.now: dict[str, Any] = {}
        self.told = 0.0

    @property
    def a_training(self) -> float | None:
        """Seconds of one, on average."""
        return float(np.mean(self.spent)) if self.spent else None

    def begins(self, arm: str, seed: int) -> None:
        """A training begins."""
        self.started = time.monotonic()
        self.now = {
            "status": "learning",
            "arm": arm,
            "seed": seed,
            "training": self.of - self.left + self.done + 1,
        }
        self._tell(0.0, None)

    def hears(self, event: dict[str, Any]) -> None:
        """An event of the training at work."""
        if event["type"] == "epoch":
            elapsed, left = time.monotonic() - self.started, float(event.get("seconds_left") or 0.0)
            self._tell(elapsed / max(elapsed + left, 1e-9), elapsed + left)

    def ends(self) -> None:
        """It is complete."""
        self.spent.append(time.monotonic() - self.started)
        self.done += 1
        self._tell(0.0, None)

    def _tell(self, share: float, whole: float | None) -> None:
        """Time left: of the trainings so far, or what the first one says of itself."""
        each = self.a_training or whole
        open_trainings = self.left - self.done
        left = None if each is None else max(each * (open_trainings - share), 0.0)
        reached = min((self.done + min(share, 1.0)) / max(self.left, 1), 1.0)
        self.told = max(
            self.told, reached
        )  # a guess that was too good is waited for, the bar never goes back
        self.report({**self.now, "of": self.of, "share": self.told, "seconds_left": left})
