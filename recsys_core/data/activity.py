"""When things happen: rows over time, by hour and weekday, who is new, and how long users and items live."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from recsys_core.data import periods
from recsys_core.data.event_index import Rows, Side
from recsys_core.data.means import with_intervals
from recsys_core.data.periods import DAY_HOURS, DAY_SECONDS, HOUR_SECONDS, Unit
from recsys_core.i18n import N_, _
from recsys_core.types import IntArray

WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
_THURSDAY = 3  # 1 January 1970
_LIVES = (0, HOUR_SECONDS, *(days * DAY_SECONDS for days in (1, 7, 30, 90, 365)))
_LIFE_NAMES = (
    N_("once"), N_("within an hour"), N_("within a day"), N_("up to a week"), N_("up to 30 days"),
    N_("up to 90 days"), N_("up to a year"), N_("longer"),
)  # fmt: skip


def unit_of(rows: Rows) -> Unit:
    """The period into which the time of these rows is cut."""
    return periods.unit_for(int(rows.times[-1] - rows.times[0])) if len(rows) else Unit.DAY


def over_time(rows: Rows, unit: Unit, *, first: int, last: int) -> pd.DataFrame:
    """Rows a period from second `first` to second `last`, empty periods too.

    Returns:
        `start`, `end` (epoch seconds, the end not included), `label`, `count`.
    """
    begins = _begins(unit, first, last)
    return _periods(begins, unit).assign(count=np.diff(rows.cuts(begins)))


def means_over_time(rows: Rows, unit: Unit) -> pd.DataFrame:
    """As `over_time`, for the time that the rows span, with `mean`, `low`, `high` of the values."""
    begins = _begins(unit, int(rows.times[0]), int(rows.times[-1]))
    cuts = rows.cuts(begins)
    totals, squares = rows.value_sums(cuts)
    mean, low, high = with_intervals(np.diff(cuts), totals, squares, binary=rows.index.binary)
    return _periods(begins, unit).assign(count=np.diff(cuts), mean=mean, low=low, high=high)


def _begins(unit: Unit, first: int, last: int) -> IntArray:
    """Where each period from second `first` to second `last` begins, and where the one after them does."""
    low, high = periods.numbers(np.array([first, last]) // HOUR_SECONDS, unit)
    return periods.starts(np.arange(low, high + 2), unit)


def _periods(begins: IntArray, unit: Unit) -> pd.DataFrame:
    return pd.DataFrame({"start": begins[:-1], "end": begins[1:], "label": periods.labels(begins[:-1], unit)})


def by_hour_and_weekday(rows: Rows) -> pd.DataFrame:
    """Rows by weekday and hour (UTC): `weekday` (0 is Monday), `day` (its name), `hour`, `count`, `share`."""
    days = rows.times[[0, -1]] // DAY_SECONDS
    n_days = int(days[1] - days[0]) + 1
    hours = days[0] * DAY_SECONDS + np.arange(n_days * DAY_HOURS + 1) * HOUR_SECONDS
    table = np.zeros((7, DAY_HOURS), dtype=np.int64)
    weekday = (days[0] + np.arange(n_days) + _THURSDAY) % 7
    np.add.at(table, weekday, np.diff(rows.cuts(hours)).reshape(-1, DAY_HOURS))
    return pd.DataFrame(
        {
            "weekday": np.repeat(np.arange(7), DAY_HOURS),
            "day": [_(name) for name in WEEKDAYS for _hour in range(DAY_HOURS)],
            "hour": np.tile(np.arange(DAY_HOURS), 7),
            "count": table.ravel(),
            "share": table.ravel() / max(len(rows), 1),
        }
    )


def arrivals(rows: Rows, side: Side, ever: Rows, unit: Unit) -> pd.DataFrame:
    """How many users (or items) were active in each period, and how many of them for the first time.

    Args:
        rows: what is looked at.
        ever: the same without a limit of time: whoever had a row in there before is not new.

    Returns:
        `start`, `end` (epoch seconds), `label`, `new`, `returning`.
    """
    begins = _begins(unit, int(rows.times[0]), int(rows.times[-1]))
    cuts, n = rows.cuts(begins), len(begins) - 1
    first, owner = ever.first_times(side), rows.owner(side)
    active, new = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    for place, (low, high) in enumerate(pairwise(cuts)):
        here = np.zeros(rows.index.n_of(side), dtype=bool)
        here[owner[low:high]] = True
        who = np.flatnonzero(here)
        active[place] = len(who)
        new[place] = np.count_nonzero(first[who] >= begins[place])
    return _periods(begins, unit).assign(new=new, returning=active - new)


def lives(rows: Rows, side: Side) -> pd.DataFrame:
    """How long users (or items) live, from first row to last: `label`, `count`, `share`; from short to long."""
    counts = rows.counts(side)
    present = counts > 0
    seconds = (rows.last_times(side) - rows.first_times(side))[present]
    lived: IntArray = np.searchsorted(_LIVES, seconds, side="right")
    lived[counts[present] == 1] = 0
    found = np.bincount(lived, minlength=len(_LIFE_NAMES))
    longest = int(np.flatnonzero(found).max(initial=0))
    return pd.DataFrame(
        {
            "label": [_(name) for name in _LIFE_NAMES[: longest + 1]],
            "count": found[: longest + 1],
            "share": found[: longest + 1] / max(int(found.sum()), 1),
        }
    )
