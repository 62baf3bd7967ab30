"""Markdown out of raw figures: means with intervals over splits, costs, and who took no part and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.stats

T_975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 9: 2.306, 10: 2.262, 15: 2.145}
COSTS = {"fit_s": "fit s", "top10_s": "top 10 of all, ms", "peak_mb": "peak MB"}


def values_of(cells: dict[str, Any], name: str) -> np.ndarray:
    """One figure of an entry on every cut that has it."""
    return np.array([cell[name] for cell in cells.values() if name in cell], np.float64)


def mean_of(raw: dict[str, Any], label: str, name: str) -> float:
    """Mean over the cuts; NaN where there is none."""
    values = values_of(raw.get(label, {}), name)
    return float(values.mean()) if len(values) else float("nan")


def with_interval(values: np.ndarray) -> str:
    """Mean ± half of Student's 95 % interval over splits (and trainings), where there are several."""
    if not len(values):
        return "–"
    mean = f"{values.mean():.4f}"
    if len(values) < 2:
        return mean
    t = T_975.get(len(values), 2.0)
    return f"{mean} ± {t * values.std(ddof=1) / np.sqrt(len(values)):.4f}"


def table(
    raw: dict[str, Any], figures: Sequence[str], costs: Sequence[str] = ("fit_s", "peak_mb")
) -> list[str]:
    """One line an entry that was measured; then a sentence for each that was not."""
    head = ["model", "splits", *figures, *(COSTS[name] for name in costs)]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for label, cells in raw.items():
        measured = sum("skipped" not in cell for cell in cells.values())
        if measured:
            row = [label, str(measured), *(with_interval(values_of(cells, name)) for name in figures)]
            lines.append(f"| {' | '.join([*row, *(_cost(cells, name) for name in costs)])} |")
    return [*lines, *_absent(raw)]


def _cost(cells: dict[str, Any], name: str) -> str:
    values = values_of(cells, name)
    if not len(values):
        return "–"
    return f"{np.median(values) * 1000:.1f}" if name == "top10_s" else f"{np.median(values):.4g}"


def _absent(raw: dict[str, Any]) -> list[str]:
    """Why some took no part, each reason once."""
    reasons: dict[str, None] = {}
    for label, cells in raw.items():
        for cell in cells.values():
            if "skipped" in cell:
                reasons[f"- Not measured: {label} ({cell['skipped']})."] = None
    return ["", *reasons] if reasons else []


def at_least(value: float, target: float) -> str:
    """Whether a figure that may not have been measured (NaN) reaches its target."""
    return reached(None if np.isnan(value) else value >= target)


def share(wins: Sequence[bool]) -> list[float]:
    """The share of wins with Wilson's 95 % interval: [share, low, high]."""
    found = scipy.stats.binomtest(int(sum(wins)), len(wins))
    interval = found.proportion_ci(method="wilson")
    return [float(found.statistic), float(interval.low), float(interval.high)]


def reached(holds: bool | np.bool_ | None) -> str:
    """Whether a target is met; None: it was not measured."""
    if holds is None:
        return "not measured"
    return "reached" if holds else "**missed**"
