"""Explore: every kind of data, a selection by address, by chart and by control, warnings, neighbours, search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import explore_selection
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.groupings import Key
from recsys_core.data.periods import Unit
from recsys_core.data.store import keep_dataset, open_dataset
from tests import shop
from tests.data.explored import START, clicks, random_ratings
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def _figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def _titles(app: AppTest) -> list[str]:
    titles = [json.loads(chart.proto.spec)["title"] for chart in app.get("vega_lite_chart")]
    texts = [one["text"] if isinstance(one, dict) else one for one in titles]
    return [" ".join(one) if isinstance(one, list) else one for one in texts]


def _without_time() -> Dataset:
    data = random_ratings()
    events = data.interactions.drop(columns="timestamp").assign(value=1.0)
    return replace(data, kind=Kind.IMPLICIT, interactions=events)


@pytest.fixture(autouse=True)
def no_state_is_left() -> Iterator[None]:
    """What a test puts into the state outside of any page is gone afterwards."""
    yield
    st.session_state.clear()


@pytest.fixture
def opened(open_page: OpenPage) -> Any:
    """Keeps a data set and opens the page on it."""

    def at(data: Dataset, **query: str) -> AppTest:
        keep_dataset(data, actor="test")
        app = open_page("explore", **query)
        assert_clean(app)
        return app

    return at


def test_ratings_show_their_figures_and_all_charts(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("explore")
    assert_clean(app)
    data = open_dataset(shop.DATA)
    shown = _figures(app)
    assert shown["Interactions"] == f"{len(data.interactions):,}"
    assert shown["Sparsity"] == f"{1 - len(data.interactions) / (data.n_users * data.n_items):.1%}"
    assert shown["Cold users"] == "0.0%" and shown["Warnings"].isdigit()
    assert "Selected" not in words_of(app)
    titles = " ".join(_titles(app))
    for said in ("Busiest:", "Mean stars", "leads aisle", "Gini", "within one day only", "are new", "UTC"):
        assert said in titles, said


def test_implicit_data_without_time(opened: Any) -> None:
    app = opened(_without_time())
    assert "This data has no times" in words_of(app)
    titles = " ".join(_titles(app))
    assert "leads tags" in titles and "Mean" not in titles and "Busiest" not in titles
    assert not app.date_input
    assert "Mean value" not in _figures(app)


def test_clicks_without_users_and_items(opened: Any) -> None:
    app = opened(clicks(timestamp=[START + minute * 60 for minute in range(300)]))
    assert list(_figures(app)) == ["Interactions", "Share of 1", "Warnings"]
    assert "rows, of which" in words_of(app) and "Neighbours of one" not in words_of(app)
    titles = " ".join(_titles(app))
    assert "Share of 1: highest for" in titles and "of the rows are 1" in titles
    app.selectbox(key="explore_value").select("phone").run()
    assert_clean(app)
    assert "device: phone" in words_of(app)


def test_a_selection_comes_by_address(opened: Any) -> None:
    data = random_ratings()
    app = opened(data, **{"from": "2020-10-01", "to": "2020-12-31", "pick": "items.tags=red"})
    events = data.interactions
    red = data.items["tags"].map(lambda tags: "red" in tags).to_numpy(dtype=bool)[events["item"]]
    n = (events["timestamp"].between(1_601_510_400, 1_609_459_199) & red).sum()
    assert _figures(app)["Interactions"] == str(n)
    said = words_of(app)
    assert "01 Oct 2020 to 31 Dec 2020" in said and "tags (item): red" in said
    assert f"{n:,} of {len(events):,} interactions" in said
    assert app.selectbox(key="explore_value").value == "red"
    assert app.date_input(key="explore_from").value.isoformat() == "2020-10-01"
    app.button(key="explore_clear").click().run()
    assert_clean(app)
    assert _figures(app)["Interactions"] == f"{len(events):,}"
    assert app.query_params.get("pick") is None and app.query_params.get("from") is None


def test_what_the_address_asks_for_and_is_not_there_is_said(opened: Any) -> None:
    app = opened(random_ratings(), **{"from": "soon", "pick": "items.tags=purple"})
    assert "Selected" not in words_of(app)
    said = " ".join(toast.value for toast in app.toast)
    assert "from = 'soon'" in said and "pick = 'items.tags=purple'" in said


def test_a_selection_that_leaves_no_row_offers_the_way_back(opened: Any) -> None:
    data = random_ratings()
    app = opened(data, **{"from": "2035-01-01"})
    assert "No interaction is in this selection." in words_of(app)
    assert not app.metric and any("chosen period" in title for title in _titles(app))
    app.button(key="explore_everything").click().run()
    assert_clean(app)
    assert _figures(app)["Interactions"] == f"{len(data.interactions):,}"


def test_a_brush_chooses_whole_periods() -> None:
    week, monday = 7 * 86_400_000, 1_601_856_000_000  # 5 October 2020
    brushed = {"selection": {"period": {"from": [monday + 2.5 * week, monday + week / 2]}}}
    st.session_state.update({"chart": brushed, "pick": []})
    explore_selection.brushed("chart", Unit.WEEK)()
    assert (st.session_state["from"], st.session_state["to"]) == ("2020-10-05", "2020-10-25")
    st.session_state["chart"] = {"selection": {"period": {}}}  # a click beside the brush takes it away
    explore_selection.brushed("chart", Unit.WEEK)()
    assert (st.session_state["from"], st.session_state["to"]) == ("", "")
    st.session_state["chart"] = {"selection": {"period": {"from": [monday, monday + 5_400_000]}}}
    explore_selection.brushed("chart", Unit.HOUR)()
    assert (st.session_state["from"], st.session_state["to"]) == ("2020-10-05T00", "2020-10-05T01")


def test_a_click_chooses_a_value_and_the_next_click_on_it_takes_it_back() -> None:
    st.session_state.update({"pick": ["users.age=20–29", "items.tags=blue"]})
    for value, picks in (
        ("red", ["users.age=20–29", "items.tags=red"]),
        ("red", ["users.age=20–29"]),
        ("blue", ["users.age=20–29", "items.tags=blue"]),
    ):
        st.session_state["chart"] = {"selection": {"pick": [{"value": value}]}}
        explore_selection.clicked("chart", Key("items", "tags"))()
        assert st.session_state["pick"] == picks


def test_a_period_is_chosen_by_day_too(opened: Any) -> None:
    data = random_ratings()
    app = opened(data)
    first = app.date_input(key="explore_from")
    first.set_value(first.max.replace(day=1)).run()
    assert_clean(app)
    assert app.query_params["from"] == first.max.replace(day=1).isoformat()
    assert int(_figures(app)["Interactions"]) < len(data.interactions)


def test_another_attribute_keeps_the_pick_of_the_first(opened: Any) -> None:
    app = opened(random_ratings(), pick="items.tags=red")
    app.selectbox(key="by").select("users.age").run()
    assert_clean(app)
    assert "leads age" in " ".join(_titles(app)) and "tags (item): red" in words_of(app)
    assert app.selectbox(key="explore_value").value is None


def test_another_data_set_is_looked_at_whole(opened: Any) -> None:
    keep_dataset(random_ratings().renamed("other"), actor="test")
    app = opened(random_ratings(), pick="items.tags=red")
    assert "Selected" in words_of(app)
    app.sidebar.selectbox(key="data").select("other").run()
    assert_clean(app)
    assert "Selected" not in words_of(app) and app.query_params.get("pick") is None


def test_warnings_show_their_evidence_and_what_to_do(opened: Any) -> None:
    data = random_ratings()
    titles = data.items["title"].where(data.items.index > 1, "[x](http://evil.example)")
    app = opened(replace(data, items=data.items.assign(title=titles)))
    found = [one for one in app.expander if "title stands for several items" in one.label]
    assert len(found) == 1 and found[0].label.startswith("**look first**")
    assert found[0].dataframe[0].value["title"].tolist() == ["[x](http://evil.example)"] * 2
    assert "merge them in the file" in found[0].markdown[0].value
    assert int(_figures(app)["Warnings"]) == sum(one.label.startswith("**") for one in app.expander)


def test_the_neighbours_of_an_item_follow_the_choice(opened: Any) -> None:
    app = opened(random_ratings(rows=500), near="i3", both="3")
    assert app.selectbox(key="near").value == "i3"
    table = next(one for one in app.dataframe if "cosine" in one.value).value
    assert (table["both"] >= 3).all() and len(table) > 0
    assert "Nearest to i3" in words_of(app)
    app.number_input(key="both").set_value(1000).run()
    assert_clean(app)
    assert "no other item shares so many users with it" in words_of(app)


def test_search_finds_an_item_and_says_when_it_finds_none(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("explore")
    app.text_input(key="search").set_value("Article 17").run()
    assert app.dataframe[-1].value["title"].to_list() == ["Article 17"]
    app.text_input(key="search").set_value("no such thing").run()
    assert "Nothing holds this text" in app.info[-1].value


def test_what_is_chosen_long_after_a_search_is_not_taken_for_a_step_back(
    shop_with_runs: Shop, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.ui import explore_selection

    monkeypatch.setattr(explore_selection, "_ON_ITS_WAY", 0.0)  # every moment is long after
    app = open_page("explore")
    app.text_input(key="search").set_value("Article 17").run()
    app.text_input(key="search").set_value("Article 18").run()
    assert app.dataframe[-1].value["title"].to_list() == ["Article 18"]
    app.session_state["from"] = "2999-01-01"
    app.session_state["search"] = "Article 19"
    app.run()
    assert app.text_input(key="search").value == "Article 19"


def test_search_finds_users(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("explore", what="users", search="c01")
    assert_clean(app)
    assert set(app.dataframe[-1].value["user_id"]) == {f"c01{digit}" for digit in range(10)}


def test_tables_are_saved_safely(opened: Any) -> None:
    data = random_ratings()
    titles = data.items["title"].where(data.items.index > 0, "=1+1")
    app = opened(replace(data, items=data.items.assign(title=titles)), search="=1+1")
    assert len(app.dataframe[-1].value) == 1
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels.count("Save as CSV") >= 4
