"""One attribute named, taken out, and shuffled: nothing else of the data changes, nor do the rows of any split."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.one_attribute import (
    Attribute,
    attribute_named,
    attributes_in,
    shuffled_attribute,
    without_attribute,
)
from recsys_core.data.splits import Split, SplitSpec, make_split, split_within
from recsys_core.errors import NotFound, ParamError

GENRES = Attribute("items", "genres")
PARTS = ("train", "valid", "test", "revealed", "valid_revealed")
PROTOCOLS = ("user-random:0.3", "random:0.3", "last:2", "cold-user:2", "cold-user-first:2", "cold-item:0.3")


def _rows(split: Split) -> list[list[int]]:
    return [getattr(split, part).tolist() for part in PARTS]


def test_every_attribute_of_both_tables_has_a_name_and_titles_come_last(tiny_ratings: Dataset) -> None:
    names = list(map(str, attributes_in(tiny_ratings)))
    assert names == ["items.genres", "items.year", "users.age", "items.title"]
    for name in names:
        assert str(attribute_named(tiny_ratings, name)) == name
    assert attribute_named(tiny_ratings, "genres") == GENRES
    untitled = replace(tiny_ratings, items=tiny_ratings.items.assign(title=tiny_ratings.items["item_id"]))
    assert "items.title" not in map(str, attributes_in(untitled))


def test_an_unknown_or_ambiguous_name_is_refused(tiny_ratings: Dataset) -> None:
    with pytest.raises(NotFound, match=r"'colour'.*use one of: items\.genres, items\.year, users\.age"):
        attribute_named(tiny_ratings, "colour")
    both = replace(tiny_ratings, users=tiny_ratings.users.assign(year=1))
    with pytest.raises(ParamError, match=r"both tables; write items\.year or users\.year"):
        attribute_named(both, "year")
    assert attribute_named(both, "users.year").side == "users"


@pytest.mark.parametrize("name", ["items.genres", "users.age"])
def test_without_it_only_the_column_is_gone(tiny_ratings: Dataset, name: str) -> None:
    attribute = attribute_named(tiny_ratings, name)
    left = without_attribute(tiny_ratings, attribute)
    table = getattr(tiny_ratings, attribute.side)
    pd.testing.assert_frame_equal(getattr(left, attribute.side), table.drop(columns=attribute.name))
    pd.testing.assert_frame_equal(left.interactions, tiny_ratings.interactions)
    assert left.list_columns == (() if attribute == GENRES else ("genres",))
    assert left.fingerprint != tiny_ratings.fingerprint
    assert attribute.name in table  # the data themselves stay


def test_without_titles_all_are_empty(tiny_ratings: Dataset) -> None:
    left = without_attribute(tiny_ratings, Attribute("items", "title"))
    assert set(left.items["title"]) == {""}
    assert left.list_columns == ("genres",)


@pytest.mark.parametrize("name", ["items.genres", "users.age", "items.title"])
def test_shuffled_it_has_the_same_values_of_other_owners(tiny_ratings: Dataset, name: str) -> None:
    attribute = attribute_named(tiny_ratings, name)
    cells = [
        [str(cell) for cell in getattr(one, attribute.side)[attribute.name]]
        for one in (tiny_ratings, *(shuffled_attribute(tiny_ratings, attribute, seed) for seed in (0, 1, 1)))
    ]
    assert Counter(cells[0]) == Counter(cells[1]) == Counter(cells[2])
    assert cells[0] != cells[1] != cells[2] == cells[3]
    dealt = shuffled_attribute(tiny_ratings, attribute, 0)
    other = "users" if attribute.side == "items" else "items"
    pd.testing.assert_frame_equal(getattr(dealt, other), getattr(tiny_ratings, other))
    pd.testing.assert_frame_equal(dealt.interactions, tiny_ratings.interactions)
    own, theirs = (getattr(one, attribute.side).drop(columns=attribute.name) for one in (dealt, tiny_ratings))
    pd.testing.assert_frame_equal(own, theirs)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_arm_has_the_same_rows(little: Dataset, protocol: str) -> None:
    attribute, spec = attribute_named(little, "category"), SplitSpec.parse(protocol, seed=7)
    arms = [little, without_attribute(little, attribute), shuffled_attribute(little, attribute, 3)]
    splits = [make_split(one, spec) for one in arms]
    assert _rows(splits[0]) == _rows(splits[1]) == _rows(splits[2])
    within = [split_within(one) for one in splits]
    assert _rows(within[0]) == _rows(within[1]) == _rows(within[2])


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_split_within_is_judged_on_validation_rows_and_holds_no_test_row(
    little: Dataset, protocol: str
) -> None:
    outer = make_split(little, SplitSpec.parse(protocol, seed=7))
    inner = split_within(outer)
    assert inner.test.tolist() == outer.valid.tolist()
    assert inner.revealed.tolist() == outer.valid_revealed.tolist()
    known = np.concatenate([inner.train, inner.valid, inner.valid_revealed])
    assert np.sort(known).tolist() == outer.train.tolist()
    assert len(inner.valid) > 0
    untouched = np.concatenate([outer.test, outer.revealed])
    assert not np.isin(untouched, np.concatenate([known, inner.test, inner.revealed])).any()
    if protocol.startswith("cold-item"):
        assert len(inner.cold_items) > 0
        assert not np.isin(inner.cold_items, inner.triples(inner.fit_rows)[1]).any()
    if protocol.startswith("cold-user"):
        learned = inner.triples(inner.fit_rows)[0]
        assert not np.isin(inner.triples(inner.test)[0], learned).any()


def test_without_validation_rows_there_is_no_split_within(tiny_ratings: Dataset) -> None:
    nothing = np.empty(0, dtype=np.int64)
    split = Split(tiny_ratings, SplitSpec(), np.arange(8), nothing, np.arange(8, 12))
    with pytest.raises(ParamError, match="no training rows or no test rows"):
        split_within(split)
