"""Selections: read from an address, written into it, and the rows that are left."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key, grouping, keys_of
from recsys_core.data.selection import EVERYTHING, Pick, Selection, rows_of
from tests.data.explored import DAY, START, clicks, random_ratings

DATA = random_ratings()
INDEX = EventIndex.of(DATA)
KEYS = keys_of(DATA)
TAGS, AGE = Key("items", "tags"), Key("users", "age")


def test_attributes_of_items_and_users_can_be_picked() -> None:
    assert KEYS == [TAGS, AGE]
    assert keys_of(clicks()) == [Key("rows", "device"), Key("rows", "hour")]


def test_an_address_is_read_and_written_again() -> None:
    picks = ["items.tags=red", "users.age=20–29"]
    selection = Selection.read("2020-10-01", "2020-10-31", picks, KEYS)
    assert selection.written() == ("2020-10-01", "2020-10-31", picks)
    assert selection.pick_of(TAGS) == "red" and selection.pick_of(None) is None
    assert Selection.read(*selection.written(), KEYS) == selection


@pytest.mark.parametrize(
    ("first", "last", "picks"),
    [
        ("", "", []),
        ("yesterday", "2020-13-01", ["items.price=3", "red", "items.tags"]),
        ("2020-10-02", "2020-10-01", []),
    ],
)
def test_what_means_nothing_selects_everything(first: str, last: str, picks: list[str]) -> None:
    selection = Selection.read(first, last, picks, KEYS)
    assert selection == EVERYTHING and not selection
    assert len(rows_of(INDEX, selection)) == len(DATA.interactions)


def test_one_value_of_an_attribute_at_a_time() -> None:
    selection = Selection.read("", "", ["items.tags=red", "items.tags=blue"], KEYS)
    assert selection.picks == (Pick(TAGS, "red"),)
    assert selection.with_pick(TAGS, "blue").picks == (Pick(TAGS, "blue"),)
    assert selection.with_pick(TAGS, None) == EVERYTHING


def test_period_and_picks_together_are_what_pandas_filters() -> None:
    value = grouping(INDEX, AGE).values[2]
    low, high = (int(end) for end in value.split("–")) if "–" in value else (int(value), int(value))
    selection = Selection(START + 40 * DAY, START + 300 * DAY, (Pick(TAGS, "red"), Pick(AGE, value)))
    events = DATA.interactions
    red = DATA.items["tags"].map(lambda tags: "red" in tags).to_numpy(dtype=bool)
    fits = events["timestamp"].between(START + 40 * DAY, START + 300 * DAY)
    fits &= red[events["item"]] & DATA.users["age"].between(low, high).to_numpy()[events["user"]]
    rows = rows_of(INDEX, selection)
    assert len(rows) == fits.sum() > 0
    assert sorted(rows.times.tolist()) == sorted(events.loc[fits, "timestamp"].tolist())


def test_features_of_click_rows_can_be_picked() -> None:
    data = clicks(timestamp=START + np.random.default_rng(2).permutation(300) * 60)
    index = EventIndex.of(data)
    selection = Selection.read("", "", ["rows.device=phone"], keys_of(data))
    phones = data.interactions[data.interactions["device"] == "phone"].sort_values("timestamp")
    rows = rows_of(index, selection)
    assert rows.times.tolist() == phones["timestamp"].tolist()
    assert rows.value.tolist() == phones["value"].tolist()


def test_an_unknown_value_leaves_no_row() -> None:
    assert len(rows_of(INDEX, Selection(picks=(Pick(TAGS, "purple"),)))) == 0
