"""Another library's evaluator on given scores, in an environment of its own: `... -m benchmarks.peers.evaluators PEER FOLDER`.

Reads what `benchmarks.evaluation` wrote into the folder: `scores.npy` (users x items) and `pairs.npz`. Prints one line
of JSON: seconds to rank, to bring lists and test rows into the library's form, to compute its ranking metrics at six
lengths and at each up to 100, and to compute what it has beyond accuracy; every figure; peak megabytes. Everything has
run once on fewer users before a clock starts, so that nothing is compiled while it runs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from benchmarks.peers.clock import forget_peak, peak_mb, timed
from benchmarks.peers.rows import best_of

KS = (1, 5, 10, 20, 50, 100)
SHORT = 10
"""Figures beyond accuracy are asked for at this k only, as of ours."""
THREADS = 2
CELLS_A_BLOCK = 1_000_000
WARM_USERS = 200
EACH_K = tuple(range(1, KS[-1] + 1))
PACKAGES = ("ranx", "rectools", "numba", "numpy", "pandas", "scipy")


@dataclass(frozen=True)
class Task:
    """Scores of some users, what they are known to have, and what is hidden.

    Attributes:
        scores: shape (n, n_items), float32; seen, hidden: sparse, 1 where a pair is, shape (n, n_items).
        events: user and item of all training pairs, whoever is judged, each shape (m,).
    """

    scores: np.ndarray
    seen: csr_matrix
    hidden: csr_matrix
    events: tuple[np.ndarray, np.ndarray]

    @classmethod
    def read(cls, folder: Path) -> Task:
        """The users who have something hidden; others are in nobody's means."""
        scores = np.load(folder / "scores.npy")
        with np.load(folder / "pairs.npz", allow_pickle=False) as kept:
            parts = {name: kept[name] for name in kept.files}
        seen, hidden = (
            csr_matrix((np.ones(len(users), np.float32), (users, items)), shape=scores.shape)
            for users, items in ((parts[f"{w}_users"], parts[f"{w}_items"]) for w in ("train", "test"))
        )
        judged = np.flatnonzero(np.diff(hidden.indptr))
        events = (parts["train_users"], parts["train_items"])
        return cls(scores[judged], seen[judged], hidden[judged], events)

    def first(self, n: int) -> Task:
        """The same with the first users only."""
        return replace(self, scores=self.scores[:n], seen=self.seen[:n], hidden=self.hidden[:n])

    @property
    def n_hidden(self) -> np.ndarray:
        """Hidden items of each user, at least 1, shape (n,)."""
        return np.diff(self.hidden.indptr)


def ranked(task: Task, k: int = KS[-1]) -> tuple[np.ndarray, np.ndarray]:
    """Items and scores of the k best unseen, (n, k) each: block by block, which is faster than all at once."""
    size = max(1, CELLS_A_BLOCK // task.scores.shape[1])
    parts = [
        best_of(task.scores[start : start + size].copy(), task.seen[start : start + size], k)
        for start in range(0, len(task.scores), size)
    ]
    return np.concatenate([items for items, _scores in parts]), np.concatenate([one for _items, one in parts])


class Ranx:
    """Ranx by its shortest way in: numba's typed list and an array, not dictionaries of strings."""

    def prepare(self, task: Task, items: np.ndarray, scores: np.ndarray) -> tuple[Any, np.ndarray]:
        """Test rows as a typed list of (items, 1), lists as one array (n, k, 2), best first."""
        from numba.typed import List

        pairs = np.stack([task.hidden.indices, np.ones(task.hidden.nnz)], axis=1).astype(np.float64)
        hidden = List()
        for start, stop in zip(task.hidden.indptr[:-1], task.hidden.indptr[1:], strict=True):
            hidden.append(pairs[start:stop])
        return hidden, np.stack([items.astype(np.float64), scores.astype(np.float64)], axis=2)

    def ranking(self, prepared: tuple[Any, np.ndarray], ks: Sequence[int]) -> dict[str, float]:
        """Every metric that both have, at these k."""
        from ranx import evaluate

        names = ("ndcg", "recall", "precision", "f1", "hit_rate", "mrr", "map")
        wanted = [f"{name}@{k}" for k in ks for name in names]
        found = evaluate(*prepared, wanted, threads=THREADS)
        return {name.replace("hit_rate", "hr"): float(value) for name, value in found.items()}

    def average_precision(self, prepared: tuple[Any, np.ndarray], k: int) -> np.ndarray:
        """One value a user."""
        from ranx import evaluate

        found = evaluate(*prepared, [f"map@{k}", f"hits@{k}"], return_mean=False)  # alone it is a KeyError
        return np.asarray(found[f"map@{k}"])

    def beyond(self, task: Task, prepared: tuple[Any, np.ndarray]) -> dict[str, float]:
        """It has none."""
        return {}


class RecTools:
    """RecTools by `calc_metrics`, which shares what its metrics have in common."""

    def prepare(self, task: Task, items: np.ndarray, scores: np.ndarray) -> tuple[Any, Any]:
        """Test rows and lists as tables."""
        import pandas as pd

        n, k = items.shape
        rows = np.arange(n)
        hidden = pd.DataFrame(
            {"user_id": np.repeat(rows, task.n_hidden), "item_id": task.hidden.indices.astype(np.int64)}
        )
        lists = {
            "user_id": np.repeat(rows, k),
            "item_id": items.ravel(),
            "rank": np.tile(np.arange(1, k + 1), n),
        }
        return hidden, pd.DataFrame(lists)

    def ranking(self, prepared: tuple[Any, Any], ks: Sequence[int]) -> dict[str, float]:
        """Every metric that both have, at these k."""
        from rectools import metrics as m

        hidden, lists = prepared
        wanted: dict[str, Any] = {}
        for k in ks:
            made = (
                m.NDCG(k=k, divide_by_achievable=True), m.Recall(k=k), m.Precision(k=k), m.F1Beta(k=k),
                m.HitRate(k=k), m.MRR(k=k), m.MAP(k=k),
            )  # fmt: skip
            names = ("ndcg", "recall", "precision", "f1", "hr", "mrr", "map")
            wanted |= {f"{name}@{k}": one for name, one in zip(names, made, strict=True)}
        return dict(m.calc_metrics(wanted, reco=lists, interactions=hidden))

    def average_precision(self, prepared: tuple[Any, Any], k: int) -> np.ndarray:
        """One value a user."""
        from rectools.metrics import MAP

        hidden, lists = prepared
        return np.asarray(MAP(k=k).calc_per_user(lists, hidden).sort_index())

    def beyond(self, task: Task, prepared: tuple[Any, Any]) -> dict[str, float]:
        """Novelty, popularity and coverage at one k."""
        import pandas as pd
        from rectools import metrics as m

        users, items = task.events
        wanted = {
            f"novelty@{SHORT}": m.MeanInvUserFreq(k=SHORT),
            f"mean_popularity@{SHORT}": m.AvgRecPopularity(k=SHORT),
            f"coverage@{SHORT}": m.CatalogCoverage(k=SHORT, normalize=True),
        }
        known = pd.DataFrame({"user_id": users, "item_id": items})
        everything = np.arange(task.scores.shape[1])
        return dict(m.calc_metrics(wanted, reco=prepared[1], prev_interactions=known, catalog=everything))


EVALUATORS: dict[str, Callable[[], Any]] = {"ranx": Ranx, "rectools": RecTools}


def measured(peer: Any, task: Task) -> dict[str, Any]:
    """Seconds a step and every figure; MAP brought to our definition by each user's own number of hidden items."""
    (items, scores), rank_s = timed(lambda: ranked(task))
    prepared, prepare_s = timed(lambda: peer.prepare(task, items, scores))
    figures, metrics_s = timed(lambda: peer.ranking(prepared, KS))
    _each, each_k_s = timed(lambda: peer.ranking(prepared, EACH_K))
    beyond, beyond_s = timed(lambda: peer.beyond(task, prepared))
    peak = peak_mb()
    for k in KS:  # not timed
        scale = task.n_hidden / np.minimum(k, task.n_hidden)
        figures[f"map@{k}"] = float((peer.average_precision(prepared, k) * scale).mean())
    seconds = {"rank_s": rank_s, "prepare_s": prepare_s, "metrics_s": metrics_s}
    more = {"each_k_s": each_k_s, "beyond_s": beyond_s, "peak_mb": peak}
    return {**seconds, **more, "figures": {**figures, **beyond}}


def main() -> int:
    """Warms up on few users, then measures once."""
    peer, task = EVALUATORS[sys.argv[1]](), Task.read(Path(sys.argv[2]))
    measured(peer, task.first(WARM_USERS))
    forget_peak()
    said = measured(peer, task)
    print(json.dumps({**said, "versions": {name: version(name) for name in PACKAGES}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
