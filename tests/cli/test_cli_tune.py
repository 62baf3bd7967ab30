from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.runs import list_runs, open_run
from recsys_core.training.studies import list_studies
from tests.cli.conftest import Command
from tests.training.searches import queued_study, tried_here


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="test")


def test_tune_prints_what_scripts_rely_on(data: Dataset, command: Command) -> None:
    where = ("--data", "little", "--model", "item_knn", "--method", "grid", "--metric", "recall@5")
    how = ("--range", "neighbours=3,9", "--range", "shrinkage=1..9:8", "--set", "asymmetry=0.5")
    row = command("tune", *where, *how, "--trials", 9, "--name", "mine", "--json").json
    assert (row["method"], row["metric"], row["status"], row["of"], row["tried"]) == (
        "grid",
        "recall@5",
        "done",
        4,
        4,
    )
    tried = {(one["settings"]["neighbours"], one["settings"]["shrinkage"]) for one in row["trials"]}
    assert tried == {(3, 1), (3, 9), (9, 1), (9, 9)}
    assert all(one["reason"] and one["seconds"] >= 0 for one in row["trials"])
    best = row["best"]
    assert best["value"] == max(one["value"] for one in row["trials"])
    assert best["settings"]["asymmetry"] == 0.5
    run = open_run(best["run"])
    assert run.config.settings == best["settings"] and best["metrics"] == run.measured()["metrics"]
    assert row["shrinkage"]["test"] == best["metrics"]["recall@5"] and row["looks"] == 2 == len(list_runs())
    (listed,) = command("studies", "--json").json["studies"]
    assert (listed["study"], listed["value"], listed["settings"]) == (
        row["study"],
        best["value"],
        best["settings"],
    )
    shown = command("show", "mine")
    assert f"best: trial {best['trial']}, recall@5" in shown.out
    assert "runs that this study measured on test: 2" in shown.out
    command("resume", "mine").refused(f"study {row['study']}: its budget is used up")
    command("cancel", "mine").refused("it is not running any more (done)")
    assert command("delete", "mine").code == 0 and list_studies() == [] and len(list_runs()) == 2


def test_a_person_reads_the_budget_the_trials_and_what_is_left_on_test(
    data: Dataset, command: Command
) -> None:
    told = command("tune", "--data", "little", "--model", "item_knn", "--method", "random", "--trials", 2).out
    assert "budget: 2 trials at most, no limit of time; about " in told
    assert "  neighbours=50..800:log" in told
    assert "default settings: ndcg@10 0." in told
    assert "best: trial " in told and "on validation rows" in told


def test_resume_goes_on_with_what_is_left_of_a_study(data: Dataset, command: Command) -> None:
    study = queued_study(data, "item_knn", "neighbours=2..25", n_trials=3, name="mine")
    tried_here(study, stop_after=1).set_state("interrupted")
    row = command("resume", "mine", "--json").json
    assert row["tried"] == row["of"] == 3 and row["status"] == "done"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (("--model", "oracle"), "there is no model 'oracle'"),
        (("--model", "blend"), "--model: blend cannot be searched"),
        (("--data", "atlantis"), "there is no data set 'atlantis'"),
        (("--method", "magic"), "--method: 'magic' is not allowed"),
        (("--trials", "0"), "--trials: 0 is not allowed"),
        (("--trials", "many"), "Invalid value for '--trials'"),
        (("--minutes", "-1"), "--minutes: -1 is not allowed"),
        (("--metric", "rmse"), "ease makes lists and predicts no value"),
        (("--metric", "ndcg@5", "--k", "7"), "'ndcg@5' is no figure to search by"),
        (("--metric", "ndcg@x"), "'ndcg@x' is no figure to search by"),
        (("--range", "l2=9..1"), "its low end is not below its high end"),
        (("--range", "depth=1..3"), "ease has no such parameter"),
        (("--set", "l2"), "'l2' is not key=value"),
        (("--split", "sideways"), "'sideways' is no split protocol"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    data: Dataset, command: Command, given: tuple[str, ...], complaint: str
) -> None:
    plain = {"--data": "little", "--model": "ease"}
    plain |= {given[place]: given[place + 1] for place in range(0, len(given), 2)}
    command("tune", *(word for pair in plain.items() for word in pair)).refused(complaint)
    assert list_studies() == []
