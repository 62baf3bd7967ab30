"""`train --dry-run`, and refusals: the same words on the command line as in Python, for every parameter."""

from __future__ import annotations

from typing import Any

import pytest

from recsys_core.errors import RecsysError
from recsys_core.runs import list_runs
from recsys_core.training.estimate import estimate
from recsys_core.training.jobs import configure
from tests.cli.conftest import Command
from tests.conftest import Studio


def test_a_dry_run_says_what_it_would_take_and_trains_nothing(studio: Studio, command: Command) -> None:
    before = {run.id for run in list_runs()}
    answer = command("train", "--data", "little", "--model", "ease", "--dry-run")
    assert (answer.code, answer.err) == (0, "")
    said = estimate(studio.data, "ease")
    assert answer.out.splitlines()[:2] == [said.sentence, said.basis]
    assert {run.id for run in list_runs()} == before


def test_a_dry_run_as_json_has_seconds_memory_and_what_they_rest_on(studio: Studio, command: Command) -> None:
    settings = ("--set", "epochs=3", "--set", "members=1")
    found = command(
        "train", "--data", "little", "--model", "history_encoder", *settings, "--dry-run", "--json"
    ).json
    assert (found["model"], found["dataset"]) == ("history_encoder", "little")
    told = found["estimate"]
    assert 0 < told["seconds_range"][0] <= told["seconds"] <= told["seconds_range"][1]
    assert told["memory_mb"] > 500 and told["epochs"][0] <= 3 and told["basis"] and told["warnings"] == []


def refusal(studio: Studio, model: str, **asked: Any) -> str:
    """What `configure` says."""
    with pytest.raises(RecsysError) as caught:
        configure(studio.data, model, actor="test", **asked)
    return str(caught.value)


BAD = [
    ("history_encoder", "epochs", "0"),
    ("history_encoder", "epochs", "1.5"),
    ("history_encoder", "dropout", "nan"),
    ("history_encoder", "learning_rate", "1e300"),
    ("history_encoder", "batch_size", "many"),
    ("history_encoder", "target", "no such word"),
    ("blend", "members", "../x"),
    ("reranked", "base", "a,b"),
]
"""Every parameter of every model is refused in tests/test_params.py; here, that nothing is said otherwise on the way."""


@pytest.mark.parametrize(("model", "name", "text"), BAD)
def test_a_refused_parameter_is_worded_as_in_python(
    model: str, name: str, text: str, studio: Studio, command: Command
) -> None:
    answer = command("train", "--data", "little", "--model", model, "--set", f"{name}={text}")
    assert answer.refused() == refusal(studio, model, settings={name: text}) + "\n"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        (("--seed", "-1"), {"seed": -1}),
        (("--seed", 2**31), {"seed": 2**31}),
        (("--k", 0), {"k": 0}),
        (("--k", 10**6), {"k": 10**6}),
        (("--set", "epoch=3"), {"settings": {"epoch": 3}}),
    ],
)
def test_other_refusals_are_worded_as_in_python(
    options: tuple[Any, ...], asked: dict[str, Any], studio: Studio, command: Command
) -> None:
    answer = command("train", "--data", "little", "--model", "ease", *options)
    assert answer.refused() == refusal(studio, "ease", **asked) + "\n"
