from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotFound, NotSupported, ParamError
from recsys_core.job_folder import QUEUED, JobFolder
from recsys_core.locks import Lock
from recsys_core.models import registry
from recsys_core.runs import list_runs
from recsys_core.training.jobs import (
    configure,
    dispatcher_lock,
    forget_mark,
    open_job,
    queued_ids,
    submit,
    train_first_runs,
    worker_command,
)
from recsys_core.training.worker import work
from tests.helpers import click_table


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Iterator[Dataset]:
    """The little data set, in a workspace where this test is the dispatcher: nothing starts by itself."""
    lock = Lock(dispatcher_lock())
    assert lock.acquire()
    yield keep_dataset(little, actor="ada")
    lock.release()


def test_a_configuration_holds_every_parameter_resolved(data: Dataset) -> None:
    config = configure(data, "history_encoder", actor="ada", settings={"epochs": "7"}, seed=3, name="mine")
    defaults = {spec.name: spec.default for spec in registry.params_of("history_encoder")}
    assert config.settings == defaults | {"epochs": 7}
    assert (config.dataset, config.fingerprint, config.split) == (
        "little",
        data.fingerprint,
        "user-random:0.2",
    )
    assert (config.split_seed, config.seed, config.k, config.actor, config.name) == (42, 3, 10, "ada", "mine")


def test_an_unknown_model_is_refused_with_the_known_ones(data: Dataset) -> None:
    with pytest.raises(NotFound, match=r"no model 'nosuch'; use one of: history_encoder, .*random"):
        configure(data, "nosuch", actor="ada")


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"settings": {"epochs": 0}}, r"parameter epochs: 0 is not allowed; use a whole number from 1 to"),
        ({"settings": {"epoch": 3}}, "parameter 'epoch': there is no such parameter"),
        ({"k": 31}, r"k is 31, but the catalogue has 30 entries; use a number from 1 to 30"),
        ({"k": 0}, "k is 0"),
        ({"split": SplitSpec("given")}, "no test file of its own"),
        ({"split": SplitSpec("user-random", 0.001)}, "leaves no training rows or no test rows"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_anything_is_made(
    data: Dataset, asked: dict[str, Any], complaint: str
) -> None:
    assert data.n_items == 30
    with pytest.raises(ParamError, match=complaint):
        configure(data, "history_encoder", actor="ada", **asked)
    assert list_runs() == []
    assert queued_ids() == []


def test_a_model_for_another_kind_of_data_is_refused_with_those_that_fit(data: Dataset) -> None:
    implicit = simulate(Kind.IMPLICIT, n_users=40, n_items=30, mean_events=10).dataset
    with pytest.raises(NotSupported, match="bias does not learn from implicit data") as caught:
        configure(implicit, "bias", actor="ada")
    usable = [one.name for one in registry.models_for(Kind.IMPLICIT)]
    assert "bias" not in usable
    assert caught.value.remedy == f"use one of: {', '.join(usable)}"


def test_a_catalogue_that_a_model_cannot_hold_is_refused_before_a_run_is_made(data: Dataset) -> None:
    most = registry.spec("ease").most_items
    rows = pd.DataFrame({"item_id": np.arange(most + 1).astype(str), "user_id": "", "value": 1.0})
    rows["user_id"] = [f"u{number % 40}" for number in range(most + 1)]
    vast = make_dataset("vast", Kind.IMPLICIT, rows)
    assert vast.n_items == most + 1
    with pytest.raises(
        NotSupported, match=r"20,001 items are too many .* at most 20,000 items, or one of: history_enc"
    ):
        configure(vast, "ease", actor="ada")
    assert configure(vast, "ials", actor="ada").model == "ials"


def test_the_same_work_under_way_is_returned_instead_of_done_twice(data: Dataset) -> None:
    first = submit(configure(data, "popularity", actor="ada"))
    assert submit(configure(data, "popularity", actor="bob", name="again")).id == first.id
    assert queued_ids() == [first.id]


def test_two_clicks_at_the_same_moment_are_one_run(data: Dataset) -> None:
    config = configure(data, "popularity", actor="ada")
    with ThreadPoolExecutor(4) as pool:
        runs = [future.result() for future in [pool.submit(submit, config) for _click in range(8)]]
    assert len({run.id for run in runs}) == 1
    assert len(list_runs()) == len(queued_ids()) == 1


def test_other_work_and_work_that_is_over_or_stopping_is_another_run(data: Dataset) -> None:
    config = configure(data, "popularity", actor="ada")
    first = submit(config)
    other_seed = submit(replace(config, seed=1))
    other_seed.cancel(actor="ada")
    after_cancel = submit(replace(config, seed=1))
    assert work(first) == "done"
    after_done = submit(config)
    assert len({first.id, other_seed.id, after_cancel.id, after_done.id}) == 4


def test_a_dispatcher_of_somebody_elses_is_waited_for(
    workspace: Path, little: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    run = submit(configure(keep_dataset(little, actor="ada"), "random", actor="ada"))
    assert queued_ids() == [run.id]
    assert not (workspace / "dispatcher.log").exists()  # no process was started


def test_the_queue_keeps_the_order_of_asking(data: Dataset) -> None:
    asked = [submit(configure(data, "random", actor="ada", seed=seed)).id for seed in range(5)]
    assert queued_ids() == asked
    forget_mark(asked[2])
    assert queued_ids() == [*asked[:2], *asked[3:]]


def test_a_stray_file_in_the_queue_is_not_a_run(data: Dataset, workspace: Path) -> None:
    run = submit(configure(data, "random", actor="ada"))
    for name in ("README", "0-..", "1-", "-0123456789ab", ".hidden", "2-0123456789ab.tmp"):
        (workspace / "queue" / name).touch()
    assert queued_ids() == [run.id]


def test_the_first_runs_are_the_floors_and_the_default_network(data: Dataset) -> None:
    runs = train_first_runs(data, actor="ada")
    assert {run.config.model for run in runs} == {"history_encoder", "ease", "bias", "popularity", "random"}
    assert [run.id for run in runs] == queued_ids()
    assert train_first_runs(data, actor="ada") == []


def test_the_first_runs_queue_only_what_is_missing(data: Dataset) -> None:
    done = submit(configure(data, "ease", actor="ada"))
    assert work(done) == "done"
    failed = submit(configure(data, "bias", actor="ada"))
    failed.set_state("failed", error="x")
    waiting = submit(configure(data, "random", actor="ada"))
    runs = train_first_runs(data, actor="ada")
    assert sorted(run.config.model for run in runs) == ["bias", "history_encoder", "popularity"]
    assert waiting.state == "queued"


def test_the_first_runs_of_implicit_data_leave_the_rating_floor_out(data: Dataset) -> None:
    implicit = simulate(Kind.IMPLICIT, n_users=40, n_items=30, mean_events=10).dataset.renamed("choices")
    runs = train_first_runs(keep_dataset(implicit, actor="ada"), actor="ada")
    assert {run.config.model for run in runs} == {"history_encoder", "ease", "popularity", "random"}


@pytest.mark.parametrize("columns", [["label"], ["label", "user_id", "item_id"]], ids=["bare", "with ids"])
def test_there_are_no_first_runs_of_clicks_and_that_is_no_error(workspace: Path, columns: list[str]) -> None:
    clicks = keep_dataset(click_table(columns), actor="ada")
    assert train_first_runs(clicks, actor="ada") == []
    assert queued_ids() == []
    with pytest.raises(
        NotSupported, match="ease does not learn from click data; no model learns from such data yet"
    ):
        configure(clicks, "ease", actor="ada")


def test_the_first_runs_judge_short_lists_where_the_catalogue_is_short(
    data: Dataset, tiny_ratings: Dataset
) -> None:
    runs = train_first_runs(keep_dataset(tiny_ratings, actor="ada"), actor="ada")
    assert {run.config.k for run in runs} == {6}


def test_a_run_and_a_study_are_told_apart_by_where_their_folder_lies(data: Dataset, workspace: Path) -> None:
    run = submit(configure(data, "random", actor="ada"))
    study = workspace / "studies" / "0123456789ab"
    study.mkdir(parents=True)
    JobFolder(study).set_state(QUEUED)
    assert worker_command(run.id) == ("work", run.id)
    assert worker_command(study.name) == ("search", study.name)
    assert open_job(run.id).folder == run.folder
    assert open_job(study.name).folder == study
    with pytest.raises(NotFound):
        open_job("../../etc")
