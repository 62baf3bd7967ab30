"""Who gains and who loses by a setting: people by the quality of their lists, items by the places they get."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, ITEM_ROW, TITLE, USER
from recsys_core.evaluation.beyond import exposure
from recsys_core.evaluation.intervals import Interval, paired_interval
from recsys_core.i18n import N_, _
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.scenarios.judging import Judge, n_new
from recsys_core.types import FloatArray, IntArray

MOST_USERS, MOST_ITEMS = 5, 10
SAME = 1e-9
QUARTERS = (
    N_("the most chosen quarter"),
    N_("the second quarter"),
    N_("the third quarter"),
    N_("the least chosen quarter"),
)
"""Quarters of the catalogue by how many chose an item in training."""
ACTIVITY = (N_("the most active third"), N_("the middle third"), N_("the least active third"))


@dataclass(frozen=True)
class Gains:
    """What a setting changes, on the rehearsal's held-out rows.

    Attributes:
        n_users, up, down: people judged, and those whose NDCG rose and fell; the others' did not change.
        gap: mean change of NDCG with its paired interval.
        best, worst: the people who gain and lose most: `user` (row), `user_id`, `before`, `after`, `change` (NDCG),
            `changed` (places with another item); the largest change first.
        groups: people by activity: `group`, `n`, `change`, `low`, `high`.
        n_items_up, n_items_down, n_first, n_last: items shown more often, less often, for the first time, not any more.
        risen, fallen: the items that win and lose most places: `item` (row), `item_id`, `title`, `before`, `after`
            (lists that hold it), `chosen` (people in training).
        quarters: places by popularity: `group`, `before`, `after` (shares of all places).
    """

    n_users: int
    up: int
    down: int
    gap: Interval
    best: pd.DataFrame
    worst: pd.DataFrame
    groups: pd.DataFrame
    n_items_up: int
    n_items_down: int
    n_first: int
    n_last: int
    risen: pd.DataFrame
    fallen: pd.DataFrame
    quarters: pd.DataFrame


def gains(judge: Judge, setting: Setting) -> Gains:
    """Compares everybody's lists at a setting with the lists as ranked."""
    plain, turned = judge.lists(AS_RANKED), judge.lists(setting)
    before, after = (judge.per_user(items)["ndcg"] for items in (plain, turned))
    change = after - before
    people = pd.DataFrame(
        {
            "user": judge.users,
            "user_id": judge.serving.data.users[USER].iloc[judge.users].to_numpy(),
            "before": before,
            "after": after,
            "change": change,
            "changed": n_new(turned, plain),
        }
    )
    shown = [exposure(items, judge.serving.data.n_items) for items in (plain, turned)]
    items = _items(judge, *shown)
    moved = items["after"] - items["before"]
    return Gains(
        n_users=len(people),
        up=int((change > SAME).sum()),
        down=int((change < -SAME).sum()),
        gap=paired_interval(after, before),
        best=_most(people[change > SAME], -people["change"], MOST_USERS),
        worst=_most(people[change < -SAME], people["change"], MOST_USERS),
        groups=_groups(judge, change),
        n_items_up=int((moved > 0).sum()),
        n_items_down=int((moved < 0).sum()),
        n_first=int(((items["before"] == 0) & (items["after"] > 0)).sum()),
        n_last=int(((items["before"] > 0) & (items["after"] == 0)).sum()),
        risen=_most(items[moved > 0], -moved, MOST_ITEMS),
        fallen=_most(items[moved < 0], moved, MOST_ITEMS),
        quarters=_quarters(judge.serving.popularity, *shown),
    )


def _most(table: pd.DataFrame, key: pd.Series, n: int) -> pd.DataFrame:
    """The n rows with the smallest key; equals in the order of the data."""
    order = key.loc[table.index].sort_values(kind="stable").index[:n]
    return table.loc[order].reset_index(drop=True)


def _items(judge: Judge, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    data = judge.serving.data
    return pd.DataFrame(
        {
            ITEM_ROW: np.arange(data.n_items),
            ITEM: data.items[ITEM].to_numpy(),
            TITLE: data.items[TITLE].to_numpy(),
            "before": before.astype(np.int64),
            "after": after.astype(np.int64),
            "chosen": judge.serving.popularity.astype(np.int64),
        }
    )


def _groups(judge: Judge, change: FloatArray) -> pd.DataFrame:
    """The mean change of thirds of the people by how much is known of them, each with its interval."""
    activity = np.diff(judge.serving.seen.indptr)[judge.users]
    rows = []
    for name, some in zip(ACTIVITY, np.array_split(np.argsort(-activity, kind="stable"), 3), strict=True):
        if len(some):
            found = paired_interval(change[some], np.zeros(len(some)))
            rows.append(
                {
                    "group": _(name),
                    "n": len(some),
                    "change": found.mean,
                    "low": found.low,
                    "high": found.high,
                }
            )
    return pd.DataFrame(rows, columns=["group", "n", "change", "low", "high"])


def _quarters(popularity: FloatArray, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    """The share of all places that each quarter of the catalogue has."""
    parts = np.array_split(np.argsort(-popularity, kind="stable"), len(QUARTERS))
    rows = [
        {"group": _(name), "before": _share(before, some), "after": _share(after, some)}
        for name, some in zip(QUARTERS, parts, strict=True)
    ]
    return pd.DataFrame(rows)


def _share(shown: FloatArray, some: IntArray) -> float:
    return float(shown[some].sum() / shown.sum()) if shown.sum() else 0.0
