from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.cleaning import clean

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
