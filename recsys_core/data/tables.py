"""Reads a person's own CSV file as text, and says plainly what is wrong with one that cannot be used."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys_core.errors import DataError
from recsys_core.i18n import _

MAX_MB = 200
SEPARATORS = (",", ";", "\t", "|")
_MB = 1_048_576
_SNIFFED_LINES = 20
SOURCE = "source"
"""Key in `DataFrame.attrs` under which a table remembers the name of its file, for messages."""


def read_table(source: Path | bytes, *, name: str, max_mb: float = MAX_MB) -> pd.DataFrame:
    """The table with every cell as text (missing where empty), column names stripped.

    The separator is found among comma, semicolon, tab and bar. Rows are counted as a spreadsheet shows them:
    the header is row 1.

    Args:
        source: a file, or the bytes of an upload.
        name: what messages call it.
        max_mb: the size from which on a file is refused.

    Raises:
        DataError: the file is missing, empty, too big, no UTF-8 text, or its rows do not fit its header.
    """
    content = _content(source, name, max_mb)
    text = _text(content, name)
    try:
        separator = _separator(text)
        columns = _column_names(text, separator, name)
    except csv.Error:
        raise _no_table(name) from None
    table = _parsed(text.encode(), columns, separator, name)
    if table.empty:
        raise DataError(
            what=_("there is a header but no row"),
            where=name,
            remedy=_("choose a file with at least one row"),
        )
    table.attrs[SOURCE] = name
    return table


def _no_table(name: str) -> DataError:
    return DataError(
        what=_("the file cannot be read as a table"),
        where=name,
        remedy=_("check its quotation marks and separators"),
    )


def _content(source: Path | bytes, name: str, max_mb: float) -> bytes:
    if isinstance(source, Path) and not source.is_file():
        raise DataError(what=_("there is no such file"), where=name, remedy=_("check the path"))
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > max_mb * _MB:
        raise DataError(
            what=_("the file has {size:.1f} MB, more than the {limit:g} MB allowed").format(
                size=size / _MB, limit=max_mb
            ),
            where=name,
            remedy=_("take a sample of its rows, or leave columns out"),
        )
    content = source if isinstance(source, bytes) else source.read_bytes()
    if not content.strip():
        raise DataError(
            what=_("the file is empty"), where=name, remedy=_("choose a CSV file with a header row")
        )
    return content


def _text(content: bytes, name: str) -> str:
    remedy = _("save it as CSV in UTF-8 and choose it again")
    if b"\0" in content:
        raise DataError(what=_("this is not a text file"), where=name, remedy=remedy)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    except UnicodeDecodeError as problem:
        row = content.count(b"\n", 0, problem.start) + 1
        raise DataError(
            what=_("the text is not in UTF-8"),
            where=_("{file}, row {row}").format(file=name, row=row),
            remedy=remedy,
        ) from None


def _separator(text: str) -> str:
    """The separator that cuts most of the first rows into as many cells as the header, and into most."""
    lines = [line for line in text.split("\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line]

    def fit(separator: str) -> tuple[bool, int, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator)]
        same = sum(width == widths[0] for width in widths)
        return widths[0] > 1, same, widths[0]

    return max(SEPARATORS, key=fit)


def _column_names(text: str, separator: str, name: str) -> list[str]:
    header = next(csv.reader(io.StringIO(text), delimiter=separator))
    columns = [cell.strip() or f"column_{place}" for place, cell in enumerate(header, start=1)]
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if repeated:
        raise DataError(
            what=_("the column name {name} stands twice").format(name=repr(repeated[0])),
            where=_("{file}, row {row}").format(file=name, row=1),
            remedy=_("give each column its own name"),
        )
    if all(_is_number(column) for column in columns):
        raise DataError(
            what=_("the first row holds numbers, not column names"),
            where=_("{file}, row {row}").format(file=name, row=1),
            remedy=_("add a header row such as user,item,rating,timestamp"),
        )
    return columns


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parsed(content: bytes, columns: list[str], separator: str, name: str) -> pd.DataFrame:
    ragged: list[arrow_csv.InvalidRow] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        table = arrow_csv.read_csv(
            io.BytesIO(content),
            arrow_csv.ReadOptions(use_threads=False, column_names=columns, skip_rows=0),
            arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=refuse),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as problem:
        if not ragged:
            raise _no_table(name) from problem
        row = ragged[0]
        raise DataError(
            what=_("the row has {found} cells, the header has {wanted}").format(
                found=row.actual_columns, wanted=row.expected_columns
            ),
            where=_("{file}, row {row}").format(file=name, row=row.number),
            remedy=_("correct that row, or put cells that hold the separator into quotation marks"),
        ) from None
    return table.to_pandas().iloc[1:].reset_index(drop=True).astype("str")
