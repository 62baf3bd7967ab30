"""Tables keyed by ids on their way into a Dataset: attributes joined, ids translated, content hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd
from pandas.api.types import is_object_dtype

from recsys_core.data.vocabulary import Vocabulary, natural_order
from recsys_core.types import IntArray


def with_attributes(ids: pd.Series, key: str, extra: pd.DataFrame | None) -> pd.DataFrame:
    """One row an id that occurs, in natural order, with what `extra` knows of it; the first row of an id counts.

    An id that it does not know has gaps, and an empty list where others have lists.
    """
    table = pd.DataFrame({key: pd.Series(natural_order(ids), dtype="str")})
    if extra is None:
        return table
    known = extra.assign(**{key: extra[key].astype("str")}).drop_duplicates(key)
    table = table.merge(known, on=key, how="left", validate="one_to_one")
    for name in extra.columns:
        if is_object_dtype(table[name].dtype) and table[name].map(_is_list).any():
            table[name] = table[name].map(lambda cell: cell if _is_list(cell) else [])
    return table


def rows_of(vocabulary: Vocabulary, ids: pd.Series) -> IntArray:
    """Row numbers of a column of ids, int32; a categorical column is translated category by category."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        return vocabulary.rows(ids.cat.categories).astype(np.int32)[ids.cat.codes.to_numpy()]
    return vocabulary.rows(ids).astype(np.int32)


def content_hash(tables: Iterable[pd.DataFrame], list_columns: Collection[str]) -> str:
    """sha256 over names and cells of the tables; equal content, equal hash."""
    digest = hashlib.sha256()
    for table in tables:
        digest.update(",".join(map(str, table.columns)).encode())
        for name in table:
            cells = table[name].map(_joined) if name in list_columns else table[name]
            digest.update(pd.util.hash_pandas_object(cells, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def _joined(cell: object) -> object:
    """A list as one text, so that it can be hashed."""
    return "|".join(map(str, cell)) if isinstance(cell, (list, np.ndarray)) else cell


def _is_list(cell: object) -> bool:
    return isinstance(cell, (list, np.ndarray))
