"""The command frontier, the rehearsal behind it, and what both keep in the run's folder."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import Cancelled, DataError, NotSupported
from recsys_core.runs import CANCELLED, Run, open_run
from recsys_core.scenarios import frontier_store
from recsys_core.scenarios.frontier_store import kept_frontier, made_frontier
from recsys_core.scenarios.rehearsal import CANDIDATES, make_rehearsal, open_rehearsal
from tests.cli.conftest import Command
from tests.helpers import REPOSITORY, finished_run


@pytest.fixture
def data(workspace: object, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


@pytest.fixture
def run(data: Dataset) -> Run:
    return finished_run(data, "ease")


def test_it_prints_every_point_and_the_knees(run: Run, command: Command) -> None:
    found = command("frontier", run.id, "--k", "5", "--json").json
    assert (found["run"], found["k"], found["distance"]) == (run.id, 5, "attributes")
    assert len(found["points"]) == 66
    assert {"method", "strength", "ndcg", "ndcg_low", "ndcg_high", "coverage_change"} <= found["points"][
        0
    ].keys()
    assert set(found["knees"]) == {"mix", "mmr", "dpp", "calibrated", "popularity", "coverage"}
    table = command("frontier", run.id, "--k", "5")
    assert table.code == 0
    assert table.out.count("\n") == 67
    assert "validation rows" in table.err


def test_events_for_the_app_end_with_done(run: Run, command: Command) -> None:
    lines = [
        json.loads(line) for line in command("frontier", run.id, "--k", "5", "--events").out.splitlines()
    ]
    assert [line["status"] for line in lines][-1] == "done"
    assert {"learning", "ranking", "judging"} <= {line["status"] for line in lines}
    assert all(0 <= line["share"] <= 1 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--distance", "miles"), ("--distance", "'miles'", "attributes, model, together")),
        (("--k", "0"), ("--k", "k is 0")),
        (("--k", "31"), ("--k", "from 1 to 30")),
    ],
)
def test_bad_questions_are_refused(
    run: Run, command: Command, arguments: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    command("frontier", run.id, *arguments).refused(*parts)
    assert not (run.folder / "frontier").exists()


def test_an_unknown_run_is_refused(data: Dataset, command: Command) -> None:
    command("frontier", "nothing").refused("'nothing'")


def test_what_was_kept_is_the_same_and_needs_nothing_again(run: Run) -> None:
    first = made_frontier(run, k=5)
    serving = open_rehearsal(run)
    assert serving is not None
    again = kept_frontier(run, serving, k=5)
    assert again is not None
    np.testing.assert_allclose(
        again.points.drop(columns="method").to_numpy(float),
        first.points.drop(columns="method").to_numpy(float),
    )
    assert again.points["method"].tolist() == first.points["method"].tolist()
    assert kept_frontier(run, serving, k=5, distance="together") is None
    assert kept_frontier(run, serving, k=6) is None


def test_a_frontier_of_another_version_or_a_damaged_one_is_made_anew(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_frontier(run, k=5)
    serving = open_rehearsal(run)
    assert serving is not None
    path = run.folder / "frontier" / "5-attributes.parquet"
    with monkeypatch.context() as patch:
        patch.setattr(frontier_store, "FORMAT", 99)
        assert kept_frontier(run, serving, k=5) is None
    path.write_bytes(b"not a table")
    assert kept_frontier(run, serving, k=5) is None
    assert len(made_frontier(run, k=5).points) == 66


def test_stopped_in_the_middle_it_leaves_no_frontier(run: Run) -> None:
    make_rehearsal(run)
    with pytest.raises(Cancelled):
        made_frontier(run, k=5, should_stop=lambda: True)
    assert not (run.folder / "frontier").exists()


def test_a_rehearsal_knows_training_rows_only(run: Run) -> None:
    split, serving = run.split(), make_rehearsal(run)
    assert serving.seen.nnz == len(split.train)
    np.testing.assert_array_equal(serving.split.test, split.valid)
    users, pool = serving.studio.candidates
    assert (np.diff(serving.held_out.indptr)[users] > 0).all()
    for user, items in zip(users, pool.items, strict=True):
        assert not set(items.tolist()) & set(serving.seen[[user]].indices.tolist())
    assert (run.folder / CANDIDATES).exists()


@pytest.mark.parametrize("model", ["history_encoder", "blend", "newcomer"])
def test_other_models_can_be_rehearsed(data: Dataset, run: Run, model: str) -> None:
    if model == "blend":
        finished_run(data, "popularity")
    settings = {"history_encoder": {"epochs": 2}, "newcomer": {"base": "item_knn"}}
    other = finished_run(data, model, settings=settings.get(model))
    make_rehearsal(other)
    opened = open_rehearsal(open_run(other.id))
    assert opened is not None
    scores = opened.ask(np.arange(5))
    assert np.isfinite(scores).all()
    assert not np.allclose(scores, other.scorer().score_catalogue(np.arange(5)))


def test_people_held_out_whole_are_rehearsed_by_what_others_revealed(data: Dataset) -> None:
    run = finished_run(data, "ease", split=SplitSpec.parse("cold-user:2", seed=42))
    serving = make_rehearsal(run)
    users, _pool = serving.studio.candidates
    split = run.split()
    assert set(users.tolist()) == set(split.triples(split.valid)[0].tolist())
    assert len(made_frontier(run, k=5).points) == 66


def test_items_held_out_whole_are_refused(data: Dataset) -> None:
    run = finished_run(data, "popularity", split=SplitSpec.parse("cold-item:0.2", seed=42))
    with pytest.raises(NotSupported, match="out whole"):
        make_rehearsal(run)


def test_a_run_that_was_stopped_is_refused(data: Dataset) -> None:
    run = finished_run(data, "history_encoder", settings={"epochs": 2})
    run.set_state(CANCELLED)
    with pytest.raises(DataError, match="stopped before it was complete"):
        make_rehearsal(run)
    assert open_rehearsal(run) is None


def _asking(run: Run) -> subprocess.Popen[str]:
    """The command in a process of its own, as the page starts it."""
    command = [sys.executable, "-m", "recsys_core", "frontier", run.id, "--k", "5", "--events"]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def test_of_two_at_once_one_judges_and_the_other_reads(run: Run) -> None:
    asked = [_asking(run), _asking(run)]
    told = [one.communicate(timeout=120)[0] for one in asked]
    assert [one.returncode for one in asked] == [0, 0]
    assert sorted("judging" in text for text in told) == [False, True]


def test_it_can_be_ended_while_it_judges_and_leaves_nothing_half_written(run: Run) -> None:
    make_rehearsal(run)
    asked = _asking(run)
    assert asked.stdout is not None
    assert next(line for line in asked.stdout if "judging" in line)
    asked.terminate()
    asked.communicate(timeout=60)
    assert asked.returncode == 130
    serving = open_rehearsal(run)
    assert serving is not None
    assert kept_frontier(run, serving, k=5) is None
    assert len(made_frontier(run, k=5).points) == 66
