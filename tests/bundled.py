"""Bundles taken apart and put together again, also as somebody would who means harm."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.bundles.archive import MANIFEST, written
from recsys_core.bundles.exporting import export_run
from recsys_core.runs import open_run

Members = dict[str, bytes]
Change = Callable[[Members], None]
RESERVED = ("format", "format_version", "app", "members")


class Sample:
    """A bundle and the id of the run that it was made of."""

    def __init__(self, content: bytes, run: str) -> None:
        self.content, self.run = content, run

    def __repr__(self) -> str:
        return f"bundle of {self.run}"  # Hypothesis would print megabytes

    @property
    def members(self) -> Members:
        """Name -> content, without the manifest."""
        return unpacked(self.content)

    @property
    def about(self) -> dict[str, Any]:
        """What the manifest says beside what every one says."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            told = json.loads(archive.read(MANIFEST))
        return {name: value for name, value in told.items() if name not in RESERVED}

    def changed(self, change: Change, **about: Any) -> bytes:
        """The bundle with other members, its checksums right again: as somebody makes it who knows the format."""
        members = self.members
        change(members)
        return written(members, {**self.about, **about})


def sample(run_id: str) -> Sample:
    """The bundle of a run of the workspace."""
    return Sample(export_run(open_run(run_id)), run_id)


def unpacked(content: bytes) -> Members:
    """Name -> content, without the manifest."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def json_with(part: str, /, **fields: Any) -> Change:
    """Sets fields of a JSON member; `...` takes one out."""

    def change(members: Members) -> None:
        told = {**json.loads(members[part]), **fields}
        kept = {key: value for key, value in told.items() if value is not ...}
        members[part] = json.dumps(kept).encode()

    return change


def member(name: str, content: bytes) -> Change:
    """Sets a member."""
    return lambda members: members.__setitem__(name, content)


def npz(arrays: Mapping[str, np.ndarray], *, packed: bool = False) -> bytes:
    """Arrays as an npz file, objects and all."""
    buffer = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(buffer, **arrays)  # type: ignore[operator]
    return buffer.getvalue()


def arrays_of(content: bytes) -> dict[str, np.ndarray]:
    """The arrays of an npz file."""
    with np.load(io.BytesIO(content)) as stored:
        return {name: stored[name] for name in stored.files}


def zipped(members: Mapping[str, bytes], *, packed: bool = False) -> bytes:
    """A zip of these members, made with Python's own hands."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass(frozen=True)
class Canary:
    """Writes a file when it is unpickled: whoever runs code of a bundle is found out."""

    path: Path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)
