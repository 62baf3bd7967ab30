"""Judging what another system made: a file of scores becomes a run, measured as every run is. Nothing is learned."""

from __future__ import annotations

import resource
import shutil
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict

from recsys_core import files
from recsys_core.errors import Cancelled
from recsys_core.evaluation import signs
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.submitted import Submitted
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.models.registry import IMPORTED
from recsys_core.ranking.top_k import check_k
from recsys_core.runs import DONE, Run, RunConfig, list_runs, runs_folder
from recsys_core.serving.load import load_scorer
from recsys_core.types import ShouldStop, never_stop
from recsys_core.workspace import workspace


def configured(submitted: Submitted, *, file: str, sha256: str, name: str, actor: str) -> RunConfig:
    """The run's configuration, checked; raises what `Submitted.check` raises, and ParamError for an impossible k."""
    data, spec = submitted.split.dataset, submitted.split.spec
    check_k(submitted.k, data.n_items)
    submitted.check()
    return RunConfig(
        model=IMPORTED,
        settings=submitted.settings(file, sha256),
        dataset=data.name,
        fingerprint=data.fingerprint,
        split=str(spec),
        split_seed=spec.seed,
        k=submitted.k,
        name=name.strip(),
        actor=actor,
    )


def already(config: RunConfig) -> Run | None:
    """The run that the same file already made on the same split, whatever it and the file were called."""

    def work(one: RunConfig) -> tuple[object, ...]:
        kept = {key: value for key, value in one.settings.items() if key != "file"}
        return one.fingerprint, one.split, one.split_seed, one.k, kept

    for run in list_runs():
        other = run.config
        if other.model == IMPORTED and work(other) == work(config) and run.state == DONE:
            return run
    return None


def import_scores(
    submitted: Submitted,
    config: RunConfig,
    *,
    seconds: float = 0.0,
    report: Callable[[float], None] | None = None,
    should_stop: ShouldStop = never_stop,
) -> tuple[Run, bool]:
    """The judged run, and whether it is new: the same file on the same split is measured once.

    The run's folder appears whole, or not at all. The data set must be in the workspace.

    Args:
        config: from `configured`.
        seconds: what reading the file took.
        report: told the share that is done, from 0 to 1.
    Raises:
        Cancelled: it was stopped; nothing is left of it.
    """
    there = already(config)
    if there is not None:
        return there, False
    building = runs_folder() / f".{uuid.uuid4().hex[:12]}"
    lock = Lock(building / "lock")  # tells a later sweep that somebody still works in here
    lock.acquire()
    try:
        started = time.perf_counter()
        files.write_json(building / "config.json", asdict(config))
        submitted.scorer().save(building / "model")
        saved = time.perf_counter()

        def told(share: float) -> None:
            if should_stop():
                raise Cancelled(what=_("it was stopped"), where=config.name)
            if report is not None:
                report(share)

        scorer = load_scorer(building / "model")
        evaluation = evaluate(scorer, submitted.split, k=config.k, report=told)
        per_user, candidates, metrics = evaluation.per_user, evaluation.candidates, evaluation.metrics
        told_by = signs.measure(per_user, candidates, metrics, submitted.split, k=config.k, scorer=scorer)
        signs.keep(building, told_by)
        Run(building).keep(evaluation)
        took = {"prepare": seconds + saved - started, "fit": 0.0, "evaluate": time.perf_counter() - saved}
        Run(building).set_state(
            DONE,
            seconds={name: round(value, 3) for name, value in took.items()},
            peak_rss_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            epochs=0,
        )
        with Lock(workspace() / "submit.lock").waited_for():
            there = already(config)  # somebody else may have brought it at the same moment
            if there is not None:
                return there, False
            folder = building.with_name(building.name[1:])
            building.rename(folder)
        return Run(folder), True
    finally:
        shutil.rmtree(building, ignore_errors=True)
        lock.release()
