"""Pin and present: the control on every page, the board, the slides, the exported page."""

from __future__ import annotations

import shutil

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.store import open_dataset
from recsys_core.pins import Pin, add_pin, list_pins
from recsys_core.runs import delete_run
from recsys_core.scenarios.leaderboard import verdicts
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.shown import rows_of
from tests import shop
from tests.pages.conftest import PAGES, OpenPage, Shop, assert_clean, words_of

PINNABLE = [page for page in PAGES if page != "present"]


def _pin(app: AppTest, sentence: str) -> AppTest:
    app.sidebar.text_area(key="pinning_sentence").set_value(sentence)
    return app.sidebar.button(key="pinning_go").click().run()


def _kept(page: str, sentence: str, run: str = "", **query: str) -> Pin:
    pin = Pin(
        page=page,
        query=tuple((name, (value,)) for name, value in query.items()),
        sentence=sentence,
        actor="test",
        dataset=shop.DATA,
        fingerprint=open_dataset(shop.DATA).fingerprint,
        run=run,
        question="What is this about?",
    )
    return add_pin(pin, pages=PAGES)


def _labels(app: AppTest) -> list[str]:
    return [button.label for button in app.main.button]


@pytest.mark.parametrize("page", PINNABLE)
def test_any_page_can_be_pinned_with_one_sentence(
    page: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _pin(open_page(page), "This is what\none sees.")
    assert not app.exception
    [pin] = list_pins()
    assert (pin.page, pin.sentence, pin.actor) == (page, "This is what one sees.", "browser")
    assert pin.dataset == shop.DATA and pin.fingerprint == open_dataset(shop.DATA).fingerprint
    needs_run = page in ("recommend", "cold_start", "diversity", "map")
    assert pin.run == (shop_with_runs.run("history_encoder").id if needs_run else "")
    assert pin.question == app.caption[0].value
    assert app.toast[0].value == "Pinned: number 1 on the board."


def test_a_pin_keeps_the_address_and_a_second_click_makes_no_second_one(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("recommend", user="c011", k="5", run=shop_with_runs.label("ease"))
    _pin(app, "A list of five.")
    _pin(app, "A list of five.")
    assert_clean(app)
    [pin] = list_pins()
    assert pin.query == (("k", ("5",)), ("user", ("c011",)))
    assert pin.run == shop_with_runs.run("ease").id


def test_a_pin_without_a_sentence_is_refused_in_one_message(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _pin(open_page("metrics"), "  ")
    assert_clean(app)
    assert "it has no sentence" in app.toast[0].value
    assert list_pins() == []


def test_the_next_view_wants_its_own_sentence(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = _pin(open_page("metrics"), "Our network leads.")
    assert app.sidebar.text_area(key="pinning_sentence").value == "Our network leads."
    app.switch_page("pages/explore.py").run()
    assert app.sidebar.text_area(key="pinning_sentence").value == ""


def test_an_empty_workspace_has_nothing_to_pin(open_page: OpenPage) -> None:
    for page in ("explore", "present"):
        assert not open_page(page).sidebar.text_area


def test_an_empty_board_says_how_to_pin(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("present")
    assert_clean(app)
    assert "No view is pinned yet." in words_of(app) and "press **Pin**" in words_of(app)
    assert app.button(key="present_start").disabled


def test_pins_stand_in_order_and_can_be_moved_changed_and_removed(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    ids = [_kept("metrics", name).id for name in ("first", "second", "third")]
    app = open_page("present")
    assert_clean(app)
    assert app.button(key=f"present_up_{ids[0]}").disabled
    assert app.button(key=f"present_down_{ids[2]}").disabled
    app.button(key=f"present_down_{ids[0]}").click().run()
    assert [pin.sentence for pin in list_pins()] == ["second", "first", "third"]
    app.text_area(key=f"present_sentence_{ids[2]}").set_value("the third")
    app.button(key=f"present_keep_{ids[2]}").click().run()
    app.button(key=f"present_remove_{ids[1]}").click().run()
    assert_clean(app)
    assert [pin.sentence for pin in list_pins()] == ["first", "the third"]
    text = words_of(app)
    assert "2 views are pinned." in text and text.index("**first**") < text.index("**the third**")


def test_a_change_that_comes_too_late_is_said(shop_with_runs: Shop, open_page: OpenPage) -> None:
    ids = [_kept("metrics", name).id for name in ("first", "second")]
    app = open_page("present")
    (shop_with_runs.folder / "pins.json").unlink()
    app.button(key=f"present_down_{ids[0]}").click().run()
    assert not app.exception
    assert "removed meanwhile" in app.toast[0].value


def test_a_pin_whose_run_is_gone_says_so_and_stays(shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = shop_with_runs.run("ease").id
    pin = _kept("recommend", "Look.", run=run)
    delete_run(run, actor="test")
    app = open_page("present")
    assert_clean(app)
    assert f"The run {run[:4]} is gone." in words_of(app)
    assert [one.id for one in list_pins()] == [pin.id]
    assert not [link for link in app.main.get("page_link") if link.proto.label == "Open the view"]
    slide = open_page("present", slide="1")
    assert_clean(slide)
    assert f"The run {run[:4]} is gone." in words_of(slide)


def test_a_pin_of_other_data_says_so_and_stays(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _kept("metrics", "Look.")
    shutil.rmtree(shop_with_runs.folder / "datasets")
    app = open_page("present")
    assert_clean(app)
    assert f"The data set {shop.DATA} is gone." in words_of(app)


def test_a_slide_of_a_list_shows_the_core_s_list(shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = shop_with_runs.run("ease")
    _kept("recommend", "Look at c011.", run=run.id, user="c011", k="5")
    app = open_page("present", slide="1")
    assert_clean(app)
    assert [one.value for one in app.title] == ["Look at c011\\."]
    serving = Serving.open(run)
    expected = user_list(serving, int(serving.data.user_rows("c011")[0]), k=5)
    shown = [line for line in words_of(app).split("\n") if line.startswith("**") and "&nbsp;" in line]
    assert [line.split("**")[3][:20] for line in shown] == [title[:20] for title in expected["title"]]
    assert f"{expected['hit'].sum()} of 2 held-out articles found in this list of 5." in words_of(app)


def test_a_slide_of_a_comparison_says_and_draws_it(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _kept("metrics", "Who leads?", figure="recall@10")
    app = open_page("present", slide="1")
    assert_clean(app)
    rows, _arena = rows_of(open_dataset(shop.DATA))
    assert verdicts(rows, open_dataset(shop.DATA).words, 10)[0] in words_of(app)
    assert "Recall@10" in app.get("vega_lite_chart")[0].proto.spec


def test_slides_go_on_and_back_and_to_the_board(shop_with_runs: Shop, open_page: OpenPage) -> None:
    for name in ("one", "two", "three"):
        _kept("explore", name)
    app = open_page("present", slide="2")
    assert app.title[0].value == "two" and "2 of 3" in words_of(app)
    assert "What is this about?" in words_of(app)
    app.button(key="present_next").click().run()
    assert app.title[0].value == "three" and app.button(key="present_next").disabled
    app.button(key="present_back").click().run()
    assert app.title[0].value == "two"
    app.button(key="present_board").click().run()
    assert app.title[0].value == "Present" and "slide" not in app.query_params


@pytest.mark.parametrize(("asked", "shown"), [("99", "two"), ("0", "one"), ("x", "one"), ("9" * 99, "one")])
def test_a_slide_that_is_not_there_falls_back(
    asked: str, shown: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    _kept("explore", "one")
    _kept("explore", "two")
    assert open_page("present", slide=asked).title[0].value == shown


def test_a_pin_s_address_decides_over_what_the_session_had_chosen(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    pin = _kept("recommend", "Look.", run=shop_with_runs.run("ease").id, user="c011", k="5")
    app = open_page("recommend", user="c003", k="8", diversity="0.5")
    app.query_params.clear()
    app.query_params.update({"user": "c011", "k": "5", "pin": pin.id})
    app.run()
    assert_clean(app)
    assert app.selectbox(key="user").value == "c011"
    assert (app.number_input(key="k").value, app.slider(key="diversity").value) == (5, 0.0)
    assert app.sidebar.selectbox(key="run").value == shop_with_runs.run("ease").id
    assert "pin" not in app.query_params


def test_hostile_sentences_stay_text(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _kept("explore", shop.HOSTILE_TITLE)
    for app in (open_page("present"), open_page("present", slide="1")):
        assert_clean(app)
        for element in (*app.title, *app.markdown):
            assert "](http" not in element.value and "<b>Kettle" not in element.value


def test_a_damaged_board_is_said_in_one_message(shop_with_runs: Shop, open_page: OpenPage) -> None:
    (shop_with_runs.folder / "pins.json").write_text("{")
    app = open_page("present")
    assert not app.exception
    assert len(app.error) == 1 and "pins.json" in app.error[0].value.replace("\\", "")
