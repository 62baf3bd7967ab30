"""Adam in few kernels: the update of `keras.optimizers.Adam`, without its dozen small operations a variable."""

from __future__ import annotations

import keras
import tensorflow as tf

EPSILON = 1e-7
BETAS = 0.9, 0.999


class FusedAdam:
    """Kingma & Ba (ICLR 2015) with the defaults of Keras; for small networks, where operations cost, not numbers.

    Args:
        variables: what is learned, float32.
        learning_rate: size of a step.
    """

    def __init__(self, variables: list[keras.Variable], learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self.iterations = _zeros((), "iterations")
        self.slots = [
            (_zeros(one.shape, "momentum"), _zeros(one.shape, "velocity")) for one in variables
        ]  # each of the variable's shape

    @property
    def variables(self) -> list[keras.Variable]:
        """All that a resumed training needs."""
        return [self.iterations, *(slot for pair in self.slots for slot in pair)]

    def apply(self, gradients: list[tf.Tensor], variables: list[keras.Variable]) -> None:
        """One step; gradients in the order of the variables that it was made with, dense or rows of a table."""
        step = self.iterations.value.assign_add(1.0)
        powers = [tf.pow(beta, step) for beta in BETAS]
        size = self.learning_rate * tf.sqrt(1.0 - powers[1]) / (1.0 - powers[0])
        for gradient, variable, (momentum, velocity) in zip(gradients, variables, self.slots, strict=True):
            slots = momentum.value, velocity.value
            if isinstance(gradient, tf.IndexedSlices):
                _apply_rows(gradient, variable.value, *slots, size)
                continue
            tf.raw_ops.ResourceApplyAdam(
                var=variable.value.handle,
                m=slots[0].handle,
                v=slots[1].handle,
                beta1_power=powers[0],
                beta2_power=powers[1],
                lr=self.learning_rate,
                beta1=BETAS[0],
                beta2=BETAS[1],
                epsilon=EPSILON,
                grad=gradient,
            )


def _apply_rows(
    gradient: tf.IndexedSlices,
    table: tf.Variable,
    momentum: tf.Variable,
    velocity: tf.Variable,
    size: tf.Tensor,
) -> None:
    """As Keras does it: a row that was looked up k times adds k squares to its velocity, not the square of their sum."""
    width = gradient.values.shape[-1]
    both = tf.concat([gradient.values, tf.square(gradient.values)], axis=1)
    summed = tf.math.unsorted_segment_sum(both, gradient.indices, table.shape[0])  # (n_rows, 2 * width)
    first = momentum.assign(BETAS[0] * momentum + (1.0 - BETAS[0]) * summed[:, :width])
    second = velocity.assign(BETAS[1] * velocity + (1.0 - BETAS[1]) * summed[:, width:])
    table.assign_sub(size * first / (tf.sqrt(second) + EPSILON))


def _zeros(shape: tuple[int, ...], name: str) -> keras.Variable:
    return keras.Variable(keras.ops.zeros(shape, "float32"), trainable=False, name=name)
