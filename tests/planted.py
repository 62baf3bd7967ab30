"""Ratings whose reason is known: an item's grade decides them; its letter, drawn by lot, does not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset

GRADES = {"poor": -1.5, "fair": -0.5, "good": 0.5, "fine": 1.5}
N_USERS, N_ITEMS, A_USER = 50, 80, 16
QUICK = {"epochs": 8, "embedding_size": 2, "members": 1, "learning_rate": 0.05, "batch_size": 128}
"""Settings of `mf` with which it finds the grade within a second or two."""


def planted(name: str = "planted", seed: int = 3) -> Dataset:
    """50 users who rated 16 of 80 items each: 3 + what the grade adds + noise. Users have a mood, drawn by lot."""
    rng = np.random.default_rng(seed)
    grades = np.array(list(GRADES))[rng.integers(len(GRADES), size=N_ITEMS)]
    items = np.concatenate([rng.choice(N_ITEMS, A_USER, replace=False) for _user in range(N_USERS)])
    effect = np.array([GRADES[one] for one in grades])[items]
    value = np.clip(np.round(3 + effect + 0.5 * rng.standard_normal(len(items))), 1, 5)
    events = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{one}" for one in range(N_USERS)], A_USER),
            "item_id": [f"i{one}" for one in items],
            "value": value,
        }
    )
    ids = [f"i{one}" for one in range(N_ITEMS)]
    letters = rng.choice(list("ABCD"), N_ITEMS)
    table = pd.DataFrame({"item_id": ids, "title": ids, "grade": grades, "letter": letters})
    moods = rng.choice(["glad", "sad"], N_USERS)
    users = pd.DataFrame({"user_id": [f"u{one}" for one in range(N_USERS)], "mood": moods})
    return make_dataset(name, Kind.RATING, events, users=users, items=table)
