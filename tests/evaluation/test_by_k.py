"""All lengths of the list at once are the same as one after the other; and one user by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recsys_core.evaluation.by_k import COLUMNS, at_each_k, curve_table
from recsys_core.evaluation.intervals import user_draws
from recsys_core.evaluation.metrics import RANKING_METRICS, Hits


@given(
    relevant=arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 12))),
    more=st.integers(0, 5),
)
def test_each_k_is_the_metric_at_that_k(relevant: np.ndarray, more: int) -> None:
    hits = Hits(relevant, np.maximum(relevant.sum(axis=1), 1) + more)
    found = at_each_k(hits, relevant.shape[1])
    for name, metric in RANKING_METRICS.items():
        naive = np.column_stack([metric(hits, k) for k in range(1, relevant.shape[1] + 1)])
        np.testing.assert_allclose(found[name], naive, atol=1e-12, err_msg=name)


def test_one_user_by_hand() -> None:
    """Hits at ranks 2 and 3, of three relevant items."""
    found = at_each_k(Hits(np.array([[False, True, True]]), np.array([3])), 3)
    assert found["recall"][0] == pytest.approx([0, 1 / 3, 2 / 3])
    assert found["precision"][0] == pytest.approx([0, 1 / 2, 2 / 3])
    assert found["mrr"][0] == pytest.approx([0, 1 / 2, 1 / 2])
    assert found["map"][0] == pytest.approx([0, (1 / 2) / 2, (1 / 2 + 2 / 3) / 3])
    second, third = 1 / np.log2(3), 1 / np.log2(4)
    assert found["ndcg"][0] == pytest.approx(
        [0, second / (1 + second), (second + third) / (1 + second + third)]
    )


def test_lists_shorter_than_k_have_misses_at_their_end() -> None:
    found = at_each_k(Hits(np.array([[True, False]]), np.array([1])), 4)
    assert found["precision"][0] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert found["ndcg"][0] == pytest.approx([1, 1, 1, 1])


def test_the_band_holds_the_mean_and_is_the_bootstrap_over_users() -> None:
    rng = np.random.default_rng(3)
    hits = Hits(rng.random((80, 20)) < 0.2, np.full(80, 5))
    draws = user_draws(80, 1)
    table = curve_table(hits, 20, draws)
    assert list(table.columns) == list(COLUMNS)
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    one = table[(table["metric"] == "recall") & (table["k"] == 10)].iloc[0]
    means = draws @ RANKING_METRICS["recall"](hits, 10) / 80
    assert (one["low"], one["high"]) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))


def test_nobody_judged_is_an_empty_table() -> None:
    empty = Hits(np.zeros((0, 5), bool), np.zeros(0, np.int64))
    table = curve_table(empty, 5, np.zeros((500, 0)))
    assert table.empty
    assert list(table.columns) == list(COLUMNS)
