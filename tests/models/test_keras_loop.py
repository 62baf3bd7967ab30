from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from recsys_core.errors import Cancelled
from recsys_core.models.checkpoint import Session
from recsys_core.types import never_stop

Event = dict[str, Any]


@pytest.fixture
def loop() -> Any:
    """The module under test, imported here because it loads TensorFlow."""
    from recsys_core.models import keras_loop

    return keras_loop


class Counter:
    """A network of one weight, which counts the epochs that it was trained for; every epoch costs 1/epoch."""

    def __init__(self) -> None:
        import keras

        inputs = keras.Input((1,))
        layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
        self.model = keras.Model(inputs, layer(inputs))
        self.calls: list[tuple[list[int], int, int, int]] = []

    def steps(self, order: Any, first: Any, count: Any, epoch: Any) -> float:
        """Sets the weight to the epoch; its loss falls as epochs pass."""
        self.calls.append((order.numpy().tolist(), int(first), int(count), int(epoch)))
        self.model.set_weights([np.array([[float(epoch)]])])
        return float(count) / float(epoch)

    @property
    def weight(self) -> float:
        return float(self.model.get_weights()[0][0, 0])


def _scripted(values: Iterable[float]) -> Any:
    """Validation figures that come one after another."""
    waiting = iter(values)
    return lambda: {"loss": next(waiting)}


def _run(loop: Any, counter: Counter, values: Iterable[float], **plan: Any) -> tuple[Any, list[Event]]:
    events: list[Event] = []
    stop = plan.pop("should_stop", never_stop)
    task = loop.Task(counter.model, counter.steps, [], plan.pop("n_rows", 10))
    session = Session(plan.pop("seed", 0), events.append, stop, plan.pop("checkpoint", None))
    planned = loop.Plan(**{"epochs": 6, "batch_size": 4, **plan})
    return loop.train(task, planned, _scripted(values), session), events


def test_the_best_epochs_weights_are_kept(loop: Any) -> None:
    counter = Counter()
    outcome, events = _run(loop, counter, [5, 3, 1, 4, 2, 6])
    assert (outcome.best_epoch, counter.weight) == (3, 3.0)
    assert len(events) == len(outcome.history) == 6
    assert not outcome.stopped


def test_without_keep_best_the_last_weights_stay(loop: Any) -> None:
    counter = Counter()
    outcome, _events = _run(loop, counter, [5, 3, 1, 4, 2, 6], keep_best=False)
    assert (outcome.best_epoch, counter.weight) == (6, 6.0)


def test_training_ends_after_patience_epochs_without_a_better_figure(loop: Any) -> None:
    counter = Counter()
    outcome, events = _run(loop, counter, [5, 3, 4, 4, 1, 0], patience=2)
    assert [event["epoch"] for event in events] == [1, 2, 3, 4]
    assert (outcome.best_epoch, counter.weight) == (2, 2.0)


def test_a_figure_to_be_maximised_is_watched_the_other_way(loop: Any) -> None:
    counter = Counter()
    outcome, _events = _run(loop, counter, [5, 3, 9, 4, 2, 6], maximise=True)
    assert (outcome.best_epoch, counter.weight) == (3, 3.0)


def test_an_equal_figure_is_no_better_one(loop: Any) -> None:
    outcome, _events = _run(loop, Counter(), [2, 2, 2, 2, 2, 2])
    assert outcome.best_epoch == 1


def test_a_figure_that_is_no_number_is_never_the_best(loop: Any) -> None:
    counter = Counter()
    outcome, _events = _run(loop, counter, [float("nan"), 3, float("nan"), 4, 5, 6])
    assert (outcome.best_epoch, counter.weight) == (2, 2.0)


def test_every_second_epoch_and_the_last_are_measured(loop: Any) -> None:
    outcome, _events = _run(loop, Counter(), [5, 4, 3], epochs=5, measure_every=2)
    measured = [int(row["epoch"]) for row in outcome.history if "valid_loss" in row]
    assert measured == [2, 4, 5]


def test_patience_ends_nothing_between_two_looks(loop: Any) -> None:
    # patience 1 and a look every second epoch: epoch 3 has seen no figure, so it cannot be called worse
    outcome, _events = _run(loop, Counter(), [5, 4, 6], epochs=20, measure_every=2, patience=1)
    assert [int(row["epoch"]) for row in outcome.history] == [1, 2, 3, 4, 5, 6]
    assert outcome.best_epoch == 4


@pytest.mark.parametrize(("n_rows", "batch_size"), [(10, 4), (8, 4), (3, 100), (1, 1), (200, 3)])
def test_an_epoch_makes_every_step_once_over_all_rows_in_a_new_order(
    loop: Any, n_rows: int, batch_size: int
) -> None:
    counter = Counter()
    _run(loop, counter, [1, 1], epochs=2, n_rows=n_rows, batch_size=batch_size)
    orders = []
    for epoch in (1, 2):
        calls = [call for call in counter.calls if call[3] == epoch]
        steps = [step for _order, first, count, _epoch in calls for step in range(first, first + count)]
        assert steps == list(range(-(-n_rows // batch_size)))
        assert len({tuple(call[0]) for call in calls}) == 1
        assert sorted(calls[0][0]) == list(range(n_rows))
        orders.append(calls[0][0])
    assert orders[0] != orders[1] or n_rows < 4


def test_the_order_of_the_rows_follows_the_seed(loop: Any) -> None:
    orders = []
    for seed in (1, 1, 2):
        counter = Counter()
        _run(loop, counter, [1], epochs=1, n_rows=50, seed=seed)
        orders.append(counter.calls[0][0])
    assert orders[0] == orders[1] != orders[2]


def test_an_epoch_event_has_its_fields(loop: Any) -> None:
    outcome, events = _run(loop, Counter(), [5, 3], epochs=2, phase="refit", epochs_after=4)
    assert [event.keys() for event in events] == [
        {"type", "phase", "epoch", "of", "loss", "valid_loss", "samples_per_second", "seconds_left"}
    ] * 2
    first, second = events
    assert (first["type"], first["phase"], first["epoch"], first["of"]) == ("epoch", "refit", 1, 2)
    assert (first["valid_loss"], second["valid_loss"]) == (5, 3)
    assert first["samples_per_second"] > 0
    assert second["seconds_left"] > 0  # a later phase is still to come
    assert outcome.history[1]["valid_loss"] == 3


def test_the_loss_of_an_epoch_is_the_mean_over_its_steps(loop: Any) -> None:
    _outcome, events = _run(loop, Counter(), [1, 1], epochs=2, n_rows=10, batch_size=4)
    assert [event["loss"] for event in events] == [1.0, 0.5]


def test_a_long_epoch_tells_its_progress(loop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "REPORT_SECONDS", 0.0)
    _outcome, events = _run(loop, Counter(), [1], epochs=1, n_rows=100, batch_size=1)
    progress = [event for event in events if event["type"] == "progress"]
    assert progress
    for event in progress:
        assert event.keys() == {"type", "phase", "epoch", "of", "part"}
    parts = [event["part"] for event in progress]
    assert parts == sorted(parts)
    assert 0 < parts[0] <= parts[-1] < 1


def test_stopped_in_the_first_epoch_there_is_nothing_to_keep(loop: Any) -> None:
    with pytest.raises(Cancelled, match="before the first epoch"):
        _run(loop, Counter(), [1], should_stop=lambda: True)


@pytest.mark.parametrize("keep_best", [True, False])
def test_stopped_later_the_best_whole_epoch_is_kept_even_where_the_last_would_count(
    loop: Any, keep_best: bool
) -> None:
    counter = Counter()
    outcome, events = _run(
        loop, counter, [5, 1, 3, 2], should_stop=lambda: len(counter.calls) >= 4, keep_best=keep_best
    )
    assert outcome.stopped
    assert len(events) == 4
    assert (outcome.best_epoch, counter.weight) == (2, 2.0)


def test_stopped_before_the_first_look_the_whole_epochs_are_kept(loop: Any) -> None:
    counter = Counter()
    outcome, _events = _run(loop, counter, [], measure_every=5, should_stop=lambda: len(counter.calls) >= 2)
    assert (outcome.stopped, outcome.best_epoch, counter.weight) == (True, 2, 2.0)


def test_the_wish_to_stop_is_asked_between_calls_inside_an_epoch(loop: Any) -> None:
    counter = Counter()
    with pytest.raises(Cancelled):
        _run(loop, counter, [1], n_rows=100, batch_size=1, should_stop=lambda: len(counter.calls) >= 1)
    done = sum(count for _order, _first, count, _epoch in counter.calls)
    assert done == loop.FIRST_CALL_STEPS < 100


def test_a_real_network_learns_a_line(loop: Any) -> None:
    import keras
    import tensorflow as tf

    inputs = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    targets = 3 * inputs - 1
    layer = keras.Input((1,))
    model = keras.Model(layer, keras.layers.Dense(1, kernel_initializer="zeros")(layer))
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(model.trainable_variables)

    @tf.function
    def steps(order: tf.Tensor, first: tf.Tensor, count: tf.Tensor, epoch: tf.Tensor) -> tf.Tensor:
        total = tf.constant(0.0)
        for step in tf.range(first, first + count):
            batch = order[step * 16 : (step + 1) * 16]
            with tf.GradientTape() as tape:
                error = model(tf.gather(inputs, batch)) - tf.gather(targets, batch)
                loss = tf.reduce_mean(error**2)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            total += loss
        return total

    plan = loop.Plan(epochs=60, batch_size=16, keep_best=False)
    outcome = loop.train(loop.Task(model, steps, optimizer.variables, 64), plan, dict, Session(0))
    losses = [row["loss"] for row in outcome.history]
    assert losses[-1] < 0.001 * losses[0]
    slope, offset = (float(np.ravel(weight)[0]) for weight in model.get_weights())
    assert (slope, offset) == pytest.approx((3, -1), abs=0.05)
