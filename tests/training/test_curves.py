"""A run's epochs as tables for curves."""

from __future__ import annotations

import pandas as pd

from recsys_core.training.curves import MAX_POINTS, curve_points, metric_points

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
    }


def test_the_watched_metric_is_found_by_its_name() -> None:
    points, name = metric_points(EPOCHS)
    assert name == "ndcg@10"
    assert points.to_dict("list") == {"epoch": [2, 3], "value": [0.1, 0.2]}


def test_a_long_training_is_thinned() -> None:
    long = pd.DataFrame({"phase": "train", "epoch": range(1, 5001), "loss": 1.0})
    assert len(curve_points(long)) <= MAX_POINTS


def test_nothing_yet_is_an_empty_table() -> None:
    nothing = pd.DataFrame()
    assert len(curve_points(nothing)) == 0
    assert metric_points(nothing)[1] == ""
