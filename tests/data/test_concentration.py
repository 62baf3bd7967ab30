"""Gini, Lorenz, cold shares and activity, against fractions worked by hand and the slow definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data import concentration

COUNTS = st.lists(st.integers(1, 500), min_size=1, max_size=60).map(np.array)


@pytest.mark.parametrize(
    ("counts", "gini"),
    [([3, 3, 3], 0.0), ([0, 0, 0, 8], 3 / 4), ([1, 3], 1 / 4), ([1, 2, 3, 4], 1 / 4), ([0, 0], 0.0)],
)
def test_gini_by_hand(counts: list[int], gini: float) -> None:
    assert concentration.gini(np.array(counts)) == pytest.approx(gini)


@given(counts=COUNTS)
def test_gini_is_half_the_relative_mean_difference(counts: np.ndarray) -> None:
    slow = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    assert concentration.gini(counts) == pytest.approx(slow)


@given(counts=COUNTS)
def test_the_lorenz_curve_rises_below_the_line_of_equal_shares(counts: np.ndarray) -> None:
    curve = concentration.lorenz(counts)
    assert curve.iloc[0].tolist() == [0, 0] and curve.iloc[-1].tolist() == pytest.approx([1, 1])
    assert (curve["share_of_rows"] <= curve["share"] + 1e-12).all()
    assert curve["share_of_rows"].is_monotonic_increasing


def test_the_lorenz_curve_by_hand() -> None:
    curve = concentration.lorenz(np.array([6, 1, 3]))
    assert curve["share_of_rows"].tolist() == pytest.approx([0, 0.1, 0.4, 1])


def test_a_long_curve_has_few_points() -> None:
    assert len(concentration.lorenz(np.ones(100_000, dtype=int))) <= concentration.MOST_POINTS + 1


@pytest.mark.parametrize(
    ("counts", "share"), [([5, 3, 2], 1 / 3), ([4, 4, 1, 1], 1 / 2), ([1, 1, 1, 1], 1 / 2), ([9], 1.0)]
)
def test_the_smallest_share_that_holds_half(counts: list[int], share: float) -> None:
    assert concentration.half_share(np.array(counts)) == pytest.approx(share)


def test_cold_are_those_below_five() -> None:
    found = concentration.cold(np.array([1, 4, 5, 90]))
    assert (found.n, found.share, found.share_of_rows) == (2, 0.5, 0.05)


def test_few_different_counts_are_shown_as_they_are() -> None:
    table = concentration.activity(np.array([12, 12, 13]))
    assert table[["label", "count"]].to_numpy().tolist() == [["12", 2], ["13", 1]]


@given(counts=COUNTS)
def test_everybody_has_one_place_in_the_table_of_activity(counts: np.ndarray) -> None:
    table = concentration.activity(counts)
    assert table["count"].sum() == len(counts)
    for low, high, count in zip(table["low"], table["high"], table["count"], strict=True):
        assert count == np.count_nonzero((counts >= low) & (counts <= high))
