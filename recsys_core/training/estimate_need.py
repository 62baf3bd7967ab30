"""What a run needs, in seconds and megabytes: of a single model from its counted work, of one made of others from theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from recsys_core.data.splits import SplitSpec
from recsys_core.errors import RecsysError
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.runs import Run, open_run
from recsys_core.training import estimate_costs as costs
from recsys_core.training.estimate_own import own_best, own_job
from recsys_core.training.estimate_sizes import Epochs, Expected, Sizes, expected_epochs, two_phases
from recsys_core.training.estimate_speed import Speed
from recsys_core.training.estimate_work import Work, count
from recsys_core.training.members import VALIDATED
from recsys_core.training.newcomer import BASES

NOTHING = Epochs(0, 0)
ONCE = Expected(NOTHING, NOTHING, NOTHING)
RATERS = ("mf", "rating_autoencoder", "embedding_mlp", "bias")
TRUST_CELLS, TRUST_LOOKS = 4_000_000, 525
"""Held-out people are ranked with seven numbers of known rows, up to four draws and 21 shares of trust each."""
STRANGERS = 0.2
BLEND_CELLS, BLEND_LOOKS = 60_000_000, 40
"""Scores from which the weights of a blend are learned, and how often they are gone through."""
LEARNED_AGAIN = 0.6
"""A member that learns once more, from training rows alone, needs about this share of its own fit."""
RERANK_SECONDS, OF_METHOD = 1.5e-4, {"dpp": 6e-4}
"""To re-rank one list; a determinant grows with every place."""
TENSORFLOW_MB = 600.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about: a model with its settings, on data of this size, cut like this, on this machine."""

    model: str
    settings: Mapping[str, Any]
    sizes: Sizes
    split: SplitSpec
    speed: Speed

    def about(self, model: str, settings: Mapping[str, Any]) -> Question:
        """The same for another model."""
        return replace(self, model=model, settings=resolve(registry.params_of(model), settings))

    def expected(self, best: float | None = None) -> Expected:
        """How many epochs it may take; `best` as in `expected_epochs`."""
        if "epochs" not in self.settings:
            return ONCE
        defaults = {one.name: one.default for one in registry.params_of(self.model)}
        own = own_best(self.model, self.settings)
        if own is not None:
            return two_phases(best or own, self.settings)
        steps = count(self.model, self.settings, self.sizes).refit.calls
        return expected_epochs(self.model, self.settings, defaults, self.split, steps, best)


@dataclass(frozen=True, slots=True)
class Need:
    """What a run needs.

    Attributes:
        fit: seconds to fit it, as guessed, at least and at most; rest: to prepare the data and to judge it.
        score: work to score one user; weights: numbers that it learns.
    """

    fit: tuple[float, float, float]
    rest: float
    memory_mb: float
    disk_mb: float
    score: Work
    weights: float


def need(asked: Question, epochs: Expected) -> Need:
    """What it needs when it makes these epochs."""
    return _MADE_OF_OTHERS.get(asked.model, _single)(asked, epochs)


def _single(asked: Question, epochs: Expected) -> Need:
    network, ratings = registry.spec(asked.model).network, asked.model in RATERS
    counted = own_job if registry.spec(asked.model).package else count
    job, cost = counted(asked.model, asked.settings, asked.sizes), costs.cost_of(asked.model, network=network)
    fit = [
        costs.fit_seconds(cost, job, one, asked.speed) for one in (epochs.guess, epochs.least, epochs.most)
    ]
    return Need(
        (fit[0], fit[1], fit[2]),
        _rest(asked, job.score, ratings=ratings),
        costs.memory_mb(cost, job, asked.sizes, ratings=ratings),
        costs.disk_mb(job, asked.sizes, network=network),
        job.score,
        job.weights,
    )


def _rest(asked: Question, score: Work, *, ratings: bool) -> float:
    prepare = costs.prepare_seconds(asked.sizes, asked.speed)
    return prepare + costs.judge_seconds(score, asked.sizes, asked.speed, ratings=ratings)


def _newcomer(asked: Question, epochs: Expected) -> Need:
    """The model that it listens to, twice, and what is learned of trust from people held out."""
    base = asked.about(str(asked.settings["base"]), BASES[str(asked.settings["base"])])
    one = need(base, base.expected())
    users = min(STRANGERS * asked.sizes.users, max(20.0, TRUST_CELLS / asked.sizes.items))
    cells = users * asked.sizes.items * TRUST_LOOKS
    trust = cells * costs.JUDGE_A_CELL / asked.speed.pace
    fit = (2 * one.fit[0] + trust, 2 * one.fit[1] + trust, 2 * one.fit[2] + trust)
    return replace(one, fit=fit, memory_mb=one.memory_mb * 1.1)


def _blend(asked: Question, epochs: Expected) -> Need:
    """Its members learned again from training rows alone, where that was not done before, and the weights."""
    runs = _opened(str(asked.settings["members"]))
    members = [asked.about(run.config.model, run.config.settings) for run in runs]
    needs = [need(one, one.expected()) for one in members]
    fit, memory = 0.2, costs.FLOOR.base
    for run, one in zip(runs, needs, strict=True):
        network = registry.spec(run.config.model).network
        if not (run.folder / VALIDATED).exists():
            taken = run.status.get("seconds", {}).get("fit", one.fit[0])
            fit += LEARNED_AGAIN * float(taken)
            memory = max(memory, one.memory_mb if network else one.memory_mb - costs.FLOOR.base)
    cells = min(float(asked.sizes.users) * asked.sizes.items * max(1, len(runs)), BLEND_CELLS)
    lists = asked.settings["goal"] == "lists"
    fit += BLEND_LOOKS * cells / costs.A_PASS / asked.speed.pace if lists else 0.1
    score = sum((one.score for one in needs), Work(cells=12.0 * asked.sizes.items * len(runs)))
    served = sum(one.disk_mb for one in needs)
    return Need(
        (fit, fit * 0.7, fit * 1.5),
        _rest(asked, score, ratings=not lists),
        memory + served + (cells * 24 / 1e6 if lists else 0.0),
        served,
        score,
        0.0,
    )


def _reranked(asked: Question, epochs: Expected) -> Need:
    """Every list re-ranked when it is fitted and when it is judged."""
    runs = _opened(str(asked.settings["base"]))
    base = asked.about(runs[0].config.model, runs[0].config.settings) if runs else asked.about("ease", {})
    one = need(base, base.expected())
    a_list = OF_METHOD.get(asked.settings["method"], RERANK_SECONDS)
    lists = asked.sizes.users * a_list / asked.speed.pace
    ranked = asked.speed.seconds(one.score * asked.sizes.users, 0.0)
    fit = 0.2 + ranked + lists
    memory = costs.FLOOR.base + one.disk_mb + costs.judging_mb(asked.sizes) + asked.sizes.rows * 2e-4
    return Need(
        (fit, fit * 0.7, fit * 1.5),
        _rest(asked, one.score, ratings=False) + lists,
        memory,
        one.disk_mb,
        one.score,
        0.0,
    )


def _opened(names: str) -> list[Run]:
    """The runs of these ids that are there."""
    found = []
    for name in names.split(","):
        try:
            found.append(open_run(name))
        except RecsysError:
            continue
    return found


_MADE_OF_OTHERS: dict[str, Callable[[Question, Expected], Need]] = {
    "newcomer": _newcomer,
    "blend": _blend,
    "reranked": _reranked,
}
