"""The line that makes a run again: through the real parser it gives the same figures, or says why it does not."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import VALUE
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.models import registry
from recsys_core.replay import PROGRAM, replay_of
from recsys_core.runs import CANCELLED, delete_run, list_runs, open_run
from tests.cli.conftest import Answer, Command
from tests.fitted import QUICK
from tests.helpers import finished_run, queued_run, studio_command

MADE_OF_RUNS = ("blend", "reranked")
ALWAYS = ("history_encoder", "mf", "random")
"""Of the networks two families, of the others all; the rest where minutes do not count."""
PLAIN = [
    pytest.param(one.name, marks=() if one.name in ALWAYS or not one.network else pytest.mark.long)
    for one in registry.MODELS
    if one.name not in MADE_OF_RUNS
]


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="test")


def words_of(line: str) -> list[str]:
    """The arguments of our program, as a shell hands them over."""
    assert line.startswith(f"{PROGRAM} ")
    assert "\n" not in line
    return shlex.split(line)[len(PROGRAM.split()) :]


def again(command: Command, line: str) -> Answer:
    return command(*words_of(line), "--json")


def assert_same(row: dict[str, Any], run_id: str) -> None:
    run = open_run(run_id)
    assert row["run"] != run.id
    assert row["metrics"] == pytest.approx(run.measured()["metrics"], rel=0, abs=1e-9)
    ours, theirs = (pd.DataFrame(one["ci"]) for one in (row, run.measured()))
    pd.testing.assert_frame_equal(ours, theirs, rtol=0, atol=1e-9)
    made = open_run(row["run"]).table("candidates")
    pd.testing.assert_frame_equal(made, run.table("candidates"), rtol=0, atol=1e-9)


@pytest.mark.parametrize("model", PLAIN)
def test_the_line_of_a_run_gives_its_figures_again(model: str, data: Dataset, command: Command) -> None:
    settings = QUICK.get(model, {}) | ({"epochs": 2} if "epochs" in QUICK.get(model, {}) else {})
    settings |= {"patience": 0} if model == "history_encoder" else {}
    run = finished_run(data, model, settings=settings, seed=3, name="it's a 'name'; $HOME")
    replay = replay_of(run)
    assert (replay.before, replay.notes) == ((), ())
    assert all(f"{key}=" in replay.line for key in run.config.settings)
    row = again(command, replay.line).json
    assert_same(row, run.id)
    assert open_run(row["run"]).config.same_work(run.config)
    assert row["name"] == run.config.name


def made_of_runs(data: Dataset) -> list[str]:
    """A blend of two, and the blend re-ranked: what names runs that name runs."""
    members = [finished_run(data, "ease", settings={"l2": 10.0}).id, finished_run(data, "item_knn").id]
    blend = finished_run(data, "blend", settings={"members": ",".join(members)})
    shown = finished_run(data, "reranked", settings={"base": blend.id, "method": "mix", "strength": 0.6})
    return [*members, blend.id, shown.id]


def test_what_names_runs_gives_their_lines_first(
    data: Dataset, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *named, shown = made_of_runs(data)
    replay = command("show", shown, "--json").json["replay"]
    assert [one["run"] for one in replay["before"]] == named
    assert_same(again(command, replay["line"]).json, shown)  # where the named runs are, one line is enough
    figures = open_run(shown).measured()["metrics"]
    script = replay_of(open_run(shown)).script.splitlines()
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path / "elsewhere"))
    keep_dataset(data, actor="test")
    rows = [again(command, line).json for line in script]
    assert [row["name"] for row in rows] == [*named, ""]
    assert rows[-1]["metrics"] == pytest.approx(figures, rel=0, abs=1e-9)


def test_a_named_run_that_is_gone_is_said(data: Dataset, command: Command) -> None:
    first, _second, blend, shown = made_of_runs(data)
    delete_run(first, actor="test")
    for one in (blend, shown):
        replay = command("show", one, "--json").json["replay"]
        assert first in " ".join(replay["notes"])
        assert first not in [named["run"] for named in replay["before"]]
    told = command("show", blend)
    assert replay_of(open_run(blend)).line in told.out.splitlines()
    again(command, replay_of(open_run(blend)).line).refused(first)


@pytest.mark.parametrize("options", [(), ("--rank", "rank"), ("--ratings",), ("--skip-unknown",)])
def test_imported_scores_come_again_from_their_file(
    options: tuple[str, ...],
    data: Dataset,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    pairs = pd.MultiIndex.from_product([data.users["user_id"], data.items["item_id"]], names=["w", "i t"])
    table = pd.DataFrame({"s": rng.uniform(1, 5, len(pairs))}, index=pairs).reset_index()
    table["rank"] = table.groupby("w")["s"].rank(ascending=False, method="first").astype(int)
    if "--skip-unknown" in options:
        table.loc[len(table)] = ["nobody", "nothing", 1.0, 999]
    monkeypatch.chdir(tmp_path)
    table.to_csv("-my scores.csv", index=False)
    number = options if "--rank" in options else ("--score", "s", *options)
    asked = ("--name", "theirs", "--data", "little", "--user", "w", "--item", "i t")
    row = command("import-scores", "./-my scores.csv", *asked, *number, "--json").json
    replay = replay_of(open_run(row["run"]))
    assert [row["settings"]["sha256"] in note for note in replay.notes] == [True]
    same = again(command, replay.line).json
    assert (same["run"], same["new"]) == (row["run"], False)  # the same file is known again
    delete_run(row["run"], actor="test")
    assert again(command, replay.line).json["metrics"] == pytest.approx(row["metrics"], rel=0, abs=1e-9)


def test_data_that_were_replaced_are_refused_and_said(data: Dataset, command: Command) -> None:
    run = finished_run(data, "popularity")
    replay = replay_of(run)
    events = data.interactions.assign(**{VALUE: data.interactions[VALUE].to_numpy()[::-1]})
    keep_dataset(replace(data, interactions=events), actor="test")
    assert any("replaced since" in note for note in replay_of(run).notes)
    n_runs = len(list_runs())
    again(command, replay.line).refused("little", "replaced since", "--fingerprint")
    assert len(list_runs()) == n_runs
    words = [word for word in words_of(replay.line) if not word.startswith("--fingerprint")]
    assert command(*words).code == 0
    command(*words, "--fingerprint=").refused("--fingerprint")
    delete_dataset("little", actor="test")
    assert any("not in this workspace" in note for note in replay_of(run).notes)


def test_a_run_that_was_stopped_by_hand_says_so(data: Dataset) -> None:
    run = queued_run(data, "popularity")
    run.set_state(CANCELLED)
    assert any("stopped by hand" in note for note in replay_of(run).notes)


@pytest.mark.long
@pytest.mark.parametrize("model", ["history_encoder", "two_tower", "sequence", "mf"])
def test_another_process_gives_the_same_network(model: str, movielens: Dataset, workspace: Path) -> None:
    keep_dataset(movielens, actor="test")
    run = finished_run(movielens, model, settings={"epochs": 3})
    done = studio_command(*words_of(replay_of(run).line), workspace=workspace)
    assert done.returncode == 0, done.stderr
    assert_same({"run": list_runs()[0].id, **list_runs()[0].measured()}, run.id)
