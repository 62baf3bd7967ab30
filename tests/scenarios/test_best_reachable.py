"""What nobody can beat: kept beside simulated data, and refused for any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.simulator.kept import keep_world
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import dataset_folder, keep_dataset
from recsys_core.errors import NotSupported
from recsys_core.scenarios.best_reachable import kept_best, made_best, simulated
from recsys_core.scenarios.leaderboard import Arena

ARENA = Arena("user-random:0.2", 42, 10)


def test_the_truth_is_judged_once_and_then_read(workspace: Path) -> None:
    world = keep_world(simulate(Kind.RATING, n_users=60, n_items=40, seed=3), "toy", actor="test")
    assert simulated(world.dataset)
    assert kept_best(world.dataset, ARENA) is None
    found = made_best(world.dataset, ARENA)
    split = make_split(world.dataset, SplitSpec.parse(ARENA.split, seed=42))
    assert found.figures == pytest.approx(world.best(split, k=10).figures)
    assert kept_best(world.dataset, ARENA) == found
    assert kept_best(world.dataset, Arena("user-random:0.2", 43, 10)) is None


def test_what_cannot_be_read_is_made_again(workspace: Path) -> None:
    world = keep_world(simulate(Kind.RATING, n_users=60, n_items=40, seed=3), "toy", actor="test")
    found = made_best(world.dataset, ARENA)
    (path,) = (dataset_folder("toy") / "best").iterdir()
    path.write_text("[]", encoding="utf-8")
    assert kept_best(world.dataset, ARENA) is None
    files.write_json(path, {"made_by": 1, "fingerprint": "other", "figures": {}})
    assert kept_best(world.dataset, ARENA) is None
    assert made_best(world.dataset, ARENA) == found


def test_nobody_knows_the_truth_of_other_data(workspace: Path, tiny_ratings: Dataset) -> None:
    data = keep_dataset(tiny_ratings, actor="test")
    assert not simulated(data)
    with pytest.raises(NotSupported, match="nobody knows its truth"):
        made_best(data, Arena("user-random:0.2", 42, 3))
