"""Charts of the worth of an attribute: titles that say what one sees, also of nothing and of one row."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys_core.charts import worth as charts
from recsys_core.charts.theme import MAX_ROWS, title_of

ARMS = pd.DataFrame(
    [
        ("with it", True, 0, 0.30, 0.29, 0.27, 0.31),
        ("with it", True, 1, 0.28, 0.29, 0.27, 0.31),
        ("without it", False, 0, 0.20, 0.21, 0.19, 0.23),
        ("without it", False, 1, 0.22, 0.21, 0.19, 0.23),
    ],
    columns=["arm", "own", "seed", "value", "mean", "low", "high"],
)
GAINS = pd.DataFrame(
    {"against": ["without it", "shuffled"], "mean": [0.1, 0.12], "low": [0.05, 0.02], "high": [0.15, 0.22]}
)


@pytest.mark.parametrize("dark", [False, True])
def test_the_best_arm_is_named(dark: bool) -> None:
    assert title_of(charts.arms(ARMS, "ndcg@10", dark=dark)) == "Best on average: with it, NDCG@10 0.290"
    assert title_of(charts.arms(ARMS, "rmse", dark=dark)) == "Best on average: without it, RMSE 0.210"


def test_every_seed_has_a_dot_and_every_arm_one_mean() -> None:
    tables = charts.arms(ARMS, "ndcg@10").to_dict()["datasets"].values()
    assert sorted(map(len, tables)) == [2, 4]
    means = next(rows for rows in tables if len(rows) == 2)
    assert [row["mean"] for row in means] == [0.29, 0.21]


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        ([0.05, 0.02], [0.15, 0.22], "Every interval is above 0"),
        ([-0.15, -0.2], [-0.05, -0.02], "Every interval is below 0"),
        ([0.05, -0.2], [0.15, 0.22], "One interval is off 0, the other holds it"),
        ([-0.05, -0.2], [0.15, 0.22], "Both intervals hold 0"),
    ],
)
def test_the_title_tells_the_intervals_from_0(low: list[float], high: list[float], wanted: str) -> None:
    chart = charts.gains(GAINS.assign(low=low, high=high), "ndcg@10", dark=True)
    assert title_of(chart) == wanted


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_row_can_be_drawn(n: int) -> None:
    for chart in (charts.arms(ARMS.head(n), "ndcg@10"), charts.gains(GAINS.head(n), "ndcg@10")):
        assert title_of(chart)
        assert chart.to_dict()["layer"]


def test_too_many_rows_are_refused() -> None:
    many = pd.concat([ARMS] * (MAX_ROWS // 4 + 1))
    with pytest.raises(ValueError, match="too many"):
        charts.arms(many, "ndcg@10")
