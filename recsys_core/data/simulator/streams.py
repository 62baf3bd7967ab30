"""The only source of chance in a world: independent streams of random numbers from one seed, one a purpose."""

from __future__ import annotations

import numpy as np

USERS, ITEMS, EVENTS, SAMPLE, ORDER, DRIFT = range(1, 7)


def stream(seed: int, purpose: int, number: int = 0) -> np.random.Generator:
    """A generator of its own for a purpose and, for events, for each block of users."""
    return np.random.default_rng([seed, purpose, number])
