"""Item attributes as vectors: what two items have in common, for diversity and for neighbours."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.types import FloatArray

MAX_CATEGORIES = 200


def attribute_values(column: pd.Series, *, is_list: bool) -> pd.Series:
    """One row a (item, value): exploded lists, text, missing left out; the index is the item row."""
    values = column.explode() if is_list else column
    values = values.dropna().astype("str")
    return values[values != ""]


def categorical_columns(data: Dataset) -> list[str]:
    """Item attributes that group items: lists first, then text with few distinct values."""
    lists = [name for name in data.item_attributes if name in data.list_columns]
    texts = [
        name
        for name in data.item_attributes
        if name not in lists
        and not pd.api.types.is_numeric_dtype(data.items[name])
        and 1 < data.items[name].nunique() <= MAX_CATEGORIES
    ]
    return lists + texts


def attribute_vectors(data: Dataset) -> tuple[FloatArray | None, list[str]]:
    """Unit vectors over the values of the first grouping attribute, shape (n_items, n_values), and the values.

    Items without a value have a zero vector. (None, []) where no attribute groups items.
    """
    columns = categorical_columns(data)
    if not columns:
        return None, []
    column = columns[0]
    values = attribute_values(data.items[column], is_list=column in data.list_columns)
    codes, names = pd.factorize(values, sort=True)
    vectors = np.zeros((data.n_items, len(names)))
    vectors[values.index.to_numpy(), codes] = 1.0
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=vectors, where=length > 0), [str(name) for name in names]
