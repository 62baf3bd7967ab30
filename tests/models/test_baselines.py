from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.errors import NotSupported
from recsys_core.models import baselines
from recsys_core.models.baselines import Bias, Ease, Popularity, Random
from recsys_core.serving.baselines import BiasScorer
from tests.fitted import tiny_split

NO_DAMPING = {"item_damping": 0.0, "user_damping": 0.0}


def _whole(rows: list[tuple[str, str, float]], test: list[int]) -> Split:
    """A split of these rows with the given ones held out and no validation."""
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value"])
    held_out = np.array(test, dtype=np.int64)
    train = np.setdiff1d(np.arange(len(rows)), held_out)
    return Split(make_dataset("t", Kind.RATING, events), SplitSpec(), train, np.array([], np.int64), held_out)


@pytest.fixture
def tiny_parts(tiny_ratings: Dataset) -> Split:
    """Held out: ann's c and dee's a; cem's f is validation."""
    held_out, valid = np.array([2, 11]), np.array([10])
    train = np.setdiff1d(np.arange(12), [2, 10, 11])
    return Split(tiny_ratings, SplitSpec(), train, valid, held_out)


def test_popularity_counts_who_chose_an_item_in_train_and_valid(tiny_parts: Split) -> None:
    scores = Popularity().fit(tiny_parts, seed=0).score_catalogue(np.array([3, 0]))
    assert scores.tolist() == [[2, 3, 1, 2, 1, 1]] * 2  # a b c d e f


def test_popularity_asks_no_history(tiny_parts: Split) -> None:
    model = Popularity().fit(tiny_parts, seed=0)
    folded = model.fold_in([np.array([0, 1]), np.array([5])])
    np.testing.assert_array_equal(folded, model.score_catalogue(np.array([0, 1])))


def test_random_scores_differ_between_users_and_repeat_for_each() -> None:
    model = Random().fit(tiny_split(), seed=4)
    first, second = model.score_catalogue(np.array([0, 1]))
    assert np.abs(first - second).min() > 0
    np.testing.assert_array_equal(model.score_catalogue(np.array([1]))[0], second)


def test_random_prefers_no_item() -> None:
    firsts = Random().fit(tiny_split(), seed=4).score_catalogue(np.arange(4000)).argmax(axis=1)
    counts = np.bincount(firsts, minlength=tiny_split().dataset.n_items)
    assert counts.min() > 50  # 100 expected each, standard deviation 10
    assert counts.max() < 150


def test_a_random_list_depends_on_what_was_chosen_and_not_on_its_order() -> None:
    model = Random().fit(tiny_split(), seed=4)
    one, same, other = model.fold_in([np.array([1, 2]), np.array([2, 1]), np.array([1, 3])])
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0


def test_bias_by_hand() -> None:
    # mean 3; x: (5 + 4 - 6) / (2 + 1) = 1, y: (1 + 2 - 6) / (2 + 1) = -1
    # u: (5 - 4 + 1 - 2) / (2 + 2) = 0, v: (4 - 4 + 2 - 2) / 4 = 0, w: no row, 0
    rows = [("u", "x", 5.0), ("u", "y", 1.0), ("v", "x", 4.0), ("v", "y", 2.0), ("w", "x", 2.0)]
    model = Bias({"item_damping": 1.0, "user_damping": 2.0}).fit(_whole(rows, [4]), seed=0)
    np.testing.assert_allclose(model.score_catalogue(np.arange(3)), [[4.0, 2.0]] * 3, atol=1e-6)


def test_bias_without_damping_solves_the_least_squares_of_a_full_table() -> None:
    # where every user rated every item, mean + b_i + b_u has its least squares at the plain means
    table = np.array([[5.0, 3.0, 1.0], [4.0, 4.0, 2.0], [2.0, 5.0, 1.0]])
    rows = [(f"u{u}", f"i{i}", table[u, i]) for u in range(3) for i in range(3)]
    design = np.zeros((9, 7))
    design[:, 0] = 1
    design[np.arange(9), 1 + np.repeat(np.arange(3), 3)] = 1
    design[np.arange(9), 4 + np.tile(np.arange(3), 3)] = 1
    solved = np.linalg.lstsq(design, table.ravel(), rcond=None)[0]
    split = _whole([*rows, ("u0", "i0", 5.0)], [9])
    scores = Bias(NO_DAMPING).fit(split, seed=0).score_catalogue(np.arange(3))
    np.testing.assert_allclose(scores, (design @ solved).reshape(3, 3), atol=1e-5)


def _naive_bias(split: Split, item_damping: float, user_damping: float) -> np.ndarray:
    rows = list(zip(*split.triples(split.fit_rows), strict=True))
    mean = sum(float(value) for _u, _i, value in rows) / len(rows)
    of_item, of_user = np.zeros(split.dataset.n_items), np.zeros(split.dataset.n_users)
    for item in range(len(of_item)):
        left = [value - mean for _u, i, value in rows if i == item]
        of_item[item] = sum(left) / (len(left) + item_damping) if left else 0.0
    for user in range(len(of_user)):
        left = [value - mean - of_item[i] for u, i, value in rows if u == user]
        of_user[user] = sum(left) / (len(left) + user_damping) if left else 0.0
    return mean + of_user[:, None] + of_item[None, :]


@pytest.mark.parametrize("damping", [(2.0, 5.0), (0.0, 0.0), (30.0, 0.5)])
def test_bias_equals_a_loop_over_items_and_users(damping: tuple[float, float]) -> None:
    model = Bias({"item_damping": damping[0], "user_damping": damping[1]}).fit(tiny_split(), seed=0)
    scores = model.score_catalogue(np.arange(tiny_split().dataset.n_users))
    np.testing.assert_allclose(scores, _naive_bias(tiny_split(), *damping), atol=1e-5)


def test_a_new_users_values_shift_their_predictions_by_their_damped_bias() -> None:
    scorer = BiasScorer(3.0, np.zeros(1), np.array([1.0, -1.0, 0.0]), 2.0, (1.0, 5.0))
    history, values = np.array([0, 1]), np.array([5.0, 4.0])  # 1 and 2 above what was predicted
    folded = scorer.fold_in([history, history[:0]], [values, values[:0]])
    np.testing.assert_allclose(folded, [[4.75, 2.75, 3.75], [4.0, 2.0, 3.0]])
    np.testing.assert_allclose(scorer.fold_in([history]), [[4.0, 2.0, 3.0]])  # no values, no bias


def _naive_ease(seen: np.ndarray, l2: float) -> np.ndarray:
    """Column by column: the ridge regression of one item on all the others."""
    n_items = seen.shape[1]
    weights = np.zeros((n_items, n_items))
    for item in range(n_items):
        others = np.delete(np.arange(n_items), item)
        gram = seen[:, others].T @ seen[:, others] + l2 * np.eye(n_items - 1)
        weights[others, item] = np.linalg.solve(gram, seen[:, others].T @ seen[:, item])
    return weights


@pytest.mark.parametrize("l2", [0.5, 50.0])
def test_ease_is_the_ridge_regression_of_each_item_on_the_others(l2: float) -> None:
    split = tiny_split()
    seen = split.matrix(split.fit_rows).toarray().astype(np.float64)
    scores = Ease({"l2": l2}).fit(split, seed=0).score_catalogue(np.arange(len(seen)))
    np.testing.assert_allclose(scores, seen @ _naive_ease(seen, l2), atol=1e-5)


def test_ease_scores_a_history_by_the_sum_of_its_items() -> None:
    model = Ease({"l2": 5.0}).fit(tiny_split(), seed=0)
    first, second, both, twice = model.fold_in(
        [np.array([3]), np.array([8]), np.array([3, 8]), np.array([3, 3])]
    )
    np.testing.assert_allclose(both, first + second, atol=1e-6)
    np.testing.assert_allclose(twice, first, atol=1e-6)  # a repeat counts once
    assert first[3] == 0.0  # an item says nothing about itself


def test_ease_refuses_a_catalogue_whose_table_would_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_EASE_ITEMS", 10)
    with pytest.raises(NotSupported, match=r"items x items .* at most 10 items"):
        Ease().fit(tiny_split(), seed=0)
