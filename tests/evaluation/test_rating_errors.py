"""Errors by true value and calibration, by hand; and sums over sums with intervals over users."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recsys_core.evaluation.rating_errors import by_truth, calibration, calibration_gap, values_of
from recsys_core.evaluation.ratios import Sums, draws_of, figures

USERS = np.array([7, 7, 3, 3, 3, 9])
TRUTH = np.array([1.0, 5.0, 5.0, 1.0, 3.0, 5.0])
PREDICTED = np.array([2.0, 4.0, 4.5, 4.0, 3.0, 5.0])


def test_errors_by_true_value_by_hand() -> None:
    table = by_truth(USERS, TRUTH, PREDICTED)
    assert table["value"].tolist() == ["1", "3", "5"]
    assert table["n"].tolist() == [2, 1, 3]
    assert table["mean_error"].tolist() == pytest.approx([2.0, 0.0, -0.5])
    assert table["mae"].tolist() == pytest.approx([2.0, 0.0, 0.5])
    assert table["rmse"].tolist() == pytest.approx([np.sqrt(5), 0.0, np.sqrt(1.25 / 3)])
    for name in ("mean_error", "mae", "rmse"):
        assert (table[f"{name}_low"] <= table[name] + 1e-12).all()
        assert (table[f"{name}_high"] >= table[name] - 1e-12).all()


def test_many_values_are_cut_into_steps() -> None:
    truth = np.linspace(0.0, 1.0, 500)
    table = by_truth(np.arange(500), truth, truth + 0.1)
    assert 2 <= len(table) <= 13
    assert table["n"].sum() == 500
    assert table["mean_error"].tolist() == pytest.approx([0.1] * len(table))


def test_without_rows_both_tables_are_empty() -> None:
    none = np.zeros(0)
    assert len(by_truth(none.astype(int), none, none)) == 0
    empty = calibration(none.astype(int), none, none)
    assert len(empty) == 0
    assert np.isnan(calibration_gap(empty))


def test_calibration_by_hand() -> None:
    table = calibration(USERS, TRUTH, PREDICTED, bins=2)
    # the lower half of the predictions: 2, 3, 4, 4 (equal ones stay together), then 4.5 and 5
    assert table["n"].tolist() == [4, 2]
    assert table["predicted"].tolist() == pytest.approx([13 / 4, 9.5 / 2])
    assert table["true"].tolist() == pytest.approx([10 / 4, 5.0])
    assert table["from"].tolist() == [2.0, 4.5]
    assert table["to"].tolist() == [4.0, 5.0]
    assert calibration_gap(table) == pytest.approx((4 * 0.75 + 2 * 0.25) / 6)


def test_one_value_for_everybody_is_one_bin() -> None:
    table = calibration(np.arange(10), np.arange(10.0), np.full(10, 3.0))
    assert table["n"].tolist() == [10]
    assert table["true"].tolist() == [4.5]


def test_what_is_true_is_calibrated() -> None:
    rng = np.random.default_rng(0)
    predicted = rng.uniform(1, 5, 4000)
    truth = predicted + rng.normal(0, 0.5, 4000)
    table = calibration(rng.integers(0, 200, 4000), truth, predicted)
    assert len(table) == 10
    inside = (table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])
    assert inside.sum() >= 8


def test_the_threshold_can_be_each_value_but_the_least() -> None:
    assert values_of(np.array([1.0, 2.0, 5.0, 2.0])).tolist() == [2.0, 5.0]
    assert len(values_of(np.linspace(0, 1, 1000))) > 3


def test_rows_of_a_user_are_drawn_together() -> None:
    """A figure's draws are those of the users' sums, written out."""
    users, groups = np.array([0, 0, 1, 2]), np.array([0, 1, 0, 1])
    sums = Sums.of(users, groups, np.array([1.0, 2.0, 4.0, 8.0]), shape=(3, 2))
    found = figures(sums)
    assert found.value.tolist() == [2.5, 5.0]
    assert found.n_users.tolist() == [2, 2]
    draws = draws_of(3)
    n = draws[:, 0] + draws[:, 1]
    drawn = (draws[:, 0] * 1 + draws[:, 1] * 4)[n > 0] / n[n > 0]
    assert [found.low[0], found.high[0]] == pytest.approx(np.quantile(drawn, [0.025, 0.975]).tolist())
    assert np.isnan(found.p).all()


def test_a_group_is_held_against_the_rest() -> None:
    rng = np.random.default_rng(1)
    n = 400
    groups = np.arange(n) % 2
    values = np.where(groups == 0, 0.2, 0.5) + rng.normal(0, 0.1, n)
    sums = Sums.of(np.arange(n), groups, values, shape=(n, 2))
    rest = Sums(csr_matrix(sums.top.toarray()[:, ::-1]), csr_matrix(sums.below.toarray()[:, ::-1]))
    found = figures(sums, rest)
    assert found.gap.tolist() == pytest.approx([-0.3, 0.3], abs=0.05)
    assert (found.p < 1e-6).all()


def test_where_nothing_differs_the_p_value_is_uniform() -> None:
    """Of many comparisons of two groups that are alike, about a twentieth falls below .05."""
    rng = np.random.default_rng(2)
    below = 0
    for _trial in range(120):
        groups = rng.integers(0, 2, 80)
        sums = Sums.of(np.arange(80), groups, rng.normal(size=80), shape=(80, 2))
        rest = Sums(csr_matrix(sums.top.toarray()[:, ::-1]), csr_matrix(sums.below.toarray()[:, ::-1]))
        below += figures(sums, rest).p[0] < 0.05
    assert 1 <= below <= 15


@pytest.mark.parametrize("root", [False, True])
def test_nobody_and_no_rows_give_nan(root: bool) -> None:
    none = Sums.of(np.zeros(0, int), np.zeros(0, int), np.zeros(0), shape=(0, 2), root=root)
    assert np.isnan(figures(none).value).all()
    sums = Sums.of(np.array([0, 1]), np.array([0, 0]), np.array([1.0, 1.0]), shape=(2, 2), root=root)
    found = figures(sums)
    assert found.value[0] == 1.0
    assert np.isnan([found.value[1], found.low[1], found.high[1]]).all()
