"""Ranking metrics at every length of the list at once: one pass over the hits, with a band over users."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.evaluation.intervals import LEVEL
from recsys_core.evaluation.metrics import Hits
from recsys_core.types import FloatArray

MOST_K = 100
COLUMNS = ("metric", "k", "value", "low", "high")


def at_each_k(hits: Hits, most: int) -> dict[str, FloatArray]:
    """Every ranking metric of every user at k = 1 to `most`: name -> (n_users, most).

    The same definitions as `evaluation.metrics`, which gives one k; there each is written out.

    Args:
        hits: positions beyond its width count as misses.
    """
    top = hits.relevant[:, :most].astype(np.float64)
    if top.shape[1] < most:
        top = np.pad(top, ((0, 0), (0, most - top.shape[1])))
    places = np.arange(1, most + 1)
    found = np.cumsum(top, axis=1)
    reachable = np.minimum(places[None, :], hits.n_relevant[:, None])
    precision, recall = found / places, found / hits.n_relevant[:, None]
    total = precision + recall
    discount = 1.0 / np.log2(places + 1)
    first = np.where(found[:, -1] > 0, top.argmax(axis=1), most) if most else np.zeros(len(top))
    return {
        "ndcg": np.cumsum(top * discount, axis=1) / np.cumsum(discount)[reachable - 1],
        "recall": recall,
        "precision": precision,
        "f1": np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0),
        "hr": (found > 0).astype(np.float64),
        "mrr": np.where(found > 0, 1.0 / (first[:, None] + 1), 0.0),
        "map": np.cumsum(top * found / places, axis=1) / reachable,
    }


def curve_table(hits: Hits, most: int, draws: FloatArray) -> pd.DataFrame:
    """Means at every k with their 95 % bootstrap band: columns as in COLUMNS.

    Args:
        draws: how often each user is drawn, (n_draws, n_users).
    """
    if not len(hits.n_relevant) or most < 1:
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in COLUMNS}).astype({"metric": "str"})
    tail = (1 - LEVEL) / 2
    parts = []
    for name, values in at_each_k(hits, most).items():
        drawn = draws @ values / draws.sum(axis=1, keepdims=True)
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "metric": name,
                    "k": np.arange(1, most + 1, dtype=np.int16),
                    "value": values.mean(axis=0),
                    "low": low,
                    "high": high,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
