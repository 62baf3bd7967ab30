"""What a data set, or a selection of its rows, looks like. Aggregated here; charts get small tables."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, TITLE, Kind
from recsys_core.data import activity, concentration, groupings
from recsys_core.data.concentration import Cold
from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import SIDES, EventIndex, Rows, Side
from recsys_core.data.features import categorical_columns
from recsys_core.data.groupings import Key
from recsys_core.data.means import with_intervals
from recsys_core.data.periods import DAY_SECONDS
from recsys_core.data.selection import EVERYTHING, Selection, rows_of

MAX_BARS = 30
WEEK_SECONDS = 7 * DAY_SECONDS
NOTHING = pd.DataFrame()


@dataclass(frozen=True)
class Population:
    """The users, or the items, that have a row in the selection.

    Attributes:
        n: how many.
        gini, half_share: how unequal their shares of the rows are.
        lorenz: `share`, `share_of_rows`.
        activity: `low`, `high`, `label`, `count`: how many have so many rows.
        lives: `label`, `count`, `share`: time from first row to last; empty without time.
        arrivals: `start`, `end`, `label`, `new`, `returning`: who is active, and since when; empty without time.
    """

    n: int
    median: float
    gini: float
    half_share: float
    cold: Cold
    lorenz: pd.DataFrame
    activity: pd.DataFrame
    lives: pd.DataFrame = field(default_factory=pd.DataFrame)
    arrivals: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Profile:
    """Everything that Explore shows of the selected rows, in tables small enough for a browser.

    Attributes:
        n_rows: selected rows; 0 leaves everything else empty.
        density: share of the pairs of these users and items that are known; None where pairs may repeat.
        mean: of the values, with its 95 % interval: mean, low, high.
        values: `value` (the step by name), `low`, `count`.
        users, items: None where the data have none.
        over_time: all times under the same picks, `start`, `end`, `label`, `count`, `chosen`; empty without time.
        in_time: the chosen period, cut finer, with `mean`, `low`, `high`.
        hours: `day`, `hour`, `count`, `share`; empty where times do not tell the hour or span less than a week.
        by_attribute: rows by value of one attribute in the chosen period and under the picks of the others, with
            `value`, `count`, `share`, `mean`, `low`, `high`, `chosen`.
    """

    n_rows: int
    n_all: int
    density: float | None = None
    mean: tuple[float, float, float] = (float("nan"),) * 3
    values: pd.DataFrame = field(default_factory=pd.DataFrame)
    users: Population | None = None
    items: Population | None = None
    over_time: pd.DataFrame = field(default_factory=pd.DataFrame)
    in_time: pd.DataFrame = field(default_factory=pd.DataFrame)
    hours: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_attribute: pd.DataFrame = field(default_factory=pd.DataFrame)


def profile(data: Dataset) -> Profile:
    """Describes a whole data set."""
    return view(EventIndex.of(data))


def view(index: EventIndex, selection: Selection = EVERYTHING, by: Key | None = None) -> Profile:
    """Describes the selected rows.

    Args:
        by: the attribute of `by_attribute`.
    """
    ever = rows_of(index, selection.without_period())
    rows = rows_of(index, selection)
    found = Profile(
        n_rows=len(rows),
        n_all=len(index.value),
        over_time=_over_time(ever, selection),
        by_attribute=_by_attribute(index, rows, selection, by),
    )
    if not len(rows):
        return found
    return replace(
        found,
        density=_density(rows),
        mean=_mean(rows),
        values=_values(rows),
        users=_population(rows, ever, "users"),
        items=_population(rows, ever, "items"),
        in_time=_in_time(rows),
        hours=_hours(rows),
    )


def _density(rows: Rows) -> float | None:
    index = rows.index
    if index.data.kind is Kind.CLICK or not (index.has("users") and index.has("items")):
        return None
    users, items = (np.count_nonzero(rows.counts(side)) for side in SIDES)
    return len(rows) / (int(users) * int(items))


def _mean(rows: Rows) -> tuple[float, float, float]:
    ends = np.array([0, len(rows)])
    mean, low, high = with_intervals(np.diff(ends), *rows.value_sums(ends), binary=rows.index.binary)
    return float(mean[0]), float(low[0]), float(high[0])


def _values(rows: Rows) -> pd.DataFrame:
    steps = rows.index.steps
    counts = np.bincount(rows.value_code, minlength=len(steps.labels))
    return pd.DataFrame({"value": steps.labels, "low": steps.edges[: len(counts)], "count": counts})


def _population(rows: Rows, ever: Rows, side: Side) -> Population | None:
    if not rows.index.has(side):
        return None
    counts = rows.counts(side)
    present = counts[counts > 0]
    timed = rows.index.time is not None
    return Population(
        n=len(present),
        median=float(np.median(present)),
        gini=concentration.gini(present),
        half_share=concentration.half_share(present),
        cold=concentration.cold(present),
        lorenz=concentration.lorenz(present),
        activity=concentration.activity(present),
        lives=activity.lives(rows, side) if timed else NOTHING,
        arrivals=activity.arrivals(rows, side, ever, activity.unit_of(rows)) if timed else NOTHING,
    )


def _over_time(ever: Rows, selection: Selection) -> pd.DataFrame:
    index = ever.index
    if index.time is None:
        return NOTHING
    first, last = index.span
    table = activity.over_time(ever, activity.unit_of(index.everything), first=first, last=last)
    low, high = (first if selection.first is None else selection.first), selection.last
    chosen = (table["end"] > low) & (table["start"] <= (last if high is None else high))
    return table.assign(chosen=chosen)


def _in_time(rows: Rows) -> pd.DataFrame:
    if rows.index.time is None:
        return NOTHING
    return activity.means_over_time(rows, activity.unit_of(rows))


def _hours(rows: Rows) -> pd.DataFrame:
    if not rows.index.has_clock or rows.times[-1] - rows.times[0] < WEEK_SECONDS:
        return NOTHING
    return activity.by_hour_and_weekday(rows)


def _by_attribute(index: EventIndex, rows: Rows, selection: Selection, by: Key | None) -> pd.DataFrame:
    if by is None:
        return NOTHING
    picked = selection.pick_of(by)
    peers = rows if picked is None else rows_of(index, selection.with_pick(by, None))
    table = groupings.by_value(peers, groupings.grouping(index, by)).head(MAX_BARS)
    return table.assign(chosen=(table["value"] == picked) if picked is not None else True)


def attribute_shares(index: EventIndex) -> pd.DataFrame:
    """Everybody's interactions by the items' attributes: `attribute`, `value`, `share` and more, most frequent first.

    An item with two values counts for both.
    """
    tables = []
    for name in categorical_columns(index.data)[:4]:
        table = groupings.by_value(index.everything, groupings.grouping(index, Key("items", name)))
        tables.append(table.assign(attribute=name))
    columns = ["attribute", "value", "count", "mean", "share"]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def item_table(data: Dataset, search: str = "", rows: Rows | None = None) -> pd.DataFrame:
    """Items with count and mean value, most chosen first; only those whose title or id holds the text."""
    return _searched(data, search, data.items, "items", (ITEM, TITLE), rows)


def user_table(data: Dataset, search: str = "", rows: Rows | None = None) -> pd.DataFrame:
    """Users with count and mean value, most active first; only those whose id or attributes hold the text."""
    return _searched(data, search, data.users, "users", tuple(data.users.columns), rows)


def _searched(
    data: Dataset, search: str, table: pd.DataFrame, side: Side, columns: tuple[str, ...], rows: Rows | None
) -> pd.DataFrame:
    looked_at = EventIndex.of(data).everything if rows is None else rows
    counts, sums = looked_at.counts(side), looked_at.sums(side)
    found = table.assign(count=counts, mean=sums / np.maximum(counts, 1))
    if rows is not None:
        found = found[found["count"] > 0]
    needle = search.strip().casefold()
    if needle:
        texts = [found[column].astype("str").str.casefold() for column in columns]
        match = np.logical_or.reduce([text.str.contains(needle, regex=False) for text in texts])
        exact = found[columns[0]].astype("str") == search.strip()
        found = found.assign(exact=exact)[match]
        return (
            found.sort_values(["exact", "count"], ascending=False)
            .drop(columns="exact")
            .reset_index(drop=True)
        )
    return found.sort_values("count", ascending=False, kind="stable").reset_index(drop=True)
