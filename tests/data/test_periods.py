"""Periods: where hours, days, weeks, months, quarters and years begin, by the calendar of UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data import periods
from recsys_core.data.periods import Unit

BEGINNINGS = {
    Unit.HOUR: "2024-02-29T13:00:00",
    Unit.DAY: "2024-02-29T00:00:00",
    Unit.WEEK: "2024-02-26T00:00:00",  # a Monday
    Unit.MONTH: "2024-02-01T00:00:00",
    Unit.QUARTER: "2024-01-01T00:00:00",
    Unit.YEAR: "2024-01-01T00:00:00",
}


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("unit", Unit)
def test_a_leap_day_lies_in_the_period_that_the_calendar_says(unit: Unit) -> None:
    hour = _seconds("2024-02-29T13:45:00") // 3600
    number = periods.numbers(np.array([hour]), unit)
    assert periods.starts(number, unit).tolist() == [_seconds(BEGINNINGS[unit])]


@given(hour=st.integers(-500_000, 1_000_000), unit=st.sampled_from(list(Unit)))
def test_every_hour_lies_between_the_start_of_its_period_and_of_the_next(hour: int, unit: Unit) -> None:
    number = periods.numbers(np.array([hour]), unit)
    begin, end = periods.starts(number + np.array([0, 1]), unit)
    assert begin <= hour * 3600 < end


@pytest.mark.parametrize(
    ("days", "unit"),
    [
        (1, Unit.HOUR),
        (30, Unit.DAY),
        (200, Unit.WEEK),
        (3000, Unit.MONTH),
        (9000, Unit.QUARTER),
        (30_000, Unit.YEAR),
    ],
)
def test_a_span_is_cut_into_at_most_180_periods(days: int, unit: Unit) -> None:
    assert periods.unit_for(days * 86_400) is unit
    hours = np.array([0, days * 24])
    first, last = periods.numbers(hours, unit)
    assert last - first <= 181


def test_periods_are_named_as_a_person_would() -> None:
    start = np.array([_seconds("2024-01-01T00:00:00")])
    named = {unit: periods.labels(start, unit)[0] for unit in Unit}
    assert named == {
        Unit.HOUR: "01 Jan 2024 00:00",
        Unit.DAY: "01 Jan 2024",
        Unit.WEEK: "week from 01 Jan 2024",
        Unit.MONTH: "Jan 2024",
        Unit.QUARTER: "Q1 2024",
        Unit.YEAR: "2024",
    }


def test_an_address_names_whole_days_and_whole_hours() -> None:
    first, last = periods.read("2024-02-29") or (0, 0)
    assert (first, last) == (_seconds("2024-02-29T00:00:00"), _seconds("2024-02-29T23:59:59"))
    first, last = periods.read("2024-02-29T13") or (0, 0)
    assert (first, last) == (_seconds("2024-02-29T13:00:00"), _seconds("2024-02-29T13:59:59"))


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-02-30", "2024-2-3", "20240229", "2024-02-29T25", "2024-02-29T13:15"]
)
def test_what_names_no_day_or_hour_is_nothing(text: str) -> None:
    assert periods.read(text) is None


@given(day=st.integers(0, 20_000), hour=st.integers(0, 23))
def test_what_is_written_is_read_again(day: int, hour: int) -> None:
    second = day * 86_400 + hour * 3600
    assert periods.read(periods.written(second, Unit.HOUR)) == (second, second + 3599)
    assert periods.read(periods.written(second, Unit.DAY)) == (day * 86_400, day * 86_400 + 86_399)


def test_moments_outside_any_calendar_stand_at_its_edge() -> None:
    assert periods.moment(1.7e12).year == 9999
    assert periods.moment(-1e14).year == 1
    assert periods.moment(86_400) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=1)
