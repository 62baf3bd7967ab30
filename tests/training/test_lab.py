"""The runs of the cold-start lab: each once, the first rows only where there are times, never over a file's own test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotSupported
from recsys_core.training.lab import lab_runs, train_lab


@pytest.fixture
def data(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    kept: Dataset = simulate(Kind.IMPLICIT, n_users=60, n_items=30, mean_events=10, seed=1).dataset
    keep_dataset(kept, actor="test")
    return kept


def test_the_lab_asks_for_each_run_once(data: Dataset) -> None:
    first, again = (train_lab(data, actor="test") for _time in range(2))
    asked = [(run.config.model, run.config.split) for run in first]
    assert asked == [
        ("newcomer", "cold-user:5"),
        ("history_encoder", "cold-user:5"),
        ("ials", "cold-user:5"),
        ("newcomer", "cold-user-first:5"),
    ]
    assert again == []


def test_without_times_nobody_has_a_first_choice(data: Dataset) -> None:
    bare = replace(data, interactions=data.interactions.drop(columns="timestamp"))
    assert {split.protocol for _model, split in lab_runs(bare)} == {"cold-user"}


def test_data_with_test_rows_of_their_own_are_refused(data: Dataset) -> None:
    given = replace(data, interactions=data.interactions.assign(part=0))
    with pytest.raises(NotSupported, match="test rows of their own"):
        train_lab(given, actor="test")
