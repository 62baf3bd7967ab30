"""Events of a world, block of users by block of users: bounded memory, and the same rows in chunks of any size.

A block is a fixed number of users (it depends on the spec alone) with a stream of random numbers of its own; a
chunk only cuts the row of blocks at other places.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TIME, USER, VALUE, Kind
from recsys_core.data.simulator.context import draw_context
from recsys_core.data.simulator.nature import Nature, draw_nature
from recsys_core.data.simulator.spec import WorldSpec
from recsys_core.data.simulator.streams import EVENTS, stream

CHUNK_ROWS = 500_000
CAUSE, EXPECTED = "cause", "expected"
"""Columns of the truth; no data set holds them."""
_BLOCK_ROWS, _BLOCK_USERS = 262_144, 1_024


def chunks(
    spec: WorldSpec, *, rows: int = CHUNK_ROWS, truth: bool = False, nature: Nature | None = None
) -> Iterator[pd.DataFrame]:
    """The events of a world as tables of `rows` rows (the last one shorter), by user and then by time.

    Columns: `user_id`, `item_id` (int64, 1 for the first), `value` float32, `timestamp` int64 in epoch seconds,
    for clicks the features of the impression.

    Args:
        truth: adds `cause` (int8, a place in CAUSES) and `expected` (float64: the expected rating, the probability
            that the user takes the item, the probability of the click).
        nature: the laws of this spec, where they are drawn already.
    """
    if rows < 1:
        raise ValueError("a chunk holds at least one row")
    laws = draw_nature(spec) if nature is None else nature
    kept: list[pd.DataFrame] = []
    n_kept = 0
    for block in _ended(_blocks(laws, truth=truth), spec.rows):
        kept.append(block)
        n_kept += len(block)
        if n_kept >= rows:
            whole = pd.concat(kept, ignore_index=True)
            cut = n_kept - n_kept % rows
            for start in range(0, cut, rows):
                yield whole.iloc[start : start + rows].reset_index(drop=True)
            kept, n_kept = [whole.iloc[cut:]], n_kept - cut
    if n_kept:
        yield pd.concat(kept, ignore_index=True)


def _ended(blocks: Iterator[pd.DataFrame], rows: int | None) -> Iterator[pd.DataFrame]:
    """The blocks up to that many rows."""
    left = rows
    for block in blocks:
        if left is None:
            yield block
        else:
            yield block.iloc[:left]
            left -= len(block)
            if left <= 0:
                return


def _blocks(laws: Nature, *, truth: bool) -> Iterator[pd.DataFrame]:
    spec = laws.spec
    size = int(np.clip(_BLOCK_ROWS // spec.mean_events, 1, _BLOCK_USERS))
    for number, start in enumerate(range(0, spec.n_users, size)):
        users = np.arange(start, min(start + size, spec.n_users))
        yield _block(laws, users, stream(spec.seed, EVENTS, number), truth=truth)


def _block(laws: Nature, users: np.ndarray, rng: np.random.Generator, *, truth: bool) -> pd.DataFrame:
    """All events of these users: moments first, then what is taken and why, then what comes of it."""
    people, kind = laws.people, laws.spec.kind
    draws = rng.poisson(laws.rate(users))
    owner = np.repeat(users, draws)
    times = people.first[owner] + (rng.random(len(owner)) * people.stay[owner]).astype(np.int64)
    order = np.lexsort((times, owner))
    times = times[order]
    items, causes = laws.draw(owner, people.progress(owner, times), rng)
    if kind is not Kind.CLICK:  # nobody takes an item twice: the first draw counts
        first = ~pd.Series(owner * laws.spec.n_items + items).duplicated().to_numpy()
        owner, items, times, causes = owner[first], items[first], times[first], causes[first]
    progress = people.progress(owner, times)
    table: dict[str, object] = {
        USER: owner + 1,
        ITEM: items + 1,
        VALUE: np.ones(len(owner), np.float32),
        TIME: times,
    }
    if kind is Kind.RATING:
        table[VALUE] = laws.ratings(owner, items, progress, rng).astype(np.float32)
        expected = laws.expected_rating(owner, items, progress) if truth else None
    elif kind is Kind.CLICK:
        context = draw_context(rng, times)
        expected = laws.click_probability(owner, items, progress, context)
        table[VALUE] = (rng.random(len(owner)) < expected).astype(np.float32)
        table |= context.columns()
    else:
        expected = laws.taken_pairs(owner, items) if truth else None
    if truth:
        table |= {CAUSE: causes, EXPECTED: expected}
    return pd.DataFrame(table)
