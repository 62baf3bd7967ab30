"""Tables of attributes as vectors that a model can read: fitted once, kept as JSON, the same on every machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, hstack

from recsys_core.columns import ITEM, TITLE, USER
from recsys_core.data.attribute_columns import (
    MAX_CATEGORIES,
    CategoryColumn,
    Column,
    ListColumn,
    NumberColumn,
    TextColumn,
    column_as_dict,
    column_from_dict,
    looks_like_dates,
    texts_of,
)

MAX_WIDTH = 4096
TEXT_WIDTH, NARROWEST_TEXT = 1024, 64


@dataclass(frozen=True)
class AttributeEncoder:
    """What is known of users (items) as sparse vectors of bounded width.

    Numbers and dates are standardised and binned, with a flag where missing; text or yes/no with at most 200
    distinct values is one-hot; lists are multi-hot; titles and other text are hashed n-grams. Ids are never read.
    A cell of the wrong type is read as what its column holds, or counts as missing: nothing raises.

    Attributes:
        columns: the columns it reads, in the table's order.
        left_out: columns that say nothing (one value, ids) or found no room.
    """

    columns: tuple[Column, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls, table: pd.DataFrame, list_columns: Collection[str] = (), *, max_width: int = MAX_WIDTH
    ) -> Self:
        """Learns means, words and rarities of the columns.

        Args:
            table: one row a user or item; ids may be among the columns.
            list_columns: columns that hold lists; a column in which a list stands counts as one, too.
            max_width: cells in all; columns that find no room are left out, texts made narrower first.
        """
        given = _by_name(table)
        kinds = {name: _kind(column, name, list_columns) for name, column in given.items()}
        n_texts = sum(kind == TextColumn.kind for kind in kinds.values())
        short = {name: _fit_one(name, given[name], kind) for name, kind in kinds.items()}
        room = max_width - sum(column.width for column in short.values() if column is not None)
        text_width = _text_width(room, n_texts)
        chosen: list[Column] = []
        left_out = []
        for name, kind in kinds.items():
            column = short[name]
            if kind == TextColumn.kind and text_width:
                column = TextColumn.fit(name, given[name], width=text_width)
            if column is None or sum(one.width for one in chosen) + column.width > max_width:
                left_out.append(name)
            else:
                chosen.append(column)
        return cls(tuple(chosen), tuple(left_out))

    @property
    def describing(self) -> Self:
        """The same without free text and words of many values, which rather name than describe."""
        kept = tuple(one for one in self.columns if not isinstance(one, TextColumn))
        return replace(self, columns=kept)

    @property
    def width(self) -> int:
        """Cells of a vector."""
        return sum(column.width for column in self.columns)

    def labels(self) -> list[str]:
        """What each cell stands for, (width,)."""
        return [label for column in self.columns for label in column.labels()]

    def transform(self, table: pd.DataFrame | None, n_rows: int | None = None) -> csr_matrix:
        """The table as vectors, float32, shape (n, width).

        Args:
            table: any columns in any order; one that is not there is missing in every row, others are not read.
            n_rows: how many rows to give where there is no table.
        """
        n = n_rows or 0 if table is None else len(table)
        found = {} if table is None else _by_name(table)
        nothing = pd.Series([None] * n, dtype=object)
        blocks = [column.encode(found.get(column.name, nothing)) for column in self.columns]
        return csr_matrix(hstack([csr_matrix((n, 0)), *blocks]), dtype=np.float32, shape=(n, self.width))

    def to_json(self) -> dict[str, Any]:
        """Everything it learned, as values that JSON can hold."""
        return {
            "columns": [column_as_dict(column) for column in self.columns],
            "left_out": list(self.left_out),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The encoder that `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
        return cls(tuple(column_from_dict(dict(one)) for one in stored["columns"]), tuple(stored["left_out"]))


def attributes_of(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Attributes as a person types them, one mapping a user or item, as a table that `transform` reads."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names},
        index=range(len(rows)),
    )


def _by_name(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns by their names as text; the first of equal names counts."""
    places = {str(name): place for place, name in reversed(list(enumerate(table.columns)))}
    return {name: table.iloc[:, places[name]] for name in dict.fromkeys(map(str, table.columns))}


def _kind(column: pd.Series, name: str, list_columns: Collection[str]) -> str | None:
    """The kind of a column by its cells; None for ids and for what has only one value."""
    if name in (USER, ITEM):
        return None
    if name in list_columns or column.map(lambda cell: isinstance(cell, (list, tuple, np.ndarray))).any():
        return ListColumn.kind
    present = [text for text in texts_of(column) if text is not None]
    distinct = set(present)
    if not distinct or (len(distinct) == 1 and len(present) == len(column)):
        return None
    return TextColumn.kind if name == TITLE else _kind_of_cells(column, present, len(distinct))


def _kind_of_cells(column: pd.Series, present: Sequence[str], n_distinct: int) -> str:
    is_bool = pd.api.types.is_bool_dtype(column.dtype)
    if not is_bool and pd.api.types.is_numeric_dtype(column.dtype):
        return NumberColumn.kind
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or looks_like_dates(present):
        return "time"
    few = n_distinct <= MAX_CATEGORIES and (n_distinct <= 2 or n_distinct <= len(present) / 2)
    return CategoryColumn.kind if few else TextColumn.kind


def _fit_one(name: str, column: pd.Series, kind: str | None) -> Column | None:
    """The fitted column; None for texts, whose width depends on the others."""
    if kind in (NumberColumn.kind, "time"):
        return NumberColumn.fit(name, column, is_time=kind == "time")
    if kind == CategoryColumn.kind:
        return CategoryColumn.fit(name, column)
    return ListColumn.fit(name, column) if kind == ListColumn.kind else None


def _text_width(room: int, n_texts: int) -> int:
    """A power of two that fits each text, 0 where none does."""
    share = room // max(n_texts, 1)
    if share < NARROWEST_TEXT:
        return 0
    return int(min(TEXT_WIDTH, 2 ** int(np.log2(share))))
