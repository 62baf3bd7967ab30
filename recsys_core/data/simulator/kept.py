"""Worlds of the workspace: what a kept data set was drawn from, so that its optimum can be asked for later.

The spec lies beside the data set; the truth lies nowhere: it is drawn again from the seed and checked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator.spec import WORLD_VERSION, WorldSpec
from recsys_core.data.simulator.world import World, simulate_spec
from recsys_core.data.store import dataset_folder, keep_dataset, open_dataset
from recsys_core.errors import DataError, NotSupported, RecsysError
from recsys_core.i18n import _

_FILE = "world.json"


def keep_world(world: World, name: str, *, actor: str) -> World:
    """Keeps the world's data set in the workspace under a name, with the spec that draws it again."""
    data = keep_dataset(world.dataset.renamed(name), actor=actor)
    spec = {"version": WORLD_VERSION, "spec": world.spec.as_dict(), "fingerprint": data.fingerprint}
    files.write_json(dataset_folder(name) / _FILE, spec)
    return replace(world, dataset=data)


def open_world(name: str) -> World:
    """The world of a data set that `keep_world` kept, or of a simulated source with its default dials.

    Raises:
        NotFound: there is no such data set.
        NotSupported: it is not simulated, or by another version of the simulator: its truth is not known.
    """
    data = open_dataset(name)
    spec = _spec_of(data)
    world = simulate_spec(spec) if spec is not None else None
    if world is None or world.dataset.fingerprint != data.fingerprint:
        raise NotSupported(
            what=_("it is no world of this simulator, so nobody knows its truth"),
            where=_("data set {name}").format(name=name),
            remedy=_("simulate one and keep it under a name"),
        )
    return replace(world, dataset=data)


def is_world(data: Dataset) -> bool:
    """Whether a data set of the workspace was drawn by this simulator, without drawing it again."""
    try:
        return _spec_of(data) is not None
    except RecsysError:
        return False


def _spec_of(data: Dataset) -> WorldSpec | None:
    """The spec beside a data set; the default one for a source of the simulator; None for anything else."""
    path = dataset_folder(data.name) / _FILE
    if not path.exists():
        return WorldSpec(data.kind) if data.name == f"simulated-{data.kind.value}" else None
    try:
        stored: dict[str, Any] = files.read_json(path)
        return WorldSpec.from_dict(stored["spec"]) if stored["version"] == WORLD_VERSION else None
    except (KeyError, TypeError, ValueError, RecsysError) as problem:
        raise DataError(
            what=_("what the world was drawn from cannot be read"),
            where=f"{data.name}, {path.name}",
            remedy=_("simulate it again"),
        ) from problem
