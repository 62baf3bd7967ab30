from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError, NotFound, NotSupported, ParamError, RecsysError
from recsys_core.job_folder import CANCELLED, DONE, QUEUED
from recsys_core.runs import create_run
from recsys_core.training.jobs import configure, open_job, queued_ids, worker_command
from recsys_core.training.search_cost import expected_seconds
from recsys_core.training.search_metrics import lower_is_better, metrics_for
from recsys_core.training.search_space import Range
from recsys_core.training.studies import (
    Study,
    configure_study,
    delete_study,
    find_job,
    list_studies,
    open_study,
    resume_study,
    submit_study,
)
from recsys_core.training.study_config import budget
from tests.helpers import click_table
from tests.training.searches import queued_study, tried_here


@pytest.fixture
def data(workspace: Path, little: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")  # nobody works on what is queued here
    return keep_dataset(little, actor="ada")


@pytest.mark.parametrize(
    ("asked", "error", "complaint"),
    [
        ({"model": "oracle"}, NotFound, "no model 'oracle'"),
        ({"model": "blend"}, NotSupported, "learns its weights on the validation rows"),
        ({"model": "reranked"}, NotSupported, "has learned from the validation rows already"),
        ({"model": "newcomer"}, NotSupported, "made of another model"),
        ({"model": "random"}, NotSupported, "it has no settings"),
        ({"model": "imported"}, NotSupported, "made elsewhere"),
        ({"method": "magic"}, ParamError, "use one of: grid, random, bayes"),
        ({"n_trials": 0}, ParamError, "--trials: 0 is not allowed"),
        ({"n_trials": 1001}, ParamError, "from 1 to 1000"),
        ({"minutes": 0.0}, ParamError, "--minutes: 0 is not allowed"),
        ({"minutes": float("nan")}, ParamError, "--minutes: nan is not allowed"),
        ({"workers": 99}, ParamError, "--workers: 99 is not allowed"),
        ({"metric": "rmse"}, NotSupported, "makes lists and predicts no value"),
        ({"metric": "novelty@10"}, ParamError, "'novelty@10' is no figure to search by"),
        ({"metric": "ndcg@5"}, ParamError, "'ndcg@5' is no figure to search by"),
        ({"k": 99}, ParamError, "the catalogue has 30 entries"),
        ({"seed": -1}, ParamError, "seed: -1 is not allowed"),
        ({"fixed": {"depth": 3}}, ParamError, "there is no such parameter"),
        ({"fixed": {"l2": -3}}, ParamError, "-3 is not allowed"),
        ({"ranges": [Range("l2", "float", 1.0, 9.0)] * 2}, ParamError, "give one range a parameter"),
        ({"ranges": [Range("l2", "float", -1.0, 9.0)]}, ParamError, "l2: -1.* is not allowed"),
        (
            {"ranges": [Range("l2", "float", 1.0, 9.0)], "fixed": {"l2": 3}},
            ParamError,
            "either searched or fixed",
        ),
        ({"fixed": {"l2": 3}}, ParamError, "name at least one parameter"),
        (
            {"method": "grid", "ranges": [Range("l2", "float", 1.0, 9000.0, step=1.0)]},
            ParamError,
            "the grid has 9,000 points",
        ),
        ({"split": SplitSpec("cold-item", 0.1)}, NotSupported, "cannot serve whom the split"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_words(
    data: Dataset, asked: dict[str, Any], error: type[RecsysError], complaint: str
) -> None:
    given: dict[str, Any] = {"model": "ease", "method": "random", "actor": "ada"} | asked
    with pytest.raises(error, match=complaint):
        configure_study(data, given.pop("model"), **given)


def test_clicks_are_not_searched(workspace: Path) -> None:
    with pytest.raises(NotSupported, match="does not learn from click data"):
        configure_study(click_table(), "ease", method="random", actor="ada")


def test_a_study_and_a_run_with_its_settings_ask_for_the_same(data: Dataset) -> None:
    split = SplitSpec("last", 2, 7)
    config = configure_study(
        data, "item_knn", method="bayes", actor="ada", fixed={"shrinkage": "3"}, split=split, seed=5, k=4
    )
    assert config.metric == "ndcg@4" and config.fixed == {"shrinkage": 3.0}
    assert "shrinkage" not in {one.name for one in config.ranges}
    settings = config.settings_of({"neighbours": 9})
    run = config.run_config(settings, actor="ada")
    usual = configure(data, "item_knn", actor="bob", settings=settings, split=split, seed=5, k=4)
    assert run.same_work(usual)


def test_a_model_of_ratings_is_searched_by_its_error(data: Dataset) -> None:
    config = configure_study(data, "bias", method="random", actor="ada")
    assert config.metric == "rmse" and lower_is_better(config.metric)
    assert {"rmse", "mae", "auc", "ndcg@10", "ndcg_liked@10"} <= set(metrics_for("bias", data, 10))
    assert not lower_is_better("ndcg@10") and lower_is_better("gini@10")


def test_a_budget_is_said_beforehand(data: Dataset) -> None:
    grid = configure_study(data, "item_knn", method="grid", actor="ada", n_trials=30, minutes=2)
    assert budget(grid) == (30, 2) and len(grid.grid["neighbours"]) * len(grid.grid["shrinkage"]) == 30
    few = configure_study(
        data, "item_knn", method="grid", actor="ada", ranges=[Range("neighbours", "int", choices=(3, 9))]
    )
    assert budget(few) == (2, None)
    one, two = (expected_seconds(replace(grid, n_trials=n, minutes=None), data) for n in (10, 20))
    assert 0 < one < two < 600
    assert expected_seconds(grid, data) <= 120


def test_a_study_is_kept_as_it_was_asked_for(data: Dataset) -> None:
    study = queued_study(data, "ease", "l2=1..100:log", "target=liked,consumed", name="mine", n_trials=7)
    assert (study.state, study.called) == (QUEUED, f"study {study.id}")
    again = Study(study.folder).config
    assert asdict(again) == asdict(study.config) and again.name == "mine"
    assert study.trials().empty and study.curves().empty and study.best() is None
    assert study.reference() is None and study.seconds_left() is None
    assert study.budget_left() == (7, None)
    with pytest.raises(NotFound, match="it has no trial 3"):
        study.settings_of(3)


def test_the_same_search_asked_for_twice_is_one_study(data: Dataset) -> None:
    config = configure_study(data, "ease", method="random", actor="ada", n_trials=3)
    study = submit_study(config)
    assert submit_study(replace(config, actor="bob", name="other", workers=2)).id == study.id
    assert queued_ids() == [study.id]
    assert worker_command(study.id) == ("search", study.id)
    assert open_job(study.id).state == QUEUED
    other = submit_study(replace(config, n_trials=4))
    assert other.id != study.id and {one.id for one in list_studies()} == {study.id, other.id}


def test_a_study_is_found_by_id_beginning_or_name_and_never_taken_for_a_run(data: Dataset) -> None:
    study = queued_study(data, "ease", "l2=1..100", name="mine")
    run = create_run(configure(data, "ease", actor="ada", name="yours"))
    for called in (study.id, study.id[:7], "mine"):
        assert open_study(called).id == study.id
        assert isinstance(find_job(called), Study)
    assert find_job("yours").id == find_job(run.id).id == run.id
    with pytest.raises(NotFound, match="there is no study 'theirs'"):
        open_study("theirs")
    with pytest.raises(NotFound, match="there is no run 'theirs'"):
        find_job("theirs")
    queued_study(data, "ease", "l2=1..50", name="mine")
    with pytest.raises(NotFound, match="several studies are called 'mine'"):
        open_study("mine")


def test_a_cancelled_study_goes_on_and_a_complete_one_does_not(data: Dataset) -> None:
    study = submit_study(configure_study(data, "item_knn", method="random", actor="ada", n_trials=2))
    study.cancel(actor="ada")
    assert study.state == CANCELLED
    assert resume_study(study, actor="ada").state == QUEUED and not study.cancel_asked
    with pytest.raises(DataError, match="it is queued"):
        resume_study(study, actor="ada")
    tried_here(study).set_state(DONE)
    with pytest.raises(DataError, match="its budget is used up"):
        resume_study(study, actor="ada")
    with pytest.raises(ValueError, match="actor"):
        resume_study(study, actor="")


def test_a_study_is_deleted_whole(data: Dataset) -> None:
    study = queued_study(data, "ease", "l2=1..100")
    delete_study(study.id, actor="ada")
    assert not study.folder.exists() and list_studies() == []


def test_a_damaged_study_is_left_out_of_the_list(data: Dataset) -> None:
    study = queued_study(data, "ease", "l2=1..100")
    (study.folder / "config.json").write_text('{"format_version": 1, "ranges": [{"name": 3}]}')
    with pytest.raises(DataError, match="its configuration is damaged"):
        _ = study.config
    assert list_studies() == []
