"""Histories of uneven length held in tensors, and dense batches of them cut inside the compiled graph.

No users x items table is ever made: a batch is (batch, n_items), filled from the ragged rows of its users.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.splits import Split
from recsys_core.types import IntArray

LONG_PART = 0.7
MOST_APART = 2.0
"""Standard scores of values are cut here: one odd value is not the whole lesson."""
MASKED = -1e9


def emphasised(split: Split, rows: IntArray, emphasis: float) -> csr_matrix:
    """Users x items: exp(emphasis z) where the rows hold a pair, z the standard score of its rating, else empty.

    z is cut at -2 and 2. What was chosen and rated highly tells more of what will be chosen than what was chosen and
    disliked. Data other than ratings, or with one value throughout, weigh 1 everywhere.
    """
    seen = split.matrix(rows)
    users, items, values = split.triples(rows)
    spread = float(np.std(values, dtype=np.float64)) if len(values) else 0.0
    if split.dataset.kind is not Kind.RATING or spread == 0.0 or emphasis == 0.0:
        return seen
    scores = np.clip((values - np.mean(values, dtype=np.float64)) / spread, -MOST_APART, MOST_APART)
    weights = csr_matrix((np.exp(emphasis * scores), (users, items)), shape=seen.shape, dtype=np.float32)
    counts = csr_matrix((np.ones(len(rows), np.float32), (users, items)), shape=seen.shape)
    weights.data /= counts.data  # a pair that stands there twice weighs the mean
    return weights


@dataclass(frozen=True)
class Histories:
    """What each user chose, as tensors that a compiled step gathers from.

    Attributes:
        starts, sizes: int32 (n_users,), where a user's rows begin and how many they are.
        items: int32 (n_events,), item rows, user by user.
        values: float32 (n_events,), the number that stands beside each: 1, a rating, whether it was liked.
    """

    starts: tf.Tensor
    sizes: tf.Tensor
    items: tf.Tensor
    values: tf.Tensor
    n_items: int

    @classmethod
    def of(cls, matrix: csr_matrix) -> Histories:
        """The rows of a users x items matrix, its stored numbers as values (explicit zeros are kept)."""
        return cls(
            tf.constant(matrix.indptr[:-1], tf.int32),
            tf.constant(np.diff(matrix.indptr), tf.int32),
            tf.constant(matrix.indices, tf.int32),
            tf.constant(matrix.data, tf.float32),
            int(matrix.shape[1]),
        )

    def rows(self, users: tf.Tensor) -> HistoryRows:
        """The events of these users, one after the other: int32 (batch,) -> their rows."""
        sizes = tf.gather(self.sizes, users)
        owner = tf.repeat(tf.range(tf.shape(users)[0]), sizes)
        place = tf.range(tf.shape(owner)[0]) - tf.repeat(tf.cumsum(sizes, exclusive=True), sizes)
        event = tf.repeat(tf.gather(self.starts, users), sizes) + place
        return HistoryRows(
            owner, tf.gather(self.items, event), tf.gather(self.values, event), sizes, self.n_items
        )


@dataclass(frozen=True)
class HistoryRows:
    """The events of one batch of users.

    Attributes:
        owner: int32 (n_events,), the place in the batch of the user of each event.
        items, values: as in `Histories`, of these events.
        sizes: int32 (batch,), events of each user.
    """

    owner: tf.Tensor
    items: tf.Tensor
    values: tf.Tensor
    sizes: tf.Tensor
    n_items: int

    def dense(self, numbers: tf.Tensor) -> tf.Tensor:
        """Spreads one number an event over the catalogue: float32 (n_events,) -> (batch, n_items), else 0."""
        cells = tf.stack([self.owner, self.items], axis=1)
        return tf.scatter_nd(cells, numbers, tf.stack([tf.shape(self.sizes)[0], self.n_items]))

    def shown(self, short_share: float, draws: list[tf.Tensor], long_part: float = LONG_PART) -> Shown:
        """Draws which events a network is shown.

        A `short_share` of the users show a part whose size is log-uniform between half an event and all; the
        others show each event with probability `long_part`.

        Args:
            draws: three stateless seeds, int (2,) each.
        """
        log_size = tf.math.log(2.0 * tf.cast(tf.maximum(self.sizes, 1), tf.float32))
        short = tf.exp(-tf.random.stateless_uniform(tf.shape(self.sizes), draws[0]) * log_size)
        is_short = tf.random.stateless_uniform(tf.shape(self.sizes), draws[1]) < short_share
        share = tf.where(is_short, short, long_part)
        drawn = tf.random.stateless_uniform(tf.shape(self.owner), draws[2])
        return Shown(tf.cast(drawn < tf.gather(share, self.owner), tf.float32), is_short)


@dataclass(frozen=True)
class Shown:
    """What a batch shows.

    Attributes:
        events: float32 (n_events,), 1 where an event is shown, else 0.
        is_short: bool (batch,), whether a user shows a short part.
    """

    events: tf.Tensor
    is_short: tf.Tensor


def step_seeds(seed: int, epoch: tf.Tensor, step: tf.Tensor, n_streams: int) -> list[tf.Tensor]:
    """Stateless seeds of one training step: they depend on (seed, epoch, step) alone, so a resumed run repeats."""
    return [tf.stack([seed * 101 + stream, epoch * 100_003 + step]) for stream in range(n_streams)]
