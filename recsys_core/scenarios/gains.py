"""Who gains and who loses from one set of lists to another: people by their lists, items by the places they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, TITLE, USER
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.beyond import exposure
from recsys_core.evaluation.intervals import Interval, mean_interval, paired_interval
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
    """What other lists change for the same people.

    Attributes:
        n_users, up, down: people judged, and those whose figure (NDCG, where nothing else is asked for) got better and
            worse; the others' did not change.
        gap: mean change of the figure with its paired interval.
        best, worst: the people who gain and lose most: `user` (row), `user_id`, `before`, `after`, `change` (of the
            figure), `changed` (places with another item); the largest change first.
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


@dataclass(frozen=True)
class Sides:
    """The same people's lists before and after.

    Attributes:
        users: their rows, (n,); seen: what is known of everybody, (n_users, n_items).
        popularity: how many know each item, (n_items,).
        values: their figure before and after, each (n,); better: 1 where more of it is better, -1 where less is.
        items: their lists before and after, each (n, k), -1 for none.
    """

    data: Dataset
    users: IntArray
    seen: csr_matrix
    popularity: FloatArray
    values: tuple[FloatArray, FloatArray]
    items: tuple[IntArray, IntArray]
    better: int = 1

    @property
    def change(self) -> FloatArray:
        """After minus before, (n,)."""
        return self.values[1] - self.values[0]


def gains(judge: Judge, setting: Setting) -> Gains:
    """Compares everybody's lists at a setting with the lists as ranked, on a rehearsal's held-out rows."""
    plain, turned = judge.lists(AS_RANKED), judge.lists(setting)
    before, after = (judge.per_user(items)["ndcg"] for items in (plain, turned))
    serving = judge.serving
    return compared(
        Sides(serving.data, judge.users, serving.seen, serving.popularity, (before, after), (plain, turned))
    )


def compared(sides: Sides) -> Gains:
    """Who gains and who loses from the lists before to those after."""
    people = people_table(sides)
    change, good = people["change"], people["change"] * sides.better
    shown = [exposure(items, sides.data.n_items) for items in sides.items]
    items = _items(sides, *shown)
    moved = items["after"] - items["before"]
    return Gains(
        n_users=len(people),
        up=int((good > SAME).sum()),
        down=int((good < -SAME).sum()),
        gap=paired_interval(sides.values[1], sides.values[0]),
        best=_most(people[good > SAME], -good, MOST_USERS),
        worst=_most(people[good < -SAME], good, MOST_USERS),
        groups=_groups(sides, change.to_numpy()),
        n_items_up=int((moved > 0).sum()),
        n_items_down=int((moved < 0).sum()),
        n_first=int(((items["before"] == 0) & (items["after"] > 0)).sum()),
        n_last=int(((items["before"] > 0) & (items["after"] == 0)).sum()),
        risen=_most(items[moved > 0], -moved, MOST_ITEMS),
        fallen=_most(items[moved < 0], moved, MOST_ITEMS),
        quarters=_quarters(sides.popularity, *shown),
    )


def people_table(sides: Sides) -> pd.DataFrame:
    """One row a person: `user` (row), `user_id`, `before`, `after`, `change`, `changed`."""
    return pd.DataFrame(
        {
            "user": sides.users,
            "user_id": sides.data.users[USER].iloc[sides.users].to_numpy(),
            "before": sides.values[0],
            "after": sides.values[1],
            "change": sides.change,
            "changed": n_new(sides.items[1], sides.items[0]),
        }
    )


def group_change(name: str, change: FloatArray) -> dict[str, Any]:
    """The mean change of a group with its interval: `group`, `n`, `change`, `low`, `high`."""
    found = mean_interval(change)
    return {"group": name, "n": len(change), "change": found.mean, "low": found.low, "high": found.high}


def _most(table: pd.DataFrame, key: pd.Series, n: int) -> pd.DataFrame:
    """The n rows with the smallest key; equals in the order of the data."""
    order = key.loc[table.index].sort_values(kind="stable").index[:n]
    return table.loc[order].reset_index(drop=True)


def _items(sides: Sides, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    data = sides.data
    return pd.DataFrame(
        {
            ITEM_ROW: np.arange(data.n_items),
            ITEM: data.items[ITEM].to_numpy(),
            TITLE: data.items[TITLE].to_numpy(),
            "before": before.astype(np.int64),
            "after": after.astype(np.int64),
            "chosen": sides.popularity.astype(np.int64),
        }
    )


def _groups(sides: Sides, change: FloatArray) -> pd.DataFrame:
    """The mean change of thirds of the people by how much is known of them, each with its interval."""
    activity = np.diff(sides.seen.indptr)[sides.users]
    thirds = np.array_split(np.argsort(-activity, kind="stable"), 3)
    rows = [
        group_change(_(name), change[some]) for name, some in zip(ACTIVITY, thirds, strict=True) if len(some)
    ]
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
