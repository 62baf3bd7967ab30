from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.errors import DataError
from recsys_core.locks import Lock
from recsys_core.runs import Run, create_run, open_run
from recsys_core.training.jobs import make_resumable
from recsys_core.training.worker import work
from tests.conftest import Studio
from tests.helpers import queued_run


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


@pytest.mark.parametrize(
    ("model", "written"),
    [
        ("popularity", {"model/arrays.npz", "model/serving.json"}),
        (
            "embedding_mlp",
            {"model/model.keras", "model/network.onnx", "model/serving.json"},
        ),
        (
            "history_encoder",
            {"model/arrays.npz", "model/model.keras", "model/network.onnx", "model/serving.json"},
        ),
    ],
)
def test_a_done_run_holds_exactly_its_files(studio: Studio, model: str, written: set[str]) -> None:
    folder = open_run(studio.runs[model]).folder
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    tables = {f"{name}.parquet" for name in ("users", "candidates", "by_k", "draws")}
    tables |= {"predictions.parquet"} if model == "embedding_mlp" else set()
    plain = {"config.json", "status.json", "metrics.json", "alarms.json", "events.jsonl", "lock"}
    assert found == written | tables | plain


@pytest.mark.parametrize("model", ["embedding_mlp", "history_encoder", "popularity"])
def test_a_done_run_says_how_long_it_took_and_how_much_memory(studio: Studio, model: str) -> None:
    status = open_run(studio.runs[model]).status
    assert status["state"] == "done"
    assert set(status["seconds"]) == {"prepare", "fit", "evaluate"}
    assert all(0 <= seconds < 60 for seconds in status["seconds"].values())
    assert 50 < status["peak_rss_mb"] < 20_000
    assert (status["epochs"] > 0) == (model != "popularity")


def test_every_file_of_json_names_its_format(studio: Studio) -> None:
    folder = open_run(studio.runs["history_encoder"]).folder
    for path in folder.rglob("*.json"):
        assert files.read_json(path)["format_version"] == files.FORMAT_VERSION


def test_the_events_of_a_network_tell_its_story_in_order(studio: Studio) -> None:
    run = open_run(studio.runs["embedding_mlp"])
    told = [event.get("phase") for event in run.events() if event["type"] == "phase"]
    assert told == ["prepare", "fit", "evaluate"]
    epochs = [event for event in run.events() if event["type"] == "epoch"]
    assert [(event["epoch"], event["of"], event["phase"]) for event in epochs] == [
        (1, 2, "train"),
        (2, 2, "train"),
    ]
    assert {"loss", "valid_loss", "valid_rmse", "samples_per_second", "seconds_left"} <= set(epochs[0])
    assert [event["type"] for event in run.events()][-1] == "end"
    assert run.events()[-1]["state"] == "done"


def test_metrics_have_intervals_that_hold_them_and_values_per_user(studio: Studio) -> None:
    run = open_run(studio.runs["ease"])
    measured, users = run.measured(), run.table("users")
    low, high = measured["ci"]["ndcg@10"]
    assert low <= measured["metrics"]["ndcg@10"] <= high
    assert measured["metrics"]["ndcg@10"] == pytest.approx(users["ndcg@10"].mean())
    assert measured["n_judged"] == len(users)


def test_whoever_watches_sees_every_event_of_the_log(data: Dataset) -> None:
    watched: list[dict[str, Any]] = []
    run = queued_run(data, "popularity")
    work(run, watch=watched.append)
    assert [event["type"] for event in watched] == [event["type"] for event in run.events()]


def test_data_that_are_gone_fail_the_run_with_one_sentence(data: Dataset) -> None:
    run = queued_run(data, "popularity")
    delete_dataset("little", actor="ada")
    assert work(run) == "failed"
    assert run.status["error"].startswith("workspace: there is no data set 'little'; choose one of")
    assert "\n" not in run.status["error"]
    assert not run.has_model
    assert run.events()[-1] == run.events()[-1] | {"type": "end", "state": "failed"}


def test_a_bug_fails_the_run_without_a_traceback_on_screen(
    data: Dataset, capfd: pytest.CaptureFixture[str]
) -> None:
    config = replace(queued_run(data, "popularity").config, k="ten")  # type: ignore[arg-type]
    run = create_run(config)
    assert work(run) == "failed"
    assert run.status["error"] == "an error of the app itself: TypeError; see log.txt in the run's folder"
    assert "Traceback" in (run.folder / "log.txt").read_text()
    assert capfd.readouterr() == ("", "")


def test_a_run_that_was_cancelled_before_its_start_makes_nothing(data: Dataset) -> None:
    run = queued_run(data, "popularity")
    run.cancel(actor="ada")
    assert run.cancel_asked
    assert work(run) == "cancelled"
    assert not run.has_model
    assert not (run.folder / "model").exists()


def test_a_network_that_is_cancelled_keeps_its_best_epoch_and_serves(data: Dataset) -> None:
    run = queued_run(data, "embedding_mlp", settings={"epochs": 400})

    def stop_after_three(event: dict[str, Any]) -> None:
        if event["type"] == "epoch" and event["epoch"] == 3:
            run.cancel(actor="ada")

    assert work(run, watch=stop_after_three) == "cancelled"
    epochs = [event for event in run.events() if event["type"] == "epoch"]
    assert len(epochs) == 3
    losses = [event["valid_loss"] for event in epochs]
    assert run.status["epochs"] == 1 + int(np.argmin(losses))
    assert run.has_model
    assert np.isfinite(run.scorer().score_catalogue(np.arange(data.n_users))).all()


def _after(n_epochs: int, told: list[dict[str, Any]]) -> bool:
    return sum(event["type"] == "epoch" for event in told) >= n_epochs


def test_a_worker_that_is_told_to_leave_is_followed_by_one_that_ends_as_if_there_had_been_none(
    data: Dataset, studio_figures: dict[str, float]
) -> None:
    run, told = queued_run(data, "embedding_mlp", settings={"epochs": 2}), []
    assert work(run, watch=told.append, should_leave=lambda: _after(1, told)) == "interrupted"
    assert (run.state, run.can_go_on, run.goes_on_from_kept) == ("interrupted", True, True)
    make_resumable(run)
    assert work(run) == "done"
    assert run.measured()["metrics"] == pytest.approx(studio_figures, abs=1e-6)
    assert run.curve()["epoch"].tolist() == [1, 2]
    assert not (run.folder / "checkpoint").exists()


@pytest.fixture
def studio_figures(shared_studio: Studio) -> dict[str, float]:
    """The figures of an undisturbed run of the same settings and data."""
    folder = shared_studio.folder / "runs" / shared_studio.runs["embedding_mlp"]
    return dict(Run(folder).measured()["metrics"])


def test_who_stops_a_run_while_it_is_judged_may_go_on_with_it(
    data: Dataset, studio_figures: dict[str, float]
) -> None:
    run = queued_run(data, "embedding_mlp", settings={"epochs": 2})

    def stop_while_judged(event: dict[str, Any]) -> None:
        if event["type"] == "judging" and not run.cancel_asked:
            run.cancel(actor="ada")

    assert work(run, watch=stop_while_judged) == "cancelled"
    assert (run.has_model, run.can_go_on) == (False, True)
    make_resumable(run)
    assert not run.cancel_asked
    n_epochs = len(run.curve())
    assert work(run) == "done"
    assert len(run.curve()) == n_epochs == 2  # nothing was learned twice
    assert run.measured()["metrics"] == pytest.approx(studio_figures, abs=1e-6)


def test_what_keeps_no_checkpoint_starts_anew(data: Dataset) -> None:
    run = queued_run(data, "ials", settings={"epochs": 3})
    assert work(run, should_leave=lambda: len(run.events()) >= 3) == "interrupted"
    assert (run.can_go_on, run.goes_on_from_kept) == (True, False)
    make_resumable(run)
    assert work(run) == "done"


def test_a_model_in_closed_form_stops_where_it_is_asked_to(data: Dataset) -> None:
    run = queued_run(data, "ease")

    def stop_while_fitted(event: dict[str, Any]) -> None:
        if event.get("phase") == "fit":
            run.cancel(actor="ada")

    assert work(run, watch=stop_while_fitted) == "cancelled"
    assert (run.has_model, run.can_go_on) == (False, False)


def _state_and_files(run: Run) -> tuple[str, set[str]]:
    return run.state, {path.name for path in run.folder.iterdir()}


def test_a_second_worker_on_the_same_run_is_refused(data: Dataset) -> None:
    run = queued_run(data, "popularity")
    first = Lock(run.folder / "lock")
    assert first.acquire()
    before = _state_and_files(run)
    with pytest.raises(DataError, match="another process works on it; wait for it, or cancel it"):
        work(run)
    assert _state_and_files(run) == before


@pytest.mark.parametrize("state", ["done", "failed", "cancelled", "running"])
def test_a_run_that_is_not_queued_is_refused(data: Dataset, state: str) -> None:
    run = queued_run(data, "popularity")
    run.set_state(state)
    before = run.status["time"]
    with pytest.raises(DataError, match="not queued; train again"):
        work(run)
    assert run.status["time"] == before


def test_the_same_run_twice_gives_the_same_figures(data: Dataset) -> None:
    runs = [queued_run(data, "random", seed=3) for _again in range(2)]
    assert [work(run) for run in runs] == ["done", "done"]
    assert runs[0].measured()["metrics"] == runs[1].measured()["metrics"]
