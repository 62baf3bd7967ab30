from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.serving.load import load_scorer
from recsys_core.serving.two_tower import Towers, TwoTowerScorer

CELLS = ("…", "a", "b")


@pytest.fixture
def scorer() -> TwoTowerScorer:
    """Two users, three items, vectors of two numbers; the shelf of an item and the town of a user are known."""
    users = pd.DataFrame({"town": ["a", "b", "a"]})
    items = pd.DataFrame({"shelf": ["a", "b", "b"]})
    encoders = AttributeEncoder.fit(users), AttributeEncoder.fit(items)
    assert [one.width for one in encoders] == [3, 3]
    towers = Towers(
        history=np.array([[2, 0], [0, 2], [4, 0]], np.float32),
        user_attributes=np.array([[0, 0], [1, 0], [0, 1]], np.float32),
        items=np.array([[1, 0], [0, 1], [0, 0]], np.float32),
        item_bias=np.array([0.5, 0, 0], np.float32),
        item_attributes=np.array([[0, 0], [0, 3], [5, 0]], np.float32)[[0, 2, 1]],
        item_attributes_bias=np.array([0, 1, 2], np.float32),
    )
    seen = csr_matrix(np.array([[1, 0, 0], [0, 0, 0]], np.float32))
    known = encoders[0].transform(users.head(2)), encoders[1].transform(items)
    return TwoTowerScorer.of(towers, seen, known, encoders)


def test_known_users_and_items_by_hand(scorer: TwoTowerScorer) -> None:
    # the cells of shelves come by frequency: other, b, a. Rows of their map: [0 0], [5 0], [0 3]; biases 0, 1, 2
    # users: item 0 of two, halved by sqrt(1 + 3), plus town a [1 0]; town b alone [0 1]
    np.testing.assert_allclose(scorer.users, [[2, 0], [0, 1]])
    np.testing.assert_allclose(scorer.items, [[1, 3], [5, 1], [5, 0]])
    np.testing.assert_allclose(scorer.bias, [2.5, 1, 1])
    scores = [[4.5, 11, 11], [5.5, 2, 1]]
    np.testing.assert_allclose(scorer.score_catalogue(np.array([0, 1])), scores)
    np.testing.assert_allclose(scorer.score(np.array([1, 0]), np.array([0, 2])), [5.5, 11])


def test_new_users_by_hand(scorer: TwoTowerScorer) -> None:
    nobody = np.array([], dtype=np.int64)
    found = scorer.fold_in([nobody, np.array([1])], None, pd.DataFrame({"town": ["b", None]}))
    np.testing.assert_allclose(found, [[5.5, 2, 1], [2.5 + 3, 1 + 1, 1]])
    np.testing.assert_allclose(scorer.fold_in([nobody]), [scorer.bias])
    assert scorer.fold_in([]).shape == (0, 3)


def test_new_items_by_hand(scorer: TwoTowerScorer) -> None:
    found = scorer.score_new_items(np.array([0, 1]), pd.DataFrame({"shelf": ["a", "b", "new", None]}))
    np.testing.assert_allclose(found, [[2, 11, 0, 0], [5, 1, 0, 0]])


def test_only_what_was_liked_is_read_where_only_that_was_learned(scorer: TwoTowerScorer) -> None:
    scorer.liked_from = 4.0
    both = scorer.fold_in([np.array([0, 1])], [np.array([5.0, 1.0])])
    np.testing.assert_allclose(both, scorer.fold_in([np.array([0])]))


def test_it_comes_back_the_same_with_its_encoders(scorer: TwoTowerScorer, tmp_path: Path) -> None:
    scorer.save(tmp_path)
    loaded = load_scorer(tmp_path)
    strangers = pd.DataFrame({"shelf": ["a", "b"]})
    towns = pd.DataFrame({"town": ["a"]})
    both = np.array([0, 1])
    np.testing.assert_array_equal(loaded.score_catalogue(both), scorer.score_catalogue(both))
    np.testing.assert_array_equal(
        loaded.score_new_items(both, strangers), scorer.score_new_items(both, strangers)
    )
    np.testing.assert_array_equal(loaded.fold_in([both], None, towns), scorer.fold_in([both], None, towns))
