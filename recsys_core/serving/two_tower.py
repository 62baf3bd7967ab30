"""Serves the two-tower network: known users and items as finished vectors, new ones from their attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags

from recsys_core import files
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr
from recsys_core.types import FloatArray, IntArray

SIZE_OFFSET = 3.0
"""Added to the size of a history before its root: a short one speaks softly."""


@dataclass(frozen=True)
class Towers:
    """The weights of both towers, float32; every tower is a sum, so that plain products serve it.

    Attributes:
        history: what each item says of who chose it, shape (n_items, size).
        user_attributes: (width of the users' vectors, size).
        items: what is known of each item beyond its attributes, zeros where it was never chosen, (n_items, size).
        item_bias: the same for its popularity, (n_items,).
        item_attributes: (width of the items' vectors, size).
        item_attributes_bias: (width of the items' vectors,).
    """

    history: FloatArray
    user_attributes: FloatArray
    items: FloatArray
    item_bias: FloatArray
    item_attributes: FloatArray
    item_attributes_bias: FloatArray

    def users_of(self, histories: csr_matrix, attributes: csr_matrix) -> FloatArray:
        """Vectors of users: histories (n, n_items) of ones, attributes (n, width) -> (n, size)."""
        sizes = np.diff(histories.indptr)
        scaled = (diags(1.0 / np.sqrt(sizes + SIZE_OFFSET)) @ histories).astype(np.float32)
        found = scaled @ self.history + attributes @ self.user_attributes
        return np.asarray(found, dtype=np.float32)

    def items_of(self, attributes: csr_matrix, *, known: bool) -> tuple[FloatArray, FloatArray]:
        """Vectors (n, size) and biases (n,) of items: those of training, or new ones from attributes alone."""
        vectors, bias = attributes @ self.item_attributes, attributes @ self.item_attributes_bias
        if known:
            vectors, bias = vectors + self.items, bias + self.item_bias
        return np.asarray(vectors, dtype=np.float32), np.asarray(bias, dtype=np.float32)


class TwoTowerScorer(Scorer):
    """Score = user vector . item vector + item bias: what the softmax was taken of.

    Args:
        towers: the weights.
        users: vectors of the known users, shape (n_users, size).
        items, bias: vectors (n_items, size) and biases (n_items,) of the known items.
        encoders: how attributes of users and of items are read.
    """

    form: ClassVar[str] = "two_tower"
    slices: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True, network=True, attributes=True, new_items=True)

    def __init__(
        self,
        towers: Towers,
        users: FloatArray,
        items: FloatArray,
        bias: FloatArray,
        encoders: tuple[AttributeEncoder, AttributeEncoder],
    ) -> None:
        self.towers, self.users, self.items, self.bias = towers, users, items, bias
        self.user_encoder, self.item_encoder = encoders
        self.n_users, self.n_items = len(users), len(items)

    @classmethod
    def of(
        cls,
        towers: Towers,
        seen: csr_matrix,
        attributes: tuple[csr_matrix, csr_matrix],
        encoders: tuple[AttributeEncoder, AttributeEncoder],
    ) -> Self:
        """The scorer of users whose histories are `seen`; attributes of (users, items) already encoded."""
        users = towers.users_of(seen, attributes[0])
        return cls(towers, users, *towers.items_of(attributes[1], known=True), encoders)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Log-probabilities up to a constant of each item being the user's next choice."""
        return np.asarray(self.users[np.asarray(users)] @ self.items.T + self.bias)

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """The same, pair by pair."""
        users, items = np.asarray(users), np.asarray(items)
        return np.asarray(np.einsum("nd,nd->n", self.users[users], self.items[items]) + self.bias[items])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The same for users that training never saw; without a history, what people of such attributes choose."""
        return np.asarray(self._vectors(histories, values, attributes) @ self.items.T + self.bias)

    def _vectors(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
    ) -> FloatArray:
        chosen = histories_to_csr(self.taken(histories, values), self.n_items)
        known = self.user_encoder.transform(attributes, len(histories))
        return self.towers.users_of(chosen, known)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same products with some items."""
        vectors = self._vectors(histories, values, attributes)
        return np.asarray(vectors @ self.items[items].T + self.bias[items])

    def score_new_items(self, users: IntArray, items: pd.DataFrame) -> FloatArray:
        """Scores of new items from their attributes alone, comparable with those of the catalogue: (n, n_new)."""
        vectors, bias = self.towers.items_of(self.item_encoder.transform(items), known=False)
        return np.asarray(self.users[np.asarray(users)] @ vectors.T + bias)

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes weights and vectors; the encoders go to the manifest."""
        own = {"users": self.users, "catalogue": self.items, "bias": self.bias}
        files.write_arrays(folder / ARRAYS, {**asdict(self.towers), **own})
        return {"user_encoder": self.user_encoder.to_json(), "item_encoder": self.item_encoder.to_json()}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads weights, vectors and encoders."""
        arrays = files.read_arrays(folder / ARRAYS)
        users, items, bias = (arrays.pop(name) for name in ("users", "catalogue", "bias"))
        encoders = tuple(AttributeEncoder.from_json(manifest[f"{one}_encoder"]) for one in ("user", "item"))
        return cls(Towers(**arrays), users, items, bias, (encoders[0], encoders[1]))
