"""Where every job of the workspace stands: its state, how far it is, its place in the queue.

Lists look at it again and again, so of a long training only the end of its events is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys_core.errors import DataError
from recsys_core.runs import ACTIVE, QUEUED, RUNNING, Run, RunConfig, list_runs
from recsys_core.training.jobs import queued_ids
from recsys_core.training.studies import Study, StudyConfig, list_studies
from recsys_core.training.study_config import budget

TAIL_BYTES = 16_384
FEW = 6


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, as its last events tell.

    Attributes:
        phase: `prepare`, `fit` or `evaluate`; '' before it began.
        part: what of the fit: `train`, `refit`, `rehearsal`; '' before its first epoch.
        epoch, of: the epoch that ended last, and how many there are at most.
        left: seconds left at most; speed: examples a second; memory: MB that the worker holds now; None where unknown.
    """

    phase: str = ""
    part: str = ""
    epoch: int = 0
    of: int = 0
    left: float | None = None
    speed: float | None = None
    memory: float | None = None

    @property
    def share(self) -> float:
        """From 0 to 1, of the part that it is in."""
        if self.phase == "evaluate":
            return 1.0
        return min(1.0, self.epoch / self.of) if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """One job in the list.

    Attributes:
        place: its place in the queue, from 1; 0 when it is not waiting.
        asked_to_stop: whether somebody asked it to.
    """

    run: Run
    config: RunConfig
    status: dict[str, Any]
    progress: Progress
    place: int = 0
    asked_to_stop: bool = False

    @property
    def state(self) -> str:
        """The state alone."""
        return str(self.status["state"])


@dataclass(frozen=True, slots=True)
class Searching:
    """A search at work or waiting, as the list of jobs shows it.

    Attributes:
        state: `running` or `queued`.
        done, of: trials that have ended and count for its budget, and how many were asked for.
        place: its place in the queue, from 1; 0 when it is not waiting.
    """

    study: Study
    config: StudyConfig
    state: str
    done: int
    of: int
    place: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1, by trials."""
        return min(1.0, self.done / self.of) if self.of else 0.0


def progress_of(events: list[dict[str, Any]]) -> Progress:
    """How far a run is, from its events or the last of them."""
    phase = next((one["phase"] for one in reversed(events) if one["type"] == "phase"), "")
    memory = next((one["rss_mb"] for one in reversed(events) if one.get("rss_mb") is not None), None)
    last = next((one for one in reversed(events) if one["type"] in ("epoch", "rehearsal")), None)
    if last is None:
        return Progress(phase, memory=memory)
    return Progress(
        phase or "fit",  # the beginning may lie before what was read
        last["phase"] if last["type"] == "epoch" else "rehearsal",
        int(last["epoch"]),
        int(last["of"]),
        last.get("seconds_left"),
        last.get("samples_per_second"),
        memory,
    )


def job_list(*, most_ended: int = FEW) -> list[Listed | Searching]:
    """What runs, runs and searches alike, what waits in the order of the queue, then the newest runs that have ended."""
    places = {job_id: place for place, job_id in enumerate(queued_ids(), start=1)}
    active: list[Listed | Searching] = [*_searches(places)]
    ended: list[Listed] = []
    for run in list_runs():
        try:
            found = _listed(run, places.get(run.id, 0), at_work=len(ended) >= most_ended)
        except DataError:
            continue
        if found is not None:
            (active if found.state in ACTIVE else ended).append(found)
    last = len(places) + 1
    active.sort(key=lambda one: (one.state == QUEUED, one.place or last, one.config.created))
    return [*active, *ended]


def _searches(places: dict[str, int]) -> list[Searching]:
    """The searches that run or wait; what has ended stands on their own page."""
    found = []
    for study in list_studies():
        state, config = study.state, study.config
        if state in ACTIVE:
            # each trial that ended says whether it counts; epochs, and the default settings, say nothing of it
            done = {one["trial"] for one in study.events() if one["type"] == "trial" and one.get("counts")}
            place = places.get(study.id, 0) if state == QUEUED else 0
            found.append(Searching(study, config, state, len(done), budget(config)[0], place))
    return found


def _listed(run: Run, place: int, *, at_work: bool) -> Listed | None:
    """Where one run stands; None where only those at work are wanted and it is not."""
    status = run.status
    state = status["state"]
    if at_work and state not in ACTIVE:
        return None
    progress = progress_of(last_events(run.folder)) if state == RUNNING else Progress()
    return Listed(run, run.config, status, progress, place if state == QUEUED else 0, run.cancel_asked)


def last_events(folder: Path) -> list[dict[str, Any]]:
    """The last events of a run, as many as stand in the last 16 KiB of complete lines."""
    path = folder / "events.jsonl"
    if not path.exists():
        return []
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        start = max(0, size - TAIL_BYTES)
        stream.seek(start)
        text = stream.read().decode("utf-8", errors="ignore")
    lines = text[: text.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in lines[1 if start else 0 :]]
