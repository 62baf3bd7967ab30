"""A world of six people and four things that was judged by hand: lists, predictions and per-user values one can check."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from recsys_core.columns import PART, Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.runs import Run
from recsys_core.scenarios.judged import Judged

TRAIN = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 0), (3, 0), (4, 1)]
TEST = [(0, 3), (1, 2), (1, 3), (2, 1), (3, 1), (4, 0), (5, 0)]
TRUTH = [5, 1, 3, 4, 2, 5, 4]
PREDICTED = [4.0, 2.0, 3.0, 4.0, 4.0, 3.0, 4.0]
LISTS = {0: [3], 1: [3, 2], 2: [2, 1], 3: [2, 3], 4: [0, 2], 5: [0, 1]}
RECALL_AT_1 = [1.0, 0.5, 0.0, 0.0, 1.0, 1.0]
FEBRUARY, MARCH = 1_707_000_000, 1_710_000_000


def world() -> Dataset:
    """Person 5 is new; thing 3 is new. Times of test: persons 0 to 2 in February 2024, the others in March."""
    rows = [(user, item, 4.0, FEBRUARY - 10_000, 0) for user, item in TRAIN]
    rows += [
        (user, item, float(truth), FEBRUARY if user < 3 else MARCH, 1)
        for (user, item), truth in zip(TEST, TRUTH, strict=True)
    ]
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp", PART])
    events[PART] = events[PART].astype("int8")
    events["user_id"] = "u" + events["user_id"].astype("str")
    events["item_id"] = "i" + events["item_id"].astype("str")
    users = pd.DataFrame(
        {
            "user_id": [f"u{row}" for row in range(6)],
            "team": ["red", "red", "red", "blue", "blue", None],
            "age": [10, 20, 20, 30, 40, 50],
        }
    )
    items = pd.DataFrame(
        {"item_id": [f"i{row}" for row in range(4)], "tags": [["old"], ["old", "odd"], ["odd"], []]}
    )
    return make_dataset("hand", Kind.RATING, events, users=users, items=items, list_columns=("tags",))


def hand_split(data: Dataset) -> Split:
    """The test rows as given."""
    return make_split(data, SplitSpec.parse("given", seed=1))


def hand_judged(folder: Path, *, ratings: bool = True, lists: dict[int, list[int]] | None = None) -> Judged:
    """The world as judged by a run with these lists; `ratings`: whether it also predicts values."""
    split = hand_split(world())
    lists = lists or LISTS
    candidates = pd.DataFrame(
        [
            (user, item, 1.0 / rank, rank)
            for user, items in lists.items()
            for rank, item in enumerate(items, start=1)
        ],
        columns=["user", "item", "score", "rank"],
    )
    wanted = {user: [item for owner, item in TEST if owner == user] for user in range(6)}
    recall = [len(set(lists[user][:1]) & set(wanted[user])) / len(wanted[user]) for user in range(6)]
    users = pd.DataFrame({"user": range(6), "recall@1": recall, "novelty@1": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    predictions = None
    if ratings:
        predictions = pd.DataFrame(TEST, columns=["user", "item"]).assign(truth=TRUTH, predicted=PREDICTED)
        error = predictions["predicted"] - predictions["truth"]
        users["n"] = predictions.groupby("user").size().to_numpy(float)
        users["squared_error"] = (error**2).groupby(predictions["user"]).sum().to_numpy()
    folder.mkdir(parents=True)
    run = Run(folder)
    metrics = {"recall@1": float(users["recall@1"].mean()), **({"rmse": 1.0} if ratings else {})}
    run.keep(Evaluation(metrics, {}, users, candidates, 6, 4.0, predictions=predictions))
    return Judged(run, split)
