"""A part of the test rows, the spread over users, figures by k and the front, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys_core.columns import USER_ROW
from recsys_core.data.dataset import Words
from recsys_core.runs import open_run
from recsys_core.scenarios.chosen import (
    EVERYTHING,
    Chosen,
    PickedRange,
    PickedSlice,
    chosen_of,
    predictions,
    read_pick,
    user_values,
    wanted,
)
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Arena, finished_runs, leaderboard
from recsys_core.scenarios.slicing import slicing
from recsys_core.scenarios.spread import against, between, k_curves, on_front, share_of_zero, spread
from tests.conftest import Studio
from tests.scenarios.judged_by_hand import RECALL_AT_1, hand_judged

PICKS = (
    PickedSlice("users.team", "red"),
    PickedSlice("items.tags", "a|b"),
    PickedRange("ndcg@10", "abc", 0.25, 0.5),
)


@pytest.mark.parametrize("pick", PICKS)
def test_a_pick_is_read_from_its_own_text(pick: PickedSlice | PickedRange) -> None:
    assert read_pick(pick.text) == pick


@pytest.mark.parametrize("text", ["", "slice", "slice|x", "range|m|r|a|b", "range|m|r|2|1", "evil|x|y"])
def test_what_is_no_pick_is_none(text: str) -> None:
    assert read_pick(text) is None


def test_a_pick_in_words() -> None:
    words = Words(users="readers")
    assert PICKS[0].told(words) == "team: red"
    assert PICKS[2].told(words) == "readers with NDCG@10 from 0.250 to 0.500"


def test_picks_leave_the_rows_that_all_of_them_hold(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    everyone = {"run": judged}

    def cut(by: str) -> object:
        return slicing(judged.split, by)

    def chosen(*picks: PickedSlice | PickedRange) -> Chosen:
        return chosen_of(picks, cut, everyone)  # type: ignore[arg-type]

    assert not chosen()
    red = chosen(PickedSlice("users.team", "red"))
    assert red.users is not None
    assert red.users.tolist() == [0, 1, 2]
    half = chosen(PickedSlice("users.team", "red"), PickedRange("recall@1", "run", 0.5, 1.0))
    assert half.users is not None
    assert half.users.tolist() == [0, 1]
    odd = chosen(PickedSlice("items.tags", "odd"))
    assert odd.users is None
    assert odd.items is not None
    assert odd.items.tolist() == [1, 2]
    gone = chosen(
        PickedSlice("users.team", "green"),
        PickedRange("recall@1", "other", 0, 1),
        PickedRange("auc", "run", 0, 1),
    )
    assert gone.picks == ()
    assert not gone


def test_figures_of_a_part_by_hand(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    some = user_values(judged, "recall@1", Chosen(users=np.array([1, 4])))
    assert some is not None
    assert some.values.tolist() == [0.5, 1.0]
    odd = user_values(judged, "recall@2", Chosen(items=np.array([1, 2])))
    assert odd is not None
    assert odd.users.tolist() == [1, 2, 3]  # who has thing 1 or 2 in test
    assert odd.values.tolist() == [1.0, 1.0, 0.0]
    assert odd.overall == pytest.approx(2 / 3)
    errors = user_values(judged, "rmse", Chosen(items=np.array([3])))
    assert errors is not None
    assert errors.users.tolist() == [0, 1]
    assert errors.values.tolist() == [1.0, 0.0]
    whole = user_values(judged, "rmse")
    assert whole is not None
    assert whole.overall == pytest.approx(np.sqrt(10 / 7))
    rows = predictions(judged, Chosen(users=np.array([1]), items=np.array([3])))
    assert rows is not None
    assert rows["truth"].tolist() == [3]
    assert user_values(judged, "coverage@1") is None
    assert user_values(judged, "user") is None
    places, relevant = wanted(judged, Chosen(users=np.array([1, 5]), items=np.array([0])))
    assert places.tolist() == [5]
    assert relevant.toarray().tolist() == [[1, 0, 0, 0]]


def test_the_spread_by_hand(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    table = spread({"run": judged}, {"run": "Run"}, "recall@1")
    assert table["n"].sum() == len(RECALL_AT_1)
    zero = table.iloc[0]
    assert (zero["low"], zero["high"], zero["n"]) == (0.0, 0.0, 2)
    assert share_of_zero(table) == {"run": pytest.approx(2 / 6)}
    assert table["at_most"].iloc[-1] == pytest.approx(1.0)
    half = table[(table["low"] < 0.5) & (table["high"] >= 0.5)]
    assert half["n"].tolist() == [1]
    assert table["n"].iloc[-1] == 3
    assert between(table, "run", 0.2, 0.9) == (0.0, 0.0)
    assert between(table, "run", 1.0, 21.0) == (0.5, 1.0)
    assert between(table, "run", 2.0, 3.0) is None  # nobody has so little
    assert between(table, "run", 20.1, 20.2) == (1.0, 1.0)  # a touch counts as the bin it falls in


def test_without_zeros_there_is_no_bin_of_zero(tmp_path: Path) -> None:
    judged = hand_judged(tmp_path / "run")
    table = spread({"run": judged}, {"run": "Run"}, "novelty@1")
    assert table["low"].iloc[0] == 1.0
    assert table["n"].iloc[0] == 1
    assert share_of_zero(table) == {"run": 0.0}
    assert not len(spread({"run": judged}, {"run": "Run"}, "coverage@1"))
    nobody = Chosen(users=np.zeros(0, np.int64))
    assert not len(spread({"run": judged}, {"run": "Run"}, "recall@1", chosen=nobody))


def test_by_k_of_a_part_is_what_the_metrics_say(tmp_path: Path, studio: Studio) -> None:
    judged = hand_judged(tmp_path / "run")
    table = k_curves({"run": judged}, {"run": "Run"}, "recall", chosen=Chosen(users=np.array([1, 2])))
    assert table["k"].tolist() == [1, 2, 3, 4]
    assert table["value"].tolist() == pytest.approx([0.25, 1.0, 1.0, 1.0])
    assert not len(k_curves({"run": judged}, {"run": "Run"}, "rmse"))
    run = open_run(studio.runs["ease"])
    real = {run.id: Judged.of(run, studio.data)}
    everybody = Chosen(users=np.arange(studio.data.n_users))
    stored, anew = (k_curves(real, {run.id: "x"}, "ndcg", chosen=one) for one in (EVERYTHING, everybody))
    for name in ("k", "value", "low", "high"):
        assert stored[name].to_numpy() == pytest.approx(anew[name].to_numpy()), name
    assert studio.data.interactions[USER_ROW].nunique() >= len(real[run.id].judged)


def test_the_front_by_hand() -> None:
    across = np.array([0.1, 0.5, 0.9, 0.5, np.nan])
    up = np.array([0.4, 0.3, 0.1, 0.2, 0.9])
    assert on_front(across, up, "coverage@10", "ndcg@10").tolist() == [True, True, True, False, False]
    # of RMSE less is better: the first is better than the second and third at once
    assert on_front(across, up, "rmse", "ndcg@10").tolist() == [True, False, False, False, False]
    assert on_front(across, up, "coverage@10", "rmse").tolist() == [False, False, True, False, False]
    twice = np.array([1.0, 1.0])
    assert on_front(twice, twice, "coverage@10", "ndcg@10").tolist() == [True, True]
    assert on_front(np.zeros(0), np.zeros(0), "coverage@10", "ndcg@10").tolist() == []


def test_runs_without_both_figures_are_left_out(studio: Studio) -> None:
    runs = finished_runs(studio.data)
    rows = leaderboard(runs, Arena.of(runs[0].config))
    table = against(rows, "coverage@10", "ndcg@10")
    assert len(table) == 4
    assert table["front"].any()
    assert (table["x_low"] <= table["x_high"]).all()
    assert set(against(rows, "rmse", "ndcg@10")["id"]) == {studio.runs["embedding_mlp"]}
    assert not len(against(rows, "rmse", "nothing"))
