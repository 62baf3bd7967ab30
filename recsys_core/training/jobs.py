"""Asking for runs: submit, wait, and the standing of what was asked. The queue is a folder of marks."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import _
from recsys_core.job_folder import JobFolder
from recsys_core.locks import Lock, is_held
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.ranking.top_k import check_k
from recsys_core.runs import ACTIVE, INTERRUPTED, QUEUED, Run, RunConfig, create_run, list_runs, open_run
from recsys_core.training.members import chosen_members
from recsys_core.training.refusals import check_data, check_split, check_strangers
from recsys_core.training.reranked import chosen_base
from recsys_core.workspace import subfolder, workspace

MAX_SEED = 2**31 - 1
DEFAULT_SPLIT = SplitSpec()
DISMISSAL_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_LIGHT = ("work", "dispatch")
"""Processes that start without the rest of the command line."""
_JOB_ID = re.compile(r"[0-9a-f]{12}")
_MARK = re.compile(r"\d+-[0-9a-f]{12}")
ROOT = Path(__file__).resolve().parent.parent.parent


def configure(
    data: Dataset,
    model: str,
    *,
    actor: str,
    settings: Mapping[str, Any] | None = None,
    split: SplitSpec = DEFAULT_SPLIT,
    seed: int = 0,
    k: int = 10,
    name: str = "",
    cut: bool = True,
) -> RunConfig:
    """A checked configuration; every refusal happens here, before a process starts.

    Args:
        cut: whether the split is made once to see that it can be; without, a page that only looks is spared the time.

    Raises:
        NotFound: no such model. ParamError: a bad setting, split or k. NotSupported: wrong kind of data.
    """
    registry.learner(model)
    check_data(data, model)
    check_k(k, data.n_items)
    if not 0 <= seed <= MAX_SEED:
        raise ParamError(
            what=_("{given} is not allowed").format(given=seed),
            where=_("seed"),
            remedy=_("use a whole number from 0 to {most}").format(most=MAX_SEED),
        )
    check_strangers(model, split)
    if cut:
        check_split(data, split)
    resolved = resolve(registry.params_of(model), settings or {})
    if model == "blend":
        resolved["members"] = chosen_members(resolved["members"], resolved["goal"], data, split)
    if model == "reranked":
        resolved["base"] = chosen_base(resolved["base"], data, split)
    return RunConfig(
        model=model,
        settings=resolved,
        dataset=data.name,
        fingerprint=data.fingerprint,
        split=str(split),
        split_seed=split.seed,
        seed=seed,
        k=k,
        name=name,
        actor=actor,
    )


def submit(config: RunConfig) -> Run:
    """Queues the run and sees that a dispatcher lives; the same work already under way is returned instead."""
    with Lock(workspace() / "submit.lock").waited_for():  # two clicks at once are one run
        for run in list_runs():
            if run.config.same_work(config) and run.state in ACTIVE and not run.cancel_asked:
                return run
        run = create_run(config)
        enqueue(run)
    ensure_dispatcher()
    return run


def enqueue(job: JobFolder) -> None:
    """Puts a job at the end of the queue; whoever asks does so under `submit.lock`, then wakes the dispatcher."""
    (subfolder("queue") / f"{time.time_ns()}-{job.id}").touch()


def resume(run: Run, *, actor: str) -> Run:
    """Queues an interrupted run again; its worker goes on from the last checkpoint.

    Raises:
        DataError: it is not interrupted.
    """
    if not actor:
        raise ValueError("a mutating call names its actor")
    with Lock(workspace() / "submit.lock").waited_for():
        make_resumable(run)
        enqueue(run)
    ensure_dispatcher()
    return run


def make_resumable(job: JobFolder) -> None:
    """Marks an interrupted job as waiting; raises DataError for any other."""
    if not (job.can_go_on if isinstance(job, Run) else job.state == INTERRUPTED):
        raise DataError(
            what=_("it is {state}, not interrupted").format(state=job.state),
            where=job.called,
            remedy=_("only a run whose process ended before it was done can go on"),
        )
    (job.folder / "cancel.json").unlink(missing_ok=True)  # somebody asked just before the process died
    job.set_state(QUEUED)


def open_job(job_id: str) -> JobFolder:
    """The run, or else the study, of that id; raises NotFound where there is neither."""
    study = subfolder("studies") / job_id
    return JobFolder(study) if _is_study(study) else open_run(job_id)


def worker_command(job_id: str) -> tuple[str, str]:
    """The arguments of our command line that work on that id."""
    return ("search" if _is_study(subfolder("studies") / job_id) else "work", job_id)


def _is_study(folder: Path) -> bool:
    return bool(_JOB_ID.fullmatch(folder.name)) and (folder / "status.json").exists()


def queued_ids() -> list[str]:
    """Ids that wait for a worker, in order."""
    names = sorted(mark.name for mark in subfolder("queue").iterdir())
    return [name.partition("-")[2] for name in names if _MARK.fullmatch(name)]


def forget_mark(run_id: str) -> None:
    """Takes a run out of the queue."""
    for mark in subfolder("queue").glob(f"*-{run_id}"):
        mark.unlink(missing_ok=True)


def dispatcher_lock() -> Path:
    """Held by the one dispatcher of the workspace."""
    return workspace() / "dispatcher.lock"


def dispatcher_card() -> Path:
    """Says which process the dispatcher is."""
    return workspace() / "dispatcher.json"


def app_lock() -> Path:
    """Held, shared, by every app on this workspace; the dispatcher leaves when none is."""
    return workspace() / "app.lock"


def ensure_dispatcher() -> None:
    """Starts the dispatcher unless one lives. Two starters are harmless: the lock lets one in.

    RECSYS_DISPATCHER=0 leaves starting it to somebody else, for instance a service manager.
    """
    if os.environ.get("RECSYS_DISPATCHER") == "0" or is_held(dispatcher_lock()):
        return
    spawn("dispatch")


def dismiss_dispatcher(seconds: float = DISMISSAL_SECONDS) -> None:
    """Tells the dispatcher to send its workers home and leave; waits until it has, kills it after so many seconds.

    Interrupted runs keep where they stand, queued ones stay queued: the next start goes on with them.
    """
    process = _dispatcher()
    if process is None:
        return
    with contextlib.suppress(psutil.Error):
        process.terminate()
        deadline = time.monotonic() + seconds
        while is_held(dispatcher_lock()):
            if time.monotonic() > deadline:
                process.kill()
                return
            time.sleep(_LOOK_SECONDS)


def _dispatcher() -> psutil.Process | None:
    """The process that holds the lock, as far as its card is to be believed."""
    if not is_held(dispatcher_lock()):
        return None
    try:
        process = psutil.Process(int(files.read_json(dispatcher_card()).get("pid", 0)))
        return process if "dispatch" in process.cmdline() else None
    except (DataError, psutil.Error, TypeError, ValueError):
        return None


def spawn(
    *arguments: str, log: Path | None = None, pipe: bool = False, extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """A detached process of our own command line, its output in a log file; `extra` goes into its environment."""
    program = "recsys_core.training" if arguments[0] in _LIGHT else "recsys_core"
    target = (log or workspace() / "dispatcher.log").open("ab")
    with target:
        return subprocess.Popen(
            [sys.executable, "-m", program, *arguments],
            stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stdout=target,
            stderr=target,
            cwd=ROOT,
            env={**os.environ, **(extra or {})},
            start_new_session=True,
        )


def train_first_runs(data: Dataset, *, actor: str) -> list[Run]:
    """Queues the floors and the default network where this data set has no run of them yet.

    Only what learns from data of this kind: for clicks that is nothing, and nothing is queued.
    """
    split = SplitSpec("given", seed=DEFAULT_SPLIT.seed) if "part" in data.interactions else DEFAULT_SPLIT
    default = [registry.DEFAULT_MODEL] if data.kind in registry.kinds_of(registry.DEFAULT_MODEL) else []
    wanted = [*registry.floors_for(data.kind), *default]
    have = {
        run.config.model
        for run in list_runs()
        if run.config.fingerprint == data.fingerprint and (run.has_model or run.state in ACTIVE)
    }
    k = min(10, data.n_items)
    missing = [model for model in wanted if model not in have]
    return [submit(configure(data, model, actor=actor, split=split, k=k)) for model in missing]
