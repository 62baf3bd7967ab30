from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import World
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import ParamError
from recsys_core.evaluation.beyond import intra_list_diversity, unit_rows
from recsys_core.evaluation.ranking import TopK, top_k
from recsys_core.scenarios import rerank
from recsys_core.scenarios.rerank import item_vectors, mmr, unit_range

N_USERS, N_ITEMS, POOL, K = 12, 60, 25, 8
STRENGTHS = st.floats(0.01, 1.0)


def _world(seed: int) -> tuple[TopK, np.ndarray]:
    """Candidates of some users, and items of one to three of six kinds."""
    rng = np.random.default_rng(seed)
    pool = top_k(rng.normal(size=(N_USERS, N_ITEMS)), POOL)
    kinds = np.zeros((N_ITEMS, 6))
    for item in range(N_ITEMS):
        kinds[item, rng.permutation(6)[: rng.integers(1, 4)]] = 1
    return pool, unit_rows(kinds)


def _mean_likeness(item: int, others: list[int], vectors: np.ndarray) -> float:
    return float(np.mean([vectors[item] @ vectors[other] for other in others])) if others else 0.0


def _naive_mmr(
    items: list[int], scores: list[float], vectors: np.ndarray, strength: float, k: int
) -> list[int]:
    """The plain loop: what is worth most against what stands in the list already."""
    low, high = min(scores), max(scores)
    worth = {item: (score - low) / (high - low) for item, score in zip(items, scores, strict=True)}
    picked: list[int] = []
    while len(picked) < k:

        def value(item: int) -> float:
            return (1 - strength) * worth[item] - strength * _mean_likeness(item, picked, vectors)

        picked.append(max((item for item in items if item not in picked), key=value))
    return picked


@given(st.integers(0, 1000), STRENGTHS)
def test_it_equals_the_plain_loop(seed: int, strength: float) -> None:
    pool, vectors = _world(seed)
    lists = mmr(pool, vectors, strength=strength, k=K)
    for row in range(3):
        naive = _naive_mmr(pool.items[row].tolist(), pool.scores[row].tolist(), vectors, strength, K)
        ours = lists.items[row].tolist()
        values = [_list_value(pool, row, one, vectors, strength) for one in (ours, naive)]
        # two candidates may be worth the same to the last bit but one; what they are worth must agree
        np.testing.assert_allclose(values[0], values[1], atol=1e-9)


def _list_value(pool: TopK, row: int, items: list[int], vectors: np.ndarray, strength: float) -> list[float]:
    """What each pick of a list was worth when it was made."""
    worth = dict(zip(pool.items[row].tolist(), unit_range(pool.scores[[row]])[0].tolist(), strict=True))
    return [
        (1 - strength) * worth[item] - strength * _mean_likeness(item, items[:place], vectors)
        for place, item in enumerate(items)
    ]


def test_three_candidates_by_hand() -> None:
    # scores 1, .9, 0 after scaling; the first two are the same, the third is new
    pool = TopK(np.array([[0, 1, 2]]), np.array([[10.0, 9.0, 0.0]]))
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    # after item 0: item 1 is worth .9 (1 - s) - s, item 2 nothing; they meet where .9 = 1.9 s
    assert mmr(pool, vectors, strength=0.47, k=2).items.tolist() == [[0, 1]]
    assert mmr(pool, vectors, strength=0.48, k=2).items.tolist() == [[0, 2]]


def test_likeness_to_the_whole_list_counts_and_not_to_the_nearest_item_alone() -> None:
    # 0 and 1 stand at a right angle; 2 repeats 0 (mean likeness 1/2), 3 lies between them (.71 to both)
    vectors = unit_rows(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    pool = TopK(np.array([[0, 1, 2, 3]]), np.ones((1, 4)))
    assert mmr(pool, vectors, strength=1.0, k=3).items.tolist() == [[0, 1, 2]]
    repeated, between = intra_list_diversity(np.array([[0, 1, 2], [0, 1, 3]]), vectors)
    assert repeated > between


def test_strength_zero_returns_the_original_list_exactly() -> None:
    pool, vectors = _world(1)
    lists = mmr(pool, vectors, strength=0.0, k=K)
    np.testing.assert_array_equal(lists.items, pool.items[:, :K])
    np.testing.assert_array_equal(lists.scores, pool.scores[:, :K])


def test_a_touch_of_strength_changes_next_to_nothing() -> None:
    pool, vectors = _world(1)
    np.testing.assert_array_equal(mmr(pool, vectors, strength=1e-9, k=K).items, pool.items[:, :K])


def test_distance_never_falls_on_average_as_strength_grows() -> None:
    means = []
    for strength in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        found = []
        for seed in range(10):
            pool, vectors = _world(seed)
            found.append(intra_list_diversity(mmr(pool, vectors, strength=strength, k=K).items, vectors))
        means.append(np.mean(found))
    assert (np.diff(means) >= 0).all(), means
    assert means[-1] > means[0] + 0.1


def test_the_mean_score_never_rises_as_strength_grows() -> None:
    pool, vectors = _world(2)
    means = [mmr(pool, vectors, strength=strength, k=K).scores.mean() for strength in (0.0, 0.3, 0.6, 0.9)]
    assert (np.diff(means) <= 0).all(), means


@given(st.integers(0, 1000), STRENGTHS, st.integers(1, POOL))
def test_a_list_holds_k_distinct_candidates_with_their_own_scores(seed: int, strength: float, k: int) -> None:
    pool, vectors = _world(seed)
    lists = mmr(pool, vectors, strength=strength, k=k)
    assert lists.items.shape == lists.scores.shape == (N_USERS, k)
    for row in range(N_USERS):
        known = dict(zip(pool.items[row].tolist(), pool.scores[row].tolist(), strict=True))
        chosen = lists.items[row].tolist()
        assert len(set(chosen)) == k
        assert [known[item] for item in chosen] == lists.scores[row].tolist()
        assert chosen[0] == pool.items[row, 0] or strength == 1.0


def test_empty_places_of_a_pool_come_last_and_repeat_nothing() -> None:
    # the candidates are all the same, so that even an empty place would add more to the list
    vectors = np.zeros((8, 2))
    vectors[[4, 2, 7]] = 1.0, 0.0
    pool = TopK(np.array([[4, 2, 7, -1, -1]]), np.array([[3.0, 2.0, 1.0, np.nan, np.nan]]))
    lists = mmr(pool, vectors, strength=0.9, k=5)
    assert sorted(lists.items[0, :3].tolist()) == [2, 4, 7]
    assert lists.items[0, 3:].tolist() == [-1, -1]
    assert np.isnan(lists.scores[0, 3:]).all()


def test_a_pool_without_any_candidate_stays_empty() -> None:
    pool = TopK(np.full((1, 3), -1), np.full((1, 3), np.nan))
    assert mmr(pool, np.eye(2), strength=0.5, k=2).items.tolist() == [[-1, -1]]


def test_k_beyond_the_pool_gives_the_pool() -> None:
    pool, vectors = _world(3)
    for strength in (0.0, 0.5):
        assert mmr(pool, vectors, strength=strength, k=POOL + 5).items.shape == (N_USERS, POOL)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    pool, vectors = _world(0)
    with pytest.raises(ParamError, match=r"strength of the diversity.*from 0 to 1"):
        mmr(pool, vectors, strength=strength, k=K)


def test_users_are_re_ranked_block_by_block_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, vectors = _world(4)
    whole = mmr(pool, vectors, strength=0.5, k=K).items
    monkeypatch.setattr(rerank, "CELLS_A_BLOCK", 5 * POOL * vectors.shape[1])
    np.testing.assert_array_equal(mmr(pool, vectors, strength=0.5, k=K).items, whole)


def test_no_users_give_no_lists() -> None:
    pool = TopK(np.empty((0, 5), np.int64), np.empty((0, 5)))
    assert mmr(pool, np.eye(3), strength=0.5, k=2).items.shape == (0, 2)


def test_likeness_comes_from_the_attribute_that_groups_items(tiny_ratings: Dataset) -> None:
    seen = make_split(tiny_ratings, SplitSpec()).matrix(np.arange(12))
    vectors, name = item_vectors(tiny_ratings, seen)
    assert name == "genres"
    # calm; calm and wild; wild; calm; odd; nothing known
    likeness = vectors @ vectors.T
    half = np.sqrt(0.5)
    np.testing.assert_allclose(likeness[0], [1, half, 0, 1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(likeness[5], 0, atol=1e-12)


def test_without_an_attribute_items_chosen_by_the_same_users_are_alike(small_world: World) -> None:
    plain = replace(
        small_world.dataset,
        items=small_world.dataset.items[["item_id", "title"]],
        list_columns=(),
    )
    seen = np.zeros((plain.n_users, plain.n_items))
    seen[:60, :5] = 1  # one crowd chose the first items,
    seen[60:, 5:10] = 1  # another the next
    vectors, name = item_vectors(plain, rerank.csr_matrix(seen))
    likeness = vectors @ vectors.T
    assert name == ""
    np.testing.assert_allclose(likeness[:5, :5], 1, atol=1e-6)
    np.testing.assert_allclose(likeness[:5, 5:10], 0, atol=1e-6)
    # nothing is known of an item that nobody chose; the rounding errors of its place are no taste
    assert not vectors[10:].any()
    again, _name = item_vectors(plain, rerank.csr_matrix(seen))
    np.testing.assert_allclose(again @ again.T, likeness, atol=1e-6)


def test_unit_range_scales_each_row_by_itself() -> None:
    scores = np.array([[2.0, 6.0, 4.0], [5.0, 5.0, 5.0], [1.0, np.nan, 3.0]])
    found = unit_range(scores)
    assert found[:2].tolist() == [[0.0, 1.0, 0.5], [1.0, 1.0, 1.0]]
    assert found[2, [0, 2]].tolist() == [0.0, 1.0]
    assert np.isnan(found[2, 1])
