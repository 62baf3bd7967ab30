"""The commands worth and worths: what they print, and what they refuse."""

from __future__ import annotations

import json

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.evaluation.worth import ARMS, HELPS, SHUFFLED, WITH, WITHOUT
from recsys_core.scenarios.worth import judged_worth, keep_worth
from recsys_core.training.worth import ask
from tests.cli.conftest import Command
from tests.planted import planted

MEANS = {WITH: [0.8, 0.81, 0.79], WITHOUT: [1.0, 1.01, 1.0], SHUFFLED: [1.01, 1.0, 1.02]}
ASKED = ("--data", "planted", "--model", "mf", "--attribute", "grade", "--split", "cold-item:0.3")


@pytest.fixture
def data(workspace: object) -> Dataset:
    """The planted data with one result in the workspace."""
    made = keep_dataset(planted(), actor="ada")
    question = ask(made, "mf", "grade", split=SplitSpec.parse("cold-item:0.3", seed=42))
    users = 0.05 * np.random.default_rng(0).standard_normal(60)
    arms = {arm: np.array(means)[:, None] + users - users.mean() for arm, means in MEANS.items()}
    keep_worth(question, judged_worth(question, 60, arms, 2.0))
    return made


def test_it_prints_the_verdict_the_arms_and_the_gains(data: Dataset, command: Command) -> None:
    found = command("worth", *ASKED, "--json").json
    assert (found["verdict"], found["metric"], found["n_users"]) == (HELPS, "rmse", 60)
    assert found["arms"][WITH] == pytest.approx(MEANS[WITH])
    assert found["against"][WITHOUT]["low"] > 0
    assert found["about"]["attribute"] == "items.grade"
    table = command("worth", *ASKED)
    assert table.code == 0
    assert table.out.startswith("grade helps Matrix factorisation on new items: RMSE is 0.800 with it")
    assert [line.split()[0] for line in table.out.splitlines()[2:]] == list(ARMS)
    assert "test was not touched" in table.err


def test_the_app_hears_of_the_end(data: Dataset, command: Command) -> None:
    told = [json.loads(line) for line in command("worth", *ASKED, "--events").out.splitlines()]
    assert told == [{"status": "done", "share": 1.0}]


def test_what_was_measured_is_listed(data: Dataset, command: Command) -> None:
    rows = command("worths", "--data", "planted", "--json").json["worths"]
    assert [row["about"]["split"] for row in rows] == ["cold-item:0.3"]
    table = command("worths", "--data", "planted")
    assert "items.grade" in table.out and "helps" in table.out and "+0.203" in table.out


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        (("--attribute", "colour"), ("'colour'", "items.grade, items.letter, users.mood")),
        (("--model", "ease"), ("ease", "use one of")),
        (("--seeds", "1"), ("--seeds", "from 2 to 20")),
        (("--split", "last"), ("no time column",)),
        (("--split", "nothing"), ("--split", "'nothing'")),
        (("--set", "colour=1"), ("'colour'",)),
        (("--k", "0"), ("k is 0",)),
        (("--data", "other"), ("'other'",)),
    ],
)
def test_bad_questions_are_refused(
    data: Dataset, command: Command, changed: tuple[str, str], parts: tuple[str, ...]
) -> None:
    command("worth", *ASKED, *changed).refused(*parts)
