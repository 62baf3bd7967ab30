from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.locks import Lock
from recsys_core.runs import RunConfig, create_run, delete_run, list_runs, open_run
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.training.worker import work
from tests.conftest import Studio
from tests.helpers import contents, finished_run, queued_run

CONFIG = RunConfig("popularity", {}, "little", "f" * 64, "user-random:0.2", "ada")


def test_a_new_run_is_queued_and_comes_back_as_it_was_asked_for(workspace: Path) -> None:
    config = replace(CONFIG, settings={"epochs": 3, "rate": 0.1}, name="first", seed=7)
    run = create_run(config)
    assert open_run(run.id).config == config
    assert (run.state, run.has_model, run.events(), len(run.curve())) == ("queued", False, [], 0)
    assert [path.name for path in (workspace / "runs").iterdir()] == [run.id]


def test_runs_are_listed_newest_first(workspace: Path) -> None:
    times = (
        "2026-01-01T00:00:00.000+00:00",
        "2026-03-01T00:00:00.000+00:00",
        "2026-02-01T00:00:00.000+00:00",
    )
    for created in times:
        create_run(replace(CONFIG, created=created))
    assert [run.config.created for run in list_runs()] == sorted(times, reverse=True)


def test_a_run_opens_by_its_name_while_only_one_has_it(workspace: Path) -> None:
    run = create_run(replace(CONFIG, name="mine"))
    assert open_run("mine").id == run.id
    create_run(replace(CONFIG, name="mine"))
    with pytest.raises(NotFound, match="several runs are called 'mine'"):
        open_run("mine")


@pytest.mark.parametrize(
    "run_id",
    [
        "0" * 12,
        "",
        ".",
        "..",
        "../runs",
        "/etc",
        "a/b",
        "0" * 11,
        "0" * 200,
        "ABCDEF012345",
        "数",
        "0" * 12 + "\n",
    ],
)
def test_an_unknown_or_path_like_id_is_refused(workspace: Path, run_id: str) -> None:
    create_run(CONFIG)  # unnamed: an empty id must not find it
    with pytest.raises(NotFound, match=r"workspace: there is no run .*; the command 'runs' lists every id"):
        open_run(run_id)
    with pytest.raises(NotFound):
        delete_run(run_id, actor="ada")
    assert len(list_runs()) == 1


def test_a_run_whose_worker_died_reads_as_interrupted(workspace: Path) -> None:
    run = create_run(CONFIG)
    lock = Lock(run.folder / "lock")
    assert lock.acquire()
    run.set_state("running", pid=1)
    assert run.state == "running"
    lock.release()  # what the kernel does when a process dies
    assert run.state == "interrupted"
    assert files.read_json(run.folder / "status.json")["state"] == "running"  # reading changes nothing


def _a_file(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "status.json").unlink()
    folder.rmdir()
    folder.touch()


BROKEN_CONFIGS: dict[str, Callable[[Path], object]] = {
    "missing": lambda folder: (folder / "config.json").unlink(),
    "half": lambda folder: (folder / "config.json").write_text('{"model": "popu'),
    "empty": lambda folder: (folder / "config.json").write_text("{}"),
    "unknown field": lambda folder: files.write_json(folder / "config.json", {"model": "x", "colour": "red"}),
    "not an object": lambda folder: (folder / "config.json").write_text("[]"),
    "a file instead of a folder": _a_file,
}


@pytest.mark.parametrize("how", list(BROKEN_CONFIGS))
def test_a_broken_configuration_does_not_hide_the_other_runs(workspace: Path, how: str) -> None:
    good, broken = create_run(CONFIG), create_run(CONFIG)
    BROKEN_CONFIGS[how](broken.folder)
    assert [run.id for run in list_runs()] == [good.id]


@pytest.mark.parametrize("content", [None, "", '{"state": "run', "{}", '{"state": "exploded"}', "[]"])
def test_a_broken_status_reads_as_failed_and_can_be_deleted(workspace: Path, content: str | None) -> None:
    run = create_run(CONFIG)
    path = run.folder / "status.json"
    path.unlink() if content is None else path.write_text(content)
    assert [(one.id, one.state) for one in list_runs()] == [(run.id, "failed")]
    assert "status.json" in run.status["error"]
    delete_run(run.id, actor="ada")
    assert list_runs() == []


def test_a_folder_that_is_still_being_made_is_not_a_run(workspace: Path) -> None:
    create_run(CONFIG).folder.rename(workspace / "runs" / ".0123456789ab")
    assert list_runs() == []


def test_a_line_that_is_still_being_written_is_left_for_the_next_look(workspace: Path) -> None:
    run = create_run(CONFIG)
    whole = json.dumps({"type": "epoch", "epoch": 1})
    (run.folder / "events.jsonl").write_text(whole + "\n" + '{"type": "epo')
    assert run.events() == [{"type": "epoch", "epoch": 1}]
    assert run.curve()["epoch"].tolist() == [1]


def test_the_same_work_is_the_same_whoever_asks_and_whatever_its_name() -> None:
    again = replace(CONFIG, actor="bob", name="other", created="later")
    assert CONFIG.same_work(again)
    for change in ({"seed": 1}, {"split_seed": 1}, {"k": 5}, {"model": "bias"}, {"settings": {"epochs": 1}}):
        assert not CONFIG.same_work(replace(CONFIG, **change))  # type: ignore[arg-type]


def test_deleting_asks_for_an_actor_and_spares_a_run_at_work(workspace: Path) -> None:
    run = create_run(CONFIG)
    with pytest.raises(ValueError, match="actor"):
        delete_run(run.id, actor="")
    lock = Lock(run.folder / "lock")
    assert lock.acquire()
    with pytest.raises(DataError, match="still running; cancel it first"):
        delete_run(run.id, actor="ada")
    lock.release()
    delete_run(run.id, actor="ada")
    assert list((workspace / "runs").iterdir()) == []


def test_a_run_without_results_says_what_to_do(workspace: Path) -> None:
    run = create_run(CONFIG)
    for ask in (run.measured, run.scorer, lambda: run.table("users")):
        with pytest.raises(NotFound, match=r"no results \(queued\); wait until it is done"):
            ask()


def test_a_finished_run_is_never_changed_by_what_is_asked_of_it(studio: Studio) -> None:
    run = open_run(studio.runs["popularity"])
    before = contents(run.folder)
    with pytest.raises(DataError, match="it is done, not queued"):
        work(run)
    with pytest.raises(DataError, match=r"not running any more \(done\)"):
        run.cancel(actor="ada")
    user_list(Serving.open(run), 0)
    assert len(run.table("candidates")) > len(run.table("users")) > 0
    assert contents(run.folder) == before


@pytest.mark.parametrize("model", ["history_encoder", "popularity"])
def test_the_checksums_of_a_finished_run_are_those_of_its_files(studio: Studio, model: str) -> None:
    run = open_run(studio.runs[model])
    stated = run.measured()["sha256"]
    kinds = {".parquet", ".keras", ".onnx", ".npz"}
    hashed = {str(path.relative_to(run.folder)) for path in run.folder.rglob("*") if path.suffix in kinds}
    assert set(stated) == hashed
    assert all(files.sha256_of(run.folder / name) == value for name, value in stated.items())


def test_a_model_file_that_was_changed_is_not_served(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="ada")
    run = finished_run(little, "popularity")
    arrays = run.folder / "model" / "arrays.npz"
    arrays.write_bytes(arrays.read_bytes() + b"x")
    with pytest.raises(DataError, match="changed after training; train the run again"):
        run.scorer()


def test_a_run_whose_data_were_replaced_says_so(
    workspace: Path, little: Dataset, tiny_ratings: Dataset
) -> None:
    keep_dataset(little, actor="ada")
    run = queued_run(little, "popularity")
    keep_dataset(tiny_ratings.renamed("little"), actor="ada")
    with pytest.raises(DataError, match="little was replaced since; train again"):
        run.dataset()


def test_a_run_finds_its_data_under_another_name(
    workspace: Path, little: Dataset, tiny_ratings: Dataset
) -> None:
    keep_dataset(little, actor="ada")
    keep_dataset(little.renamed("copy"), actor="ada")
    run = queued_run(little, "popularity")
    assert run.dataset().name == "little"
    delete_dataset("little", actor="ada")
    assert (run.dataset().name, run.dataset().fingerprint) == ("copy", little.fingerprint)
    keep_dataset(tiny_ratings.renamed("little"), actor="ada")  # its old name stands for something else now
    assert run.dataset().name == "copy"
    delete_dataset("copy", actor="ada")
    delete_dataset("little", actor="ada")
    with pytest.raises(NotFound, match="there is no data set 'little'"):
        run.dataset()


def test_a_name_never_reaches_a_path(workspace: Path) -> None:
    run = create_run(replace(CONFIG, name="../../escape"))
    assert open_run("../../escape").id == run.id
    delete_run("../../escape", actor="ada")
    assert sorted(path.name for path in workspace.iterdir()) == ["runs"]


def test_two_who_delete_the_same_run_at_once_leave_nothing(workspace: Path) -> None:
    for _again in range(10):
        run_id, start = create_run(CONFIG).id, Barrier(2)

        def delete(run_id: str = run_id, start: Barrier = start) -> None:
            start.wait()
            with suppress(NotFound):
                delete_run(run_id, actor="ada")

        with ThreadPoolExecutor(2) as pool:
            for deleted in [pool.submit(delete) for _person in range(2)]:
                deleted.result()
        assert list((workspace / "runs").iterdir()) == []
