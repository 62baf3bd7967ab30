"""A study in real processes: shared, killed in the middle, cancelled, sent home, gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import World
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError
from recsys_core.job_folder import CANCELLED, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING
from recsys_core.locks import Lock
from recsys_core.training import search_storage
from recsys_core.training.search import search
from recsys_core.training.search_worker import asking
from recsys_core.training.studies import FINISHED, STOPPED, Study, delete_study, make_resumable
from recsys_core.training.study import REFERENCE
from tests.helpers import REPOSITORY, wait_until
from tests.training.searches import queued_study, tried_here

LONG = {"epochs": 1000, "embedding_size": 256}
"""Minutes a trial: whoever waits for its end has failed."""


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of the test; none outlives it."""
    found: list[subprocess.Popen[bytes]] = []
    yield found
    for one in found:
        one.kill()
        one.wait()


def _command(study: Study, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "recsys_core", "search", study.id, *more]
    return subprocess.Popen(command, cwd=REPOSITORY)


def _endless_study(data: Dataset, values: str) -> Study:
    """A grid whose trials take minutes each; the default settings, which would too, count as measured."""
    study = queued_study(data, "ials", values, fixed=LONG, method="grid")
    files.write_json(study.folder / REFERENCE, {"state": "failed", "reason": "left out", "settings": {}})
    return study


def _workers(study: Study) -> list[str]:
    """Names of the living processes of a study; a name begins with the process's number."""
    names = [path.stem for path in (study.folder / "workers").glob("*.lock")]
    return [name for name in names if study.at_work(name)]


def _runs_a_trial(study: Study) -> bool:
    return bool((study.trials()["state"] == "running").any())


def test_two_processes_share_a_study_without_doing_anything_twice(
    data: Dataset, started: list[subprocess.Popen[bytes]]
) -> None:
    study = queued_study(data, "ials", "l2=0.002..0.2:log", fixed={"epochs": 40}, method="bayes", n_trials=8)
    mine, gate = Lock(study.lock_path), asking(study)
    assert mine.acquire()
    study.set_state(RUNNING)
    with gate.waited_for():  # nobody draws before both are there
        started += [_command(study, "--share"), _command(study, "--share")]
        wait_until(lambda: len(_workers(study)) == 2, seconds=90, what="two processes at the study")
    assert [one.wait(timeout=90) for one in started] == [0, 0]
    table = study.trials()
    assert len(table) == 8 and (table["state"] == FINISHED).all()
    assert table["param:l2"].nunique() == 8
    told = {trial.user_attrs["worker"] for trial in search_storage.trials(study.folder)}
    assert len(told) == 2, "one of them did everything"
    mine.release()


@pytest.mark.faults
def test_a_killed_process_is_replaced_and_sent_home_the_study_goes_on_later(
    data: Dataset, started: list[subprocess.Popen[bytes]]
) -> None:
    study = _endless_study(data, "l2=0.01,0.02,0.04")
    started.append(_command(study))
    wait_until(
        lambda: _runs_a_trial(study) and study.trials()["param:l2"].notna().all(),
        seconds=90,
        what="a trial under way, its settings drawn",
    )
    (first,) = _workers(study)
    os.kill(int(first.partition("-")[0]), signal.SIGKILL)
    wait_until(lambda: len(study.trials()) == 2 and _runs_a_trial(study), seconds=90, what="a second try")
    table = study.trials()
    assert table.iloc[0]["reason"] == "its process ended in the middle; its settings are tried again"
    assert table.iloc[0]["param:l2"] == table.iloc[1]["param:l2"]
    started[0].send_signal(signal.SIGTERM)
    assert started[0].wait(timeout=30) == 0
    assert study.state == INTERRUPTED and not _workers(study)
    assert study.trials().iloc[1]["reason"].startswith("stopped in the middle, with the app")
    assert study.budget_left()[0] == 3
    make_resumable(study)
    assert study.state == QUEUED


def test_cancel_ends_even_what_does_not_look_up_and_the_study_can_go_on(data: Dataset) -> None:
    study = _endless_study(data, "l2=0.01,0.02")
    asked = []

    def watch(event: dict[str, object]) -> None:
        if event["type"] == "progress" and event["trial"] == 0 and not asked:
            asked.append(event)
            study.cancel(actor="ada")

    assert search(study, watch=watch) == CANCELLED
    (trial,) = study.trials().itertuples()
    assert (trial.state, trial.reason, trial.counts) == (STOPPED, "stopped by you", False)
    ended = study.status["time"] - asked[0]["time"]
    assert ended < 10, "and within a second on a machine with nothing else to do"
    make_resumable(study)
    assert not study.cancel_asked


def test_a_study_ends_done_with_its_best_trial_told(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5,9", method="grid")
    told: list[dict[str, object]] = []
    assert search(study, watch=told.append) == DONE
    assert study.seconds_left() == 0.0 and study.budget_left()[0] == 0
    ends = [event for event in told if event["type"] == "trial" and event["state"] == "finished"]
    assert [event["trial"] for event in ends] == ["default", 0, 1, 2]
    with pytest.raises(DataError, match="budget is used up"):
        make_resumable(study)
    with pytest.raises(DataError, match="it is done, not queued"):
        search(study)


def test_what_follows_a_complete_search_is_there_before_it_says_done(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5", method="grid")
    states: list[str] = []

    def then(one: Study) -> None:
        states.append(one.state)
        raise DataError(what="no room", where="disk", remedy="make some")

    assert search(study, then=then) == DONE, "what goes wrong afterwards takes nothing from the search"
    assert states == [RUNNING]


def test_stop_after_the_last_trial_leaves_a_complete_search(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5", method="grid")

    def watch(event: dict[str, object]) -> None:
        if event["type"] == "trial" and event["state"] == "finished" and event["trial"] == 1:
            study.cancel(actor="ada")

    followed: list[str] = []
    assert search(study, watch=watch, then=lambda one: followed.append(one.id)) == DONE
    assert followed == [study.id]


def test_a_study_whose_data_were_replaced_says_so(data: Dataset, small_world: World) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5,9", method="grid")
    keep_dataset(small_world.dataset.renamed(data.name), actor="ada")
    assert search(study) == FAILED
    assert "was replaced since" in study.status["error"]


def test_a_study_at_work_is_neither_taken_twice_nor_deleted(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5,9", method="grid")
    lock = Lock(study.lock_path)
    assert lock.acquire()
    with pytest.raises(DataError, match="another process works on it"):
        search(study)
    with pytest.raises(DataError, match="still running"):
        delete_study(study.id, actor="ada")
    lock.release()
    delete_study(tried_here(study).id, actor="ada")
    assert not study.folder.exists()
