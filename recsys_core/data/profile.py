"""What a data set looks like: sizes, concentration, activity, time. Aggregated here; charts get small tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, ITEM_ROW, TIME, TITLE, USER_ROW, VALUE
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_values, categorical_columns

MAX_BARS = 30
MAX_POINTS = 200


@dataclass(frozen=True)
class Profile:
    """Everything that Explore shows, in tables small enough for a browser.

    Attributes:
        density: share of user-item pairs that are known.
        half_share: smallest share of the items that holds half of all interactions.
        values: `value`, `count`.
        items_tail: `share_of_items`, `share_of_events`: items from most to least chosen, summed up.
        activity: `low`, `high`, `users`: users by number of interactions, in doubling steps.
        over_time: `month` (timestamp), `count`; empty without time.
        attributes: `attribute`, `value`, `count`, `mean`, `share`: interactions by item attribute, most frequent
            first; the share of all interactions, where an item with two values counts for both.
    """

    n_rows: int
    n_users: int
    n_items: int
    density: float
    half_share: float
    median_activity: float
    mean_value: float
    values: pd.DataFrame
    items_tail: pd.DataFrame
    activity: pd.DataFrame
    over_time: pd.DataFrame
    attributes: pd.DataFrame


def profile(data: Dataset) -> Profile:
    """Describes a data set with users and items."""
    events = data.interactions
    per_item = np.bincount(events[ITEM_ROW], minlength=data.n_items)
    per_user = np.bincount(events[USER_ROW], minlength=data.n_users)
    tail, half_share = _tail(per_item)
    return Profile(
        n_rows=len(events),
        n_users=data.n_users,
        n_items=data.n_items,
        density=len(events) / (data.n_users * data.n_items),
        half_share=half_share,
        median_activity=float(np.median(per_user)),
        mean_value=float(events[VALUE].mean()),
        values=_values(events[VALUE]),
        items_tail=tail,
        activity=_activity(per_user),
        over_time=_over_time(events),
        attributes=_attributes(data),
    )


def _values(values: pd.Series) -> pd.DataFrame:
    counts = values.value_counts().sort_index()
    if len(counts) > MAX_BARS:
        binned = pd.cut(values, MAX_BARS)
        counts = values.groupby(binned, observed=False).size()
        counts.index = [interval.mid for interval in counts.index]
    return pd.DataFrame(
        {"value": counts.index.to_numpy(dtype=np.float64).round(4), "count": counts.to_numpy()}
    )


def _tail(per_item: np.ndarray) -> tuple[pd.DataFrame, float]:
    ordered = np.sort(per_item)[::-1]
    summed = np.cumsum(ordered) / max(ordered.sum(), 1)
    half = int(np.searchsorted(summed, 0.5)) + 1
    picked = np.unique(np.linspace(0, len(ordered) - 1, MAX_POINTS).astype(int))
    shares = (picked + 1) / len(ordered)
    table = pd.DataFrame({"share_of_items": np.r_[0, shares], "share_of_events": np.r_[0, summed[picked]]})
    return table, half / len(ordered)


def _activity(per_user: np.ndarray) -> pd.DataFrame:
    active = per_user[per_user > 0]
    edges = 2 ** np.arange(0, int(np.log2(max(active.max(), 1))) + 2)
    counts, _edges = np.histogram(active, bins=edges)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:] - 1, "users": counts})
    first = int(np.argmax(counts > 0))
    return table.iloc[first:].reset_index(drop=True)


def _over_time(events: pd.DataFrame) -> pd.DataFrame:
    if TIME not in events:
        return pd.DataFrame({"month": pd.Series(dtype="datetime64[s]"), "count": pd.Series(dtype="int64")})
    moments = pd.to_datetime(events[TIME], unit="s")
    days = (moments.max() - moments.min()).days
    unit = "MS" if days > 400 else "W-MON" if days > 60 else "D"
    counts = moments.to_frame("month").set_index("month").resample(unit).size()
    return counts.rename("count").reset_index()


def _attributes(data: Dataset) -> pd.DataFrame:
    events, tables = data.interactions, []
    for column in categorical_columns(data)[:4]:
        values = attribute_values(data.items[column], is_list=column in data.list_columns)
        pairs = pd.DataFrame({"item": values.index, "value": values.to_numpy()})
        sums = events.groupby(ITEM_ROW)[VALUE].agg(["size", "sum"])
        joined = pairs.join(sums, on="item").groupby("value")[["size", "sum"]].sum()
        shares = joined["size"] / max(joined["size"].sum(), 1)
        top = joined.assign(share=shares).sort_values("size", ascending=False).head(MAX_BARS)
        mean = top["sum"] / top["size"].clip(lower=1)
        tables.append(
            pd.DataFrame(
                {
                    "attribute": column,
                    "value": top.index,
                    "count": top["size"].astype(int),
                    "mean": mean,
                    "share": top["share"],
                }
            )
        )
    columns = ["attribute", "value", "count", "mean", "share"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def item_table(data: Dataset, search: str = "") -> pd.DataFrame:
    """Items with count and mean value, most chosen first; only those whose title or id holds the text."""
    return _searched(data, search, data.items, ITEM_ROW, (ITEM, TITLE))


def user_table(data: Dataset, search: str = "") -> pd.DataFrame:
    """Users with count and mean value, most active first; only those whose id or attributes hold the text."""
    return _searched(data, search, data.users, USER_ROW, tuple(data.users.columns))


def _searched(
    data: Dataset, search: str, table: pd.DataFrame, row: str, columns: tuple[str, ...]
) -> pd.DataFrame:
    events = data.interactions
    counts = np.bincount(events[row], minlength=len(table))
    sums = np.bincount(events[row], weights=events[VALUE], minlength=len(table))
    found = table.assign(count=counts, mean=sums / np.maximum(counts, 1))
    needle = search.strip().casefold()
    if needle:
        texts = [found[column].astype("str").str.casefold() for column in columns]
        match = np.logical_or.reduce([text.str.contains(needle, regex=False) for text in texts])
        exact = found[columns[0]].astype("str") == search.strip()
        found = (
            found.assign(exact=exact)[match]
            .sort_values(["exact", "count"], ascending=False)
            .drop(columns="exact")
        )
        return found.reset_index(drop=True)
    return found.sort_values("count", ascending=False, kind="stable").reset_index(drop=True)
