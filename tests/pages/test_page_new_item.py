"""Cold start, a new item: invented or held out, by a model of attributes and by one of ids."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runs import Run
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_item_form import invent
from recsys_core.scenarios.new_items import audience, held_out_choices
from tests import shop
from tests.helpers import queued_run
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of
from tests.towers import drawn_towers


@pytest.fixture
def towers(shop_with_runs: Shop) -> Run:
    """A finished run of two towers on the shop, a fifth of the articles held out; its weights are drawn by lot."""
    data = open_dataset(shop.DATA)
    run = queued_run(data, "two_tower", split=SplitSpec("cold-item", 0.2, 3), name="Drawn")
    split = run.split(data)
    scorer = drawn_towers(split)
    scorer.save(run.folder / "model")
    run.keep(evaluate(scorer, split))
    run.set_state("done")
    return run


def _open(open_page: OpenPage, run: Run, **more: str) -> AppTest:
    label = f"{run.config.name or 'EASE'} · {run.id[:4]}"
    app = open_page("cold_start", cold_start_who="item", run=label, **more)
    assert app.sidebar.selectbox(key="run").value == run.id
    return app


def test_an_invented_item_is_answered_as_the_core_answers(towers: Run, open_page: OpenPage) -> None:
    app = _open(open_page, towers, new_title="Teapot")
    app.selectbox(key="item.aisle").select("tea").run()
    assert_clean(app)
    serving = Serving.open(towers)
    found = audience(serving, invent(serving.data, "Teapot", {"aisle": "tea"}))
    text = words_of(app)
    assert f"{found.share_within(10):.1%} of users would see “Teapot” in their first ten" in text
    assert f"at rank {found.median_rank:,.0f} of {found.median_rivals:,.0f} or better" in text
    shown = next(frame.value for frame in app.dataframe if "why" in frame.value)
    assert shown["user"].tolist() == serving.data.users["user_id"].iloc[found.users[:20]].tolist()
    assert shown["rank"].tolist() == found.ranks[:20].tolist()
    assert "whose vectors in the model lie nearest" in text


def test_a_held_out_item_is_compared_with_who_took_it_and_the_curve_is_measured(
    towers: Run, open_page: OpenPage
) -> None:
    app = _open(open_page, towers, new_item="held-out")
    assert_clean(app)
    choices = held_out_choices(Serving.open(towers))
    assert app.selectbox(key="new_held_out").value == choices["item_id"].iloc[0]
    assert f"{choices['takers'].iloc[0]} users did." in words_of(app)
    app.button(key="new_item_measure").click().run()
    assert_clean(app)
    assert "different first tens among" in words_of(app)
    figures = app.dataframe[-1].value
    assert figures["Scored by"].tolist()[:2] == ["Two towers", "Attribute popularity"]
    assert "20 known" in figures
    app.run()
    assert "new_item_measure" not in [one.key for one in app.button]  # it is remembered


def test_a_model_of_ids_says_so_and_what_it_falls_back_to(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = _open(open_page, shop_with_runs.run("ease"))
    assert_clean(app)
    assert "knows articles by their id only" in app.warning[0].value
    assert "Placed by its attributes' popularity" in words_of(app)
    assert "learned from every article" in words_of(app)
    links = [one for one in app.get("page_link") if "cold-item" in one.proto.label]
    assert (
        "model=two_tower" in links[0].proto.query_string and "split=cold-item" in links[0].proto.query_string
    )


def test_another_run_that_held_items_out_is_one_click_away(
    towers: Run, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _open(open_page, shop_with_runs.run("ease"))
    app.button(key="new_item_other_run").click().run()
    assert_clean(app)
    assert app.sidebar.selectbox(key="run").value == towers.id
    assert app.button(key="new_item_measure")


def test_an_empty_title_is_told_and_nothing_breaks(towers: Run, open_page: OpenPage) -> None:
    app = _open(open_page, towers)
    app.text_input(key="new_title").set_value(" ").run()
    assert not app.exception
    assert "the title has 0 letters" in words_of(app)


def test_a_title_is_text_whatever_stands_in_it(towers: Run, open_page: OpenPage) -> None:
    app = _open(open_page, towers, new_title=shop.HOSTILE_TITLE)
    assert_clean(app)
    assert not any("![x](http" in str(one.value) for one in (*app.header, *app.markdown))
