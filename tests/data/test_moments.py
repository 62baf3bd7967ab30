from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.convert import seconds
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError

FIRST = datetime(2009, 12, 31, 7, 45, tzinfo=UTC)
SECOND = datetime(2011, 2, 3, 18, 0, 9, tzinfo=UTC)
NOON_LESS = (FIRST.replace(hour=0, minute=0), SECOND.replace(hour=0, minute=0, second=0))
"""The same days at midnight: what a column of dates says."""
TO_MINUTES = (FIRST, SECOND.replace(second=0))


def _seconds(*cells: object, dtype: str | None = "str", missing: bool = False) -> list[float]:
    table = pd.DataFrame({"when": pd.Series(list(cells), dtype=dtype)})
    return seconds(table, "when", unreadable_as_missing=missing).tolist()


def _epochs(*moments: datetime) -> list[float]:
    return [moment.timestamp() for moment in moments]


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
@pytest.mark.parametrize("dtype", ["str", "int64", "Int64"])
def test_epochs_of_any_unit_become_seconds(unit: int, dtype: str) -> None:
    cells = [int(moment.timestamp()) * unit for moment in (FIRST, SECOND)]
    assert _seconds(*cells, dtype=dtype) == _epochs(FIRST, SECOND)


def test_fractions_of_a_second_are_cut_off() -> None:
    assert _seconds("1300000000.999", "1300000001.0") == [1_300_000_000, 1_300_000_001]
    assert _seconds("2011-03-13 07:06:40.999", "2011-03-13 07:06:41.5") == [1_300_000_000, 1_300_000_001]
    assert _seconds("1960-01-01 00:00:00.5", "1960-01-02") == [-315_619_200, -315_532_800]


WRITTEN = [
    ("%Y-%m-%d %H:%M:%S", (FIRST, SECOND)),
    ("%Y-%m-%dT%H:%M:%S", (FIRST, SECOND)),
    ("%Y-%m-%dT%H:%M:%SZ", (FIRST, SECOND)),
    ("%Y-%m-%d %H:%M:%S UTC", (FIRST, SECOND)),
    ("%Y-%m-%dT%H:%M:%S.000+00:00", (FIRST, SECOND)),
    ("%Y-%m-%d %H:%M", TO_MINUTES),
    ("%Y-%m-%d", NOON_LESS),
    ("%Y%m%d", NOON_LESS),
    ("%Y%m%d%H%M%S", (FIRST, SECOND)),
    ("%Y/%m/%d %H:%M", TO_MINUTES),
    ("%d/%m/%Y %H:%M", TO_MINUTES),
    ("%d.%m.%Y %H:%M", TO_MINUTES),
    ("%d.%m.%Y", NOON_LESS),
    ("%d-%m-%Y %H:%M:%S", (FIRST, SECOND)),
    ("%d-%b-%y", NOON_LESS),
    ("%d %B %Y", NOON_LESS),
    ("%b %d, %Y", NOON_LESS),
    ("%a %b %d %H:%M:%S +0000 %Y", (FIRST, SECOND)),
    ("%a, %d %b %Y %H:%M:%S +0000", (FIRST, SECOND)),
    ("%m/%d/%Y %I:%M %p", TO_MINUTES),
    ("%d %b %Y, %H:%M", TO_MINUTES),
    ("%d/%m/%y", NOON_LESS),
]


@pytest.mark.parametrize(("form", "moments"), WRITTEN)
def test_times_as_people_write_them(form: str, moments: tuple[datetime, datetime]) -> None:
    cells = [moment.strftime(form) for moment in (FIRST, SECOND)]
    assert _seconds(*cells) == _epochs(*moments)
    assert _seconds(cells[0], None, " ", "NULL", cells[1])[0] == _epochs(moments[0])[0]


def test_a_single_digit_day_needs_no_zero() -> None:
    assert _seconds("1-Jan-09", "2-Feb-09") == _epochs(
        datetime(2009, 1, 1, tzinfo=UTC), datetime(2009, 2, 2, tzinfo=UTC)
    )
    assert _seconds("1/2/2009 7:05", "13/2/2009 17:05") == _epochs(
        datetime(2009, 2, 1, 7, 5, tzinfo=UTC), datetime(2009, 2, 13, 17, 5, tzinfo=UTC)
    )


def test_zones_are_counted() -> None:
    assert _seconds("2020-01-31T12:00:00+02:00", "2020-01-31 12:00:00-05:30") == _epochs(
        datetime(2020, 1, 31, 10, tzinfo=UTC), datetime(2020, 1, 31, 17, 30, tzinfo=UTC)
    )


def test_the_column_decides_whether_the_day_or_the_month_comes_first() -> None:
    both = ["01/02/2009", "03/04/2009"]
    day_first = _seconds(*both, "31/12/2009")
    month_first = _seconds(*both, "12/31/2009")
    assert day_first[-1] == month_first[-1]
    assert day_first[0] == datetime(2009, 2, 1, tzinfo=UTC).timestamp()
    assert month_first[0] == datetime(2009, 1, 2, tzinfo=UTC).timestamp()
    assert _seconds(*both) == day_first[:2]  # nothing decides: day before month


@pytest.mark.parametrize(
    "cell", ["9999-12-31", "1850-01-01", "0001-01-01", "9999-12-31 23:59:59", "253402300799"]
)
def test_years_beyond_1900_to_2100_are_refused_by_row_and_column(cell: str) -> None:
    table = pd.DataFrame({"when": ["2020-01-31"] * 5 if "-" in cell else ["1580000000"] * 5})
    table.loc[3, "when"] = cell
    with pytest.raises(DataError) as caught:
        seconds(table, "when")
    assert "row 5, column 'when'" in str(caught.value)
    assert repr(cell) in caught.value.what
    assert "1900 to 2100" in caught.value.what
    found = seconds(table, "when", unreadable_as_missing=True)
    assert found.isna().tolist() == [False, False, False, True, False]


@pytest.mark.parametrize("good", ["2020-01-31", "31.01.2020", "1580428800", "20200131", "Jan 31, 2020"])
@pytest.mark.parametrize("junk", ["soon", "<b>", "2020-13-45", "inf", "12:30", "🎬", "9" * 40])
def test_a_cell_that_is_no_time_is_named_or_missing_when_asked(good: str, junk: str) -> None:
    table = pd.DataFrame({"when": [good, good, junk, good, None]})
    with pytest.raises(DataError, match="row 4, column 'when'"):
        seconds(table, "when")
    found = seconds(table, "when", unreadable_as_missing=True).tolist()
    midnight = datetime(2020, 1, 31, tzinfo=UTC).timestamp()
    np.testing.assert_array_equal(found, [midnight, midnight, np.nan, midnight, np.nan])


def test_a_column_without_any_time_is_refused_or_all_missing() -> None:
    with pytest.raises(DataError, match="'now' is not a time"):
        _seconds("now", "then")
    assert np.isnan(_seconds("now", "then", missing=True)).all()
    assert np.isnan(_seconds(None, "", "NaN")).all()


def test_columns_of_moments_and_days_in_parquet(tmp_path: Path) -> None:
    east = timezone(timedelta(hours=2))
    arrow = pa.table(
        {
            "plain": pa.array([FIRST.replace(tzinfo=None), None], pa.timestamp("us")),
            "coarse": pa.array([FIRST.replace(tzinfo=None), None], pa.timestamp("s")),
            "zoned": pa.array([FIRST.astimezone(east), None], pa.timestamp("ns", tz="Europe/Berlin")),
            "day": pa.array([date(2009, 12, 31), None], pa.date32()),
            "floats": pa.array([FIRST.timestamp(), None], pa.float64()),
        }
    )
    pq.write_table(arrow, tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", name="t.parquet")
    midnight = FIRST.replace(hour=0, minute=0).timestamp()
    for name in arrow.column_names:
        wanted = midnight if name == "day" else FIRST.timestamp()
        np.testing.assert_array_equal(seconds(table, name), [wanted, np.nan], err_msg=name)


def test_moments_of_a_notebook_beyond_2100_are_refused() -> None:
    table = pd.DataFrame({"when": pd.to_datetime(["2020-01-01", "2150-01-01"])})
    with pytest.raises(DataError, match="row 3, column 'when'"):
        seconds(table, "when")


FORMS = st.sampled_from(
    ["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p", "%Y-%m-%dT%H:%M:%SZ"]
)


@given(
    st.lists(st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 31)), min_size=1, max_size=8),
    FORMS,
)
@settings(deadline=None)
def test_what_a_form_writes_is_read_again(moments: list[datetime], form: str) -> None:
    whole = [moment.replace(microsecond=0, tzinfo=UTC) for moment in moments]
    certain = [datetime(2001, 12, 31, tzinfo=UTC), *whole]  # decides between day and month
    assert _seconds(*[moment.strftime(form) for moment in certain]) == _epochs(*certain)


@given(
    st.lists(st.integers(631_152_000, 2_208_988_800), min_size=1, max_size=8),
    st.sampled_from([1, 10**3, 10**6, 10**9]),
)
def test_epochs_since_1990_are_read_in_any_unit(epochs: list[int], unit: int) -> None:
    assert _seconds(*[epoch * unit for epoch in epochs], dtype="int64") == epochs


def test_weeks_begin_on_their_monday() -> None:
    mondays = _epochs(datetime(2022, 12, 26, tzinfo=UTC), datetime(2023, 1, 2, tzinfo=UTC))
    assert _seconds("2022-W52", "2023-W01") == mondays
    assert _seconds("2022W52", "2023W1") == mondays
    assert _seconds("2023-W01-3") == _epochs(datetime(2023, 1, 4, tzinfo=UTC))


def test_a_database_s_day_zero_is_no_moment() -> None:
    found = _seconds("0000-00-00 00:00:00", "2011-02-03 18:00:09", "0000-00-00")
    np.testing.assert_equal(found, [np.nan, *_epochs(SECOND), np.nan])


@given(st.integers(25_569, 73_050))
def test_days_as_spreadsheets_count_them(day: int) -> None:
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=day)
    assert _seconds(day, day, dtype="int64") == _epochs(moment, moment)
    assert _seconds(f"{min(day + 0.5, 73_050)}") == [min(day + 0.5, 73_050) * 86_400 - 25_569 * 86_400]


def test_seconds_of_a_relative_clock_stay_seconds() -> None:
    assert _seconds("0", "30000", "60000") == [0, 30_000, 60_000]
