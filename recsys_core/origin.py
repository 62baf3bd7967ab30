"""Where an imported run came from, kept beside it: who made it where, and who brought it here when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from recsys_core import files
from recsys_core.errors import DataError
from recsys_core.run_config import RunConfig

FILE = "origin.json"
WAITING = "bundle.zip"
"""The bundle itself, kept in the run's folder for as long as the model cannot be built."""


@dataclass(frozen=True)
class Origin:
    """What is known of the way of a run into this workspace.

    Attributes:
        run: its id where it was made; maker: who made it there; app: the version that wrote the bundle.
        content: sha256 over what the bundle holds: equal content, equal run.
        imported, actor: when it was brought here, and by whom.
        dataset: what its data set is called where it was made.
        data: what the bundle says of the data: name, source, terms, size.
        brought: configurations of the runs that it names, by id: they need not be here.
    """

    run: str
    maker: str
    app: str
    content: str
    imported: str
    actor: str
    dataset: str
    data: Mapping[str, Any] = field(default_factory=dict)
    brought: Mapping[str, RunConfig] = field(default_factory=dict)

    def keep(self, folder: Path) -> None:
        """Writes it beside the run."""
        files.write_json(folder / FILE, asdict(self))


def origin_of(folder: Path) -> Origin | None:
    """The origin of the run in `folder`; None where it was made here, or nothing can be read."""
    if not (folder / FILE).exists():
        return None
    try:
        stored = files.read_json(folder / FILE)
        stored.pop("format_version", None)
        brought = {one: RunConfig(**config) for one, config in stored.pop("brought").items()}
        return Origin(**stored, brought=brought)
    except (DataError, TypeError, KeyError, AttributeError):
        return None
