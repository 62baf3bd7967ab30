"""Recommend and Cold start: lists, dial, filters, picks."""

from __future__ import annotations

import pytest

from recsys_core.data.store import open_dataset
from recsys_core.runs import open_run
from recsys_core.scenarios.lists import Serving, history_of, picks_lists, user_list
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def _cards(text: str) -> list[str]:
    """The titles of the cards, in order: lines that open with a bold rank."""
    lines = [line for line in text.split("\n") if line.startswith("**") and "&nbsp;" in line]
    return [line.split("&nbsp;")[1].strip().strip("*") for line in lines]


def test_the_list_is_the_core_s_list_for_that_user(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    app.selectbox(key="user").select("c007").run()
    assert_clean(app)
    serving = Serving.open(shop_with_runs.run("history_encoder"))
    row = int(serving.data.user_rows("c007")[0])
    expected = user_list(serving, row, k=10)
    shown = _cards(words_of(app))
    assert [title[:20] for title in shown] == [title[:20] for title in expected["title"]]
    hits, held_out = int(expected["hit"].sum()), int((history_of(serving, row)["part"] == "test").sum())
    assert f"History encoder: {hits} of {held_out} held-out articles found in this list of 10" in words_of(
        app
    )


def test_choosing_another_run_in_the_sidebar_changes_the_model(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("recommend")
    app.sidebar.selectbox(key="run").select(shop_with_runs.run("popularity").id).run()
    assert_clean(app)
    assert "Popularity:" in words_of(app)
    assert "Code" in app.expander[-2].label and shop_with_runs.run("popularity").id in app.code[0].value


def test_a_link_s_user_and_run_are_respected(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend", user="c011", run=shop_with_runs.label("ease"), k="5")
    assert_clean(app)
    assert app.selectbox(key="user").value == "c011"
    assert "EASE:" in words_of(app)
    assert len(_cards(words_of(app))) == 5


def test_the_dial_changes_the_list_and_says_what_it_cost(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    before = _cards(words_of(app))
    app.slider(key="diversity").set_value(0.8).run()
    assert_clean(app)
    after = _cards(words_of(app))
    assert len(after) == 10 and after != before
    assert "The dial changed" in words_of(app)


def test_a_filter_keeps_only_its_items(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    app.button_group(key="only").set_value(["tea"]).run()
    assert_clean(app)
    data = open_dataset(shop.DATA)
    aisles = dict(zip((title[:20] for title in data.items["title"]), data.items["aisle"], strict=True))
    shown = _cards(words_of(app))
    assert shown and {aisles[title[:20]] for title in shown} == {"tea"}


def test_somebody_at_random_is_a_user_of_the_data(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    app.button(key="recommend_random").click().run()
    assert_clean(app)
    assert app.selectbox(key="user").value in set(open_dataset(shop.DATA).users["user_id"])


def test_a_deleted_run_in_the_sidebar_falls_back(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    app.sidebar.selectbox(key="run").select(shop_with_runs.run("ease").id).run()
    from recsys_core.runs import delete_run

    delete_run(shop_with_runs.run("ease").id, actor="test")
    app.run()
    assert_clean(app)
    assert "History encoder:" in words_of(app)


def test_picks_give_a_list_of_their_own_and_say_what_changed(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("cold_start")
    app.multiselect(key="picks").set_value(["P004", "P008"]).run()
    assert_clean(app)
    serving = Serving.open(open_run(shop_with_runs.run("history_encoder").id))
    expected = picks_lists(serving, serving.data.item_rows(["P004", "P008"]), k=10)[-1]
    assert [title[:20] for title in _cards(words_of(app))] == [title[:20] for title in expected["title"]]
    assert words_of(app).count("came in:") == 2


def test_no_pick_shows_what_everybody_gets(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("cold_start")
    assert "Knowing nothing" in words_of(app)
    assert len(_cards(words_of(app))) == 10


def test_an_id_only_model_says_that_it_cannot_serve_newcomers(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("cold_start", run=shop_with_runs.label("embedding_mlp"))
    assert not app.exception
    assert "cannot serve somebody new" in app.warning[0].value


@pytest.mark.parametrize("page", ["recommend", "cold_start"])
def test_a_damaged_model_is_said_in_one_message(page: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    for path in (shop_with_runs.run("history_encoder").folder / "model").glob("*.onnx"):
        path.write_bytes(path.read_bytes()[:-10])
    app = open_page(page)
    assert not app.exception
    assert len(app.error) == 1
