"""export and import-run: one file out, one run in, and one line on stderr for everything else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.replay import replay_of
from recsys_core.runs import list_runs, open_run
from tests.bundled import json_with, sample
from tests.cli.conftest import Command
from tests.cli.test_cli_replay import assert_same, words_of
from tests.conftest import Studio
from tests.helpers import REPOSITORY, contents, studio_command

ORIGIN = {"run", "maker", "app", "imported", "actor", "dataset", "waiting"}


@pytest.fixture
def exported(studio: Studio, command: Command, tmp_path: Path) -> Path:
    """The file of the run of EASE."""
    path = tmp_path / "ease.zip"
    row = command("export", studio.runs["ease"], "--to", path, "--json").json
    assert (row["run"], row["file"], row["bytes"]) == (studio.runs["ease"], str(path), path.stat().st_size)
    return path


@pytest.fixture
def elsewhere(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another, empty workspace."""
    folder = tmp_path / "elsewhere"
    monkeypatch.setenv("RECSYS_WORKSPACE", str(folder))
    return folder


def test_a_run_is_the_same_elsewhere(
    studio: Studio, exported: Path, elsewhere: Path, little: Dataset, command: Command
) -> None:
    keep_dataset(little, actor="test")
    user = little.users["user_id"].iloc[3]
    row = command("import-run", exported, "--json").json
    assert (row["run"], row["new"], row["completed"], row["needs"]) == (
        studio.runs["ease"],
        True,
        False,
        None,
    )
    assert set(row["origin"]) == ORIGIN
    assert (row["origin"]["maker"], row["origin"]["waiting"]) == ("test", False)
    ours = command("recommend", row["run"], "--user", user, "--json").json
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(studio.folder))
        assert command("recommend", row["run"], "--user", user, "--json").json == ours
    again = command("import-run", exported)
    assert (again.code, "was here before" in again.out) == (0, True)
    shown = command("show", row["run"])
    assert "Made elsewhere by test" in shown.out
    assert "elsewhere" in command("runs").out
    assert_same(command(*words_of(replay_of(open_run(row["run"])).line), "--json").json, row["run"])
    command("import-run", row["run"]).refused("built already")


def test_without_the_data_it_says_what_it_needs(
    studio: Studio, exported: Path, elsewhere: Path, little: Dataset, command: Command
) -> None:
    row = command("import-run", exported, "--json").json
    assert row["origin"]["waiting"] and row["metrics"]["ndcg@10"] > 0
    assert (row["needs"]["name"], row["needs"]["rows"]) == ("little", len(little.interactions))
    assert "import-run" in row["needs"]["sentence"]
    assert row["needs"]["sentence"] in command("show", row["run"]).out
    for asked in (
        ("recommend", row["run"], "--user", "1"),
        ("evaluate", row["run"]),
        ("export", row["run"], "--to", "x.zip"),
    ):
        command(*asked).refused(row["run"] if asked[0] == "export" else "little")
    keep_dataset(little, actor="test")
    command("recommend", row["run"], "--user", "1").refused("not built yet", f"import-run {row['run']}")
    done = command("import-run", row["run"], "--json").json
    assert (done["new"], done["completed"], done["needs"]) == (False, True, None)
    assert command("evaluate", row["run"], "--json").json["metrics"]["ndcg@10"] == pytest.approx(
        row["metrics"]["ndcg@10"], abs=1e-9
    )


def test_data_that_are_fetched_or_imported_are_named_with_their_command(
    workspace: Path, ratings_csv: Path, command: Command, tmp_path: Path
) -> None:
    asked = ("--user", "who", "--item", "what", "--value", "stars_given", "--time", "at")
    assert command("import", ratings_csv, "--name", "orders", *asked, "--json").code == 0
    run = command("train", "--data", "orders", "--model", "popularity", "--k", 3, "--json").json["run"]
    assert command("export", run, "--to", tmp_path / "run.zip").code == 0
    command("delete", run)
    delete_dataset("orders", actor="test")
    needs = command("import-run", tmp_path / "run.zip", "--json").json["needs"]
    recipe = workspace / "runs" / run / "recipe.json"
    assert f"--recipe {recipe}" in needs["sentence"]
    again = command("import", ratings_csv, "--name", "orders", "--recipe", recipe, "--json").json
    assert again["recipe"] == json.loads(recipe.read_text())
    assert command("import-run", run, "--json").json["completed"]


def test_what_cannot_be_done_is_one_line(
    studio: Studio, exported: Path, elsewhere: Path, command: Command, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(exported.read_bytes()[:-100])
    command("import-run", broken).refused("bundle, broken.zip", "no whole zip")
    command("import-run", tmp_path / "none.zip").refused("no such file")
    command("import-run", "nonesuch").refused("nonesuch")
    command("import-run", tmp_path).refused("no such file")
    command("export", "nonesuch", "--to", tmp_path / "x.zip").refused("nonesuch")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(studio.folder))
        before = contents(tmp_path)
        command("export", studio.runs["ease"], "--to", tmp_path).refused("folder")
        command("export", studio.runs["ease"], "--to", tmp_path / "no" / "x.zip").refused("folder")
        assert contents(tmp_path) == before
    assert list_runs() == []


@pytest.mark.long
def test_a_network_comes_in_without_a_word_of_tensorflow(
    studio: Studio, little: Dataset, tmp_path: Path
) -> None:
    bundle = sample(studio.runs["history_encoder"])
    folder, good, bad = tmp_path / "third", tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(bundle.content)
    bad.write_bytes(bundle.changed(json_with("metrics.json", metrics={"ndcg@10": 0.99})))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(folder))
        keep_dataset(little, actor="test")
    refused = studio_command("import-run", bad, workspace=folder)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "does not give what it states" in refused.stderr
    brought = studio_command("import-run", good, "--json", workspace=folder)
    assert (brought.returncode, brought.stderr) == (0, "")
    assert json.loads(brought.stdout)["run"] == bundle.run


def test_an_import_that_is_ended_leaves_nothing(exported: Path, elsewhere: Path, little: Dataset) -> None:
    keep_dataset(little, actor="test")
    (elsewhere / "runs").mkdir()
    before = contents(elsewhere)
    process = subprocess.Popen(
        [sys.executable, "-m", "recsys_core", "import-run", str(exported), "--events"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        told = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert told["status"] == "checking"
    assert process.wait(60) == 130
    assert contents(elsewhere) == before
    assert list((elsewhere / "runs").iterdir()) == []
