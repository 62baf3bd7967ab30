"""The training loop: data in tensors, batches cut inside the compiled graph, many steps a call.

Events, cancel and the best weights act between compiled calls, which are sized to stay under half a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import keras
import numpy as np
import tensorflow as tf

from recsys_core.errors import Cancelled
from recsys_core.i18n import _
from recsys_core.types import Report, ShouldStop

TARGET_CALL_SECONDS = 0.25
FIRST_CALL_STEPS = 16
REPORT_SECONDS = 0.25

Steps = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
"""(order of all rows, first step, number of steps, epoch) -> sum of the steps' mean losses; a tf.function."""

Measure = Callable[[], dict[str, float]]
"""Validation figures of the model as it stands."""


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
    n_rows: int
    seed: int
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


def train(
    model: keras.Model, steps: Steps, plan: Plan, measure: Measure, report: Report, should_stop: ShouldStop
) -> Trained:
    """Trains `model` in place and leaves it with its best weights (its last, when `keep_best` is off).

    Stopped by the person, it leaves the best weights of the epochs that were complete.

    Raises:
        Cancelled: stopped before the first epoch was complete.
    """
    outcome = Trained()
    rng = np.random.default_rng(plan.seed)
    best_value, best_weights = np.inf, None
    call_steps, started = FIRST_CALL_STEPS, time.perf_counter()
    for epoch in range(1, plan.epochs + 1):
        order = tf.constant(rng.permutation(plan.n_rows).astype(np.int32))
        epoch_started = time.perf_counter()
        loss, call_steps = _one_epoch(steps, order, epoch, plan, call_steps, report, should_stop)
        if loss is None:
            outcome.stopped = True
            break
        seconds = time.perf_counter() - epoch_started
        row: dict[str, float] = {"epoch": epoch, "loss": loss, "samples_per_second": plan.n_rows / seconds}
        if epoch % plan.measure_every == 0 or epoch == plan.epochs:
            row.update({f"valid_{name}": value for name, value in measure().items()})
        outcome.history.append(row)
        watched = row.get(f"valid_{plan.watch}")
        if watched is not None:
            value = -watched if plan.maximise else watched
            if value < best_value:
                best_value, outcome.best_epoch = value, epoch
                best_weights = model.get_weights()
        left = (time.perf_counter() - started) / epoch * (plan.epochs - epoch + plan.epochs_after)
        report({"type": "epoch", "phase": plan.phase, "of": plan.epochs, "seconds_left": left, **row})
        stale = epoch - outcome.best_epoch if outcome.best_epoch and watched is not None else 0
        if plan.patience is not None and stale >= plan.patience:
            break
    return _settled(model, outcome, plan, best_weights)


def _settled(
    model: keras.Model, outcome: Trained, plan: Plan, best_weights: list[np.ndarray] | None
) -> Trained:
    if outcome.stopped and not outcome.history:
        raise Cancelled(what=_("stopped before the first epoch was complete"), where=_("training"))
    if best_weights is not None and (plan.keep_best or outcome.stopped):
        model.set_weights(best_weights)
    elif outcome.history:
        outcome.best_epoch = len(outcome.history)
    return outcome


def _one_epoch(
    steps: Steps,
    order: tf.Tensor,
    epoch: int,
    plan: Plan,
    call_steps: int,
    report: Report,
    should_stop: ShouldStop,
) -> tuple[float | None, int]:
    """Mean loss of the epoch (None when stopped inside it) and the number of steps for the next call."""
    n_steps, total, done = -(-plan.n_rows // plan.batch_size), 0.0, 0
    last_report = time.perf_counter()
    while done < n_steps:
        if should_stop():
            return None, call_steps
        count = min(call_steps, n_steps - done)
        called = time.perf_counter()
        total += float(steps(order, tf.constant(done), tf.constant(count), tf.constant(epoch)))
        seconds = time.perf_counter() - called
        done += count
        if count == call_steps and seconds < TARGET_CALL_SECONDS / 2:
            call_steps *= 2
        elif seconds > TARGET_CALL_SECONDS * 2:
            call_steps = max(1, call_steps // 2)
        if time.perf_counter() - last_report > REPORT_SECONDS and done < n_steps:
            last_report = time.perf_counter()
            report(
                {
                    "type": "progress",
                    "phase": plan.phase,
                    "epoch": epoch,
                    "of": plan.epochs,
                    "part": done / n_steps,
                }
            )
    return total / n_steps, call_steps
