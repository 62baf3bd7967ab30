"""The two towers as Keras layers, and how they read ragged batches inside a compiled step."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.models.history_batches import HistoryRows
from recsys_core.serving.two_tower import SIZE_OFFSET, Towers
from recsys_core.types import BoolArray, FloatArray

HISTORY, USER_ATTRIBUTES = "history", "user_attributes"
ITEM, ITEM_BIAS = "item", "item_bias"
ITEM_ATTRIBUTES, ITEM_ATTRIBUTES_BIAS = "item_attributes", "item_attributes_bias"
COMMON_PRIOR = 5.0
"""Chosen on two development splits (`benchmarks/grids/two_tower.py`)."""


@dataclass(frozen=True, slots=True)
class TowerShape:
    """Sizes: catalogue, vectors of attributes, vectors of users and items."""

    n_items: int
    user_width: int
    item_width: int
    size: int


def two_towers(shape: TowerShape, log_popularity: FloatArray, seed: int) -> keras.Model:
    """(history (n_items,), user attributes, item row (1,), item attributes) -> score of the pair (1,).

    What attributes say starts at nothing, so that a cell that no training row has says nothing later either.

    Args:
        log_popularity: where the items' biases start, shape (n_items,).
    """
    spread = keras.initializers.GlorotUniform
    history = keras.Input((shape.n_items,), name=HISTORY)
    user_attributes = keras.Input((shape.user_width,), name=USER_ATTRIBUTES)
    item = keras.Input((), dtype="int32", name=ITEM)
    item_attributes = keras.Input((shape.item_width,), name=ITEM_ATTRIBUTES)

    def linear(name: str, size: int, start: str | keras.Initializer = "zeros") -> keras.layers.Dense:
        return keras.layers.Dense(size, use_bias=False, kernel_initializer=start, name=f"{name}_weights")

    chosen = keras.ops.sqrt(keras.ops.sum(history, axis=-1, keepdims=True) + SIZE_OFFSET)
    user = linear(HISTORY, shape.size, spread(seed=seed + 1))(history / chosen)
    user = user + linear(USER_ATTRIBUTES, shape.size)(user_attributes)
    embedded = keras.layers.Embedding(
        shape.n_items, shape.size, spread(seed=seed + 2), name=f"{ITEM}_weights"
    )(item)
    embedded = embedded + linear(ITEM_ATTRIBUTES, shape.size)(item_attributes)
    popularity = keras.layers.Embedding(shape.n_items, 1, "zeros", name=f"{ITEM_BIAS}_weights")
    bias = popularity(item) + linear(ITEM_ATTRIBUTES_BIAS, 1)(item_attributes)
    score = keras.ops.sum(user * embedded, axis=-1, keepdims=True) + bias
    model = keras.Model([history, user_attributes, item, item_attributes], score, name="two_tower")
    popularity.embeddings.assign(log_popularity[:, None])
    return model


def weight(model: keras.Model, name: str) -> keras.Variable:
    """The one weight of the part of that name."""
    variable: keras.Variable = model.get_layer(f"{name}_weights").weights[0]
    return variable


def user_vectors(model: keras.Model, chosen: HistoryRows, shown: tf.Tensor, known: HistoryRows) -> tf.Tensor:
    """Vectors of a batch of users, float32 (batch, size).

    Args:
        chosen: their histories; `shown` tells which events count, 1 or 0 each.
        known: their attributes.
    """
    n_shown = tf.math.segment_sum(shown, chosen.owner)  # shorter where the last users have no event
    n_shown = tf.pad(n_shown, [[0, tf.shape(chosen.sizes)[0] - tf.shape(n_shown)[0]]])
    scaled = shown * tf.gather(tf.math.rsqrt(n_shown + SIZE_OFFSET), chosen.owner)
    return _summed(chosen, scaled, weight(model, HISTORY)) + _summed(
        known, known.values, weight(model, USER_ATTRIBUTES)
    )


def item_vectors(
    model: keras.Model, rows: tf.Tensor, known: HistoryRows, kept: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Vectors (n, size) and biases (n,) of items; `kept` is 0 where attributes alone speak, float32 (n,)."""
    own = tf.gather(weight(model, ITEM).value, rows) * kept[:, None]
    own_bias = tf.gather(weight(model, ITEM_BIAS).value, rows)[:, 0] * kept
    bias = _summed(known, known.values, weight(model, ITEM_ATTRIBUTES_BIAS))[:, 0]
    return own + _summed(known, known.values, weight(model, ITEM_ATTRIBUTES)), own_bias + bias


def _summed(rows: HistoryRows, numbers: tf.Tensor, table: keras.Variable) -> tf.Tensor:
    """Weighted sums of the table's rows, (batch, size): a sparse product, whose gradient is dense at once."""
    cells = tf.cast(tf.stack([rows.owner, rows.items], axis=1), tf.int64)
    shape = tf.cast(tf.stack([tf.shape(rows.sizes)[0], rows.n_items]), tf.int64)
    found: tf.Tensor = tf.sparse.sparse_dense_matmul(tf.SparseTensor(cells, numbers, shape), table.value)
    return found


def as_towers(
    model: keras.Model, chosen: BoolArray, attributes: csr_matrix, spaces: tuple[csr_matrix, csr_matrix]
) -> Towers:
    """The weights for serving; items that were chosen score as the network does, the others from attributes alone.

    What items of like attributes have in common beyond their attributes is told by the attributes from here on
    (`in_common`), so that it holds for an item that nobody chose yet.

    Args:
        chosen: which items anybody chose in training, (n_items,); the others keep their attributes alone.
        attributes: of the items, as the network reads them, (n_items, width).
        spaces: what the vectors of attributes of users and of items were multiplied with.
    """
    numbers = {
        name: weight(model, name).numpy()
        for name in (HISTORY, USER_ATTRIBUTES, ITEM, ITEM_BIAS, ITEM_ATTRIBUTES, ITEM_ATTRIBUTES_BIAS)
    }
    own = np.hstack([numbers[ITEM], numbers[ITEM_BIAS]])  # (n_items, size + 1)
    common = in_common(attributes[chosen], own[chosen])
    own = (own - attributes @ common) * chosen[:, None]
    told = np.hstack([numbers[ITEM_ATTRIBUTES], numbers[ITEM_ATTRIBUTES_BIAS]]) + common
    return Towers(
        history=numbers[HISTORY] * chosen[:, None],
        user_attributes=spaces[0] @ numbers[USER_ATTRIBUTES],
        items=own[:, :-1],
        item_bias=own[:, -1],
        item_attributes=spaces[1] @ told[:, :-1],
        item_attributes_bias=spaces[1] @ told[:, -1],
    )


def in_common(attributes: csr_matrix, own: FloatArray) -> FloatArray:
    """What each cell of attributes says of the items' own vectors: one ridge regression, float32 (width, d).

    A cell counts as if COMMON_PRIOR further items had it and said nothing (Gantner et al., Learning attribute-to-feature
    mappings for cold-start recommendations, ICDM 2010).

    Args:
        attributes: (n, width) of the items that were chosen; own: their vectors (n, d).
    """
    gram = np.asarray((attributes.T @ attributes).toarray(), dtype=np.float64)
    gram[np.diag_indices_from(gram)] += COMMON_PRIOR
    return np.asarray(np.linalg.solve(gram, attributes.T @ own.astype(np.float64)), dtype=np.float32)
