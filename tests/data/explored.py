"""Small data sets for the tests of Explore's core: of chance, of clicks, of anything planted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset

DAY = 86_400
START = 1_600_000_000 // DAY * DAY


def random_ratings(seed: int = 0, rows: int = 400, users: int = 30, items: int = 20) -> Dataset:
    """Ratings at random times within a year, in no order; items with a list, users with an age."""
    rng = np.random.default_rng(seed)
    events = pd.DataFrame(
        {
            "user_id": [f"u{one}" for one in rng.integers(0, users, rows)],
            "item_id": [f"i{one}" for one in rng.integers(0, items, rows)],
            "value": rng.integers(1, 6, rows),
            "timestamp": START + rng.integers(0, 365 * DAY, rows),
        }
    ).drop_duplicates(["user_id", "item_id"])
    tags = np.array(["red", "green", "blue"])
    about_items = pd.DataFrame(
        {
            "item_id": [f"i{one}" for one in range(items)],
            "tags": [list(tags[rng.random(3) < 0.5]) for _item in range(items)],
        }
    )
    about_users = pd.DataFrame(
        {"user_id": [f"u{one}" for one in range(users)], "age": rng.integers(18, 70, users)}
    )
    return make_dataset(
        "chance", Kind.RATING, events, users=about_users, items=about_items, list_columns=("tags",)
    )


def clicks(rows: int = 300, **columns: Any) -> Dataset:
    """Clicks with features alone, and what else is given."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "value": (rng.random(rows) < 0.2).astype(float),
            "device": rng.choice(["phone", "desk"], rows),
            "hour": rng.integers(0, 24, rows),
            **columns,
        }
    )
    return make_dataset("clicks", Kind.CLICK, table, features=("device", "hour"))


def ratings(rows: Sequence[tuple[str, str, float, int]], **rest: Any) -> Dataset:
    """Ratings as they are written down: user, item, value, second."""
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    return make_dataset("planted", Kind.RATING, events, **rest)
