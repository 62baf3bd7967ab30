"""Small file helpers: atomic writes, checksums, safe names. No pickle, ever."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.errors import DataError
from recsys_core.i18n import _

FORMAT_VERSION = 1
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def check_name(name: str, *, where: str) -> str:
    """`name` itself, when it may become part of a path; raises DataError otherwise."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise DataError(
            what=_("{name} is not a usable name").format(name=repr(name[:80])),
            where=where,
            remedy=_("use letters, digits, dot, dash or underscore, 80 characters at most"),
        )
    return name


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` so that a reader sees the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Writes one JSON object atomically, with `format_version` added."""
    text = json.dumps({"format_version": FORMAT_VERSION, **value}, indent=1, default=_plain, allow_nan=False)
    write_bytes(path, text.encode("utf-8"))


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in `path`; raises DataError when it is missing, damaged or of a newer format."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            what=_("the file is missing"), where=path.name, remedy=_("delete its folder or restore it")
        ) from None
    except OSError as problem:
        raise DataError(
            what=_("the file cannot be read ({problem})").format(problem=type(problem).__name__),
            where=path.name,
            remedy=_("check its rights, or delete its folder"),
        ) from None
    except ValueError:
        value = None
    version = value.get("format_version", 0) if isinstance(value, dict) else None
    if not isinstance(version, int):
        raise DataError(
            what=_("the file is damaged"), where=path.name, remedy=_("delete its folder or restore it")
        )
    if version > FORMAT_VERSION:
        raise DataError(
            what=_("the file was written by a newer version of the app"),
            where=path.name,
            remedy=_("update the app"),
        )
    found: dict[str, Any] = value
    return found


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Writes a table as Parquet, atomically."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_bytes(path, buffer.getvalue())


def safe_csv(table: pd.DataFrame) -> bytes:
    """A table as CSV for a spreadsheet: cells that it would take for a formula get a leading apostrophe."""
    flat = table.copy()
    for column in flat.columns:
        if not pd.api.types.is_numeric_dtype(flat[column]):
            texts = flat[column].map(_csv_text)
            flat[column] = texts.where(~texts.str.startswith(_FORMULA), "'" + texts)
    return flat.to_csv(index=False).encode("utf-8-sig")


def _csv_text(cell: Any) -> str:
    if isinstance(cell, np.ndarray):
        cell = cell.tolist()
    if isinstance(cell, (list, tuple)):
        return "|".join(map(str, cell))
    return "" if cell is None or pd.isna(cell) else str(cell)


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes named arrays as npz, atomically; object arrays are refused."""
    if any(array.dtype.hasobject for array in arrays.values()):
        raise TypeError("object arrays are never written")
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The named arrays of an npz file, read without pickle."""
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
