from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from recsys_core.training.events import EventLog, with_memory


def _lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def test_an_event_can_be_read_before_the_log_is_closed(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log({"type": "phase", "phase": "fit"})
    assert [(line["type"], line["phase"]) for line in _lines(tmp_path)] == [("phase", "fit")]
    log.close()


def test_events_stand_in_order_with_their_times(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    for epoch in range(5):
        log({"type": "epoch", "epoch": epoch})
    log.close()
    assert [line["epoch"] for line in _lines(tmp_path)] == list(range(5))
    times = [line["time"] for line in _lines(tmp_path)]
    assert times == sorted(times)  # type: ignore[type-var]


def test_a_log_that_is_opened_again_goes_on(tmp_path: Path) -> None:
    for name in ("first", "second"):
        log = EventLog(tmp_path)
        log({"type": name})
        log.close()
    assert [line["type"] for line in _lines(tmp_path)] == ["first", "second"]


def test_numbers_are_short_and_those_that_json_cannot_hold_are_null(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log({"loss": 1 / 3, "np": np.float64(2 / 3), "nan": math.nan, "inf": math.inf, "n": 7, "text": "a\nb"})
    log.close()
    (line,) = _lines(tmp_path)
    line.pop("time")
    assert line == {"loss": 0.333333, "np": 0.666667, "nan": None, "inf": None, "n": 7, "text": "a\nb"}


def test_the_half_of_a_line_that_a_killed_process_left_is_cut_off(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log({"type": "whole"})
    log.close()
    with (tmp_path / "events.jsonl").open("a") as stream:
        stream.write('{"time": 17, "type": "ha')
    again = EventLog(tmp_path)
    again({"type": "next"})
    again.close()
    assert [line["type"] for line in _lines(tmp_path)] == ["whole", "next"]


def test_an_epoch_and_a_progress_say_what_the_process_holds_in_memory() -> None:
    for kind in ("epoch", "progress"):
        assert 20 < with_memory({"type": kind})["rss_mb"] < 100_000
    assert with_memory({"type": "phase"}) == {"type": "phase"}
