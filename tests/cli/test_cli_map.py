"""The command map: what it prints, tells the app, keeps and refuses."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.runs import Run
from recsys_core.scenarios.map_store import FOLDER, kept_map, made_map
from tests.cli.conftest import Command
from tests.helpers import REPOSITORY, finished_run


@pytest.fixture
def run(workspace: object, little: Dataset) -> Run:
    return finished_run(keep_dataset(little, actor="ada"), "ease")


def test_it_prints_a_place_for_every_point(run: Run, command: Command) -> None:
    found = command("map", run.id, "--method", "pca", "--json").json
    assert (found["run"], found["of"], found["method"]) == (run.id, "items", "pca")
    assert 20 < len(found["points"]) <= found["all"] == 30
    assert set(found["points"][0]) == {"id", "title", "x", "y"}
    table = command("map", run.id, "--method", "pca", "--of", "users")
    assert table.code == 0 and table.out.startswith("id")
    assert "by chance" in table.err


def test_events_end_with_done_and_the_map_is_kept(run: Run, command: Command) -> None:
    lines = [json.loads(line) for line in command("map", run.id, "--events").out.splitlines()]
    assert lines[-1] == {"status": "done", "share": 1.0}
    assert {"scoring", "drawing", "checking"} <= {line["status"] for line in lines}
    shares = [line["share"] for line in lines]
    assert shares == sorted(shares)
    kept = kept_map(run, "items", "tsne")
    assert kept is not None
    assert (made_map(run).places == kept.places).all()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--of", "genres"), ("--of", "'genres'", "items, users")),
        (("--method", "umap"), ("--method", "tsne, pca")),
    ],
)
def test_bad_questions_are_refused(
    run: Run, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    command("map", run.id, *arguments).refused(*parts)
    assert not (run.folder / FOLDER).exists()


def test_a_floor_is_refused(workspace: object, little: Dataset, command: Command) -> None:
    floor = finished_run(keep_dataset(little, actor="ada"), "popularity")
    command("map", floor.id).refused("has no embedding", "EASE")


@pytest.mark.parametrize("damage", ["text", "short", "version"])
def test_a_damaged_map_is_drawn_anew(run: Run, damage: str) -> None:
    first = made_map(run, method="pca")
    path = run.folder / FOLDER / "items-pca.json"
    if damage == "text":
        path.write_text("{")
    elif damage == "short":
        path.with_suffix(".npz").write_bytes(b"no archive")
    else:
        path.write_text(path.read_text().replace('"made_by": 1', '"made_by": 0'))
    assert kept_map(run, "items", "pca") is None
    assert (made_map(run, method="pca").rows == first.rows).all()


def test_it_can_be_ended_and_leaves_nothing(run: Run) -> None:
    command = [sys.executable, "-m", "recsys_core", "map", run.id, "--events"]
    asked = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert asked.stdout is not None
    assert next(line for line in asked.stdout if "drawing" in line)
    asked.terminate()
    asked.communicate(timeout=60)
    assert asked.returncode == 130
    assert kept_map(run, "items", "tsne") is None
