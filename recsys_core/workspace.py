"""Where data sets, runs and downloads live: one folder, movable by RECSYS_WORKSPACE."""

from __future__ import annotations

import os
from pathlib import Path

from recsys_core.errors import DataError
from recsys_core.i18n import _

DEFAULT = Path(__file__).resolve().parent.parent / "workspace"


def workspace() -> Path:
    """The workspace folder, made when it is not there yet; raises DataError where it cannot be."""
    folder = Path(os.environ.get("RECSYS_WORKSPACE") or DEFAULT).expanduser().resolve()
    _make(folder)
    return folder


def subfolder(name: str) -> Path:
    """One of the workspace's own folders (`datasets`, `runs`, `cache`, `queue`), made when missing."""
    folder = workspace() / name
    _make(folder)
    return folder


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DataError(
            what=_("the workspace cannot be used ({problem})").format(problem=type(problem).__name__),
            where=str(folder),
            remedy=_("set RECSYS_WORKSPACE to a folder that may be written"),
        ) from None
