"""Cold start, a new person: picks, questions, attributes, confidence, and the truth on people kept out of training."""

from __future__ import annotations

import json

import pytest

from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import open_dataset
from recsys_core.runs import list_runs, open_run
from recsys_core.scenarios.elicit import next_questions
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.newcomers import curve, said_of
from tests import shop
from tests.helpers import finished_run
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def test_each_answer_brings_the_next_question_and_a_yes_is_a_pick(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    serving = Serving.open(shop_with_runs.run("history_encoder"))
    titles = serving.data.items["title"]
    app = open_page("cold_start")
    app.radio(key="how").set_value("ask").run()
    first = int(next_questions(serving, {})[0])
    assert f"1. Do you like this article?** &nbsp; {titles.iloc[first]}" in words_of(app)
    app.button(key="cold_start_yes").click().run()
    assert app.multiselect(key="picks").value == [serving.data.items["item_id"].iloc[first]]
    second = int(next_questions(serving, {first: True})[0])
    assert f"2. Do you like this article?** &nbsp; {titles.iloc[second]}" in words_of(app)
    app.button(key="cold_start_no").click().run()
    third = int(next_questions(serving, {second: None, first: True})[0])
    assert f"3. Do you like this article?** &nbsp; {titles.iloc[third]}" in words_of(app)
    assert len(app.multiselect(key="picks").value) == 1  # a no is no pick
    app.button(key="cold_start_again").click().run()
    assert app.multiselect(key="picks").value == []
    assert f"1. Do you like this article?** &nbsp; {titles.iloc[first]}" in words_of(app)
    assert_clean(app)


def test_steadiness_stands_beside_the_list_once_something_is_picked(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("cold_start")
    assert not app.metric
    app.multiselect(key="picks").set_value(["P004", "P008", "P012"]).run()
    figures = {one.label: one.value for one in app.metric}
    assert figures["Steadiness"].endswith("%")
    assert_clean(app)


def test_without_a_run_on_strangers_the_lab_can_be_trained(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("cold_start")
    assert "No run was judged on people kept out of training yet" in words_of(app)
    app.button(key="cold_start_train").click().run()
    queued = [(run.config.model, run.config.split) for run in list_runs() if run.state == "queued"]
    assert ("newcomer", "cold-user:5") in queued
    assert ("newcomer", "cold-user-first:5") in queued
    assert_clean(app)


@pytest.fixture
def judged_on_strangers(shop_with_runs: Shop) -> str:
    """A newcomer of the shop, judged on customers it never met; its id."""
    data = open_dataset(shop.DATA)
    return finished_run(
        data, "newcomer", settings={"base": "item_knn"}, split=SplitSpec("cold-user", 2, 42), k=10
    ).id


def test_the_truth_is_the_cores_and_trust_is_told(
    judged_on_strangers: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("cold_start", run=f"Newcomer · {judged_on_strangers[:4]}")
    serving = Serving.open(open_run(judged_on_strangers))
    table = curve(serving.scorer, serving.split, first=False)
    words = words_of(app)
    label = f"Newcomer · {judged_on_strangers[:4]}"
    assert said_of(table, label) in words
    assert "known choices" in words and "people kept out of training" in words
    if len(table):
        shown = next(one for one in app.get("vega_lite_chart"))
        assert label in json.dumps(json.loads(shown.proto.spec)) or label in str(shown.proto)
    assert_clean(app)
