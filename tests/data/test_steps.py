from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.cleaning import Cleaned, clean_events, default_settings
from recsys_core.data.events import Events
from recsys_core.data.steps import BY_NAME, STEPS

NAN = float("nan")
DAY = 86_400.0

TABLE = pd.DataFrame(
    [
        ("ann", "x1", 5.0, 0 * DAY, "buy", "1"),
        ("ann", "x1", 5.0, 0 * DAY, "buy", "1"),  # the same again
        ("ann", "x1", -2.0, 2 * DAY, "return", "C2"),
        ("bob", "x1", 1.0, 3 * DAY - 1, "buy", "3"),
        ("bob", "POST", 9.0, 3 * DAY, "fee", "3"),
        (None, "x2", 1.0, 4 * DAY, "buy", "4"),
        ("cem", None, 1.0, 4 * DAY, "view", "4"),
        ("cem", "x2", NAN, 4 * DAY, "view", "4"),
        ("cem", "x2", 99.0, NAN, None, None),
        ("cem", "x2", 0.0, 5 * DAY, "buy", "C5"),
    ],
    columns=["user_id", "item_id", "value", "timestamp", "what", "document"],
)


def _events(table: pd.DataFrame, *extra: str) -> Events:
    ours = table[[name for name in ("user_id", "item_id", "value", "timestamp") if name in table]]
    return Events.of(ours, {name: table[name].astype("str") for name in extra})


def _rows(step: str, table: pd.DataFrame = TABLE, **settings: Any) -> list[int]:
    events = _events(table, *(name for name in ("what", "document") if name in table))
    return clean_events(events, {step: {"on": True, **settings}}).rows.tolist()


ALL_ROWS = list(range(10))


@pytest.mark.parametrize(
    ("step", "settings", "left"),
    [
        ("missing", {}, [0, 1, 2, 3, 4, 9]),
        ("only", {"column": "what", "values": ["buy", "fee"]}, [0, 1, 3, 4, 5, 9]),
        ("only", {"column": "what", "values": []}, ALL_ROWS),
        ("only", {"column": None, "values": ["buy"]}, ALL_ROWS),
        ("only", {"column": "what", "values": ["nothing"]}, []),
        ("cancelled", {"column": "document", "prefix": "C"}, [0, 1, 3, 4, 5, 6, 7, 8]),
        ("cancelled", {"column": "document", "prefix": "c"}, ALL_ROWS),
        ("cancelled", {"column": "document", "prefix": None}, ALL_ROWS),
        ("positive", {}, [0, 1, 3, 4, 5, 6, 8]),
        ("products", {}, [0, 1, 2, 3, 5, 6, 7, 8, 9]),
        ("in_range", {"low": 1, "high": 5}, [0, 1, 3, 5, 6]),
        ("in_range", {"low": 1}, [0, 1, 3, 4, 5, 6, 8]),
        ("in_range", {"high": 0}, [2, 9]),
        ("time_range", {"first": "1970-01-03"}, [2, 3, 4, 5, 6, 7, 9]),
        ("time_range", {"last": "1970-01-03"}, [0, 1, 2, 3]),
        ("time_range", {"first": "1970-01-04", "last": "1970-01-04"}, [4]),
        ("time_range", {"first": "1971-01-01"}, []),
        ("exact", {}, [0, *range(2, 10)]),
        ("k_core", {"users": 1, "items": 1}, ALL_ROWS),
    ],
)
def test_what_each_step_takes(step: str, settings: dict[str, Any], left: list[int]) -> None:
    assert _rows(step, **settings) == left


def test_an_open_end_of_a_range_leaves_gaps_to_the_step_for_gaps() -> None:
    table = TABLE.iloc[[7, 8]].reset_index(drop=True)
    assert _rows("in_range", table) == [0, 1]
    assert _rows("time_range", table) == [0, 1]


@pytest.mark.parametrize(("keep", "value"), [("last", 1.0), ("mean", 3.0), ("sum", 9.0)])
def test_a_repeated_pair_keeps_its_last_row_with_its_own_the_mean_or_the_sum(keep: str, value: float) -> None:
    table = pd.DataFrame(
        [("a", "x", 6.0, 20), ("a", "y", 7.0, 5), ("a", "x", 1.0, 30), ("a", "x", 2.0, 10)],
        columns=["user_id", "item_id", "value", "timestamp"],
    )
    events = _events(table)
    cleaned = clean_events(events, {"repeated": {"on": True, "keep": keep}})
    assert cleaned.rows.tolist() == [1, 2]
    assert cleaned.values is not None
    assert cleaned.values[cleaned.rows].tolist() == [7.0, value]
    assert events.values is not None
    assert events.values.tolist() == [6.0, 7.0, 1.0, 2.0]


def test_a_core_may_fall_apart_in_turns() -> None:
    pairs = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "y"), ("c", "z"), ("d", "z")]
    table = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    # d has one row; then z has one; then c has one; a, b, x and y stay
    assert _rows("k_core", table, users=2, items=2) == [0, 1, 2, 3]
    assert _rows("k_core", table, users=3, items=1) == []


def test_each_kind_of_feedback_starts_with_its_own_steps() -> None:
    on = {kind: [name for name, one in default_settings(kind).items() if one["on"]] for kind in Kind}
    assert on == {
        Kind.RATING: ["missing", "exact", "repeated"],
        Kind.IMPLICIT: ["missing", "positive", "exact", "repeated"],
        Kind.CLICK: ["missing"],
    }
    assert list(default_settings(Kind.RATING)) == [spec.name for spec in STEPS]


IDS = st.sampled_from([None, "a", "b", "c", "d", "POST"])
VALUES = st.sampled_from([-1.0, 0.0, 1.0, 2.0, 5.0, NAN])
TIMES = st.sampled_from([0.0, DAY, 1.5 * DAY, 3 * DAY, NAN])
ROWS = st.lists(
    st.tuples(IDS, IDS, VALUES, TIMES, st.sampled_from(["buy", "view", None])), min_size=0, max_size=40
)
ALWAYS_WHOLE = st.lists(
    st.tuples(*[st.sampled_from("abcd")] * 2, st.sampled_from([1.0, 2.0]), st.integers(0, 3)), max_size=40
)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Random events, some columns left out."""
    columns = ["user_id", "item_id", "value", "timestamp", "what"]
    table = pd.DataFrame(draw(ROWS), columns=columns).astype(
        {"user_id": "str", "item_id": "str", "what": "str"}
    )
    return table.drop(columns=draw(st.lists(st.sampled_from(columns[:4]), max_size=2, unique=True)))


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "missing": st.just({"on": True}),
        "only": st.fixed_dictionaries(
            {"on": st.booleans(), "column": st.sampled_from(["what", None]), "values": st.just(["buy"])}
        ),
        "cancelled": st.just({"on": True, "column": "what", "prefix": "v"}),
        "positive": st.fixed_dictionaries({"on": st.booleans()}),
        "products": st.just({"on": True}),
        "in_range": st.fixed_dictionaries({"on": st.just(True), "low": VALUES | st.none()}),
        "time_range": st.just({"on": True, "first": "1970-01-02", "last": None}),
        "exact": st.just({"on": True}),
        "repeated": st.fixed_dictionaries(
            {"on": st.just(True), "keep": st.sampled_from(["last", "mean", "sum"])}
        ),
        "k_core": st.fixed_dictionaries(
            {"on": st.just(True), "users": st.integers(1, 3), "items": st.integers(1, 3)}
        ),
    },
)


def _counts(table: pd.DataFrame, rows: Any) -> tuple[int, int]:
    return tuple(table.iloc[rows][key].nunique() if key in table else 0 for key in ("user_id", "item_id"))  # type: ignore[return-value]


@given(tables(), SETTINGS)
def test_every_row_is_left_or_taken_by_one_step_and_the_report_adds_up(
    table: pd.DataFrame, settings: dict[str, dict[str, Any]]
) -> None:
    events = _events(table, "what")
    before = [None if one is None else one.copy() for one in (events.users, events.values, events.times)]
    cleaned = clean_events(events, settings)
    taken = [row for rows in cleaned.dropped.values() for row in rows.tolist()]
    assert sorted([*cleaned.rows.tolist(), *taken]) == list(range(len(table)))
    assert cleaned.rows.tolist() == sorted(cleaned.rows.tolist())
    for old, now in zip(before, (events.users, events.values, events.times), strict=True):
        np.testing.assert_array_equal(old, now)
    _check_report(table, cleaned, settings)


def _check_report(table: pd.DataFrame, cleaned: Cleaned, settings: dict[str, dict[str, Any]]) -> None:
    on = [spec.name for spec in STEPS if settings.get(spec.name, {}).get("on")]
    assert [step.step for step in cleaned.steps] == on == list(cleaned.dropped)
    rows = np.arange(len(table))
    for step in cleaned.steps:
        assert (step.rows_before, step.users_before, step.items_before) == (len(rows), *_counts(table, rows))
        rows = np.setdiff1d(rows, cleaned.dropped[step.step])
        assert (step.rows_after, step.users_after, step.items_after) == (len(rows), *_counts(table, rows))
        assert step.dropped == len(cleaned.dropped[step.step])
        assert step.name == BY_NAME[step.step].title
    assert rows.tolist() == cleaned.rows.tolist()


@given(ALWAYS_WHOLE, st.sampled_from(["last", "mean", "sum"]))
def test_repeated_pairs_equal_a_groupby(rows: list[tuple[Any, ...]], keep: str) -> None:
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    cleaned = clean_events(_events(table), {"repeated": {"on": True, "keep": keep}})
    assert cleaned.values is not None
    found = table.iloc[cleaned.rows][["user_id", "item_id"]].assign(value=cleaned.values[cleaned.rows])
    ordered = table.sort_values("timestamp", kind="stable")
    wanted = ordered.groupby(["user_id", "item_id"])["value"].agg(keep)
    pd.testing.assert_series_equal(
        found.set_index(["user_id", "item_id"])["value"].sort_index(),
        wanted,
        check_dtype=False,
        check_index_type=False,
    )
    last = ordered.drop_duplicates(["user_id", "item_id"], keep="last").index
    assert cleaned.rows.tolist() == sorted(last)


@given(ALWAYS_WHOLE, st.integers(1, 4), st.integers(1, 4))
def test_a_core_equals_a_plain_loop_and_is_the_largest(
    rows: list[tuple[Any, ...]], users: int, items: int
) -> None:
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    left = _rows("k_core", table, users=users, items=items)
    core = table.iloc[left]
    assert (core.groupby("user_id").size() >= users).all()
    assert (core.groupby("item_id").size() >= items).all()
    kept = table
    while True:  # one row at a time, whichever comes first: the order of taking away must not matter
        sizes = (
            kept.groupby("user_id")["value"].transform("size"),
            kept.groupby("item_id")["value"].transform("size"),
        )
        weak = kept.index[(sizes[0] < users) | (sizes[1] < items)]
        if not len(weak):
            break
        kept = kept.drop(weak[0])
    assert left == kept.index.tolist()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from([1.0, 2.0]), st.integers(0, 2)
        ),
        max_size=30,
    ),
    st.booleans(),
)
def test_exact_duplicates_equal_those_of_pandas(rows: list[tuple[Any, ...]], with_time: bool) -> None:
    table = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    table = table if with_time else table.drop(columns="timestamp")
    assert _rows("exact", table) == table.drop_duplicates().index.tolist()


def test_clicks_without_users_or_items_are_cleaned_too() -> None:
    table = pd.DataFrame({"value": [1.0, NAN, 0.0, 0.0]})
    cleaned = clean_events(_events(table), {name: {"on": True} for name in BY_NAME if name != "positive"})
    assert cleaned.rows.tolist() == [0, 2]  # the same value again is the same row again
    assert {step.users_after for step in cleaned.steps} == {0}


def test_a_row_without_an_item_is_no_repeat_of_another_row() -> None:
    table = pd.DataFrame({"user_id": ["a", "b", "a"], "item_id": ["x", None, "y"], "value": 1.0}).astype(
        {"user_id": "str", "item_id": "str"}
    )
    assert _rows("exact", table) == [0, 1, 2]
    assert _rows("repeated", table) == [0, 1, 2]
    assert _rows("k_core", table, users=2, items=1) == [0, 1, 2]
    assert _rows("k_core", table, users=2, items=2) == [1]
