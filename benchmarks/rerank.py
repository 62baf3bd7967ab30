"""Re-ranking: how long it takes, what a setting chosen on validation costs and brings on test, and a shop's frontier.

`python -m benchmarks.loop rerank`. The mix's shares and the rule that picks a setting were chosen on the splits 142 and
143; the final splits were used for nothing else.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from benchmarks.cuts import Cut
from benchmarks.ledger import write_down
from benchmarks.rerank_lines import COVERAGE, DISTANCE, FAR_PLACES, LENGTH, LOSS, N_USERS, POOL, as_lines
from benchmarks.shop import shop, shop_file
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.models import registry
from recsys_core.models.blend import refitted_on_train, without_validation
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import model_class
from recsys_core.ranking.rerank import METHODS, Catalogue, Setting, prices_of, ready
from recsys_core.ranking.top_k import TopK
from recsys_core.runs import Run, create_run, open_run
from recsys_core.scenarios.frontier import Frontier, best_within, changes, frontier, knees_of
from recsys_core.scenarios.frontier_store import kept_frontier, made_frontier
from recsys_core.scenarios.judging import Judge
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.rehearsal import open_rehearsal
from recsys_core.training.jobs import configure
from recsys_core.training.worker import work

N_ITEMS, N_KINDS, SIZE = 3_706, 18, 32
FINAL_SEEDS = (115, 116, 117)
MODELS = ("autoencoder", "ease")
"""The best single model of the table of lists, and the linear one."""
STRENGTHS = tuple(round(0.02 * step, 2) for step in range(36))
MARGIN = 1.15
"""On validation, which holds eight rows a person, the gains must be so much larger than what is asked of test."""
LEAST = {"together": 0.0, "miscalibration": 0.0, "coverage": MARGIN * COVERAGE}


def bulk() -> dict[str, Any]:
    """Seconds for everybody's lists of 20 out of 200, by method; MovieLens 1M in shape, everything drawn by lot."""
    rng = np.random.default_rng(0)
    items = np.stack([rng.choice(N_ITEMS, POOL, replace=False) for _user in range(N_USERS)])
    pool = TopK(items, -np.sort(-rng.normal(size=items.shape), axis=1))
    kinds = (rng.random((N_ITEMS, N_KINDS)) < 2 / N_KINDS).astype(np.float64)
    vectors = [_unit(kinds), _unit(rng.normal(size=(N_ITEMS, SIZE)))]
    shares = kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1.0)
    popularity, taste = (
        rng.integers(0, N_USERS, N_ITEMS).astype(float),
        rng.dirichlet(np.ones(N_KINDS), N_USERS),
    )
    started = time.perf_counter()
    prices = prices_of(pool, LENGTH, N_ITEMS)
    found = {"prices": time.perf_counter() - started}
    for width, first in ((N_KINDS, vectors[0]), (SIZE, vectors[1])):
        catalogue = Catalogue(first, vectors[1], shares, popularity)
        for method in METHODS if width == N_KINDS else ("mmr", "dpp"):
            started = time.perf_counter()
            ready(Setting(method, 0.3), catalogue, prices).lists(pool, taste, LENGTH)
            found[f"{method}, {width} wide"] = time.perf_counter() - started
    return found


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def _finished(data: Dataset, model: str) -> Run:
    run = create_run(configure(data, model, actor="benchmark"))
    if work(run) != "done":
        raise RuntimeError(str(run.status))
    return run


def dial(run: Run) -> dict[str, list[float]]:
    """Milliseconds at p50 and p95 of one list after the dial was moved, by method, the first move included."""
    found = {}
    for method in METHODS:
        serving, rng, taken = Serving.open(run), np.random.default_rng(0), []
        user_list(serving, 0, k=10)  # the page shows the list as ranked before anybody moves the dial
        for user in rng.choice(serving.data.n_users, 60).tolist():
            setting = Setting(method, round(float(rng.uniform(0.05, 1.0)), 2))
            started = time.perf_counter()
            user_list(serving, user, k=10, rerank=setting)
            taken.append(1000 * (time.perf_counter() - started))
        found[method] = [*np.percentile(taken, [50, 95]).tolist(), taken[0]]
    return found


def drawing(run: Run) -> dict[str, float]:
    """Seconds of the first frontier, the model learned once more included, and milliseconds of a kept one."""
    started = time.perf_counter()
    found = made_frontier(run)
    first = time.perf_counter() - started
    serving = open_rehearsal(open_run(run.id))
    assert serving is not None
    _ = serving.studio.usual
    started = time.perf_counter()
    kept = kept_frontier(run, serving)
    assert kept is not None
    return {"first_s": first, "kept_ms": 1000 * (time.perf_counter() - started), "points": len(found.points)}


def chosen(found: Frontier) -> Any:
    """The point that is asked for: the cheapest with enough more distance and coverage, nothing else worse."""
    points = found.points
    enough = points[points["distance_change"] >= MARGIN * DISTANCE]
    usable = Frontier(found.k, found.distance, found.n_users, enough)
    return best_within(usable, 100.0, least=LEAST, cheapest=True)


def far(found: Frontier) -> Any:
    """The cheapest point at which the median list changes in enough places."""
    points = found.points[found.points["changed"] >= FAR_PLACES]
    usable = Frontier(found.k, found.distance, found.n_users, points)
    return best_within(usable, 100.0, cheapest=True)


def quality(data: Dataset) -> list[dict[str, Any]]:
    """On each final split, each model: the setting that validation chose, and what test says of it, once."""
    rows = []
    for seed in FINAL_SEEDS:
        split = make_split(data, SplitSpec(seed=seed))
        inner = without_validation(split)
        for name in MODELS:
            model = model_class(name)().fit(split, seed=0)
            before = refitted_on_train(model, split, Session(0))
            found = frontier(Serving("valid", data, inner, before), strengths=STRENGTHS)
            test = Judge(Serving("test", data, split, model.scorer), 10, found.distance)
            plain = test.judged()
            for goal, point in (("gains", chosen(found)), ("far", far(found))):
                if point is None:
                    rows.append({"seed": seed, "model": name, "goal": goal, "setting": None})
                    continue
                setting = Setting(str(point["method"]), float(point["strength"]), found.distance)
                row = _measured(test, plain, setting)
                rows.append({"seed": seed, "model": name, "goal": goal, **row})
                cut = Cut("movielens-100k", "user-random:0.2", seed)
                write_down(f"{name} {setting.method} {setting.strength}", cut, 0, "ndcg@10", row["ndcg"])
                print(rows[-1], flush=True)
    return rows


def _measured(test: Judge, plain: Any, setting: Setting) -> dict[str, Any]:
    found = changes(test.judged(setting), plain)
    kept = ("ndcg", "ndcg_change", "ndcg_change_low", "ndcg_change_high", "changed")
    gains = [
        f"{name}_change" for name in ("distance", "coverage", "together", "miscalibration", "novelty", "gini")
    ]
    return {
        "setting": [setting.method, setting.strength],
        **{name: found[name] for name in (*kept, *gains)},
        "as_ranked": plain.measured["ndcg"],
    }


def retail() -> dict[str, Any]:
    """The same studio on a shop's invoices, untouched: distances, the cheapest points, and the time it takes."""
    if shop_file() is None:
        return {"absent": "online-retail.parquet is not on this machine: not measured"}
    run = _finished(shop(), registry.DEFAULT_MODEL)
    started = time.perf_counter()
    found = made_frontier(run)
    seconds = time.perf_counter() - started
    serving = open_rehearsal(open_run(run.id))
    assert serving is not None
    point = best_within(found, LOSS)
    wide = best_within(found, LOSS, against="coverage")
    return {
        "seconds": seconds,
        "users": found.n_users,
        "items": serving.data.n_items,
        "distances": serving.studio.distances,
        "attribute": serving.studio.usual[1],
        "knees": knees_of(found, "distance"),
        "best": {
            name: None if one is None else _told(one)
            for name, one in (("distance", point), ("coverage", wide))
        },
    }


def _told(point: Any) -> dict[str, Any]:
    names = (
        "ndcg_change",
        "ndcg_change_low",
        "ndcg_change_high",
        "distance_change",
        "coverage_change",
        "changed",
    )
    return {
        "method": str(point["method"]),
        "strength": float(point["strength"]),
        **{n: float(point[n]) for n in names},
    }


def rerank() -> dict[str, Any]:
    """All figures; the load of the machine beside them."""
    load = [os.getloadavg()[0]]
    data = fetch_source("movielens-100k", actor="benchmark")
    found: dict[str, Any] = {"bulk": bulk()}
    runs = {name: _finished(data, name) for name in ("ease", registry.DEFAULT_MODEL)}
    found["dial"] = {name: dial(run) for name, run in runs.items()}
    found["drawing"] = {name: drawing(run) for name, run in runs.items()}
    load.append(os.getloadavg()[0])
    found["quality"] = quality(data)
    found["retail"] = retail()
    found["load"] = [*load, os.getloadavg()[0]]
    return found


__all__ = ["as_lines", "rerank"]
