"""Asking for runs: submit, wait, and the standing of what was asked. The queue is a folder of marks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import DataError, NotSupported, ParamError
from recsys_core.i18n import _
from recsys_core.locks import Lock, is_held
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.ranking.top_k import check_k
from recsys_core.runs import ACTIVE, INTERRUPTED, QUEUED, Run, RunConfig, create_run, list_runs
from recsys_core.training.members import chosen_members
from recsys_core.training.reranked import chosen_base
from recsys_core.workspace import subfolder, workspace

MAX_SEED = 2**31 - 1
DEFAULT_SPLIT = SplitSpec()
MOST_MADE = 200
_MADE: set[tuple[str, str, int]] = set()
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
) -> RunConfig:
    """A checked configuration; every refusal happens here, before a process starts.

    Raises:
        NotFound: no such model. ParamError: a bad setting, split or k. NotSupported: wrong kind of data.
    """
    registry.spec(model)
    if data.kind not in registry.kinds_of(model):
        usable = ", ".join(one.name for one in registry.models_for(data.kind))
        raise NotSupported(
            what=_("{model} does not learn from {kind} data").format(model=model, kind=data.kind.value),
            where=_("data set {name}").format(name=data.name),
            remedy=_("use one of: {usable}").format(usable=usable)
            if usable
            else _("no model learns from such data yet; they can be looked at on the page Explore"),
        )
    check_k(k, data.n_items)
    if not 0 <= seed <= MAX_SEED:
        raise ParamError(
            what=_("{given} is not allowed").format(given=seed),
            where=_("seed"),
            remedy=_("use a whole number from 0 to {most}").format(most=MAX_SEED),
        )
    if registry.spec(model).needs_time and not data.has_time:
        raise NotSupported(
            what=_("{model} learns from the order of events, and these have no time").format(model=model),
            where=_("data set {name}").format(name=data.name),
            remedy=_("import the file again with a column of times, or choose another model"),
        )
    _check_strangers(model, split)
    _check_split(data, split)
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


def _check_strangers(model: str, split: SplitSpec) -> None:
    """Refuses a model that could not be judged on users, or items, that it never saw."""
    asked = registry.spec(model)
    usable = registry.usable_for(split.protocol)
    if asked not in usable:
        raise NotSupported(
            what=_("{model} cannot serve whom the split {split} holds out").format(model=model, split=split),
            where="--split",
            remedy=_("use one of: {usable}").format(usable=", ".join(one.name for one in usable)),
        )


def _check_split(data: Dataset, split: SplitSpec) -> None:
    """Refuses a split that cannot be made; one that was made before in this process is not made again."""
    known = (data.fingerprint, str(split), split.seed)
    if known not in _MADE:
        make_split(data, split)
        if len(_MADE) >= MOST_MADE:
            _MADE.clear()
        _MADE.add(known)


def submit(config: RunConfig) -> Run:
    """Queues the run and sees that a dispatcher lives; the same work already under way is returned instead."""
    with Lock(workspace() / "submit.lock").waited_for():  # two clicks at once are one run
        for run in list_runs():
            if run.config.same_work(config) and run.state in ACTIVE and not run.cancel_asked:
                return run
        run = create_run(config)
        (subfolder("queue") / f"{time.time_ns()}-{run.id}").touch()
    ensure_dispatcher()
    return run


def resume(run: Run, *, actor: str) -> Run:
    """Queues an interrupted run again; its worker goes on from the last checkpoint.

    Raises:
        DataError: it is not interrupted.
    """
    if not actor:
        raise ValueError("a mutating call names its actor")
    with Lock(workspace() / "submit.lock").waited_for():
        make_resumable(run)
        (subfolder("queue") / f"{time.time_ns()}-{run.id}").touch()
    ensure_dispatcher()
    return run


def make_resumable(run: Run) -> None:
    """Marks an interrupted run as waiting; raises DataError for any other."""
    if run.state != INTERRUPTED:
        raise DataError(
            what=_("it is {state}, not interrupted").format(state=run.state),
            where=_("run {id}").format(id=run.id),
            remedy=_("only a run whose process ended before it was done can go on"),
        )
    run.set_state(QUEUED)


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


def spawn(*arguments: str, log: Path | None = None, pipe: bool = False) -> subprocess.Popen[bytes]:
    """A detached process of our own command line, its output in a log file."""
    target = (log or workspace() / "dispatcher.log").open("ab")
    with target:
        return subprocess.Popen(
            [sys.executable, "-m", "recsys_core", *arguments],
            stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stdout=target,
            stderr=target,
            cwd=ROOT,
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
