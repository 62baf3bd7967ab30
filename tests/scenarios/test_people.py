"""Kinds of users and portraits, worked by hand and as properties."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.errors import ParamError
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.people import KINDS, people_of, portrait
from recsys_core.serving.baselines import PopularityScorer

ANN, BOB, CEM, DEE = range(4)


@pytest.fixture
def tiny(tiny_ratings: Dataset) -> Serving:
    """Held out: ann's c, bob's c, cem's f."""
    test = np.array([2, 7, 10])
    train = np.setdiff1d(np.arange(12), [1, 2, 7, 10])
    split = Split(tiny_ratings, SplitSpec(), train, np.array([1]), test)
    return Serving("run", tiny_ratings, split, PopularityScorer(4, np.ones(6)))


def test_activity_and_taste_by_hand(tiny: Serving) -> None:
    people = tiny.people
    assert people.activity.tolist() == [4, 2, 2, 1]
    # a: ann bob dee, b: ann bob cem, d: ann cem, e: ann; shares of four users
    assert people.taste.tolist() == pytest.approx(
        [(3 + 3 + 2 + 1) / 16, (3 + 3) / 8, (3 + 2) / 8, 3 / 4], abs=1e-9
    )
    assert people.of_kind("heavy").tolist() == [ANN]
    assert people.of_kind("light").tolist() == [DEE]
    assert people.of_kind("niche").tolist() == [ANN]
    assert people.of_kind("mainstream").tolist() == [BOB, DEE]
    assert people.around(ANN) == (0.75, 0.0)
    assert people.around(BOB) == (0.25, 0.25)
    assert people.kinds_of(CEM) == []
    assert people.kinds_of(DEE) == ["light", "mainstream"]


@given(arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 8)), elements=st.integers(0, 1)))
@settings(max_examples=60, deadline=None)
def test_kinds_hold_the_extremes_and_nobody_without_a_choice(cells: np.ndarray) -> None:
    people = people_of(csr_matrix(cells.astype(np.float32)))
    active = np.flatnonzero(people.activity)
    for kind in KINDS:
        members = people.of_kind(kind)
        assert set(members) <= set(active)
        assert len(members) > 0 or not len(active)
    if len(active):
        assert people.activity.argmax() in people.of_kind("heavy")
        assert active[people.activity[active].argmin()] in people.of_kind("light")


def test_where_all_are_alike_nobody_is_of_a_kind() -> None:
    people = people_of(csr_matrix(np.ones((5, 3))))
    assert people.of_kind("heavy").tolist() == [0, 1, 2, 3, 4]
    assert people.kinds_of(2) == []
    assert people.around(2) == (0.0, 0.0)


def test_an_unknown_kind_is_refused(tiny: Serving) -> None:
    with pytest.raises(ParamError, match=r"'odd' is no kind of user.*heavy, light"):
        tiny.people.of_kind("odd")


def test_a_portrait_by_hand(tiny: Serving) -> None:
    seen = portrait(tiny, ANN)
    assert (seen.n_items, seen.below, seen.above, seen.attribute) == (4, 0.75, 0.0, "genres")
    assert seen.kinds == ("heavy", "niche")
    # a calm, b calm wild, d calm, e odd
    assert dict(zip(seen.taste["value"], seen.taste["share"], strict=True)) == {
        "calm": 0.75, "wild": 0.25, "odd": 0.25,
    }  # fmt: skip
    # nine known choices: a 3, b 3, d 2, e 1
    assert seen.taste["everyone"].iloc[0] == pytest.approx(8 / 9)
    assert seen.first is not None and seen.first.timestamp() == 10
    assert seen.last is not None and seen.last.timestamp() == 40
    assert portrait(tiny, DEE).sentence(tiny.data).startswith("1 items, fewer than 75% of all users")
    said = seen.sentence(tiny.data)
    assert said.startswith("4 items, more than 75% of all users: heavy and niche · from ")


def test_a_portrait_without_time_or_attributes(tiny: Serving) -> None:
    data = tiny.data
    bare = replace(
        data,
        interactions=data.interactions.drop(columns="timestamp"),
        items=data.items[["item_id", "title"]],
        list_columns=(),
    )
    seen = portrait(replace(tiny, data=bare, split=replace(tiny.split, dataset=bare)), CEM)
    assert (seen.first, seen.last, seen.attribute, len(seen.taste)) == (None, None, "", 0)
    assert seen.sentence(bare) == "2 items, more than 25% of all users"
    assert replace(seen, below=0.0, above=0.0).sentence(bare) == "2 items, as many as everybody"
