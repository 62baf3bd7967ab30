"""What holds of every re-ranker, and what each is for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.errors import ParamError
from recsys_core.evaluation.beyond import intra_list_diversity, unit_rows
from recsys_core.ranking import rerank
from recsys_core.ranking.kinds import miscalibration
from recsys_core.ranking.rerank import (
    CALIBRATED,
    COVERAGE,
    DPP,
    METHODS,
    MIX,
    MMR,
    POPULARITY,
    Setting,
    prices_of,
    ready,
    unit_range,
)
from recsys_core.ranking.top_k import TopK
from tests.ranking.pools import N_ITEMS, N_USERS, POOL, K, only, world

STRENGTHS = st.floats(0.01, 1.0)
every_method = pytest.mark.parametrize("method", METHODS)


def _lists(seed: int, method: str, strength: float, k: int = K) -> TopK:
    pool, catalogue, taste = world(seed)
    return ready(Setting(method, strength), catalogue, prices_of(pool, k, N_ITEMS)).lists(pool, taste, k)


def _mmr(pool: TopK, vectors: np.ndarray, strength: float, k: int) -> TopK:
    made = ready(Setting(MMR, strength), only(vectors), np.zeros(len(vectors)))
    return made.lists(pool, np.zeros((len(pool.items), 1)), k)


@every_method
def test_strength_zero_returns_the_original_list_exactly(method: str) -> None:
    pool, _catalogue, _taste = world(1)
    lists = _lists(1, method, 0.0)
    np.testing.assert_array_equal(lists.items, pool.items[:, :K])
    np.testing.assert_array_equal(lists.scores, pool.scores[:, :K])


@pytest.mark.parametrize("method", [one for one in METHODS if one != POPULARITY])
def test_a_touch_of_strength_changes_next_to_nothing(method: str) -> None:
    np.testing.assert_array_equal(_lists(1, method, 1e-9).items, world(1)[0].items[:, :K])


@every_method
@given(st.integers(0, 1000), STRENGTHS, st.integers(1, POOL))
def test_a_list_holds_k_distinct_candidates_in_the_order_of_their_scores(
    method: str, seed: int, strength: float, k: int
) -> None:
    pool, lists = world(seed)[0], _lists(seed, method, strength, k)
    assert lists.items.shape == lists.scores.shape == (N_USERS, k)
    assert (np.diff(lists.scores, axis=1) <= 0).all()
    for row in range(N_USERS):
        known = dict(zip(pool.items[row].tolist(), pool.scores[row].tolist(), strict=True))
        chosen = lists.items[row].tolist()
        assert len(set(chosen)) == k
        assert [known[item] for item in chosen] == lists.scores[row].tolist()


@every_method
@given(st.integers(0, 1000), STRENGTHS)
def test_the_same_question_has_the_same_answer(method: str, seed: int, strength: float) -> None:
    np.testing.assert_array_equal(_lists(seed, method, strength).items, _lists(seed, method, strength).items)


@every_method
@given(st.integers(0, 200), STRENGTHS)
def test_one_person_alone_gets_the_list_that_they_get_among_all(
    method: str, seed: int, strength: float
) -> None:
    pool, catalogue, taste = world(seed)
    made = ready(Setting(method, strength), catalogue, prices_of(pool, K, N_ITEMS))
    whole = made.lists(pool, taste, K)
    row = seed % N_USERS
    alone = made.lists(TopK(pool.items[[row]], pool.scores[[row]]), taste[[row]], K)
    np.testing.assert_array_equal(alone.items[0], whole.items[row])


def _means(method: str, measure: str) -> list[float]:
    """The mean of a measure over ten worlds, as the strength grows."""
    means = []
    for strength in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        found = []
        for seed in range(10):
            _pool, catalogue, taste = world(seed)
            items = _lists(seed, method, strength).items
            if measure == "distance":
                found.append(intra_list_diversity(items, catalogue.vectors).mean())
            elif measure == "popularity":
                found.append(catalogue.popularity[items].mean())
            else:
                found.append(miscalibration(taste, catalogue.kinds[items].mean(axis=1)).mean())
        means.append(float(np.mean(found)))
    return means


@pytest.mark.parametrize("method", [MMR, DPP])
def test_distance_never_falls_on_average_as_strength_grows(method: str) -> None:
    means = _means(method, "distance")
    assert (np.diff(means) >= 0).all(), means
    assert means[-1] > means[0] + 0.1


def test_the_mix_takes_lists_apart_too() -> None:
    means = _means(MIX, "distance")
    assert (np.diff(means[:4]) >= 0).all(), means
    assert means[3] > means[0] + 0.05


def test_popularity_never_rises_as_strength_grows() -> None:
    means = _means(POPULARITY, "popularity")
    assert (np.diff(means) <= 0).all(), means
    assert means[-1] < means[0] - 10


@pytest.mark.parametrize("method", [CALIBRATED, MIX])
def test_a_calibrated_list_comes_nearer_to_the_taste(method: str) -> None:
    means = _means(method, "taste")
    assert (np.diff(means if method == CALIBRATED else means[:4]) <= 0).all(), means
    assert means[3] < 0.8 * means[0]


@every_method
def test_the_mean_score_never_rises_above_that_of_the_original_list(method: str) -> None:
    best = world(2)[0].scores[:, :K].mean()
    for strength in (0.1, 0.5, 0.9):
        assert _lists(2, method, strength).scores.mean() <= best


def test_three_candidates_by_hand() -> None:
    # scores 1, .9, 0 after scaling; the first two are the same, the third is new
    pool = TopK(np.array([[0, 1, 2]]), np.array([[10.0, 9.0, 0.0]]))
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    # after item 0: item 1 is worth .9 (1 - s) - s, item 2 nothing; they meet where .9 = 1.9 s
    assert _mmr(pool, vectors, 0.47, 2).items.tolist() == [[0, 1]]
    assert _mmr(pool, vectors, 0.48, 2).items.tolist() == [[0, 2]]


def test_likeness_to_the_whole_list_counts_and_not_to_the_nearest_item_alone() -> None:
    # 0 and 1 stand at a right angle; 2 repeats 0 (mean likeness 1/2), 3 lies between them (.71 to both)
    vectors = unit_rows(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    pool = TopK(np.array([[0, 1, 2, 3]]), np.ones((1, 4)))
    assert _mmr(pool, vectors, 1.0, 3).items.tolist() == [[0, 1, 2]]
    repeated, between = intra_list_diversity(np.array([[0, 1, 2], [0, 1, 3]]), vectors)
    assert repeated > between


@pytest.mark.parametrize("method", [MMR, DPP, MIX, CALIBRATED])
def test_empty_places_of_a_pool_come_last_and_repeat_nothing(method: str) -> None:
    # the candidates are all the same, so that even an empty place would add more to the list
    vectors = np.zeros((8, 2))
    vectors[[4, 2, 7]] = 1.0, 0.0
    pool = TopK(np.array([[4, 2, 7, -1, -1]]), np.array([[3.0, 2.0, 1.0, np.nan, np.nan]]))
    made = ready(Setting(method, 0.9), only(vectors), np.zeros(8))
    lists = made.lists(pool, np.zeros((1, 1)), 5)
    assert lists.items[0].tolist() == [4, 2, 7, -1, -1]
    assert np.isnan(lists.scores[0, 3:]).all()


@every_method
def test_a_pool_without_any_candidate_stays_empty(method: str) -> None:
    pool = TopK(np.full((1, 3), -1), np.full((1, 3), np.nan))
    made = ready(Setting(method, 0.5), only(np.eye(2)), prices_of(pool, 2, 2))
    assert made.lists(pool, np.zeros((1, 1)), 2).items.tolist() == [[-1, -1]]


@every_method
def test_k_beyond_the_pool_gives_the_pool(method: str) -> None:
    for strength in (0.0, 0.5):
        assert _lists(3, method, strength, POOL + 5).items.shape == (N_USERS, POOL)


@every_method
def test_users_are_re_ranked_block_by_block_with_the_same_result(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _lists(4, method, 0.5).items
    monkeypatch.setattr(rerank, "CELLS_A_BLOCK", 5 * POOL * 17)
    np.testing.assert_array_equal(_lists(4, method, 0.5).items, whole)


@every_method
def test_no_users_give_no_lists(method: str) -> None:
    pool = TopK(np.empty((0, 5), np.int64), np.empty((0, 5)))
    made = ready(Setting(method, 0.5), only(np.eye(3)), prices_of(pool, 2, 3))
    assert made.lists(pool, np.zeros((0, 1)), 2).items.shape == (0, 2)


@pytest.mark.parametrize("strength", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    with pytest.raises(ParamError, match=r"strength of the diversity.*from 0 to 1"):
        Setting(MMR, strength)


@pytest.mark.parametrize("given_", [{"method": "xquad"}, {"distance": "miles"}, {"method": ""}])
def test_an_unknown_name_is_refused_with_the_known_ones(given_: dict[str, str]) -> None:
    with pytest.raises(ParamError, match="use one of"):
        Setting(strength=0.5, **given_)


def test_scores_are_brought_into_one_range_person_by_person() -> None:
    scores = np.array([[2.0, 4.0, 6.0], [5.0, 5.0, 5.0]])
    np.testing.assert_allclose(unit_range(scores), [[0, 0.5, 1], [1, 1, 1]])


def test_coverage_pays_no_more_than_its_strength() -> None:
    pool, catalogue, _taste = world(5)
    known = prices_of(pool, K, N_ITEMS)
    made = ready(Setting(COVERAGE, 0.2), catalogue, known)
    assert made.bonus.max() <= 0.2
    np.testing.assert_array_equal(made.bonus > 0, (known > 0) & (known <= 0.2))
