"""The index of interactions: order of time, slices, counts; each against the plain way with pandas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import SIDES, EventIndex, Side
from tests.data.explored import DAY, START, clicks, random_ratings

DATA = random_ratings()
INDEX = EventIndex.of(DATA)
COLUMNS = {"users": "user", "items": "item"}


def test_rows_stand_in_order_of_time_with_their_own_values(tiny_ratings: Dataset) -> None:
    index = EventIndex.of(tiny_ratings)
    events = tiny_ratings.interactions.sort_values("timestamp", kind="stable")
    assert index.time is not None and index.user is not None and index.item is not None
    assert index.time.tolist() == events["timestamp"].tolist()
    assert index.user.tolist() == events["user"].tolist()
    assert index.item.tolist() == events["item"].tolist()
    assert index.value.tolist() == events["value"].tolist()


def test_equal_times_stay_as_they_stand() -> None:
    events = DATA.interactions.assign(timestamp=np.repeat([5, 3], [100, len(DATA.interactions) - 100]))
    index = EventIndex.of(replace(DATA, interactions=events))
    assert index.order is not None
    assert index.order.tolist() == [*range(100, len(events)), *range(100)]


@given(ends=st.tuples(st.integers(-10, 375), st.integers(-10, 375)), side=st.sampled_from(SIDES))
def test_a_period_counts_as_pandas_does(ends: tuple[int, int], side: Side) -> None:
    first, last = (START + end * DAY for end in ends)
    rows = INDEX.everything.between(first, last)
    events = DATA.interactions[DATA.interactions["timestamp"].between(first, last)]
    assert len(rows) == len(events)
    slow = (
        events.groupby(COLUMNS[side])["value"]
        .agg(["size", "sum"])
        .reindex(range(INDEX.n_of(side)), fill_value=0)
    )
    assert rows.counts(side).tolist() == slow["size"].tolist()
    assert rows.sums(side).tolist() == slow["sum"].tolist()


@pytest.mark.parametrize("side", SIDES)
def test_first_and_last_times_of_each_one(side: Side) -> None:
    rows = INDEX.everything.between(START + 50 * DAY, START + 200 * DAY)
    events = DATA.interactions
    inside = events[events["timestamp"].between(START + 50 * DAY, START + 200 * DAY)]
    edges = inside.groupby(COLUMNS[side])["timestamp"].agg(["min", "max"])
    assert rows.first_times(side)[edges.index].tolist() == edges["min"].tolist()
    assert rows.last_times(side)[edges.index].tolist() == edges["max"].tolist()


def test_a_mask_and_a_period_may_be_applied_in_any_order() -> None:
    high = INDEX.value >= 4
    period = (START + 30 * DAY, START + 90 * DAY)
    masked = INDEX.everything.where(high).between(*period)
    sliced = INDEX.everything.between(*period)
    other = sliced.where(high[sliced.kept])
    assert masked.times.tolist() == other.times.tolist()
    assert masked.owner("users").tolist() == other.owner("users").tolist()
    assert (masked.value >= 4).all() and len(masked) > 0
    again = other.where(other.value == 5)
    assert again.value.tolist() == [5.0] * len(again)


def test_sums_between_cuts_leave_empty_periods_at_zero() -> None:
    rows = INDEX.everything
    cuts = rows.cuts(np.array([START - DAY, START, START, START + 100 * DAY, START + 400 * DAY]))
    totals, squares = rows.value_sums(cuts)
    assert totals[:2].tolist() == [0, 0]
    assert totals.sum() == DATA.interactions["value"].sum()
    assert squares.sum() == (DATA.interactions["value"] ** 2).sum()


def test_data_without_time_users_or_items_has_an_index_too() -> None:
    index = EventIndex.of(clicks())
    assert index.time is None and not index.has("users") and not index.has("items")
    assert index.binary and index.everything.between(0, 10) is index.everything
    with pytest.raises(ValueError, match="no users"):
        index.everything.counts("users")
    with pytest.raises(ValueError, match="no times"):
        _times = index.everything.times


def test_times_in_milliseconds_are_no_calendar() -> None:
    events = DATA.interactions
    odd = events.assign(timestamp=events["timestamp"].where(events.index > 3, events["timestamp"] * 1000))
    assert EventIndex.of(replace(DATA, interactions=odd)).time is None


def test_pairs_that_repeat_stand_once_in_the_matrix() -> None:
    users = ["ann", "ann", "ann", "bob"]
    data = clicks(4, user_id=users, item_id=["x", "x", "y", "x"])
    matrix = EventIndex.of(data).by_user
    assert matrix.toarray().tolist() == [[True, True], [True, False]]


def test_dates_without_an_hour_have_no_clock() -> None:
    midnight = DATA.interactions["timestamp"] // DAY * DAY
    index = EventIndex.of(replace(DATA, interactions=DATA.interactions.assign(timestamp=midnight)))
    assert index.midnight_share == 1 and not index.has_clock
    assert INDEX.midnight_share < 0.1 and INDEX.has_clock


def test_only_the_last_few_of_what_is_large_are_kept() -> None:
    index = EventIndex.of(clicks())
    made: list[int] = []

    def make(number: int) -> int:
        made.append(number)
        return number

    for number in (1, 2, 1, 3, 1, 2):
        assert index.lately(number, lambda number=number: make(number), most=2) == number
    assert made == [1, 2, 3, 2]  # 1 was asked for again before it was dropped
