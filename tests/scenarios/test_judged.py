"""A run's tables: read, or made anew where an older version kept none, to the same figures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from recsys_core.runs import Run, open_run
from recsys_core.scenarios.judged import Judged
from tests.conftest import Studio


@pytest.fixture
def older(studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The rating network's run as an older version left it: without the newer tables."""
    folder = tmp_path / "older"
    shutil.copytree(studio.folder, folder)
    monkeypatch.setenv("RECSYS_WORKSPACE", str(folder))
    run = open_run(studio.runs["embedding_mlp"])
    for name in ("predictions", "by_k", "draws"):
        (run.folder / f"{name}.parquet").unlink()
    return run


def test_a_run_keeps_every_table(studio: Studio) -> None:
    run = open_run(studio.runs["embedding_mlp"])
    judged, metrics = Judged.of(run, studio.data), run.measured()["metrics"]
    users, items, scores = judged.lists(10)
    assert items.shape == scores.shape == (len(users), 10)
    assert judged.predictions is not None
    error = (judged.predictions["truth"] - judged.predictions["predicted"]) ** 2
    assert metrics["rmse"] == pytest.approx(error.mean() ** 0.5)
    at_10 = judged.by_k[(judged.by_k["metric"] == "ndcg") & (judged.by_k["k"] == 10)]["value"].iloc[0]
    assert metrics["ndcg@10"] == pytest.approx(at_10)
    assert {"coverage@10", "rmse", "auc", "accuracy"} <= set(judged.draws)


def test_an_older_run_gets_the_same_tables(studio: Studio, older: Run) -> None:
    old = Judged.of(older, studio.data)
    stored = Run(studio.folder / "runs" / older.id)
    pd.testing.assert_frame_equal(old.by_k, stored.table("by_k"), check_dtype=False)
    pd.testing.assert_frame_equal(old.draws, stored.table("draws"), check_like=True)
    assert old.predictions is not None
    pd.testing.assert_frame_equal(old.predictions, stored.table("predictions"), rtol=1e-5)


def test_a_run_that_predicts_no_ratings_has_no_predictions(studio: Studio) -> None:
    assert Judged.of(open_run(studio.runs["ease"]), studio.data).predictions is None
