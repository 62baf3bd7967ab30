"""What re-ranking can know of a data set's items, made when first asked for and kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.data.dataset import Dataset
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
from recsys_core.ranking.rerank import Catalogue
from recsys_core.types import FloatArray, IntArray


class ItemSpace:
    """Distances and kinds of items; read only, safe to share between threads.

    Args:
        data: its items.
        seen: what is known of each user, (n_users, n_items).
        ask: user rows (n,) -> scores of the catalogue (n, n_items); for the distance by the model.
        seed: of the sample of users whose scores are asked for.
    """

    def __init__(
        self, data: Dataset, seen: csr_matrix, ask: Callable[[IntArray], FloatArray], seed: int
    ) -> None:
        self.data, self.seen, self._ask, self._seed = data, seen, ask, seed
        self._vectors: dict[str, FloatArray] = {}

    @cached_property
    def together(self) -> FloatArray:
        """Items' unit vectors by who chose both."""
        return together_vectors(self.seen)

    @cached_property
    def kinds(self) -> Kinds:
        """Kinds of items: an attribute's values, or groups that were found."""
        return kinds_of(self.data, self.together)

    @cached_property
    def popularity(self) -> FloatArray:
        """How many users chose each item."""
        return np.asarray(self.seen.sum(axis=0), dtype=np.float64).ravel()

    @cached_property
    def usual(self) -> tuple[str, str]:
        """The distance that is meant where none is named, and the attribute that it is made of ('' for none)."""
        attribute = item_vectors(self.data, self.seen)[1]
        return (ATTRIBUTES if attribute else TOGETHER), attribute

    @property
    def distances(self) -> list[str]:
        """The distances that these data can have, the usual one first."""
        return [name for name in (ATTRIBUTES, TOGETHER, MODEL) if name != ATTRIBUTES or self.usual[1]]

    def vectors(self, distance: str) -> FloatArray:
        """Unit vectors of the items for a distance, (n_items, d); the usual ones where it cannot be had."""
        name = distance if distance in self.distances else self.usual[0]
        if name not in self._vectors:
            self._vectors[name] = self._made(name)
        return self._vectors[name]

    def _made(self, name: str) -> FloatArray:
        if name == TOGETHER:
            return self.together
        if name == ATTRIBUTES:
            return item_vectors(self.data, self.seen)[0]
        return model_vectors(self._ask(probes(self.data.n_users, np.diff(self.seen.indptr), self._seed)))

    def catalogue(self, distance: str) -> Catalogue:
        """What re-rankers know of the items."""
        return Catalogue(self.vectors(distance), self.together, self.kinds.shares, self.popularity)

    def taste(self, seen: csr_matrix) -> FloatArray:
        """How choices spread over the kinds: (n, n_items) -> (n, n_kinds)."""
        return self.kinds.taste(seen)
