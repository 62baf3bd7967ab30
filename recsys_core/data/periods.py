"""Calendar periods, from hours to years: which one fits a span, and where each begins. All times are UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

from recsys_core.i18n import _
from recsys_core.types import IntArray

HOUR_SECONDS, DAY_SECONDS, DAY_HOURS = 3600, 86_400, 24
_TEXT_DAY, _TEXT_HOUR = len("2020-01-31"), len("2020-01-31T00")


class Unit(StrEnum):
    """A calendar period."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_LONGEST_DAYS = {Unit.HOUR: 3, Unit.DAY: 70, Unit.WEEK: 400, Unit.MONTH: 5500, Unit.QUARTER: 16_500}
"""Up to how many days a span is cut into periods of this length: never more than about 180."""
_MONTHS = {Unit.MONTH: 1, Unit.QUARTER: 3, Unit.YEAR: 12}


def unit_for(seconds: float) -> Unit:
    """The period into which a span of so many seconds is cut, so that bars are neither few nor many."""
    days = seconds / DAY_SECONDS
    return next((unit for unit, longest in _LONGEST_DAYS.items() if days <= longest), Unit.YEAR)


def numbers(hours: IntArray, unit: Unit) -> IntArray:
    """Which period each hour lies in, counted from 1970; hours since 1970, shape (n,)."""
    if unit is Unit.HOUR:
        return hours
    days = hours // DAY_HOURS
    if unit is Unit.DAY:
        return days
    if unit is Unit.WEEK:  # from Monday; 1970 began on a Thursday
        return (days + 3) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months // _MONTHS[unit])


def starts(periods: IntArray, unit: Unit) -> IntArray:
    """The second at which each period begins, shape (n,)."""
    periods = np.asarray(periods, dtype=np.int64)
    if unit is Unit.HOUR:
        return periods * HOUR_SECONDS
    if unit is Unit.DAY:
        return periods * DAY_SECONDS
    if unit is Unit.WEEK:
        return (periods * 7 - 3) * DAY_SECONDS
    months = (periods * _MONTHS[unit]).astype("datetime64[M]")
    return np.asarray(months.astype("datetime64[s]").astype(np.int64))


def moment(seconds: float) -> datetime:
    """The second as a date and time, UTC; any second, those far outside a calendar at its edge."""
    low, high = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        seconds=min(max(float(seconds), low.timestamp()), high.timestamp())
    )


def labels(seconds: IntArray, unit: Unit) -> list[str]:
    """Each period by name: `Jan 1998`, `05 Jan 1998`."""
    moments = pd.to_datetime(pd.Series(np.asarray(seconds, dtype=np.int64)), unit="s")
    if unit is Unit.QUARTER:
        return [f"Q{one.quarter} {one.year}" for one in moments]
    if unit is Unit.WEEK:
        return [_("week from {day}").format(day=one) for one in moments.dt.strftime("%d %b %Y")]
    formats = {
        Unit.HOUR: "%d %b %Y %H:00", Unit.DAY: "%d %b %Y", Unit.MONTH: "%b %Y", Unit.YEAR: "%Y",
    }  # fmt: skip
    return list(moments.dt.strftime(formats[unit]))


def written(seconds: int, unit: Unit) -> str:
    """A moment as it stands in an address: `1998-01-31`, or with its hour where hours count."""
    return moment(seconds).strftime("%Y-%m-%dT%H" if unit is Unit.HOUR else "%Y-%m-%d")


def read(text: str) -> tuple[int, int] | None:
    """The first and last second of what an address names, a day or an hour; None where it names neither."""
    if len(text) not in (_TEXT_DAY, _TEXT_HOUR):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    first = int(found.replace(tzinfo=UTC).timestamp())
    return first, first + (DAY_SECONDS if len(text) == _TEXT_DAY else HOUR_SECONDS) - 1
