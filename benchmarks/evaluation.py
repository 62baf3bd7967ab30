"""How long it takes to judge a model, beside two other libraries on the same scores: `python -m benchmarks.loop evaluation`.

MovieLens 1M in size, drawn by the simulator; one table of scores for all. Each evaluator runs in a process of its own,
two threads, after everything ran once on 200 users (the peers' code is compiled then); ours, ranx, RecTools, ours, ...
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contest import ROOT, run_apart
from benchmarks.peers.clock import forget_peak, peak_mb, timed
from benchmarks.peers.evaluators import KS, SHORT, THREADS, WARM_USERS
from benchmarks.tables import reached
from recsys_core.columns import Kind
from recsys_core.data.simulator import WorldSpec, simulate_spec
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.ranking.top_k import rank_users
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.types import FloatArray, IntArray

PEERS_PYTHON = ROOT / ".venv-peers" / "evaluators" / "bin" / "python"
SPEC = WorldSpec(Kind.RATING, n_users=6_040, n_items=3_706, mean_events=165, seed=1)
REPEATS, SECONDS, DIGITS = 3, 10.0, 1e-6
OURS, SAME = "ours, everything", "ours, the peers' metrics only"
PEERS = {"ranx": "ranx", "rectools": "RecTools"}
STEPS = {
    "rank_s": "lists",
    "prepare_s": "into its form",
    "metrics_s": "metrics, six k",
    "each_k_s": "metrics, each k to 100",
    "beyond_s": "beyond accuracy",
}
THREAD_NAMES = ("OMP", "OPENBLAS", "MKL", "NUMBA")


class Given(Scorer):
    """Answers from a table that was made before: the time is the evaluation's alone."""

    form = "given"
    can = Capabilities(ratings=True)

    def __init__(self, scores: FloatArray, span: tuple[float, float]) -> None:
        """Scores of every pair, shape (n_users, n_items); the range of the values."""
        self.scores, self.span = scores, span
        self.n_users, self.n_items = scores.shape

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Rows of the table."""
        return np.asarray(self.scores[users])

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Cells of the table, brought to the scale of the values."""
        low, high = self.span
        return np.clip((low + high) / 2 + self.scores[users, items].astype(np.float64) / 2, low, high)

    def write(self, folder: Path) -> dict[str, Any]:
        """The table, as evaluators of other libraries read it."""
        np.save(folder / "scores.npy", self.scores)
        return {"span": list(self.span)}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Given:
        """The table that `write` wrote, in memory."""
        low, high = manifest["span"]
        return cls(np.load(folder / "scores.npy"), (low, high))


def task(spec: WorldSpec = SPEC) -> Split:
    """The world, a fifth of each user's rows held out at random."""
    return make_split(simulate_spec(spec).dataset, SplitSpec(seed=42))


def scores_of(split: Split, seed: int = 0) -> FloatArray:
    """Popularity and a taste drawn by lot, float32; no two of a row are equal, so that there is one right order."""
    data, rng = split.dataset, np.random.default_rng(seed)
    seen = np.asarray(split.matrix(split.fit_rows).sum(axis=0)).ravel()
    taste = rng.normal(size=(data.n_users, 32)) @ rng.normal(size=(32, data.n_items)) / np.sqrt(32)
    scores = np.log1p(seen) - np.log1p(seen).mean() + 0.7 * taste
    order = np.argsort(scores, axis=1)
    apart = np.take_along_axis(scores, order, axis=1) + 2e-6 * np.arange(data.n_items)
    np.put_along_axis(scores, order, apart, axis=1)
    return scores.astype(np.float32)


def write_task(split: Split, folder: Path) -> None:
    """What an evaluator of another library is given."""
    parts = {}
    for name, rows in (("train", split.fit_rows), ("test", split.test)):
        users, items, _values = split.triples(rows)
        parts |= {f"{name}_users": users.astype(np.int64), f"{name}_items": items.astype(np.int64)}
    np.savez(folder / "pairs.npz", **parts)
    Given(scores_of(split), split.dataset.value_range).write(folder)


def whole(scorer: Scorer, split: Split) -> dict[str, Any]:
    """Everything that a judged model gets, its seconds to the lists and from there on."""
    marks: list[float] = []
    started = time.perf_counter()
    found = evaluate(scorer, split, report=lambda _share: marks.append(time.perf_counter()))
    done = time.perf_counter()
    curves = found.by_k.set_index(["metric", "k"])["value"]
    figures = {
        f"{name}@{k}": float(curves[name, k]) for name in RANKING_METRICS for k in KS if (name, k) in curves
    }
    figures |= {name: value for name, value in found.metrics.items() if name.endswith(f"@{SHORT}")}
    return {"rank_s": marks[-1] - started, "metrics_s": done - marks[-1], "figures": figures}


def same_as_peers(scorer: Scorer, split: Split) -> dict[str, float]:
    """Seconds of what the peers do: lists of 100, the ranking metrics at six lengths, no intervals."""
    data = split.dataset

    def lists() -> Any:
        seen = split.matrix(split.known_rows)
        return rank_users(
            scorer.score_catalogue, np.arange(data.n_users), KS[-1], seen=seen, seed=split.spec.seed
        )

    def metrics() -> dict[str, float]:
        relevant = split.matrix(split.test)
        judged = np.flatnonzero(np.diff(relevant.indptr))
        hits = hits_of(ranked.items[judged], relevant[judged])
        return {
            f"{n}@{k}": float(metric(hits, k).mean()) for n, metric in RANKING_METRICS.items() for k in KS
        }

    ranked, rank_s = timed(lists)
    return {"rank_s": rank_s, "metrics_s": timed(metrics)[1]}


def one(folder: Path) -> dict[str, Any]:
    """Ours, measured in this process: a few users of a small world first, then the task."""
    small = task(replace(SPEC, n_users=WARM_USERS, n_items=400, mean_events=40))
    whole(Given(scores_of(small), small.dataset.value_range), small)
    split = task()
    scorer = Given.read(folder, {"span": split.dataset.value_range})
    forget_peak()
    found = whole(scorer, split)
    found["peak_mb"] = peak_mb()
    return {OURS: found, SAME: same_as_peers(scorer, split)}


def evaluation() -> dict[str, Any]:
    """Everyone by turns, three times; all seconds, the figures of the last turn, the load of the machine."""
    os.environ |= {f"{name}_NUM_THREADS": str(THREADS) for name in THREAD_NAMES}
    split = task()
    load, turns, skipped = [os.getloadavg()[0]], [], {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_task(split, folder)
        for _repeat in range(REPEATS):
            turn = run_apart([sys.executable, "-m", "benchmarks.evaluation", folder])
            for peer, label in PEERS.items():
                try:
                    turn[label] = run_apart([PEERS_PYTHON, "-m", "benchmarks.peers.evaluators", peer, folder])
                except (FileNotFoundError, subprocess.SubprocessError) as problem:
                    said = str(getattr(problem, "stderr", "") or problem).strip()
                    skipped[label] = said.splitlines()[-1][:200]
            turns.append(turn)
            print({label: round(total(cell), 2) for label, cell in turn.items()}, flush=True)
    data = split.dataset
    return {
        "shape": [data.n_users, data.n_items, len(data.interactions), len(split.test)],
        "timed": {
            label: [_seconds(turn[label]) for turn in turns if label in turn] for label in _labels(turns)
        },
        "figures": {label: turns[-1][label]["figures"] for label in _labels(turns) if label != SAME},
        "versions": _versions(turns[-1]),
        "skipped": skipped,
        "load": [*load, os.getloadavg()[0]],
    }


def _versions(turn: dict[str, Any]) -> dict[str, str]:
    """Of the peers' environment: one for all of them."""
    return next((turn[label]["versions"] for label in PEERS.values() if label in turn), {})


def _labels(turns: Sequence[dict[str, Any]]) -> list[str]:
    return [label for label in (OURS, SAME, *PEERS.values()) if label in turns[-1]]


def _seconds(cell: dict[str, Any]) -> dict[str, float]:
    return {name: value for name, value in cell.items() if name in (*STEPS, "peak_mb")}


def total(cell: dict[str, float]) -> float:
    """Seconds from scores to ranking metrics at six k: the least that an evaluator is for."""
    return sum(cell.get(name, 0.0) for name in ("rank_s", "prepare_s", "metrics_s"))


def in_full(cell: dict[str, float]) -> float:
    """Seconds from scores to ranking metrics at each k to 100; ours come with everything else."""
    each_k = cell.get("each_k_s", cell["metrics_s"])
    return cell["rank_s"] + cell.get("prepare_s", 0.0) + each_k


def apart(ours: dict[str, float], theirs: dict[str, float]) -> tuple[str, float, int]:
    """The figure of both that differs most, by how much, and how many both have."""
    both = [name for name in theirs if name in ours]
    gaps = [abs(ours[name] - theirs[name]) for name in both]
    worst = int(np.argmax(gaps))
    return both[worst], gaps[worst], len(both)


def as_lines(found: dict[str, Any]) -> list[str]:
    """Seconds by step, how far figures lie apart, and the ratios to the fastest peer."""
    n_users, n_items, rows, n_test = found["shape"]
    head = ["evaluator", *STEPS.values(), "six k in all", "slowest turn", "k to 100 in all", "peak MB"]
    lines = [
        f"{n_users:,} users x {n_items:,} items, {rows:,} interactions, {n_test:,} of them in test; {THREADS} threads; "
        f"medians of {REPEATS} turns; load of the machine {', '.join(f'{one:.1f}' for one in found['load'])}.",
        "",
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
    ]
    for label, turns in found["timed"].items():
        steps = [_middle(turns, name) for name in STEPS]
        whole = [f"{_median(turns, total):.2f}", f"{max(map(total, turns)):.2f}"]
        full = "–" if label == SAME else f"{_median(turns, in_full):.2f}"
        lines.append(f"| {' | '.join([label, *steps, *whole, full, _middle(turns, 'peak_mb', 0)])} |")
    return [*lines, "", *_explained(found), *_verdicts(found)]


def _median(turns: Sequence[dict[str, float]], seconds: Callable[[dict[str, float]], float]) -> float:
    return float(np.median([seconds(turn) for turn in turns]))


def _middle(turns: Sequence[dict[str, float]], name: str, digits: int = 2) -> str:
    values = [turn[name] for turn in turns if name in turn]
    return f"{np.median(values):,.{digits}f}" if values else "–"


def _explained(found: dict[str, Any]) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return [
        "Ours, everything: lists of 200; every ranking metric at each k from 1 to 100 and the liked ones, novelty, "
        "popularity, diversity, coverage, Gini, personalisation, rating errors and AUC, and intervals of all by 500 "
        "draws of users. Peers: lists of 100 by `argpartition`; NDCG, recall, precision, F1, hit rate, MRR and MAP "
        f"at k = {', '.join(map(str, KS))}, and then at each k from 1 to 100, which ours gives too; no intervals. What "
        "RecTools has beyond accuracy is timed apart and part of no sum. Nothing is compiled while a clock runs.",
        "",
        f"Peers' versions: {versions}." if versions else "",
        "",
        "Both peers divide average precision by all relevant items, we by the most that k places can hold: each user's "
        "value was scaled by that before the means were compared. RecTools' NDCG is asked for with `divide_by_achievable`.",
        "",
    ]


def _verdicts(found: dict[str, Any]) -> list[str]:
    ours = found["figures"][OURS]
    lines = [f"- Not measured: {label} ({why})." for label, why in found["skipped"].items()]
    for label in (one for one in PEERS.values() if one in found["figures"]):
        name, gap, n = apart(ours, found["figures"][label])
        said = f"furthest apart {name}, by {gap:.1e} (at most {DIGITS:g}): {reached(gap <= DIGITS)}"
        lines.append(f"- {n} figures of {label} and ours: {said}.")
    seconds = max(map(total, found["timed"][OURS]))
    lines.append(
        f"- Everything in under {SECONDS:g} s, the slowest turn: {seconds:.2f} s: {reached(seconds < SECONDS)}."
    )
    races = (
        (OURS, in_full, "the fastest peer's ranking metrics at each k to 100"),
        (SAME, total, "the fastest peer's ranking metrics at six k"),
        (OURS, total, "the fastest peer's ranking metrics at six k"),
    )
    for who, measure, against in races:
        peers = [_median(found["timed"][one], measure) for one in PEERS.values() if one in found["timed"]]
        ratio = min(peers) / _median(found["timed"][who], measure) if peers else None
        said = "nothing to compare with" if ratio is None else f"{ratio:.2f} times as fast"
        met = reached(None if ratio is None else ratio > 1)
        lines.append(f"- {who[0].upper()}{who[1:]}, beside {against}: {said}: {met}.")
    return lines


if __name__ == "__main__":
    print(json.dumps(one(Path(sys.argv[1]))))
