"""How much there is to do for a training: multiplications, numbers touched, steps, weights. Counted, not measured.

The counts follow the code of each model; what a count costs in seconds is told in `estimate_speed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys_core.training.estimate_sizes import Sizes

WATCHED_USERS, CELLS_A_BLOCK, LEAST_STEPS = 2000, 4_000_000, 8
MOST_MF_STEPS, MOST_CANDIDATES = 40, 8192
EPOCH_EXAMPLES, MOST_APART, PACES = 15_000, 7, 5
OPTIMIZER_PASSES = 16
"""How often a step reads or writes a weight: gradient, two moments, decay, the average over the last steps."""
SOFTMAX_PASSES = 12
"""How often a step touches a logit: softmax, its gradient, masks."""
LEARNING = 6
"""Multiplications and additions a weight and example: two forwards, four backwards."""
TIE_DRAWS = 5


@dataclass(frozen=True, slots=True)
class Work:
    """Counts of one piece of work.

    Attributes:
        flops: multiplications and additions of dense products.
        cells: numbers touched one by one, by several cores.
        scattered: numbers gathered or summed by index, and what one core does alone.
        calls: steps, each with its own overhead.
    """

    flops: float = 0.0
    cells: float = 0.0
    scattered: float = 0.0
    calls: float = 0.0

    def __add__(self, other: Work) -> Work:
        """Both."""
        return Work(
            self.flops + other.flops,
            self.cells + other.cells,
            self.scattered + other.scattered,
            self.calls + other.calls,
        )

    def __mul__(self, times: float) -> Work:
        """So many times."""
        return Work(self.flops * times, self.cells * times, self.scattered * times, self.calls * times)


@dataclass(frozen=True, slots=True)
class Job:
    """What one run has to do.

    Attributes:
        train: an epoch while epochs are chosen, measuring included; refit: an epoch of the final model. Models
            without epochs have all of it in `once`.
        score: scores of one user for the whole catalogue.
        weights: numbers that are learned.
        held: numbers that a step, or the whole fit, holds at once beside the weights.
        served: numbers of the serving form beyond the weights.
    """

    train: Work = field(default_factory=Work)
    refit: Work = field(default_factory=Work)
    once: Work = field(default_factory=Work)
    score: Work = field(default_factory=Work)
    weights: float = 0.0
    held: float = 0.0
    served: float = 0.0


def count(model: str, settings: Mapping[str, Any], sizes: Sizes) -> Job:
    """What a run of this model has to do; of a model that nobody counted yet, what its rows and catalogue suggest."""
    return _COUNTS.get(model, _unknown)(settings, sizes)


def _epoch_rows(users: float, batch: float) -> float:
    """Few users are read several times an epoch, so that it has at least eight steps."""
    return users * ((LEAST_STEPS - 1) * batch // max(users, 1) + 1)


def _learned(rows: float, batch: float, weights: float, flops: float, cells: float, scattered: float) -> Work:
    """An epoch of so many examples: products, numbers touched and gathered an example; the weights moved a step."""
    steps = math.ceil(rows / batch)
    return Work(rows * flops, rows * cells + steps * weights * OPTIMIZER_PASSES, rows * scattered, steps)


def _watching(sizes: Sizes, score: Work, every: int) -> Work:
    """Ranking the watched users, an epoch's share of it."""
    users = min(WATCHED_USERS, sizes.users)
    return (score + Work(cells=SOFTMAX_PASSES * sizes.items)) * (users / every)


def _lists(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    hidden, size = settings.get("hidden_units", 0), settings["embedding_size"]
    members = 1 if hidden else settings["members"]
    width, draws = members * size, 1 if settings.get("form") == "denoising" else 2
    inner = 2.0 * sizes.items * hidden + (draws + 1) * hidden * width
    weights = inner if hidden else (draws + 1.0) * sizes.items * width
    serving = weights * 2 / (draws + 1)
    rows = _epoch_rows(sizes.users, settings["batch_size"])
    cells = SOFTMAX_PASSES * members * sizes.items
    epoch = _learned(rows, settings["batch_size"], weights, LEARNING * weights, cells, sizes.history)
    score = Work(flops=2 * serving, cells=2 * sizes.items)
    held = settings["batch_size"] * sizes.items * (members + 2) * 4 + _block(sizes) * 8
    return Job(epoch + _watching(sizes, score, 2), epoch, score=score, weights=weights, held=held)


def _block(sizes: Sizes) -> float:
    """Logits that are looked at together when validation rows are measured."""
    return min(CELLS_A_BLOCK, min(WATCHED_USERS, sizes.users) * sizes.items)


def _two_tower(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    size, batch, items = settings["embedding_size"], settings["batch_size"], sizes.items
    asked = 0.4 * batch * sizes.train / sizes.users
    compared = items if items <= settings["full_softmax_up_to"] else min(MOST_CANDIDATES, asked, items)
    weights = 2.0 * items * size
    rows = _epoch_rows(sizes.users, batch)
    steps = math.ceil(rows / batch)
    events = sizes.train / sizes.users
    epoch = _learned(
        rows, batch, weights, LEARNING * compared * size, SOFTMAX_PASSES * 4 * compared, events * size
    ) + Work(cells=steps * compared * size * 4)
    score = Work(flops=2 * items * size, scattered=events * size)
    held = batch * compared * 12 + _block(sizes) * 8
    return Job(
        epoch + _watching(sizes, score, 2), epoch, score=Work(2 * items * size), weights=weights, held=held
    )


def _sequence(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    size, length, items = settings["embedding_size"], settings["history_length"], sizes.items
    weights = items * size * (1.0 + PACES)
    moments = max(1.0, sizes.train - sizes.users)
    rows = moments // min(MOST_APART, max(1, moments // EPOCH_EXAMPLES))
    flops = LEARNING * PACES * size * (items + length)
    cells = SOFTMAX_PASSES * 2 * items + 8 * length * size
    epoch = _learned(rows, settings["batch_size"], weights, flops, cells, length + settings["window"])
    epoch += Work(scattered=moments)
    score = Work(flops=2 * PACES * size * (items + length), cells=length * size)
    held = settings["batch_size"] * (items * 8 + length * size * 6) + _block(sizes) * 8
    return Job(epoch + _watching(sizes, score, 1), epoch, score=score, weights=weights, held=held)


def _mf(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    width = settings["members"] * settings["embedding_size"]
    batch = max(settings["batch_size"], math.ceil(sizes.train / MOST_MF_STEPS))
    weights = (2.0 * sizes.users + 3.0 * sizes.items) * width
    steps = math.ceil(sizes.train / batch)
    summed = sizes.train * width * 12.0  # both sides' histories, there and back
    epoch = _learned(sizes.train, batch, weights, 0, 12 * width, 0) + Work(scattered=steps * summed)
    measured = Work(scattered=sizes.train * width * 4.0)
    held = sizes.train * 40 + batch * width * 20
    score = Work(flops=2 * sizes.items * width)
    return Job(epoch + measured, epoch, score=score, weights=weights, held=held, served=weights)


def _rating_autoencoder(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    of_items, hidden = settings["side"] == "item", settings["hidden_units"]
    rows, columns = (sizes.items, sizes.users) if of_items else (sizes.users, sizes.items)
    weights = 2.0 * columns * hidden
    epoch = _learned(rows, settings["batch_size"], weights, LEARNING * weights, 16 * columns, 0)
    epoch += Work(cells=math.ceil(rows / settings["batch_size"]) * weights * 4)
    measured = Work(scattered=sizes.train * hidden)
    held = settings["batch_size"] * columns * 8 + rows * hidden * 3
    score = Work(flops=2 * sizes.items * hidden)
    return Job(epoch + measured, epoch, score=score, weights=weights, held=held, served=rows * hidden)


def _embedding_mlp(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    size, hidden, layers = settings["embedding_size"], settings["hidden_units"], settings["layers"]
    dense = 2.0 * size * hidden + (layers - 1) * hidden**2 + hidden
    weights = (sizes.users + sizes.items) * size + dense
    rows = sizes.fit * (1 - settings["valid_share"])
    watched = sizes.fit - rows
    epoch = _learned(rows, settings["batch_size"], weights, LEARNING * dense, 12 * hidden, 4 * size)
    epoch += Work(flops=2 * dense * watched, cells=4 * hidden * watched)
    score = Work(flops=2 * dense * sizes.items, cells=12 * sizes.items * (hidden * layers + 2 * size))
    held = watched * (hidden + 2 * size) * 2 + rows * 6
    return Job(epoch, score=score, weights=weights, held=held)


def _ease(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    cells = float(sizes.items) ** 2
    once = Work(flops=8 * cells * sizes.items, cells=20 * cells, scattered=sizes.fit * sizes.history)
    return Job(
        once=once,
        score=Work(scattered=sizes.fit / sizes.users * sizes.items * 0.6),
        weights=cells,
        held=4 * cells,
    )


def _ials(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    size, both = settings["embedding_size"], sizes.users + sizes.items
    half = Work(flops=2 * (2.0 * sizes.fit * size**2 + both * size**3), cells=8.0 * sizes.fit * size)
    held = CELLS_A_BLOCK * 8.0 + both * size * 4
    score = Work(flops=2.0 * sizes.items * size)
    return Job(once=half * settings["epochs"], score=score, weights=both * size, held=held)


def _item_knn(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    cells = float(sizes.items) ** 2
    kept = sizes.items * float(min(settings["neighbours"], sizes.items))
    once = Work(scattered=sizes.fit * sizes.history + 20 * cells)
    held = min(8_000_000, cells) * 10 + kept * 6
    return Job(
        once=once, score=Work(scattered=sizes.fit / sizes.users * kept / sizes.items), weights=kept, held=held
    )


def _markov(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    window = float(settings["window"])
    kept = min(float(sizes.items) ** 2, window * sizes.fit)
    once = Work(scattered=TIE_DRAWS * window * (sizes.fit * 8 + kept * 1.5))
    return Job(once=once, score=Work(scattered=window * kept / sizes.items), weights=kept, held=kept * 8)


def _floor(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    return Job(once=Work(scattered=4.0 * sizes.fit), score=Work(cells=2.0 * sizes.items), weights=sizes.items)


def _unknown(settings: Mapping[str, Any], sizes: Sizes) -> Job:
    """As a usual network of lists, with what it says of its size in the usual words."""
    usual = {"embedding_size": 128, "hidden_units": 0, "batch_size": 256, "members": 1}
    said = {name: settings[name] for name in usual if isinstance(settings.get(name), int)}
    return _lists(usual | said, sizes)


_COUNTS: dict[str, Callable[[Mapping[str, Any], Sizes], Job]] = {
    "history_encoder": _lists,
    "autoencoder": _lists,
    "two_tower": _two_tower,
    "sequence": _sequence,
    "mf": _mf,
    "rating_autoencoder": _rating_autoencoder,
    "embedding_mlp": _embedding_mlp,
    "ease": _ease,
    "ials": _ials,
    "item_knn": _item_knn,
    "markov": _markov,
    "bias": _floor,
    "popularity": _floor,
    "random": _floor,
}
