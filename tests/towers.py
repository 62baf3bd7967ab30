"""Two towers with weights written by hand or drawn by lot: no training, no TensorFlow."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split
from recsys_core.serving.two_tower import Towers, TwoTowerScorer
from recsys_core.types import FloatArray


def placed_towers(
    data: Dataset, users: FloatArray, items: FloatArray, bias_of: dict[str, float]
) -> TwoTowerScorer:
    """Users and items at these places (n, d); a new item is at none, and its bias is the sum of its cells'.

    Args:
        bias_of: label of a cell (as `AttributeEncoder.labels` says) -> its bias, 0 for the others.
    """
    of_users = AttributeEncoder.fit(data.users, data.list_columns)
    of_items = AttributeEncoder.fit(data.items, data.list_columns)
    size = users.shape[1]
    bias = np.array([bias_of.get(label, 0.0) for label in of_items.labels()])
    towers = Towers(
        history=np.zeros((data.n_items, size)),
        user_attributes=np.zeros((of_users.width, size)),
        items=items,
        item_bias=np.zeros(data.n_items),
        item_attributes=np.zeros((of_items.width, size)),
        item_attributes_bias=bias,
    )
    return TwoTowerScorer(towers, users, items, np.zeros(data.n_items), (of_users, of_items))


def drawn_towers(split: Split, *, size: int = 4, seed: int = 0) -> TwoTowerScorer:
    """Weights drawn by lot, histories and attributes as in the split."""
    data, rng = split.dataset, np.random.default_rng(seed)
    encoders = (
        AttributeEncoder.fit(data.users, data.list_columns),
        AttributeEncoder.fit(data.items, data.list_columns),
    )
    attributes = encoders[0].transform(data.users), encoders[1].transform(data.items)
    seen: csr_matrix = split.matrix(split.fit_rows)
    known = np.asarray(seen.sum(axis=0)).ravel() > 0
    towers = Towers(
        history=rng.normal(size=(data.n_items, size)),
        user_attributes=rng.normal(size=(encoders[0].width, size)),
        items=rng.normal(size=(data.n_items, size)) * known[:, None],
        item_bias=rng.normal(size=data.n_items) * known,
        item_attributes=rng.normal(size=(encoders[1].width, size)),
        item_attributes_bias=rng.normal(size=encoders[1].width),
    )
    return TwoTowerScorer.of(towers, seen, attributes, encoders)
