"""One run, from its configuration to its results, in this process. The run's folder is the only channel."""

from __future__ import annotations

import os
import resource
import shutil
import time
import traceback
from collections.abc import Callable
from typing import Any

from recsys_core.data.splits import Split, make_split
from recsys_core.errors import Cancelled, DataError, Interrupted, RecsysError
from recsys_core.evaluation import signs
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import SAVE_EVERY_SECONDS, Checkpoint
from recsys_core.runs import CANCELLED, CHECKPOINT, DONE, FAILED, INTERRUPTED, QUEUED, RUNNING, Run
from recsys_core.serving.load import load_scorer
from recsys_core.training.events import EventLog, with_memory
from recsys_core.training.members import build_model
from recsys_core.types import Report, ShouldStop, never_stop

TOLD_SECONDS = 0.25
"""At most one event in so many seconds about how far judging is."""


def quiet_tensorflow() -> None:
    """Settings that must stand before TensorFlow is first imported: no GPU search, no banners."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def work(
    run: Run,
    *,
    watch: Callable[[dict[str, Any]], None] | None = None,
    should_leave: ShouldStop = never_stop,
) -> str:
    """Trains, exports, judges; returns the final state. Never raises for what a run can do wrong.

    Args:
        watch: told every event beside the log, e.g. to print progress.
        should_leave: whether this process was told to leave; then the run keeps where it stands and is interrupted.
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
        if state == CANCELLED and run.cancel_asked and not run.has_model:
            return CANCELLED  # it was taken back while it waited
        if state != QUEUED:
            raise DataError(
                what=_("it is {state}, not queued").format(state=state),
                where=_("run {id}").format(id=run.id),
                remedy=_("train again: that makes a new run"),
            )
        return _guarded(run, watch, should_leave)
    finally:
        lock.release()


def _checkpoint_seconds() -> float:
    """Seconds between two checkpoints; RECSYS_CHECKPOINT_SECONDS sets another number."""
    return float(os.environ.get("RECSYS_CHECKPOINT_SECONDS") or SAVE_EVERY_SECONDS)


def _guarded(run: Run, watch: Callable[[dict[str, Any]], None] | None, should_leave: ShouldStop) -> str:
    events = EventLog(run.folder)

    def report(event: dict[str, Any]) -> None:
        event = with_memory(event)
        events(event)
        if watch is not None:
            watch(event)

    run.set_state(RUNNING, pid=os.getpid())
    try:
        state, rest = _Working(run, report, should_leave).through()
    except Interrupted:
        state, rest = INTERRUPTED, {}
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


class _Working:
    """One run's way through its three phases, looking again and again whether it is to stop or to leave."""

    def __init__(self, run: Run, report: Report, should_leave: ShouldStop) -> None:
        self.run, self.report, self.should_leave = run, report, should_leave
        self.began: dict[str, float] = {}
        self.told = 0.0

    def through(self) -> tuple[str, dict[str, Any]]:
        """The final state and what goes with it."""
        run, config = self.run, self.run.config
        self._stop_if_asked()
        self._phase("prepare")
        data = run.dataset()
        self._stop_if_asked()
        split = make_split(data, config.split_spec)
        self._stop_if_asked()
        self._phase("fit")
        model = self._fitted(split)
        trained = getattr(model, "trained", None)
        if trained is None:
            self._stop_if_asked()
        self._phase("evaluate")
        self._judge(split)
        state = CANCELLED if trained is not None and trained.stopped else DONE
        times = [*self.began.values(), time.perf_counter()]
        seconds = {name: round(times[i + 1] - times[i], 3) for i, name in enumerate(self.began)}
        return state, {
            "seconds": seconds,
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "epochs": trained.best_epoch if trained is not None else 0,
        }

    def _phase(self, name: str) -> None:
        self.report({"type": "phase", "phase": name})
        self.began[name] = time.perf_counter()

    def _should_stop(self) -> bool:
        if self.should_leave():
            raise Interrupted
        return self.run.cancel_asked

    def _stop_if_asked(self) -> None:
        """Before it learns: a run that was interrupted goes on to its best epoch, and stops there."""
        if self._should_stop() and not self.run.goes_on_from_kept:
            raise Cancelled(
                what=_("stopped before it began"),
                where=self.run.called,
                remedy=_("train again to repeat it"),
            )

    def _fitted(self, split: Split) -> Recommender:
        run, config = self.run, self.run.config
        quiet_tensorflow()  # whatever the model: a member of a blend may have to learn once more
        model = build_model(config.model, config.settings)
        checkpoint = Checkpoint(run.folder / CHECKPOINT, _checkpoint_seconds())
        model.fit(
            split,
            seed=config.seed,
            report=self.report,
            should_stop=self._should_stop,
            checkpoint=checkpoint,
        )
        model.save(run.folder / "model")
        return model

    def _judge(self, split: Split) -> None:
        """Measures and keeps; who asks to stop in the middle of it gets it later, by going on with the run."""
        run, k = self.run, self.run.config.k
        asked_before = run.cancel_asked  # while it learned: its best epoch is judged

        def look(share: float) -> None:
            if self._should_stop() and not asked_before:
                raise Cancelled(what=_("stopped while it was judged"), where=run.called)
            if time.perf_counter() - self.told > TOLD_SECONDS:
                self.told = time.perf_counter()
                self.report({"type": "judging", "part": share})

        scorer = load_scorer(run.folder / "model")
        evaluation = evaluate(scorer, split, k=k, report=look)
        look(1.0)
        per_user, candidates, metrics = evaluation.per_user, evaluation.candidates, evaluation.metrics
        signs.keep(run.folder, signs.measure(per_user, candidates, metrics, split, k=k, scorer=scorer))
        shutil.rmtree(
            run.folder / CHECKPOINT, ignore_errors=True
        )  # what is judged needs nothing to go on from
        run.keep(evaluation)
