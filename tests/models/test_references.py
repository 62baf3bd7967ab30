"""The references against slow, plain computations of the same formulas on a tiny world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.models import item_knn
from recsys_core.models.baselines import Ease, Popularity
from recsys_core.models.ials import Ials
from recsys_core.models.item_knn import ItemKnn, neighbour_weights
from recsys_core.models.markov import Markov, follow_counts
from recsys_core.serving import factors
from recsys_core.serving.factors import solve_rows
from recsys_core.serving.item_weights import ItemWeightsScorer, latest_first
from tests.fitted import tiny_split

EVERYBODY = np.arange(tiny_split().dataset.n_users)
DAY = 86_400


def _timed(rows: list[tuple[str, str, int]]) -> Split:
    """A split of (user, item, time) whose last row is held out."""
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]).assign(value=1.0)
    data = make_dataset("t", Kind.IMPLICIT, events)
    last = len(rows) - 1
    return Split(data, SplitSpec(), np.arange(last), np.array([], np.int64), np.array([last]))


def _item(split: Split, name: str) -> int:
    return int(split.dataset.item_vocabulary.rows(name)[0])


def _seen() -> np.ndarray:
    split = tiny_split()
    return split.matrix(split.fit_rows).toarray().astype(np.float64)


# --- histories


def test_the_last_place_of_a_repeated_item_counts() -> None:
    users, items, lags = latest_first(np.array([0, 4, 4, 6]), np.array([7, 3, 7, 5, 2, 9]))
    assert users.tolist() == [0, 0, 0, 2, 2]
    assert items.tolist() == [5, 7, 3, 9, 2]
    assert lags.tolist() == [0, 1, 2, 0, 1]


def test_a_list_is_the_decayed_sum_over_the_last_items() -> None:
    weights = np.array([[0, 1, 2], [3, 0, 5], [7, 11, 0]], dtype=np.float32)
    scorer = ItemWeightsScorer(weights, np.array([0, 3]), np.array([0, 1, 2]), decay=0.5)
    expected = weights[2] + 0.5 * weights[1] + 0.25 * weights[0]
    np.testing.assert_allclose(scorer.score_catalogue(np.array([0])), [expected])
    short = ItemWeightsScorer(csr_matrix(weights), np.array([0, 3]), np.array([0, 1, 2]), 0.5, window=2)
    np.testing.assert_allclose(short.score_catalogue(np.array([0])), [weights[2] + 0.5 * weights[1]])


@pytest.mark.parametrize("sparse", [False, True])
def test_dense_and_sparse_weights_are_kept(sparse: bool, tmp_path: Path) -> None:
    weights = np.random.default_rng(0).random((4, 4)).astype(np.float32)
    scorer = ItemWeightsScorer(
        csr_matrix(weights) if sparse else weights, np.array([0, 2, 3]), np.array([1, 3, 0]), 0.7, 5
    )
    scorer.save(tmp_path)
    loaded = Markov.load(tmp_path)
    assert loaded.can.ordered
    np.testing.assert_array_equal(
        loaded.score_catalogue(np.array([0, 1])), scorer.score_catalogue(np.array([0, 1]))
    )


# --- popularity with a half-life


def test_old_choices_count_half_after_the_half_life() -> None:
    rows = [("u", "a", 0), ("v", "a", 10 * DAY), ("v", "b", 20 * DAY), ("u", "b", 20 * DAY), ("w", "a", 0)]
    split = _timed(rows)
    scores = Popularity({"half_life": 10.0}).fit(split, seed=0).score_catalogue(np.array([0]))[0]
    assert scores[_item(split, "a")] == pytest.approx(0.25 + 0.5)
    assert scores[_item(split, "b")] == pytest.approx(2.0)


def test_a_repeat_counts_once_by_its_last_time() -> None:
    split = _timed([("u", "a", 0), ("u", "a", 20 * DAY), ("v", "b", 10 * DAY), ("v", "a", 0)])
    scores = Popularity({"half_life": 10.0}).fit(split, seed=0).score_catalogue(np.array([0]))[0]
    assert scores[_item(split, "a")] == pytest.approx(1.0)
    assert scores[_item(split, "b")] == pytest.approx(0.5)


def test_without_time_popularity_counts_all_alike() -> None:
    data = tiny_split().dataset
    timeless = replace(data, interactions=data.interactions.drop(columns="timestamp"))
    split = replace(tiny_split(), dataset=timeless)
    decayed, plain = (Popularity({"half_life": h}).fit(split, seed=0) for h in (30.0, 0.0))
    np.testing.assert_array_equal(decayed.score_catalogue(EVERYBODY), plain.score_catalogue(EVERYBODY))


# --- EASE with recency


def test_ease_with_recency_weighs_a_history_from_its_end() -> None:
    plain, recent = (Ease({"l2": 5.0, "recency": r}).fit(tiny_split(), seed=0) for r in (0.0, 4.0))
    one, two = plain.fold_in([np.array([3]), np.array([8])])
    np.testing.assert_allclose(recent.fold_in([np.array([8, 3])])[0], one + np.exp(-1 / 4.0) * two, atol=1e-6)
    assert recent.scorer.can.ordered
    assert not plain.scorer.can.ordered


# --- item neighbours


def _naive_knn(seen: np.ndarray, k: int, shrinkage: float, a: float) -> np.ndarray:
    """Pair by pair, then the k best of each column."""
    n_items = seen.shape[1]
    weights = np.zeros((n_items, n_items))
    for i in range(n_items):
        for j in range(n_items):
            both = float((seen[:, i] * seen[:, j]).sum())
            if i != j and both:
                weights[i, j] = both / (seen[:, i].sum() ** a * seen[:, j].sum() ** (1 - a) + shrinkage)
    for j in range(n_items):
        weights[np.argsort(-weights[:, j], kind="stable")[k:], j] = 0.0
    return weights


@pytest.mark.parametrize(("shrinkage", "asymmetry"), [(0.0, 0.5), (3.7, 0.8)])
def test_neighbours_equal_a_loop_over_pairs(
    shrinkage: float, asymmetry: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_knn, "CELLS_A_BLOCK", 300)  # several blocks
    seen = np.random.default_rng(5).random((60, 40)) < np.linspace(0.05, 0.6, 40)
    weights = neighbour_weights(csr_matrix(seen.astype(np.float32)), 40, shrinkage, asymmetry).toarray()
    np.testing.assert_allclose(weights, _naive_knn(seen.astype(float), 40, shrinkage, asymmetry), atol=1e-6)
    best = neighbour_weights(csr_matrix(seen.astype(np.float32)), 6, shrinkage, asymmetry).toarray()
    expected = np.sort(_naive_knn(seen.astype(float), 6, shrinkage, asymmetry), axis=0)
    np.testing.assert_allclose(np.sort(best, axis=0), expected, atol=1e-6)  # ties may fall either way


def test_neighbours_of_a_history_are_summed() -> None:
    model = ItemKnn({"neighbours": 40, "shrinkage": 2.0, "asymmetry": 0.5}).fit(tiny_split(), seed=0)
    expected = _seen() @ _naive_knn(_seen(), 40, 2.0, 0.5)
    np.testing.assert_allclose(model.score_catalogue(EVERYBODY), expected, atol=1e-4)


# --- iALS


def test_a_half_step_is_the_weighted_ridge_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "CELLS_A_BLOCK", 500)  # several blocks
    seen = _seen()
    others = np.random.default_rng(1).normal(size=(seen.shape[1], 5))
    a0, l2 = 0.3, 0.05
    found = solve_rows(csr_matrix(seen), others, a0, l2)
    for row, chosen in enumerate(seen):
        weight = a0 + chosen  # a chosen pair is also one of all pairs
        design = np.vstack(
            [np.sqrt(weight)[:, None] * others, np.sqrt(l2 * (chosen.sum() + a0 * len(chosen))) * np.eye(5)]
        )
        target = np.concatenate([chosen / np.sqrt(weight), np.zeros(5)])
        np.testing.assert_allclose(found[row], np.linalg.lstsq(design, target, rcond=None)[0], atol=1e-9)


def test_each_turn_lowers_the_loss() -> None:
    seen, a0, l2 = _seen(), 0.2, 0.01

    def loss(epochs: int) -> float:
        settings = {"epochs": epochs, "embedding_size": 6, "unobserved_weight": a0, "l2": l2}
        scorer = Ials(settings).fit(tiny_split(), seed=0).scorer
        assert isinstance(scorer, factors.FactorsScorer)
        product = scorer.users @ scorer.items.T
        ridge = sum(
            float(((counts + a0 * n) * (vectors**2).sum(axis=1)).sum())
            for counts, n, vectors in (
                (seen.sum(axis=1), seen.shape[1], scorer.users),
                (seen.sum(axis=0), seen.shape[0], scorer.items),
            )
        )
        return float((seen * (1 - product) ** 2).sum() + a0 * (product**2).sum() + l2 * ridge)

    losses = [loss(epochs) for epochs in (1, 2, 4, 8)]
    assert losses == sorted(losses, reverse=True)


def test_an_empty_history_has_no_factors() -> None:
    model = Ials({"embedding_size": 4}).fit(tiny_split(), seed=0)
    assert not model.fold_in([np.array([], dtype=np.int64)]).any()


# --- Markov


def _naive_counts(users: np.ndarray, items: np.ndarray, n: int, window: int, decay: float) -> np.ndarray:
    counts = np.zeros((n, n))
    for first in range(len(items)):
        for second in range(first + 1, min(first + window + 1, len(items))):
            if users[first] == users[second] and items[first] != items[second]:
                counts[items[first], items[second]] += decay ** (second - first - 1)
    return counts


@pytest.mark.parametrize(("window", "decay"), [(1, 1.0), (3, 0.5), (50, 0.9)])
def test_transitions_equal_a_double_loop(window: int, decay: float) -> None:
    split = tiny_split()
    known = split.ordered(split.fit_rows)
    users = np.repeat(np.arange(split.dataset.n_users), np.diff(known.indptr))
    found = follow_counts(users, known.items, split.dataset.n_items, window, decay).toarray()
    expected = _naive_counts(users, known.items, split.dataset.n_items, window, decay)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_markov_by_hand() -> None:
    # a -> b twice, a -> c once (one step later, 0.5), b -> c once; smoothing 1
    split = _timed([("u", "a", 1), ("u", "b", 2), ("u", "c", 3), ("v", "a", 1), ("v", "b", 2), ("v", "c", 9)])
    settings = {"window": 2, "decay": 0.5, "smoothing": 1.0, "popularity_discount": 0.0}
    model = Markov(settings).fit(split, seed=0)
    a, b, c = (_item(split, name) for name in "abc")
    scores = model.fold_in([np.array([a])])[0]
    assert scores[b] == pytest.approx(2 / 3.5)
    assert scores[c] == pytest.approx(0.5 / 3.5)
    assert model.fold_in([np.array([a, b])])[0][c] == pytest.approx(1 / 2 + 0.5 * 0.5 / 3.5)


def test_what_came_at_the_same_time_speaks_both_ways() -> None:
    split = _timed([(f"u{n}", item, 5) for n in range(40) for item in "ab"] + [("u0", "c", 9)])
    model = Markov({"smoothing": 0.0, "popularity_discount": 0.0}).fit(split, seed=0)
    a, b = _item(split, "a"), _item(split, "b")
    there, back = model.fold_in([np.array([a]), np.array([b])])
    assert there[b] > 0.5
    assert back[a] > 0.5
