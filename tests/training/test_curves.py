"""A run's epochs as tables for curves."""

from __future__ import annotations

import pandas as pd

from recsys_core.training.curves import MAX_POINTS, best_epoch, curve_points, metric_points, valid_metrics

EPOCHS = pd.DataFrame(
    {
        "phase": ["train", "train", "train", "refit"],
        "epoch": [1, 2, 3, 1],
        "loss": [3.0, 2.0, 1.5, 2.5],
        "valid_loss": [None, 2.5, 2.2, None],
        "valid_ndcg@10": [None, 0.1, 0.2, None],
    }
)


def test_only_watched_epochs_are_drawn_and_missing_measurements_left_out() -> None:
    points = curve_points(EPOCHS)
    assert points.to_dict("list") == {
        "epoch": [1, 2, 3, 2, 3],
        "part": ["training"] * 3 + ["validation"] * 2,
        "loss": [3.0, 2.0, 1.5, 2.5, 2.2],
        "best": [3.0] * 5,
    }


def test_the_watched_metric_is_found_by_its_name() -> None:
    points, name = metric_points(EPOCHS)
    assert name == "ndcg@10"
    assert points.to_dict("list") == {"epoch": [2, 3], "value": [0.1, 0.2], "best": [3.0, 3.0]}


def test_another_figure_can_be_asked_for_and_the_best_epoch_stays_that_of_the_watched_one() -> None:
    both = EPOCHS.assign(**{"valid_recall@10": [None, 0.4, 0.3, None]})
    assert valid_metrics(both) == ["ndcg@10", "recall@10"]
    points, name = metric_points(both, "recall@10")
    assert (name, points["value"].to_list(), points["best"].to_list()) == ("recall@10", [0.4, 0.3], [3, 3])
    assert (best_epoch(both), best_epoch(both, "recall@10")) == (3, 2)


def test_the_best_epoch_of_an_error_is_its_lowest_and_of_nothing_measured_none() -> None:
    errors = EPOCHS.drop(columns="valid_ndcg@10").assign(valid_rmse=[1.0, 0.9, 0.95, None])
    assert best_epoch(errors) == 2
    assert best_epoch(EPOCHS[["phase", "epoch", "loss"]]) is None
    assert best_epoch(pd.DataFrame()) is None


def test_a_training_without_validation_rows_shows_its_final_fit() -> None:
    fit = pd.DataFrame({"phase": "refit", "epoch": [1, 2], "loss": [2.0, 1.0]})
    points = curve_points(fit)
    assert points["loss"].to_list() == [2.0, 1.0]
    assert points["best"].isna().all()


def test_a_long_training_is_thinned() -> None:
    long = pd.DataFrame({"phase": "train", "epoch": range(1, 5001), "loss": 1.0})
    assert len(curve_points(long)) <= MAX_POINTS


def test_nothing_yet_is_an_empty_table() -> None:
    nothing = pd.DataFrame()
    assert len(curve_points(nothing)) == 0
    assert metric_points(nothing)[1] == ""
