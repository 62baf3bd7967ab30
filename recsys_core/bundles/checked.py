"""Reading what somebody else wrote: JSON, arrays and tables from bytes, each no larger and no stranger than allowed."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recsys_core.errors import DataError
from recsys_core.i18n import _

DEEPEST = 12
MOST_HEADER = 10_000
_MISSING = object()
_CONTROLS = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def refused(what: str, where: str) -> DataError:
    """The error of a bundle that is not let in."""
    return DataError(
        what=what,
        where=_("bundle, {part}").format(part=where),
        remedy=_("nothing was imported; ask for the file again, as 'export' wrote it"),
    )


def checked_json(content: bytes, where: str, *, most: int, deepest: int = DEEPEST) -> dict[str, Any]:
    """One JSON object of at most `most` bytes, no name twice, no NaN, no deeper than `deepest`; raises DataError."""
    try:
        value = json.loads(
            content if len(content) <= most else b"", object_pairs_hook=_once, parse_constant=_constant
        )
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or _depth(value, deepest) > deepest:
        raise refused(_("it is no JSON object, or too large a one"), where)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _depth(value: Any, most: int) -> int:
    """How many objects and lists lie in each other; what is deeper than allowed is not followed."""
    level, depth = [value], 0
    while level and depth <= most:
        level = [
            inner
            for one in level
            if isinstance(one, (dict, list))
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        depth += 1
    return depth


Check = Callable[[Any], bool]


def text(most: int = 200) -> Check:
    """Is it a text of at most so many signs, none of which moves a terminal's cursor?"""
    return lambda value: isinstance(value, str) and len(value) <= most and not _CONTROLS.search(value)


def whole(low: int = 0, high: int = 2**31 - 1) -> Check:
    """Is it a whole number in this range?"""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def number(low: float = -1e30, high: float = 1e30) -> Check:
    """Is it a finite number in this range?"""
    return lambda value: (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and low <= value <= high
    )


def flag(value: Any) -> bool:
    """Is it true or false?"""
    return isinstance(value, bool)


def nothing_or(check: Check) -> Check:
    """Is it null, or what `check` allows?"""
    return lambda value: value is None or check(value)


def every(check: Check, *, least: int = 0, most: int = 10_000_000) -> Check:
    """Is it a list of so many, each of which `check` allows?"""
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


def table_of(names: Check, values: Check, *, most: int = 1000) -> Check:
    """Is it an object of at most so many names, each name and each value allowed?"""
    return lambda value: (
        isinstance(value, dict)
        and len(value) <= most
        and all(names(one) for one in value)
        and all(values(one) for one in value.values())
    )


def fields_of(given: Any, checks: Mapping[str, Check], where: str) -> dict[str, Any]:
    """The object with exactly these fields; raises DataError naming the first one that is missing, unknown or wrong."""
    if not isinstance(given, dict):
        raise refused(_("it is no object"), where)
    for name in (*given, *checks):
        if name not in checks:
            raise refused(_("field {name} is unknown").format(name=repr(str(name)[:40])), where)
        value = given.get(name, _MISSING)
        if value is _MISSING or not checks[name](value):
            raise refused(_("field {name} is missing or not usable").format(name=repr(name)), where)
    return dict(given)


def checked_arrays(content: bytes, where: str, allowed: Mapping[str, str]) -> dict[str, np.ndarray]:
    """The arrays of an npz file; raises DataError for one that is not finite, packed, of objects or larger than it says.

    Args:
        allowed: name -> kinds of number: `i` whole, `f` with a point.
    """
    found: dict[str, np.ndarray] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > len(content):
                raise ValueError("it holds more than it can")
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name not in allowed or name in found or info.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("an array that nobody asked for")
                found[name] = _array(archive.read(info), allowed[name])
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise refused(_("its arrays cannot be used"), where) from None
    return found


def _array(content: bytes, kinds: str) -> np.ndarray:
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise ValueError("another version of the format")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream, max_header_size=MOST_HEADER)
    length = len(content) - stream.tell()
    if dtype.hasobject or dtype.kind not in kinds or dtype.itemsize not in (4, 8):
        raise ValueError("another kind of number")
    if len(shape) > 2 or math.prod(shape) * dtype.itemsize != length:
        raise ValueError("another size than it says")
    array = np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape, order="F" if fortran else "C")
    if not np.isfinite(array).all():
        raise ValueError("a number that is not finite")
    return np.array(array.astype(dtype.newbyteorder("="), copy=True))


def checked_table(
    content: bytes, where: str, *, rows: int, columns: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """A Parquet table of plain numbers; raises DataError.

    Args:
        rows: it may have at most so many.
        columns: name -> `i` or `f`, exactly these; None: any whose names can be printed, of either kind.
    """
    try:
        stored = pq.ParquetFile(pa.BufferReader(content))
        schema = stored.schema_arrow.remove_metadata()  # written by pandas: a way of its own to name types
        kinds = {one.name: _kind(one.type) for one in schema}
        wanted = kinds if columns is None else columns
        if (
            stored.metadata.num_rows > rows
            or len(schema) != len(kinds)
            or len(kinds) > 200
            or kinds != wanted
        ):
            raise ValueError("other rows or columns")
        if not all(kind and text(60)(name) for name, kind in kinds.items()):
            raise ValueError("a column that is no number")
        table = stored.read()
        return pd.DataFrame({name: table.column(name).to_numpy() for name in kinds})
    except (ValueError, OSError, pa.ArrowException, OverflowError, MemoryError):
        raise refused(_("its table cannot be used"), where) from None


def _kind(kind: pa.DataType) -> str:
    return "i" if pa.types.is_integer(kind) else "f" if pa.types.is_floating(kind) else ""
