"""When things happen: by period, by hour and weekday, who is new, and how long they live; worked by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from recsys_core.data import activity
from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.periods import Unit
from tests.data.explored import DAY, random_ratings, ratings

MONDAY = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
HOUR = 3600


@pytest.fixture
def week() -> Dataset:
    """Ann on Monday at 10 and 11 and on Wednesday, bob on Tuesday and Wednesday, cem on Wednesday twice in a minute."""
    return ratings(
        [
            ("ann", "x", 1, MONDAY + 10 * HOUR), ("ann", "y", 3, MONDAY + 11 * HOUR),
            ("bob", "x", 5, MONDAY + DAY), ("ann", "z", 2, MONDAY + 2 * DAY),
            ("bob", "z", 4, MONDAY + 2 * DAY + 30), ("cem", "x", 5, MONDAY + 2 * DAY + 60),
            ("cem", "z", 5, MONDAY + 2 * DAY + 90),
        ]
    )  # fmt: skip


def test_rows_and_means_a_day(week: Dataset) -> None:
    rows = EventIndex.of(week).everything
    table = activity.means_over_time(rows, Unit.DAY)
    assert table["label"].tolist() == ["01 Jan 2024", "02 Jan 2024", "03 Jan 2024"]
    assert table["count"].tolist() == [2, 1, 4]
    assert table["mean"].tolist() == [2, 5, 4]


def test_periods_without_a_row_are_shown(week: Dataset) -> None:
    rows = EventIndex.of(week).everything
    table = activity.over_time(rows, Unit.DAY, first=MONDAY - 2 * DAY, last=MONDAY + 4 * DAY)
    assert table["count"].tolist() == [0, 0, 2, 1, 4, 0, 0]
    assert (table["end"] - table["start"] == DAY).all()


def test_hours_and_weekdays(week: Dataset) -> None:
    table = activity.by_hour_and_weekday(EventIndex.of(week).everything)
    filled = table[table["count"] > 0]
    assert filled[["day", "hour", "count"]].to_numpy().tolist() == [
        ["Monday", 10, 1], ["Monday", 11, 1], ["Tuesday", 0, 1], ["Wednesday", 0, 4],
    ]  # fmt: skip
    assert len(table) == 7 * 24 and table["share"].sum() == pytest.approx(1)


def test_hours_and_weekdays_are_those_of_pandas() -> None:
    data = random_ratings()
    table = activity.by_hour_and_weekday(EventIndex.of(data).everything)
    moments = pd.to_datetime(data.interactions["timestamp"], unit="s").dt
    slow = pd.crosstab(moments.day_of_week, moments.hour).reindex(
        index=range(7), columns=range(24), fill_value=0
    )
    assert table["count"].tolist() == slow.to_numpy().ravel().tolist()


def test_who_is_new_and_who_was_seen_before(week: Dataset) -> None:
    rows = EventIndex.of(week).everything
    table = activity.arrivals(rows, "users", rows, Unit.DAY)
    assert table[["new", "returning"]].to_numpy().tolist() == [[1, 0], [1, 0], [1, 2]]
    items = activity.arrivals(rows, "items", rows, Unit.DAY)
    assert items[["new", "returning"]].to_numpy().tolist() == [[2, 0], [0, 1], [1, 1]]


def test_in_a_chosen_period_nobody_is_new_who_came_before_it(week: Dataset) -> None:
    ever = EventIndex.of(week).everything
    late = ever.between(MONDAY + DAY, None)
    table = activity.arrivals(late, "users", ever, Unit.DAY)
    assert table[["new", "returning"]].to_numpy().tolist() == [[1, 0], [1, 2]]


def test_lives_from_first_row_to_last(week: Dataset) -> None:
    rows = EventIndex.of(week).everything
    users = activity.lives(rows, "users").set_index("label")["count"]
    # cem: 30 s; bob: a day and half a minute; ann: a day and 14 h
    assert users.to_dict() == {"once": 0, "within an hour": 1, "within a day": 0, "up to a week": 2}
    items = activity.lives(rows, "items").set_index("label")["count"]
    # x: from Monday to Wednesday; y: once; z: 90 s
    assert items.to_dict() == {"once": 1, "within an hour": 1, "within a day": 0, "up to a week": 1}
