"""Where jobs stand: order, place in the queue, how far they are, from the end of their events alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.locks import Lock
from recsys_core.runs import CANCELLED, DONE, FAILED, RUNNING, create_run
from recsys_core.training.events import EventLog
from recsys_core.training.job_list import TAIL_BYTES, Listed, Searching, job_list, last_events, progress_of
from recsys_core.training.jobs import configure, queued_ids, submit
from recsys_core.training.studies import configure_study, create_study, submit_study
from tests.helpers import contents


def epoch(n: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "epoch", "phase": "train", "epoch": n, "of": 40, "loss": 5.0,
        "samples_per_second": 900.0, "seconds_left": 30.0, **more,
    }  # fmt: skip


def test_a_run_that_has_not_begun_is_nowhere() -> None:
    assert progress_of([]).share == 0.0
    assert progress_of([{"type": "phase", "phase": "prepare"}]).phase == "prepare"


def test_the_last_epoch_tells_how_far_it_is() -> None:
    events = [{"type": "phase", "phase": "fit"}, epoch(1), epoch(10, rss_mb=812.5)]
    found = progress_of(events)
    assert (found.phase, found.part, found.epoch, found.share) == ("fit", "train", 10, 0.25)
    assert (found.left, found.speed, found.memory) == (30.0, 900.0, 812.5)
    assert progress_of([*events, {"type": "phase", "phase": "evaluate"}]).share == 1.0
    assert progress_of([epoch(1)]).memory is None


def test_memory_is_that_of_the_last_event_which_knows_it() -> None:
    later = {"type": "progress", "phase": "train", "epoch": 11, "of": 40, "part": 0.5, "rss_mb": 900.0}
    assert progress_of([epoch(10, rss_mb=812.5), later]).memory == 900.0
    assert progress_of([epoch(10, rss_mb=812.5), epoch(11)]).memory == 812.5


def test_a_rehearsal_is_a_part_of_its_own() -> None:
    assert progress_of([epoch(3) | {"type": "rehearsal"}]).part == "rehearsal"


def test_only_the_end_of_a_long_log_is_read_and_no_half_line(tmp_path: Path) -> None:
    lines = [json.dumps(epoch(n)) for n in range(1, 2001)]
    (tmp_path / "events.jsonl").write_text("\n".join(lines) + '\n{"type": "epo', encoding="utf-8")
    found = last_events(tmp_path)
    assert found[-1]["epoch"] == 2000
    assert len(found) < TAIL_BYTES / 50
    assert last_events(tmp_path / "none") == []


def test_the_list_begins_with_what_runs_then_the_queue_then_what_has_ended(
    workspace: Path, little: Dataset, monkeypatch: Any
) -> None:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    keep_dataset(little, actor="test")
    failed = create_run(configure(little, "bias", actor="ann"))
    failed.set_state(FAILED, error="the disk is full")
    first, second = (submit(configure(little, "popularity", actor="ann", seed=seed)) for seed in (1, 2))
    running = create_run(configure(little, "ease", actor="bob"))
    running.set_state(RUNNING)
    lock = Lock(running.folder / "lock")
    assert lock.acquire()
    try:
        found = job_list()
    finally:
        lock.release()
    assert [one.run.id for one in found if isinstance(one, Listed)] == [
        running.id,
        first.id,
        second.id,
        failed.id,
    ]
    assert [one.place for one in found] == [0, 1, 2, 0]
    assert [one.config.actor for one in found] == ["bob", "ann", "ann", "ann"]
    assert isinstance(found[-1], Listed) and found[-1].status["error"] == "the disk is full"
    assert queued_ids() == [first.id, second.id]


def test_only_the_newest_of_those_that_ended_are_listed(workspace: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    for seed in range(4):
        config = configure(little, "popularity", actor="ann", seed=seed)
        create_run(replace(config, created=f"2026-01-01T00:00:0{seed}.000+00:00")).set_state(CANCELLED)
    before = contents(workspace)
    assert [one.config.seed for one in job_list(most_ended=3)] == [3, 2, 1]
    assert contents(workspace) == before


def test_a_search_is_listed_with_its_trials_while_it_runs_and_with_its_place_while_it_waits(
    workspace: Path, little: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    keep_dataset(little, actor="test")
    first = submit(configure(little, "popularity", actor="ann"))
    waiting = submit_study(configure_study(little, "ease", method="random", actor="bob", n_trials=4))
    running = create_study(configure_study(little, "item_knn", method="random", actor="cem", n_trials=5))
    over = create_study(configure_study(little, "item_knn", method="random", actor="dee", n_trials=6))
    over.set_state(DONE)
    log = EventLog(running.folder)
    log({"type": "trial", "trial": "default", "state": "finished"})
    log({"type": "epoch", "trial": 0, "epoch": 1})
    for trial, state, counts in ((0, "finished", True), (1, "pruned", True), (2, "stopped", False)):
        log({"type": "trial", "trial": trial, "state": "running"})
        log({"type": "trial", "trial": trial, "state": state, "counts": counts})
    log.close()
    at_work = create_run(configure(little, "ease", actor="eve"))
    at_work.set_state(RUNNING)
    running.set_state(RUNNING)
    with Lock(running.lock_path).waited_for(), Lock(at_work.lock_path).waited_for():
        found = job_list()
    assert [(one.state, one.place, one.config.actor) for one in found] == [
        ("running", 0, "cem"), ("running", 0, "eve"), ("queued", 1, "ann"), ("queued", 2, "bob"),
    ]  # fmt: skip
    searches = [one for one in found if isinstance(one, Searching)]
    assert [(one.study.id, one.done, one.of) for one in searches] == [(running.id, 2, 5), (waiting.id, 0, 4)]
    assert searches[0].share == 0.4
    assert queued_ids() == [first.id, waiting.id]
