"""Tune: what it asks, what it shows of a search under way, ended or gone, what became of the best, searches side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.runs import list_runs
from recsys_core.training.search_final import finish
from recsys_core.training.studies import list_studies
from recsys_core.training.study import Study
from tests.helpers import finished_run
from tests.pages.conftest import OpenPage, assert_clean, words_of
from tests.searched import told_study


@pytest.fixture
def kept(little: Dataset, workspace: Path) -> Dataset:
    """The little data set in a workspace of the test's own; pages start no process here."""
    keep_dataset(little, actor="test")
    return little


def _asking_ease(open_page: OpenPage, **query: str) -> AppTest:
    return open_page("tune", **({"tune_model": "ease"} | query))


def test_without_a_search_the_page_asks_and_says_what_it_will_take(
    kept: Dataset, open_page: OpenPage
) -> None:
    app = _asking_ease(open_page, tune_trials="12")
    assert_clean(app)
    said = words_of(app)
    assert re.search(r"12 trials, about \d+ s\.", said)
    assert "No search on this data yet. Press Search above" in said
    assert "popularity" not in app.selectbox(key="tune_model").options
    helped = app.selectbox(key="tune_method").help
    assert all(name in helped for name in ("Bayesian", "Random", "Grid"))
    assert not app.button(key="tune_go").disabled
    assert "n_trials=12" in app.code[0].value and 'parse_range(text, "ease")' in app.code[0].value


def test_a_grid_says_how_many_points_it_has(kept: Dataset, open_page: OpenPage) -> None:
    app = _asking_ease(open_page, tune_method="grid", tune_trials="6", tune_minutes="90")
    assert_clean(app)
    assert "A grid of 6 points" in words_of(app) and "no new one after 1 h 30 min" in words_of(app)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("tune_trials", 0, "--trials"),
        ("tune_minutes", -5, "--minutes"),
        ("tune_ease_l2_low", 1e9, "l2"),
        ("tune_workers", 99, "--workers"),
        ("tune_k", 0, "k"),
    ],
)
def test_what_cannot_be_searched_is_said_beside_the_button_before_the_click(
    kept: Dataset, open_page: OpenPage, key: str, value: float, wanted: str
) -> None:
    app = _asking_ease(open_page)
    app.number_input(key=key).set_value(value).run()
    assert not app.exception
    assert len(app.error) == 1 and wanted in app.error[0].value.replace("\\", "")
    assert app.button(key="tune_go").disabled


def test_nothing_searched_is_said_too(kept: Dataset, open_page: OpenPage) -> None:
    app = _asking_ease(open_page)
    app.multiselect(key="tune_ease_searched").set_value([]).run()
    assert not app.exception
    assert "choose at least one under More" in app.error[0].value
    assert app.button(key="tune_go").disabled


def test_a_click_queues_the_search_as_asked_and_a_second_click_no_other(
    kept: Dataset, open_page: OpenPage
) -> None:
    app = _asking_ease(open_page, tune_method="random", tune_trials="7", tune_minutes="5")
    app.number_input(key="tune_ease_l2_high").set_value(700.0).run()
    app.checkbox(key="tune_ease_l2_log").uncheck().run()
    app.button(key="tune_go").click().run()
    app.button(key="tune_go").click().run()
    assert_clean(app)
    (study,) = list_studies()
    config = study.config
    assert (config.model, config.method, config.n_trials, config.minutes) == ("ease", "random", 7, 5.0)
    assert (config.actor, config.metric, config.ranges[0].high, config.ranges[0].log) == (
        "browser", "ndcg@10", 700.0, False,
    )  # fmt: skip
    assert app.query_params["study"] == study.id
    assert "No trial is finished yet" in words_of(app)
    assert "Waiting for its turn" in str(app.get("progress")[0].proto)
    app.button(key="tune_stop").click().run()
    assert study.state == "cancelled" and "Stopped by you. 0 trials." in words_of(app)


@pytest.fixture
def study(kept: Dataset) -> Study:
    """A finished search with a failed trial; the third trial is the best."""
    return told_study(kept, [0.2, None, 0.3, 0.2999])


def test_a_finished_search_answers_first_and_shows_how_it_came(study: Study, open_page: OpenPage) -> None:
    app = _asking_ease(open_page)
    assert_clean(app)
    said = words_of(app)
    assert "The best is trial 2: NDCG@5 0.300 ± 0.010 on validation rows" in said
    assert "1 of the 2 other finished trials cannot be told from it" in said
    assert "Done. 4 trials: 3 finished, 1 failed." in said
    table = app.dataframe[0].value
    assert table["End"].tolist() == ["finished", "failed", "finished", "finished"]
    assert table["Reason"].iloc[1].startswith("the disk is full")
    assert len(app.get("vega_lite_chart")) == 2  # one setting: nothing to rank by importance
    assert "Train the best for good" in [one.label for one in app.button]
    assert "Test was not looked at yet" in said


def test_a_row_that_is_clicked_shows_that_trial_and_its_reason_as_text(
    study: Study, open_page: OpenPage
) -> None:
    app = _asking_ease(open_page)
    app.session_state[f"tune_trials_{study.id}"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert_clean(app)
    assert "Trial 1" in words_of(app) and "the disk is full [x](http" in words_of(app)
    raw = [one.value for one in app.caption if "disk is full" in one.value]
    assert raw and "](http" not in raw[0]
    assert "Make it a run" not in [one.label for one in app.button]


def test_one_click_makes_a_trial_a_run(study: Study, open_page: OpenPage) -> None:
    app = _asking_ease(open_page)
    app.session_state[f"tune_trials_{study.id}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    app.button(key="tune_make_run").click().run()
    assert_clean(app)
    (run,) = list_runs()
    assert run.config.settings == study.settings_of(0) and run.config.actor == "browser"
    labels = [one.proto.label for one in app.get("page_link")]
    assert any(label.startswith("Watch EASE") for label in labels)


def test_the_best_is_trained_for_good_beside_the_default_settings(study: Study, open_page: OpenPage) -> None:
    app = _asking_ease(open_page)
    app.button(key="tune_final").click().run()
    assert_clean(app)
    assert len(list_runs()) == 2
    assert "The best settings wait for their turn to be trained for good" in str(app.get("progress")[0].proto)


def test_what_is_left_on_test_is_told_with_how_often_test_was_seen(
    study: Study, kept: Dataset, open_page: OpenPage
) -> None:
    best, default = study.settings_of(2), study.config.settings_of({})
    for settings in (best, default):
        finished_run(kept, "ease", settings=settings, k=5)
    finish(study, actor="test")
    app = _asking_ease(open_page)
    assert_clean(app)
    said = words_of(app)
    assert "On test rows: NDCG@5 0." in said and "on validation rows it had 0.300 ± 0.010" in said
    assert "were looked at 2 times, once a run, 2 of them for this search" in said
    labels = [one.proto.label for one in app.get("page_link")]
    assert any("See the lists of EASE" in one for one in labels) and "Judge it beside the others" in labels


def test_searches_stand_side_by_side_at_the_same_budget(
    study: Study, kept: Dataset, open_page: OpenPage
) -> None:
    other = told_study(kept, [0.1, 0.2], method="grid")
    app = _asking_ease(open_page, study=study.id)
    assert_clean(app)
    said = words_of(app)
    assert "after 2 trials each" in said and f"Random · {study.id[:4]}" in said
    assert len(app.multiselect(key=f"tune_rivals_{study.id}").value) == 2
    contest = next(one.value for one in app.dataframe if "Best trial" in one.value)
    assert contest["NDCG@5 on validation"].tolist() == ["0.200", "0.200"]
    assert app.selectbox(key="tune_pick").value == study.id != other.id
    assert app.dataframe[-1].value["State"].tolist() == ["done", "done"]


def test_the_other_methods_are_queued_with_the_same_budget(study: Study, open_page: OpenPage) -> None:
    app = _asking_ease(open_page)
    app.button(key="tune_others").click().run()
    assert_clean(app)
    configs = [one.config for one in list_studies()]
    assert sorted(one.method for one in configs) == ["bayes", "grid", "random"]
    assert {(one.n_trials, one.ranges, one.seed, one.k) for one in configs} == {
        (4, study.config.ranges, 0, 5)
    }


def test_another_study_is_chosen_and_its_address_kept(
    study: Study, kept: Dataset, open_page: OpenPage
) -> None:
    newer = told_study(kept, [0.25])
    app = _asking_ease(open_page)
    assert app.selectbox(key="tune_pick").value == newer.id
    app.selectbox(key="tune_pick").select(study.id).run()
    assert_clean(app)
    assert app.query_params["study"] == study.id
    assert "The best is trial 2" in words_of(app)


@pytest.mark.parametrize("wanted", ["../../etc", "0123456789ab", "<b>"])
def test_a_study_that_is_not_here_is_said_and_the_newest_shown(
    study: Study, open_page: OpenPage, wanted: str
) -> None:
    app = _asking_ease(open_page, study=wanted)
    assert_clean(app)
    assert "study" not in app.query_params
    assert "The best is trial 2" in words_of(app)
    assert any("which is not here" in one.value for one in app.toast)


def test_a_study_of_other_data_is_not_shown_among_these(
    study: Study, small_world: object, open_page: OpenPage
) -> None:
    keep_dataset(small_world.dataset.renamed("another"), actor="test")  # type: ignore[attr-defined]
    app = _asking_ease(open_page, study=study.id, data="another")
    assert not app.exception
    assert "was made on data set little as it was then" in app.error[0].value.replace("\\", "")
    assert "No search on this data yet" in words_of(app)


def test_an_interrupted_search_can_go_on_and_one_that_is_over_cannot(
    kept: Dataset, open_page: OpenPage
) -> None:
    study = told_study(kept, [0.2], n_trials=3)
    study.set_state("interrupted")
    app = _asking_ease(open_page)
    assert_clean(app)
    assert "Its process ended before it was done" in words_of(app)
    app.button(key="tune_resume").click().run()
    assert_clean(app)
    assert study.state == "queued"
    over = told_study(kept, [0.2])
    app = _asking_ease(open_page, study=over.id)
    assert "Go on" not in [one.label for one in app.button]


def test_a_search_without_a_finished_trial_and_a_failed_one_say_so(
    kept: Dataset, open_page: OpenPage
) -> None:
    study = told_study(kept, [None])
    study.set_state("failed", error="no trial finished; the first failed so: **x**")
    app = _asking_ease(open_page)
    assert not app.exception
    said = words_of(app)
    assert "It failed: no trial finished; the first failed so: **x**" in said
    assert "No settings found: the only trial did not finish." in said
    assert "Nothing to train for good" in said


def test_a_search_is_deleted_after_asking_once_more(study: Study, open_page: OpenPage) -> None:
    app = _asking_ease(open_page, study=study.id)
    app.button(key="tune_delete_sure").click().run()
    assert_clean(app)
    assert list_studies() == [] and "study" not in app.query_params
    assert "No search on this data yet" in words_of(app)
