"""Recommend beyond the plain list: what if, runs side by side, kinds of users, filters, everybody's lists."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import recommend_edits, who
from recsys_core.data.store import open_dataset
from recsys_core.scenarios.filters import Filters
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.side_by_side import side_by_side
from recsys_core.scenarios.what_if import Edits, what_if
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def _cards(app: AppTest) -> list[str]:
    lines = [line for line in words_of(app).split("\n") if line.startswith("**") and "&nbsp;" in line]
    return [line.split("&nbsp;")[1].strip().strip("*")[:20] for line in lines]


def _titles(table: pd.DataFrame) -> list[str]:
    return [title[:20] for title in table["title"]]


def _opened(shop_with_runs: Shop, model: str = "history_encoder") -> Serving:
    return Serving.open(shop_with_runs.run(model))


def _history(serving: Serving, user: str) -> list[str]:
    row = int(serving.data.user_rows(user)[0])
    return serving.data.item_vocabulary.ids(serving.history(row)).tolist()


def _open_what_if(app: AppTest) -> None:
    app.session_state["recommend_what_if"] = True
    app.run()


def test_an_edit_answers_with_both_lists_folded_in(shop_with_runs: Shop, open_page: OpenPage) -> None:
    serving = _opened(shop_with_runs)
    first, second, *_rest = _history(serving, "c004")
    app = open_page("recommend", user="c004")
    before = _cards(app)
    _open_what_if(app)
    app.multiselect(key="out").set_value([first, second]).run()
    assert_clean(app)
    row = int(serving.data.user_rows("c004")[0])
    edits = Edits(removed=tuple(serving.data.item_rows([first, second]).tolist()))
    found = what_if(serving, row, edits, k=10)
    assert _cards(app) == _titles(found.after) != before
    words = words_of(app)
    assert "Before the edits" in words
    assert found.sentence(edits) in words
    assert words.count(":material/remove: gone") == int(found.before["gone"].sum()) == found.n_new
    assert words.count("up ") >= int((found.after["change"] > 0).sum())
    assert "what_if(" in app.code[0].value
    app.button(key="recommend_back").click().run()
    assert_clean(app)
    assert _cards(app) == before
    assert "Before the edits" not in words_of(app)


def test_edits_come_from_the_address_and_go_with_another_user(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    mine = _history(_opened(shop_with_runs), "c004")
    new = next(f"P{n:03d}" for n in range(48) if f"P{n:03d}" not in mine)
    app = open_page("recommend", user="c004", out=mine[0], add=new, rated=f"{mine[1]}=1")
    assert_clean(app)
    assert "Your 3 edits" in words_of(app)
    assert app.multiselect(key="rated").value == [f"{mine[1]}=1"]
    app.selectbox(key="user").select("c005").run()
    assert_clean(app)
    assert "edits" not in words_of(app).split("The list")[0].replace("Before the edits", "")
    assert "Before the edits" not in words_of(app)
    _open_what_if(app)
    assert app.multiselect(key="out").value == [] == app.multiselect(key="add").value


@pytest.mark.parametrize("rated", ["P000", "=", "nosuch=3", "P001=99", "P001=x", "P001=nan"])
def test_a_rating_in_the_address_that_makes_no_sense_is_dropped(
    rated: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("recommend", user="c004", rated=rated, out="nobody", add="<b>")
    assert_clean(app)
    assert "Before the edits" not in words_of(app)


def test_rating_anew_moves_what_a_rating_model_says(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend", user="c004", run=shop_with_runs.label("bias"))
    item = _history(_opened(shop_with_runs, "bias"), "c004")[-1]
    _open_what_if(app)
    assert app.button(key="recommend_rate").disabled
    app.selectbox(key="recommend_rate_item").select(item).run()
    app.select_slider(key="recommend_rate_value").set_value(1.0).run()
    app.button(key="recommend_rate").click().run()
    assert_clean(app)
    assert app.multiselect(key="rated").value == [f"{item}=1"]
    assert "changed nothing in this list" in words_of(app)  # bias shifts every prediction of a user alike
    app.multiselect(key="rated").set_value([]).run()
    assert_clean(app)
    assert "Before the edits" not in words_of(app)


def test_a_model_of_ids_answers_approximately_and_says_so(shop_with_runs: Shop, open_page: OpenPage) -> None:
    serving = _opened(shop_with_runs, "embedding_mlp")
    first = _history(serving, "c004")[0]
    app = open_page("recommend", user="c004", run=shop_with_runs.label("embedding_mlp"), out=first)
    assert_clean(app)
    assert "Approximate: this model knows people by their id only" in words_of(app)
    assert "(approximate)" in words_of(app)


def test_four_runs_stand_side_by_side(shop_with_runs: Shop, open_page: OpenPage) -> None:
    models = ("ease", "popularity", "bias")
    app = open_page("recommend", user="c007")
    app.multiselect(key="beside").set_value([shop_with_runs.run(model).id for model in models]).run()
    assert_clean(app)
    servings = [_opened(shop_with_runs, model) for model in ("history_encoder", *models)]
    row = int(servings[0].data.user_rows("c007")[0])
    found = side_by_side(servings, row, k=10)
    words = words_of(app)
    assert "The same user by 4 runs" in words
    assert found.sentence(servings[0].data) in words
    assert words.count(":material/groups: not personal") == 2
    assert words.count(":green-badge[:material/check: hit]") == sum(
        int(one["hit"].sum()) for one in found.lists
    )
    assert len(_cards(app)) == 10


@pytest.mark.parametrize("kind", ["heavy", "light", "niche", "mainstream"])
def test_somebody_of_a_kind_is_of_that_kind(kind: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend")
    app.selectbox(key="kind").select(kind).run()
    app.button(key="recommend_random").click().run()
    assert_clean(app)
    serving = _opened(shop_with_runs)
    assert int(serving.data.user_rows(app.selectbox(key="user").value)[0]) in serving.people.of_kind(kind)


def test_a_portrait_says_who_it_is(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend", user="c004")
    words = words_of(app)
    assert "10 articles, " in words and "to 24 Feb 2024" in words
    assert "% of theirs, " in words
    assert len(app.get("vega_lite_chart")) == 1


def test_filters_hold_for_the_list_and_the_code(shop_with_runs: Shop, open_page: OpenPage) -> None:
    serving = _opened(shop_with_runs)
    support = int(np.quantile(serving.popularity, 0.6))
    app = open_page("recommend", user="c007", least=str(support), newest="60")
    assert_clean(app)
    assert serving.newness is not None
    low, high = serving.newness.span
    allowed = Filters(since=high - (high - low) * 60 / 100, least=support).allowed(serving)
    row = int(serving.data.user_rows("c007")[0])
    assert _cards(app) == _titles(user_list(serving, row, k=10, allowed=allowed))
    assert f"least={support}" in app.code[0].value
    assert f"chosen by at least {support}" in words_of(app) and "since " in words_of(app)
    app.number_input(key="least").set_value(90).run()
    assert_clean(app)
    assert "Nothing fits these filters" in words_of(app)


def test_what_is_known_may_be_listed(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend", user="c007", k="48")
    data = open_dataset(shop.DATA)
    known = len(_history(_opened(shop_with_runs), "c007"))
    assert len(_cards(app)) == data.n_items - known
    app.button_group(key="holds").set_value("all").run()
    assert_clean(app)
    assert len(_cards(app)) == data.n_items


def test_everybody_s_lists_are_made_once_and_offered(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("recommend", k="5")
    app.button(key="recommend_everybody").click().run()
    assert_clean(app)
    made = list((shop_with_runs.folder / "lists").iterdir())
    assert [path.name for path in made] == [f"{shop_with_runs.run('history_encoder').id}-5-0.parquet"]
    table = pd.read_parquet(made[0])
    assert len(table) == 90 * 5
    assert [one.proto.label for one in app.get("download_button")][-1].startswith("Download (")
    app.number_input(key="k").set_value(6).run()
    assert app.button(key="recommend_everybody").label == "Make the lists"
    app.number_input(key="k").set_value(5).run()
    assert len(app.get("download_button")) == 2


def test_in_a_large_catalogue_what_is_added_is_searched_for(
    shop_with_runs: Shop, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recommend_edits, "MOST_OPTIONS", 10)
    monkeypatch.setattr(recommend_edits, "MOST_FOUND", 3)
    app = open_page("recommend", user="c004")
    _open_what_if(app)
    assert len(app.multiselect(key="add").options) == 3
    app.text_input(key="find").set_value("article 17").run()
    app.multiselect(key="add").set_value(["P017"]).run()
    app.text_input(key="find").set_value("nothing of this kind").run()
    assert_clean(app)
    assert app.multiselect(key="add").value == ["P017"]
    assert "Your edit" in words_of(app)


def test_among_many_users_an_unknown_id_is_said_in_one_message(
    shop_with_runs: Shop, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who, "MANY_USERS", 10)
    app = open_page("recommend")
    app.text_input(key="user").set_value("c012").run()
    assert_clean(app)
    app.text_input(key="user").set_value("<b>nobody</b>").run()
    assert not app.exception
    assert len(app.error) == 1 and "is unknown" in app.error[0].value


def _attributes() -> None:
    """A page of the attribute controls alone, for a model that reads attributes."""
    import copy
    from dataclasses import replace

    import streamlit as st

    from pages.ui import recommend_attributes
    from tests.scenarios.served import ease

    scorer = copy.copy(ease().scorer)
    scorer.can = replace(scorer.can, attributes=True)
    users = ease().data.users.assign(height=[150.0 + row for row in range(60)])
    data = replace(ease().data, users=users)
    st.text(str(recommend_attributes.edited(replace(ease(), data=data, scorer=scorer), 5)))


def test_an_attribute_that_is_changed_is_an_edit_and_no_other() -> None:
    app = AppTest.from_function(_attributes, default_timeout=30).run()
    assert app.text[0].value == "{}"
    app.number_input(key="as_height").set_value(170.0).run()
    assert app.text[0].value == "{'height': 170.0}"
    app.number_input(key="as_height").set_value(155.0).run()
    box = app.selectbox[0]
    other = next(one for one in box.options if one != box.value)
    box.select(other).run()
    assert not app.exception
    assert app.text[0].value == str({box.label: other})
