"""Weights averaged over the last steps: what is watched, kept and served.

Reference: Polyak & Juditsky, Acceleration of stochastic approximation by averaging, SIAM J. Control Optim. 1992.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf


def average_into(
    averaged: Sequence[keras.Variable], weights: Sequence[keras.Variable], step: tf.Tensor, most_kept: float
) -> None:
    """Moves the averaged weights towards the learner's, fast at first so that the start is soon forgotten.

    Args:
        step: steps made before this one, from 0.
        most_kept: share of the old average that is kept in the long run.
    """
    done = tf.cast(step, tf.float32) + 1.0
    kept = tf.minimum(most_kept, (1.0 + done) / (10.0 + done))
    for mean, now in zip(averaged, weights, strict=True):
        mean.assign(kept * mean.value + (1.0 - kept) * now.value)
