"""What a killed process left half made among runs and studies: taken away once nobody works on it.

Data sets and downloads sweep their own folders when one is written.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from recsys_core.locks import is_held
from recsys_core.workspace import subfolder

LEFT_ALONE_SECONDS = 3600.0
"""What has no lock is somebody's work of a moment; untouched for so long, it is nobody's."""
_OURS = re.compile(
    r"\.[0-9a-f]{12}"  # a run or study that is being made
    r"|\..+\.[0-9a-f]{8}\.(deleted|tmp)"
    r"|\.[a-z]+-[0-9a-f]{8}"  # a part of a run that is being made
)


def sweep(older_than: float = LEFT_ALONE_SECONDS) -> list[str]:
    """Removes them; their names."""
    swept = []
    for path in _hidden():
        if _OURS.fullmatch(path.name) and _abandoned(path, older_than):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            swept.append(path.name)
    return swept


def _hidden() -> Iterator[Path]:
    for name in ("runs", "studies"):
        yield from subfolder(name).glob(".*")
        yield from subfolder(name).glob("[!.]*/.*")


def _abandoned(path: Path, older_than: float) -> bool:
    """A folder under a lock is abandoned the moment nobody holds it; anything else when it is old."""
    if path.is_symlink():
        return False
    if not path.name.endswith(".deleted") and (path / "lock").exists():
        return not is_held(path / "lock")
    try:
        told = path.stat()
    except FileNotFoundError:
        return False
    return time.time() - max(told.st_mtime, told.st_ctime) > older_than
