"""Coverage-seeking: an item that nobody is shown is offered to those to whom it costs least.

Asked is the set of lists that maximises (sum of what the picks are worth) + strength x (items shown to somebody). What
an item would cost the person who comes nearest to being shown it, if it is at most the strength, is paid as a bonus to
its worth for everybody: so one number an item decides, and a list follows from its person's candidates alone, for
people who come later too. This is the auction step of an assignment problem (Bertsekas, 1988) on the lists' last
places; the aim is that of Adomavicius & Kwon, Improving aggregate recommendation diversity, TKDE 2012.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.types import FloatArray, IntArray

ROUNDS = 4
JUST_ENOUGH = 1e-6


def bonuses(
    missing_with: Callable[[FloatArray], FloatArray], items: IntArray, n_items: int, *, most: float
) -> FloatArray:
    """The bonus of each item, from 0 to `most`: (n_items,).

    Args:
        missing_with: bonuses (n_items,) -> how much more each candidate would have had to be worth to be in its
            person's list, (n, p); at most 0 for those that are in.
        items: everybody's candidates, (n, p), -1 for none.
    """
    bonus = np.zeros(n_items)
    for _round in range(ROUNDS if most > 0 else 0):
        missing = missing_with(bonus)
        shown = np.zeros(n_items, dtype=bool)
        shown[items[(missing <= 0) & (items >= 0)]] = True
        price = _least(missing, items, n_items)
        wanted = bonus + price + JUST_ENOUGH
        raised = ~shown & (wanted <= most)
        if not raised.any():
            break
        bonus[raised] = wanted[raised]
    return bonus


def _least(missing: FloatArray, items: IntArray, n_items: int) -> FloatArray:
    """For each item the smallest of what it misses with anybody; infinite where it is nobody's candidate."""
    least = np.full(n_items, np.inf)
    there = items >= 0
    np.minimum.at(least, items[there], missing[there])
    return least
