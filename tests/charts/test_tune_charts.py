"""Charts of a search: of nothing, of one trial and of thirty; titles that say what one sees; both directions."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from recsys_core.charts import tune as charts
from recsys_core.charts import tune_compared
from recsys_core.charts.theme import DARK, LIGHT, MAX_ROWS, title_of
from recsys_core.scenarios.searching import best_so_far, curves_table
from recsys_core.scenarios.searching_axes import parallel
from recsys_core.scenarios.searching_importance import importance
from tests.searched import RANGES, drawn, table, trial

SIZES = (0, 1, 30)


def _layers(chart: Any) -> list[dict[str, Any]]:
    """Every mark, however deep it is layered."""
    found: list[dict[str, Any]] = []
    stack = [chart.to_dict()]  # validates against the Vega-Lite schema
    while stack:
        spec = stack.pop()
        stack += spec.get("layer", [])
        found += [spec] if "mark" in spec else []
    return found


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("metric", ["ndcg@10", "rmse"])
@pytest.mark.parametrize("by", [charts.BY_TRIAL, charts.BY_MINUTES])
def test_the_best_so_far_is_drawn_of_any_number_of_trials(n: int, metric: str, by: str) -> None:
    line = best_so_far(drawn(n, effect=0.1), metric)
    chart = charts.best_so_far(line, metric, by=by, default=0.2, dark=bool(n))
    assert title_of(chart).startswith("Best: " if n else "No trial finished")
    assert {one["encoding"]["x"].get("field") for one in _layers(chart) if "x" in one["encoding"]} >= {by}


def test_a_search_under_way_has_no_trial_finished_yet() -> None:
    nothing = best_so_far(table([]), "ndcg@10")
    assert title_of(charts.best_so_far(nothing, "ndcg@10", going_on=True)) == "No trial is finished yet"


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("dark", [False, True])
def test_parallel_axes_are_drawn_of_any_number_of_trials(n: int, dark: bool) -> None:
    lines, ticks = parallel(drawn(n, effect=0.1), RANGES, model="history_encoder", metric="ndcg@10", chosen=3)
    chart = charts.parallel(lines, ticks, "ndcg@10", dark=dark)
    tried = "What 1 trial tried" if n == 1 else f"What {n} trials tried"
    assert title_of(chart) == (f"{tried}, and what came of it" if n else "No trial to draw yet")
    accent = (DARK if dark else LIGHT).accent
    assert any(one["mark"].get("color") == accent for one in _layers(chart))


def test_a_low_error_is_coloured_as_a_high_gain() -> None:
    lines, ticks = parallel(drawn(5, effect=0.1), RANGES, model="history_encoder", metric="rmse")
    scales = [
        one["encoding"].get("color", {}).get("scale")
        for one in _layers(charts.parallel(lines, ticks, "rmse"))
    ]
    assert [scale["reverse"] for scale in scales if scale] == [True]


@pytest.mark.parametrize("n", SIZES)
def test_importance_is_drawn_with_what_chance_reaches(n: int) -> None:
    found = importance(drawn(n, effect=0.1), RANGES, model="history_encoder", sign=1)
    chart = charts.importance(found.table, found.sentence)
    assert title_of(chart) == found.sentence or title_of(chart).startswith(found.sentence[:30])
    marks = {one["mark"]["type"]: one["encoding"]["x"]["field"] for one in _layers(chart)}
    assert marks == {"bar": "share", "tick": "reach"}


@pytest.mark.parametrize("n", SIZES)
def test_curves_are_drawn_and_those_given_up_are_dashed(n: int) -> None:
    trials = table([trial(one, "pruned" if one % 3 else "finished", value=0.1 * one) for one in range(n)])
    rows = [(one, epoch, 0.01 * epoch, "ndcg@10") for one in range(n) for epoch in range(1, 9)]
    curves = pd.DataFrame(rows, columns=["number", "epoch", "value", "figure"])
    chart = charts.curves(curves_table(curves, trials, "ndcg@10"), "ndcg@10")
    assert title_of(chart).startswith("NDCG@10 by epoch, " if n else "No epoch was measured yet")
    assert any(one["mark"].get("strokeDash") for one in _layers(chart))


SHRUNK = pd.DataFrame(
    [("validation", 0.31, math.nan, math.nan), ("test", 0.40, 0.38, 0.42)],
    columns=["rows", "value", "low", "high"],
)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_way_to_test_is_drawn_and_gains_stand_over_the_default_settings(n: int) -> None:
    chart = charts.shrinkage(SHRUNK.head(n), "ndcg@10", "From here to there")
    assert title_of(chart) == "From here to there" and len(_layers(chart)) == 4
    gained = charts.gains(SHRUNK.head(n), "Gain", dark=True)
    assert title_of(gained) == "Gain" and len(_layers(gained)) == 6


STEPS = pd.DataFrame(
    [(one, f"Search · {one}", trial_, 0.1 * trial_) for one in "abc" for trial_ in range(1, 11)],
    columns=["id", "label", "trial", "best"],
)
FINALS = pd.DataFrame(
    {
        "id": list("abc"),
        "label": [f"Search · {one}" for one in "abc"],
        "number": [1, 2, -1],
        "value": [0.3, 0.2, math.nan],
        "low": [0.2, 0.1, math.nan],
        "high": [0.4, 0.3, math.nan],
        "test": [0.35, math.nan, math.nan],
        "test_low": [0.3, math.nan, math.nan],
        "test_high": [0.4, math.nan, math.nan],
    }
)


@pytest.mark.parametrize("dark", [False, True])
def test_each_method_has_its_colour_and_two_of_one_method_their_dashes(dark: bool) -> None:
    colours = tune_compared.colours_of({"a": "grid", "b": "bayes", "c": "bayes"}, dark=dark)
    assert colours["b"] == colours["c"] != colours["a"]
    chart = tune_compared.steps(STEPS, "ndcg@10", colours, 10, dark=dark)
    assert title_of(chart) == "Best so far of each, up to 10 trials"
    dashes = chart.to_dict()["encoding"]["strokeDash"]["scale"]["range"]
    assert dashes[1] != dashes[2]
    final = tune_compared.finals(FINALS, "ndcg@10", colours, dark=dark)
    assert title_of(final) == "What each found, from 0.200 to 0.300"
    assert len(_layers(final)) == 4


def test_nothing_and_one_search_can_be_drawn() -> None:
    assert title_of(tune_compared.steps(STEPS.head(0), "rmse", {}, 0)) == "No trial finished in any of them"
    assert title_of(tune_compared.steps(STEPS.head(1), "rmse", {}, 1))
    assert title_of(tune_compared.finals(FINALS.tail(1), "rmse", {})) == "No settings to compare yet"
    assert _layers(tune_compared.finals(FINALS.head(0), "rmse", {}))


def test_too_many_rows_are_refused() -> None:
    many = pd.concat([STEPS] * (MAX_ROWS // len(STEPS) + 1))
    with pytest.raises(ValueError, match="too many"):
        tune_compared.steps(many, "ndcg@10", {}, 10)
