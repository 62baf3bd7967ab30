"""Liked or not: counts, rates and curves by hand and beside scikit-learn, ties among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from recsys_core.evaluation.liked import MOST_POINTS, Confusion, confusion, liked_curves

TRUTH = np.array([5.0, 4.0, 4.0, 2.0, 1.0, 3.0])
PREDICTED = np.array([4.5, 4.0, 3.0, 4.0, 1.5, 3.0])


def test_six_rows_by_hand() -> None:
    found = confusion(TRUTH, PREDICTED, 4.0)
    assert found == Confusion(tp=2, fp=1, fn=1, tn=2)
    assert (found.n, found.accuracy, found.precision, found.recall) == (6, 4 / 6, 2 / 3, 2 / 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.false_alarms == pytest.approx(1 / 3)


def test_the_cut_on_the_prediction_may_be_another() -> None:
    assert confusion(TRUTH, PREDICTED, 4.0, cut=3.0) == Confusion(tp=3, fp=2, fn=0, tn=1)
    assert confusion(TRUTH, PREDICTED, 4.0, cut=9.0) == Confusion(tp=0, fp=0, fn=3, tn=3)
    assert confusion(TRUTH, PREDICTED, 4.0, cut=9.0).precision == 0.0


def test_without_a_row_nothing_is_claimed() -> None:
    none = confusion(np.zeros(0), np.zeros(0), 4.0)
    assert none.n == 0
    assert np.isnan(none.accuracy)
    curves = liked_curves(np.zeros(0), np.zeros(0), 4.0)
    assert np.isnan(curves.auc) and np.isnan(curves.average_precision)
    assert len(curves.pr) == 0


def test_the_curve_of_six_rows_by_hand() -> None:
    curves = liked_curves(TRUTH, PREDICTED, 4.0)
    # cuts 4.5, 4 (one right, one wrong: a tie is one step), 3 (the same), 1.5
    assert curves.roc["false_alarms"].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1])
    assert curves.roc["recall"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])
    assert curves.pr["precision"].tolist() == pytest.approx([1, 2 / 3, 3 / 5, 3 / 6])
    # pairs of a liked and another row: 9, of which 6 are won and 2 tied
    assert curves.auc == pytest.approx((6 + 2 / 2) / 9)
    assert curves.average_precision == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    assert curves.share == 0.5


rows = st.lists(st.tuples(st.integers(1, 5), st.integers(2, 10)), min_size=1, max_size=60)


@given(rows)
def test_everything_equals_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs, dtype=np.float64).T
    predicted = predicted / 2
    liked, said = truth >= 4, predicted >= 3.5
    found = confusion(truth, predicted, 4.0, cut=3.5)
    table = reference.confusion_matrix(liked, said, labels=[False, True])
    assert [[found.tn, found.fp], [found.fn, found.tp]] == table.tolist()
    assert found.accuracy == pytest.approx(reference.accuracy_score(liked, said))
    for ours, theirs in (
        (found.precision, reference.precision_score),
        (found.recall, reference.recall_score),
        (found.f1, reference.f1_score),
    ):
        assert ours == pytest.approx(theirs(liked, said, zero_division=0))
    curves = liked_curves(truth, predicted, 4.0)
    if 0 < liked.sum() < len(liked):
        assert curves.auc == pytest.approx(reference.roc_auc_score(liked, predicted))
        false_alarms, recall, _cuts = reference.roc_curve(liked, predicted, drop_intermediate=False)
        assert curves.roc["false_alarms"].tolist() == pytest.approx(false_alarms.tolist())
        assert curves.roc["recall"].tolist() == pytest.approx(recall.tolist())
    else:
        assert np.isnan(curves.auc)
    if liked.any():
        assert curves.average_precision == pytest.approx(reference.average_precision_score(liked, predicted))


def test_a_long_curve_is_thinned_and_its_areas_are_not() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(1, 6, 20_000).astype(np.float64)
    predicted = truth + rng.normal(0, 2, len(truth))
    curves = liked_curves(truth, predicted, 4.0)
    assert curves.auc == pytest.approx(reference.roc_auc_score(truth >= 4, predicted), abs=1e-12)
    for curve in (curves.roc, curves.pr):
        assert len(curve) <= MOST_POINTS
        assert curve["recall"].is_monotonic_increasing
        assert curve["recall"].iloc[-1] == 1.0
    thin = np.trapezoid(curves.roc["recall"], curves.roc["false_alarms"])
    assert thin == pytest.approx(curves.auc, abs=1e-4)
