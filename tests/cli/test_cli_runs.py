from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset, list_datasets
from recsys_core.evaluation import signs as store
from recsys_core.models import baselines, registry
from recsys_core.runs import list_runs, open_run
from recsys_core.scenarios.alarms import NAMES
from tests.cli.conftest import COLUMNS, Command
from tests.conftest import Studio
from tests.helpers import click_table, contents, queued_run

PROMISED = {
    "run",
    "status",
    "model",
    "dataset",
    "split",
    "seed",
    "epochs",
    "metrics",
    "ci",
    "seconds",
    "peak_rss_mb",
}
"""The keys that DESIGN.md names for `train --json`."""
BESIDE = {"name", "split_seed", "settings", "error", "origin"}


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="test")


def test_models_lists_every_parameter_with_range_and_default(command: Command) -> None:
    listed = {one["name"]: one for one in command("models", "--json").json["models"]}
    assert set(listed) == {spec.name for spec in registry.MODELS}
    epochs = next(one for one in listed["embedding_mlp"]["params"] if one["name"] == "epochs")
    assert {key: epochs[key] for key in ("kind", "default", "low", "high")} == {
        "kind": "int",
        "default": 10,
        "low": 1,
        "high": 1000,
    }
    assert "embedding_mlp.epochs = 10 (1..1000)" in command("models").out


def test_train_prints_what_scripts_rely_on(data: Dataset, command: Command) -> None:
    settings = ("--set", "item_damping=3", "--set", "user_damping=0.5")
    how = ("--split", "last:2", "--split-seed", "7", "--seed", "5", "--k", "4", "--name", "mine")
    row = command("train", "--data", "little", "--model", "bias", *settings, *how, "--json").json
    assert set(row) == PROMISED | BESIDE
    told = ("status", "model", "dataset", "split", "split_seed", "seed", "name", "epochs", "error")
    wanted = ["done", "bias", "little", "last:2", 7, 5, "mine", 0, None]
    assert [row[key] for key in told] == wanted
    assert row["settings"] == {"item_damping": 3.0, "user_damping": 0.5}
    assert set(row["seconds"]) == {"prepare", "fit", "evaluate"}
    assert row["peak_rss_mb"] > 0
    assert {"rmse", "mae", "ndcg@4", "recall@4", "coverage@4"} <= set(row["metrics"])
    low, high = row["ci"]["rmse"]
    assert low <= row["metrics"]["rmse"] <= high
    shown = command("show", row["run"], "--json").json
    assert shown == command("show", "mine", "--json").json
    assert shown.pop("replay")["notes"] == []
    assert shown == row | {"alarms": [], "checks": []}  # a floor


def test_train_without_json_says_the_figures_and_its_phases_on_stderr(
    data: Dataset, command: Command
) -> None:
    answer = command("train", "--data", "little", "--model", "popularity")
    assert answer.code == 0
    assert "ndcg@10" in answer.out
    assert answer.err.split() == ["prepare", "fit", "evaluate"]


def test_a_network_reports_its_epochs_and_the_json_stays_alone(data: Dataset, command: Command) -> None:
    asked = ("train", "--data", "little", "--model", "embedding_mlp", "--set", "epochs=1")
    assert command(*asked, "--json").json["epochs"] == 1
    assert "train 1/1  loss " in command(*asked).err


def _two_files(folder: Path) -> tuple[Path, Path]:
    train, test = folder / "train.csv", folder / "test.csv"
    people = [(f"0{person}", f"x/{item}") for person in range(8) for item in range(6)]
    rows = [f"{person},{item},{1 + place % 5}" for place, (person, item) in enumerate(people)]
    train.write_text("u,i,r\n" + "\n".join(row for place, row in enumerate(rows) if place % 4) + "\n")
    test.write_text("u,i,r\n" + "\n".join(row for place, row in enumerate(rows) if not place % 4) + "\n")
    return train, test


def test_own_training_and_test_files_are_the_split_given(
    workspace: Path, command: Command, tmp_path: Path
) -> None:
    train, test = _two_files(tmp_path)
    columns = ("--user", "u", "--item", "i", "--value", "r")
    asked = ("train", "--train", train, "--test", test, *columns, "--model", "bias", "--k", "3", "--json")
    row = command(*asked).json
    assert (row["split"], row["status"]) == ("given", "done")
    split = open_run(row["run"]).split()
    assert (len(split.fit_rows), len(split.test)) == (36, 12)
    listed = command("recommend", row["run"], "--user", "03", "--k", "3", "--json").json
    assert {item["item_id"] for item in listed["items"]} <= {f"x/{item}" for item in range(6)}
    again = command(*asked).json
    assert again["dataset"] == row["dataset"]
    assert len(list_datasets()) == 1
    assert again["metrics"] == row["metrics"]


def test_the_same_files_read_by_other_columns_are_other_data(
    workspace: Path, command: Command, tmp_path: Path
) -> None:
    train, test = _two_files(tmp_path)
    asked = ("train", "--train", train, "--test", test, "--model", "popularity", "--k", "3", "--json")
    first = command(*asked, "--user", "u", "--item", "i").json
    second = command(*asked, "--user", "i", "--item", "u").json
    assert first["dataset"] != second["dataset"]
    assert command("evaluate", first["run"], "--k", "3", "--json").code == 0  # its data are still there


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--model", "bias"), ("train", "--data NAME", "--train FILE and --test FILE")),
        (("--model", "bias", "--data", "nosuch"), ("no data set 'nosuch'", "little")),
        (("--model", "bias", "--data", "../little"), ("not a usable name",)),
        (("--model", "nosuch", "--data", "little"), ("no model 'nosuch'", "history_encoder")),
        (
            ("--model", "bias", "--data", "little", "--set", "epochs=5"),
            ("'epochs'", "item_damping, user_damping"),
        ),
        (("--model", "bias", "--data", "little", "--set", "item_damping"), ("--set", "key=value")),
        (("--model", "bias", "--data", "little", "--set", "item_damping=-1"), ("-1", "from 0 to 100")),
        (
            ("--model", "history_encoder", "--data", "little", "--set", "epochs=1.5"),
            ("epochs", "whole number"),
        ),
        (("--model", "bias", "--data", "little", "--k", "31"), ("--k", "k is 31", "from 1 to 30")),
        (("--model", "bias", "--data", "little", "--split", "weekly"), ("--split", "'weekly'", "last")),
        (("--model", "bias", "--data", "little", "--split", "user-random:2"), ("--split", "'2'", "0 and 1")),
        (("--model", "bias", "--data", "little", "--split", "given"), ("--split given", "--train FILE")),
        (("--model", "bias", "--data", "little", "--train", "a.csv"), ("train", "--data NAME")),
        (("--model", "bias", "--train", "a.csv"), ("train", "both --train FILE and --test FILE")),
        (("--model", "bias", "--train", "a.csv", "--test", "b.csv"), ("a.csv", "no such file")),
        (("--model", "bias", "--data", "little", "--seed", "-1"), ("seed: -1 is not allowed",)),
    ],
)
def test_what_cannot_be_trained_is_refused_and_leaves_nothing(
    data: Dataset, workspace: Path, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    before = set(contents(workspace))
    command("train", *arguments, "--json").refused(*parts)
    assert set(contents(workspace)) == before
    assert list_runs() == []


def test_own_files_with_a_wrong_setting_leave_no_data_set(
    workspace: Path, command: Command, tmp_path: Path
) -> None:
    train, test = _two_files(tmp_path)
    asked = ("train", "--train", train, "--test", test, "--user", "u", "--item", "i", "--value", "r")
    command(*asked, "--model", "bias", "--k", "99").refused("--k", "k is 99")
    command(*asked, "--model", "bias", "--split", "last").refused("--split", "leave --split out")
    test.write_text("u,i\n01,x/1\n")
    command(*asked, "--model", "bias").refused("test.csv", "no column 'r'")
    assert list_datasets() == []


def test_a_model_for_another_kind_of_data_is_refused(
    workspace: Path, command: Command, ratings_csv: Path
) -> None:
    command("import", ratings_csv, "--name", "shop", *COLUMNS, "--kind", "implicit")
    command("train", "--data", "shop", "--model", "embedding_mlp", "--k", "2").refused(
        "data set shop", "does not learn from implicit data", "popularity"
    )


def test_a_run_that_fails_ends_with_the_reason_and_stays_to_be_looked_at(
    data: Dataset, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baselines, "MAX_EASE_ITEMS", 10)  # so that the worker refuses, not `configure`
    line = command("train", "--data", "little", "--model", "ease", "--json").refused("run ", "items x items")
    (failed,) = list_runs()
    assert failed.id in line
    row = command("show", failed.id, "--json").json
    assert row["status"] == "failed"
    assert row["error"] in line


def test_runs_lists_all_and_survives_a_broken_one(data: Dataset, command: Command) -> None:
    good = command("train", "--data", "little", "--model", "popularity", "--json").json
    broken = command("train", "--data", "little", "--model", "random", "--json").json
    (open_run(broken["run"]).folder / "metrics.json").write_text("{")
    rows = {row["run"]: row for row in command("runs", "--json").json["runs"]}
    assert rows[good["run"]] == good
    assert rows[broken["run"]]["metrics"] == {}
    assert "metrics.json: the file is damaged" in rows[broken["run"]]["error"]
    assert good["run"] in command("runs").out


def test_show_tells_a_run_field_by_field(studio: Studio, command: Command) -> None:
    shown = command("show", studio.runs["ease"])
    assert shown.code == 0
    assert "user-random:0.2" in shown.out


def test_cancel_asks_a_queued_run_to_stop(data: Dataset, command: Command) -> None:
    run = queued_run(data, "popularity")
    answer = command("cancel", run.id)
    assert (answer.code, answer.err) == (0, "")
    assert run.cancel_asked


def test_a_finished_run_cannot_be_cancelled(studio: Studio, command: Command) -> None:
    command("cancel", studio.runs["ease"]).refused(
        "run ", "not running any more (done)", "'delete' removes it"
    )


def test_delete_removes_a_run(data: Dataset, command: Command) -> None:
    run = queued_run(data, "popularity")
    assert command("delete", run.id).code == 0
    assert list_runs() == []


@pytest.mark.parametrize("name", ["show", "cancel", "delete", "evaluate", "work"])
@pytest.mark.parametrize("run_id", ["0" * 12, "../little", ""])
def test_an_unknown_run_is_refused_by_every_command(
    data: Dataset, command: Command, name: str, run_id: str
) -> None:
    queued_run(data, "popularity")
    command(name, run_id).refused("there is no run", "the command 'runs' lists every id")


def test_evaluate_judges_again_at_any_k_and_changes_nothing(studio: Studio, command: Command) -> None:
    run = open_run(studio.runs["ease"])
    before = contents(run.folder)
    judged = command("evaluate", run.id, "--k", "5", "--json").json
    assert set(judged) == {"run", "k", "metrics", "ci"}
    assert "ndcg@5" in judged["metrics"]
    again = command("evaluate", run.id, "--json").json
    assert again["metrics"] == pytest.approx(run.measured()["metrics"])
    assert contents(run.folder) == before
    command("evaluate", run.id, "--k", "31").refused("--k", "from 1 to 30")


def test_work_without_a_run_says_what_it_needs(workspace: Path, command: Command) -> None:
    command("work").refused("work", "give the id of a run")


@pytest.mark.parametrize("model", ["ease", "embedding_mlp", "random"])
def test_training_on_clicks_is_refused_in_one_sentence(workspace: Path, command: Command, model: str) -> None:
    keep_dataset(click_table(()), actor="ada")
    command("train", "--data", "clicks", "--model", model).refused(
        "data set clicks", f"{model} does not learn from click data", "no model learns from such data yet"
    )
    assert not list((workspace / "runs").glob("*"))


@pytest.mark.parametrize("columns", [(), ("user_id",), ("item_id",)])
def test_a_split_of_clicks_without_users_or_items_is_refused(
    workspace: Path, command: Command, columns: tuple[str, ...]
) -> None:
    keep_dataset(click_table(columns), actor="ada")
    command("audit", "--data", "clicks").refused("data set clicks", "needs a user and an item in every row")


def test_show_tells_the_alarms_about_a_run_and_what_was_checked(studio: Studio, command: Command) -> None:
    row = command("show", studio.runs["ease"], "--json").json
    assert row["alarms"] == []
    states = {one["name"]: one["state"] for one in row["checks"]}
    assert states == dict.fromkeys(NAMES, "fine") | {"good_rmse": "skipped"}
    assert "no alarm: checked 5 things" in command("show", studio.runs["ease"]).out


def test_show_names_an_alarm_with_its_remedy(studio: Studio, workspace: Path, command: Command) -> None:
    shutil.copytree(studio.folder, workspace)
    run = open_run(studio.runs["ease"])
    known = store.kept(run.folder)
    assert known is not None
    store.keep(run.folder, replace(known, level=0.9))
    (alarm,) = command("show", run.id, "--json").json["alarms"]
    assert set(alarm) == {"name", "title", "sentence", "remedy"}
    assert alarm["name"] == "collapsed"
    out = command("show", run.id).out
    assert "alarm: Collapsed scores. For 90% of the users" in out
    assert "what to do: Look at its learning curve" in out
