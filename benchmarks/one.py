"""One of our models on one cut, in a process of its own: `python -m benchmarks.one MODEL CUT OUT.npz SEED SETTINGS`.

Writes lists and, where it has them, ratings, as peers do; prints one line of JSON: seconds and peak memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cuts import Cut
from benchmarks.judge import K
from benchmarks.members import member
from benchmarks.peers.clock import peak_mb, timed
from benchmarks.peers.run import DEPTH, REPEATS
from recsys_core.models.blend import Blend
from recsys_core.models.registry import model_class, spec
from recsys_core.ranking.top_k import rank_users
from recsys_core.training.worker import quiet_tensorflow


def answer(model: str, cut: Cut, target: Path, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """Fits, ranks for everybody, predicts the test pairs; what is measured is what is served."""
    split = cut.split()
    if spec(model).network or model == "blend":
        quiet_tensorflow()
    fresh = Blend(settings, find_member=member) if model == "blend" else model_class(model)(settings)
    fitted, fit_s = timed(lambda: fresh.fit(split, seed=seed))
    scorer, everybody = fitted.scorer, np.arange(split.dataset.n_users)
    seen = split.matrix(split.fit_rows)

    def lists(k: int) -> Any:
        return rank_users(scorer.score_catalogue, everybody, k, seen=seen, seed=split.spec.seed)

    top10_s = min(timed(lambda: lists(K))[1] for _repeat in range(REPEATS))
    found = lists(min(DEPTH, split.dataset.n_items))
    said = {"items": found.items, "scores": found.scores}
    if scorer.can.ratings:
        users, items, _hidden = split.triples(split.test)
        said["ratings"] = scorer.score(users, items)
    np.savez(target, **said)
    return {"fit_s": fit_s, "top10_s": top10_s, "peak_mb": peak_mb()}


def main() -> int:
    """Reads the arguments, prints what it cost."""
    model, cut, target, seed, settings = sys.argv[1:6]
    print(json.dumps(answer(model, Cut.parse(cut), Path(target), int(seed), json.loads(settings))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
