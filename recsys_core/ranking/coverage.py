"""Coverage-seeking: an item that nobody is shown is offered to those to whom it costs least.

Asked is for the lists with the largest (sum of what the picks are worth) + strength x (items shown to somebody). What an
item would cost the person who comes nearest to being shown it is its price; where it is at most the strength it is paid,
as a bonus to the item's worth for everybody. So one number an item decides, and a list follows from its person's
candidates alone, for people who come later too. The prices are raised as in an auction for the lists' last places
(Bertsekas, The auction algorithm, 1988); the aim is that of Adomavicius & Kwon, Improving aggregate recommendation
diversity, TKDE 2012.
"""

from __future__ import annotations

import numpy as np

from recsys_core.types import FloatArray, IntArray

ROUNDS = 6
JUST_ENOUGH = 1e-6
NEVER = -1e6


def prices(worth: FloatArray, items: IntArray, n_items: int, k: int) -> FloatArray:
    """The price of each item, (n_items,): 0 where it is shown anyway, infinite where it is nobody's candidate.

    Args:
        worth: what each candidate is worth to its person, (n, p).
        items: the candidates, (n, p), -1 for none.
        k: length of the lists.
    """
    found = np.where(np.bincount(items[items >= 0], minlength=n_items) > 0, 0.0, np.inf)
    if not len(items):
        return found
    there = items >= 0
    rows = np.maximum(items, 0)
    for _round in range(ROUNDS):
        bid = np.where(there, worth + found[rows], NEVER)
        last = -np.partition(-bid, k - 1, axis=1)[:, k - 1 : k]
        missing = np.full(n_items, np.inf)
        np.minimum.at(missing, items[there], (last - bid)[there])
        outbid = np.isfinite(found) & np.isfinite(missing) & (missing > 0)
        if not outbid.any():
            break
        found[outbid] += missing[outbid] + JUST_ENOUGH
    return found
