"""Means of groups of values with their 95 % intervals: Wilson's for shares, the normal one else."""

from __future__ import annotations

import numpy as np

from recsys_core.types import FloatArray, IntArray

Z = 1.959964


def with_intervals(
    n: IntArray, total: FloatArray, squares: FloatArray, *, binary: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean of each group, and where it may lie: mean, low, high, each of shape (groups,); NaN where a group is empty.

    The rows of a group count as independent of each other.

    Args:
        n: rows of each group.
        total: sum of its values.
        squares: sum of their squares; not looked at where values are answers.
        binary: whether values are 0 or 1. Reference: Wilson, JASA 22(158), 1927.
    """
    n = np.asarray(n, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        if binary:
            middle = (mean + Z**2 / (2 * n)) / (1 + Z**2 / n)
            half = Z / (1 + Z**2 / n) * np.sqrt(mean * (1 - mean) / n + Z**2 / (4 * n**2))
            return mean, middle - half, middle + half
        variance = np.maximum(squares - n * mean**2, 0) / np.maximum(n - 1, 1)
        half = np.where(n > 1, Z * np.sqrt(variance / n), np.nan)
    return mean, mean - half, mean + half
