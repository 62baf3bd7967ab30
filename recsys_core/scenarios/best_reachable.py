"""The simulator's best reachable figures for one arena: made once by a process of its own, kept beside the data set."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator.kept import is_world, open_world
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import dataset_folder
from recsys_core.errors import DataError
from recsys_core.ranking.top_k import check_k
from recsys_core.scenarios.leaderboard import Arena

FORMAT = 1


@dataclass(frozen=True, slots=True)
class BestKept:
    """What the known truth scores on the test rows: name -> value."""

    figures: dict[str, float]


def simulated(data: Dataset) -> bool:
    """Whether the data set's truth is known, so that there is a best reachable figure."""
    return is_world(data)


def kept_best(data: Dataset, arena: Arena) -> BestKept | None:
    """The figures that were made before for this arena; None where there are none that can be read."""
    try:
        stored = files.read_json(dataset_folder(data.name) / "best" / _name(arena))
        if stored["made_by"] != FORMAT or stored["fingerprint"] != data.fingerprint:
            return None
        return BestKept({str(name): float(value) for name, value in stored["figures"].items()})
    except (DataError, OSError, KeyError, TypeError, ValueError):
        return None


def made_best(data: Dataset, arena: Arena) -> BestKept:
    """The figures of the truth on the test rows of an arena; draws the world again, which takes seconds.

    Raises:
        NotSupported: the data are not simulated. ParamError: k is beyond the catalogue.
    """
    kept = kept_best(data, arena)
    if kept is not None:
        return kept
    check_k(arena.k, data.n_items)
    world = open_world(data.name)
    split = make_split(world.dataset, SplitSpec.parse(arena.split, seed=arena.split_seed))
    best = BestKept(world.best(split, k=arena.k).figures)
    folder = dataset_folder(data.name) / "best"
    folder.mkdir(exist_ok=True)
    files.write_json(
        folder / _name(arena),
        {"made_by": FORMAT, "fingerprint": data.fingerprint, "figures": best.figures},
    )
    return best


def _name(arena: Arena) -> str:
    return f"{arena.split.replace(':', '_')}-{arena.split_seed}-{arena.k}.json"
