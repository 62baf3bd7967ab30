"""The file itself: a plain zip, nothing in it compressed, its members from a closed list, each with its sha256.

Nothing is ever unpacked to a disk: members are bytes in memory, and whoever reads them checks what they are. Since
nothing is compressed, nothing can grow: what the zip says that it holds is never more than its own length.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys_core import __version__
from recsys_core.bundles.checked import checked_json, refused
from recsys_core.i18n import N_, _

FORMAT = "recsys-studio-run"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
CONFIG, STATUS, METRICS, EVENTS, RECIPE = (
    "config.json",
    "status.json",
    "metrics.json",
    "events.jsonl",
    "recipe.json",
)
SPLIT, IDS, USERS, CANDIDATES = "split.npz", "ids.json", "users.parquet", "candidates.parquet"
PART, KERAS, ARRAYS = "part.json", "model.keras", "arrays.npz"
NEEDED = (CONFIG, STATUS, METRICS, EVENTS, SPLIT, IDS, USERS, CANDIDATES, f"model/{PART}")
_MODEL = re.compile(r"model/(member\d{1,2}/){0,3}(part\.json|model\.keras|arrays\.npz)")
MOST_MEMBERS = 200
MOST_BYTES = 2_000_000_000
MEGABYTE = 1_000_000
_MOST_JSON = {MANIFEST: MEGABYTE, EVENTS: 50 * MEGABYTE, IDS: 200 * MEGABYTE}
_PLACE = (1980, 1, 1, 0, 0, 0)
_ENCRYPTED = 0x1
_FIRST, _END, _END_BYTES = b"PK\x03\x04", b"PK\x05\x06", 22
_NOT_PLAIN = N_("it is not one plain file")


def written(members: Mapping[str, bytes], about: Mapping[str, Any]) -> bytes:
    """The zip with these members: the same bytes for the same content, whenever and wherever it is written.

    Args:
        members: name -> content.
        about: what the manifest says beside `format_version`, the app's version and the members.
    """
    ordered = dict(sorted(members.items()))
    listed = {name: {"bytes": len(one), "sha256": _sha256(one)} for name, one in ordered.items()}
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "app": __version__,
        **about,
        "members": listed,
    }
    manifest = json.dumps(head, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {MANIFEST: manifest, **ordered}.items():
            info = zipfile.ZipInfo(name, _PLACE)
            info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def content_of(manifest: Mapping[str, Any]) -> str:
    """sha256 over the members' checksums: equal content, whoever wrote the file, has an equal one."""
    return _sha256(json.dumps(manifest["members"], sort_keys=True).encode())


class Bundle:
    """A bundle whose frame was checked: names, sizes, checksums. What the members hold is not looked at here.

    Args:
        path: the file; read whole.
    Raises:
        DataError: it is no such bundle, or one that this version does not read.
    """

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise refused(_("it is over {n} MB").format(n=MOST_BYTES // MEGABYTE), path.name)
        self.raw = path.read_bytes()
        # a zip may begin and end anywhere in a file, and there are zips inside this one
        if not self.raw.startswith(_FIRST) or self.raw[-_END_BYTES:][:4] != _END:
            raise refused(_("it is no whole zip"), path.name)
        try:
            with zipfile.ZipFile(io.BytesIO(self.raw)) as archive:
                self._members = _members(archive, size, path.name)
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError):
            raise refused(_("it is no readable zip"), path.name) from None
        self.manifest = _manifest(self._members.pop(MANIFEST, b""))
        self._compare()

    @property
    def names(self) -> frozenset[str]:
        """What is in it, the manifest left out."""
        return frozenset(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def bytes_of(self, name: str) -> bytes:
        """A member's content; raises DataError where it is missing."""
        if name not in self._members:
            raise refused(_("it is missing"), name)
        return self._members[name]

    def json_of(self, name: str) -> dict[str, Any]:
        """A member as one JSON object."""
        return checked_json(self.bytes_of(name), name, most=_MOST_JSON.get(name, MEGABYTE))

    def _compare(self) -> None:
        stated = self.manifest["members"]
        for name in sorted(stated.keys() ^ self.names):
            raise refused(_("the manifest and what is there disagree"), name)
        for name, content in self._members.items():
            if stated[name] != {"bytes": len(content), "sha256": _sha256(content)}:
                raise refused(_("it was changed: its checksum is another one"), name)
        for name in NEEDED:
            self.bytes_of(name)


def _members(archive: zipfile.ZipFile, size: int, file: str) -> dict[str, bytes]:
    infos = archive.infolist()
    if len(infos) > MOST_MEMBERS or sum(one.file_size for one in infos) > size:
        raise refused(_("it says that it holds more than it can"), file)
    found: dict[str, bytes] = {}
    for info in infos:
        name = _checked_name(info, found)
        content = archive.read(info)
        if len(content) != info.file_size:
            raise refused(_(_NOT_PLAIN), name)
        found[name] = content
    return found


def _checked_name(info: zipfile.ZipInfo, found: Mapping[str, bytes]) -> str:
    """The member's name; raises DataError for one that is unknown, named twice, packed, locked or no plain file."""
    name = info.orig_filename
    known = name in (MANIFEST, RECIPE, *NEEDED) or _MODEL.fullmatch(name)
    if not known or name != info.filename:
        raise refused(_("no run has such a part"), repr(name[:80]))
    if name in found:
        raise refused(_("it is there twice"), name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    packed = info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size
    if packed or info.flag_bits & _ENCRYPTED or kind not in (0, stat.S_IFREG):
        raise refused(_(_NOT_PLAIN), name)
    return name


def _manifest(content: bytes) -> dict[str, Any]:
    manifest = checked_json(content, MANIFEST, most=MEGABYTE)
    if manifest.get("format") != FORMAT:
        raise refused(_("it is no bundle of a run"), MANIFEST)
    version = manifest.get("format_version")
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise refused(
            _("it is of format {given}, and this version reads {known}").format(
                given=repr(version)[:20], known=FORMAT_VERSION
            ),
            MANIFEST,
        )
    members = manifest.get("members")
    if not isinstance(members, dict) or not all(isinstance(one, dict) for one in members.values()):
        raise refused(_("its list of members is damaged"), MANIFEST)
    return manifest


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
