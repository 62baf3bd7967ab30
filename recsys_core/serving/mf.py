"""The scorer of `mf`: a vector a user and an item, both summed up from histories and attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS
from recsys_core.types import FloatArray, IntArray

DAMPING = 5.0
"""How many average ratings every user and item starts with, where residuals are made."""


def history_vectors(ratings: csr_matrix, table: FloatArray) -> FloatArray:
    """H = (sum_j x_j + r_j x'_j) / sqrt(n + 1) over the columns j of each row; (n_rows, c).

    Args:
        ratings: residuals r, one stored cell a rating (a stored zero counts).
        table: (n_columns, 2c): x and x' side by side.
    """
    half = table.shape[1] // 2
    ones = csr_matrix((np.ones_like(ratings.data), ratings.indices, ratings.indptr), shape=ratings.shape)
    summed = ones @ table[:, :half] + ratings @ table[:, half:]
    return np.asarray(summed / np.sqrt(np.diff(ratings.indptr) + 1.0)[:, None], dtype=np.float32)


@dataclass(frozen=True)
class Parts:
    """What was learned, as arrays; c = members x embedding size.

    Attributes:
        item_vectors: (n_items, c); item_biases: (n_items,), the mean over members.
        chosen: (n_items, 2c), what an item says of a user who rated it; raters: (n_users, 2c), the other way.
        user_attributes: (width_u, c + 1); item_attributes: (width_i, c + 1); the last column is a bias.
        item_means: (n_items,) damped mean residual of each item's ratings.
        mean: of all training values; members: how many predictions are averaged; span: clips predictions.
    """

    item_vectors: FloatArray
    item_biases: FloatArray
    chosen: FloatArray
    raters: FloatArray
    user_attributes: FloatArray
    item_attributes: FloatArray
    item_means: FloatArray
    mean: float
    members: int
    span: tuple[float, float]

    def users(self, ratings: csr_matrix, attributes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Vectors (n, c) and biases (n,) of users.

        Args:
            ratings: value - mean - item mean, one stored cell a rating, (n, n_items).
            attributes: encoded, (n, width_u).
        """
        counts = np.diff(ratings.indptr)
        bias = np.asarray(ratings.sum(axis=1)).ravel() / (counts + DAMPING)
        residuals = csr_matrix(
            (ratings.data - np.repeat(bias, counts), ratings.indices, ratings.indptr), shape=ratings.shape
        )
        known = attributes @ self.user_attributes
        vectors = known[:, :-1] + history_vectors(residuals, self.chosen)
        return vectors.astype(np.float32), (bias + known[:, -1]).astype(np.float32)

    def items(self, residuals: csr_matrix, attributes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Vectors (n_items, c) and biases (n_items,) of the catalogue; `residuals` is (n_items, n_users)."""
        known = attributes @ self.item_attributes
        vectors = self.item_vectors + known[:, :-1] + history_vectors(residuals, self.raters)
        return vectors.astype(np.float32), (self.item_biases + known[:, -1]).astype(np.float32)


class MfScorer(Scorer):
    """score(u, i) = mean + b_u + b_i + mean over members of p_u . q_i. No user id: a new user is as known as their history.

    Args:
        parts: what was learned.
        users, items: (vectors, biases) of the known ones.
        user_encoder, item_encoder: read attributes.
        usual: (width_u,) mean encoded attributes of the training users: stands for a user of whom none are known.
    """

    form: ClassVar[str] = "mf"
    slices: ClassVar[bool] = True

    def __init__(
        self,
        parts: Parts,
        users: tuple[FloatArray, FloatArray],
        items: tuple[FloatArray, FloatArray],
        user_encoder: AttributeEncoder,
        item_encoder: AttributeEncoder,
        usual: FloatArray,
    ) -> None:
        self.parts, self.users, self.items = parts, users, items
        self.user_encoder, self.item_encoder, self.usual = user_encoder, item_encoder, usual
        self.n_users, self.n_items = len(users[0]), len(items[0])
        self.can = replace(
            Capabilities(ratings=True, new_users=True, network=True),
            attributes=user_encoder.width > 0,
            new_items=item_encoder.width > 0,
        )

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Predicted values; unclipped, so that clipping makes no ties in a ranking."""
        users = np.asarray(users)
        return self._scored(self.users[0][users], self.users[1][users], self.items)

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """Predicted values, clipped to the range seen in training."""
        products = np.einsum("nd,nd->n", self.users[0][users], self.items[0][items]) / self.parts.members
        return np.clip(
            self.parts.mean + self.users[1][users] + self.items[1][items] + products, *self.parts.span
        )

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """New users from what they rated; without values only what they chose counts."""
        return self._scored(*self._known(histories, values, attributes), self.items)

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The same for some items."""
        some = self.items[0][items], self.items[1][items]
        return self._scored(*self._known(histories, values, attributes), some)

    def _known(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
    ) -> tuple[FloatArray, FloatArray]:
        """Vectors and biases of new users."""
        lengths = [len(history) for history in histories]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        items = np.concatenate([*histories, np.empty(0)]).astype(np.int64)
        given = np.zeros(len(items))
        if values is not None:
            given = np.concatenate([*values, np.empty(0)]) - self.parts.mean - self.parts.item_means[items]
        ratings = csr_matrix((given, items, indptr), shape=(len(lengths), self.n_items))
        if attributes is None:
            encoded = np.tile(self.usual, (len(lengths), 1))
        else:
            encoded = self.user_encoder.transform(attributes).toarray()
        return self.parts.users(ratings, encoded)

    def score_new_items(self, users: IntArray, items: pd.DataFrame) -> FloatArray:
        """Items known by their attributes alone; raises NotSupported where the data have none."""
        if not self.can.new_items:
            raise NotSupported(
                what=_("the items have no attributes, so this model cannot score a new one"),
                where=self.form,
                remedy=_("import the data with a table of items"),
            )
        known = self.item_encoder.transform(items).toarray() @ self.parts.item_attributes
        users = np.asarray(users)
        return self._scored(self.users[0][users], self.users[1][users], (known[:, :-1], known[:, -1]))

    def _scored(
        self, vectors: FloatArray, biases: FloatArray, items: tuple[FloatArray, FloatArray]
    ) -> FloatArray:
        products = vectors @ items[0].T / self.parts.members
        return np.asarray(products + (self.parts.mean + biases)[:, None] + items[1][None, :])

    def write(self, folder: Path) -> dict[str, Any]:
        """Writes the arrays; the encoders go to the manifest."""
        parts = {name: getattr(self.parts, name) for name in _ARRAYS}
        known = dict(zip(_KNOWN, (*self.users, *self.items, self.usual), strict=True))
        files.write_arrays(folder / ARRAYS, parts | known)
        return {
            "mean": self.parts.mean,
            "members": self.parts.members,
            "span": self.parts.span,
            "user_encoder": self.user_encoder.to_json(),
            "item_encoder": self.item_encoder.to_json(),
        }

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads arrays and encoders."""
        arrays = files.read_arrays(folder / ARRAYS)
        low, high = manifest["span"]
        parts = Parts(
            **{name: arrays[name] for name in _ARRAYS},
            mean=float(manifest["mean"]),
            members=int(manifest["members"]),
            span=(float(low), float(high)),
        )
        users, user_biases, items, item_biases, usual = (arrays[name] for name in _KNOWN)
        of_users, of_items = (
            AttributeEncoder.from_json(manifest[f"{side}_encoder"]) for side in ("user", "item")
        )
        return cls(parts, (users, user_biases), (items, item_biases), of_users, of_items, usual)


_ARRAYS = (
    "item_vectors",
    "item_biases",
    "chosen",
    "raters",
    "user_attributes",
    "item_attributes",
    "item_means",
)
_KNOWN = ("users", "known_user_biases", "items", "known_item_biases", "usual")
