"""What a search found, in words and tables: best so far, its order, what beat what, the curves that are shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.charts import tune as charts
from recsys_core.scenarios import searching
from recsys_core.training.study import FAILED, FINISHED, PARAM, PRUNED, RUNNING, STOPPED
from tests.searched import table, trial

MIXED = table(
    [
        trial(0, value=0.2),
        trial(1, PRUNED),
        trial(2, value=0.3, seconds=20.0),
        trial(3, FAILED),
        trial(4, STOPPED),
        trial(5, value=0.25),
        trial(6, RUNNING),
    ]
)


def test_the_charts_know_the_same_words() -> None:
    assert (charts.BEST, charts.CHOSEN) == (searching.BEST, searching.CHOSEN)


@pytest.mark.parametrize(("metric", "number"), [("ndcg@10", 2), ("rmse", 0)])
def test_the_best_is_a_finished_trial_in_the_better_direction(metric: str, number: int) -> None:
    best = searching.best_trial(MIXED, metric)
    assert best is not None and best["number"] == number


def test_of_equals_the_earliest_is_the_best() -> None:
    best = searching.best_trial(
        table([trial(0, value=0.1), trial(1, value=0.3), trial(2, value=0.3)]), "ndcg@10"
    )
    assert best is not None and best["number"] == 1


def test_the_best_so_far_steps_only_where_something_better_finished() -> None:
    line = searching.best_so_far(MIXED, "ndcg@10")
    assert list(line["number"]) == [0, 1, 2, 3, 5]  # stopped ones use no budget, running ones have not ended
    assert list(line["best"]) == [0.2, 0.2, 0.3, 0.3, 0.3]
    assert list(line["leads"]) == [True, False, True, False, False]
    assert list(line["trial"]) == [1, 2, 3, 4, 5]
    assert list(line["minutes"] * 60) == pytest.approx([10, 20, 40, 50, 60])


def test_trials_count_as_they_end_and_time_is_shared_by_the_workers() -> None:
    rows = table([trial(0, value=0.2, ended=300.0), trial(1, value=0.1, ended=200.0)])
    line = searching.best_so_far(rows, "ndcg@10", workers=2)
    assert list(line["number"]) == [1, 0]
    assert list(line["best"]) == [0.1, 0.2]
    assert list(line["minutes"] * 60) == pytest.approx([5, 10])


def test_an_error_gets_smaller() -> None:
    line = searching.best_so_far(table([trial(n, value=v) for n, v in enumerate((1.0, 0.9, 0.95))]), "rmse")
    assert list(line["best"]) == [1.0, 0.9, 0.9]
    assert list(line["leads"]) == [True, True, False]


@pytest.mark.parametrize("rows", [[], [trial(0, RUNNING)], [trial(0, FAILED)]])
def test_before_anything_finished_nothing_leads(rows: list[dict[str, object]]) -> None:
    line = searching.best_so_far(table(rows), "ndcg@10")
    assert not line["leads"].any() and line["best"].isna().all()
    assert searching.best_trial(table(rows), "ndcg@10") is None
    assert searching.steadiness(table(rows), "ndcg@10") == ""


@pytest.mark.parametrize(
    ("rows", "going_on", "wanted"),
    [
        ([], True, "No trial is finished yet."),
        ([trial(0, RUNNING)], True, "No trial is finished yet."),
        ([], False, "No trial was made."),
        ([trial(0, FAILED)], False, "No settings found: the only trial did not finish."),
        ([trial(0, FAILED), trial(1, PRUNED)], False, "No settings found: none of 2 trials finished."),
        (
            [trial(0, value=0.25)],
            True,
            "Best so far, trial 0: NDCG@10 0.250 ± 0.010 on validation rows",
        ),
        (
            [trial(0, value=0.25), trial(3, value=0.5)],
            False,
            "The best is trial 3: NDCG@10 0.500 ± 0.010 on validation rows",
        ),
    ],
)
def test_the_answer_says_what_is_known(rows: list[dict[str, object]], going_on: bool, wanted: str) -> None:
    assert searching.answer(table(rows), "ndcg@10", going_on=going_on) == wanted


def test_every_end_is_counted_in_words() -> None:
    assert searching.counted(MIXED) == "7 trials: 1 running, 3 finished, 1 pruned, 1 failed, 1 stopped"
    assert searching.counted(MIXED.head(1)) == "1 trial: 1 finished"
    assert searching.counted(MIXED.head(0)) == "0 trials"


def test_the_order_of_the_trials_tells_whether_more_may_help() -> None:
    told = searching.steadiness(MIXED, "ndcg@10")
    assert told == (
        "The middle one of the finished trials is 0.050 worse than the best. 2 trials since then have not beaten it."
    )
    rising = table([trial(0, value=0.1), trial(1, value=0.2)])
    assert searching.steadiness(rising, "ndcg@10").endswith("more trials may well find better.")


@pytest.mark.parametrize(
    ("reference", "wanted"),
    [
        (None, ""),
        ({"state": "failed", "value": None}, ""),
        ({"state": FINISHED, "value": 0.28}, "The default settings have 0.280: 0.020 worse."),
        ({"state": FINISHED, "value": 0.31}, "The default settings have 0.310, which nothing has beaten."),
    ],
)
def test_the_best_is_held_against_the_default_settings(
    reference: dict[str, object] | None, wanted: str
) -> None:
    best = searching.best_trial(MIXED, "ndcg@10")
    assert best is not None
    assert searching.against_default(best, reference, "ndcg@10") == wanted


def test_settings_are_told_in_the_order_of_the_model_with_their_titles() -> None:
    settings = searching.settings_of(MIXED.iloc[0])
    assert settings == {"learning_rate": 0.01, "embedding_size": 64, "target": "liked"}
    told = searching.setting_words("history_encoder", settings)
    assert told == ["Embedding size 64", "Learning rate 0.01", "Learn from liked"]


@pytest.mark.parametrize(
    ("value", "words"), [(0.00123456, "0.00123"), (12345.6, "12,346"), ("adam", "adam"), (np.int64(64), "64")]
)
def test_a_value_is_told_in_three_digits(value: object, words: str) -> None:
    assert searching.value_words(value) == words


def test_the_table_of_trials_has_every_setting_and_the_reason_of_each_end() -> None:
    shown = searching.shown_table(MIXED, "history_encoder", "ndcg@10")
    assert list(shown.columns) == [
        "Trial", "NDCG@10", "End", "Learning rate", "Embedding size", "Learn from", "Epochs", "Seconds", "Reason",
    ]  # fmt: skip
    assert list(shown["End"]) == [
        "finished", "pruned", "finished", "failed", "stopped", "finished", "running",
    ]  # fmt: skip
    assert shown["Reason"].iloc[1] == "it is pruned"
    assert searching.shown_table(MIXED.head(0), "history_encoder", "ndcg@10").empty


def _curves(n_trials: int, n_epochs: int) -> pd.DataFrame:
    rows = [
        (n, epoch, epoch / n_epochs, "ndcg@10") for n in range(n_trials) for epoch in range(1, n_epochs + 1)
    ]
    return pd.DataFrame(rows, columns=["number", "epoch", "value", "figure"])


def test_curves_carry_how_their_trial_is_drawn() -> None:
    drawn = searching.curves_table(_curves(7, 3), MIXED, "ndcg@10", chosen=1)
    look = drawn.groupby("number")["look"].first().to_dict()
    assert look == {
        0: FINISHED, 1: searching.CHOSEN, 2: searching.BEST, 3: FAILED, 4: STOPPED, 5: FINISHED, 6: RUNNING,
    }  # fmt: skip
    assert searching.curves_table(_curves(0, 1), MIXED, "ndcg@10").empty


def test_of_many_trials_the_best_and_the_newest_are_drawn_and_of_many_epochs_a_part() -> None:
    many = table([trial(n, value=1.0 / (n + 1)) for n in range(100)])
    drawn = searching.curves_table(_curves(100, 200), many, "ndcg@10")
    numbers = set(drawn["number"])
    assert len(numbers) == searching.MOST_CURVES and {0, 99} <= numbers and 20 not in numbers
    assert len(drawn) <= searching.MOST_POINTS + searching.MOST_CURVES
    assert (drawn.groupby("number")["epoch"].max() == 200).all()


def test_a_setting_that_a_trial_does_not_have_is_left_out() -> None:
    row = pd.Series({f"{PARAM}dropout": np.nan, f"{PARAM}members": 3, "value": 1.0})
    assert searching.settings_of(row) == {"members": 3}
