"""Reads Parquet: typed columns, lists kept, what is nested deeper left out and said."""

from __future__ import annotations

import io

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.data.dialect import MOST_COLUMNS
from recsys_core.data.headers import distinct_names
from recsys_core.data.packed import MOST_UNPACKED, Source
from recsys_core.errors import DataError
from recsys_core.i18n import _

NESTED = "nested"
"""Key of `DataFrame.attrs`: columns that were left out because they hold no single values or lists of them."""


def is_parquet(source: Source) -> bool:
    """Whether the content, unpacked, is Parquet."""
    if source.packing in ("gzip", "zip"):
        with source.opened() as stream:
            return stream.read(4) == b"PAR1"
    return source.packing == "parquet"


def read_parquet(source: Source) -> pd.DataFrame:
    """The table with its types; raises DataError when it is damaged, too wide or too large."""
    try:
        with source.opened() as stream:
            file = pq.ParquetFile(stream if source.packing == "parquet" else io.BytesIO(stream.read()))
            _check_size(file, source.name)
            table = file.read()
    except (pa.ArrowException, OSError) as problem:
        raise DataError(
            what=_("the Parquet file is damaged or cut off ({problem})").format(
                problem=type(problem).__name__
            ),
            where=source.name,
            remedy=_("write it again"),
        ) from None
    names = distinct_names(table.column_names)
    columns = {name: _flat(column) for name, column in zip(names, table.columns, strict=True)}
    kept = {name: column for name, column in columns.items() if column is not None}
    frame: pd.DataFrame = pa.table(kept).to_pandas(date_as_object=False, ignore_metadata=True)
    left_out = [name for name, column in columns.items() if column is None]
    return frame.reset_index(drop=True) if not left_out else _told(frame, left_out)


def _told(frame: pd.DataFrame, left_out: list[str]) -> pd.DataFrame:
    frame.attrs[NESTED] = left_out
    return frame


def _check_size(file: pq.ParquetFile, name: str) -> None:
    meta = file.metadata
    if meta.num_columns > MOST_COLUMNS:
        raise DataError(
            what=_("{n:,} columns are more than the {most} that a table of interactions may have").format(
                n=meta.num_columns, most=MOST_COLUMNS
            ),
            where=name,
            remedy=_("give one row an interaction: user, item, value; not one column an item"),
        )
    size = sum(meta.row_group(place).total_byte_size for place in range(meta.num_row_groups))
    if size > MOST_UNPACKED:
        raise DataError(
            what=_("its columns unpack to {size:.1f} GB").format(size=size / 2**30),
            where=name,
            remedy=_("write it without the columns that are not needed, or in parts"),
        )


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """A column of single values or lists of them; None for anything nested deeper or binary."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _flat(column.cast(kind.value_type))
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return None if pa.types.is_nested(kind.value_type) else column
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return column.cast(pa.string()) if pa.types.is_time(kind) else None
    odd = pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return None if odd else column
