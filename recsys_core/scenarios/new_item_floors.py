"""What an item is worth before anybody chose it, by plain counting: the floors of every answer about new items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags

from recsys_core.data.attribute_columns import TextColumn
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset
from recsys_core.types import FloatArray, IntArray

PRIOR_ITEMS = 5.0
"""How many average items each value of an attribute starts with, so that one hit does not make a value popular."""
ScoreUsers = Callable[[IntArray], FloatArray]


@dataclass(frozen=True)
class NewItemScores:
    """One way to place new items among known ones.

    Attributes:
        known: user rows (n,) -> scores of the catalogue (n, n_items).
        new: user rows (n,) -> scores of the new items (n, n_new), on the same scale.
    """

    known: ScoreUsers
    new: ScoreUsers


def popularity_by_attribute(data: Dataset, seen: csr_matrix, items: pd.DataFrame) -> NewItemScores:
    """A new item is as popular as known items of its attributes are; the same score for everybody.

    Each value of an attribute has the mean log popularity of the items that carry it; an item's score is the mean over
    its values, each weighed as the encoder weighs it. Free text counts nothing: a word of a title is no kind of item.

    Args:
        seen: users x items of ones; an item that nobody chose is no evidence.
        items: one row a new item, columns as in `data.items`.
    """
    grouping = [
        column.name
        for column in AttributeEncoder.fit(data.items, data.list_columns).columns
        if not isinstance(column, TextColumn)
    ]
    lists = [name for name in data.list_columns if name in grouping]
    encoder = AttributeEncoder.fit(data.items[grouping], lists)
    popularity = np.log1p(np.asarray(seen.sum(axis=0)).ravel())
    known, new = (abs(encoder.transform(table)) for table in (data.items, items))
    chosen = popularity > 0
    overall = float(popularity[chosen].mean()) if chosen.any() else 0.0
    carried = np.asarray(known[chosen].sum(axis=0)).ravel()
    of_values = (known[chosen].T @ popularity[chosen] + PRIOR_ITEMS * overall) / (carried + PRIOR_ITEMS)
    weights = np.asarray(new.sum(axis=1)).ravel()
    guessed = np.where(weights > 0, (new @ of_values) / np.where(weights > 0, weights, 1.0), overall)
    return NewItemScores(
        lambda users: np.tile(popularity, (len(users), 1)), lambda users: np.tile(guessed, (len(users), 1))
    )


def content_neighbours(data: Dataset, seen: csr_matrix, items: pd.DataFrame) -> NewItemScores:
    """An item suits whom similar items suited: its mean cosine, by attributes, with what a user chose.

    Args:
        seen: users x items of ones.
        items: one row a new item, columns as in `data.items`.
    """
    encoder = AttributeEncoder.fit(data.items, data.list_columns)
    known, new = (unit_rows(encoder.transform(table)) for table in (data.items, items))
    sizes = np.maximum(np.asarray(seen.sum(axis=1)).ravel(), 1.0)
    tastes = csr_matrix(diags(1.0 / sizes) @ seen @ known)  # (n_users, width)
    return NewItemScores(
        lambda users: np.asarray((tastes[users] @ known.T).toarray()),
        lambda users: np.asarray((tastes[users] @ new.T).toarray()),
    )


def unit_rows(vectors: csr_matrix) -> csr_matrix:
    """Every row at length 1; a row of zeros stays."""
    length = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    return csr_matrix(diags(1.0 / np.where(length > 0, length, 1.0)) @ vectors)
