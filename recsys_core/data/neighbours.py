"""The items nearest to one item: by who chose both, and by what is known of them. Never items x items."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TITLE
from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key, grouping, keys_of
from recsys_core.types import FloatArray, IntArray

LEAST_BOTH = 5
"""So many users must have both items: two that one person chose are no neighbours yet."""


def by_users(index: EventIndex, item: int, *, n: int = 10, least_both: int = LEAST_BOTH) -> pd.DataFrame:
    """The items that the same users chose, by the cosine of their columns of the users x items matrix of ones.

    Args:
        item: its row.
        n: so many at most.
        least_both: users who must have both.

    Returns:
        `item` (row), `item_id`, `title`, `cosine`, `both` (users with both), `count` (users with that one).
    Reference: Sarwar, Karypis, Konstan, Riedl, Item-based collaborative filtering, WWW 2001.
    """
    matrix = index.by_user
    if index.user is None or index.item is None:
        raise ValueError("there are no users or no items")
    owners = np.unique(index.user[np.flatnonzero(index.item == item)])
    both = np.bincount(matrix[owners].indices, minlength=matrix.shape[1])
    counts = index.once("users of item", lambda: np.bincount(matrix.indices, minlength=matrix.shape[1]))
    cosine = both / np.sqrt(np.maximum(counts, 1.0) * max(len(owners), 1))
    fits = np.flatnonzero((both >= max(least_both, 1)) & (np.arange(len(both)) != item))
    return _table(index, _best(fits, cosine, counts, n), cosine=cosine, both=both, count=counts)


def by_attributes(index: EventIndex, item: int, *, n: int = 10) -> pd.DataFrame:
    """The items that are most alike, by the cosine of their sets of values; of equal ones, the most chosen first.

    Returns:
        `item` (row), `item_id`, `title`, `cosine`, `shared` (values in common), `count` (rows).
    """
    n_items = index.data.n_items
    shared, sizes = np.zeros(n_items, dtype=np.int64), np.zeros(n_items, dtype=np.int64)
    for key in attribute_keys(index):
        found = grouping(index, key)
        assert found.owner is not None
        known = found.code >= 0
        owner, code = found.owner[known], found.code[known]
        mine = np.zeros(len(found.values), dtype=bool)
        mine[code[owner == item]] = True
        shared += np.bincount(owner[mine[code]], minlength=n_items)
        sizes += np.bincount(owner, minlength=n_items)
    counts = index.everything.counts("items")
    cosine = shared / np.sqrt(np.maximum(sizes, 1.0) * max(int(sizes[item]), 1))
    fits = np.flatnonzero((shared > 0) & (np.arange(n_items) != item))
    return _table(index, _best(fits, cosine, counts, n), cosine=cosine, shared=shared, count=counts)


def attribute_keys(index: EventIndex) -> list[Key]:
    """The items' attributes that say what an item is: lists and texts, no numbers."""
    return [key for key in keys_of(index.data) if key.of == "items" and not grouping(index, key).ordered]


def _best(fits: IntArray, cosine: FloatArray, counts: IntArray, n: int) -> IntArray:
    return fits[np.lexsort((fits, -counts[fits], -np.round(cosine[fits], 9)))][:n]


def _table(index: EventIndex, rows: IntArray, **columns: np.ndarray) -> pd.DataFrame:
    items = index.data.items[[ITEM, TITLE]].iloc[rows].reset_index(drop=True)
    return (
        pd.DataFrame({"item": rows})
        .join(items)
        .assign(**{name: column[rows] for name, column in columns.items()})
    )
