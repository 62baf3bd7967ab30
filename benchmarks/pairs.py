"""Differences of the same users' values under two entries, with intervals: a tie is told as a tie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.contest import Cell
from recsys_core.evaluation.intervals import paired_interval, percentile_interval, user_draws

Cells = Mapping[str, Cell]
TOGETHER = "together"


def differences(ours: Cells, theirs: Cells, name: str) -> dict[str, list[float]]:
    """[mean, low, high] of ours minus theirs on every cut that both have, and of each user's mean over the cuts."""
    found: dict[str, list[float]] = {}
    both = [
        cut for cut in ours if cut in theirs and name in ours[cut].per_user and name in theirs[cut].per_user
    ]
    gaps = [ours[cut].per_user[name] - theirs[cut].per_user[name] for cut in both]
    for cut, gap in zip(both, gaps, strict=True):
        found[cut] = _interval(gap)
    if gaps and len({len(gap) for gap in gaps}) == 1:
        table = np.stack(gaps)
        some = np.isfinite(table).any(axis=0)
        found[TOGETHER] = _interval(np.nanmean(table[:, some], axis=0))
    return found


def _interval(gap: np.ndarray) -> list[float]:
    present = gap[np.isfinite(gap)]
    one = paired_interval(present, np.zeros(len(present)))
    return [round(float(part), 6) for part in (one.mean, one.low, one.high)]


def rmse_difference(ours: Cells, theirs: Cells) -> list[float]:
    """[difference, low, high] of the RMSE over all cuts' rows together, users drawn with replacement; [] for none."""
    both = [cut for cut in ours if cut in theirs and "squared" in ours[cut].per_user]
    both = [cut for cut in both if "squared" in theirs[cut].per_user]
    if not both:
        return []
    mine, others = (sum(side[cut].per_user["squared"] for cut in both) for side in (ours, theirs))
    counts = sum(ours[cut].per_user["n"] for cut in both)
    draws = np.vstack([np.ones(len(counts)), user_draws(len(counts), 0)])
    rows = draws @ counts
    gap = np.sqrt(draws @ mine / rows) - np.sqrt(draws @ others / rows)
    return [round(float(part), 6) for part in (gap[0], *percentile_interval(gap[1:]))]


def said(interval: list[float] | None, *, higher_is_better: bool = True) -> str:
    """An interval of a difference in words."""
    if not interval:
        return "not measured"
    mean, low, high = interval
    sure = "better" if (mean > 0) == higher_is_better else "worse"
    verdict = "a tie" if low <= 0 <= high else sure
    return f"{mean:+.4f} ({low:+.4f} to {high:+.4f}): {verdict}"


def plain(found: dict[str, dict[str, Cell]]) -> dict[str, Any]:
    """Raw figures of every entry on every cut, for the JSON beside the page."""
    return {label: {cut: cell.rounded() for cut, cell in cells.items()} for label, cells in found.items()}
