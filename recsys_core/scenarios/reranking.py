"""What re-ranking needs of an opened run, made once each and kept: candidates, distances, kinds, and a dial made ready."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.ranking.kinds import Kinds, kinds_of
from recsys_core.ranking.likeness import (
    ATTRIBUTES,
    MODEL,
    TOGETHER,
    item_vectors,
    model_vectors,
    probes,
    together_vectors,
)
from recsys_core.ranking.rerank import Catalogue, Reranker, Setting, prices_of, ready
from recsys_core.ranking.top_k import TopK, rank_users
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

POOL = 200
"""Candidates that a person's list is picked from."""


class Studio:
    """Distances, kinds and candidates of one opened run; read only, safe to share between threads.

    Args:
        serving: the run.
        stored: where its candidates were kept when it was judged; ranked anew where there is no such file.
    """

    def __init__(self, serving: Serving, stored: Path | None = None) -> None:
        self._serving, self._stored = serving, stored
        self._vectors: dict[str, FloatArray] = {}
        self._prices: dict[int, FloatArray] = {}

    @cached_property
    def together(self) -> FloatArray:
        """Items' unit vectors by who chose both."""
        return together_vectors(self._serving.seen)

    @cached_property
    def kinds(self) -> Kinds:
        """Kinds of items: an attribute's values, or groups that were found."""
        return kinds_of(self._serving.data, self.together)

    @cached_property
    def usual(self) -> tuple[str, str]:
        """The distance that is meant where none is named, and the attribute that it is made of ('' for none)."""
        attribute = item_vectors(self._serving.data, self._serving.seen)[1]
        return (ATTRIBUTES if attribute else TOGETHER), attribute

    @property
    def distances(self) -> list[str]:
        """The distances that these data can have, the usual one first."""
        return [name for name in (ATTRIBUTES, MODEL, TOGETHER) if name != ATTRIBUTES or self.usual[1]]

    def vectors(self, distance: str) -> FloatArray:
        """Unit vectors of the items for a distance, (n_items, d); the usual ones where it cannot be had."""
        name = distance if distance in self.distances else self.usual[0]
        if name not in self._vectors:
            self._vectors[name] = self._made(name)
        return self._vectors[name]

    def _made(self, name: str) -> FloatArray:
        serving = self._serving
        if name == TOGETHER:
            return self.together
        if name == ATTRIBUTES:
            return item_vectors(serving.data, serving.seen)[0]
        asked = probes(serving.data.n_users, np.diff(serving.seen.indptr), serving.split.spec.seed)
        return model_vectors(serving.ask(asked))

    def catalogue(self, distance: str) -> Catalogue:
        """What re-rankers know of the items."""
        return Catalogue(self.vectors(distance), self.together, self.kinds.shares, self._serving.popularity)

    def taste(self, seen: csr_matrix) -> FloatArray:
        """How choices spread over the kinds: (n, n_items) -> (n, n_kinds)."""
        return self.kinds.taste(seen)

    @cached_property
    def candidates(self) -> tuple[IntArray, TopK]:
        """User rows (n,), sorted, and their best unseen items (n, POOL), as they were kept when the run was judged."""
        serving = self._serving
        if self._stored is not None and self._stored.exists():
            return as_pools(pd.read_parquet(self._stored))
        split = serving.split
        users = (
            np.unique(split.triples(split.test)[0]) if split.cold_users else np.arange(serving.data.n_users)
        )
        width = min(POOL, serving.data.n_items)
        return users, rank_users(serving.ask, users, width, seen=serving.seen, seed=split.spec.seed)

    def prices(self, k: int) -> FloatArray:
        """What it costs to show each item to somebody, in lists of k: (n_items,)."""
        if k not in self._prices:
            self._prices[k] = prices_of(self.candidates[1], k, self._serving.data.n_items)
        return self._prices[k]

    def ready(self, setting: Setting, k: int) -> Reranker:
        """The setting made ready for lists of k."""
        return ready(setting, self.catalogue(setting.distance), self.prices(k))


def as_pools(candidates: pd.DataFrame) -> tuple[IntArray, TopK]:
    """A table `user`, `item`, `score`, `rank` as user rows (n,), sorted, and their candidates (n, p)."""
    users, owner = np.unique(candidates["user"].to_numpy(), return_inverse=True)
    place = candidates["rank"].to_numpy().astype(np.int64) - 1
    shape = (len(users), int(place.max(initial=-1)) + 1)
    items, scores = np.full(shape, -1, dtype=np.int64), np.full(shape, np.nan)
    items[owner, place] = candidates["item"].to_numpy()
    scores[owner, place] = candidates["score"].to_numpy()
    return users, TopK(items, scores)
