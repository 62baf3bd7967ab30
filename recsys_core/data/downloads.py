"""Files from the network: checked, with progress, and stoppable. Nothing that is downloaded is installed or run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError as TransportError
from urllib3.response import HTTPResponse

from recsys_core import files
from recsys_core.errors import Cancelled, DataError
from recsys_core.i18n import _
from recsys_core.types import Report, ShouldStop, never_stop, no_report

TIMEOUT = (3.0, 20.0)
"""Seconds to connect and seconds between two bytes."""
MEGABYTE = 10**6
MOST_BYTES = 500 * MEGABYTE
"""No file is larger than this unless its source says so."""
SPARE_BYTES = 100 * MEGABYTE
"""What a download leaves free on the disk."""
_CHUNK = 1 << 18
_SECONDS_BETWEEN_EVENTS = 0.2
_LEFT_OVER_SECONDS = 86_400.0
MIRROR = "RECSYS_MIRROR"
"""Environment: an address with the same files, for a network that cannot reach the official ones."""


class SourceUnreachable(DataError):
    """No address of a source answered with the file that was expected."""


class _Unfit(Exception):
    """What came is not what was expected; says why in a few words."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on while a source is fetched.

    Attributes:
        source: its name, which every event carries.
        report: takes the events.
        should_stop: true once the person asked to stop.
    """

    source: str = ""
    report: Report = no_report
    should_stop: ShouldStop = never_stop

    def tell(self, status: str, **rest: Any) -> None:
        """One event {"type": "fetch", "source", "status", ...}; raises Cancelled when asked to stop."""
        if self.should_stop():
            raise Cancelled(what=_("stopped; nothing was kept"), where=self.source)
        self.report({"type": "fetch", "source": self.source, "status": status, **rest})


UNWATCHED = Watch()


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at its official address, and what is known of it beforehand.

    Attributes:
        name: what it is called there and in the cache.
        sha256: empty where the publisher names none: then whoever reads it checks what is inside.
        size: bytes, roughly, for the disk and the time left; 0 where unknown.
        most: bytes from which on it cannot be the right file.
        timeout: seconds to connect and seconds between two bytes.
    """

    url: str
    name: str
    sha256: str = ""
    size: int = 0
    most: int = MOST_BYTES
    timeout: tuple[float, float] = TIMEOUT

    @property
    def address(self) -> str:
        """Where it is fetched from: its own address, or the mirror that this machine is set up with."""
        mirror = os.environ.get(MIRROR, "").strip()
        return f"{mirror.rstrip('/')}/{self.name}" if mirror else self.url


def fits(path: Path, sha256: str) -> bool:
    """Whether the file is there and, where its checksum is known, is the right one."""
    return path.is_file() and (not sha256 or files.sha256_of(path) == sha256)


def write_terms(cache: Path, source: str, *paragraphs: str) -> None:
    """Lays the terms beside the downloads, so that nobody finds the data without them."""
    files.write_bytes(cache / f"TERMS-{source}.txt", "\n\n".join(paragraphs).encode() + b"\n")


def fetched(wanted: WebFile, cache: Path, watch: Watch = UNWATCHED) -> Path:
    """The file in the cache: as it lies there (a person may have put it there) or downloaded now.

    Raises:
        SourceUnreachable: the address did not give the expected file.
        DataError: the disk has no room for it.
        Cancelled: the person asked to stop.
    """
    if fits(cache / wanted.name, wanted.sha256):
        return cache / wanted.name
    why_not = download(wanted, cache, watch)
    if why_not:
        raise SourceUnreachable(
            what=_("{file} could not be fetched from {host} ({why})").format(
                file=wanted.name, host=urlsplit(wanted.address).hostname, why=why_not
            ),
            where=watch.source or wanted.name,
            remedy=_("check the network, or put {file} into the folder 'cache' of the workspace").format(
                file=wanted.name
            ),
        )
    return cache / wanted.name


def download(wanted: WebFile, cache: Path, watch: Watch = UNWATCHED) -> str:
    """Downloads into the cache; says in a few words why not, or nothing when the whole file is there.

    A file counts only once it is complete and checked: until then it has another name, and whatever ends
    the download early removes it. Raises DataError (no room on the disk) and Cancelled.
    """
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    _check_room(cache, wanted)
    part = cache / f".{wanted.name}.{uuid.uuid4().hex[:8]}.part"
    try:
        with _answer(wanted) as response, part.open("wb") as target:
            sha256 = _save(response, target, wanted, watch)
        if wanted.sha256 and sha256 != wanted.sha256:
            raise _Unfit(_("the file has another checksum"))
        part.replace(cache / wanted.name)
    except _Unfit as problem:
        return str(problem)
    except (requests.RequestException, TransportError) as problem:
        return type(problem).__name__
    finally:
        part.unlink(missing_ok=True)
    return ""


@contextlib.contextmanager
def _answer(wanted: WebFile) -> Iterator[requests.Response]:
    """The open answer of the address, at most five steps away, by the scheme that was asked for."""

    def same_scheme(response: requests.Response, **_named: Any) -> None:
        target = urljoin(response.url, response.headers.get("location", ""))
        if response.is_redirect and urlsplit(target).scheme != urlsplit(wanted.address).scheme:
            raise _Unfit(_("the address sends on to another kind of address"))

    with requests.Session() as session:
        session.max_redirects = 5
        response = session.get(
            wanted.address,
            stream=True,
            timeout=wanted.timeout,
            headers={"Accept-Encoding": "identity"},
            hooks={"response": same_scheme},
        )
        with response:
            response.raise_for_status()
            yield response


def _save(response: requests.Response, target: Any, wanted: WebFile, watch: Watch) -> str:
    """Writes the body as it comes, tells how far it is, and returns its sha256."""
    length = response.headers.get("Content-Length", "")
    stated = int(length) if length.isdecimal() else 0
    if stated > wanted.most:
        raise _Unfit(_("the file is too large"))
    body, digest = cast(HTTPResponse, response.raw), hashlib.sha256()
    progress = _Progress(watch, stated or wanted.size)
    while chunk := body.read1(_CHUNK):
        target.write(chunk)
        digest.update(chunk)
        progress.add(len(chunk))
        if progress.done > wanted.most:
            raise _Unfit(_("the file is too large"))
    progress.tell()
    if stated and progress.done != stated:
        raise _Unfit(_("the connection broke off"))
    return digest.hexdigest()


@dataclass
class _Progress:
    """Counts bytes and tells of them at most five times a second."""

    watch: Watch
    of: int
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    told: float = 0.0

    def add(self, n_bytes: int) -> None:
        """So many bytes more; raises Cancelled when asked to stop."""
        self.done += n_bytes
        if time.monotonic() - self.told >= _SECONDS_BETWEEN_EVENTS:
            self.tell()

    def tell(self) -> None:
        """Tells how far it is; the time left is unknown until something came."""
        self.told = time.monotonic()
        seconds = self.told - self.started
        left = max(self.of - self.done, 0) * seconds / self.done if self.done and self.of else None
        self.watch.tell("downloading", done=self.done, of=self.of, seconds_left=left)


def _check_room(cache: Path, wanted: WebFile) -> None:
    free = shutil.disk_usage(cache).free
    if wanted.size and free < wanted.size + SPARE_BYTES:
        raise DataError(
            what=_("{file} needs {size:,.0f} MB and the disk has {free:,.0f} MB left").format(
                file=wanted.name, size=wanted.size / MEGABYTE, free=free / MEGABYTE
            ),
            where=str(cache),
            remedy=_("make room, or set RECSYS_WORKSPACE to a folder on another disk"),
        )


def _sweep(cache: Path) -> None:
    """Removes what a process that was killed left behind, a day later."""
    for left in cache.glob(".*.part"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                left.unlink()
