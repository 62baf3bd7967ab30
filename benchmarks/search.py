"""Grid, random and Bayesian search at equal budget: `python -m benchmarks.loop search`.

MovieLens 100K, one split on which nothing else was ever chosen; each method with several seeds, the models' own ranges, the
defaults nobody touched. Studies live in `.bench/search`, a workspace of their own, and go on where they were cut off; each
best trial is measured once on test, and every such look is written down.
"""

from __future__ import annotations

import math
import os
from typing import Any

import numpy as np

from benchmarks.contest import ROOT
from benchmarks.cuts import Cut
from benchmarks.ledger import write_down
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import list_datasets, open_dataset
from recsys_core.job_folder import ACTIVE, DONE, QUEUED
from recsys_core.runs import Run, create_run
from recsys_core.training import search_final
from recsys_core.training.search import search as work_on
from recsys_core.training.search_metrics import lower_is_better
from recsys_core.training.search_shrinkage import luck_of_choosing
from recsys_core.training.search_space import parse_range
from recsys_core.training.studies import Study, configure_study, create_study, list_studies
from recsys_core.training.study_config import METHODS
from recsys_core.training.worker import work

FOLDER = ROOT / ".bench" / "search"
SPLIT_SEED, N_TRIALS = 119, 24
AFTER = (6, 12, 24)
CONTESTS: dict[str, dict[str, Any]] = {
    "item_knn": {
        "metric": "ndcg@10",
        "seeds": 5,
        "ranges": ("neighbours=20..800:log", "shrinkage=0.5..100:log", "asymmetry=0..1"),
        "fixed": {},
    },
    "embedding_mlp": {"metric": "rmse", "seeds": 3, "ranges": (), "fixed": {"epochs": 6}},
}
"""Something quick with three dials, and a small network with the four that it proposes."""


def search() -> dict[str, Any]:
    """Every contest, by model and method."""
    before = os.environ.get("RECSYS_WORKSPACE", "")
    os.environ |= {"RECSYS_WORKSPACE": str(FOLDER), "RECSYS_DISPATCHER": "0"}
    try:
        data = _data()
        return {model: _contest(data, model) for model in CONTESTS}
    finally:
        os.environ["RECSYS_WORKSPACE"] = before


def _data() -> Dataset:
    name = "movielens-100k"
    kept = {one.name for one in list_datasets()}
    return open_dataset(name) if name in kept else fetch_source(name, actor="benchmark")


def _contest(data: Dataset, model: str) -> dict[str, Any]:
    told: dict[str, Any] = {"metric": CONTESTS[model]["metric"], "methods": {}}
    for method in METHODS:
        found = [_measured(data, model, method, seed) for seed in range(CONTESTS[model]["seeds"])]
        told["methods"][method] = found
        print(f"{model} {method}: {[round(one['test'], 4) for one in found]}", flush=True)
    return told


def _measured(data: Dataset, model: str, method: str, seed: int) -> dict[str, Any]:
    """One study from its first trial to test."""
    study = _complete(data, model, method, seed)
    runs = [_run(study, number) for number in (search_final.best_number(study), search_final.DEFAULT)]
    found, trials = search_final.shrinkage(study), study.trials()
    assert found is not None
    tried = trials[trials["counts"]].sort_values("number")
    values = tried["value"].to_numpy(np.float64)
    best = np.minimum if lower_is_better(study.config.metric) else np.maximum
    bests = best.accumulate(np.where(np.isnan(values), math.inf if best is np.minimum else -math.inf, values))
    return {
        "seed": seed,
        "best_after": {n: float(bests[min(n, len(bests)) - 1]) for n in AFTER},
        "tried": len(tried),
        "pruned": int((trials["state"] == "pruned").sum()),
        "seconds": float(trials["seconds"].sum()),
        "test": found.test,
        "default_valid": found.default_valid,
        "default_test": found.default_test,
        "gain_valid": found.gain_valid,
        "gain_test": found.gain_test,
        "luck": luck_of_choosing(study),
        "runs": [run.id for run in runs],
    }


def _complete(data: Dataset, model: str, method: str, seed: int) -> Study:
    """The study, made or gone on with until its budget is used up."""
    contest, name = CONTESTS[model], f"{model}-{method}-{seed}"
    found = next((study for study in list_studies() if study.config.name == name), None)
    study = found or create_study(
        configure_study(
            data,
            model,
            method=method,
            actor="benchmark",
            n_trials=N_TRIALS,
            metric=contest["metric"],
            split=SplitSpec(seed=SPLIT_SEED),
            fixed=contest["fixed"],
            ranges=[parse_range(text, model) for text in contest["ranges"]],
            seed=seed,
            name=name,
        )
    )
    if study.state != DONE:
        study.set_state(QUEUED)
        work_on(study)
    assert study.state == DONE, study.status
    return study


def _run(study: Study, number: int) -> Run:
    config = search_final.run_config(study, number, actor="benchmark")
    run = search_final.made_before(config)
    if run is None or run.state in ACTIVE:
        run = create_run(config)
        work(run)
        cut = Cut("movielens-100k", "user-random:0.2", SPLIT_SEED)
        metric = study.config.metric
        write_down(
            f"search {study.config.name}, trial {number}",
            cut,
            config.seed,
            metric,
            run.measured()["metrics"][metric],
        )
    search_final.note_look(study, run, number, actor="benchmark")
    return run


def as_lines(figures: dict[str, Any]) -> list[str]:
    """The tables, one a model."""
    lines = [
        f"{N_TRIALS} trials at most (a grid has the largest number of points that fits), means over the seeds ± their standard "
        "deviation. Gain: over the default settings, in per cent of their value, on validation rows and on test. Luck: how much "
        "of the best value validation itself calls flattery.",
    ]
    for model, contest in figures.items():
        lines += ["", f"**{model}, {contest['metric']}**", "", *_table(contest)]
    return lines


def _table(contest: dict[str, Any]) -> list[str]:
    head = [
        "method",
        *(f"best after {n}" for n in AFTER),
        "on test",
        "gain, validation",
        "gain, test",
        "luck",
        "pruned",
    ]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for method, found in contest["methods"].items():
        after = [_spread([one["best_after"][n] for one in _whole(found)]) for n in AFTER]
        gains = [
            f"{100 * np.mean([one[key] for one in found]):+.1f} %" for key in ("gain_valid", "gain_test")
        ]
        luck, pruned = (np.mean([one[key] for one in found]) for key in ("luck", "pruned"))
        row = [
            method,
            *after,
            _spread([one["test"] for one in found]),
            *gains,
            f"{luck:.4f}",
            f"{pruned:.1f}",
        ]
        lines.append(f"| {' | '.join(row)} |")
    first = next(iter(contest["methods"].values()))
    default = [_spread([one[key] for one in first]) for key in ("default_valid", "default_test")]
    row = ["default settings", *[""] * (len(AFTER) - 1), default[0], default[1], *[""] * 4]
    return [*lines, f"| {' | '.join(row)} |"]


def _whole(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with whole numbers as keys, also after a way through JSON."""
    return [{**one, "best_after": {int(n): value for n, value in one["best_after"].items()}} for one in found]


def _spread(values: list[float]) -> str:
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"{np.mean(values):.4f} ± {deviation:.4f}"
