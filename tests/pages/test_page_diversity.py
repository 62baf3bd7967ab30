"""Diversity: the dial for one person, the frontier for everybody, who gains, and a setting kept as a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.ranking.rerank import DPP, MIX, MMR, Setting
from recsys_core.runs import list_runs
from recsys_core.scenarios.before_after import before_after
from recsys_core.scenarios.frontier_store import made_frontier
from recsys_core.scenarios.lists import Serving
from recsys_core.training.worker import work
from tests import shop
from tests.helpers import finished_run
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def _lists(app: AppTest) -> list[str]:
    """The lines of both lists: rank and title."""
    return [
        str(one.value).split("  \n")[0].replace("\\", "")
        for one in app.markdown
        if "&nbsp;" in str(one.value) and str(one.value).startswith("**")
    ]


def test_the_lists_are_the_core_s_before_and_after(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page(
        "diversity", user="c007", run=shop_with_runs.label("ease"), reranker=MMR, strength="0.8", k="6"
    )
    assert_clean(app)
    serving = Serving.open(shop_with_runs.run("ease"))
    row = int(serving.data.user_rows("c007")[0])
    found = before_after(serving, row, Setting(MMR, 0.8, "attributes"), k=6)
    lines = _lists(app)
    assert len(lines) == 12
    titles = [*found.before["title"], *found.after["title"]]
    for line, title in zip(lines, titles, strict=True):
        assert title[:12] in line
    assert sum("goes" in line for line in lines[:6]) == len(found.gone) > 0
    assert sum("new" in line for line in lines[6:]) == len(found.came)
    assert f"{len(found.came)} of 6 articles change" in words_of(app)


def test_at_strength_zero_both_lists_are_the_same(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", strength="0.0")
    assert_clean(app)
    lines = _lists(app)
    assert lines[:10] == lines[10:]
    assert "Turn the dial up" in words_of(app)
    assert app.button(key="diversity_save").disabled


def test_the_dial_moves_the_list(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", user="c003", strength="0.1")
    before = _lists(app)[10:]
    app.slider(key="strength").set_value(0.9).run()
    assert_clean(app)
    assert _lists(app)[10:] != before
    app.selectbox(key="reranker").select("popularity").run()
    assert_clean(app)
    assert app.selectbox(key="distance").disabled


@pytest.mark.parametrize(
    ("key", "value"), [("reranker", "xquad"), ("strength", "7"), ("distance", "miles"), ("gained", "fun")]
)
def test_what_the_address_cannot_ask_for_falls_back(
    shop_with_runs: Shop, open_page: OpenPage, key: str, value: str
) -> None:
    app = open_page("diversity", **{key: value})
    assert_clean(app)
    assert app.selectbox(key="reranker").value == MIX
    assert app.slider(key="strength").value == 0.3


def test_the_frontier_is_drawn_by_a_process_and_then_there_at_once(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("diversity", run=shop_with_runs.label("ease"))
    assert "Who gains, who loses" not in words_of(app)
    app.button(key="diversity_draw").click().run()
    assert_clean(app)
    text = words_of(app)
    assert "Judged on the validation rows of" in text
    assert "Who gains, who loses" in text
    assert "For all users:" in text
    (spec,) = [one for one in _specs(app) if "pick" in json.dumps(one.get("params", []))]
    assert "NDCG@10" in json.dumps(spec)
    again = open_page("diversity", run=shop_with_runs.label("ease"))
    assert "Judged on the validation rows of" in words_of(again)


def _specs(app: AppTest) -> list[dict[str, object]]:
    return [
        json.loads(one.proto.spec) for one in app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    ]


@pytest.fixture
def drawn(shop_with_runs: Shop) -> Shop:
    """The shop with the frontier of EASE."""
    made_frontier(shop_with_runs.run("ease"))
    return shop_with_runs


def test_a_click_on_a_point_sets_the_dial() -> None:
    from pages.ui.diversity_frontier import picked

    found: dict[str, object] = {}
    picked({"selection": {"pick": [{"method": DPP, "strength": 0.4}]}}, found)
    assert found == {"reranker": DPP, "strength": 0.4}
    picked({"selection": {"pick": []}}, found)
    picked({"selection": {}}, found)
    picked({"selection": {"pick": [{"method": "evil", "strength": 9}]}}, found)
    assert found == {"reranker": DPP, "strength": 0.4}


@pytest.mark.parametrize("measure", ["distance", "together", "novelty", "coverage", "gini", "miscalibration"])
def test_every_measure_has_its_frontier(drawn: Shop, open_page: OpenPage, measure: str) -> None:
    app = open_page("diversity", run=drawn.label("ease"), gained=measure, reranker=MMR)
    assert_clean(app)
    assert app.radio(key="gained").value == measure


def test_who_gains_and_who_loses_is_shown_with_lists(drawn: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", run=drawn.label("ease"), reranker=MMR, strength="1.0")
    assert_clean(app)
    text = words_of(app)
    assert "get a better list" in text
    assert "Bold: only in this list" in text
    people = app.selectbox(key="diversity_person")
    assert "NDCG" in people.options[0]
    people.select_index(len(people.options) - 1).run()
    assert_clean(app)


def test_whoever_gains_or_loses_can_be_looked_at(drawn: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", run=drawn.label("ease"), reranker=MMR, strength="1.0", user="c001")
    people = app.selectbox(key="diversity_person")
    last = len(people.options) - 1
    wanted = people.options[last].split(" · ")[0]
    assert wanted != "c001"
    people.select_index(last).run()
    app.button(key="diversity_look").click().run()
    assert_clean(app)
    assert app.selectbox(key="user").value == wanted


def test_a_saved_run_stays_beside_the_run_it_was_made_of(drawn: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", run=drawn.label("ease"), reranker=MMR, strength="0.7")
    app.button(key="diversity_save").click().run()
    (made,) = [run for run in list_runs() if run.config.model == "reranked"]
    assert work(made) == "done"
    told = app.run().success[-1].value
    app.sidebar.selectbox(key="run").select(drawn.label("popularity")).run()
    assert_clean(app)
    assert app.success[-1].value == told


def test_a_setting_is_saved_as_a_run_once(drawn: Shop, open_page: OpenPage) -> None:
    n_runs = len(list_runs())
    app = open_page("diversity", run=drawn.label("ease"), reranker=MMR, strength="0.6")
    app.button(key="diversity_save").click().run()
    assert_clean(app)
    (made,) = [run for run in list_runs() if run.config.model == "reranked"]
    assert made.config.settings["base"] == drawn.run("ease").id
    app.button(key="diversity_save").click().run()
    assert len(list_runs()) == n_runs + 1
    assert work(made) == "done"
    app.run()
    assert_clean(app)
    assert "is measured: NDCG@10 on test" in words_of(app)
    other = open_page("diversity", run=f"EASE · MMR 0.60 · {made.id[:4]}")
    assert_clean(other)
    assert "kept setting already" in words_of(other)


def test_a_run_that_holds_items_out_whole_says_so(shop_with_runs: Shop, open_page: OpenPage) -> None:
    data = open_dataset(shop.DATA)
    run = finished_run(data, "popularity", split=SplitSpec.parse("cold-item:0.2", seed=42))
    app = open_page("diversity", run=f"Popularity · {run.id[:4]}")
    assert_clean(app)
    assert "out whole" in words_of(app)


def test_popularity_has_lists_to_vary_too(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("diversity", run=shop_with_runs.label("popularity"), strength="0.8")
    assert_clean(app)
    assert len(_lists(app)) == 20


def test_without_attributes_kinds_are_groups_and_only_other_distances_are_offered(
    workspace: Path, little: Dataset, open_page: OpenPage
) -> None:
    plain = replace(little, items=little.items[["item_id", "title"]], list_columns=()).renamed("plain")
    keep_dataset(plain, actor="ada")
    made_frontier(finished_run(plain, "ease", k=5), k=5)
    app = open_page("diversity", k="5", strength="0.8")
    assert_clean(app)
    assert app.selectbox(key="distance").options == ["by who chose both", "by the model's embedding"]
    text = words_of(app)
    assert "No attribute groups these" in text
    assert "Judged on the validation rows of" in text
    assert len(_lists(app)) == 10


def test_a_catalogue_of_a_handful_and_one_person_is_shown(workspace: Path, open_page: OpenPage) -> None:
    rows = [("ann", item, 5 - place % 3) for place, item in enumerate("abcdefgh")]
    rows += [("bob", item, 3) for item in "abcdefghij"]
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value"])
    data = make_dataset("handful", Kind.RATING, events)
    keep_dataset(data, actor="ada")
    finished_run(data, "popularity", k=3)
    app = open_page("diversity", k="3", strength="1.0")
    assert_clean(app)
    assert _lists(app)
