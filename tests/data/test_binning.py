"""Steps of numbers: the values themselves, equal widths, doubling; every value falls into the step that names it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.binning import Scale, doubling, equal, steps_of


def test_few_distinct_values_are_the_steps() -> None:
    steps = steps_of(np.array([5.0, 1.0, 3.5, 1.0], dtype=np.float32))
    assert (steps.scale, steps.labels) == (Scale.STEPS, ("1", "3.5", "5"))
    assert steps.codes(np.array([5.0, 1.0, 3.5])).tolist() == [2, 0, 1]


def test_years_fall_into_round_steps() -> None:
    steps = steps_of(np.arange(1922, 1999).astype(float), 15)
    assert steps.scale is Scale.EQUAL
    assert steps.labels[0] == "1920–1929" and steps.labels[-1] == "1990–1999"
    assert [steps.labels[code] for code in steps.codes(np.array([1929.0, 1930.0]))] == [
        "1920–1929",
        "1930–1939",
    ]


def test_a_heavy_tail_doubles() -> None:
    values = np.r_[np.ones(1000), 2 ** np.arange(14) + 1.0, np.arange(2, 40)]
    steps = steps_of(values)
    assert steps.scale is Scale.DOUBLING
    assert steps.labels[:4] == ("1", "2–3", "4–7", "8–15")
    assert steps.labels[int(steps.codes(np.array([7.0]))[0])] == "4–7"


def test_doubling_steps_hold_zero_too() -> None:
    steps = doubling(0, 9, whole=True)
    assert steps.labels == ("0", "1", "2–3", "4–7", "8–15")
    assert steps.codes(np.array([0, 1, 9])).tolist() == [0, 1, 4]


@given(
    values=st.lists(
        st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: float(np.float32(one))),
        min_size=1,
        max_size=200,
    ),
    most=st.integers(3, 40),
)
def test_every_value_lies_in_its_step(values: list[float], most: int) -> None:
    column = np.array(values)
    steps = steps_of(column, most)
    codes = steps.codes(column)
    assert len(steps.labels) <= max(most + 2, 18)
    if steps.scale is Scale.STEPS:
        assert (steps.edges[codes] == column).all()
    else:
        slack = 1e-9 * np.abs(steps.edges).max()
        assert (steps.edges[codes] <= column + slack).all()
        assert (column < steps.edges[codes + 1] + slack).all()


@given(low=st.integers(0, 10_000), length=st.integers(0, 10_000), most=st.integers(1, 30))
def test_equal_steps_of_whole_numbers_leave_none_out(low: int, length: int, most: int) -> None:
    steps = equal(low, low + length, whole=True, most=most)
    every = np.arange(low, low + length + 1)
    codes = steps.codes(every)
    assert (steps.edges[codes] <= every).all() and (every < steps.edges[codes + 1]).all()
