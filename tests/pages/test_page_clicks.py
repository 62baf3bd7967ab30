"""Click tables on every page: nothing learns from them yet, and every page says so and offers what can be done."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.data.store import keep_dataset
from recsys_core.runs import list_runs
from tests.helpers import click_table
from tests.pages.conftest import OpenPage, assert_clean, words_of

SHAPES = {
    "bare": (),
    "with items": ("item_id",),
    "with users and items": ("user_id", "item_id"),
    "with all": ("user_id", "item_id", "timestamp"),
}
SAID = "No model here learns from yes-or-no answers"


@pytest.fixture(params=list(SHAPES))
def clicks(request: pytest.FixtureRequest, workspace: Path) -> tuple[str, ...]:
    """A workspace with one click table; the columns that it has beside label and features."""
    columns = SHAPES[request.param]
    keep_dataset(click_table(columns), actor="test")
    return columns


@pytest.mark.parametrize("page", ["train", "metrics", "recommend", "cold_start"])
def test_a_page_about_models_says_so_and_offers_to_look_at_the_data(
    page: str, clicks: tuple[str, ...], open_page: OpenPage
) -> None:
    app = open_page(page)
    assert_clean(app)
    assert SAID in words_of(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Look at the data"]


def test_home_says_so_and_counts_only_what_there_is(clicks: tuple[str, ...], open_page: OpenPage) -> None:
    app = open_page("home")
    assert_clean(app)
    assert SAID in words_of(app)
    counts = {metric.label: metric.value for metric in app.metric}
    expected = {"Interactions": "40"}
    expected |= {"Users": "7"} if "user_id" in clicks else {}
    expected |= {"Items": "5"} if "item_id" in clicks else {}
    assert counts == expected
    assert "1. Look at the data" in words_of(app) and "2." not in words_of(app)
    assert "The loop in five steps" not in words_of(app)


def test_prepare_lists_it_and_nothing_was_queued(clicks: tuple[str, ...], open_page: OpenPage) -> None:
    app = open_page("prepare")
    assert_clean(app)
    assert next(one.value for one in app.dataframe if "Name" in one.value)["Name"].tolist() == ["clicks"]
    assert list_runs() == []
