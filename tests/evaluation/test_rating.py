from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from recsys_core.evaluation.rating import LIKED_METRICS, per_user_sums, rating_figures, weighted_auc
from recsys_core.serving.baselines import BiasScorer

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
LIKED_FROM = 4.0


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Users 0..29, ratings 1..5 and predictions that go with them, ties among the predictions included."""
    rng = np.random.default_rng(8)
    users = rng.permutation(np.repeat(np.arange(30), rng.integers(1, 25, size=30)))
    truth = rng.integers(1, 6, size=len(users)).astype(np.float32)
    predicted = np.round(np.clip(truth + rng.normal(0, 1.2, size=len(users)), 1, 5), 1)
    return users, truth, predicted


def _figures(rows: Rows, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
    return rating_figures(per_user_sums(*rows, LIKED_FROM), weights)


def _expected(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    liked, said = truth >= LIKED_FROM, predicted >= LIKED_FROM
    return {
        "rmse": reference.root_mean_squared_error(truth, predicted),
        "mae": reference.mean_absolute_error(truth, predicted),
        "mse": reference.mean_squared_error(truth, predicted),
        "accuracy": reference.accuracy_score(liked, said),
        "liked_precision": reference.precision_score(liked, said),
        "liked_recall": reference.recall_score(liked, said),
        "liked_f1": reference.f1_score(liked, said),
    }


def test_four_rows_by_hand() -> None:
    rows = np.array([0, 0, 1, 1]), np.array([5.0, 2.0, 4.0, 1.0]), np.array([4.0, 4.5, 2.0, 1.0])
    figures = {name: float(value[0]) for name, value in _figures(rows).items()}
    assert figures["mse"] == pytest.approx((1 + 6.25 + 4 + 0) / 4)
    assert figures["rmse"] == pytest.approx(np.sqrt(11.25 / 4))
    assert figures["mae"] == pytest.approx((1 + 2.5 + 2 + 0) / 4)
    # one right yes, one wrong yes, one missed, one right no
    shares = [figures[name] for name in ("accuracy", "liked_precision", "liked_recall", "liked_f1")]
    assert shares == pytest.approx([0.5, 0.5, 0.5, 0.5])


def test_figures_equal_those_of_scikit_learn(rows: Rows) -> None:
    figures = _figures(rows)
    expected = _expected(rows[1], rows[2])
    assert figures.keys() == expected.keys()
    for name, value in expected.items():
        assert figures[name] == pytest.approx(value), name


def test_a_draw_of_users_equals_their_rows_repeated(rows: Rows) -> None:
    users, truth, predicted = rows
    weights = np.random.default_rng(1).multinomial(30, np.full(30, 1 / 30), size=3).astype(float)
    figures = _figures(rows, weights)
    for draw in range(3):
        repeats = weights[draw, users].astype(int)
        for name, value in _expected(np.repeat(truth, repeats), np.repeat(predicted, repeats)).items():
            assert figures[name][draw] == pytest.approx(value), name


def test_sums_are_kept_for_each_user(rows: Rows) -> None:
    users, truth, predicted = rows
    sums = per_user_sums(users, truth, predicted, LIKED_FROM)
    own = users == 17
    assert sums["n"][17] == own.sum()
    assert sums["squared"][17] == pytest.approx(((truth[own] - predicted[own]) ** 2).sum())
    np.testing.assert_array_equal(sums["tp"] + sums["fp"] + sums["fn"] + sums["tn"], sums["n"])


def test_a_value_at_the_threshold_is_liked() -> None:
    figures = _figures((np.array([0]), np.array([LIKED_FROM]), np.array([LIKED_FROM])))
    assert figures["liked_recall"].tolist() == [1.0]


def test_nothing_said_to_be_liked_is_a_precision_of_zero_and_no_warning() -> None:
    figures = _figures((np.array([0, 0]), np.array([5.0, 1.0]), np.array([2.0, 2.0])))
    shares = [float(figures[name][0]) for name in LIKED_METRICS if name != "auc"]
    assert shares == [0.5, 0.0, 0.0, 0.0]


def test_auc_equals_that_of_scikit_learn_ties_included(rows: Rows) -> None:
    _users, truth, predicted = rows
    liked = truth >= LIKED_FROM
    assert len(np.unique(predicted)) < len(predicted)
    ours = weighted_auc(liked, predicted, np.ones((1, len(truth))))
    assert ours[0] == pytest.approx(reference.roc_auc_score(liked, predicted))


def test_auc_of_a_draw_counts_each_row_as_often_as_it_is_drawn(rows: Rows) -> None:
    _users, truth, predicted = rows
    liked = truth >= LIKED_FROM
    weights = np.random.default_rng(2).integers(0, 4, size=(3, len(truth))).astype(float)
    expected = [reference.roc_auc_score(liked, predicted, sample_weight=row) for row in weights]
    np.testing.assert_allclose(weighted_auc(liked, predicted, weights), expected)


def test_auc_of_drawn_users_is_that_of_their_rows(rows: Rows) -> None:
    users, truth, predicted = rows
    liked = truth >= LIKED_FROM
    drawn = np.random.default_rng(3).integers(0, 4, size=(3, int(users.max()) + 1)).astype(float)
    np.testing.assert_array_equal(
        weighted_auc(liked, predicted, drawn, users), weighted_auc(liked, predicted, drawn[:, users])
    )


def test_auc_by_hand_counts_a_tie_as_half() -> None:
    # liked .9 .5, not liked .5 .1: of four pairs three are won and one is tied
    liked, predicted = np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1])
    assert weighted_auc(liked, predicted, np.ones((1, 4))).tolist() == [3.5 / 4]


def test_auc_is_undefined_where_a_draw_holds_one_class_only() -> None:
    liked, predicted = np.array([True, False]), np.array([0.9, 0.1])
    auc = weighted_auc(liked, predicted, np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert np.isnan(auc[0])
    assert auc[1] == 1.0


def test_a_predicted_rating_is_clipped_to_the_range_and_a_ranking_score_is_not() -> None:
    scorer = BiasScorer(3.0, np.array([0.0, 4.0]), np.array([0.5, 1.0, -9.0]), 5.0, (1.0, 5.0))
    users, items = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 2])
    assert scorer.score(users, items).tolist() == [3.5, 5.0, 5.0, 1.0]
    # unclipped, so that two items above the scale do not tie
    assert scorer.score_catalogue(np.array([1])).tolist() == [[7.5, 8.0, -2.0]]
