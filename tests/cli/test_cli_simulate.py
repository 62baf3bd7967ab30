from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.simulator import WorldSpec, chunks, open_world
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import list_datasets, open_dataset
from tests.cli.conftest import Command
from tests.helpers import contents


@pytest.mark.parametrize("kind", ["rating", "implicit", "click"])
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_world_is_written_row_by_row_as_asked(
    command: Command, tmp_path: Path, kind: str, suffix: str
) -> None:
    target = tmp_path / f"events{suffix}"
    told = command("simulate", "--kind", kind, "--rows", 3_000, "--seed", 7, "--to", target, "--json").json
    events = pd.read_csv(target) if suffix == ".csv" else pd.read_parquet(target)
    expected = pd.concat(list(chunks(WorldSpec.of_rows(Kind(kind), 3_000, seed=7))))
    assert told["rows"] == len(events) == 3_000
    assert (told["users"], told["items"]) == (events["user_id"].nunique(), events["item_id"].nunique())
    for column in events:
        np.testing.assert_array_equal(events[column], expected[column])
    assert sum(told["causes"].values()) == 3_000
    best = {"rating": {"rmse", "mae"}, "implicit": set(), "click": {"log_loss", "brier"}}
    assert set(told["best"]) == best[kind]
    assert told["spec"]["seed"] == 7


def test_the_files_of_a_world_are_imported_like_anybodys(
    workspace: Path, command: Command, tmp_path: Path
) -> None:
    events, users, items, truth = (tmp_path / f"{name}.csv" for name in ("e", "u", "i", "t"))
    sides = ("--users-to", users, "--items-to", items, "--truth-to", truth)
    command("simulate", "--kind", "rating", "--rows", 2_000, "--to", events, *sides, "--json")
    made = command("import", events, "--name", "world", "--users", users, "--items", items, "--json").json
    assert (made["kind"], made["rows"]) == ("rating", 2_000)
    data = open_dataset("world")
    assert data.user_attributes == ["segment", "age", "city"]
    assert data.item_attributes == ["category", "price_band", "colour", "weight"]
    assert "category" in data.list_columns
    assert set(pd.read_csv(truth)) == {"user_id", "item_id", "timestamp", "expected", "cause"}


def test_a_world_is_kept_as_a_data_set_with_its_optimum(workspace: Path, command: Command) -> None:
    dials = ("--n-users", 80, "--n-items", 50, "--mean-events", 12, "--drift", 0.5, "--noise", 0.4)
    causes = ("--causes", "taste=3, chance=1")
    told = command("simulate", "--kind", "rating", "--name", "mine", *dials, *causes, "--json").json
    world = open_world("mine")
    assert (told["rows"], told["users"], told["items"]) == (
        len(world.dataset.interactions), world.dataset.n_users, world.dataset.n_items,
    )  # fmt: skip
    assert world.spec.shares == (0.75, 0.0, 0.0, 0.25)
    assert (world.spec.drift, world.spec.noise) == (0.5, 0.4)
    assert told["causes"]["popularity"] == told["causes"]["attributes"] == 0
    best = world.best(make_split(world.dataset, SplitSpec())).figures
    assert told["best"] == pytest.approx(best)
    for figure, (low, high) in told["ci"].items():
        assert low < best[figure] < high
    assert set(told["ci"]) == set(best)


def test_without_json_a_person_reads_a_table(workspace: Path, command: Command) -> None:
    answer = command("simulate", "--kind", "click", "--rows", 1_500, "--name", "shown")
    assert (answer.code, answer.err) == (0, "")
    assert "1500" in answer.out
    assert "log_loss" in answer.out
    assert [one.name for one in list_datasets()] == ["shown"]


BAD: list[tuple[tuple[Any, ...], tuple[str, ...]]] = [
    (("--kind", "stars", "--to", "a.csv"), ("--kind", "'stars'", "rating, implicit or click")),
    (("--kind", "click"), ("--to FILE", "--name NAME")),
    (("--kind", "click", "--to", "a.csv", "--name", "mine"), ("--to FILE", "--name NAME")),
    (("--kind", "click", "--to", "a.txt"), ("a.txt", ".csv or .parquet")),
    (("--kind", "click", "--to", "no/where.csv"), ("no", "folder is not there")),
    (("--kind", "click", "--to", "a.csv", "--truth-to", "a.csv"), ("a.csv", "file of its own")),
    (("--kind", "click", "--to", "a.csv", "--rows", "999"), ("rows", "999", "1,000 to 32,000,000")),
    (("--kind", "click", "--to", "a.csv", "--rows", "2000", "--n-users", "5"), ("n_users", "leave it out")),
    (("--kind", "click", "--to", "a.csv", "--noise", "-1"), ("noise", "-1", "0 to 100")),
    (("--kind", "click", "--to", "a.csv", "--noise", "nan"), ("noise", "nan", "0 to 100")),
    (("--kind", "click", "--to", "a.csv", "--drift", "2"), ("drift", "2", "0 to 1")),
    (("--kind", "click", "--to", "a.csv", "--seed", "-3"), ("seed", "-3")),
    (("--kind", "click", "--to", "a.csv", "--causes", "taste"), ("--causes", "'taste'")),
    (("--kind", "click", "--to", "a.csv", "--causes", "luck=1"), ("causes", "luck", "taste, popularity")),
    (("--kind", "click", "--name", "../up"), ("../up", "letters, digits")),
    (("--kind", "click", "--name", "big", "--rows", "6000000"), ("6,000,000", "--to")),
    (("--kind", "click", "--name", "mine", "--users-to", "u.csv"), ("--users-to", "--to")),
    (("--to", "a.csv"), ("--kind", "simulate --help")),
]


@pytest.mark.parametrize(("arguments", "parts"), BAD)
def test_what_cannot_be_is_refused_in_one_line_and_leaves_nothing(
    workspace: Path,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[Any, ...],
    parts: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    command("simulate", *arguments).refused(*parts)
    assert contents(tmp_path) == {}
