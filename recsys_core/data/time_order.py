"""Times put into order, fast; and long columns in pieces."""

from __future__ import annotations

import numpy as np

from recsys_core.columns import TIME
from recsys_core.data.dataset import Dataset
from recsys_core.data.periods import DAY_SECONDS
from recsys_core.types import IntArray

MOST_YEARS = 200
"""A span longer than that is no calendar: somebody took milliseconds for seconds."""
BLOCK = 1 << 20


def usable_time(data: Dataset) -> IntArray | None:
    """The times of a data set, epoch seconds; None where it has none or they fit no calendar."""
    if TIME not in data.interactions:
        return None
    time = data.interactions[TIME].to_numpy()
    return time if float(time.max()) - float(time.min()) <= MOST_YEARS * 366 * DAY_SECONDS else None


def in_order(time: IntArray) -> bool:
    """Whether no time is before the one that stands before it."""
    return bool((time[1:] >= time[:-1]).all())


def sorted_times(time: IntArray) -> tuple[IntArray, IntArray]:
    """The order of the times, equal ones as they stand, and the times in that order."""
    bits = len(time).bit_length()
    packed = time - time.min()  # fits: a span of MOST_YEARS is below 2**33
    packed <<= bits
    packed |= np.arange(len(time))
    packed.sort()
    order = (packed & ((1 << bits) - 1)).astype(np.int32)
    packed >>= bits
    packed += time.min()
    return order, packed


def blocks(column: np.ndarray) -> list[np.ndarray]:
    """The column in pieces, so that what is made of it on the way stays small."""
    return [column[start : start + BLOCK] for start in range(0, len(column), BLOCK)]
