"""The judges of reasons and of questions, on cases worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import elicitation
from benchmarks.retaught import L2, without, without_row
from benchmarks.tables import share
from benchmarks.true_causes import true_falls
from recsys_core.columns import ITEM_ROW, USER_ROW
from recsys_core.models.baselines import Ease
from tests.fitted import tiny_split


def test_taking_a_row_away_is_what_a_new_fit_without_it_gives() -> None:
    split = tiny_split()
    split = replace(split, train=split.fit_rows, valid=np.empty(0, dtype=np.int64))
    seen = split.matrix(split.train).toarray().astype(np.float64)
    history, item = np.flatnonzero(seen[4]), int(np.flatnonzero(seen[4] == 0)[0])
    inverse = np.linalg.inv(seen.T @ seen + L2 * np.eye(seen.shape[1]))
    less = without(split, [(4, int(history[0]))])
    assert len(less.train) == len(split.train) - 1
    fitted = Ease({"l2": L2}).fit(less, seed=0).scorer.fold_in([history[1:]])[0, item]
    assert without_row(inverse, history, int(history[0]), item) == pytest.approx(fitted, abs=1e-6)


def test_rows_are_taken_from_their_own_users_only() -> None:
    split = tiny_split()
    events = split.dataset.interactions.iloc[split.train]
    pairs = list(zip(events[USER_ROW].head(3), events[ITEM_ROW].head(3), strict=True))
    rest = without(split, pairs).dataset.interactions.iloc[without(split, pairs).train]
    left = set(zip(rest[USER_ROW], rest[ITEM_ROW], strict=True))
    assert not left & set(pairs)
    assert len(rest) == len(events) - 3


def test_true_falls_by_hand() -> None:
    # two kinds of people; the first choose item 0 and 2, the second 1: 0 speaks for 2, 1 against it
    people = np.array([[0.6, 0.1, 0.3], [0.1, 0.8, 0.1]])
    fit = np.array([0.06, 0.08])  # of the history 0, 1
    expected = fit @ people[:, 2] / fit.sum()
    without_0 = people[:, 1] @ people[:, 2] / people[:, 1].sum()
    without_1 = people[:, 0] @ people[:, 2] / people[:, 0].sum()
    found = true_falls(people, np.array([0, 1]), 2)
    assert found == pytest.approx([expected - without_0, expected - without_1])
    assert found[0] > 0 > found[1]


def test_a_share_has_wilsons_interval() -> None:
    assert share([True] * 35 + [False] * 15) == pytest.approx([0.7, 0.5625, 0.8090], abs=1e-3)


def test_a_strategy_that_is_better_is_told_as_better() -> None:
    def one(mean: float, gap: list[float]) -> dict[str, object]:
        step = {"ndcg": [mean, mean, mean], "gap": gap}
        return {"yes": 2.0, "p95_ms": 20.0, "p95_busy_ms": 9.0} | {
            str(n): step for n in (0, *elicitation.STEPS)
        }

    found = {
        "users": 10,
        "strategies": {"gain": one(0.5, [0.1, 0.05, 0.15]), "popular": one(0.4, [0.0, 0.0, 0.0])},
    }
    said = elicitation.as_lines(found)
    assert "- after 10: +0.1000 (+0.0500 to +0.1500): better." in said
    assert "- Better than asking for popular items after 10: reached." in said
