"""What few answers are worth, by what is asked: `python -m benchmarks.elicitation`; cold users of MovieLens 100K.

Every user is cold in one of five rotations: `history_encoder` learns from the others. Half of a cold user's rows, by
lot, may answer (yes: the item is among them), the other half is judged: NDCG@10 after 1, 3, 5 and 10 questions, the
answering half left out of every list whether it was asked or not, so that a way of asking wins by what it learns and
not by what it clears away. The constants of `elicit` were chosen on the first rotation, which only shows them; the
differences to `popular` are over the users of the other four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter, process_time
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.contest import KEPT
from benchmarks.cuts import dataset
from benchmarks.lists import DATA
from benchmarks.pairs import said
from benchmarks.tables import reached
from recsys_core.columns import USER_ROW
from recsys_core.data.splits import VALID_SHARE, Split, SplitSpec
from recsys_core.evaluation.intervals import mean_interval, paired_interval
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.models.registry import model_class
from recsys_core.ranking.top_k import top_k
from recsys_core.scenarios.elicit import DEFAULT, POPULAR, STRATEGIES, liked, next_questions
from recsys_core.scenarios.lists import Serving
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.serving.load import load_scorer
from recsys_core.types import FloatArray, IntArray

MODEL, SEED, ROTATIONS, K = "history_encoder", 42, 5, 10
STEPS = (1, 3, 5, 10)
TARGET_MS = 50.0


@dataclass(frozen=True)
class Rotation:
    """One fifth of the users cold, and a model of the others."""

    number: int

    @cached_property
    def cold(self) -> IntArray:
        """Rows of the cold users."""
        rng = np.random.default_rng(SEED)
        return np.flatnonzero(rng.permutation(dataset(DATA).n_users) % ROTATIONS == self.number)

    @cached_property
    def serving(self) -> Serving:
        """The others' model; kept on disk, as teaching it takes most of the time."""
        split = cold_split(self.number)
        folder = KEPT / "elicitation" / f"{MODEL}.{self.number}"
        if not (folder / "serving.json").exists():
            print(f"  teaching rotation {self.number}", flush=True)
            model_class(MODEL)().fit(split, seed=SEED).scorer.save(folder)
        scorer: Scorer = load_scorer(folder)
        return Serving(folder.name, split.dataset, split, scorer)

    @cached_property
    def halves(self) -> tuple[csr_matrix, csr_matrix]:
        """What may answer and what is judged, (n_cold, n_items) each, drawn by lot."""
        split, rng = self.serving.split, np.random.default_rng([SEED, self.number])
        rows = split.matrix(split.test)[self.cold]
        own = [rng.permutation(rows[[place]].indices) for place in range(len(self.cold))]
        parts = [one[: len(one) // 2] for one in own], [one[len(one) // 2 :] for one in own]
        return tuple(histories_to_csr(part, rows.shape[1]) for part in parts)  # type: ignore[return-value]

    def judged(self, histories: Sequence[IntArray]) -> FloatArray:
        """NDCG@10 of each cold user known by such a history, on the half that is judged."""
        answering, wanted = self.halves
        lists = top_k(self.serving.scorer.fold_in(histories), K, seen=answering, seed=SEED)
        return ndcg(hits_of(lists.items, wanted), K)


def cold_split(number: int) -> Split:
    """Test: all rows of the cold users; a tenth of the others' is for validation."""
    data, rng = dataset(DATA), np.random.default_rng(SEED)
    users = data.interactions[USER_ROW].to_numpy()
    cold = (rng.permutation(data.n_users) % ROTATIONS)[users] == number
    known = np.flatnonzero(~cold)
    watched = rng.random(len(known)) < VALID_SHARE
    return Split(data, SplitSpec(seed=SEED), known[~watched], known[watched], np.flatnonzero(cold))


def interview(
    rotation: Rotation, strategy: str
) -> tuple[dict[int, FloatArray], list[list[float]], FloatArray]:
    """NDCG@10 a cold user after so many questions, milliseconds of each decision, yes answers after STEPS[-1].

    Milliseconds by the clock and of the processor, as the machine may have other work.
    """
    answering = [set(row.indices.tolist()) for row in rotation.halves[0]]
    answers: list[dict[int, bool | None]] = [{} for _user in answering]
    decided: dict[tuple[tuple[int, bool | None], ...], int] = {}
    taken: list[list[float]] = []
    found = {0: rotation.judged([np.zeros(0, dtype=np.int64)] * len(answers))}
    for number in range(1, STEPS[-1] + 1):
        for given, own in zip(answers, answering, strict=True):
            key = tuple(given.items())
            if key not in decided:
                start, busy = perf_counter(), process_time()
                decided[key] = int(next_questions(rotation.serving, given, strategy=strategy)[0])
                taken.append([1000 * (perf_counter() - start), 1000 * (process_time() - busy)])
            item = decided[key]
            given[item] = True if item in own else None
        if number in STEPS:
            found[number] = rotation.judged([liked(given) for given in answers])
    return found, taken, np.array([len(liked(given)) for given in answers])


def elicitation(rotations: Sequence[int] = range(ROTATIONS)) -> dict[str, Any]:
    """Every strategy on every rotation; the first rotation is apart."""
    found: dict[str, Any] = {"users": 0, "strategies": {}}
    results: dict[str, list[tuple[dict[int, FloatArray], list[list[float]], FloatArray]]] = {}
    for number in rotations:
        rotation = Rotation(number)
        for strategy in STRATEGIES:
            results.setdefault(strategy, []).append(interview(rotation, strategy))
            print(f"  rotation {number}, {strategy}", flush=True)
    for strategy, all_parts in results.items():
        shown, parts = all_parts[0], all_parts[1:] or all_parts
        floor = results[POPULAR][1:] or results[POPULAR]
        one: dict[str, Any] = {"development": {str(n): float(shown[0][n].mean()) for n in (0, *STEPS)}}
        one["yes"] = float(np.concatenate([part[2] for part in parts]).mean())
        milliseconds = np.quantile(np.concatenate([part[1] for part in parts]), 0.95, axis=0)
        one["p95_ms"], one["p95_busy_ms"] = (float(each) for each in milliseconds)
        for n in (0, *STEPS):
            values, base = (np.concatenate([part[0][n] for part in who]) for who in (parts, floor))
            found["users"] = len(values)
            mean, gap = mean_interval(values), paired_interval(values, base)
            one[str(n)] = {
                "ndcg": [mean.mean, mean.low, mean.high],
                "gap": [gap.mean, gap.low, gap.high],
            }
        found["strategies"][strategy] = one
    return found


def as_lines(found: dict[str, Any]) -> list[str]:
    """One line a strategy, the default's differences to `popular`, and how long a decision takes."""
    nothing = next(iter(found["strategies"].values()))["0"]["ndcg"][0]
    lines = [
        f"{found['users']} cold users of four rotations, {MODEL}; NDCG@10 {nothing:.4f} before the first question.",
        "",
        f"| asked by | {' | '.join(f'after {n}' for n in STEPS)} | yes answers of {STEPS[-1]} | p95 ms (of the processor) |",
        "|" + "---|" * (len(STEPS) + 3),
    ]
    for name, one in found["strategies"].items():
        cells = [f"{one[str(n)]['ndcg'][0]:.4f} ({one[str(n)]['gap'][0]:+.4f})" for n in STEPS]
        lines.append(
            f"| {name} | {' | '.join(cells)} | {one['yes']:.2f} | {one['p95_ms']:.0f} ({one['p95_busy_ms']:.0f}) |"
        )
    best = found["strategies"][DEFAULT]
    lines += [
        "",
        f"`{DEFAULT}` (the default) minus `{POPULAR}`, paired over users, bootstrap 95 % interval:",
        "",
    ]
    lines += [f"- after {n}: {said(best[str(n)]['gap'])}." for n in STEPS]
    ahead = best[str(STEPS[-1])]["gap"][1] > 0
    lines.append(f"- Better than asking for popular items after {STEPS[-1]}: {reached(ahead)}.")
    fast = best["p95_ms"] < TARGET_MS
    lines.append(f"- A decision under {TARGET_MS:g} ms at p95: {reached(fast)}.")
    return lines


if __name__ == "__main__":
    print("\n".join(as_lines(elicitation())))
