"""Files on the machine itself: the folder `inbox` of the workspace, for what is too large to upload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recsys_core.data.packed import MB
from recsys_core.errors import NotFound
from recsys_core.i18n import _
from recsys_core.workspace import subfolder

FOLDER = "inbox"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file in the inbox; `stamp` changes when its content does."""

    name: str
    path: Path
    size_mb: float
    stamp: str


def waiting_files() -> list[Waiting]:
    """Every file in the inbox, by name; hidden ones and folders left out, links to elsewhere too."""
    folder = subfolder(FOLDER)
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(".") and path.resolve().parent == folder.resolve():
            status = path.stat()
            stamp = f"{status.st_mtime_ns}-{status.st_size}"
            found.append(Waiting(path.name, path, status.st_size / MB, stamp))
    return found


def waiting_file(name: str) -> Waiting:
    """The file of that name in the inbox; raises NotFound."""
    for one in waiting_files():
        if one.name == name:
            return one
    raise NotFound(
        what=_("there is no file {name}").format(name=repr(name[:80])),
        where=_("folder 'inbox' of the workspace"),
        remedy=_("put it there, or upload it"),
    )
