"""Where data sets, runs and downloads live: one folder, movable by RECSYS_WORKSPACE."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT = Path(__file__).resolve().parent.parent / "workspace"


def workspace() -> Path:
    """The workspace folder, made when it is not there yet."""
    folder = Path(os.environ.get("RECSYS_WORKSPACE") or DEFAULT).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def subfolder(name: str) -> Path:
    """One of the workspace's own folders (`datasets`, `runs`, `cache`, `queue`), made when missing."""
    folder = workspace() / name
    folder.mkdir(exist_ok=True)
    return folder
