"""How alike two items are: by what is known of them, by how a model scores them, or by who chose both."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_vectors, categorical_columns
from recsys_core.i18n import N_
from recsys_core.types import FloatArray

ATTRIBUTES, MODEL, TOGETHER = "attributes", "model", "together"
DISTANCES = {
    ATTRIBUTES: (N_("by attributes"), N_("Two {items} are alike when they share attribute values.")),
    MODEL: (
        N_("by the model's embedding"),
        N_("Two {items} are alike when the model scores them alike for the same {users}."),
    ),
    TOGETHER: (N_("by who chose both"), N_("Two {items} are alike when the same {users} chose them.")),
}
"""Name -> title and meaning of each distance (1 minus the cosine of two items' vectors)."""
SIZE = 32
N_PROBES = 256
ROUNDING = 1e-9


USUAL = ""
"""Stands for the distance by attributes where one groups the items, else by who chose both."""


def item_vectors(data: Dataset, seen: csr_matrix) -> tuple[FloatArray, str]:
    """Unit vectors by attributes where one groups the items, else by who chose both; and the attribute's name or ''.

    Shape (n_items, d).
    """
    vectors, _names = attribute_vectors(data)
    if vectors is not None:
        return vectors, categorical_columns(data)[0]
    return together_vectors(seen), ""


def together_vectors(seen: csr_matrix) -> FloatArray:
    """Unit vectors of the items from who chose them: their places in the first singular vectors, (n_items, d).

    Args:
        seen: (n_users, n_items).
    """
    return _places(seen.astype(np.float64))


def model_vectors(scores: FloatArray) -> FloatArray:
    """Unit vectors of the items from how a model scores them for a sample of users, (n_items, d).

    For a model that multiplies a user's and an item's embedding these are the item embeddings, up to a linear map:
    scores = users x items. So the same question can be asked of every model, whatever it is made of.

    Args:
        scores: (n_probes, n_items). Each row is standardised, then each item's mean taken off: that an item is popular
            with everybody does not make it like another.
    """
    return _places(_standardised(scores))


def user_vectors(scores: FloatArray) -> FloatArray:
    """Unit vectors of users from how a model scores the same items for each of them, (n_users, d).

    The other side of `model_vectors`: for a product of factors these are the user embeddings, up to a linear map, less
    what all users have in common.

    Args:
        scores: (n_users, n_probe_items).
    """
    return _places(_standardised(scores).T)


def _standardised(scores: FloatArray) -> FloatArray:
    """Each row to mean 0 and spread 1, then each column's mean taken off; what is not finite counts as 0."""
    centred = np.asarray(scores, dtype=np.float64)
    centred = np.where(np.isfinite(centred), centred, 0.0)
    centred = centred - centred.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    centred = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > ROUNDING)
    return centred - centred.mean(axis=0)


def probes(n_users: int, active: FloatArray, seed: int = 0) -> np.ndarray:
    """The users whose scores tell how a model sees the items: a sample of those who chose something, sorted."""
    known = np.flatnonzero(np.asarray(active) > 0)
    known = known if len(known) else np.arange(n_users)
    return np.sort(np.random.default_rng(seed).permutation(known)[:N_PROBES])


def _places(matrix: csr_matrix | FloatArray) -> FloatArray:
    """The columns' unit vectors in the space of the first singular vectors; a column of zeros stays zero."""
    size = min(SIZE, min(matrix.shape) - 1)
    if size < 1 or not abs(matrix).max() > ROUNDING:
        return np.zeros((matrix.shape[1], 1))
    start = np.random.default_rng(0).random(min(matrix.shape))
    _left, strength, right = svds(matrix, k=size, v0=start)
    places = (strength[:, None] * right).T
    length = np.linalg.norm(places, axis=1, keepdims=True)
    known = length > ROUNDING * length.max()  # an item that nobody chose has rounding errors for a place
    return np.divide(places, length, out=np.zeros_like(places), where=known)
