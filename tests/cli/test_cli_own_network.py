"""The example package through the command line: listed, trained, asked, resumed; and what stays once it is removed."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.runs import open_run
from recsys_core.training.search_space import default_ranges
from tests.cli.conftest import Command
from tests.own_packages import Site

SMALL = ("--set", "epochs=1", "--set", "embedding_size=4")


@pytest.fixture
def example(workspace: Path, little: Dataset, site: Site) -> Site:
    keep_dataset(little, actor="test")
    site.put_example()
    return site


def test_models_lists_what_packages_bring_and_what_of_them_is_left_out(
    example: Site, command: Command
) -> None:
    example.put({}, {"ease": "nowhere:MODEL"}, name="broken")
    listed = command("models", "--json").json
    own = {one["name"]: one for one in listed["models"] if one["package"]}
    assert {name: one["package"] for name, one in own.items()} == {
        "gated": "own-network 0.1.0",
        "neumf": "own-network 0.1.0",
    }
    assert own["neumf"]["network"] and "hidden_units" in {one["name"] for one in own["neumf"]["params"]}
    assert [(one["name"], one["package"]) for one in listed["left_out"]] == [("ease", "broken 1.2")]
    told = command("models").out
    assert "(your own, from own-network 0.1.0)" in told
    assert "neumf.negatives = 4 (1..100)" in told
    assert "ease of package broken 1.2 is left out: the app has a model of that name" in told


def test_a_list_network_is_trained_and_serves_known_and_new_people(
    example: Site, little: Dataset, command: Command
) -> None:
    how = ("--data", "little", "--model", "gated", *SMALL, "--name", "mine", "--json")
    row = command("train", *how).json
    assert (row["status"], row["model"], row["epochs"]) == ("done", "gated", 1)
    assert row["settings"]["embedding_size"] == 4 and row["settings"]["history_dropout"] == 0.5
    assert 0 <= row["metrics"]["ndcg@10"] <= 1 and "rmse" not in row["metrics"]
    user, picked = little.users["user_id"].iloc[0], list(little.items["item_id"].iloc[:2])
    known = command("recommend", "mine", "--user", user, "--k", "5", "--json").json
    new = command("recommend", "mine", "--history", ",".join(picked), "--k", "5", "--json").json
    assert len(known["items"]) == len(new["items"]) == 5
    assert not set(picked) & {one["item_id"] for one in new["items"]}


def test_a_bad_setting_is_refused_before_anything_is_made(example: Site, command: Command) -> None:
    how = ("train", "--data", "little", "--model", "neumf", "--set")
    command(*how, "hidden_units=0").refused("parameter hidden_units", "0", "a whole number from 1 to 1024")
    command(*how, "depth=2").refused("'depth'", "hidden_units")
    assert command("runs", "--json").json == {"runs": []}


def test_its_settings_can_be_searched_and_its_time_is_told(example: Site, command: Command) -> None:
    assert "hidden_units" in {one.name for one in default_ranges("neumf")}
    for model in ("neumf", "gated"):
        told = command("train", "--data", "little", "--model", model, "--dry-run", "--json").json["estimate"]
        assert 0 < told["seconds"] < 120
        assert told["epochs"][1] > 0  # the final fit is counted


def test_a_pair_network_stays_when_its_package_goes_and_is_not_trained_again(
    example: Site, little: Dataset, command: Command
) -> None:
    user, item = little.users["user_id"].iloc[0], little.items["item_id"].iloc[0]
    row = command("train", "--data", "little", "--model", "neumf", *SMALL, "--json").json
    before = command("recommend", row["run"], "--user", user, "--k", "5", "--json").json
    example.remove_all()
    assert command("recommend", row["run"], "--user", user, "--k", "5", "--json").json == before
    assert command("show", row["run"], "--json").json["model"] == "neumf"
    assert open_run(row["run"]).scorer().can.network
    command("recommend", row["run"], "--history", item, "--k", "5").refused("knows users by their id only")
    again = command("train", "--data", "little", "--model", "neumf")
    again.refused("there is no model 'neumf'", "a model of your own must be installed beside the app")
    assert "neumf" not in command("models").out
