"""Reads a person's own file as a table, and says plainly what is wrong with one that cannot be used.

Text is read by pyarrow, every cell as text; Parquet keeps its types. What is not UTF-8, or separated by more than
one sign, is rewritten while it streams through: a file is never held twice.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys_core.data.dialect import COLONS, SPACES, UNIT, Dialect, Reading, sniff
from recsys_core.data.packed import ALL, MB, Source, find_source, tables_together
from recsys_core.data.parquet_tables import is_parquet, read_parquet
from recsys_core.errors import DataError
from recsys_core.i18n import _

MAX_MB = 200
"""The size of an upload, packed or not; files on the machine itself have no limit of their own."""
SOURCE, FIRST_ROW, READ, LEFT_OUT = "source", "first_row", "read", "left_out"
FILES = "files"
"""Keys of `DataFrame.attrs`: the file's name, the number of its first row of data, how it was read (a dict),
how many rows that did not fit were left out; and of several files read as one: (name, first position, first row)."""
_HEAD = 1 << 20
_BLOCK = 1 << 24
_SPACE, _QUOTED_OR_SPACE = re.compile(rb"[ \t]+"), re.compile(rb'"[^"\n]*"|[ \t]+')
_EDGES = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)")


def read_table(
    source: Path | bytes,
    *,
    name: str,
    max_mb: float | None = MAX_MB,
    member: str = "",
    reading: Reading | None = None,
) -> pd.DataFrame:
    """The table: every cell of a text as text (missing where empty), a Parquet's columns as they are typed.

    Encoding, separator, quoting and header are found unless `reading` says them. Rows are counted as a
    spreadsheet shows them: the file's first line is row 1.

    Args:
        source: a file, or the bytes of an upload; text, gzip or zip of it, or Parquet.
        name: what messages call it.
        max_mb: the size from which on it is refused; None for no limit.
        member: the table to read from a zip that holds several; ALL reads them all as one.
        reading: what the person says about how it is written.

    Raises:
        DataError: the file is missing, empty, too big, damaged, no table, or its rows do not fit its header.
    """
    if member == ALL:
        several = tables_together(source, name=name)
        read = [read_table(source, name=name, max_mb=max_mb, member=one, reading=reading) for one in several]
        for table, one in zip(read, several, strict=True):
            table.attrs[SOURCE] = f"{name}, {one}"
        whole = together(read)
        whole.attrs[SOURCE] = name
        return whole
    found = find_source(source, name=name, max_mb=max_mb, member=member)
    reading = reading or Reading()
    table = read_parquet(found) if is_parquet(found) else _read_text(found, reading)
    if table.empty:
        raise DataError(
            what=_("there is a header but no row"),
            where=name,
            remedy=_("choose a file with at least one row"),
        )
    table.attrs[SOURCE] = name
    return table


def together(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Several files of the same columns as one table; raises DataError for one with other columns."""
    first = tables[0]
    for table in tables[1:]:
        if list(table.columns) != list(first.columns):
            raise DataError(
                what=_("its columns are {mine}, not {wanted}").format(
                    mine=", ".join(table.columns[:12]), wanted=", ".join(first.columns[:12])
                ),
                where=str(table.attrs[SOURCE]),
                remedy=_("import files of other columns one by one"),
            )
    if len(tables) == 1:
        return first
    starts = [0]
    for table in tables[:-1]:
        starts.append(starts[-1] + len(table))
    parts = [
        (str(table.attrs[SOURCE]), start, int(table.attrs.get(FIRST_ROW, 2)))
        for table, start in zip(tables, starts, strict=True)
    ]
    left_out = sum(int(table.attrs.get(LEFT_OUT, 0)) for table in tables)
    attrs = {
        **first.attrs,
        SOURCE: ", ".join(name for name, _start, _row in parts),
        FILES: parts,
        LEFT_OUT: left_out,
    }
    bare = [table.copy(deep=False) for table in tables]
    for table in bare:
        table.attrs = {}
    whole = pd.concat(bare, ignore_index=True)
    whole.attrs = attrs
    return whole


def place_of(table: pd.DataFrame, position: int) -> tuple[str, int]:
    """The file of a row, and its number there as a spreadsheet shows it: 2 for the first one below a header."""
    parts = table.attrs.get(FILES) or [
        (str(table.attrs.get(SOURCE, _("the table"))), 0, table.attrs.get(FIRST_ROW, 2))
    ]
    name, start, first_row = max((part for part in parts if part[1] <= position), key=lambda part: part[1])
    return name, position - start + int(first_row)


def _read_text(source: Source, reading: Reading) -> pd.DataFrame:
    with source.opened() as stream:
        head = stream.read(_HEAD)
    dialect = sniff(head, name=source.name, whole=len(head) < _HEAD, reading=reading)
    table, left_out, used = _parsed(source, dialect, reading)
    frame: pd.DataFrame = table.to_pandas().astype("str")
    frame.attrs |= {FIRST_ROW: dialect.first_row, READ: used.said(), LEFT_OUT: left_out}
    return frame


def _parsed(source: Source, dialect: Dialect, reading: Reading) -> tuple[pa.Table, int, Dialect]:
    """The table, after other ways of quoting or the encoding were tried where the first one did not fit."""
    problem: DataError | None = None
    for attempt in _attempts(dialect, reading):
        try:
            table, left_out = _read_as(source, attempt, skip=False)
            return table, left_out, attempt
        except UnicodeDecodeError:
            problem = problem or _no_text(source.name, attempt.encoding)
        except DataError as refused:
            if attempt is dialect or problem is None:
                problem = refused
    if reading.skip_bad_rows:
        try:
            table, left_out = _read_as(source, dialect, skip=True)
        except UnicodeDecodeError:
            raise _no_text(source.name, dialect.encoding) from None
        return table, left_out, dialect
    raise problem or _no_table(source.name)


def _attempts(dialect: Dialect, reading: Reading) -> list[Dialect]:
    """The dialect that was found, then what a part of the file that was not looked at may need."""
    attempts = [dialect]
    if dialect.encoding == "utf-8" and reading.encoding is None:
        attempts += [replace(dialect, encoding=one) for one in ("cp1252", "latin-1")]
    attempts.append(replace(dialect, quote=True, escape=True))
    if dialect.separator in ("\t", COLONS, "|"):
        attempts.append(replace(dialect, quote=False, escape=False))
    return attempts


def _read_as(source: Source, dialect: Dialect, *, skip: bool) -> tuple[pa.Table, int]:
    """The table in one dialect and how many rows were left out.

    Raises:
        UnicodeDecodeError: the text is in another encoding.
        DataError: a row does not fit, or nothing can be read.
    """
    ragged: list[arrow_csv.InvalidRow] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip" if skip else "error"

    many = dialect.separator in (COLONS, SPACES)
    parse = arrow_csv.ParseOptions(
        delimiter=UNIT if many else dialect.separator,
        quote_char='"' if dialect.quote else False,
        escape_char="\\" if dialect.escape else False,
        newlines_in_values=dialect.quote,
        invalid_row_handler=refuse,
    )
    convert = arrow_csv.ConvertOptions(
        column_types=dict.fromkeys(dialect.columns, pa.string()), strings_can_be_null=True, null_values=[""],
        quoted_strings_can_be_null=True,
    )  # fmt: skip
    for threads in (True, False):  # only a single thread knows the number of a row
        options = arrow_csv.ReadOptions(
            use_threads=threads, block_size=_BLOCK, column_names=list(dialect.columns)
        )
        ragged.clear()
        try:
            with source.opened() as raw:
                table = arrow_csv.read_csv(_utf8(raw, dialect), options, parse, convert)
            return table, len(ragged)
        except pa.ArrowInvalid as problem:
            if "Empty CSV" in str(problem):
                return pa.table({name: pa.array([], pa.string()) for name in dialect.columns}), 0
            if "UTF8" in str(problem) or "UTF-8" in str(problem):
                raise UnicodeDecodeError(dialect.encoding, b"", 0, 1, str(problem)) from None
            if not threads or not ragged:
                raise _unfit(source.name, dialect, ragged) from None
    raise AssertionError("unreachable")


def _unfit(name: str, dialect: Dialect, ragged: Sequence[arrow_csv.InvalidRow]) -> DataError:
    if not ragged:
        return _no_table(name)
    row = ragged[0]
    return DataError(
        what=_("the row has {found} cells, the header has {wanted}").format(
            found=row.actual_columns, wanted=row.expected_columns
        )
        if dialect.header
        else _("the row has {found} cells, the rows before it have {wanted}").format(
            found=row.actual_columns, wanted=row.expected_columns
        ),
        where=_("{file}, row {row}").format(file=name, row=(row.number or 1) + dialect.first_row - 1),
        remedy=_("correct that row, or have rows that do not fit left out"),
    )


def _no_table(name: str) -> DataError:
    return DataError(
        what=_("the file cannot be read as a table"),
        where=name,
        remedy=_("check its quotation marks and separators"),
    )


def _no_text(name: str, encoding: str) -> DataError:
    return DataError(
        what=_("the text is not in {encoding}").format(encoding=encoding),
        where=name,
        remedy=_("choose another encoding, or save the file in UTF-8"),
    )


def _utf8(raw: BinaryIO, dialect: Dialect) -> BinaryIO:
    """The data rows as UTF-8 with a separator of one sign; the stream itself where it is that already."""
    before = raw.read(dialect.start)
    rewrite = {COLONS: _no_colons, SPACES: _no_spaces}.get(dialect.separator)
    if dialect.encoding == "utf-8" and rewrite is None:
        return raw
    codec = dialect.encoding
    if codec == "utf-16":
        codec = "utf-16-be" if before.startswith(b"\xfe\xff") else "utf-16-le"
    text = io.TextIOWrapper(raw, encoding=codec, newline="")
    return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Rewritten(text, rewrite or bytes))))


def _no_colons(block: bytes) -> bytes:
    return block.replace(COLONS.encode(), UNIT.encode())


def _no_spaces(block: bytes) -> bytes:
    block = _EDGES.sub(b"", block)
    if b'"' not in block:
        return _SPACE.sub(UNIT.encode(), block)
    return _QUOTED_OR_SPACE.sub(
        lambda found: found.group() if found.group()[:1] == b'"' else UNIT.encode(), block
    )


class _Rewritten(io.RawIOBase):
    """Text as UTF-8 bytes, rewritten in blocks of whole lines."""

    def __init__(self, text: io.TextIOWrapper, rewrite: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._text, self._rewrite, self._ready = text, rewrite, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._ready:
            block = self._text.read(MB)
            block += self._text.readline() if block else ""
            self._ready = self._rewrite(block.encode())
        given = self._ready[: len(buffer)]
        self._ready = self._ready[len(given) :]
        buffer[: len(given)] = given
        return len(given)
