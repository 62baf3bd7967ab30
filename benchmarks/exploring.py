"""Explore at ten million rows: `python -m benchmarks.exploring [ROWS]` prints a table and one JSON object."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, ITEM_ROW, TIME, TITLE, USER, USER_ROW, VALUE, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.findings import findings
from recsys_core.data.groupings import keys_of
from recsys_core.data.neighbours import by_attributes, by_users
from recsys_core.data.profile import item_table, view
from recsys_core.data.selection import Pick, Selection, rows_of

ROWS, USERS, ITEMS = 10_000_000, 200_000, 50_000
YEARS, START = 6, 1_420_070_400
GENRES = np.array(["tea", "tools", "toys", "towels", "tiles", "tents", "ties", "trays"])


def large_dataset(rows: int = ROWS, seed: int = 0) -> Dataset:
    """Zipf-like items, users of very different activity, times in random order, a list and a user's attribute."""
    rng = np.random.default_rng(seed)
    weights = [1 / np.arange(10, n + 10) ** power for n, power in ((ITEMS, 0.9), (USERS, 0.5))]
    items, users = (rng.choice(len(one), rows, p=one / one.sum()).astype(np.int32) for one in weights)
    events = pd.DataFrame(
        {
            USER_ROW: users,
            ITEM_ROW: items,
            VALUE: rng.integers(1, 6, rows).astype(np.float32),
            TIME: START + rng.integers(0, YEARS * 365 * 86_400, rows),
        }
    )
    genres = [list(GENRES[rng.choice(len(GENRES), 1 + place % 3, replace=False)]) for place in range(ITEMS)]
    item_ids = pd.Series(np.arange(ITEMS)).astype("str")
    item_table = pd.DataFrame(
        {ITEM: item_ids, TITLE: "Article " + item_ids, "aisle": genres, "year": 1950 + np.arange(ITEMS) % 70}
    )
    user_table = pd.DataFrame(
        {
            USER: pd.Series(np.arange(USERS)).astype("str"),
            "country": pd.Series(
                np.array(["AT", "BE", "CH", "DE", "ES", "FR"])[rng.integers(0, 6, USERS)]
            ).astype("str"),
        }
    )
    return Dataset("large", Kind.RATING, events, user_table, item_table, list_columns=("aisle",))


def exploring(rows: int = ROWS) -> dict[str, Any]:
    """Seconds of server time for each thing a person waits for on Explore, and the memory it takes besides the data."""
    data = large_dataset(rows)
    before = _now_gib()
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        found = work()
        seconds[name] = time.perf_counter() - started
        return found

    index = timed("index", lambda: EventIndex.of(data))
    keys = timed("keys", lambda: keys_of(data))
    timed("first view", lambda: view(index, by=keys[0]))
    half_a_year = Selection.read("2017-03-01", "2017-08-31", [], keys)
    picked = Selection(picks=(Pick(keys[0], "tea"),))
    country = Selection(picks=(Pick(keys[-1], "AT"),))
    timed("a period", lambda: view(index, half_a_year, keys[0]))
    timed("a value of a list of the items", lambda: view(index, picked, keys[0]))
    timed("a value of an attribute of the users", lambda: view(index, country, keys[-1]))
    both = Selection(half_a_year.first, half_a_year.last, picked.picks)
    timed("a period and a value", lambda: view(index, both, keys[0]))
    timed("another attribute", lambda: view(index, by=keys[-1]))
    timed("first neighbours", lambda: (by_users(index, 0), by_attributes(index, 0)))
    timed("neighbours of the most chosen item", lambda: (by_users(index, 1), by_attributes(index, 1)))
    timed("neighbours of a rare item", lambda: (by_users(index, ITEMS - 1), by_attributes(index, ITEMS - 1)))
    timed("warnings", lambda: findings(index))
    timed("search", lambda: item_table(data, "Article 12", rows_of(index, half_a_year)))
    return {"rows": len(index.value), "seconds": seconds, "extra_gib": _peak_gib() - before}


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _now_gib() -> float:
    """What is held now; the peak of making the data does not count."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**30


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table in Markdown."""
    lines = ["| what a person waits for | s |", "|---|---|"]
    lines += [f"| {name} | {seconds:.2f} |" for name, seconds in found["seconds"].items()]
    return [*lines, "", f"{found['rows']:,} rows; {found['extra_gib']:.2f} GiB at most besides the data."]


def main() -> int:
    """Measures and prints."""
    found = exploring(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    print("\n".join(as_lines(found)))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
