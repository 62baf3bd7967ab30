"""How sure the best is, by users; searches side by side at the same budget; what a search takes and how often test was seen."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.scenarios import searching_final
from recsys_core.scenarios.searching_compared import comparable, contest, gap_words
from recsys_core.scenarios.searching_sure import Sure, sure
from recsys_core.training.search_final import Shrinkage, make_run
from recsys_core.training.search_space import Range
from recsys_core.training.studies import configure_study
from recsys_core.training.study import Study
from tests.searched import told_study


@pytest.fixture
def kept(little: Dataset, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """The little data set in a workspace of the test's own, where nobody trains what is queued."""
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    keep_dataset(little, actor="test")
    return little


def test_trials_that_the_users_cannot_tell_from_the_best_are_counted(kept: Dataset) -> None:
    study = told_study(kept, [0.3, 0.2999, None, 0.2])
    found = sure(study, study.trials())
    assert found is not None
    assert (found.equals, found.n_others, found.n_users) == ([1], 2, 20)
    assert found.sentence("people") == (
        "Over 20 people, 1 of the 2 other finished trials cannot be told from it."
    )


def test_a_best_that_every_user_prefers_is_sure(kept: Dataset) -> None:
    study = told_study(kept, [0.3, 0.2, 0.1])
    found = sure(study, study.trials())
    assert found is not None and found.equals == []
    assert "beats each of the other finished trials for sure" in found.sentence("people")


@pytest.mark.parametrize("values", [[], [None]])
def test_without_a_finished_trial_nothing_is_sure(kept: Dataset, values: list[None]) -> None:
    study = told_study(kept, values, n_trials=3)
    assert sure(study, study.trials()) is None


def test_one_trial_is_compared_with_nothing(kept: Dataset) -> None:
    study = told_study(kept, [0.3])
    found = sure(study, study.trials())
    assert found is not None and found.sentence("people") == "" and found.warning == ""


def test_a_figure_that_is_no_mean_over_users_cannot_be_told_user_by_user(kept: Dataset) -> None:
    study = told_study(kept, [0.3, 0.2])
    for path in (study.folder / "trials").iterdir():
        path.unlink()
    assert sure(study, study.trials()) is None


@pytest.mark.parametrize(("luck", "told"), [(0.004, True), (0.0, False), (math.nan, False)])
def test_the_luck_of_the_best_is_told_where_it_is_known(luck: float, told: bool) -> None:
    warning = Sure([], 3, 20, luck).warning
    assert ("best of 4" in warning and "0.004" in warning) == told


def test_searches_are_compared_at_the_shorter_ones_budget(kept: Dataset) -> None:
    short = told_study(kept, [0.2, 0.3])
    long = told_study(kept, [0.1, 0.2, 0.9], method="grid")
    found = contest([short, long])
    assert found.n == 2
    assert found.steps.groupby("id")["best"].max().to_dict() == {short.id: 0.3, long.id: 0.2}
    assert list(found.finals["number"]) == [1, 1]
    assert found.sentence.startswith(f"Random · {short.id[:4]} found better settings after 2 trials each")
    assert found.difference is not None and found.difference.mean == pytest.approx(0.1)


def test_a_lead_that_the_users_cannot_tell_is_a_tie(kept: Dataset) -> None:
    found = contest([told_study(kept, [0.3]), told_study(kept, [0.3001], method="bayes")])
    assert found.sentence.startswith("A tie after 1 trial each: Bayesian")
    assert "less than 0.001 of NDCG@5" in found.sentence
    same = contest([told_study(kept, [0.3]), told_study(kept, [0.3], method="bayes")])
    assert "found equally good settings" in same.sentence


def test_without_two_finished_trials_there_is_nothing_to_compare(kept: Dataset) -> None:
    found = contest([told_study(kept, [0.3]), told_study(kept, [None])])
    assert found.sentence.startswith("Fewer than two") and found.difference is None
    assert found.finals["value"].isna().tolist() == [False, True]


def test_without_users_values_a_lead_is_not_judged(kept: Dataset) -> None:
    one, other = told_study(kept, [0.3]), told_study(kept, [0.2], method="bayes")
    (other.folder / "trials" / "0.parquet").unlink()
    assert "whether that is more than luck is not known" in contest([one, other]).sentence


def test_only_searches_of_the_same_question_are_rivals(kept: Dataset) -> None:
    mine = told_study(kept, [0.3])
    rival = told_study(kept, [0.3], method="grid", ranges=[Range("l2", "float", 1.0, 50.0)])
    others = [told_study(kept, [0.3], metric="recall"), told_study(kept, [0.3], k=3)]
    assert [one.id for one in comparable(mine, [*others, rival, mine])] == [mine.id, rival.id]
    notes = contest([mine, rival]).notes
    assert len(notes) == 2 and "same ranges" in notes[1]


@pytest.mark.parametrize(("gap", "words"), [(0.0004, "less than 0.001"), (0.0126, "0.013"), (2.0, "2")])
def test_a_gap_is_told_in_three_digits(gap: float, words: str) -> None:
    assert gap_words(gap) == words


def _config(data: Dataset, **asked: object) -> object:
    return configure_study(data, "ease", actor="test", k=5, **({"method": "random"} | asked))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"n_trials": 1}, "1 trial, about 2 min 5 s."),
        (
            {"n_trials": 20, "minutes": 90.0},
            "20 trials, about 2 min 5 s, no new one after 1 h 30 min.",
        ),
        (
            {"method": "grid", "n_trials": 6},
            "A grid of 6 points, about 2 min 5 s.",
        ),
    ],
)
def test_the_budget_is_said_in_words(kept: Dataset, asked: dict[str, object], wanted: str) -> None:
    assert searching_final.budget_words(_config(kept, **asked), 125.0) == wanted  # type: ignore[arg-type]


def test_looks_at_test_are_counted_over_all_runs_of_the_split(kept: Dataset) -> None:
    study = told_study(kept, [0.3, 0.2])
    assert searching_final.test_looks(study) == (0, 0)
    for number in (0, 1):
        run = make_run(study, number, actor="test")
        (run.folder / "metrics.json").write_text("{}")
    assert searching_final.test_looks(study) == (2, 2)
    assert searching_final.test_looks(told_study(kept, [0.3])) == (2, 0)
    told = searching_final.looks_words(2, 1)
    assert told.startswith(
        "The test rows of this split were looked at 2 times, once a run, 1 of them for this"
    )
    assert searching_final.looks_words(0, 0).startswith("Test was not looked at yet")


SHRUNK = Shrinkage("ndcg@10", 12, 0.31, 0.4, (0.3, 0.32), (0.38, 0.42))


def test_both_places_are_told_and_the_defaults_only_where_they_were_measured() -> None:
    assert searching_final.shrinkage_answer(SHRUNK) == (
        "On test rows: NDCG@10 0.400 ± 0.020; on validation rows it had 0.310 ± 0.010"
    )
    table = searching_final.shrinkage_table(SHRUNK)
    assert list(table["value"]) == [0.31, 0.4]
    assert searching_final.gains_table(SHRUNK) is None
    assert searching_final.shrinkage_title(SHRUNK) == "The best settings on validation and on test rows"


def test_the_gain_over_the_default_settings_is_the_charts_title() -> None:
    full = Shrinkage(
        "ndcg@10", 12, 0.31, 0.4, default_valid=0.3, default_test=0.39, gain_valid=0.0333, gain_test=0.0256
    )
    gained = searching_final.gains_table(full)
    assert gained is not None and list(gained["value"]) == [0.0333, 0.0256]
    assert searching_final.shrinkage_title(full).endswith("+3.3% on validation, +2.6% on test")


def test_the_told_studies_of_these_tests_are_read_like_any_other(kept: Dataset) -> None:
    study = told_study(kept, [0.3, None])
    again = Study(study.folder).trials()
    assert list(again["state"]) == ["finished", "failed"]
    assert np.isnan(again["value"].iloc[1]) and list(again["counts"]) == [True, True]
    assert isinstance(again, pd.DataFrame)
