"""A Markov chain over the last few items: what was chosen soon after each of them, by anybody.

References: Zimdars, Chickering & Meek, Using temporal data for making recommendations, UAI 2001; windows of several
steps and decay as in sequential rules, Ludewig & Jannach, Evaluation of session-based recommendation algorithms,
UMUAI 2018.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.sparse import csr_matrix, diags

from recsys_core.data.ordered import Ordered
from recsys_core.data.splits import Split
from recsys_core.i18n import N_
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.models.params import common
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.item_weights import ItemWeightsScorer
from recsys_core.types import IntArray

TIE_DRAWS = 5
TIE_STREAM = 11


class Markov(Recommender):
    """W[i, j] = C[i, j] / (C[i] + smoothing) / n_j^discount; a list sums decay^lag W over the last items.

    C[i, j] counts how often j came within `window` steps after i, a step later weighing `decay` less. Where times
    are equal their order says nothing: C is the mean over five orders drawn for them from the split's seed.
    """

    name: ClassVar[str] = "markov"
    needs_time: ClassVar[bool] = True
    can: Capabilities = Capabilities(new_users=True, ordered=True)
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "window",
            N_("Window"),
            "int",
            10,
            N_("How many steps an item speaks ahead, and how many last items are read."),
            1,
            100,
        ),
        ParamSpec(
            "decay",
            N_("Decay"),
            "float",
            0.8,
            N_("What one more step is worth: 1 counts all steps of the window alike."),
            0.05,
            1.0,
        ),
        ParamSpec(
            "smoothing",
            N_("Smoothing"),
            "float",
            100.0,
            N_("Higher: an item that was seldom followed by anything says less."),
            0.0,
            100_000.0,
            advanced=True,
        ),
        ParamSpec(
            "popularity_discount",
            N_("Popularity discount"),
            "float",
            0.2,
            N_("0 leaves popular items their head start; 1 takes all of it."),
            0.0,
            1.0,
            advanced=True,
        ),
        common.target(),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        known = split.ordered(self.learned_rows(split, split.fit_rows))
        n_items = split.dataset.n_items
        window, decay = self.settings["window"], self.settings["decay"]
        rng = np.random.default_rng([split.spec.seed, TIE_STREAM])
        users = np.repeat(np.arange(len(known.indptr) - 1), np.diff(known.indptr))
        orders = [known.items, *_redrawn(known, users, rng)]
        counts = sum(follow_counts(users, items, n_items, window, decay) for items in orders) / len(orders)
        weights = _normalised(
            counts, known.items, self.settings["smoothing"], self.settings["popularity_discount"]
        )
        return ItemWeightsScorer(weights, known.indptr, known.items, decay, window)


def _redrawn(known: Ordered, users: IntArray, rng: np.random.Generator) -> list[IntArray]:
    """The items with equal times of a user in other orders; none where no times are equal."""
    assert known.times is not None  # needs_time
    new = np.ones(len(users), dtype=bool)
    new[1:] = (users[1:] != users[:-1]) | (known.times[1:] != known.times[:-1])
    if new.all():
        return []
    groups = np.cumsum(new)
    return [known.items[np.lexsort((rng.random(len(groups)), groups))] for _draw in range(TIE_DRAWS - 1)]


def follow_counts(users: IntArray, items: IntArray, n_items: int, window: int, decay: float) -> csr_matrix:
    """C[i, j] = sum over steps s = 1..window of decay^(s - 1) times how often a user's j came s after i.

    Args:
        users, items: shape (n,), by user, oldest first.
    Returns:
        (n_items, n_items) float64; the diagonal is empty.
    """
    counts = csr_matrix((n_items, n_items))
    for step in range(1, min(window, len(users) - 1) + 1):
        pairs = (users[step:] == users[:-step]) & (items[step:] != items[:-step])
        cells = items[:-step][pairs], items[step:][pairs]
        counts = counts + csr_matrix(
            (np.full(len(cells[0]), decay ** (step - 1)), cells), shape=(n_items, n_items)
        )
    return counts


def _normalised(counts: csr_matrix, items: IntArray, smoothing: float, discount: float) -> csr_matrix:
    total = np.asarray(counts.sum(axis=1)).ravel()
    chosen = np.bincount(items, minlength=counts.shape[0])
    rows = diags(1.0 / np.maximum(total + smoothing, 1e-9))
    columns = diags(np.power(chosen + 1.0, -discount))
    return csr_matrix(rows @ counts @ columns, dtype=np.float32)
