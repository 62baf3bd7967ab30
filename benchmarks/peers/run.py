"""One peer on one split, in the peers' environment: `python -m benchmarks.peers.run PEER SPLIT.npz OUT.npz [SEED]`.

Writes lists (`items`, `scores`: the 50 best unseen of the whole catalogue) or `ratings` (one a test pair), and
prints one line of JSON: seconds to fit, seconds to the top 10 of all users (the best of `REPEATS`), peak megabytes.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.clock import peak_mb, timed
from benchmarks.peers.list_peers import LIST_PEERS
from benchmarks.peers.order_peers import ORDER_PEERS
from benchmarks.peers.rating_peers import RATING_PEERS
from benchmarks.peers.rows import Rows

DEPTH = 50
REPEATS = 7
RANKING = LIST_PEERS | ORDER_PEERS
PACKAGES = ("cornac", "implicit", "myfm", "scikit-surprise", "scikit-learn", "numpy", "scipy")


def main() -> int:
    """Fits the peer and writes what it says."""
    peer, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    rows, test_users, test_items = Rows.read(source)
    said: dict[str, Any] = {"versions": {name: version(name) for name in PACKAGES}}
    if peer in RATING_PEERS:
        predict, said["fit_s"] = timed(lambda: RATING_PEERS[peer](rows, seed))
        ratings, said["predict_s"] = timed(lambda: predict(test_users, test_items))
        np.savez(target, ratings=np.asarray(ratings, np.float64))
    else:
        lists, said["fit_s"] = timed(lambda: RANKING[peer](rows, seed))
        everybody = np.arange(rows.n_users)
        said["top10_s"] = min(timed(lambda: lists(everybody, 10))[1] for _repeat in range(REPEATS))
        items, scores = lists(everybody, min(DEPTH, rows.n_items))
        np.savez(target, items=items, scores=np.asarray(scores, np.float64))
    said["peak_mb"] = peak_mb()
    print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main())
