"""What the counted work costs on the reference machine, a line a model; fitted by `benchmarks.loop estimates`."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_core.training.estimate_sizes import Epochs, Sizes
from recsys_core.training.estimate_speed import Speed
from recsys_core.training.estimate_work import Job, Work

MB, BYTES = 1e6, 4.0
A_PASS = 150e6
"""Scores that learning the weights of a blend goes through in a second."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model costs beside and for its counted work.

    Attributes:
        start, again, finish: seconds to load what it needs and build it, to build it anew for the final fit, to export.
        call: seconds of overhead a step. factor: of the counted work of training.
        base: MB of the process before there are data. weight: how often a weight is held at the peak.
        row: bytes an interaction.
    """

    start: float = 0.05
    again: float = 0.0
    finish: float = 0.05
    call: float = 0.0
    factor: float = 1.0
    base: float = 215.0
    weight: float = 3.0
    row: float = 90.0


NETWORK = Cost(3.2, 0.7, 0.6, 1e-3, 0.75, 1000.0, 20.0, 120.0)
"""Of a network without a line of its own."""
COSTS: dict[str, Cost] = {
    "history_encoder": NETWORK,
    "autoencoder": NETWORK,
    "two_tower": Cost(3.4, 1.0, 0.2, 6.5e-3, 1.65, 850.0, 20.0, 160.0),
    "sequence": Cost(3.5, 0.9, 1.0, 1e-3, 0.95, 1050.0, 32.0, 160.0),
    "mf": Cost(3.2, 1.0, 0.2, 1e-3, 0.58, 840.0, 20.0, 180.0),
    "rating_autoencoder": Cost(3.0, 0.7, 0.2, 1e-3, 0.9, 840.0, 28.0, 150.0),
    "embedding_mlp": Cost(3.0, 0.0, 0.3, 7e-5, 0.7, 1000.0, 20.0, 100.0),
    "ials": Cost(factor=4.5),
    "item_knn": Cost(factor=2.0),
    "markov": Cost(factor=2.7),
}
FLOOR = Cost()

PREPARE_SECONDS, PREPARE_A_ROW = 0.04, 5e-7
JUDGE_SECONDS, JUDGE_A_USER, JUDGE_A_CELL, JUDGE_A_RATING = 0.09, 1.1e-4, 8e-9, 4e-6
JUDGE_USER_BYTES, JUDGE_RATING_BYTES, JUDGE_BLOCK_BYTES = 14_000.0, 300.0, 40e6
"""Judging: the bootstrap's draws a user, the predictions a test row, and a block of scores."""


def prepare_seconds(sizes: Sizes, speed: Speed) -> float:
    """Opening the data and cutting the split."""
    return (PREPARE_SECONDS + PREPARE_A_ROW * sizes.rows) / speed.pace


def fit_seconds(cost: Cost, job: Job, epochs: Epochs, speed: Speed) -> float:
    """Choosing epochs, the final fit, the export."""
    fixed = cost.start + cost.finish + (cost.again if epochs.refit else 0.0)
    work = job.once + job.train * epochs.train + job.refit * epochs.refit
    return fixed / speed.pace + cost.factor * speed.seconds(work, cost.call / cost.factor)


def judge_seconds(score: Work, sizes: Sizes, speed: Speed, *, ratings: bool) -> float:
    """Scoring and ranking the whole catalogue for every judged user, figures and their intervals."""
    cells = float(sizes.judged) * sizes.items
    fixed = JUDGE_SECONDS + JUDGE_A_USER * sizes.judged + JUDGE_A_CELL * cells
    fixed += JUDGE_A_RATING * (sizes.rows - sizes.fit) if ratings else 0.0
    return fixed / speed.pace + speed.seconds(score * sizes.judged, 0.0)


def memory_mb(cost: Cost, job: Job, sizes: Sizes, *, ratings: bool) -> float:
    """The peak: the larger of what fitting and judging hold, on top of the process, its data and its weights."""
    fitting = job.weights * BYTES * cost.weight + job.held * BYTES
    judging = (job.weights * 2 + job.served) * BYTES / MB + judging_mb(sizes)
    judging += (sizes.rows - sizes.fit) * JUDGE_RATING_BYTES / MB if ratings else 0.0
    return cost.base + sizes.rows * cost.row / MB + max(fitting / MB, judging)


def judging_mb(sizes: Sizes) -> float:
    """What judging holds beside the model and the data."""
    return (sizes.judged * JUDGE_USER_BYTES + JUDGE_BLOCK_BYTES) / MB


def disk_mb(job: Job, sizes: Sizes, *, network: bool) -> float:
    """What stays in the run's folder, and the checkpoint while it learns."""
    kept = (job.weights + job.served) * BYTES * (2 if network else 1)
    checkpoint = job.weights * BYTES * 4 if network else 0.0
    return (kept + checkpoint + sizes.judged * 200 * 10) / MB


def cost_of(model: str, *, network: bool) -> Cost:
    """The line of a model; of one that has none, that of a usual network, or of a floor."""
    return COSTS.get(model, NETWORK if network else FLOOR)
