"""Map: drawn at once or by a process, coloured, a point looked at with its neighbours, and what has no map."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.scenarios.embedding_map import ITEMS, PCA, TSNE, USERS
from recsys_core.scenarios.map_store import kept_map, made_map
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


@pytest.fixture
def mapped(shop_with_runs: Shop) -> Shop:
    """The shop with maps of EASE, drawn by PCA, which is quick."""
    for of in (ITEMS, USERS):
        made_map(shop_with_runs.run("ease"), of=of, method=PCA)
    return shop_with_runs


def _near(app: AppTest) -> list[str]:
    """The first column of the table of neighbours."""
    (table,) = [one.value for one in app.dataframe]
    return list(table.iloc[:, 0])


def test_the_quick_map_is_there_at_once_and_the_better_one_is_offered(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("map", run=shop_with_runs.label("ease"))
    assert_clean(app)
    text = words_of(app)
    assert "This is the quick map by PCA" in text
    assert "nearest to each article" in text
    assert app.button(key="map_draw").label == "Draw by t-SNE"


def test_users_are_offered_first(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("map", run=shop_with_runs.label("ease"), map_of="users")
    assert_clean(app)
    assert "A map of 90 users by t-SNE" in words_of(app)
    assert not app.dataframe


def test_a_map_is_drawn_by_a_process_and_then_there_at_once(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("map", run=shop_with_runs.label("ease"), map_of="users", map_method=PCA)
    app.button(key="map_draw").click().run()
    assert_clean(app)
    assert kept_map(shop_with_runs.run("ease"), USERS, PCA) is not None
    assert "nearest to each user" in words_of(app)
    again = open_page("map", run=shop_with_runs.label("ease"), map_of="users", map_method=PCA)
    assert "nearest to each user" in words_of(again)


def test_a_point_has_its_neighbours_in_the_full_space(mapped: Shop, open_page: OpenPage) -> None:
    app = open_page("map", run=mapped.label("ease"), map_method=PCA, map_point="P007")
    assert_clean(app)
    found = kept_map(mapped.run("ease"), ITEMS, PCA)
    assert found is not None
    titles = mapped.titles
    point = found.place_of(7)
    assert point is not None
    assert _near(app) == [titles[row] for row in found.rows[found.near[point]]]
    app.selectbox(key="map_point").select("P011").run()
    assert_clean(app)
    assert "Article 11" in words_of(app)
    specs = [
        json.loads(one.proto.spec) for one in app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    ]
    assert len(specs) == 1


def test_a_user_has_a_portrait_and_a_way_to_their_list(mapped: Shop, open_page: OpenPage) -> None:
    app = open_page("map", run=mapped.label("ease"), map_of="users", map_method=PCA, map_point="c007")
    assert_clean(app)
    text = words_of(app)
    assert "articles, " in text and "aisle" in text
    assert all(one.startswith("c") for one in _near(app))
    app.switch_page("pages/recommend.py").run()
    assert_clean(app)
    assert app.selectbox(key="user").value == "c007"


def test_a_click_on_a_point_looks_at_it() -> None:
    from pages.ui.map_drawing import picked

    found: dict[str, object] = {}
    picked({"selection": {"pick": [{"id": "P003"}]}}, found)
    assert found == {"map_point": "P003"}
    for nothing in ({"pick": []}, {}, {"pick": [{"id": 3}]}, {"pick": [{}]}):
        picked({"selection": nothing}, found)
    assert found == {"map_point": "P003"}


@pytest.mark.parametrize("colour", ["attribute.aisle", "popularity"])
@pytest.mark.parametrize("method", [PCA, TSNE])
def test_every_colouring_has_its_sentence(
    mapped: Shop, open_page: OpenPage, colour: str, method: str
) -> None:
    app = open_page("map", run=mapped.label("ease"), map_method=method, map_colour=colour)
    assert_clean(app)
    assert app.selectbox(key="map_colour").value == colour
    assert "chance" in app.header[0].value if app.header else False


@pytest.mark.parametrize("model", ["popularity", "random", "bias"])
def test_a_floor_has_none_and_says_so(shop_with_runs: Shop, open_page: OpenPage, model: str) -> None:
    app = open_page("map", run=shop_with_runs.label(model))
    assert_clean(app)
    assert "has no embedding" in words_of(app)


@pytest.mark.parametrize(
    ("key", "value"),
    [("map_of", "genres"), ("map_method", "umap"), ("map_colour", "x"), ("map_point", "nobody")],
)
def test_what_the_address_cannot_ask_for_falls_back(
    mapped: Shop, open_page: OpenPage, key: str, value: str
) -> None:
    app = open_page("map", run=mapped.label("ease"), **{key: value})
    assert_clean(app)
    assert app.selectbox(key="map_method").value == TSNE
    assert app.selectbox(key="map_point").value == ""
