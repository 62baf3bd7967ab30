"""The data sets of the workspace: list, open, keep, delete."""

from __future__ import annotations

import contextlib
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.workspace import subfolder, workspace

_LEFT_OVER_SECONDS = 86_400.0
_DROPPED = "dropped.parquet"


@dataclass(frozen=True, slots=True)
class DatasetSummary:
    """What a list of data sets shows, read from the manifest alone."""

    name: str
    kind: str
    rows: int
    users: int
    items: int
    fingerprint: str
    source: str
    notice: str


def dataset_folder(name: str) -> Path:
    """The folder of a data set, whether it exists or not; raises DataError for an unusable name."""
    return subfolder("datasets") / files.check_name(name, where=_("name of a data set"))


def keep_dataset(dataset: Dataset, *, actor: str, dropped: pd.DataFrame | None = None) -> Dataset:
    """Saves the data set under its name, replacing one of the same name, and says who did.

    `dropped`: the rows that cleaning took, kept beside it for whoever wants to see them.
    """
    folder = dataset_folder(dataset.name)
    mark = uuid.uuid4().hex[:8]  # of this writer alone: two who keep the same name do not meet
    building = folder.with_name(f".{folder.name}.{mark}.building")
    replaced = folder.with_name(f".{folder.name}.{mark}.replaced")
    try:
        dataset.save(building)
        if dropped is not None:
            files.write_table(building / _DROPPED, dropped)
        files.write_json(building / "kept.json", {"actor": actor})
        with _swap_lock().waited_for():
            if folder.exists():
                folder.rename(replaced)
            building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    _sweep()
    return dataset


def dropped_rows(name: str) -> pd.DataFrame | None:
    """The rows that cleaning took when the data set was made; None where nobody kept them."""
    path = dataset_folder(name) / _DROPPED
    with _read_lock().waited_for():
        return pd.read_parquet(path) if path.exists() else None


def recipes() -> dict[str, dict[str, Any]]:
    """Name of a data set -> the recipe that made it, for those that were imported."""
    found = {}
    with _read_lock().waited_for():
        for folder in sorted(subfolder("datasets").iterdir()):
            if not folder.name.startswith(".") and (folder / "dataset.json").exists():
                with contextlib.suppress(DataError):
                    recipe = files.read_json(folder / "dataset.json").get("recipe")
                    if recipe:
                        found[folder.name] = recipe
    return found


def is_kept(name: str) -> bool:
    """Whether the workspace has a data set of that name."""
    with _read_lock().waited_for():
        return (dataset_folder(name) / "dataset.json").exists()


def open_dataset(name: str) -> Dataset:
    """The data set of that name; raises NotFound."""
    folder = dataset_folder(name)
    with _read_lock().waited_for():
        found = Dataset.load(folder) if (folder / "dataset.json").exists() else None
    if found is None:
        known = ", ".join(summary.name for summary in list_datasets()) or _("none yet")
        raise NotFound(
            what=_("there is no data set {name}").format(name=repr(name)),
            where=_("workspace"),
            remedy=_("choose one of: {known}, or fetch or import it").format(known=known),
        )
    return found


def open_same(name: str, fingerprint: str, *, where: str, remedy: str) -> Dataset:
    """The data of that fingerprint, under that name or whichever other they are kept under.

    Args:
        where, remedy: what a refusal says of whoever asks.

    Raises:
        NotFound: neither the data nor the name are here. DataError: the name stands for other data now.
    """
    kept = {one.name: one.fingerprint for one in list_datasets()}
    if kept.get(name) != fingerprint:
        name = next((other for other, mark in kept.items() if mark == fingerprint), name)
    found = open_dataset(name)
    if found.fingerprint != fingerprint:
        raise DataError(
            what=_("data set {name} was replaced since").format(name=name), where=where, remedy=remedy
        )
    return found


def list_datasets() -> list[DatasetSummary]:
    """Every data set in the workspace, by name; damaged ones are left out."""
    found = []
    with _read_lock().waited_for():
        for folder in sorted(subfolder("datasets").iterdir()):
            if not folder.name.startswith(".") and (folder / "dataset.json").exists():
                with contextlib.suppress(DataError, KeyError, TypeError):
                    found.append(_summary(files.read_json(folder / "dataset.json")))
    return found


def _summary(manifest: dict[str, Any]) -> DatasetSummary:
    return DatasetSummary(
        name=manifest["name"],
        kind=manifest["kind"],
        rows=manifest["rows"],
        users=manifest["users"],
        items=manifest["items"],
        fingerprint=manifest["fingerprint"],
        source=manifest["provenance"]["source"],
        notice=manifest["provenance"]["notice"],
    )


def delete_dataset(name: str, *, actor: str) -> None:
    """Removes a data set; `actor` is asked for so that no caller deletes without a name."""
    if not actor:
        raise ValueError("a mutating call names its actor")
    folder = dataset_folder(name)
    doomed = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.deleted")
    with _swap_lock().waited_for():
        try:
            folder.rename(doomed)
        except FileNotFoundError:
            raise NotFound(
                what=_("there is no data set {name}").format(name=repr(name)),
                where=_("workspace"),
                remedy=_("the command 'datasets' lists every name"),
            ) from None
    shutil.rmtree(doomed)


def _read_lock() -> Lock:
    """Held while the data sets are looked at: several readers at once."""
    return Lock(workspace() / "datasets.lock", shared=True)


def _swap_lock() -> Lock:
    """Held for the moment in which one folder takes the place of another: no reader sees the gap."""
    return Lock(workspace() / "datasets.lock")


def _sweep() -> None:
    """Removes what writers that were killed left behind, a day later."""
    for left in subfolder("datasets").glob(".*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_OVER_SECONDS:
                shutil.rmtree(left)
