from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_matrix

from recsys_core.evaluation.beyond import (
    coverage,
    exposure,
    gini,
    intra_list_diversity,
    mean_popularity,
    novelty,
    personalisation,
    top_item_share,
    unit_rows,
)

N_ITEMS, K = 9, 4
LISTS = st.lists(
    st.permutations(range(N_ITEMS)).map(lambda order: order[:K]), min_size=2, max_size=6
).map(np.array)  # fmt: skip
COUNTS = hnp.arrays(np.float64, 7, elements=st.integers(0, 20).map(float))


def test_exposure_counts_each_showing_and_skips_empty_places() -> None:
    assert exposure(np.array([[0, 2], [2, -1]]), 4).tolist() == [1, 0, 2, 0]


def test_a_weight_counts_a_list_that_often() -> None:
    lists = np.array([[0, 2], [2, -1], [3, 0]])
    weighted = exposure(lists, 4, np.array([2.0, 3.0, 0.0]))
    assert weighted.tolist() == exposure(np.repeat(lists, [2, 3, 0], axis=0), 4).tolist() == [2, 0, 5, 0]


def test_coverage_is_the_share_of_items_shown_at_all() -> None:
    assert coverage(np.array([5.0, 0.0, 1.0, 0.0])) == 0.5


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([1, 1, 1, 1], 0.0),  # all alike
        ([0, 0, 0, 4], 3 / 4),  # one of four gets everything: (n - 1) / n
        ([1, 3], 1 / 4),  # mean difference (0 + 2 + 2 + 0) / 4 over twice the mean 2
        ([0, 0, 0], 0.0),
    ],
)
def test_gini_by_hand(shown: list[float], expected: float) -> None:
    assert gini(np.array(shown, dtype=float)) == pytest.approx(expected)


@given(COUNTS.filter(lambda counts: counts.sum() > 0))
def test_gini_equals_the_mean_difference_over_twice_the_mean(shown: np.ndarray) -> None:
    differences = [abs(one - other) for one in shown for other in shown]
    assert gini(shown) == pytest.approx(np.mean(differences) / (2 * shown.mean()))
    assert 0 <= gini(shown) < 1


@given(COUNTS)
def test_gini_does_not_ask_which_item_is_which_nor_how_many_lists_there_were(shown: np.ndarray) -> None:
    assert gini(shown[::-1]) == pytest.approx(gini(shown))
    assert gini(7 * shown) == pytest.approx(gini(shown))


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ([[0, 1], [0, 1], [1, 0]], 0.0),  # the same list for everybody
        ([[0, 1], [2, 3]], 1.0),  # nothing in common
        ([[0, 1], [0, 2], [3, 4]], 5 / 6),  # one of three pairs shares one of two items
        ([[0, 1]], 0.0),  # one user has nobody to differ from
    ],
)
def test_personalisation_by_hand(lists: list[list[int]], expected: float) -> None:
    shown = exposure(np.array(lists), 5)
    assert personalisation(shown, len(lists), 2) == pytest.approx(expected)


@given(LISTS)
def test_personalisation_equals_a_loop_over_pairs_of_users(lists: np.ndarray) -> None:
    shared = [len({*one} & {*other}) / K for one, other in itertools.combinations(lists.tolist(), 2)]
    found = personalisation(exposure(lists, N_ITEMS), len(lists), K)
    assert found == pytest.approx(1 - np.mean(shared))


@given(LISTS)
def test_the_top_items_share_equals_a_count(lists: np.ndarray) -> None:
    share = max((lists == item).any(axis=1).mean() for item in range(N_ITEMS))
    assert top_item_share(exposure(lists, N_ITEMS), len(lists)) == pytest.approx(share)


def test_no_list_has_no_top_item() -> None:
    assert top_item_share(np.zeros(3), 0) == 0.0


def test_novelty_is_the_mean_information_of_a_choice() -> None:
    popularity = np.array(
        [8.0, 4.0, 1.0, 0.0]
    )  # of 8 users: 0, 1 and 3 bits; chosen by none counts as by one
    lists = np.array([[0, 1], [1, 2], [3, -1], [-1, -1]])
    assert novelty(lists, popularity, 8).tolist() == [0.5, 2.0, 3.0, 0.0]


def test_mean_popularity_leaves_empty_places_out() -> None:
    lists = np.array([[0, 1], [1, -1], [-1, -1]])
    assert mean_popularity(lists, np.array([8.0, 4.0])).tolist() == [6.0, 4.0, 0.0]


def test_diversity_by_hand() -> None:
    # items 0 and 1 are the same, 2 is at a right angle, 3 lies between, nothing is known of 4
    vectors = unit_rows(np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]))
    lists = np.array([[0, 1, -1], [0, 2, -1], [0, 1, 2], [0, 3, -1], [0, 4, -1], [4, 4, -1]])
    expected = [0, 1, 2 / 3, 1 - np.sqrt(0.5), 1, 1]
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), expected, atol=1e-12)


def test_a_list_without_a_pair_of_items_is_not_diverse() -> None:
    assert intra_list_diversity(np.array([[0, -1], [-1, -1]]), np.eye(2)).tolist() == [0.0, 0.0]


@given(LISTS, hnp.arrays(np.float64, (N_ITEMS, 3), elements=st.floats(-1, 1, width=16)))
def test_diversity_equals_a_loop_over_pairs_of_items(lists: np.ndarray, raw: np.ndarray) -> None:
    vectors = unit_rows(raw)
    expected = [
        np.mean([1 - vectors[one] @ vectors[other] for one, other in itertools.combinations(items, 2)])
        for items in lists
    ]
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), expected, atol=1e-9)


def test_unit_rows_scale_to_length_one_and_leave_zeros() -> None:
    dense = np.array([[3.0, 4.0], [0.0, 0.0]])
    for matrix in (dense, csr_matrix(dense)):
        np.testing.assert_allclose(unit_rows(matrix), [[0.6, 0.8], [0.0, 0.0]])
