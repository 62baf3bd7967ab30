"""The data sets of the workspace: list, open, keep, delete."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.workspace import subfolder


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


def keep_dataset(dataset: Dataset, *, actor: str) -> Dataset:
    """Saves the data set under its name, replacing one of the same name, and says who did."""
    folder = dataset_folder(dataset.name)
    building = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    try:
        dataset.save(building)
        files.write_json(building / "kept.json", {"actor": actor})
        shutil.rmtree(folder, ignore_errors=True)
        building.rename(folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return dataset


def open_dataset(name: str) -> Dataset:
    """The data set of that name; raises NotFound."""
    folder = dataset_folder(name)
    if not (folder / "dataset.json").exists():
        known = ", ".join(summary.name for summary in list_datasets()) or _("none yet")
        raise NotFound(
            what=_("there is no data set {name}").format(name=repr(name)),
            where=_("workspace"),
            remedy=_("choose one of: {known}, or fetch or import it").format(known=known),
        )
    return Dataset.load(folder)


def list_datasets() -> list[DatasetSummary]:
    """Every data set in the workspace, by name; damaged ones are left out."""
    found = []
    for folder in sorted(subfolder("datasets").iterdir()):
        if folder.name.startswith(".") or not (folder / "dataset.json").exists():
            continue
        try:
            manifest = files.read_json(folder / "dataset.json")
            found.append(
                DatasetSummary(
                    name=manifest["name"],
                    kind=manifest["kind"],
                    rows=manifest["rows"],
                    users=manifest["users"],
                    items=manifest["items"],
                    fingerprint=manifest["fingerprint"],
                    source=manifest["provenance"]["source"],
                    notice=manifest["provenance"]["notice"],
                )
            )
        except (DataError, KeyError):
            continue
    return found


def delete_dataset(name: str, *, actor: str) -> None:
    """Removes a data set; `actor` is asked for so that no caller deletes without a name."""
    folder = dataset_folder(name)
    if not folder.exists():
        raise NotFound(what=_("there is no data set {name}").format(name=repr(name)), where=_("workspace"))
    if not actor:
        raise ValueError("a mutating call names its actor")
    shutil.rmtree(folder)
