from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.job_folder import QUEUED
from recsys_core.runs import delete_run, list_runs
from recsys_core.training import search_final as final
from recsys_core.training.search_shrinkage import Shrinkage, drawn_together, in_words, luck_of_choosing
from recsys_core.training.search_trial import metric_sums
from recsys_core.training.search_worker import next_trial
from recsys_core.training.studies import FINISHED, Study
from recsys_core.training.worker import work
from tests.training.searches import queued_study, tried_here


@pytest.fixture
def data(workspace: Path, little: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")  # runs are made here
    return keep_dataset(little, actor="ada")


@pytest.fixture
def study(data: Dataset) -> Study:
    return tried_here(queued_study(data, "item_knn", "neighbours=2,5,20", method="grid"))


def test_the_best_settings_become_one_run_and_its_look_at_test_is_counted(study: Study) -> None:
    assert final.final_of(study) is None and final.shrinkage(study) is None and final.looks(study) == []
    best = study.best()
    assert best is not None
    run = final.make_final(study, actor="ada")
    assert (run.state, run.config.settings) == (QUEUED, study.settings_of(best["number"]))
    assert final.make_final(study, actor="bob").id == run.id and len(list_runs()) == 1
    assert final.shrinkage(study) is None, "nothing was measured yet"
    assert work(run) == "done"
    assert final.n_looks(study) == 1
    found = final.shrinkage(study)
    assert found is not None and math.isnan(found.gain_test)
    assert found.valid == best["value"] and found.test == run.measured()["metrics"]["ndcg@10"]
    assert found.difference == found.valid - found.test
    assert "cannot be subtracted" in " ".join(in_words(found))


def test_beside_the_default_settings_rows_and_choosing_are_told_apart(study: Study) -> None:
    made = final.finish(study, actor="ada")
    assert [work(run) for run in made] == ["done", "done"]
    assert final.finish(study, actor="ada")[0].id == made[0].id and final.n_looks(study) == 2
    found, reference = final.shrinkage(study), study.reference()
    assert found is not None and reference is not None
    test = [run.measured()["metrics"]["ndcg@10"] for run in made]
    assert found.gain_valid == pytest.approx(found.valid / reference["value"] - 1)
    assert found.gain_test == pytest.approx(test[0] / test[1] - 1)
    assert found.lost == pytest.approx(found.gain_valid - found.gain_test)
    assert found.gain_test_ci[0] <= found.gain_test <= found.gain_test_ci[1]
    assert found.lost_ci[0] < found.lost < found.lost_ci[1]
    assert found.default_difference == reference["value"] - test[1]


def test_any_finished_trial_becomes_a_run_but_no_other(study: Study) -> None:
    run = final.make_run(study, 1, actor="ada")
    assert final.run_of(study, 1) is not None and final.make_run(study, 1, actor="bob").id == run.id
    with pytest.raises(NotFound, match="it has no trial 7"):
        final.make_run(study, 7, actor="ada")
    with pytest.raises(ValueError, match="actor"):
        final.make_run(study, 1, actor="")
    delete_run(run.id, actor="ada")
    assert final.run_of(study, 1) is None and final.n_looks(study) == 1, "what was seen stays seen"


def test_a_trial_that_did_not_finish_becomes_no_run(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,5", method="grid")
    next_trial(study, study.config, "a-process-that-is-gone")
    with pytest.raises(DataError, match="trial 0 is stopped, not finished"):
        final.make_run(study, 0, actor="ada")
    with pytest.raises(NotFound, match="no trial finished"):
        final.make_final(study, actor="ada")
    assert final.finish(study, actor="ada") == []


def _planted(study: Study, values: np.ndarray) -> Study:
    """The study as if its finished trials had these values a user, (n_trials, n_users)."""
    for number, row in enumerate(values):
        table = pd.DataFrame({"user": np.arange(len(row)), "sum": row, "weight": 1.0})
        files.write_table(study.folder / "trials" / f"{number}.parquet", table)
    return study


@pytest.mark.parametrize("better", [0.0, 3.0])
def test_luck_is_what_choosing_among_equals_adds_and_little_where_one_is_better(
    study: Study, monkeypatch: pytest.MonkeyPatch, better: float
) -> None:
    n_trials, n_users = 20, 200
    values = np.random.default_rng(0).normal(size=(n_trials, n_users))
    values[3] += better
    means = values.mean(axis=1)
    table = pd.DataFrame({"number": range(n_trials), "state": FINISHED, "value": means})
    monkeypatch.setattr(Study, "trials", lambda _self: table)
    luck = luck_of_choosing(_planted(study, values))
    if better:
        assert abs(luck) < 0.01
    else:  # the largest of 20 means lies 1.87 standard errors above the truth, which is the same for all
        assert luck == pytest.approx(1.87 / np.sqrt(n_users), rel=0.4)


def test_draws_are_the_same_in_every_table() -> None:
    one = pd.DataFrame({"user": [3, 5, 9], "sum": [1.0, 4.0, 0.0], "weight": 1.0})
    two = one.assign(sum=one["sum"] * 2)
    ours, theirs = drawn_together("ndcg@10", [one, two])
    np.testing.assert_allclose(theirs, 2 * ours)
    root, square = drawn_together("rmse", [one])[0], drawn_together("mse", [one])[0]
    np.testing.assert_allclose(root**2, square)


def test_a_metric_is_made_of_its_users_sums() -> None:
    per_user = pd.DataFrame(
        {
            "user": [0, 1],
            "ndcg@10": [0.5, 1.0],
            "hr_liked@10": [np.nan, 1.0],
            "n": [2, 3],
            "squared_error": [4.0, 6.0],
            "absolute_error": [2.0, 3.0],
        }
    )
    made = {
        name: metric_sums(per_user, name) for name in ("ndcg@10", "hr_liked@10", "rmse", "mae", "gini@10")
    }
    figures = {name: t["sum"].sum() / t["weight"].sum() for name, t in made.items() if len(t)}
    assert figures == {"ndcg@10": 0.75, "hr_liked@10": 1.0, "rmse": 2.0, "mae": 1.0}
    assert made["gini@10"].empty


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "On test the gain may be chance."),
        ({"gain_test_ci": (0.01, 0.05)}, "The gain holds on test."),
        ({"gain_test_ci": (-0.05, -0.01)}, "On test the default settings are better: keep them."),
        ({"lost_ci": (0.01, 0.09)}, "Choosing by the validation rows flattered by 5.0 percentage points."),
        ({"lost_ci": (-0.09, -0.01)}, "choosing did not flatter"),
        ({"gain_valid": 0.0, "gain_test": 0.0}, "They give what the default settings give"),
    ],
)
def test_what_is_left_on_test_is_said_in_words(changed: dict[str, float], words: str) -> None:
    plain = {
        "default_valid": 0.2,
        "default_test": 0.3,
        "gain_valid": 0.08,
        "gain_test": 0.03,
        "gain_test_ci": (-0.01, 0.05),
        "lost": 0.05,
        "lost_ci": (-0.02, 0.09),
    }
    found = Shrinkage("ndcg@10", 20, 0.21, 0.31, **(plain | changed))  # type: ignore[arg-type]
    assert words in " ".join(in_words(found))


def test_luck_is_told_where_there_is_some() -> None:
    found = Shrinkage("rmse", 20, 0.9, 0.92)
    assert "about 0.012 of its RMSE on validation is luck" in " ".join(in_words(found, 0.012))
    assert "show no luck in choosing the best of 20" in " ".join(in_words(found, -0.01))
    assert found.difference == pytest.approx(0.02)
