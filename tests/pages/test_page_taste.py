"""The taste test's page: unnamed lists, votes that count once, names only when there are enough."""

from __future__ import annotations

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.store import open_dataset
from recsys_core.runs import delete_run, list_runs
from recsys_core.scenarios.lists import Serving, history_list, user_list
from recsys_core.scenarios.taste import LEAST_VOTES, Vote, cast, votes_on
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of

MODELS = ("history_encoder", "popularity")


def _pair(made: Shop) -> tuple[str, str]:
    one, other = sorted(made.run(model).id for model in MODELS)
    return one, other


def _lists(app: AppTest) -> list[list[str]]:
    """The two lists' titles, left first: ranks begin again at 1."""
    lines = [line for line in words_of(app).split("\n") if line.startswith("**") and "&nbsp;" in line]
    lists: list[list[str]] = []
    for line in lines:
        if line.startswith("**1**"):
            lists.append([])
        lists[-1].append(line.split("**")[3][:20])
    return lists


def _later(made: Shop) -> None:
    """As if the votes so far had been cast long ago: what follows is no double click."""
    path = made.folder / "taste.jsonl"
    votes = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(one | {"time": "2026-01-01T00:00:00+00:00"}) + "\n" for one in votes))


def _others_vote(made: Shop, n: int) -> None:
    one, other = _pair(made)
    for number in range(n):
        assert cast(Vote(f"x{number}", one, other, "left", "c001", f"s{number}", "test"))


def test_the_two_lists_are_the_core_s_and_name_nobody(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("taste", person="c011")
    assert_clean(app)
    servings = [Serving.open(shop_with_runs.run(model)) for model in MODELS]
    row = int(servings[0].data.user_rows("c011")[0])
    expected = [[title[:20] for title in user_list(one, row, k=5)["title"]] for one in servings]
    assert sorted(_lists(app)) == sorted(expected)
    assert [one.value for one in app.subheader] == ["Left", "Right"]
    assert not app.metric and "History encoder" not in words_of(app)


def test_a_rerun_swaps_nothing_and_a_vote_brings_the_next_person(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("taste")
    before = _lists(app)
    assert _lists(app.run()) == before
    app.button(key="taste_left").click().run()
    assert_clean(app)
    assert "One vote on these two so far: 1 of them yours" in words_of(app)
    assert _lists(app) != before
    [vote] = votes_on(*_pair(shop_with_runs))
    serving = Serving.open(shop_with_runs.run("history_encoder"))
    person = int(serving.data.user_rows(vote.person)[0])
    run = next(run for run in list_runs() if run.id == vote.left)
    assert [title[:20] for title in user_list(Serving.open(run), person, k=5)["title"]] == before[0]


def test_votes_add_up_and_a_rerun_after_one_swaps_nothing(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("taste")
    app.button(key="taste_right").click().run()
    second = _lists(app)
    _later(shop_with_runs)
    assert _lists(app.run()) == second
    app.button(key="taste_same").click().run()
    assert "2 votes on these two so far: 2 of them yours, 1 for both the same." in words_of(app)


def test_somebody_by_id_is_served_once_then_somebody_else(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("taste", person="c011")
    assert "**c011** chose, newest first" in words_of(app)
    app.button(key="taste_left").click().run()
    assert app.selectbox(key="person").value == ""
    assert votes_on(*_pair(shop_with_runs))[0].person == "c011"


def test_names_come_only_with_enough_votes_and_then_nobody_votes(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    _others_vote(shop_with_runs, LEAST_VOTES - 1)
    assert open_page("taste").toggle(key="taste_reveal").disabled
    one, other = _pair(shop_with_runs)
    assert cast(Vote("last", one, other, "same", "c001", "me", "test"))
    app = open_page("taste")
    app.toggle(key="taste_reveal").set_value(True).run()
    assert_clean(app)
    names = {shop_with_runs.label(model) for model in MODELS}
    assert {one.value.replace("\\", "") for one in app.subheader} == names
    assert "was preferred in 100% of 4 votes (between 40% and 100%): a tie so far" in words_of(app)
    assert sorted(metric.value for metric in app.metric) == sorted([*"401", "0.125"])
    assert "taste_left" not in {button.key for button in app.button}
    app.button(key="taste_next").click().run()
    app.toggle(key="taste_reveal").set_value(False).run()
    assert [one.value for one in app.subheader] == ["Left", "Right"]


def test_you_get_two_lists_after_your_picks_and_judge_them_once(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("taste", who="you")
    assert "Pick a few articles first" in words_of(app) and not _lists(app)
    app.multiselect(key="loved").set_value(["P004", "P008"]).run()
    assert_clean(app)
    servings = [Serving.open(shop_with_runs.run(model)) for model in MODELS]
    rows = servings[0].data.item_rows(["P004", "P008"])
    expected = [[title[:20] for title in history_list(one, rows, k=5)["title"]] for one in servings]
    assert sorted(_lists(app)) == sorted(expected)
    app.button(key="taste_left").click().run()
    assert "Counted. Change a pick" in words_of(app) and not _lists(app)
    app.multiselect(key="loved").set_value(["P004"]).run()
    assert len(_lists(app)) == 2


def test_a_model_of_ids_says_that_it_cannot_serve_you(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("taste", who="you", one=shop_with_runs.run("embedding_mlp").id)
    assert_clean(app)
    assert "cannot serve you" in app.warning[0].value
    assert open_page("taste", one=shop_with_runs.run("embedding_mlp").id).button(key="taste_left")


def test_two_runs_that_always_agree_leave_nothing_to_choose(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    run = shop_with_runs.run("popularity")
    twin = run.folder.with_name("0123456789ab")
    shutil.copytree(run.folder, twin)
    app = open_page("taste", one=run.id, other=twin.name)
    assert_clean(app)
    assert "20 people were tried, and both runs give each of them the same list." in words_of(app)
    app.button(key="taste_next").click().run()
    assert_clean(app)


def test_one_run_alone_is_no_test(shop_with_runs: Shop, open_page: OpenPage) -> None:
    for run in list_runs()[1:]:
        delete_run(run.id, actor="test")
    app = open_page("taste")
    assert_clean(app)
    assert "A taste test takes two finished runs" in words_of(app)


@pytest.mark.parametrize("length", ["3", "20"])
def test_the_lists_are_as_long_as_asked(length: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("taste", length=length)
    assert [len(one) for one in _lists(app)] == [int(length)] * 2
    assert open_dataset(shop.DATA).n_items > 20
