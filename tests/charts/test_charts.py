"""Charts: valid specifications, titles that say what the data show, bars from zero, few rows, one colour a run."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest

from recsys_core.charts import compare, theme, training

COLOURS = {"a": "#111111", "b": "#222222"}
RUNS = pd.DataFrame(
    {
        "label": ["Alpha · a", "Beta · b"],
        "id": ["a", "b"],
        "value": [0.2, 0.4],
        "low": [0.1, 0.35],
        "high": [0.3, 0.45],
    }
)


def _title(chart: Any) -> str:
    spec = chart.to_dict()  # validates against the Vega-Lite schema
    title = spec.get("title") or spec["layer"][0].get("title")
    return str(title)


def test_no_chart_takes_more_rows_than_a_browser() -> None:
    many = pd.DataFrame({"value": range(theme.MAX_ROWS + 1), "count": 1})
    with pytest.raises(ValueError, match="aggregate first"):
        training.checked(many)


def test_empty_tables_make_charts_that_say_so() -> None:
    nothing = RUNS.head(0)
    assert _title(compare.bars(nothing, "ndcg@10", COLOURS)) == "No run has this figure"


@pytest.mark.parametrize(
    ("metric", "leader", "value"), [("ndcg@10", "Beta · b", "0.400"), ("rmse", "Alpha · a", "0.200")]
)
def test_the_bars_name_the_leader_in_the_better_direction(metric: str, leader: str, value: str) -> None:
    chart = compare.bars(RUNS, metric, COLOURS)
    assert _title(chart).startswith(f"{leader} leads in ") and _title(chart).endswith(value)
    bar, whisker = chart.to_dict()["layer"]
    assert bar["encoding"]["x"]["scale"]["zero"] is True
    assert (whisker["encoding"]["x"]["field"], whisker["encoding"]["x2"]["field"]) == ("low", "high")
    assert bar["encoding"]["color"]["scale"] == {"domain": ["a", "b"], "range": ["#111111", "#222222"]}


def test_thirty_runs_have_room_for_thirty_names() -> None:
    many = pd.concat([RUNS.assign(label=f"Run {place}") for place in range(15)], ignore_index=True)
    assert compare.bars(many, "ndcg@10", COLOURS).to_dict()["height"] >= 30 * compare.BAR_STEP


def test_names_of_points_that_lie_together_do_not_cover_each_other() -> None:
    points = pd.DataFrame(
        {"x": [0.30, 0.31, 0.30, 0.9], "y": [0.40, 0.41, 0.405, 0.1], "label": ["c", "best", "b", "far"]}
    )
    kept = compare._apart(points, width=0.45, height=0.09)
    # two find room, above and below; the third, between them, keeps its tooltip only
    assert dict(zip(kept["label"], kept["side"], strict=True)) == {"best": 1, "b": -1, "far": 1}


def test_the_trade_off_says_what_the_best_list_costs() -> None:
    table = RUNS.assign(**{"coverage@10": [0.5, 0.25], "ndcg@10": [0.2, 0.4]}).drop(columns="value")
    table = table.rename(columns={"low": "ndcg@10_low", "high": "ndcg@10_high"})
    chart = compare.trade_off(table, "coverage@10", "ndcg@10", COLOURS)
    assert _title(chart) == "Beta · b: best lists, 25% of the catalogue"


def test_line_names_stand_one_under_the_other() -> None:
    ends = itertools.product(["a", "b", "c"], [1, 2])
    table = pd.DataFrame(
        [{"id": run, "label": run, "epoch": epoch, "value": 0.1 * epoch} for run, epoch in ends]
    )
    names = compare._line_names(table)
    gaps = -names["value"].diff().dropna()
    assert (gaps >= 0.09 * 0.1 - 1e-12).all()
    assert (names["value"] < 0.2).all()


@pytest.mark.parametrize("dark", [False, True])
def test_the_live_curves_are_constant_specs(dark: bool) -> None:
    first, second = (training.loss_spec("#123456", dark=dark) for _look in range(2))
    assert first == second
    assert first["encoding"]["strokeDash"]["scale"] == {
        "domain": ["training", "validation"],
        "range": [[5, 4], [1, 0]],
    }
    assert training.metric_spec("#123456", "NDCG@10")["title"] == "NDCG@10 on validation rows, by epoch"


def test_floors_are_grey_and_the_first_runs_of_each_family_differ() -> None:
    runs = [("1", "popularity", True), ("2", "history_encoder", False), ("3", "ease", False)]
    runs += [("4", "embedding_mlp", False), ("5", "random", True), ("6", "history_encoder", False)]
    colours = theme.run_colours(runs, dark=False)
    assert colours["1"] == colours["5"] == theme.LIGHT.floor
    assert len({colours[run] for run in ("2", "3", "4", "6")}) == 4


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("palette", "ground"), [(theme.LIGHT, "#ffffff"), (theme.DARK, "#020305")])
def test_every_run_s_colour_is_readable_on_its_ground(palette: theme.Palette, ground: str) -> None:
    for colour in (*palette.runs, palette.floor, palette.text):
        light, dark = sorted((_luminance(colour), _luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, colour
