"""One run, from its configuration to its results, in this process. The run's folder is the only channel."""

from __future__ import annotations

import os
import resource
import shutil
import time
import traceback
from collections.abc import Callable
from typing import Any

from recsys_core.data.splits import make_split
from recsys_core.errors import Cancelled, DataError, RecsysError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.models.checkpoint import SAVE_EVERY_SECONDS, Checkpoint
from recsys_core.runs import CANCELLED, DONE, FAILED, QUEUED, RUNNING, Run
from recsys_core.serving.load import load_scorer
from recsys_core.training.events import EventLog
from recsys_core.training.members import build_model


def quiet_tensorflow() -> None:
    """Settings that must stand before TensorFlow is first imported: no GPU search, no banners."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def work(run: Run, *, watch: Callable[[dict[str, Any]], None] | None = None) -> str:
    """Trains, exports, judges; returns the final state. Never raises for what a run can do wrong.

    Args:
        watch: told every event beside the log, e.g. to print progress.
    Raises:
        DataError: another process works on this run, or it is not queued.
    """
    lock = Lock(run.folder / "lock")
    if not lock.acquire():
        raise DataError(
            what=_("another process works on it"),
            where=_("run {id}").format(id=run.id),
            remedy=_("wait for it, or cancel it"),
        )
    try:
        state = run.state
        if state != QUEUED:
            raise DataError(
                what=_("it is {state}, not queued").format(state=state),
                where=_("run {id}").format(id=run.id),
                remedy=_("train again: that makes a new run"),
            )
        return _guarded(run, watch)
    finally:
        lock.release()


def _checkpoint_seconds() -> float:
    """Seconds between two checkpoints; RECSYS_CHECKPOINT_SECONDS sets another number."""
    return float(os.environ.get("RECSYS_CHECKPOINT_SECONDS") or SAVE_EVERY_SECONDS)


def _guarded(run: Run, watch: Callable[[dict[str, Any]], None] | None) -> str:
    events = EventLog(run.folder)

    def report(event: dict[str, Any]) -> None:
        events(event)
        if watch is not None:
            watch(event)

    run.set_state(RUNNING, pid=os.getpid())
    try:
        state, rest = _steps(run, report)
    except Cancelled:
        state, rest = CANCELLED, {}
    except RecsysError as problem:
        state, rest = FAILED, {"error": str(problem)}
    except MemoryError:
        state, rest = FAILED, {"error": _("not enough memory; use a smaller model or less data")}
    except Exception as problem:
        with (run.folder / "log.txt").open("a", encoding="utf-8") as stream:
            stream.write(traceback.format_exc())
        state, rest = (
            FAILED,
            {
                "error": _("an error of the app itself: {kind}; see log.txt in the run's folder").format(
                    kind=type(problem).__name__
                )
            },
        )
    run.set_state(state, **rest)
    report({"type": "end", "state": state})
    events.close()
    return state


def _steps(run: Run, report: Callable[[dict[str, Any]], None]) -> tuple[str, dict[str, Any]]:
    def phase(name: str) -> float:
        report({"type": "phase", "phase": name})
        return time.perf_counter()

    def should_stop() -> bool:
        return run.cancel_asked

    config = run.config
    if should_stop():
        raise Cancelled(
            what=_("stopped before it began"),
            where=_("run {id}").format(id=run.id),
            remedy=_("train again to repeat it"),
        )
    started = phase("prepare")
    split = make_split(run.dataset(), config.split_spec)
    fitted = phase("fit")
    quiet_tensorflow()  # whatever the model: a member of a blend may have to learn once more
    model = build_model(config.model, config.settings)
    checkpoint = Checkpoint(run.folder / "checkpoint", _checkpoint_seconds())
    model.fit(split, seed=config.seed, report=report, should_stop=should_stop, checkpoint=checkpoint)
    model.save(run.folder / "model")
    evaluated = phase("evaluate")
    scorer = load_scorer(run.folder / "model")
    evaluation = evaluate(scorer, split, k=config.k)
    shutil.rmtree(checkpoint.folder, ignore_errors=True)  # what is judged needs nothing to go on from
    run.keep(evaluation)
    ended = time.perf_counter()
    trained = getattr(model, "trained", None)
    state = CANCELLED if trained is not None and trained.stopped else DONE
    seconds = {"prepare": fitted - started, "fit": evaluated - fitted, "evaluate": ended - evaluated}
    return state, {
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "epochs": trained.best_epoch if trained is not None else 0,
    }
