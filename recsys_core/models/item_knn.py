"""Item-based nearest neighbours: what goes with an item is what the same users chose.

Reference: Deshpande & Karypis, Item-based top-N recommendation algorithms, ACM TOIS 2004; the asymmetric cosine as
in Aiolli, Efficient top-N recommendation for very large scale binary rated datasets, RecSys 2013.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from recsys_core.data.splits import Split
from recsys_core.i18n import N_
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.models.params import common
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.item_weights import ItemWeightsScorer

CELLS_A_BLOCK = 8_000_000


class ItemKnn(Recommender):
    """W[i, j] = |U_i and U_j| / (|U_i|^a |U_j|^(1 - a) + shrinkage), kept for the k most similar i of every j.

    U_i are the users who chose i; a = 0.5 is the cosine. Values are not read: on rating data `target` tells which
    rows count. Blocks of items are compared at a time, so the whole table is never there.
    """

    name: ClassVar[str] = "item_knn"
    can: Capabilities = ItemWeightsScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "neighbours",
            N_("Neighbours"),
            "int",
            200,
            N_("How many similar items speak for each item."),
            1,
            5000,
            log=True,
        ),
        ParamSpec(
            "shrinkage",
            N_("Shrinkage"),
            "float",
            10.0,
            N_("Higher: a likeness that few users vouch for counts less."),
            0.0,
            10_000.0,
        ),
        ParamSpec(
            "asymmetry",
            N_("Asymmetry"),
            "float",
            0.6,
            N_("0.5 is the cosine; higher favours popular items, lower rare ones."),
            0.0,
            1.0,
            advanced=True,
        ),
        common.target(),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        rows = self.learned_rows(split, split.fit_rows)
        weights = neighbour_weights(
            split.matrix(rows),
            self.settings["neighbours"],
            self.settings["shrinkage"],
            self.settings["asymmetry"],
        )
        known = split.ordered(rows)
        return ItemWeightsScorer(weights, known.indptr, known.items)


def neighbour_weights(seen: csr_matrix, neighbours: int, shrinkage: float, asymmetry: float) -> csr_matrix:
    """The similarities, at most `neighbours` a column: (n_users, n_items) of ones -> (n_items, n_items) float32.

    An item is no neighbour of itself; among equal similarities at the edge any may be kept.
    """
    n_items = seen.shape[1]
    counts = np.asarray(seen.sum(axis=0), dtype=np.float64).ravel()
    by_user, by_item = seen.T.tocsr(), csc_matrix(seen)
    source = np.power(counts, asymmetry)
    block = max(1, CELLS_A_BLOCK // n_items)
    sources, targets, kept = [], [], []
    for start in range(0, n_items, block):
        stop = min(start + block, n_items)
        together = (by_user @ by_item[:, start:stop]).T.toarray()  # (block, n_items), a row a target
        scale = np.outer(np.power(counts[start:stop], 1.0 - asymmetry), source) + shrinkage
        alike = np.divide(together, scale, out=np.zeros_like(scale), where=together > 0)
        alike[np.arange(stop - start), np.arange(start, stop)] = 0.0
        if neighbours < n_items:
            best = np.sort(np.argpartition(-alike, neighbours - 1, axis=1)[:, :neighbours], axis=1)
        else:
            best = np.tile(np.arange(n_items), (stop - start, 1))
        values = np.take_along_axis(alike, best, axis=1)
        rows, places = np.nonzero(values)
        sources.append(best[rows, places])
        targets.append(rows + start)
        kept.append(values[rows, places])
    cells = np.concatenate(sources), np.concatenate(targets)
    return csr_matrix((np.concatenate(kept).astype(np.float32), cells), shape=(n_items, n_items))
