from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset, list_datasets
from recsys_core.locks import Lock
from recsys_core.runs import list_runs
from recsys_core.training import first_start
from recsys_core.training.jobs import dispatcher_lock


@pytest.fixture(autouse=True)
def turned_on(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The first start as a person has it; this test is the dispatcher, so nothing trains."""
    monkeypatch.delenv("RECSYS_FIRST_START")
    lock = Lock(dispatcher_lock())
    assert lock.acquire()
    yield
    lock.release()


@pytest.fixture
def cached_default(little: Dataset) -> Dataset:
    """Something small under the name of the default data, so that nothing is fetched."""
    return keep_dataset(little.renamed("movielens-100k"), actor="ada")


def test_an_empty_workspace_wants_its_first_start() -> None:
    assert first_start.standing() == {"state": "none"}
    assert first_start.wanted()


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_FIRST_START", "0")
    assert not first_start.enabled()
    assert not first_start.wanted()
    first_start.tend()
    assert list_datasets() == []


def test_a_workspace_with_data_of_its_own_is_left_alone(little: Dataset) -> None:
    keep_dataset(little, actor="ada")
    assert not first_start.wanted()
    first_start.tend()
    assert [summary.name for summary in list_datasets()] == ["little"]
    assert list_runs() == []


def test_it_queues_the_floors_and_the_default_network_and_says_that_it_is_done(
    cached_default: Dataset,
) -> None:
    first_start.first_start()
    assert first_start.standing()["state"] == "done"
    assert first_start.standing()["data"] == "movielens-100k"
    models = {run.config.model for run in list_runs()}
    assert models == {"history_encoder", "ease", "bias", "popularity", "random"}
    assert {run.config.actor for run in list_runs()} == {"first-start"}


def test_a_workspace_whose_data_somebody_deleted_is_not_filled_again(cached_default: Dataset) -> None:
    first_start.first_start()
    delete_dataset("movielens-100k", actor="ada")
    assert not first_start.wanted()
    first_start.tend()
    assert list_datasets() == []


def test_a_workspace_that_somebody_filled_and_emptied_is_not_filled_either(little: Dataset) -> None:
    keep_dataset(little, actor="ada")
    first_start.tend()  # the dispatcher looked while there were data
    delete_dataset("little", actor="ada")
    assert not first_start.wanted()


def test_asking_makes_an_emptied_workspace_want_it_again(cached_default: Dataset) -> None:
    first_start.first_start()
    delete_dataset("movielens-100k", actor="ada")
    first_start.ask(actor="ada")
    assert first_start.standing()["state"] == "asked"
    assert first_start.standing()["actor"] == "ada"
    assert first_start.wanted()


def test_a_start_that_was_cut_off_is_wanted_again(workspace: Path) -> None:
    (workspace / "first_start.json").write_text('{"format_version": 1, "state": "fetching"}')
    assert first_start.wanted()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"state": 3}'])
def test_a_damaged_note_reads_as_none(workspace: Path, content: str) -> None:
    (workspace / "first_start.json").write_text(content)
    assert first_start.standing()["state"] == "none"
    assert first_start.wanted()


def test_a_start_that_fails_says_why_and_is_not_tried_every_second(workspace: Path) -> None:
    (workspace / "cache").write_text("a file where the folder should be")
    first_start.first_start()
    told = first_start.standing()
    assert told["state"] == "failed"
    assert "cache: the workspace cannot be used (FileExistsError); set RECSYS_WORKSPACE" in told["message"]
    assert not first_start.wanted()
