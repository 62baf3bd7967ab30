"""Whether the leaderboard's verdicts and intervals can be trusted: seeds, planted gaps, how often an interval covers.

`python -m benchmarks.loop trust`. Seeds: one split, each model trained SEEDS times, every pair asked as the leaderboard
asks. Planted gaps and coverage: repeats over users drawn from runs that were measured once, so the truth is known.
"""

from __future__ import annotations

import os
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.cuts import Cut
from benchmarks.ledger import write_down
from benchmarks.tables import reached
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.intervals import percentile_interval, user_draws
from recsys_core.evaluation.rating import rating_figures
from recsys_core.evaluation.significance import TIE, Difference, paired_test, seed_error, with_seeds
from recsys_core.models.registry import model_class

SPLIT_SEED = 118
SEEDS, PAIRS = 7, 20
MODELS = ("mf", "history_encoder")
METRIC = "ndcg@10"
REPEATS_GAP, REPEATS_COVER, SAMPLE = 200, 500, 300
GAP = 3.0
LEAST_TIES, LEAST_FOUND, COVERED = 0.90, 0.80, (0.92, 0.98)
WORLD = {"n_users": 6_040, "n_items": 1_000, "mean_events": 60}


def _measured(model: str, split: Split, seed: int = 0) -> Evaluation:
    return evaluate(model_class(model)().fit(split, seed=seed).scorer, split)


def _values(found: Evaluation) -> np.ndarray:
    return found.per_user[METRIC].to_numpy(np.float64)


def ties(model: str, data: Dataset) -> dict[str, Any]:
    """How often two trainings that differ in the seed alone are called a tie: by users alone, and with the seeds."""
    cut = Cut("movielens-100k", "user-random:0.2", SPLIT_SEED)
    split = make_split(data, SplitSpec(seed=SPLIT_SEED))
    runs = []
    for seed in range(SEEDS):
        found = _measured(model, split, seed)
        write_down(model, cut, seed, METRIC, found.metrics[METRIC])
        runs.append(_values(found))
    means = [float(values.mean()) for values in runs]
    everything = seed_error(means)
    users, three, seven = [], [], []
    for one, other in list(combinations(range(SEEDS), 2))[:PAIRS]:
        plain = paired_test(runs[one], runs[other])
        third = next(place for place in range(SEEDS) if place not in (one, other))
        known = seed_error([means[place] for place in (one, other, third)])
        users.append(plain.verdict() == TIE)
        three.append(_tie(plain, len(runs[0]), known))
        seven.append(_tie(plain, len(runs[0]), everything))
    return {
        "means": means,
        "seeds_sd": everything[0],
        "pairs": len(users),
        "users_alone": float(np.mean(users)),
        "three_seeds": float(np.mean(three)),
        "all_seeds": float(np.mean(seven)),
    }


def _tie(plain: Difference, n: int, known: tuple[float, int]) -> bool:
    return with_seeds(plain, n, known, known).verdict() == TIE


def gaps(ours: np.ndarray, theirs: np.ndarray, floor: np.ndarray) -> dict[str, float]:
    """Shares of repeats that are called different: a gap of GAP paired standard errors, none, and EASE over popularity.

    Users are drawn with replacement; the real difference of two models is taken out of all and the gap put in.
    """
    rng = np.random.default_rng(1)
    n = len(ours)
    change = ours - theirs
    noise = change - change.mean()
    error = noise.std(ddof=1) / np.sqrt(n)
    found: dict[str, list[bool]] = {"planted": [], "none": [], "ease_over_popularity": []}
    for _repeat in range(REPEATS_GAP):
        some = rng.integers(0, n, n)
        base = theirs[some]
        found["planted"].append(_differs(base + noise[some] + GAP * error, base))
        found["none"].append(_differs(base + noise[some], base))
        found["ease_over_popularity"].append(_differs(ours[some], floor[some]))
    return {name: float(np.mean(values)) for name, values in found.items()}


def _differs(ours: np.ndarray, theirs: np.ndarray) -> bool:
    return paired_test(ours, theirs).verdict() != TIE


def coverage(found: Evaluation) -> dict[str, float]:
    """Share of samples of SAMPLE users whose 95 % interval holds the value of all users: every mean, and RMSE."""
    table, rng = found.per_user, np.random.default_rng(2)
    names = ["ndcg@10", "recall@10", "precision@10", "hr@10", "mrr@10", "map@10", "novelty@10"]
    held: dict[str, list[bool]] = {name: [] for name in [*names, "rmse"]}
    for repeat in range(REPEATS_COVER):
        some = table.iloc[rng.integers(0, len(table), SAMPLE)]
        draws = user_draws(SAMPLE, repeat)
        for name in names:
            low, high = percentile_interval(draws @ some[name].to_numpy() / SAMPLE)
            held[name].append(low <= found.metrics[name] <= high)
        sums = {"n": some["n"].to_numpy(np.float64), "squared": some["squared_error"].to_numpy()}
        sums |= {name: np.zeros(SAMPLE) for name in ("absolute", "tp", "fp", "fn", "tn")}
        low, high = percentile_interval(rating_figures(sums, draws)["rmse"])
        held["rmse"].append(low <= found.metrics["rmse"] <= high)
    return {name: float(np.mean(values)) for name, values in held.items()}


def trust() -> dict[str, Any]:
    """Everything that the page says about trust."""
    data = fetch_source("movielens-100k", actor="bench")
    split = make_split(data, SplitSpec(seed=SPLIT_SEED))
    ease, ials, floor = (_measured(model, split) for model in ("ease", "ials", "popularity"))
    cut = Cut("movielens-100k", "user-random:0.2", SPLIT_SEED)
    for model, found in (("ease", ease), ("ials", ials), ("popularity", floor)):
        write_down(model, cut, 0, METRIC, found.metrics[METRIC])
    world = simulate(Kind.RATING, seed=5, **WORLD)
    big = _measured("bias", make_split(world.dataset, SplitSpec()), 0)
    return {
        "load": os.getloadavg(),
        "gaps": gaps(_values(ease), _values(ials), _values(floor)),
        "coverage": coverage(big),
        "coverage_users": len(big.per_user),
        "ties": {model: ties(model, data) for model in MODELS},
    }


def as_lines(found: dict[str, Any]) -> list[str]:
    """Seeds, gaps, coverage, and whether each is as asked."""
    lines = [
        f"Two trainings that differ in the seed alone, MovieLens 100K, split seed {SPLIT_SEED}, {METRIC}, "
        f"{SEEDS} trainings each: share of pairs called a tie.",
        "",
        "| model | pairs | by users alone | with the spread of 3 seeds | of all seeds | sd over seeds | from | to |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for model, one in found["ties"].items():
        lines.append(
            f"| {model} | {one['pairs']} | {one['users_alone']:.0%} | {one['three_seeds']:.0%} | {one['all_seeds']:.0%} | "
            f"{one['seeds_sd']:.4f} | {min(one['means']):.4f} | {max(one['means']):.4f} |"
        )
    gap, covered = found["gaps"], found["coverage"]
    lines += [
        "",
        f"{REPEATS_COVER} samples of {SAMPLE} of {found['coverage_users']:,} simulated users (bias): share of 95 % intervals "
        "that hold the value of all users: "
        + ", ".join(f"{name} {share:.1%}" for name, share in covered.items())
        + ".",
        "",
    ]
    for model, one in found["ties"].items():
        met = one["three_seeds"] >= LEAST_TIES
        lines.append(
            f"- {model}: a tie in at least {LEAST_TIES:.0%} of {one['pairs']} pairs: {one['three_seeds']:.0%} with three "
            f"seeds: {reached(met)}."
        )
    inside = all(COVERED[0] <= share <= COVERED[1] for share in covered.values())
    return [
        *lines,
        f"- A planted gap of {GAP:g} paired standard errors is called different in at least {LEAST_FOUND:.0%} of "
        f"{REPEATS_GAP} repeats: {gap['planted']:.1%}: {reached(gap['planted'] >= LEAST_FOUND)}. With no gap: "
        f"{gap['none']:.1%}.",
        f"- EASE against popularity is always called different: {gap['ease_over_popularity']:.0%}: "
        f"{reached(gap['ease_over_popularity'] == 1.0)}.",
        f"- Intervals cover in {COVERED[0]:.0%} to {COVERED[1]:.0%}: {reached(inside)}.",
    ]
