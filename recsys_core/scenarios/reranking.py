"""What re-ranking needs of an opened run, made once each and kept: candidates, distances, kinds, and a dial made ready."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_core.ranking.items import ItemSpace
from recsys_core.ranking.rerank import POOL, Reranker, Setting, prices_of, ready
from recsys_core.ranking.top_k import TopK, rank_users
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving


class Studio(ItemSpace):
    """Distances, kinds and candidates of one opened run; read only, safe to share between threads.

    Args:
        serving: the run.
        stored: where its candidates were kept when it was judged; ranked anew where there is no such file.
    """

    def __init__(self, serving: Serving, stored: Path | None = None) -> None:
        super().__init__(serving.data, serving.seen, serving.ask, serving.split.spec.seed)
        self._serving, self._stored = serving, stored
        self._prices: dict[int, FloatArray] = {}

    @cached_property
    def candidates(self) -> tuple[IntArray, TopK]:
        """User rows (n,), sorted, and their best unseen items (n, POOL), as they were kept when the run was judged."""
        if self._stored is not None and self._stored.exists():
            return as_pools(pd.read_parquet(self._stored))
        split, data = self._serving.split, self.data
        users = np.unique(split.triples(split.test)[0]) if split.cold_users else np.arange(data.n_users)
        width = min(POOL, data.n_items)
        return users, rank_users(self._serving.ask, users, width, seen=self.seen, seed=split.spec.seed)

    def prices(self, k: int) -> FloatArray:
        """What it costs to show each item to somebody, in lists of k: (n_items,)."""
        if k not in self._prices:
            self._prices[k] = prices_of(self.candidates[1], k, self.data.n_items)
        return self._prices[k]

    def ready(self, setting: Setting, k: int) -> Reranker:
        """The setting made ready for lists of k; everybody's candidates are looked at only where it pays for coverage."""
        prices = self.prices(k) if setting.pays else np.zeros(self.data.n_items)
        return ready(setting, self.catalogue(setting.distance), prices)


def as_pools(candidates: pd.DataFrame) -> tuple[IntArray, TopK]:
    """A table `user`, `item`, `score`, `rank` as user rows (n,), sorted, and their candidates (n, p)."""
    users, owner = np.unique(candidates["user"].to_numpy(), return_inverse=True)
    place = candidates["rank"].to_numpy().astype(np.int64) - 1
    shape = (len(users), int(place.max(initial=-1)) + 1)
    items, scores = np.full(shape, -1, dtype=np.int64), np.full(shape, np.nan)
    items[owner, place] = candidates["item"].to_numpy()
    scores[owner, place] = candidates["score"].to_numpy()
    return users, TopK(items, scores)
