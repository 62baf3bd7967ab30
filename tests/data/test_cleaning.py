from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.cleaning import clean
from recsys_core.data.scaling import MinMaxScaler
from recsys_core.errors import DataError

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from([1.0, 2.0, None]),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=30,
)


def _events(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])


def test_each_step_says_what_it_cost() -> None:
    events = _events(
        [("a", "x", 1.0, 1), ("a", "x", 1.0, 1), ("a", "x", 2.0, 2), (None, "y", 1.0, 1), ("b", "y", None, 1)]
    )
    cleaned, steps = clean(events, Kind.RATING)
    assert [step.dropped for step in steps] == [2, 1, 1]
    assert cleaned["value"].tolist() == [2.0]
    assert (steps[-1].users_after, steps[-1].items_after) == (1, 1)
    assert steps[0].as_dict()["rows_before"] == 5


def test_a_repeated_pair_keeps_its_newest_row_whatever_the_order_of_the_file() -> None:
    cleaned, _steps = clean(_events([("a", "x", 5.0, 9), ("a", "x", 1.0, 3)]), Kind.RATING)
    assert cleaned["value"].tolist() == [5.0]


def test_without_time_a_repeated_pair_keeps_the_last_row_of_the_file() -> None:
    events = _events([("a", "x", 5.0, 9), ("a", "x", 1.0, 3)]).drop(columns="timestamp")
    assert clean(events, Kind.RATING)[0]["value"].tolist() == [1.0]


def test_click_rows_repeat() -> None:
    cleaned, steps = clean(_events([("a", "x", 0.0, 1), ("a", "x", 1.0, 2)]), Kind.CLICK)
    assert len(cleaned) == 2
    assert [step.step for step in steps] == ["missing"]


@given(ROWS)
def test_cleaning_leaves_whole_distinct_pairs_and_nothing_more_to_clean(
    rows: list[tuple[object, ...]],
) -> None:
    events = _events(rows)
    before = events.copy()
    cleaned, steps = clean(events, Kind.RATING)
    pd.testing.assert_frame_equal(events, before)
    assert not cleaned.isna().any().any()
    assert not cleaned.duplicated(["user_id", "item_id"]).any()
    assert len(cleaned) == steps[-1].rows_after == len(events) - sum(step.dropped for step in steps)
    pd.testing.assert_frame_equal(clean(cleaned, Kind.RATING)[0], cleaned)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_scaling_maps_onto_the_unit_interval_and_back(values: list[float]) -> None:
    array = np.array(values)
    scaler = MinMaxScaler.fit(array)
    scaled = scaler.transform(array)
    assert scaled.min() >= 0
    assert scaled.max() <= 1 + 1e-12
    np.testing.assert_allclose(scaler.inverse(scaled), array, atol=1e-6)


def test_scaling_a_constant_stays_defined() -> None:
    scaler = MinMaxScaler.fit(np.array([3.0, 3.0]))
    assert scaler.transform(np.array([3.0])).tolist() == [0.0]
    assert scaler.inverse(np.array([0.0])).tolist() == [3.0]


@pytest.mark.parametrize("values", [[], [1.0, float("nan")], [float("inf")]])
def test_scaling_refuses_what_has_no_range(values: list[float]) -> None:
    with pytest.raises(DataError, match="finite"):
        MinMaxScaler.fit(np.array(values))
