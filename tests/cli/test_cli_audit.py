"""The command audit: one split, and one model under every split."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.runs import list_runs
from recsys_core.scenarios.split_auditor import Auditing
from recsys_core.scenarios.split_auditor_store import kept_auditing
from tests.cli.conftest import Command
from tests.conftest import Studio
from tests.helpers import REPOSITORY

ASKED = ("audit", "--data", "little", "--model", "ease", "--k", "5")


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


def test_one_split_has_counts_and_flags(studio: Studio, command: Command) -> None:
    found = command("audit", "--data", "little", "--split", "time", "--json").json
    assert found["split"] == "time:0.2"
    assert found["test_before_any_train"] == 0
    assert found["clean"] is True
    assert [flag["name"] for flag in found["flags"]] == ["new_users"]
    table = command("audit", "--data", "little")
    assert "test_before_any_train" in table.out
    assert "[kind] " in table.out and "no leak" in table.out


def test_a_model_under_every_split(data: Dataset, command: Command) -> None:
    found = command(*ASKED, "--set", "l2=20", "--json").json
    assert [one["split"] for one in found["figures"]] == [
        "user-random:0.2",
        "last:1",
        "time:0.2",
        "cold-user:5",
    ]
    assert found["answers"][0].startswith("Under time NDCG@5 of EASE")
    assert kept_auditing(data, "ease", k=5, settings={"l2": 20}) == Auditing.read(found)
    assert {run.config.settings["l2"] for run in list_runs() if run.config.model == "ease"} == {20.0}
    table = command(*ASKED, "--set", "l2=20")
    lines = table.out.splitlines()
    assert lines[0].split()[:2] == ["split", "ndcg@5"]
    assert [line.split()[0] for line in lines[1:5]] == [one["split"] for one in found["figures"]]
    assert found["answers"][0] in lines
    assert len(list_runs()) == 12


def test_events_for_the_app_end_with_done(data: Dataset, command: Command) -> None:
    lines = [json.loads(line) for line in command(*ASKED, "--events").out.splitlines()]
    assert (lines[0]["status"], lines[-1]["status"]) == ("started", "done")
    assert {line.get("split") for line in lines[1:-1]} == {
        "user-random:0.2",
        "last:1",
        "time:0.2",
        "cold-user:5",
    }


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--model", "popularity"), ("--model", "popularity stands beside other models")),
        (("--model", "oracle"), ("'oracle'", "use one of")),
        (("--model", "ease", "--split", "last"), ("--split", "every split is tried", "leave --split out")),
        (("--model", "ease", "--k", "0"), ("--k", "k is 0")),
        (("--model", "ease", "--set", "l2=big"), ("l2",)),
    ],
)
def test_bad_questions_are_refused(
    data: Dataset, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    command("audit", "--data", "little", *arguments).refused(*parts)
    assert list_runs() == []


def test_it_can_be_ended_and_leaves_no_half_made_run(data: Dataset, workspace: Path) -> None:
    asked = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "recsys_core",
            "audit",
            "--data",
            "little",
            "--model",
            "history_encoder",
            "--k",
            "5",
            "--events",
        ],
        cwd=REPOSITORY,
        env=os.environ | {"RECSYS_WORKSPACE": str(workspace)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert asked.stdout is not None
    assert next(line for line in asked.stdout if "training" in line)
    asked.terminate()
    asked.communicate(timeout=60)
    assert asked.returncode == 130
    assert [run.state for run in list_runs()] == []
    assert kept_auditing(data, "history_encoder", k=5) is None
