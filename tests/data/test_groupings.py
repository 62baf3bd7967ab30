"""Rows by the values of attributes: lists, texts, numbers, features; counts and means against pandas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key, by_value, grouping, key_of, keys_of
from tests.data.explored import clicks, random_ratings


def _table(data: Dataset, key: Key) -> pd.DataFrame:
    index = EventIndex.of(data)
    return by_value(index.everything, grouping(index, key))


def test_an_item_with_two_values_counts_for_both(tiny_ratings: Dataset) -> None:
    table = _table(tiny_ratings, Key("items", "genres")).set_index("value")
    # calm: a (3 rows: 5 4 1), b (3 2 4), d (1 5); wild: b, c (4 5); odd: e (2)
    assert table["count"].to_dict() == {"calm": 8, "wild": 5, "odd": 1}
    assert table["mean"].to_dict() == pytest.approx({"calm": 25 / 8, "wild": 18 / 5, "odd": 2.0})
    assert table["share"].sum() == pytest.approx(1)


def test_numbers_fall_into_steps_in_their_own_order(tiny_ratings: Dataset) -> None:
    table = _table(tiny_ratings, Key("users", "age"))
    assert table[["value", "count"]].to_numpy().tolist() == [["24", 1], ["31", 5], ["42", 3], ["53", 3]]


def test_means_and_intervals_are_those_of_the_rows() -> None:
    data = random_ratings()
    table = _table(data, Key("items", "tags")).set_index("value")
    exploded = data.items["tags"].explode().dropna()
    red = data.interactions[data.interactions["item"].isin(exploded.index[exploded == "red"])]["value"]
    half = 1.959964 * red.std(ddof=1) / np.sqrt(len(red))
    found = table.loc["red", ["count", "mean", "low", "high"]].tolist()
    assert found == pytest.approx([len(red), red.mean(), red.mean() - half, red.mean() + half], rel=1e-5)


def test_a_value_that_stands_twice_in_a_list_counts_once(tiny_ratings: Dataset) -> None:
    items = tiny_ratings.items.copy()
    items["genres"] = [["calm", "calm"], *items["genres"][1:]]
    table = _table(replace(tiny_ratings, items=items), Key("items", "genres")).set_index("value")
    assert table.loc["calm", "count"] == 8


def test_features_of_click_rows_have_the_share_of_clicks() -> None:
    data = clicks()
    table = _table(data, Key("rows", "device")).set_index("value")
    slow = data.interactions.groupby("device")["value"].agg(["size", "mean"])
    assert table["count"].to_dict() == slow["size"].to_dict()
    assert table["mean"].to_dict() == pytest.approx(slow["mean"].to_dict())
    assert ((table["low"] > 0) & (table["low"] < table["mean"]) & (table["mean"] < table["high"])).all()


@pytest.mark.parametrize(
    ("column", "groups"),
    [
        (pd.Series([f"id{place}" for place in range(300)]), False),
        (pd.Series(["same"] * 300), False),
        (pd.Series([None] * 300, dtype="str"), False),
        (pd.Series([1.5] * 300), False),
        (pd.Series(["a", "b"] * 150), True),
        (pd.Series([True, False] * 150), True),
        (pd.Series([1, None] * 150, dtype="Int64").add(pd.Series(range(300))), True),
    ],
    ids=["ids", "constant", "empty", "one number", "two texts", "yes or no", "numbers with gaps"],
)
def test_what_groups_and_what_does_not(column: pd.Series, groups: bool) -> None:
    data = random_ratings(users=300, rows=4000)
    users = data.users.assign(extra=column.head(data.n_users))
    key = Key("users", "extra")
    changed = replace(data, users=users)
    assert (key in keys_of(changed)) is groups
    if groups:
        present = users["extra"].notna().to_numpy()[changed.interactions["user"]]
        assert _table(changed, key)["count"].sum() == present.sum()


def test_an_address_names_a_key_or_none() -> None:
    known = keys_of(random_ratings())
    assert key_of("users.age", known) == Key("users", "age")
    assert key_of("users.shoe", known) is None
