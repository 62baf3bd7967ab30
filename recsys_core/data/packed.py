"""What lies in a file or an upload before anyone reads it as a table: plain text, gzip, zip or Parquet.

The content decides, not the name's ending. Whatever is unpacked is counted while it is read, so that a small
archive cannot fill the machine.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from recsys_core.errors import DataError
from recsys_core.i18n import _

MB = 1_048_576
MOST_UNPACKED = 2048 * MB
MOST_TIMES = 100
ALL = "*"
"""In place of a table's name: all tables of the archive, read as one."""
"""An archive may unpack to at most so many bytes, and to so many times its own size."""
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".data", ".tab", ".inter", ".item", ".user", ".parquet", "")
_OTHERS = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"PAR1", "parquet"),
)
_FOREIGN = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"(\xb5/\xfd", "Zstandard"),
    (b"\xd0\xcf\x11\xe0", "old Excel or Word"),
    (b"SQLite format 3", "SQLite"),
    (b"\x89HDF", "HDF5"),
    (b"\x80\x04\x95", "pickle"),
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<!doctype html", "HTML"),
    (b"<html", "HTML"),
    (b"<?xml", "XML"),
)
_BROKEN = (
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or the bytes of an upload, that can be opened again and again.

    Attributes:
        content: where the bytes are.
        name: what messages call it.
        packing: `plain`, `gzip`, `zip` or `parquet`, by its first bytes.
        member: the table inside a zip.
    """

    content: Path | bytes
    name: str
    packing: str
    member: str = ""

    @property
    def size(self) -> int:
        """Bytes as they lie there, packed or not."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The unpacked bytes as a stream; raises DataError when the archive is damaged or unpacks to too much."""
        try:
            with self._raw() as raw, self._unpacked(raw) as stream:
                yield stream
        except _BROKEN as problem:
            raise _broken(self.name, problem) from None

    def _raw(self) -> BinaryIO:
        return io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content.open("rb")

    @contextmanager
    def _unpacked(self, raw: BinaryIO) -> Iterator[BinaryIO]:
        limit = min(MOST_UNPACKED, MOST_TIMES * self.size)
        if self.packing == "gzip":
            with gzip.GzipFile(fileobj=raw) as inner:
                yield _counted(inner, limit, self.name)
        elif self.packing == "zip":
            with zipfile.ZipFile(raw) as archive, archive.open(self.member) as inner:
                yield _counted(inner, limit, self.name)
        else:
            yield raw


def find_source(content: Path | bytes, *, name: str, max_mb: float | None, member: str = "") -> Source:
    """What the content is; of a zip the only table in it, or the one that `member` names.

    Raises:
        DataError: there is nothing, too much, a damaged archive, another kind of file, or a zip with several
            tables and no `member`.
    """
    if isinstance(content, Path) and not content.is_file():
        raise DataError(what=_("there is no such file"), where=name, remedy=_("check the path"))
    source = Source(content, name, "plain")
    if max_mb is not None and source.size > max_mb * MB:
        raise DataError(
            what=_("the file has {size:.1f} MB, more than the {limit:g} MB allowed").format(
                size=source.size / MB, limit=max_mb
            ),
            where=name,
            remedy=_("put it into the folder 'inbox' of the workspace, or import it on the command line"),
        )
    with source.opened() as stream:
        head = stream.read(4096)
    packing = next((packing for magic, packing in _OTHERS if head.startswith(magic)), "plain")
    if packing == "plain":
        _refuse_foreign(head, name)
        return source
    if packing != "zip":
        return Source(content, name, packing)
    return Source(content, name, packing, _member(content, name, member))


def tables_in(content: Path | bytes, *, name: str) -> list[str]:
    """The tables inside a zip, the largest first; empty for any other file. Raises DataError for a damaged one."""
    if not _starts_as_zip(content):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
            entries = archive.infolist()
    except _BROKEN as problem:
        raise _broken(name, problem) from None
    if any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise _foreign("Excel", name)
    tables = [entry for entry in entries if _is_table(entry)]
    return [entry.filename for entry in sorted(tables, key=lambda entry: -entry.file_size)]


def tables_together(content: Path | bytes, *, name: str) -> list[str]:
    """The tables of a zip in the order of their names, to be read as one; raises DataError where they are too large."""
    found = sorted(tables_in(content, name=name))
    if not found:
        raise DataError(
            what=_("there are no several tables in it"), where=name, remedy=_("leave out the table's name")
        )
    with zipfile.ZipFile(io.BytesIO(content) if isinstance(content, bytes) else content) as archive:
        size = sum(archive.getinfo(one).file_size for one in found)
    packed = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size > min(MOST_UNPACKED, MOST_TIMES * packed):
        raise _too_large(name, min(MOST_UNPACKED, MOST_TIMES * packed))
    return found


def _too_large(name: str, limit: int) -> DataError:
    return DataError(
        what=_("the archive unpacks to more than {limit:,.0f} MB").format(limit=limit / MB),
        where=name,
        remedy=_(
            "unpack it first: at most {gb:g} GB, and {times} times its own size, is unpacked here"
        ).format(gb=MOST_UNPACKED / MB / 1024, times=MOST_TIMES),
    )


def _starts_as_zip(content: Path | bytes) -> bool:
    if isinstance(content, bytes):
        return content[:2] == b"PK"
    with content.open("rb") as stream:
        return stream.read(2) == b"PK"


def _is_table(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = path.name.startswith((".", "_")) or "__MACOSX" in path.parts
    prose = path.stem.casefold() in ("readme", "license", "licence", "terms", "notice", "changelog")
    return not (entry.is_dir() or hidden or prose) and path.suffix.casefold() in TABLE_ENDINGS


def _member(content: Path | bytes, name: str, wanted: str) -> str:
    """The table of that name, or else the only one."""
    found = tables_in(content, name=name)
    if wanted in found:
        return wanted
    if wanted:
        raise DataError(
            what=_("the archive holds no table {name}").format(name=repr(wanted[:80])),
            where=name,
            remedy=_("name one of: {names}").format(names=", ".join(found[:8]) or "-"),
        )
    if len(found) == 1:
        return found[0]
    if not found:
        raise DataError(
            what=_("the archive holds no table"), where=name, remedy=_("put a CSV or Parquet file into it")
        )
    raise DataError(
        what=_("the archive holds {n} tables: {names}").format(n=len(found), names=", ".join(found[:8])),
        where=name,
        remedy=_("name one of them, or * for all as one (on the command line: --member)"),
    )


def _refuse_foreign(head: bytes, name: str) -> None:
    if not head.strip():
        raise DataError(
            what=_("the file is empty"), where=name, remedy=_("choose a file with one row an interaction")
        )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, kind in _FOREIGN:
        if start[: len(magic)].lower() == magic.lower():
            raise _foreign(kind, name)


def _foreign(kind: str, name: str) -> DataError:
    return DataError(
        what=_("this is a file of type {kind}, not a table of text").format(kind=kind),
        where=name,
        remedy=_("save it as CSV or Parquet and choose it again"),
    )


def _broken(name: str, problem: BaseException) -> DataError:
    if "password" in str(problem) or "encrypted" in str(problem):
        return DataError(
            what=_("the archive is locked with a password"), where=name, remedy=_("unpack it first")
        )
    return DataError(
        what=_("the archive is damaged or cut off ({problem})").format(problem=type(problem).__name__),
        where=name,
        remedy=_("fetch or pack it again"),
    )


class _Counted(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes."""

    def __init__(self, inner: IO[bytes] | gzip.GzipFile, limit: int, name: str) -> None:
        super().__init__()
        self._inner, self._limit, self._given, self._name = inner, limit, 0, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        chunk = self._inner.read(len(buffer))
        self._given += len(chunk)
        if self._given > self._limit:
            raise _too_large(self._name, self._limit)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _counted(inner: IO[bytes] | gzip.GzipFile, limit: int, name: str) -> BinaryIO:
    return cast(
        BinaryIO, io.BufferedReader(cast(io.RawIOBase, _Counted(inner, limit, name)), buffer_size=1 << 20)
    )
