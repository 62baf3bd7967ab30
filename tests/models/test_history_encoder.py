from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import DataError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.models.baselines import Popularity
from recsys_core.models.registry import model_class
from recsys_core.ranking.top_k import top_k
from tests.fitted import QUICK, fitted, tiny_split

Event = dict[str, Any]
LEARNS = {"epochs": 24, "embedding_size": 32, "learning_rate": 0.01, "batch_size": 64}
GROUPS, GROUP_USERS, GROUP_ITEMS = 4, 50, 15


def _seen(split: Split) -> csr_matrix:
    return split.matrix(split.fit_rows)


def _encoder(split: Split, *, seed: int = 1, **rest: Any) -> Any:
    settings = rest.pop("settings", QUICK["history_encoder"])
    return model_class("history_encoder")(settings).fit(split, seed=seed, **rest)


@pytest.fixture(scope="module")
def planted() -> Split:
    """Four groups of users, each choosing 9 of its own 15 items: who saw one pick knows the group."""
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"{group * GROUP_ITEMS + item}")
        for user in range(GROUPS * GROUP_USERS)
        for group in [user % GROUPS]
        for item in rng.permutation(GROUP_ITEMS)[:9]
    ]
    events = pd.DataFrame(rows, columns=["user_id", "item_id"]).assign(value=1.0)
    return make_split(make_dataset("planted", Kind.IMPLICIT, events), SplitSpec())


@pytest.fixture(scope="module")
def learned(planted: Split) -> Any:
    return _encoder(planted, settings=LEARNS)


@pytest.fixture(scope="module")
def told() -> tuple[Any, list[Event]]:
    """A quick training and what it reported."""
    events: list[Event] = []
    return _encoder(tiny_split(), report=events.append), events


def test_it_learns_what_was_planted(planted: Split, learned: Any) -> None:
    # 15 items, 7 or so known: of the 8 left any two are right, so a list of the group is as good as it gets
    lists = top_k(learned.score_catalogue(np.arange(GROUPS * GROUP_USERS)), 6, seen=_seen(planted)).items
    owners = planted.dataset.users["user_id"].str[1:].astype(int).to_numpy() % GROUPS
    in_group = lists // GROUP_ITEMS == owners[:, None]
    assert in_group.mean() > 0.99


def test_one_pick_tells_the_group(learned: Any) -> None:
    items = np.arange(GROUPS * GROUP_ITEMS)
    scores = learned.fold_in([np.array([item]) for item in items])
    scores[items, items] = -np.inf
    top = np.argsort(-scores, axis=1)[:, :10]
    assert (top // GROUP_ITEMS == items[:, None] // GROUP_ITEMS).mean() > 0.95


def test_the_loss_falls_towards_that_of_knowing_the_group(learned: Any) -> None:
    losses = [row["valid_loss"] for row in learned.trained.history if "valid_loss" in row]
    # some 7 of a group's 15 items are known and so left out
    assert losses[0] > losses[-1]
    assert losses[-1] < np.log(GROUP_ITEMS) - 0.3


def test_it_beats_popularity_by_a_good_part_of_what_taste_is_worth() -> None:
    world = simulate(Kind.IMPLICIT, n_users=300, n_items=120, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    ours = evaluate(_encoder(split, settings=LEARNS).scorer, split, k=10).per_user["ndcg@10"].to_numpy()
    floor = evaluate(Popularity().fit(split, seed=0).scorer, split, k=10).per_user["ndcg@10"].to_numpy()
    assert paired_interval(ours, floor).low > 0
    ideal = top_k(world.truth, 10, seen=_seen(split)).items
    relevant = split.matrix(split.test)
    judged = np.flatnonzero(np.diff(relevant.indptr) > 0)
    best = ndcg(hits_of(ideal[judged], relevant[judged]), 10).mean()
    assert (ours.mean() - floor.mean()) / (best - floor.mean()) > 0.22


def test_nothing_is_learned_where_there_is_nothing_to_learn(planted: Split) -> None:
    # the same users and items, but who chose what is drawn by lot
    rng = np.random.default_rng(0)
    rows = planted.dataset.interactions
    shuffled = rows.assign(item=rng.permutation(rows["item"].to_numpy()))
    chance = replace(planted, dataset=replace(planted.dataset, interactions=shuffled))
    ours = evaluate(_encoder(chance, settings=LEARNS).scorer, chance, k=10).metrics["ndcg@10"]
    floor = evaluate(Popularity().fit(chance, seed=0).scorer, chance, k=10).metrics["ndcg@10"]
    assert ours < 1.2 * floor


def test_an_empty_history_gives_roughly_the_popular_items() -> None:
    split = tiny_split(Kind.IMPLICIT)
    counts = np.asarray(_seen(split).sum(axis=0)).ravel()
    scores = _encoder(split).fold_in([np.array([], dtype=np.int64)])[0]
    assert pd.Series(scores).corr(pd.Series(counts), method="spearman") > 0.8


def test_scores_follow_the_formula_of_the_class() -> None:
    model = fitted("history_encoder")
    first, second, bias = model.model.get_weights()  # type: ignore[attr-defined]
    history = np.array([3, 17, 20])
    encoded = first[history].sum(axis=0) / np.sqrt(len(history) + 3) / model.settings["members"]
    np.testing.assert_allclose(model.fold_in([history])[0], encoded @ second + bias, atol=1e-5)


def test_the_parameters_are_two_matrices_a_member_and_one_bias() -> None:
    n_items, size = tiny_split().dataset.n_items, QUICK["history_encoder"]["embedding_size"]
    model = fitted("history_encoder")
    expected = 2 * n_items * size * model.settings["members"] + n_items
    assert model.model.count_params() == expected  # type: ignore[attr-defined]


def test_it_is_fitted_anew_on_all_rows_for_as_many_epochs_as_were_best() -> None:
    events: list[Event] = []
    # nothing holds it back from learning its few rows by heart, so that the first look is the best
    hasty = {"epochs": 12, "embedding_size": 16, "learning_rate": 0.05, "batch_size": 8}
    free = {"dropout": 0.0, "weight_decay": 0.0}
    model = _encoder(tiny_split(), settings=hasty | free, report=events.append)
    watched = {event["epoch"]: event["valid_ndcg@10"] for event in events if "valid_ndcg@10" in event}
    best = max(watched, key=lambda epoch: watched[epoch])
    assert best < 12
    assert model.trained.best_epoch == best
    assert [event["epoch"] for event in events if event["phase"] == "refit"] == list(range(1, best + 1))


def test_lists_are_watched_every_second_epoch(told: tuple[Any, list[Event]]) -> None:
    _model, events = told
    watched = [event["epoch"] for event in events if "valid_ndcg@10" in event]
    assert watched == [2, 4]


def test_the_watched_figure_is_ndcg_on_the_validation_rows() -> None:
    # training on train alone and judging on valid as if it were test gives the watched figure again
    split = tiny_split()
    events: list[Event] = []
    stop_at_the_refit = _encoder(
        split, report=events.append, should_stop=lambda: len(events) >= QUICK["history_encoder"]["epochs"]
    )
    best = stop_at_the_refit.trained.best_epoch
    inner = replace(split, valid=split.valid[:0], test=split.valid)
    stop_at_the_refit.scorer.seen = inner.matrix(inner.train)
    found = evaluate(stop_at_the_refit.scorer, inner, k=10)
    watched = next(event["valid_ndcg@10"] for event in events if event["epoch"] == best)
    assert found.metrics["ndcg@10"] == pytest.approx(watched, abs=1e-4)


def test_stopped_while_fitting_anew_the_chosen_model_stays_and_it_counts_as_stopped() -> None:
    events: list[Event] = []
    model = _encoder(
        tiny_split(),
        report=events.append,
        should_stop=lambda: bool(events) and events[-1]["phase"] == "refit",
    )
    assert [event["phase"] for event in events] == ["train"] * 4 + ["refit"]
    assert model.trained.stopped
    assert model.trained.best_epoch in {2, 4}
    assert np.isfinite(model.score_catalogue(np.arange(5))).all()


def test_without_validation_rows_all_epochs_run_once() -> None:
    events: list[Event] = []
    split = replace(tiny_split(), train=tiny_split().fit_rows, valid=tiny_split().valid[:0])
    model = _encoder(split, report=events.append)
    assert [(event["phase"], event["epoch"]) for event in events] == [
        ("refit", epoch) for epoch in (1, 2, 3, 4)
    ]
    assert (model.trained.best_epoch, model.trained.stopped) == (4, False)


def test_users_with_one_row_each_leave_nothing_to_learn_from() -> None:
    events = pd.DataFrame({"user_id": list("aabbcc"), "item_id": list("xyyzzx"), "value": 1.0})
    data = make_dataset("pairs", Kind.IMPLICIT, events)
    split = Split(data, SplitSpec(), np.array([0, 2, 4]), np.array([], np.int64), np.array([1, 3, 5]))
    with pytest.raises(DataError, match="no user has two training rows"):
        _encoder(split)


@pytest.mark.long
def test_lists_on_movielens_are_good_varied_and_repeatable(movielens: Dataset) -> None:
    split = make_split(movielens, SplitSpec())
    first, again = (
        evaluate(_encoder(split, settings={}, seed=0).scorer, split, k=10).metrics for _time in range(2)
    )
    assert first["ndcg@10"] >= 0.42
    assert first["top_item_share@10"] <= 0.6
    assert again["ndcg@10"] == pytest.approx(first["ndcg@10"], rel=1e-6)
