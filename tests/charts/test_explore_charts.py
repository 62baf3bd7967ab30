"""Explore's charts: titles that say what the tables show, bars from zero, times that no browser moves, few rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from recsys_core.charts import explore, groups, over_time, theme
from recsys_core.data.activity import unit_of
from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.event_index import EventIndex
from recsys_core.data.groupings import Key
from recsys_core.data.profile import Profile, view
from recsys_core.data.selection import Selection
from recsys_core.data.simulator import World
from tests.data.explored import START, clicks, random_ratings

WORDS = Words(item="song", items="songs", user="listener", users="listeners", value="score", verb="heard")
TAGS = Key("items", "tags")


def _spec(chart: Any) -> dict[str, Any]:
    return chart.to_dict()  # type: ignore[no-any-return]  # validates against the Vega-Lite schema


def _drawn(index: EventIndex, seen: Profile, by: Key, dark: bool) -> list[Any]:
    """Every chart that there is of a profile."""
    words, binary = index.data.words, index.binary
    charts: list[Any] = [
        explore.value_histogram(seen.values, words, binary=binary, dark=dark),
        groups.by_attribute(seen.by_attribute, by.name, words, dark=dark),
        groups.means_by_attribute(
            seen.by_attribute, by.name, words, overall=seen.mean[0], binary=binary, dark=dark
        ),
    ]
    if index.time is not None:
        charts.append(over_time.over_time(seen.over_time, dark=dark))
        charts.append(over_time.means_over_time(seen.in_time, words, binary=binary, dark=dark))
    if len(seen.hours):
        charts.append(over_time.by_hour_and_weekday(seen.hours, dark=dark))
    for one in (seen.users, seen.items):
        if one is not None:
            charts.append(explore.lorenz({"who": one.lorenz}, "half", dark=dark))
            charts.append(explore.activity(one.activity, one.median, "who", dark=dark))
            charts.append(explore.lives(one.lives, "who", dark=dark))
            charts.append(over_time.arrivals(one.arrivals, "who", dark=dark))
    return charts


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_of_a_whole_profile_is_valid(dark: bool, small_world: World) -> None:
    index = EventIndex.of(small_world.dataset)
    by = Key("items", "genre") if "genre" in small_world.dataset.items else Key("items", "category")
    charts = _drawn(index, view(index, by=by), by, dark)
    assert len(charts) == 14
    for chart in charts:
        assert _spec(chart)
        assert len(theme.title_of(chart)) >= 4


@pytest.mark.parametrize(
    "data", [random_ratings(rows=1), clicks(1, timestamp=[START])], ids=["rating", "click"]
)
def test_a_single_row_can_be_drawn(data: Dataset) -> None:
    index = EventIndex.of(data)
    by = TAGS if data.n_items else Key("rows", "device")
    for chart in _drawn(index, view(index, by=by), by, dark=False):
        _spec(chart)


def test_the_value_histogram_names_the_most_frequent_value() -> None:
    table = pd.DataFrame({"value": ["1", "2", "5"], "low": [1.0, 2.0, 5.0], "count": [10, 20, 70]})
    chart = explore.value_histogram(table, WORDS, doubling=True)
    assert theme.title_of(chart) == "Most frequent score: 5, in 70% of the rows"
    assert _spec(chart)["encoding"]["x"]["title"] == "score (each step doubles)"


def test_answers_are_told_as_a_share() -> None:
    table = pd.DataFrame({"value": ["0", "1"], "low": [0.0, 1.0], "count": [95, 5]})
    assert theme.title_of(explore.value_histogram(table, WORDS, binary=True)) == "5.0% of the rows are 1"


def test_the_lorenz_curve_has_the_line_of_equal_shares() -> None:
    curve = pd.DataFrame({"share": [0.0, 0.5, 1.0], "share_of_rows": [0.0, 0.1, 1.0]})
    chart = explore.lorenz({"songs": curve, "listeners": curve}, explore.lorenz_title(0.128, 0.63, "songs"))
    assert theme.title_of(chart) == "Half of all interactions go to 12.8% of the songs (Gini 0.63)"
    layers = _spec(chart)["layer"]
    assert layers[0]["mark"]["strokeDash"] == [5, 4]
    assert layers[-1]["encoding"]["color"]["scale"]["domain"] == ["songs", "listeners"]


def test_the_busiest_period_is_named_until_one_is_chosen() -> None:
    table = pd.DataFrame(
        {
            "start": [0, 86_400],
            "end": [86_400, 172_800],
            "label": ["Thursday", "Friday"],
            "count": [3, 9],
            "chosen": True,
        }
    )
    assert theme.title_of(over_time.over_time(table)) == "Busiest: Friday, 9 interactions"
    part = over_time.over_time(table.assign(chosen=[True, False]))
    assert theme.title_of(part) == "25.0% of the interactions lie in the chosen period"


def test_times_are_utc_numbers_and_bars_start_at_zero() -> None:
    index = EventIndex.of(random_ratings())
    spec = _spec(over_time.over_time(view(index).over_time))
    assert spec["encoding"]["x"]["scale"] == {"type": "utc"}
    assert spec["encoding"]["y2"] == {"field": "zero"}
    row = next(iter(spec["datasets"].values()))[0]
    assert row["from"] == row["start"] * 1000 and row["zero"] == 0
    assert spec["params"][0]["name"] == over_time.PERIOD and spec["params"][0]["select"]["encodings"] == ["x"]
    assert unit_of(index.everything) == "week"


def test_a_mean_of_few_rows_has_no_band() -> None:
    table = pd.DataFrame(
        {
            "start": [0, 10], "end": [10, 20], "label": ["a", "b"], "count": [4, 40],
            "mean": [1.0, 3.0], "low": [-9.0, 2.5], "high": [11.0, 3.5],
        }
    )  # fmt: skip
    chart = over_time.means_over_time(table, WORDS)
    assert theme.title_of(chart) == "Mean score: highest 3 (b), lowest 3 (b)"
    rows = next(iter(_spec(chart)["datasets"].values()))
    assert [row["low"] for row in rows] == [None, 2.5]


def test_new_ones_stand_on_those_seen_before() -> None:
    table = pd.DataFrame(
        {"start": [0, 10], "end": [10, 20], "label": ["a", "b"], "new": [5, 1], "returning": [0, 3]}
    )
    chart = over_time.arrivals(table, "listeners")
    assert theme.title_of(chart) == "After the first period, 25% of the active listeners are new"
    rows = next(iter(_spec(chart)["datasets"].values()))
    assert [(row["low"], row["high"]) for row in rows] == [(0, 0), (0, 3), (0, 5), (3, 4)]


def test_the_busiest_hour_is_named() -> None:
    table = pd.DataFrame(
        {"day": ["Monday", "Sunday"], "hour": [3, 21], "count": [1, 3], "share": [0.25, 0.75]}
    )
    assert (
        theme.title_of(over_time.by_hour_and_weekday(table))
        == "Most on Sunday at 21:00 UTC: 75.0% of the interactions"
    )


def test_the_leading_value_is_named_and_a_bar_can_be_clicked() -> None:
    values = [f"style {place}" for place in range(15)]
    table = pd.DataFrame(
        {
            "value": values,
            "count": range(40, 25, -1),
            "share": 0.1,
            "mean": 3.0,
            "chosen": [True, *[False] * 14],
        }
    )
    chart = groups.by_attribute(table, "style", WORDS)
    assert theme.title_of(chart) == "style 0 leads style: 10% of the interactions"
    spec = _spec(chart)
    assert spec["encoding"]["y"]["axis"]["labelOverlap"] is False and spec["mark"]["cursor"] == "pointer"
    assert spec["height"] >= 15 * groups.BAR_STEP
    assert spec["params"][0]["select"] == {"type": "point", "fields": ["value"]}


def test_a_chosen_value_far_down_is_shown_all_the_same() -> None:
    table = pd.DataFrame(
        {"value": [str(place) for place in range(30)], "chosen": [place == 25 for place in range(30)]}
    )
    assert groups.shown_bars(table)["value"].tolist() == [*map(str, range(15)), "25"]
    assert len(groups.shown_bars(table.assign(chosen=True))) == 15


def test_the_highest_mean_is_not_that_of_a_handful_of_rows() -> None:
    table = pd.DataFrame(
        {
            "value": ["rare", "good", "bad"], "count": [3, 300, 400], "mean": [5.0, 4.0, 2.0],
            "low": [4.0, 3.9, 1.9], "high": [6.0, 4.1, 2.1],
        }
    )  # fmt: skip
    chart = groups.means_by_attribute(table, "style", WORDS, overall=3.0)
    assert theme.title_of(chart) == "Mean score: highest for good (4), lowest for bad (2)"
    whisker = _spec(chart)["layer"][1]
    assert (whisker["encoding"]["x"]["field"], whisker["encoding"]["x2"]["field"]) == ("low", "high")


def test_long_titles_are_broken_for_a_telephone() -> None:
    chart = explore.activity(
        pd.DataFrame({"low": [1], "high": [1], "label": ["1"], "count": [3]}), 1, "people of the north"
    )
    assert isinstance(chart.title, list) and max(map(len, chart.title)) <= theme.TITLE_WIDTH
    assert theme.title_of(chart) == "Half of the people of the north have 1 or more interactions"


def test_empty_tables_make_charts_that_say_so() -> None:
    nothing = pd.DataFrame({"start": [], "end": [], "label": [], "count": [], "chosen": []})
    assert theme.title_of(over_time.over_time(nothing)) == "No times in this data"
    no_values = pd.DataFrame({"value": [], "low": [], "count": []})
    assert theme.title_of(explore.value_histogram(no_values, WORDS)) == "No values"
    bars = pd.DataFrame({"value": [], "count": [], "share": [], "mean": [], "chosen": []})
    assert theme.title_of(groups.by_attribute(bars, "style", WORDS)) == "No values"


def test_no_chart_takes_more_rows_than_a_browser() -> None:
    many = pd.DataFrame({"value": range(theme.MAX_ROWS + 1), "low": 0, "count": 1})
    with pytest.raises(ValueError, match="aggregate first"):
        explore.value_histogram(many, WORDS)


def test_every_table_of_a_large_selection_is_small() -> None:
    seen = view(EventIndex.of(random_ratings(rows=4000, users=400, items=300)), Selection(), TAGS)
    assert seen.users is not None
    for table in (seen.over_time, seen.in_time, seen.hours, seen.users.lorenz, seen.users.arrivals):
        assert 0 < len(table) < 300
