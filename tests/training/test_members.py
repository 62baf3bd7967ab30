"""Finished runs as members of a blend, and runs that go on after their process was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError, NotFound, ParamError
from recsys_core.models import registry
from recsys_core.models.checkpoint import Session
from recsys_core.models.table import MODELS
from recsys_core.runs import Run, open_run
from recsys_core.training.jobs import configure, make_resumable
from recsys_core.training.members import run_member
from recsys_core.training.worker import work
from tests.helpers import REPOSITORY, finished_run, queued_run, studio_command, wait_until

QUICK = {"epochs": 3}


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


def test_a_blend_takes_the_newest_run_of_each_model(data: Dataset) -> None:
    finished_run(data, "ease")
    ease, popularity = finished_run(data, "ease", settings={"l2": 50}), finished_run(data, "popularity")
    finished_run(data, "random")
    finished_run(data, "bias", split=SplitSpec(seed=7))
    blend = finished_run(data, "blend")
    assert set(blend.config.settings["members"].split(",")) == {ease.id, popularity.id}
    assert blend.measured()["metrics"]["ndcg@10"] > 0
    told = next(event for event in blend.events() if event["type"] == "weights")
    assert set(told["weights"]) == {ease.id, popularity.id}


def test_a_member_serves_as_its_run_and_is_judged_without_validation_rows(data: Dataset) -> None:
    run = finished_run(data, "history_encoder", settings=QUICK)
    split = run.split()
    member = run_member(run.id, split, Session(0))
    users = np.arange(7)
    np.testing.assert_array_equal(member.final.score_catalogue(users), run.scorer().score_catalogue(users))
    known = member.on_train.seen  # type: ignore[attr-defined]
    assert known.nnz == len(split.train)
    again = run_member(run.id, split, Session(0))  # now from the folder
    np.testing.assert_allclose(
        again.on_train.score_catalogue(users), member.on_train.score_catalogue(users), atol=1e-6
    )


def test_what_cannot_be_blended_is_refused_before_anything_runs(data: Dataset) -> None:
    ease, other = finished_run(data, "ease"), finished_run(data, "popularity", split=SplitSpec(seed=7))
    waiting = queued_run(data, "popularity")
    for members, why in (
        ("", "fewer than two"),
        (ease.id, "fewer than two"),
        (f"{ease.id},{ease.id}", "named twice"),
        (f"{ease.id},{other.id}", "not a finished run of these data and this split"),
        (f"{ease.id},{waiting.id}", "not a finished run"),
    ):
        with pytest.raises(ParamError, match=why):
            configure(data, "blend", actor="ada", settings={"members": members})
    with pytest.raises(NotFound):
        configure(data, "blend", actor="ada", settings={"members": f"{ease.id},nobody"})


def test_ratings_are_blended_from_runs_that_predict_them(data: Dataset) -> None:
    for model in ("bias", "embedding_mlp", "ease"):
        finished_run(data, model, settings={"epochs": 2} if model == "embedding_mlp" else {})
    blend = finished_run(data, "blend", settings={"goal": "ratings"})
    models = {open_run(one).config.model for one in blend.config.settings["members"].split(",")}
    assert models == {"bias", "embedding_mlp"}
    assert 0 < blend.measured()["metrics"]["rmse"] < 2


def _killed_in_the_middle(run: Run, workspace: Path) -> None:
    """Starts the run's worker and kills it once it kept a checkpoint of an epoch."""
    environment = os.environ | {"RECSYS_WORKSPACE": str(workspace), "RECSYS_CHECKPOINT_SECONDS": "0.05"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "recsys_core", "work", run.id], cwd=REPOSITORY, env=environment
    )
    try:
        wait_until(
            lambda: (run.folder / "checkpoint" / "train.npz").exists() or worker.poll() is not None,
            seconds=90, what="a checkpoint",
        )  # fmt: skip
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


@pytest.mark.faults
@pytest.mark.parametrize("model", [one.name for one in MODELS if one.network])
def test_a_killed_run_goes_on_and_ends_as_an_undisturbed_one(
    model: str, data: Dataset, workspace: Path
) -> None:
    known = {spec.name for spec in registry.params_of(model)}
    wanted = {"epochs": 60, "patience": 0, "batch_size": 4}
    settings = {name: value for name, value in wanted.items() if name in known}
    undisturbed = finished_run(data, model, settings=settings)
    run = queued_run(data, model, settings=settings)
    _killed_in_the_middle(run, workspace)
    assert run.state == "interrupted"
    assert not run.has_model
    said = studio_command("resume", run.id, workspace=workspace)
    assert said.returncode == 0, said.stderr
    assert run.state == "done"
    ours, theirs = (one.measured()["metrics"] for one in (run, undisturbed))
    assert ours == pytest.approx(theirs, abs=1e-4)
    curves = [one.curve() for one in (run, undisturbed)]
    for name in ("phase", "epoch"):  # no seam, nothing twice
        assert curves[0][name].tolist() == curves[1][name].tolist()
    assert curves[0]["loss"].tolist() == pytest.approx(curves[1]["loss"].tolist(), abs=1e-3)
    assert not (run.folder / "checkpoint").exists()


def test_only_an_interrupted_run_goes_on(data: Dataset) -> None:
    done = finished_run(data, "popularity")
    with pytest.raises(DataError, match="it is done, not interrupted"):
        make_resumable(done)
    with pytest.raises(DataError, match="not queued"):
        work(done)
