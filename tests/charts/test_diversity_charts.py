"""Charts of the dial: what they say, with nothing, one row and all of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from recsys_core.charts import diversity
from recsys_core.charts.theme import DARK, LIGHT, MAX_ROWS, title_of
from recsys_core.ranking.rerank import DPP, METHODS, MMR, Setting
from recsys_core.scenarios.judging import MEANT

MIX = pd.DataFrame(
    {"kind": ["calm", "x" * 90], "taste": [0.5, 0.2], "before": [0.9, 0.0], "after": [0.6, 0.1]}
)


def _points() -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for method in METHODS:
        for step in range(4):
            ndcg = 0.2 - 0.004 * step**2
            rows.append(
                {"method": method, "strength": step / 10, "ndcg": ndcg, "ndcg_low": ndcg - 0.01,
                 "ndcg_high": ndcg + 0.01, "ndcg_change": -2.0 * step**2, "distance": 0.7 + 0.02 * step,
                 "distance_change": 3.0 * step, "changed": step}
            )  # fmt: skip
    return pd.DataFrame(rows)


AT = Setting(MMR, 0.2)


def _chart(points: pd.DataFrame, setting: Setting = AT, **given: Any) -> dict[str, Any]:
    knees = {MMR: 0.2, DPP: 0.1}
    chart = diversity.frontier(points, "distance", MEANT["distance"], setting, knees, **given)
    return {"title": title_of(chart), "spec": chart.to_dict()}


def test_the_title_says_what_the_setting_costs_and_brings() -> None:
    assert _chart(_points())["title"] == "MMR at 0.2: NDCG -8.0 %, difference in the list +6.0 %"
    assert _chart(_points(), Setting(MMR, 0.0))["title"].startswith("Every re-ranker at every strength")


def test_between_two_points_one_of_them_stands_for_the_dial() -> None:
    data = _chart(_points(), Setting(MMR, 0.25))["spec"]["datasets"]
    (rows,) = [rows for rows in data.values() if len(rows) > 1]
    here = [(one["method"], one["strength"]) for one in rows if one["here"]]
    assert len(here) == 1 and here[0][0] == MMR and here[0][1] in (0.2, 0.3)


def test_a_dial_beyond_what_is_drawn_is_not_given_another_point_s_figures() -> None:
    title = _chart(diversity.useful(_points()), Setting(MMR, 0.9))["title"]
    assert title == "MMR at 0.90 is not drawn: it loses more than 10% of NDCG"


def test_a_click_selects_a_method_and_a_strength() -> None:
    spec = _chart(_points())["spec"]
    (param,) = [one for one in spec["params"] if one["name"] == diversity.PICK]
    assert param["select"]["type"] == "point"
    assert param["select"]["fields"] == ["method", "strength"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_re_ranker_has_a_colour_of_its_own(dark: bool) -> None:
    spec = _chart(_points(), dark=dark)["spec"]
    scales = [
        one["encoding"]["color"]["scale"] for one in spec["layer"] if "color" in one.get("encoding", {})
    ]
    assert scales[0]["range"] == list((DARK if dark else LIGHT).runs)
    assert len(set(scales[0]["domain"])) == len(METHODS) == len(scales[0]["range"])


def test_where_less_is_meant_the_axis_is_turned_so_that_right_is_more_variety() -> None:
    points = _points().rename(columns={"distance": "gini", "distance_change": "gini_change"})
    chart = diversity.frontier(points, "gini", MEANT["gini"], Setting(MMR, 0.2), {})
    assert '"reverse": true' in chart.to_json()
    assert _chart(_points())["spec"]["layer"][0]["encoding"]["x"]["scale"]["reverse"] is False


def test_points_that_nobody_looks_for_are_left_out_at_first() -> None:
    kept = diversity.useful(_points())
    assert set(kept["strength"]) == {0.0, 0.1, 0.2}
    assert (kept["ndcg"] >= diversity.SHOWN_FROM * 0.2).all()


@pytest.mark.parametrize("n", [0, 1])
def test_few_points_make_a_chart_too(n: int) -> None:
    _chart(_points().head(n))


def test_the_mix_says_what_moved_most() -> None:
    assert diversity.mix_title(MIX) == "calm: 50% of their choices; in the list 90%, now 60%"
    assert diversity.mix_title(MIX.head(0)) == "Nothing is known of what these are"
    assert len(diversity.mix_title(MIX.tail(1))) < 100


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_mix_draws_choices_before_and_after(n: int) -> None:
    spec = diversity.mix(MIX.head(n)).to_dict()
    fields = [one["encoding"]["x"]["field"] for one in spec["layer"]]
    assert fields == ["before", "taste", "before", "after"]


def test_quarters_say_how_the_places_moved() -> None:
    table = pd.DataFrame({"group": ["a", "b"], "before": [0.9, 0.1], "after": [0.8, 0.2]})
    assert title_of(diversity.quarters(table)) == "The most chosen quarter had 90.0% of all places, now 80.0%"
    assert title_of(diversity.quarters(table.head(0))) == "Nobody is shown anything"


def test_too_many_rows_are_refused() -> None:
    many = pd.DataFrame({"kind": range(MAX_ROWS + 1), "taste": 0.1, "before": 0.1, "after": 0.1})
    with pytest.raises(ValueError, match="aggregate"):
        diversity.mix(many)
