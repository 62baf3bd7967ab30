"""The training loop: data in tensors, batches cut inside the compiled graph, many steps a call.

Events, cancel, checkpoints and the best weights act between compiled calls, which are sized to stay under half a
second. The order of the rows and every draw follow from (seed, epoch, step), and a checkpoint holds all the rest,
so a training that was resumed ends as one that nobody disturbed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import keras
import numpy as np
import tensorflow as tf

from recsys_core.errors import Cancelled, Interrupted
from recsys_core.i18n import _
from recsys_core.models.checkpoint import Checkpoint, Saved, Session

TARGET_CALL_SECONDS = 0.25
FIRST_CALL_STEPS = 16
REPORT_SECONDS = 0.25

Steps = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""(order of all rows, first step, number of steps, epoch) -> sum of the steps' mean losses; a tf.function."""

Measure = Callable[[], dict[str, float]]
"""Validation figures of the model as it stands."""


@dataclass(slots=True)
class Task:
    """What is trained.

    Attributes:
        model: its weights are what is measured, kept and served.
        steps: makes some steps of an epoch.
        state: every variable that a resumed training needs: the model's, the optimizer's, seeds, averages.
        n_rows: examples of an epoch.
        batch_size: examples a step, where it is not the plan's.
    """

    model: keras.Model
    steps: Steps
    state: list[keras.Variable]
    n_rows: int
    batch_size: int | None = None


@dataclass(slots=True)
class Plan:
    """What one training asks for.

    Attributes:
        phase: `train` (watched on validation rows) or `refit` (final fit, nothing to watch).
        watch: the validation figure that decides which epoch is best; `maximise` tells its direction.
        patience: epochs without a better figure before it stops; None never stops early.
        measure_every: epochs between two measurements.
    """

    epochs: int
    batch_size: int
    phase: str = "train"
    watch: str = "loss"
    maximise: bool = False
    patience: int | None = None
    measure_every: int = 1
    keep_best: bool = True
    epochs_after: int = 0
    """Epochs of a later phase, counted into the time left."""


@dataclass(slots=True)
class Trained:
    """What happened: the curve, the best epoch (from 1), and whether somebody stopped it."""

    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    stopped: bool = False


@dataclass(slots=True)
class _Progress:
    """Where a training stands: plain numbers, as a checkpoint keeps them."""

    epoch: int = 1
    """The epoch under way."""
    done: int = 0
    """Steps of it that were made."""
    total: float = 0.0
    """Sum of their losses."""
    best_value: float | None = None
    best_epoch: int = 0
    complete: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


def train(task: Task, plan: Plan, measure: Measure, session: Session) -> Trained:
    """Trains the model in place and leaves it with its best weights (its last, when `keep_best` is off).

    With a checkpoint it goes on where an earlier process left off; a phase that was complete returns at once.
    Stopped by the person, it leaves the best weights of the epochs that were complete.

    Raises:
        Cancelled: stopped before the first epoch was complete.
    """
    return _Training(task, plan, measure, session).run()


class _Training:
    def __init__(self, task: Task, plan: Plan, measure: Measure, session: Session) -> None:
        self.task, self.plan, self.measure, self.session = task, plan, measure, session
        self.at = _Progress()
        self.best: list[np.ndarray] | None = None
        self.call_steps = FIRST_CALL_STEPS
        self.batch_size = task.batch_size or plan.batch_size
        self.n_steps = -(-task.n_rows // self.batch_size)

    def run(self) -> Trained:
        self._go_on()
        started, first = time.perf_counter(), self.at.epoch
        stopped = False
        while not self.at.complete and self.at.epoch <= self.plan.epochs:
            epoch_started, already = time.perf_counter(), self.at.done
            if not self._one_epoch():
                stopped = True
                break
            made = min(self.task.n_rows, (self.n_steps - already) * self.batch_size)
            row: dict[str, float] = {
                "epoch": self.at.epoch,
                "loss": self.at.total / self.n_steps,
                "samples_per_second": made / (time.perf_counter() - epoch_started),
            }
            enough = self._judged(row)
            a_epoch = (time.perf_counter() - started) / (self.at.epoch - first + 1)
            left = a_epoch * (self.plan.epochs - self.at.epoch + self.plan.epochs_after)
            self.session.report(
                {
                    "type": "epoch",
                    "phase": self.plan.phase,
                    "of": self.plan.epochs,
                    "seconds_left": left,
                    **row,
                }
            )
            self.at.epoch, self.at.done, self.at.total = self.at.epoch + 1, 0, 0.0
            if enough:
                break
            self._keep(if_due=True)
        return self._settled(stopped)

    def _judged(self, row: dict[str, float]) -> bool:
        """Measures where it is time to; keeps the best weights; tells whether patience is at its end."""
        plan, at = self.plan, self.at
        if at.epoch % plan.measure_every == 0 or at.epoch == plan.epochs:
            row.update({f"valid_{name}": value for name, value in self.measure().items()})
        at.history.append(row)
        watched = row.get(f"valid_{plan.watch}")
        if watched is None:
            return False
        value = -watched if plan.maximise else watched
        if value < (np.inf if at.best_value is None else at.best_value):
            at.best_value, at.best_epoch = value, at.epoch
            self.best = self.task.model.get_weights()
        stale = at.epoch - at.best_epoch if at.best_epoch else 0
        return plan.patience is not None and stale >= plan.patience

    def _settled(self, stopped: bool) -> Trained:
        at = self.at
        if stopped and not at.history:
            raise Cancelled(what=_("stopped before the first epoch was complete"), where=_("training"))
        if at.complete:
            return Trained(at.history, at.best_epoch)
        if self.best is not None and (self.plan.keep_best or stopped):
            self.task.model.set_weights(self.best)
        elif at.history:
            at.best_epoch = len(at.history)
        if not stopped:
            at.complete = True
            self._keep()
        return Trained(at.history, at.best_epoch, stopped)

    def _one_epoch(self) -> bool:
        """Makes the steps of the epoch that are left; False when somebody stopped it."""
        at, plan = self.at, self.plan
        rng = np.random.default_rng([self.session.seed, at.epoch])
        order = tf.constant(rng.permutation(self.task.n_rows).astype(np.int32))
        last_report = time.perf_counter()
        while at.done < self.n_steps:
            if self._asked_to_stop():
                return False
            self._call(order)
            if at.done < self.n_steps and time.perf_counter() - last_report > REPORT_SECONDS:
                last_report, part = time.perf_counter(), at.done / self.n_steps
                where = {"phase": plan.phase, "epoch": at.epoch, "of": plan.epochs, "part": part}
                self.session.report({"type": "progress", **where})
                self._keep(if_due=True)
        return True

    def _asked_to_stop(self) -> bool:
        """Whether the person asked; a process that was told to leave first keeps where it stands."""
        try:
            return self.session.should_stop()
        except Interrupted:
            self._keep()
            raise

    def _call(self, order: tf.Tensor) -> None:
        """One compiled call; the next one gets more or fewer steps, so that it stays short."""
        at = self.at
        count, called = min(self.call_steps, self.n_steps - at.done), time.perf_counter()
        steps = self.task.steps(order, tf.constant(at.done), tf.constant(count), tf.constant(at.epoch))
        at.total += float(steps)
        at.done += count
        seconds = time.perf_counter() - called
        if count == self.call_steps and seconds < TARGET_CALL_SECONDS / 2:
            self.call_steps *= 2
        elif seconds > TARGET_CALL_SECONDS * 2:
            self.call_steps = max(1, self.call_steps // 2)

    def _keep(self, *, if_due: bool = False) -> None:
        kept: Checkpoint | None = self.session.checkpoint
        if kept is not None and (kept.due or not if_due):
            kept.save(self.plan.phase, asdict(self.at), [one.numpy() for one in self._state()], self.best)

    def _go_on(self) -> None:
        """Takes up what a checkpoint kept of this phase, if it fits this network."""
        kept = self.session.checkpoint
        saved: Saved | None = kept.load(self.plan.phase) if kept is not None else None
        state = self._state()
        if saved is None or [one.shape for one in saved.state] != [tuple(one.shape) for one in state]:
            return
        for variable, value in zip(state, saved.state, strict=True):
            variable.assign(value)
        self.at, self.best = _Progress(**saved.progress), saved.best or None

    def _state(self) -> list[keras.Variable]:
        """The task's variables, the model's with them, each once."""
        return list({id(one): one for one in [*self.task.model.variables, *self.task.state]}.values())
