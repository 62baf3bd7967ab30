"""The cuts behind the split protocols: which rows are held out, by user, by time, by chance. Positions in, positions out.

Every cut takes the data set, the rows to cut, an amount and a random generator, and returns (kept, held out).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW
from recsys_core.data.dataset import Dataset
from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.types import IntArray

Cut = Callable[[Dataset, IntArray, float, np.random.Generator], tuple[IntArray, IntArray]]


def user_random(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """A share of each user's rows (rounded, at least one row stays) is held out at random."""
    return hold_out_first(dataset, rows, rng.random(len(rows)), lambda counts: np.rint(counts * share))


def random(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """A share of the rows (rounded, at least one on each side where there are two) is held out at random."""
    shuffled = rng.permutation(rows)
    n_held_out = min(max(1, round(len(rows) * share)), len(rows) - 1)
    return shuffled[n_held_out:], shuffled[:n_held_out]


def last(
    dataset: Dataset, rows: IntArray, n_last: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Each user's last n rows by time; equal times in seeded random order, never by id or row order."""
    _check_time(dataset, "last", "user-random")
    rank = _places_by_time(dataset, rows, rng, newest_first=True)
    return hold_out_first(dataset, rows, rank, lambda counts: np.full(len(counts), n_last))


def newest(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """The newest share of all rows (rounded, at least one on each side where there are two): one cut for everybody.

    Nothing that is kept is later than anything held out. Where the cut falls into one moment, its rows go to one side
    or the other in seeded random order, never by id or row order.
    """
    _check_time(dataset, "time", "user-random")
    places = _places_by_time(dataset, rows, rng, newest_first=True)
    held_out = places < min(max(1, round(len(rows) * share)), len(rows) - 1)
    return rows[~held_out], rows[held_out]


def _check_time(dataset: Dataset, protocol: str, instead: str) -> None:
    if not dataset.has_time:
        raise ParamError(
            what=_("the data set has no time column"),
            where=f"--split {protocol}",
            remedy=_("choose {instead}, or import the file again with a time column").format(instead=instead),
        )


def _places_by_time(
    dataset: Dataset, rows: IntArray, rng: np.random.Generator, *, newest_first: bool
) -> IntArray:
    """The place of each row in the order of time; equal times in seeded random order, never by id or row order."""
    times = dataset.interactions[TIME].to_numpy()[rows].astype(np.float64)
    order = np.lexsort((rng.permutation(len(rows)), -times if newest_first else times))
    places = np.empty(len(rows), dtype=np.int64)
    places[order] = np.arange(len(rows))
    return places


def hold_out_first(
    dataset: Dataset, rows: IntArray, key: np.ndarray, wanted: Callable[[np.ndarray], np.ndarray]
) -> tuple[IntArray, IntArray]:
    """Of each user's rows, ordered by `key`, the first `wanted(counts)` are held out; one row always stays."""
    users = dataset.interactions[USER_ROW].to_numpy()[rows]
    by_key = np.argsort(key, kind="stable")
    order = by_key[np.argsort(users[by_key], kind="stable")]  # what lexsort gives, in half the time
    counts = np.bincount(users, minlength=dataset.n_users)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(rows)) - starts[users[order]]
    n_held_out = np.minimum(wanted(counts), np.maximum(counts - 1, 0))
    held_out = place < n_held_out[users[order]]
    return rows[order[~held_out]], rows[order[held_out]]


def some_users(
    dataset: Dataset, rows: IntArray, part: int, of: int, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """All rows of one of `of` equal parts of the users (of those with a row here) are held out."""
    users = dataset.interactions[USER_ROW].to_numpy()[rows]
    there = rng.permutation(np.unique(users))
    held_out = np.isin(users, there[part::of])
    return rows[~held_out], rows[held_out]


def revealed_rows(
    dataset: Dataset, rows: IntArray, n_known: int, rng: np.random.Generator, *, first: bool
) -> tuple[IntArray, IntArray]:
    """Rows of held-out users as (still hidden, revealed): each user's first by time, or `n_known` drawn at random.

    One row of each user stays hidden. More known rows hold the fewer ones too, for the same generator.
    """
    if first:
        _check_time(dataset, "cold-user-first", "cold-user")
    place = _places_by_time(dataset, rows, rng, newest_first=False) if first else rng.random(len(rows))
    return hold_out_first(dataset, rows, place, lambda counts: np.full(len(counts), n_known))


def some_items(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """A share of the items is held out with all their rows, and as large a share of each user's other rows."""
    items = dataset.interactions[ITEM_ROW].to_numpy()[rows]
    there = rng.permutation(np.unique(items))
    n_cold = min(max(1, round(share * len(there))), len(there) - 1)
    cold = np.isin(items, there[:n_cold])
    kept, warm = user_random(dataset, rows[~cold], share, rng)
    return kept, np.concatenate([rows[cold], warm])
