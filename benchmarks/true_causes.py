"""On the simulator the true cause of a suggestion is known: is it the one that a reason names?

Definition. Somebody knows the law of the world (who takes what, with what chance), but of a person only the choices
of their history. What they expect of an item is its chance, averaged over every taste and group that the person may
have, each as likely as it makes the history (Bayes). The true carriers of a suggestion are the choices without which
they would expect it less, and the true cause is the choice without which they would expect it least. No model is
asked and no model can know better from the history alone. The average is taken over 20,000 people drawn from the law.

A reason says what a model did, so it can be no truer than what the model learned. The first world has many people,
a flat popularity and tastes that decide: there is enough to learn (its dials were chosen on worlds 1 and 2). In the
default world, 600 people and a long tail, models are hardly better than popularity, and it is shown beside.

Two readings, since two choices may carry an item alike: the named choice is the strongest of all, or it carries at
least half as much as the strongest. A choice drawn from the history by lot goes through the same test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.tables import share
from recsys_core.columns import ITEM_ROW, Kind
from recsys_core.data.simulator import World, simulate
from recsys_core.data.simulator.people import N_BANDS, SEGMENTS, draw_people
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.models.registry import model_class
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.types import FloatArray, IntArray

MODELS = ("ease", "ials", "history_encoder")
WORLDS: dict[str, dict[str, Any]] = {
    "a world that can be learned": {
        "n_users": 3000,
        "mean_events": 15,
        "popularity": 0.3,
        "causes": {"taste": 0.8, "chance": 0.2},
    },
    "the default world": {},
}
N_LISTS, N_PEOPLE, SEEDS = 100, 20_000, (11, 12)
BY_LOT = "by lot"
HALF = 0.5


def people_of(world: World, seed: int) -> FloatArray:
    """Chances of every item for people drawn from the law, (N_PEOPLE, n_items)."""
    nature = world.nature
    drawn = draw_people(
        replace(nature.spec, n_users=N_PEOPLE, rows=None, seed=nature.spec.seed + 1_000 + seed)
    )
    taste, popularity, attributes, chance = nature.spec.shares
    groups = np.arange(N_PEOPLE) % (len(SEGMENTS) * N_BANDS)
    chances = taste * (drawn.taste @ nature.topic_shares) + attributes * nature.group_shares[groups]
    chances += popularity * nature.catalogue.popularity + chance / nature.spec.n_items
    return np.asarray(chances[:, world.kept_items])


def true_falls(people: FloatArray, history: IntArray, item: int) -> FloatArray:
    """By how much an item is expected less without each choice of the history, (h,).

    Args:
        people: chances of every item for each person that may be, (n, n_items).
    """
    chosen = people[:, history]  # (n, h)
    logs = np.log(chosen).sum(axis=1)
    fit = np.exp(logs - logs.max())
    without = fit[:, None] / chosen
    expected = fit @ people[:, item] / fit.sum()
    return np.asarray(expected - people[:, item] @ without / without.sum(axis=0))


def true_causes() -> dict[str, Any]:
    """By world, the shares of lists whose first reason is the true cause, by model; a choice by lot beside."""
    return {name: _of_world(name, dials) for name, dials in WORLDS.items()}


def _of_world(name: str, dials: dict[str, Any]) -> dict[str, Any]:
    wins: dict[str, dict[str, list[bool]]] = {}
    lengths: list[int] = []
    for seed in SEEDS:
        world = simulate(Kind.IMPLICIT, seed=seed, **dials)
        people, split = people_of(world, seed), make_split(world.dataset, SplitSpec(seed=seed))
        for model in MODELS:
            print(f"  {name}, world {seed}, {model}", flush=True)
            scorer = model_class(model)().fit(split, seed=seed).scorer
            serving = Serving(model, split.dataset, split, scorer)
            for who, strongest, half, length in _judged(serving, people, seed):
                one = wins.setdefault(who, {"strongest": [], "half": []})
                one["strongest"].append(strongest)
                one["half"].append(half)
                lengths.append(length)
    shares = {who: {how: share(each) for how, each in one.items()} for who, one in wins.items()}
    return {"lists": N_LISTS * len(SEEDS), "history": float(np.mean(lengths)), "shares": shares}


def _judged(serving: Serving, people: FloatArray, seed: int) -> Iterator[tuple[str, bool, bool, int]]:
    """Who named a choice, whether it is the true cause, whether it carries half as much, length of the history."""
    rng = np.random.default_rng(seed)
    users = rng.permutation(np.flatnonzero(serving.seen.getnnz(axis=1) >= 3))[:N_LISTS]
    for user in users:
        history = serving.history(int(user))
        item = int(user_list(serving, int(user), k=1)[ITEM_ROW].iloc[0])
        carriers = explain(serving, history, np.array([item]))[0].carriers
        falls = true_falls(people, history, item)
        truly = falls.max() > 0
        named = int(np.flatnonzero(history == carriers[0][0])[0]) if carriers else -1
        for who, place in ((serving.run_id, named), (BY_LOT, int(rng.integers(len(history))))):
            fall = falls[place] if place >= 0 and truly else -np.inf
            yield who, bool(fall == falls.max()), bool(fall >= HALF * falls.max()), len(history)
