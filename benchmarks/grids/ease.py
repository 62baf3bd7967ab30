"""EASE: one dial. Measured by `python -m benchmarks.tuning ease`."""

from __future__ import annotations

from typing import Any

GRID: list[dict[str, Any]] = [{"l2": value} for value in (100.0, 200.0, 300.0, 500.0, 800.0, 1200.0)]
CHOSEN: dict[str, Any] = {"l2": 500.0}
