"""Which items a list may hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.scenarios.filters import Filters, grouping_values
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.serving.baselines import PopularityScorer


def _served(data: Dataset) -> Serving:
    test = np.array([2, 7, 10])
    train = np.setdiff1d(np.arange(12), [1, 2, 7, 10])
    return Serving(
        "run", data, Split(data, SplitSpec(), train, np.array([1]), test), PopularityScorer(4, np.ones(6))
    )


@pytest.fixture
def tiny(tiny_ratings: Dataset) -> Serving:
    """Items a to f came in 2001 to 2006; held out: ann's c, bob's c, cem's f."""
    return _served(tiny_ratings)


def _passing(serving: Serving, filters: Filters) -> str:
    allowed = filters.allowed(serving)
    assert allowed is not None
    return "".join(np.array(list("abcdef"))[allowed])


def test_no_filter_asks_nothing(tiny: Serving) -> None:
    assert Filters().allowed(tiny) is None


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(only=("calm",)), "abd"),
        (Filters(only=("calm", "odd")), "abde"),
        (Filters(only=("nosuch",)), ""),
        (Filters(since=2004), "def"),
        (Filters(least=2), "abd"),
        (Filters(least=99), ""),
        (Filters(only=("calm",), since=2002, least=3), "b"),
    ],
)
def test_each_filter_by_hand(tiny: Serving, filters: Filters, passing: str) -> None:
    assert _passing(tiny, filters) == passing


def test_newness_by_a_year_attribute(tiny: Serving) -> None:
    assert tiny.newness is not None
    assert (tiny.newness.column, tiny.newness.span) == ("year", (2001.0, 2006.0))


def test_an_item_without_a_year_is_never_new(tiny_ratings: Dataset) -> None:
    years = tiny_ratings.items["year"].astype("Int64").where(tiny_ratings.items["item_id"] != "f")
    serving = _served(replace(tiny_ratings, items=tiny_ratings.items.assign(year=years)))
    assert _passing(serving, Filters(since=2004)) == "de"


def test_newness_by_the_first_choice_in_training(tiny_ratings: Dataset) -> None:
    serving = _served(replace(tiny_ratings, items=tiny_ratings.items.drop(columns="year")))
    assert serving.newness is not None and serving.newness.column == ""
    # a 10, b 12, d 22, e 40; c and f were chosen in test alone
    assert serving.newness.when[[0, 1, 3, 4]].tolist() == [10, 12, 22, 40]
    assert np.isnan(serving.newness.when[[2, 5]]).all()
    assert _passing(serving, Filters(since=20)) == "de"


def test_a_number_that_is_no_year_is_not_taken_for_one(tiny_ratings: Dataset) -> None:
    items = tiny_ratings.items.assign(year=[3, 5, 8, 1, 2, 9])
    serving = _served(replace(tiny_ratings, items=items))
    assert serving.newness is not None and serving.newness.column == ""


def test_without_year_and_time_newness_is_unknown(tiny_ratings: Dataset) -> None:
    bare = replace(
        tiny_ratings,
        items=tiny_ratings.items.drop(columns="year"),
        interactions=tiny_ratings.interactions.drop(columns="timestamp"),
    )
    serving = _served(bare)
    assert serving.newness is None
    assert Filters(since=5.0).allowed(serving) is None


def test_grouping_values(tiny: Serving, tiny_ratings: Dataset) -> None:
    assert grouping_values(tiny) == ("genres", ["calm", "odd", "wild"])
    bare = _served(replace(tiny_ratings, items=tiny_ratings.items[["item_id", "title"]], list_columns=()))
    assert grouping_values(bare) == ("", [])
    assert _passing(bare, Filters(only=("calm",))) == ""


def test_what_was_seen_may_be_listed_on_demand(tiny: Serving) -> None:
    assert len(user_list(tiny, 0, k=6)) == 2
    assert len(user_list(tiny, 0, k=6, again=True)) == 6
