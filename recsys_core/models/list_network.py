"""The network behind `history_encoder` and `autoencoder`: a history in, scores of the catalogue out.

A history x becomes a vector, and the vector becomes logits of a multinomial over the catalogue. In the variational
form the vector is drawn from a normal distribution whose mean and variance the network reads from the history, and
a KL term pulls that distribution towards the standard normal; what is served is its mean.
Reference: Liang, Krishnan, Hoffman & Jebara, Variational autoencoders for collaborative filtering, WWW 2018.

Several members may share one pass: each has its own vector, its own noise and its own loss, so that they learn
different things; what is served is the mean of their logits (deep ensembles, Lakshminarayanan et al., NeurIPS 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

SIZE_OFFSET = 3.0
LOG_VARIANCE_BOUND = 8.0
"""Keeps its exponential finite, also where the learning rate is far too high."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a network is built.

    Attributes:
        n_items: size of the catalogue.
        embedding_size: numbers a member sums a history up in.
        members: networks that are learned side by side and averaged.
        hidden_units: tanh units between the history and the vector, and between the vector and the catalogue; 0 for
            none. Only a single member may have them.
        variational: whether the vector is drawn from a distribution.
    """

    n_items: int
    embedding_size: int
    members: int = 1
    hidden_units: int = 0
    variational: bool = True


class ListNetwork:
    """The layers, how they are learned and how they are served.

    Attributes:
        served: (batch, n_items) of 0 and 1 -> (batch, n_items) logits, without noise.
        weights: everything that is learned; `served` holds all of it but the variance.
    """

    def __init__(self, shape: Shape, counts: np.ndarray, seed: int) -> None:
        """`counts` (n_items,): how often each item was chosen; the bias starts at its logarithm."""
        self.shape = shape
        width = shape.members * shape.embedding_size
        self._mean = _dense(width, seed + 1, bias=False)
        self._log_variance = _dense(width, seed + 2, bias=False)
        self._before = _dense(shape.hidden_units, seed + 3, tanh=True) if shape.hidden_units else None
        self._after = _dense(shape.hidden_units, seed + 4, tanh=True) if shape.hidden_units else None
        self._catalogue = _dense(shape.n_items, seed + 5)
        history = keras.Input((shape.n_items,), name="history")
        encoded = self._encoded(scaled(history))
        vector = self._mean(encoded) / float(shape.members)
        decoded = self._after(vector) if self._after else vector
        self.served = keras.Model(history, self._catalogue(decoded), name="lists")
        self.weights = list(self.served.trainable_variables)
        if shape.variational:
            self._log_variance.build((None, encoded.shape[-1]))
            self.weights += self._log_variance.trainable_variables
        smoothed = counts + 1.0
        self._catalogue.bias.assign(np.log(smoothed / smoothed.sum()).astype(np.float32))

    def learning(self, inputs: tf.Tensor, seed: tf.Tensor, noisy: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Logits and KL divergence of every member, with noise.

        Args:
            inputs: float32 (batch, n_items), histories that were scaled (`scaled`) and thinned by dropout.
            seed: int (2,), draws the noise of the variational form.
            noisy: float32 (batch,), 0 for examples without noise and KL term, else 1.
        Returns:
            float32 (members, batch, n_items) and (members, batch).
        """
        encoded = self._encoded(inputs)
        vector, divergence = self._by_member(self._mean(encoded)), tf.zeros((1, 1))
        if self.shape.variational:
            log_variance = tf.clip_by_value(
                self._by_member(self._log_variance(encoded)), -LOG_VARIANCE_BOUND, LOG_VARIANCE_BOUND
            )
            divergence = kl_divergence(vector, log_variance) * noisy
            noise = tf.random.stateless_normal(tf.shape(vector), seed)
            vector += noise * tf.exp(0.5 * log_variance) * noisy[:, None]
        if self._after is not None:
            return self._catalogue(self._after(vector[0]))[None], divergence
        kernel = tf.reshape(
            self._catalogue.kernel.value, (self.shape.members, self.shape.embedding_size, self.shape.n_items)
        )
        return tf.matmul(vector, kernel) + self._catalogue.bias.value, divergence

    def _encoded(self, history: tf.Tensor) -> tf.Tensor:
        return self._before(history) if self._before else history

    def _by_member(self, vectors: tf.Tensor) -> tf.Tensor:
        """(batch, members * size) -> (members, batch, size)."""
        apart = tf.reshape(vectors, (-1, self.shape.members, self.shape.embedding_size))
        return tf.transpose(apart, (1, 0, 2))


def scaled(history: tf.Tensor) -> tf.Tensor:
    """Divides by sqrt(|x| + 3): long histories weigh more than short ones, but not in proportion."""
    size = keras.ops.sum(history, axis=-1, keepdims=True)
    return history / keras.ops.sqrt(size + SIZE_OFFSET)


def kl_divergence(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """KL(N(mean, variance) || N(0, 1)) summed over the last axis."""
    return 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean**2 - 1.0 - log_variance, axis=-1)


def _dense(units: int, seed: int, *, bias: bool = True, tanh: bool = False) -> keras.layers.Dense:
    glorot = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(
        units, activation="tanh" if tanh else None, use_bias=bias, kernel_initializer=glorot
    )
