"""Charts: valid specifications, titles that say what the data show, bars from zero, few rows, one colour a run."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest

from recsys_core.charts import compare, explore, theme, training
from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.profile import profile
from recsys_core.data.simulator import World

WORDS = Words(item="song", items="songs", user="listener", users="listeners", value="score", verb="heard")
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


def test_the_value_histogram_names_the_most_frequent_value() -> None:
    table = pd.DataFrame({"value": [1.0, 2.0, 5.0], "count": [10, 20, 70]})
    assert _title(explore.value_histogram(table, WORDS)) == "Most frequent score: 5, in 70% of the rows"


def test_the_long_tail_says_how_few_items_hold_half() -> None:
    tail = pd.DataFrame({"share_of_items": [0.0, 0.1, 1.0], "share_of_events": [0.0, 0.5, 1.0]})
    assert _title(explore.long_tail(tail, 0.1, WORDS)) == "Half of all interactions go to 10.0% of the songs"


def test_the_busiest_period_is_named() -> None:
    table = pd.DataFrame({"month": pd.to_datetime(["2024-01-01", "2024-02-01"]), "count": [3, 1234]})
    assert _title(explore.over_time(table)) == "Busiest from 01 Feb 2024: 1,234 interactions"


def test_the_leading_attribute_is_named_and_every_bar_has_its_name() -> None:
    values = [f"style {place}" for place in range(20)]
    table = pd.DataFrame({"value": values, "count": range(40, 20, -1), "mean": 3.0})
    chart = explore.by_attribute(table, "style", WORDS)
    assert _title(chart) == "style 0 leads style: 40 interactions"
    spec = chart.to_dict()
    assert spec["encoding"]["y"]["axis"]["labelOverlap"] is False
    assert spec["height"] >= 15 * explore.BAR_STEP  # at most fifteen bars, each with its room


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_of_a_real_profile_is_valid(dark: bool, small_world: World) -> None:
    data: Dataset = small_world.dataset
    seen = profile(data)
    made = [
        explore.value_histogram(seen.values, data.words, dark=dark),
        explore.long_tail(seen.items_tail, seen.half_share, data.words, dark=dark),
        explore.activity(seen.activity, seen.median_activity, data.words, dark=dark),
        explore.over_time(seen.over_time, dark=dark),
        explore.by_attribute(seen.attributes, "genre", data.words, dark=dark),
    ]
    for chart in made:
        assert len(_title(chart)) > 10
        assert chart.to_dict()["height"] > 0


def test_no_chart_takes_more_rows_than_a_browser() -> None:
    many = pd.DataFrame({"value": range(theme.MAX_ROWS + 1), "count": 1})
    with pytest.raises(ValueError, match="aggregate first"):
        explore.value_histogram(many, WORDS)
    with pytest.raises(ValueError, match="aggregate first"):
        training.checked(many)


def test_empty_tables_make_charts_that_say_so() -> None:
    nothing = RUNS.head(0)
    assert _title(compare.bars(nothing, "ndcg@10", COLOURS)) == "No run has this figure"
    assert _title(explore.value_histogram(pd.DataFrame({"value": [], "count": []}), WORDS)) == "No values"


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
