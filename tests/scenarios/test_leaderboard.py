"""Runs side by side: kept with figures made up for the case, so that each verdict is known beforehand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset, Words
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.signs import keep as keep_signs
from recsys_core.models.registry import DEFAULT_MODEL
from recsys_core.runs import CANCELLED, DONE, FAILED, Run, RunConfig, create_run
from recsys_core.scenarios.leaderboard import (
    Arena,
    Row,
    answers,
    arenas,
    as_table,
    compare,
    finished_runs,
    leaderboard,
    learning_curves,
    verdicts,
)
from recsys_core.training.events import EventLog
from tests.helpers import finished_run
from tests.scenarios.signs import HEALTHY

FILMS = Words(item="film", items="films", user="viewer", users="viewers", value="rating", verb="watched")
N_USERS = 60
ARENA = Arena("user-random:0.2", 42, 10)


@pytest.fixture(autouse=True)
def _own_workspace(workspace: Path) -> None:
    """Every test here starts without runs."""


def _spread(mean: float, seed: int) -> np.ndarray:
    """One value a user around a mean: between users there is much more difference than between models."""
    noise = np.random.default_rng(seed).normal(0, 0.1, size=N_USERS)
    return mean + noise - noise.mean()


def _config(model: str, **rest: Any) -> RunConfig:
    plain = {"settings": {}, "dataset": "tiny", "fingerprint": "f", "split": ARENA.split, "actor": "ada"}
    return RunConfig(model=model, **{**plain, **rest})


def _kept(
    model: str,
    ndcg: float,
    *,
    seed: int = 0,
    rmse: float | None = None,
    state: str = DONE,
    **config: Any,
) -> Run:
    """A finished run of that mean NDCG; equal seeds give users who differ in the same way."""
    run, values = create_run(_config(model, **config)), _spread(ndcg, seed)
    k = run.config.k
    metrics = {f"ndcg@{k}": ndcg, f"precision@{k}": ndcg / 2}
    if rmse is not None:
        metrics["rmse"] = rmse
    users = pd.DataFrame({"user": np.arange(N_USERS), f"ndcg@{k}": values})
    ci = {name: [value - 0.02, value + 0.02] for name, value in metrics.items()}
    run.keep(Evaluation(metrics, ci, users, pd.DataFrame({"user": [0]}), N_USERS, 4.0))
    run.set_state(state, seconds={"prepare": 1.0, "fit": 2.5, "evaluate": 0.5}, peak_rss_mb=321.0)
    return run


def _rows(*runs: Run) -> list[Row]:
    return leaderboard(list(runs), ARENA)


def _said(*runs: Run) -> list[str]:
    return verdicts(_rows(*runs), FILMS, 10)


def test_runs_of_the_same_data_and_arena_stand_best_list_first() -> None:
    runs = [_kept("random", 0.01), _kept("ease", 0.43), _kept("popularity", 0.2)]
    assert [row.config.model for row in _rows(*runs)] == ["ease", "popularity", "random"]


@pytest.mark.parametrize(
    "other", [{"split": "last:1"}, {"split_seed": 7}, {"k": 5}], ids=["split", "seed", "k"]
)
def test_a_run_of_another_arena_stands_elsewhere(other: dict[str, Any]) -> None:
    ours, theirs = _kept("ease", 0.4), _kept("ease", 0.5, **other)
    assert [row.run.id for row in _rows(ours, theirs)] == [ours.id]
    assert [row.run.id for row in leaderboard([ours, theirs], Arena.of(theirs.config))] == [theirs.id]


def test_only_runs_on_exactly_this_data_that_can_score_are_finished(tiny_ratings: Dataset) -> None:
    mine = {"fingerprint": tiny_ratings.fingerprint}
    old, new = (
        _kept("ease", 0.4, created=f"2026-01-0{day}", **mine) for day in (1, 2)
    )  # fmt: skip
    network = _kept(DEFAULT_MODEL, 0.4, created="2025-01-01", **mine)
    stopped = _kept("bias", 0.1, state=CANCELLED, created="2024-01-01", **mine)  # its best epoch was kept
    _kept("ease", 0.4, fingerprint="of other data")
    create_run(_config("ease", **mine)).set_state(FAILED)
    create_run(_config("ease", **mine))
    ids = [run.id for run in finished_runs(tiny_ratings)]
    assert ids == [network.id, new.id, old.id, stopped.id]


def test_the_arena_with_most_runs_comes_first() -> None:
    runs = [_kept("ease", 0.4, split_seed=1), _kept("ease", 0.4), _kept("bias", 0.1)]
    assert arenas(runs) == [ARENA, Arena(ARENA.split, 1, 10)]
    assert arenas([]) == []
    assert str(ARENA) == "user-random:0.2 · seed 42 · k 10"


def test_a_row_tells_its_name_cost_and_whether_it_is_a_floor() -> None:
    named, floor = _rows(_kept("ease", 0.4, name="my try"), _kept("popularity", 0.2))
    assert (named.title, floor.title) == ("my try", "Popularity")
    assert (named.floor, floor.floor) == (False, True)
    assert (named.seconds, named.peak_rss_mb) == (4.0, 321.0)
    assert named.label.startswith("my try")
    assert named.run.id[:4] in named.label


def test_the_table_holds_each_figure_with_its_interval() -> None:
    rows = _rows(_kept("bias", 0.1, rmse=0.95), _kept("popularity", 0.2))
    table = as_table(rows, ["ndcg@10", "rmse"])
    assert table["model"].tolist() == ["popularity", "bias", "bias"]
    assert table["metric"].tolist() == ["ndcg@10", "ndcg@10", "rmse"]
    last = table.iloc[-1]
    assert (last["value"], last["low"], last["high"]) == pytest.approx((0.95, 0.93, 0.97))
    assert table["floor"].all()
    assert table["label"].nunique() == 2


def test_floors_stand_beside_a_model_on_real_data(tiny_ratings: Dataset) -> None:
    from recsys_core.data.store import keep_dataset

    keep_dataset(tiny_ratings, actor="test")
    for model in ("ease", "bias", "popularity", "random"):
        finished_run(tiny_ratings, model, k=2)
    runs = finished_runs(tiny_ratings)
    rows = leaderboard(runs, arenas(runs)[0])
    assert {row.config.model for row in rows if row.floor} == {"bias", "popularity", "random"}
    figures = [row.metrics["ndcg@2"] for row in rows]
    assert figures == sorted(figures, reverse=True)
    assert all(sentence.endswith(".") for sentence in verdicts(rows, FILMS, 2))


def test_comparing_pairs_the_users() -> None:
    better, worse = _rows(_kept("ease", 0.45), _kept("popularity", 0.40))
    gap = compare(better, worse, "ndcg@10")
    # the users differ by a tenth, but each of them in the same way under both runs
    assert (gap.mean, gap.low, gap.high) == pytest.approx((0.05, 0.05, 0.05))
    assert compare(worse, better, "ndcg@10").mean == pytest.approx(-0.05)


def test_comparing_takes_the_users_that_both_judged() -> None:
    ours, theirs = _kept("ease", 0.45), _kept("popularity", 0.40)
    table = theirs.table("users")
    table.loc[0, "ndcg@10"] = np.nan
    table.iloc[:30].sample(frac=1, random_state=0).to_parquet(theirs.folder / "users.parquet")
    gap = compare(*_rows(ours, theirs), "ndcg@10")
    assert gap.mean == pytest.approx(0.05)


def test_a_clear_winner_is_named_with_what_its_list_is_worth() -> None:
    said = _said(_kept("ease", 0.44), _kept("popularity", 0.22), _kept("random", 0.01))
    assert len(said) == 1
    # precision .22 and .11: of ten films shown 2.2 and 1.1 are right
    for part in ("EASE makes the best lists", "of 10 films", "2.2", "viewer", "popularity manages 1.1"):
        assert part in said[0]
    assert "tie" not in said[0]


def test_a_lead_that_the_users_cannot_tell_apart_is_called_a_tie() -> None:
    first, second = _kept("history_encoder", 0.441, seed=1), _kept("ease", 0.440, seed=2)
    (said,) = _said(first, second, _kept("popularity", 0.22))
    assert said.startswith("History encoder makes the best lists")
    assert "over EASE is a tie" in said


def test_a_small_lead_that_every_user_shares_is_no_tie() -> None:
    first, second = _kept("history_encoder", 0.441, seed=1), _kept("ease", 0.440, seed=1)
    (said,) = _said(first, second, _kept("popularity", 0.22))
    assert "tie" not in said


def test_nothing_beats_popularity() -> None:
    (said,) = _said(_kept("popularity", 0.3), _kept("ease", 0.2), _kept("random", 0.01))
    assert said.startswith("Nothing beats popularity")


def test_a_lead_over_popularity_that_may_be_chance_is_not_called_a_win() -> None:
    (said,) = _said(_kept("ease", 0.301, seed=1), _kept("popularity", 0.300, seed=2))
    assert "best lists" not in said
    assert "tie" in said
    assert "EASE" in said


@pytest.mark.parametrize(
    ("rmse", "expected"),
    [(0.955, "about that of Bias"), (0.90, "better than that of Bias"), (1.20, "worse than that of Bias")],
)
def test_the_articles_network_is_set_beside_bias(rmse: float, expected: str) -> None:
    said = _said(
        _kept("popularity", 0.22),
        _kept("bias", 0.05, rmse=0.94),
        _kept("embedding_mlp", 0.06, rmse=rmse),
    )
    for part in (expected, "(0.940)", "predicted rating"):
        assert part in said[-1]
    assert len(said) == 2


def test_an_alarm_is_told_once_with_its_reason() -> None:
    network = _kept("embedding_mlp", 0.06, rmse=0.95)
    signs = replace(
        HEALTHY, rmse=0.95, bias_rmse=0.94, ndcg=0.06, gap=-0.16, low=-0.17, high=-0.15, alike=0.99
    )
    keep_signs(network.folder, signs)
    runs = (_kept("popularity", 0.22), _kept("bias", 0.05, rmse=0.94), network)
    said = _said(*runs)
    assert said[-1].startswith("Embedding MLP: Good RMSE, worse list than popularity. It predicts a rating")
    assert "what a viewer picks" in said[-1]
    assert "NDCG 0.060" in said[-1]
    assert len(said) == 3
    assert said[:2] == answers(_rows(*runs), FILMS, 10)


def test_a_model_that_shows_everybody_the_same_is_named() -> None:
    copy = _kept("ease", 0.44)
    keep_signs(copy.folder, replace(HEALTHY, alike=0.97, n_shown=15))
    said = _said(copy, _kept("popularity", 0.22))
    assert said[-1].startswith("EASE: Same list for everybody. All viewers get nearly the same list")
    assert len(said) == 2


def test_without_the_floor_or_without_runs_nothing_is_claimed() -> None:
    assert verdicts([], FILMS, 10) == []
    assert _said(_kept("ease", 0.44)) == []


def test_curves_are_grouped_by_what_they_watch_and_networks_only() -> None:
    network, floor = _kept("history_encoder", 0.44), _kept("popularity", 0.2)
    log = EventLog(network.folder)
    for epoch, phase, watched in ((1, "train", None), (2, "train", 0.31), (1, "refit", None)):
        event = {"type": "epoch", "phase": phase, "epoch": epoch, "loss": 4.0}
        log(event if watched is None else event | {"valid_loss": 4.1, "valid_ndcg@10": watched})
    log.close()
    curves = learning_curves(_rows(network, floor))
    assert curves.keys() == {"ndcg@10"}
    points = curves["ndcg@10"]
    assert points[["epoch", "value"]].to_numpy().tolist() == [[2, 0.31]]
    assert points["id"].tolist() == [network.id]
