"""Charts of a person and of one suggestion: what they say, in which order, with nothing and with much."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys_core.charts import lists
from recsys_core.charts.theme import DARK, LIGHT, MAX_ROWS, title_of
from recsys_core.data.dataset import Words

WORDS = Words()
TASTE = pd.DataFrame({"value": ["tea", "toys"], "share": [0.6, 0.4], "everyone": [0.5, 0.1]})
FALLS = pd.DataFrame({"title": ["One", "One", "x" * 300], "fall": [0.5, 0.2, 0.1]})


def test_taste_names_what_stands_out_against_everybody() -> None:
    assert lists.taste_title(TASTE) == "toys: 40% of theirs, 10% of all"
    assert lists.taste_title(TASTE.head(0)) == "No values"


@pytest.mark.parametrize("dark", [False, True])
def test_taste_draws_shares_in_the_table_s_order_and_everybody_s_as_ticks(dark: bool) -> None:
    spec = lists.taste_spec("aisle", dark=dark)
    bars, ticks = spec["layer"]
    assert bars["encoding"]["x"]["field"] == "share"
    assert bars["mark"]["color"] == (DARK if dark else LIGHT).runs[0]
    assert ticks["encoding"]["x"]["field"] == "everyone"
    assert spec["encoding"]["y"]["sort"] is None
    assert spec == lists.taste_spec("aisle", dark=dark)


def test_falls_name_the_choice_that_carries_most() -> None:
    chart = lists.falls(FALLS, "Kettle", WORDS)
    assert title_of(chart) == "Kettle falls most without One"
    labels = chart.to_dict()["encoding"]["y"]["sort"]
    assert labels[:2] == ["1. One", "2. One"]
    assert len(labels[2]) < 50


def test_nothing_that_carries_is_said() -> None:
    chart = lists.falls(FALLS.head(0), "Kettle", WORDS)
    assert title_of(chart) == "No single choice carries Kettle"
    chart.to_dict()


def test_too_many_rows_are_refused() -> None:
    many = pd.DataFrame({"title": range(MAX_ROWS + 1), "fall": 0.1})
    with pytest.raises(ValueError, match="aggregate"):
        lists.falls(many, "Kettle", WORDS)
