"""Worth of a feature: what it offers, what it will take, the answer, and its empty states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.evaluation.worth import SHUFFLED, WITH, WITHOUT
from recsys_core.models.reading import read_attributes
from recsys_core.scenarios.worth import judged_worth, keep_worth
from recsys_core.training.worth import ask
from tests import shop
from tests.helpers import click_table
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of

MEANS = {WITH: [0.30, 0.31, 0.30], WITHOUT: [0.20, 0.21, 0.20], SHUFFLED: [0.19, 0.20, 0.21]}


def _keep(data: Dataset, means: dict[str, list[float]]) -> None:
    """A result as the page asks for it at first: the first model and attribute, on new items."""
    attribute = str(read_attributes("two_tower", data)[0])
    question = ask(data, "two_tower", attribute, split=SplitSpec.parse("cold-item", seed=42))
    users = 0.05 * np.random.default_rng(0).standard_normal(60)
    arms = {arm: np.array(one)[:, None] + users - users.mean() for arm, one in means.items()}
    keep_worth(question, judged_worth(question, 60, arms, 2.0))


def test_before_it_is_measured_the_page_says_what_it_takes(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("worth")
    assert_clean(app)
    said = words_of(app)
    assert "9 trainings." in said and "as soon as the first one has begun" in said
    assert "NDCG@10 on the validation rows; test is not touched" in said
    assert app.button(key="worth_measure").label == "Measure"
    assert not app.get("vega_lite_chart")


def test_only_what_the_model_reads_is_offered(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("worth")
    data = open_dataset(shop.DATA)
    assert app.selectbox(key="worth_model").options == ["Two towers", "Matrix factorisation"]
    columns = [f"{one.name} of articles" for one in read_attributes("two_tower", data)]
    assert app.selectbox(key="worth_attribute").options == columns
    assert "title of articles" in columns
    app.selectbox(key="worth_model").select("mf").run()
    assert_clean(app)
    assert "title of articles" not in app.selectbox(key="worth_attribute").options
    assert "RMSE on the validation rows" in words_of(app)


def test_the_address_carries_the_question(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("worth", worth_model="mf", worth_split_items="user-random", worth_seeds="5", worth_k="3")
    assert_clean(app)
    assert app.selectbox(key="worth_split_items").value == "user-random"
    assert "15 trainings" in words_of(app)
    assert 'split = SplitSpec.parse("user-random:0.2", seed=42)' in app.code[0].value


def test_the_answer_comes_first_then_charts_figures_and_what_was_measured(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    data = open_dataset(shop.DATA)
    _keep(data, MEANS)
    app = open_page("worth")
    assert_clean(app)
    name = read_attributes("two_tower", data)[0].name
    told = f"{name} helps Two towers on new articles: NDCG@10 is 0.303 with it, 0.203 without, 0.200 shuffled"
    assert words_of(app).count(told) == 1
    assert app.header[0].value.startswith(name)
    assert "It surely beats both" in words_of(app)
    assert len(app.get("vega_lite_chart")) == 2
    figures, trainings, measured = (one.value for one in app.dataframe)
    assert figures["Verdict"].tolist() == ["helps", "helps"]
    assert len(trainings) == 9
    assert measured["Attribute"].tolist() == [f"{name} of articles"]
    with pytest.raises(KeyError):
        app.button(key="worth_measure")


def test_luck_is_no_evidence(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _keep(open_dataset(shop.DATA), MEANS | {SHUFFLED: [0.1, 0.34, 0.2]})
    app = open_page("worth")
    assert_clean(app)
    assert app.header[0].value.startswith("No evidence that")
    assert "that may be luck" in words_of(app)


def test_another_question_is_not_answered_by_a_kept_result(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _keep(open_dataset(shop.DATA), MEANS)
    app = open_page("worth", worth_seeds="4")
    assert_clean(app)
    assert app.button(key="worth_measure").label == "Measure"
    assert "Measured so far" in words_of(app)


def test_data_without_attributes_are_told_how_to_get_some(workspace: object, open_page: OpenPage) -> None:
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {
            "user_id": np.repeat([f"u{one}" for one in range(20)], 5),
            "item_id": [f"i{one}" for _user in range(20) for one in rng.choice(12, 5, replace=False)],
            "value": 1.0,
        }
    )
    keep_dataset(make_dataset("bare", Kind.IMPLICIT, events), actor="test")
    app = open_page("worth")
    assert_clean(app)
    assert "These data have no attributes" in words_of(app)
    assert [one.proto.label for one in app.get("page_link")] == ["Import with attributes"]
    assert not app.selectbox(key="data").disabled


def test_data_of_clicks_are_not_learned_from(workspace: object, open_page: OpenPage) -> None:
    keep_dataset(click_table(), actor="test")
    app = open_page("worth")
    assert_clean(app)
    assert [one.proto.label for one in app.get("page_link")] == ["Look at the data"]


def test_attributes_that_say_nothing_are_not_offered(
    little: Dataset, workspace: object, open_page: OpenPage
) -> None:
    ids = little.items["item_id"]
    items = pd.DataFrame({"item_id": ids, "title": ids, "same": "x"})
    users = little.users[["user_id"]]
    keep_dataset(replace(little, items=items, users=users, list_columns=()), actor="test")
    app = open_page("worth", worth_model="mf")
    assert_clean(app)
    assert "reads none of the attributes of these data" in words_of(app)


def test_a_split_that_leaves_nothing_to_judge_on_is_refused(workspace: object, open_page: OpenPage) -> None:
    events = pd.DataFrame(
        {"user_id": list("aabbcc"), "item_id": list("xyyzzx"), "value": [1.0, 2, 3, 4, 5, 1]}
    )
    items = pd.DataFrame({"item_id": list("xyz"), "group": ["one", "two", "one"]})
    keep_dataset(make_dataset("small", Kind.RATING, events, items=items), actor="test")
    app = open_page("worth", worth_split_items="user-random")
    assert not app.exception
    assert len(app.error) == 1
    assert "choose another" in app.error[0].value
