"""Means with intervals: Wilson's from the article's formula, the normal one, empty groups."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.means import with_intervals


def test_wilson_by_hand() -> None:
    mean, low, high = with_intervals(np.array([10]), np.array([1.0]), np.array([1.0]), binary=True)
    assert (mean[0], low[0], high[0]) == pytest.approx((0.1, 0.0179, 0.4042), abs=1e-4)


def test_no_success_still_has_an_upper_end() -> None:
    _mean, low, high = with_intervals(np.array([50]), np.array([0.0]), np.array([0.0]), binary=True)
    assert low[0] == pytest.approx(0, abs=1e-12) and high[0] == pytest.approx(0.0713, abs=1e-4)


@given(values=st.lists(st.integers(1, 5), min_size=2, max_size=50))
def test_the_normal_interval_is_that_of_the_standard_error(values: list[int]) -> None:
    column = np.array(values, dtype=float)
    found = with_intervals(
        np.array([len(column)]), np.array([column.sum()]), np.array([(column**2).sum()]), binary=False
    )
    half = 1.959964 * column.std(ddof=1) / np.sqrt(len(column))
    assert [one[0] for one in found] == pytest.approx(
        [column.mean(), column.mean() - half, column.mean() + half], abs=1e-6
    )


def test_an_empty_group_has_no_mean_and_a_single_row_no_interval() -> None:
    found = with_intervals(np.array([0, 1]), np.array([0.0, 4.0]), np.array([0.0, 16.0]), binary=False)
    assert np.isnan(found[0][0]) and found[0][1] == 4 and np.isnan(found[1][1])
    assert np.isnan(with_intervals(np.array([0]), np.array([0.0]), np.array([0.0]), binary=True)[1][0])
