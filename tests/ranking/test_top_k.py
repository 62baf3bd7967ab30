from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_matrix

from recsys_core.errors import ParamError
from recsys_core.ranking import top_k as ranking
from recsys_core.ranking.top_k import blocks_of, check_k, rank_users, top_k

SHAPE = (3, 9)
TIED_SCORES = hnp.arrays(np.float64, SHAPE, elements=st.integers(0, 3).map(float))
SEEN = hnp.arrays(np.bool_, SHAPE)


def _sparse(seen: np.ndarray) -> csr_matrix:
    return csr_matrix(seen.astype(np.float32))


def test_the_best_come_first() -> None:
    best = top_k(np.array([[0.1, 0.9, 0.5, 0.7]]), 3)
    assert best.items.tolist() == [[1, 3, 2]]
    assert best.scores.tolist() == [[0.9, 0.7, 0.5]]


def test_a_seen_item_is_left_out_and_the_next_one_moves_up() -> None:
    seen = _sparse(np.array([[0, 1, 0, 0], [0, 0, 0, 1]]))
    scores = np.array([[0.1, 0.9, 0.5, 0.7], [0.1, 0.9, 0.5, 0.7]])
    assert top_k(scores, 2, seen=seen).items.tolist() == [[3, 2], [1, 2]]


@given(TIED_SCORES, SEEN, st.integers(1, 9), st.integers(0, 50))
def test_lists_agree_with_a_plain_sort(scores: np.ndarray, seen: np.ndarray, k: int, seed: int) -> None:
    best = top_k(scores, k, seen=_sparse(seen), seed=seed)
    for row in range(SHAPE[0]):
        n_shown = min(k, int((~seen[row]).sum()))
        shown, empty = best.items[row, :n_shown], best.items[row, n_shown:]
        assert len(set(shown.tolist())) == n_shown
        assert not seen[row, shown].any()
        assert best.scores[row, :n_shown].tolist() == sorted(scores[row, ~seen[row]], reverse=True)[:n_shown]
        np.testing.assert_array_equal(best.scores[row, :n_shown], scores[row, shown])
        assert (empty == -1).all()
        assert np.isnan(best.scores[row, n_shown:]).all()


@given(st.permutations(range(9)), hnp.arrays(np.bool_, (1, 9)), st.integers(1, 9))
def test_distinct_scores_leave_no_choice(order: list[int], seen: np.ndarray, k: int) -> None:
    scores = np.array([order], dtype=np.float64)
    wanted = sorted(np.flatnonzero(~seen[0]).tolist(), key=lambda item: -scores[0, item])[:k]
    shown = top_k(scores, k, seen=_sparse(seen)).items[0]
    assert shown[shown >= 0].tolist() == wanted


def test_equal_scores_stand_in_the_order_of_the_seed() -> None:
    scores = np.zeros((2, 30))
    first, again, other = (top_k(scores, 30, seed=seed).items for seed in (1, 1, 2))
    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()
    assert first[0].tolist() == first[1].tolist()


def test_equal_scores_are_not_ordered_by_item_row() -> None:
    firsts = [int(top_k(np.zeros((1, 5)), 1, seed=seed).items[0, 0]) for seed in range(1000)]
    assert np.bincount(firsts, minlength=5).min() > 150  # 200 expected each, standard deviation 13


def test_a_longer_list_begins_with_the_shorter_one() -> None:
    scores = np.random.default_rng(0).integers(0, 4, size=(20, 50)).astype(float)
    long = top_k(scores, 50, seed=3).items
    for k in (1, 7, 49):
        np.testing.assert_array_equal(top_k(scores, k, seed=3).items, long[:, :k])


def test_what_is_beyond_the_catalogue_is_padded() -> None:
    best = top_k(np.array([[1.0, 2.0]]), 4)
    assert best.items.tolist() == [[1, 0, -1, -1]]
    assert np.isnan(best.scores[0, 2:]).all()


def test_a_score_that_is_no_number_ranks_nowhere() -> None:
    assert top_k(np.array([[np.nan, 1.0, 2.0]]), 3).items.tolist() == [[2, 1, -1]]


def test_ranking_changes_no_argument() -> None:
    scores, seen = np.array([[1.0, np.nan, 3.0]]), _sparse(np.array([[1, 0, 0]]))
    before = scores.copy()
    top_k(scores, 2, seen=seen)
    np.testing.assert_array_equal(scores, before)
    assert seen.toarray().tolist() == [[1, 0, 0]]


@pytest.mark.parametrize("k", [-1, 0, 6])
def test_k_outside_the_catalogue_is_refused_with_the_range(k: int) -> None:
    with pytest.raises(ParamError, match=f"k is {k}, but the catalogue has 5 .* from 1 to 5"):
        check_k(k, 5)


@pytest.mark.parametrize("k", [1, 5])
def test_k_at_the_ends_of_the_range_is_taken(k: int) -> None:
    assert check_k(k, 5) == k


def test_blocks_hold_every_user_once_and_in_order() -> None:
    blocks = list(blocks_of(np.arange(10, 17), ranking.CELLS_A_BLOCK // 3))
    assert [block.tolist() for block in blocks] == [[10, 11, 12], [13, 14, 15], [16]]


def test_a_catalogue_larger_than_a_block_goes_user_by_user() -> None:
    assert [len(block) for block in blocks_of(np.arange(2), 2 * ranking.CELLS_A_BLOCK)] == [1, 1]


def test_ranking_block_by_block_gives_the_lists_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    table, seen = rng.integers(0, 5, size=(8, 20)).astype(float), rng.random((8, 20)) < 0.3
    users, done = np.array([7, 0, 3, 5, 2]), []
    whole = top_k(table[users], 6, seen=_sparse(seen)[users], seed=4)
    monkeypatch.setattr(ranking, "CELLS_A_BLOCK", 40)  # two users a block
    parts = rank_users(lambda rows: table[rows], users, 6, seen=_sparse(seen), seed=4, report=done.append)
    np.testing.assert_array_equal(parts.items, whole.items)
    np.testing.assert_array_equal(parts.scores, whole.scores)
    assert done == [0.4, 0.8, 1.0]


def test_no_users_give_no_lists() -> None:
    lists = rank_users(
        lambda rows: np.zeros((len(rows), 4)), np.empty(0, int), 3, seen=_sparse(np.zeros((2, 4)))
    )
    assert lists.items.shape == lists.scores.shape == (0, 3)
