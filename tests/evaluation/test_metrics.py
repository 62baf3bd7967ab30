from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from recsys_core.evaluation.metrics import RANKING_METRICS, Hits, hits_of
from recsys_core.ranking.top_k import top_k

N_ITEMS = 12
LISTS = st.permutations(range(N_ITEMS)).map(lambda order: order[:8])
RELEVANT = st.sets(st.integers(0, N_ITEMS - 1), min_size=1)
USERS = st.lists(st.tuples(LISTS, RELEVANT), min_size=1, max_size=5)
LOG3, LOG5 = math.log2(3), math.log2(5)


def _matrix(relevant: list[set[int]], n_items: int = N_ITEMS) -> csr_matrix:
    dense = np.zeros((len(relevant), n_items), dtype=np.float32)
    for row, items in enumerate(relevant):
        dense[row, list(items)] = 1.0
    return csr_matrix(dense)


def _hits(users: list[tuple[list[int], set[int]]]) -> Hits:
    return hits_of(np.array([shown for shown, _rel in users]), _matrix([rel for _shown, rel in users]))


def _one(name: str, shown: list[int], relevant: set[int], k: int) -> float:
    """The metric of one user."""
    values = RANKING_METRICS[name](_hits([(shown, relevant)]), k)
    assert values.shape == (1,)
    return float(values[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("precision", 2 / 4),
        ("recall", 2 / 3),
        ("f1", 4 / 7),
        ("hr", 1.0),
        ("mrr", 1 / 2),
        ("map", (1 / 2 + 2 / 4) / 3),
        ("ndcg", (1 / LOG3 + 1 / LOG5) / (1 + 1 / LOG3 + 1 / 2)),
    ],
)
def test_hits_at_places_two_and_four_with_a_third_one_missed(name: str, expected: float) -> None:
    assert _one(name, [0, 1, 2, 3], {1, 3, 9}, k=4) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("precision", 1 / 2),
        ("recall", 1 / 3),
        ("f1", 2 / 5),
        ("hr", 1.0),
        ("mrr", 1 / 2),
        ("map", (1 / 2) / 2),
        ("ndcg", (1 / LOG3) / (1 + 1 / LOG3)),
    ],
)
def test_the_same_list_cut_at_two_forgets_what_stands_below(name: str, expected: float) -> None:
    assert _one(name, [0, 1, 2, 3], {1, 3, 9}, k=2) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("precision", 1 / 4), ("recall", 1), ("f1", 2 / 5), ("hr", 1), ("mrr", 1), ("map", 1), ("ndcg", 1)],
)
def test_k_beyond_the_relevant_items_costs_only_precision(name: str, expected: float) -> None:
    assert _one(name, [5, 1, 2, 3], {5}, k=4) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("precision", 1), ("recall", 2 / 5), ("f1", 4 / 7), ("hr", 1), ("mrr", 1), ("map", 1), ("ndcg", 1)],
)
def test_a_perfect_list_is_perfect_even_when_more_is_relevant_than_fits(name: str, expected: float) -> None:
    assert _one(name, [4, 6, 1, 2], {2, 4, 6, 8, 10}, k=2) == pytest.approx(expected)


@pytest.mark.parametrize("name", RANKING_METRICS)
def test_a_list_without_a_hit_is_worth_nothing(name: str) -> None:
    assert _one(name, [0, 1, 2], {7, 8}, k=3) == 0.0


@pytest.mark.parametrize("name", RANKING_METRICS)
def test_an_empty_place_is_never_a_hit_not_even_of_the_first_item(name: str) -> None:
    # -1 marks no item; read as an index it would be the last item, clipped it would be item 0
    assert _one(name, [5, -1, -1], {0, N_ITEMS - 1}, k=3) == 0.0


def test_a_list_shorter_than_k_is_judged_as_if_its_rest_missed() -> None:
    shown, relevant = [3, 0], {0, 7, 8}
    assert _one("precision", shown, relevant, k=5) == pytest.approx(1 / 5)
    assert _one("recall", shown, relevant, k=5) == pytest.approx(1 / 3)
    assert _one("map", shown, relevant, k=5) == pytest.approx((1 / 2) / 3)
    assert _one("ndcg", shown, relevant, k=5) == pytest.approx((1 / LOG3) / (1 + 1 / LOG3 + 1 / 2))


def test_ties_hand_out_no_free_hits() -> None:
    # all ten scores equal, one item relevant: over the seeds it comes first one time in ten (sd .0067)
    hits = [
        RANKING_METRICS["hr"](hits_of(top_k(np.zeros((1, 10)), 1, seed=seed).items, _matrix([{0}], 10)), 1)
        for seed in range(2000)
    ]
    assert abs(np.mean(hits) - 0.1) < 0.03


def _naive_average_precision(shown: list[int], relevant: set[int], k: int) -> float:
    total = 0.0
    for place in range(1, k + 1):
        if shown[place - 1] in relevant:
            total += len(relevant & set(shown[:place])) / place
    return total / min(k, len(relevant))


def _naive_ndcg(shown: list[int], relevant: set[int], k: int) -> float:
    gained = sum(1 / math.log2(place + 2) for place in range(k) if shown[place] in relevant)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))


NAIVE: dict[str, Callable[[list[int], set[int], int], float]] = {
    "precision": lambda shown, relevant, k: len(relevant & set(shown[:k])) / k,
    "recall": lambda shown, relevant, k: len(relevant & set(shown[:k])) / len(relevant),
    # the harmonic mean of h/k and h/r is 2h/(k + r)
    "f1": lambda shown, relevant, k: 2 * len(relevant & set(shown[:k])) / (k + len(relevant)),
    "hr": lambda shown, relevant, k: float(bool(relevant & set(shown[:k]))),
    "mrr": lambda shown, relevant, k: next(
        (1 / place for place in range(1, k + 1) if shown[place - 1] in relevant), 0.0
    ),
    "map": _naive_average_precision,
    "ndcg": _naive_ndcg,
}


@given(USERS, st.integers(1, 8))
def test_every_metric_equals_a_loop_over_its_definition(
    users: list[tuple[list[int], set[int]]], k: int
) -> None:
    hits = _hits(users)
    for name, metric in RANKING_METRICS.items():
        expected = [NAIVE[name](shown, relevant, k) for shown, relevant in users]
        np.testing.assert_allclose(metric(hits, k), expected, atol=1e-12, err_msg=name)


@given(USERS, st.integers(1, 8))
def test_every_value_lies_between_zero_and_one(users: list[tuple[list[int], set[int]]], k: int) -> None:
    for metric in RANKING_METRICS.values():
        values = metric(_hits(users), k)
        assert values.min() >= 0
        assert values.max() <= 1 + 1e-12


@given(USERS, st.integers(1, 8))
def test_a_users_value_does_not_depend_on_the_others(users: list[tuple[list[int], set[int]]], k: int) -> None:
    for name, metric in RANKING_METRICS.items():
        backwards = metric(_hits(users[::-1]), k)[::-1]
        # the last bit may differ: a product of matrices sums in an order of its own
        np.testing.assert_allclose(metric(_hits(users), k), backwards, rtol=1e-12, err_msg=name)


@given(LISTS, RELEVANT, st.integers(1, 7))
def test_a_longer_list_loses_no_recall_and_no_hit(shown: list[int], relevant: set[int], k: int) -> None:
    for name in ("recall", "hr", "mrr"):
        assert _one(name, shown, relevant, k + 1) >= _one(name, shown, relevant, k)


@given(LISTS, RELEVANT, st.integers(1, 8), st.integers(1, 7))
def test_moving_a_hit_up_never_lowers_a_metric(
    shown: list[int], relevant: set[int], k: int, place: int
) -> None:
    if shown[place] not in relevant or shown[place - 1] in relevant:
        return
    better = shown.copy()
    better[place - 1], better[place] = better[place], better[place - 1]
    for name in RANKING_METRICS:
        assert _one(name, better, relevant, k) >= _one(name, shown, relevant, k)


TREC_NAMES = {
    "precision": "P.{k}", "recall": "recall.{k}", "f1": "set_F", "hr": "success.{k}",
    "mrr": "recip_rank", "map": "map_cut.{k}", "ndcg": "ndcg_cut.{k}",
}  # fmt: skip
"""Of trec_eval, whose lists are cut at k before it sees them."""


@pytest.fixture(scope="module")
def crowd() -> tuple[np.ndarray, list[set[int]]]:
    """Ranked lists of ten of 40 items for 150 users, who find 1 to 15 of the items relevant."""
    rng = np.random.default_rng(11)
    lists = np.array([rng.permutation(40)[:10] for _user in range(150)])
    relevant = [set(rng.permutation(40)[: rng.integers(1, 16)].tolist()) for _user in range(150)]
    return lists, relevant


@pytest.mark.parametrize("k", [1, 5, 10])
def test_an_independent_library_measures_the_same(crowd: tuple[np.ndarray, list[set[int]]], k: int) -> None:
    lists, relevant = crowd
    users = [f"u{row:03}" for row in range(len(lists))]
    judged = {user: {f"i{item}": 1 for item in rel} for user, rel in zip(users, relevant, strict=True)}
    shown = {
        user: {f"i{item}": 1.0 / (place + 1) for place, item in enumerate(row[:k])}
        for user, row in zip(users, lists, strict=True)
    }
    names = {name.format(k=k) for name in TREC_NAMES.values()}
    theirs = pytrec_eval.RelevanceEvaluator(judged, names).evaluate(shown)
    n_relevant = np.array([len(rel) for rel in relevant])
    hits = hits_of(lists, _matrix(relevant, 40))
    for ours, name in TREC_NAMES.items():
        expected = np.array([theirs[user][name.replace(".", "_").format(k=k)] for user in users])
        if ours == "map":  # trec_eval divides by all relevant items, we by those that fit
            expected = expected * n_relevant / np.minimum(k, n_relevant)
        np.testing.assert_allclose(RANKING_METRICS[ours](hits, k), expected, atol=1e-6, err_msg=ours)
