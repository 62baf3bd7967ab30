"""The map's chart: what its title says, what is ringed, with nothing, one point and too many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.charts import embedding as charts
from recsys_core.charts.theme import DARK, LIGHT, MAX_ROWS, title_of
from recsys_core.columns import COUNTS, NUMBERS, VALUES


def _points(n: int = 12) -> pd.DataFrame:
    place = np.arange(n)
    return pd.DataFrame(
        {
            "id": [f"i{one}" for one in place],
            "title": [f"Title {one}" for one in place],
            "x": place * 1.0,
            "y": place * 2.0,
            "colour": ["red", "blue", ""] * (n // 3) + ["red"] * (n % 3),
            "alike": np.where(place % 3 == 0, 0.25, 0.75),
            "about": "calm",
            "chosen": place,
        }
    )


def _spec(points: pd.DataFrame, kind: str = VALUES, **given: Any) -> dict[str, Any]:
    chart = charts.embedding_map(points, kind, "colour", **given)
    assert title_of(chart)
    found = chart.to_dict()
    assert isinstance(found, dict)
    return found


def _rows(spec: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return sorted(spec["datasets"].values(), key=len)


def test_the_title_says_which_colour_keeps_together() -> None:
    title = charts.map_title(_points(), VALUES, "side")
    assert title == "blue keeps together most: 75% of what is nearest to it is blue, too"
    numbers = _points().assign(colour=np.arange(12.0))
    assert charts.map_title(numbers, NUMBERS, "size") == "Title 11 is highest in size: 11"
    assert charts.map_title(_points().assign(colour=""), VALUES, "side") == "Nothing is known of side"
    assert charts.map_title(numbers.assign(colour=np.nan), COUNTS, "size") == "Nothing is known of size"


def test_the_chosen_point_and_its_neighbours_are_ringed() -> None:
    spec = _spec(_points(), chosen="i3", near=("i4", "i5"))
    rings = next(rows for rows in _rows(spec) if rows and "ring" in rows[0] and len(rows) == 3)
    sizes = {one["id"]: one["ring"] for one in rings}
    assert sizes["i3"] > sizes["i4"] == sizes["i5"]


def test_a_click_names_a_point() -> None:
    (param,) = [one for one in _spec(_points())["params"] if one["name"] == charts.PICK]
    assert param["select"]["fields"] == ["id"]


def test_grey_points_are_drawn_first() -> None:
    colours = [one["colour"] for one in _rows(_spec(_points()))[-1]]
    assert colours[:4] == ["other"] * 4
    assert "other" not in colours[4:]


@pytest.mark.parametrize("kind", [VALUES, NUMBERS, COUNTS])
@pytest.mark.parametrize("n", [0, 1])
def test_it_can_be_drawn_with_nothing_and_with_one(kind: str, n: int) -> None:
    points = _points(3).head(n)
    if kind != VALUES:
        points = points.assign(colour=np.arange(n) + 1.0)
    assert _spec(points, kind)["layer"]


def test_too_many_points_are_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        _spec(_points(MAX_ROWS + 3))


def test_both_modes_have_their_colours() -> None:
    light, dark = (str(_spec(_points(), dark=one)) for one in (False, True))
    assert LIGHT.runs[0] in light and DARK.runs[0] in dark
    assert "x" * 81 not in str(_spec(_points().assign(title="x" * 300)))
