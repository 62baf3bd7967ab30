"""Neighbours of an item: cosines by hand, against the full matrix, with few and with equal users."""

from __future__ import annotations

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.event_index import EventIndex
from recsys_core.data.neighbours import attribute_keys, by_attributes, by_users
from tests.data.explored import clicks, random_ratings


def test_cosine_over_users_by_hand(tiny_ratings: Dataset) -> None:
    found = by_users(EventIndex.of(tiny_ratings), 0, least_both=1)
    # a: ann bob dee. b: ann bob cem. c: ann bob. d: ann cem. e: ann.
    assert found["item_id"].tolist() == ["c", "b", "e", "d"]
    assert found["both"].tolist() == [2, 2, 1, 1]
    assert found["count"].tolist() == [2, 3, 1, 2]
    assert found["cosine"].tolist() == pytest.approx([2 / 6**0.5, 2 / 3, 1 / 3**0.5, 1 / 6**0.5])


def test_too_few_users_in_common_are_no_neighbours(tiny_ratings: Dataset) -> None:
    index = EventIndex.of(tiny_ratings)
    assert by_users(index, 0, least_both=2)["item_id"].tolist() == ["c", "b"]
    assert by_users(index, 0).empty


@pytest.mark.parametrize("item", range(0, 20, 3))
def test_one_column_gives_what_the_whole_matrix_gives(item: int) -> None:
    data = random_ratings(rows=500)
    index = EventIndex.of(data)
    full = index.by_user.toarray().astype(float)
    both = full.T @ full[:, item]
    cosine = both / np.sqrt(full.sum(axis=0) * full[:, item].sum())
    found = by_users(index, item, least_both=1, n=100)
    assert found["cosine"].to_numpy() == pytest.approx(cosine[found["item"]])
    assert set(found["item"]) == set(np.flatnonzero(both)) - {item}
    assert found["cosine"].is_monotonic_decreasing


def test_what_is_known_of_items_makes_neighbours_too(tiny_ratings: Dataset) -> None:
    found = by_attributes(EventIndex.of(tiny_ratings), 1)
    # b is calm and wild; a and d are calm, c is wild: one of two values each; a has most rows, then c, d
    assert found["item_id"].tolist() == ["a", "c", "d"]
    assert found["cosine"].tolist() == pytest.approx([1 / 2**0.5] * 3)
    assert found["shared"].tolist() == [1, 1, 1]


def test_an_item_of_which_nothing_is_known_has_no_neighbour(tiny_ratings: Dataset) -> None:
    assert by_attributes(EventIndex.of(tiny_ratings), 5).empty


def test_numbers_make_no_item_alike(tiny_ratings: Dataset) -> None:
    assert [key.name for key in attribute_keys(EventIndex.of(tiny_ratings))] == ["genres"]


def test_without_users_nobody_chose_both() -> None:
    index = EventIndex.of(clicks(4, item_id=["a", "b", "a", "b"]))
    with pytest.raises(ValueError, match="no users"):
        by_users(index, 0)


def test_the_neighbours_of_a_real_item_are_its_sequels(movielens: Dataset) -> None:
    item = int(movielens.items.index[movielens.items["title"] == "Star Wars (1977)"][0])
    found = by_users(EventIndex.of(movielens), item, n=3)
    assert found["title"].iloc[0] == "Return of the Jedi (1983)"
    assert "Empire Strikes Back, The (1980)" in found["title"].tolist()
