"""A training that was interrupted anywhere, and resumed, ends as one that nobody disturbed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core.models.checkpoint import Checkpoint, Session
from recsys_core.models.registry import MODELS, model_class
from tests.fitted import QUICK, fitted, split_for, tiny_split

NETWORKS = [one.name for one in MODELS if one.network]


class Killed(Exception):
    """Stands for the death of the process."""


def _killed_after(n_events: int) -> Any:
    events: list[dict[str, Any]] = []

    def report(event: dict[str, Any]) -> None:
        events.append(event)
        if len(events) >= n_events:
            raise Killed

    return report


@pytest.mark.parametrize("name", NETWORKS)
def test_a_resumed_training_equals_an_undisturbed_one(name: str, tmp_path: Path) -> None:
    undisturbed = fitted(name)
    n_deaths = 0
    for n_events in (2, 2, 3, 100):  # dies early, then further on, then not at all
        checkpoint = Checkpoint(tmp_path, every=0.0)
        model = model_class(name)(QUICK[name])
        try:
            model.fit(split_for(name), seed=1, report=_killed_after(n_events), checkpoint=checkpoint)
        except Killed:
            n_deaths += 1
    assert n_deaths >= 2
    everybody = np.arange(tiny_split().dataset.n_users)
    np.testing.assert_allclose(
        model.score_catalogue(everybody), undisturbed.score_catalogue(everybody), atol=1e-5
    )
    curves = [[row["epoch"] for row in one.trained.history] for one in (model, undisturbed)]  # type: ignore[attr-defined]
    assert curves[0] == curves[1]
    assert model.trained.best_epoch == undisturbed.trained.best_epoch  # type: ignore[attr-defined]


def test_it_goes_on_inside_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recsys_core.models import keras_loop

    monkeypatch.setattr(keras_loop, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(keras_loop, "FIRST_CALL_STEPS", 1)
    monkeypatch.setattr(keras_loop, "TARGET_CALL_SECONDS", 0.0)
    settings = {**QUICK["embedding_mlp"], "batch_size": 16}
    plain = model_class("embedding_mlp")(settings).fit(tiny_split(), seed=1)
    told: list[dict[str, Any]] = []

    def report(event: dict[str, Any]) -> None:
        told.append(event)
        if event["type"] == "progress" and event["epoch"] == 2 and event["part"] > 0.5:
            raise Killed

    first = Checkpoint(tmp_path, every=0.0)
    with pytest.raises(Killed):
        model_class("embedding_mlp")(settings).fit(tiny_split(), seed=1, report=report, checkpoint=first)
    kept = first.load("train")
    assert kept is not None
    assert (kept.progress["epoch"], kept.progress["done"] > 0) == (2, True)
    again = model_class("embedding_mlp")(settings).fit(tiny_split(), seed=1, checkpoint=Checkpoint(tmp_path))
    np.testing.assert_array_equal(again.model.get_weights()[0], plain.model.get_weights()[0])  # type: ignore[attr-defined]
    assert again.trained.history[1]["loss"] == pytest.approx(plain.trained.history[1]["loss"], abs=1e-5)  # type: ignore[attr-defined]


def test_a_complete_training_is_not_repeated(tmp_path: Path) -> None:
    first = model_class("history_encoder")(QUICK["history_encoder"])
    first.fit(tiny_split(), seed=1, checkpoint=Checkpoint(tmp_path))
    events: list[dict[str, Any]] = []
    again = model_class("history_encoder")(QUICK["history_encoder"])
    again.fit(tiny_split(), seed=1, report=events.append, checkpoint=Checkpoint(tmp_path))
    assert events == []
    np.testing.assert_array_equal(again.model.get_weights()[0], first.model.get_weights()[0])  # type: ignore[attr-defined]
    assert again.trained.history == first.trained.history  # type: ignore[attr-defined]


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_a_checkpoint_that_cannot_be_read_is_none(damage: bytes | None, tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path)
    assert kept.load("train") is None
    kept.save("train", {"epoch": 3}, [np.arange(3)], None)
    path = tmp_path / "train.npz"
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    assert kept.load("train") is None


def test_what_is_kept_comes_back_in_order(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path)
    state = [np.full(place, place, np.float32) for place in range(12)]
    kept.save("refit", {"epoch": 3, "history": [{"loss": 0.1}]}, state, [np.array([[1.5]])])
    saved = kept.load("refit")
    assert saved is not None
    assert saved.progress == {"epoch": 3, "history": [{"loss": 0.1}]}
    for found, given in zip(saved.state, state, strict=True):
        np.testing.assert_array_equal(found, given)
    assert [one.tolist() for one in saved.best] == [[[1.5]]]
    assert kept.load("train") is None


def test_another_network_does_not_take_it_up(tmp_path: Path) -> None:
    other = {**QUICK["history_encoder"], "embedding_size": 4}
    model_class("history_encoder")(other).fit(tiny_split(), seed=1, checkpoint=Checkpoint(tmp_path))
    model = model_class("history_encoder")(QUICK["history_encoder"])
    model.fit(tiny_split(), seed=1, checkpoint=Checkpoint(tmp_path))
    everybody = np.arange(tiny_split().dataset.n_users)
    np.testing.assert_allclose(
        model.score_catalogue(everybody), fitted("history_encoder").score_catalogue(everybody), atol=1e-5
    )


def test_a_session_keeps_nothing_unless_asked() -> None:
    assert Session(3).checkpoint is None
    assert not Session(3).should_stop()
