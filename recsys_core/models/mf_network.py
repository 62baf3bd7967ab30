"""The network of `mf`: its tables as Keras layers, and its prediction error for some rows at once."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from recsys_core.data.splits import Split
from recsys_core.serving.mf import DAMPING
from recsys_core.types import FloatArray, IntArray

START = 0.02


@dataclass(frozen=True)
class Residuals:
    """The ratings that are known, without what the damped means explain.

    Attributes:
        users, items: (n,) rows; shape: (n_users, n_items).
        targets: value - mean; deviations: target - item mean; residuals: deviation - user mean; each (n,).
    """

    users: IntArray
    items: IntArray
    targets: FloatArray
    deviations: FloatArray
    residuals: FloatArray
    user_means: FloatArray
    item_means: FloatArray
    mean: float
    span: tuple[float, float]
    shape: tuple[int, int]

    @classmethod
    def of(cls, split: Split, rows: IntArray) -> Residuals:
        """Damped means first of the items, then of the users, over these rows."""
        users, items, values = split.triples(rows)
        shape = split.dataset.n_users, split.dataset.n_items
        mean = float(values.mean(dtype=np.float64))
        targets = values.astype(np.float64) - mean
        item_means = np.bincount(items, targets, shape[1]) / (
            np.bincount(items, minlength=shape[1]) + DAMPING
        )
        deviations = targets - item_means[items]
        user_means = np.bincount(users, deviations, shape[0]) / (
            np.bincount(users, minlength=shape[0]) + DAMPING
        )
        residuals = deviations - user_means[users]
        span = float(values.min()), float(values.max())
        return cls(users, items, targets, deviations, residuals, user_means, item_means, mean, span, shape)

    def tensors(self, user_attributes: FloatArray, item_attributes: FloatArray) -> dict[str, tf.Tensor]:
        """Everything that a step reads, on the device."""
        by_user, by_item = np.lexsort((self.items, self.users)), np.lexsort((self.users, self.items))
        n_users, n_items = self.shape
        floats = {
            "targets": self.targets,
            "deviations": self.deviations,
            "residuals": self.residuals,
            "user_counts": np.bincount(self.users, minlength=n_users),
            "item_counts": np.bincount(self.items, minlength=n_items),
            "user_sums": np.bincount(self.users, self.deviations, n_users),
            "user_attributes": user_attributes,
            "item_attributes": item_attributes,
        }
        cells = np.stack([self.users, self.items], axis=1).astype(np.int64)
        return {
            **{name: tf.constant(np.asarray(value, np.float32)) for name, value in floats.items()},
            "users": tf.constant(self.users, tf.int32),
            "items": tf.constant(self.items, tf.int32),
            "by_user": tf.constant(by_user, tf.int32),
            "by_item": tf.constant(by_item, tf.int32),
            "user_cells": tf.constant(cells[by_user]),
            "item_cells": tf.constant(cells[by_item][:, ::-1].copy()),
        }


@dataclass(frozen=True)
class Network:
    """Tables by name, in a Keras model that holds and saves them.

    Attributes:
        model: (user, item, user's and item's attributes, both histories) -> one rating a member.
        tables: name -> variable.
        members: predictions side by side.
    """

    model: keras.Model
    tables: dict[str, keras.Variable]
    members: int

    @property
    def weights(self) -> list[keras.Variable]:
        """Every table."""
        return list(self.tables.values())

    def errors(
        self, known: dict[str, tf.Tensor], rows: tf.Tensor, dropout: float, draws: list[tf.Tensor]
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Prediction minus target of these rows, (batch, members), and the squares that each L2 setting weighs."""
        users, items = tf.gather(known["users"], rows), tf.gather(known["items"], rows)
        table = {name: variable.value for name, variable in self.tables.items()}
        n_rows = tf.shape(known["users"])[0]
        shown = [
            tf.cast(tf.random.stateless_uniform([n_rows], draw) >= dropout, tf.float32) / (1.0 - dropout)
            for draw in draws
        ]
        chosen, raters = tf.gather(table["chosen"], items), tf.gather(table["rater"], users)
        user = _side(known, "user", table["chosen"], shown[0], users, chosen, rows)
        item = _side(known, "item", table["rater"], shown[1], items, raters, rows)
        vectors, biases = tf.gather(table["item"], items), tf.gather(table["item_bias"], items)
        pulls = {
            "l2": tf.reduce_sum(tf.square(vectors)),
            "l2_bias": tf.reduce_sum(tf.square(biases)),
            "l2_history": tf.reduce_sum(tf.square(chosen)) + tf.reduce_sum(tf.square(raters)),
        }
        item += vectors
        # the user's damped mean without the row that is predicted
        left = tf.gather(known["user_sums"], users) - tf.gather(known["deviations"], rows)
        mean = left / (tf.gather(known["user_counts"], users) - 1.0 + DAMPING)
        predicted = biases + mean[:, None]
        described = tf.constant(0.0)
        for name, places in (("user_attributes", users), ("item_attributes", items)):
            if name in table:
                given = tf.gather(known[name], places)
                vector = given @ table[name]
                described += tf.reduce_sum(tf.square(vector))
                predicted += given @ table[f"{name}_bias"]
                user, item = (user + vector, item) if name.startswith("user") else (user, item + vector)
        pulls["l2_attributes"] = described
        products = tf.reshape(user * item, [tf.shape(rows)[0], self.members, -1])
        predicted += tf.reduce_sum(products, axis=2)
        return predicted - tf.gather(known["targets"], rows)[:, None], pulls


def _side(
    known: dict[str, tf.Tensor],
    side: str,
    table: tf.Tensor,
    shown: tf.Tensor,
    owners: tf.Tensor,
    own: tf.Tensor,
    rows: tf.Tensor,
) -> tf.Tensor:
    """History vectors of the owners of some rows, each without its own row: (batch, c)."""
    half = table.shape[1] // 2
    n_owners, n_others = tf.shape(known[f"{side}_counts"])[0], tf.shape(table)[0]
    shape = tf.cast(tf.stack([n_owners, n_others]), tf.int64)
    valued = shown * known["residuals"]
    order, cells = known[f"by_{side}"], known[f"{side}_cells"]
    summed = tf.sparse.sparse_dense_matmul(
        tf.SparseTensor(cells, tf.gather(shown, order), shape), table[:, :half]
    ) + tf.sparse.sparse_dense_matmul(
        tf.SparseTensor(cells, tf.gather(valued, order), shape), table[:, half:]
    )
    without = (
        tf.gather(shown, rows)[:, None] * own[:, :half] + tf.gather(valued, rows)[:, None] * own[:, half:]
    )
    n_left = tf.gather(known[f"{side}_counts"], owners) - 1.0
    return (tf.gather(summed, owners) - without) / tf.sqrt(n_left + 1.0)[:, None]


def build_network(sizes: tuple[int, int, int, int], width: int, members: int, seed: int) -> Network:
    """Fresh tables: normal with deviation .02, biases zero.

    Args:
        sizes: users, items, cells of a user's attributes, cells of an item's.
        width: members x embedding size.
    """
    n_users, n_items, n_user_cells, n_item_cells = sizes
    layers: dict[str, keras.layers.Layer] = {}

    def start(place: int) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=START, seed=seed * 100 + place)

    def embedding(name: str, rows: int, columns: int, place: int | None) -> keras.layers.Layer:
        first = "zeros" if place is None else start(place)
        layers[name] = keras.layers.Embedding(rows, columns, embeddings_initializer=first, name=name)
        return layers[name]

    def dense(name: str, columns: int, place: int | None) -> keras.layers.Layer:
        first = "zeros" if place is None else start(place)
        layers[name] = keras.layers.Dense(columns, use_bias=False, kernel_initializer=first, name=name)
        return layers[name]

    user, item = (keras.Input((), dtype="int32", name=f"{side}_row") for side in ("user", "item"))
    histories = [keras.Input((width,), name=f"{side}_history") for side in ("user", "item")]
    inputs = [user, item, *histories]
    user_vector, item_vector = histories[0], histories[1] + embedding("item", n_items, width, 1)(item)
    rating = embedding("item_bias", n_items, members, None)(item)
    for name, cells, place in (("user_attributes", n_user_cells, 2), ("item_attributes", n_item_cells, 3)):
        if cells:
            given = keras.Input((cells,), name=f"{name}_given")
            inputs.append(given)
            vector = dense(name, width, place)(given)
            rating = rating + dense(f"{name}_bias", members, None)(given)
            if name.startswith("user"):
                user_vector = user_vector + vector
            else:
                item_vector = item_vector + vector
    products = keras.layers.Reshape((members, width // members))(user_vector * item_vector)
    rating = rating + keras.ops.sum(products, axis=2)
    as_history = [
        embedding("chosen", n_items, 2 * width, 4)(item),
        embedding("rater", n_users, 2 * width, 5)(user),
    ]
    model = keras.Model(inputs, [rating, *as_history], name="mf")
    return Network(model, {name: layer.trainable_variables[0] for name, layer in layers.items()}, members)
