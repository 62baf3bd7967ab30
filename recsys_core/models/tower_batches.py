"""What the two towers learn from, held in tensors, and which items a step compares."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf
from scipy.sparse import csr_matrix

from recsys_core.models.history_batches import MASKED, HistoryRows
from recsys_core.types import BoolArray

MOST_CANDIDATES = 8192
ASKED_SHARE = 0.4
"""Of a user's events, about so many are asked for in a step: 0.3 of most, up to all of those shown little."""


@dataclass(frozen=True)
class TowerData:
    """Histories and attributes of all users and items.

    Attributes:
        seen: users x items, ones.
        weights: the same pairs, what each weighs when it is asked for.
        users: attributes, shape (n_users + 1, width): the last row is that of a user of whom nothing is known.
        items: attributes, shape (n_items, width).
    """

    seen: csr_matrix
    weights: csr_matrix
    users: csr_matrix
    items: csr_matrix

    @property
    def counts(self) -> np.ndarray:
        """How many users chose each item, (n_items,)."""
        return np.bincount(self.seen.indices, minlength=self.seen.shape[1])

    @property
    def chosen(self) -> BoolArray:
        """Which items anybody chose, (n_items,)."""
        return self.counts > 0


@dataclass(frozen=True)
class Candidates:
    """The items that a step compares.

    Attributes:
        rows: item rows, int32 (n,).
        correction: taken from the logits: log of how likely an item is to be among them, float32 (n,).
        place: place among them of every item, -1 for the others, int32 (n_items,).
    """

    rows: tf.Tensor
    correction: tf.Tensor
    place: tf.Tensor

    def events(self, events: HistoryRows, numbers: tf.Tensor) -> tf.Tensor:
        """Spreads one number an event over the candidates: float32 (batch, n), else 0."""
        place = tf.gather(self.place, events.items)
        inside = place >= 0
        here = replace(
            events,
            owner=tf.boolean_mask(events.owner, inside),
            items=tf.boolean_mask(place, inside),
            n_items=tf.shape(self.rows)[0],
        )
        return here.dense(tf.boolean_mask(numbers, inside))


class Catalogue:
    """Which items a step compares: all of them, or in large catalogues those that the batch asks for.

    The latter is the sampled softmax over in-batch items with log-Q correction (Yi et al., Sampling-bias-corrected
    neural modeling for large corpus item recommendations, RecSys 2019): popular items are in nearly every batch, so
    the log of that chance is taken from their logits, or the network would learn to avoid them.
    """

    def __init__(self, data: TowerData, batch_size: int, *, whole: bool) -> None:
        self.n_items, self.whole = data.seen.shape[1], whole
        share = data.counts / max(data.seen.shape[0], 1) * ASKED_SHARE
        chance = -np.expm1(batch_size * np.log1p(-np.minimum(share, 0.999)))
        self._log_chance = tf.constant(np.log(np.maximum(chance, 1e-9)), tf.float32)
        never = np.where(data.chosen, 0.0, -MASKED)  # nobody chose them: nothing to learn from, not even a no
        everything = tf.range(self.n_items)
        self._all = Candidates(everything, tf.constant(never, tf.float32), everything)

    def of_step(self, asked_items: tf.Tensor, seed: tf.Tensor) -> Candidates:
        """The candidates of a step whose users are asked for these items, int32 (n,), repeats allowed."""
        if self.whole:
            return self._all
        order = tf.argsort(tf.random.stateless_uniform(tf.shape(asked_items), seed))
        found = tf.unique(tf.gather(asked_items, order)).y
        rows = found[:MOST_CANDIDATES]
        n_rows, n_found = tf.shape(rows)[0], tf.maximum(tf.shape(found)[0], 1)
        cut = tf.math.log(tf.cast(tf.maximum(n_rows, 1), tf.float32) / tf.cast(n_found, tf.float32))
        place = tf.tensor_scatter_nd_update(tf.fill([self.n_items], -1), rows[:, None], tf.range(n_rows))
        return Candidates(rows, tf.gather(self._log_chance, rows) + cut, place)
