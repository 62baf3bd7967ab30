from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import World, simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.beyond import SYSTEM_METRICS
from recsys_core.evaluation.evaluate import N_CANDIDATES, Evaluation, evaluate
from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, user_draws
from recsys_core.models.baselines import Bias, Ease, Popularity, Random
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import BiasScorer, PopularityScorer

A, B, C, D, E, F = range(6)
ANN, BOB, CEM, DEE = range(4)


@pytest.fixture
def tiny_split(tiny_ratings: Dataset) -> Split:
    """Held out: ann's c (4), bob's c (5), cem's f (3); dee has no test item. ann's b is validation."""
    test, valid = np.array([2, 7, 10]), np.array([1])
    train = np.setdiff1d(np.arange(12), np.concatenate([test, valid]))
    return Split(tiny_ratings, SplitSpec(), train, valid, test)


@pytest.fixture
def alphabetical() -> PopularityScorer:
    """Everybody likes a best and f least."""
    return PopularityScorer(4, np.array([6.0, 5, 4, 3, 2, 1]))


@pytest.fixture(scope="module")
def world_split(small_world: World) -> Split:
    """A split in which every fourth user has no test item: judged users are not simply all of them."""
    made = make_split(small_world.dataset, SplitSpec(seed=5))
    spared = small_world.dataset.interactions["user"].to_numpy()[made.test] % 4 == 0
    return replace(
        made, train=np.sort(np.append(made.train, made.test[spared])), test=made.test[~spared]
    )  # fmt: skip


@pytest.fixture(scope="module")
def biased(world_split: Split) -> tuple[Scorer, Evaluation]:
    scorer = Bias().fit(world_split, seed=0).scorer
    return scorer, evaluate(scorer, world_split, k=10)


def test_everybodys_whole_catalogue_is_ranked_without_what_they_were_known_to_have(
    tiny_split: Split, alphabetical: PopularityScorer
) -> None:
    candidates = evaluate(alphabetical, tiny_split, k=2).candidates
    lists = {
        user: rows.sort_values("rank")["item"].tolist() for user, rows in candidates.groupby("user")
    }  # fmt: skip
    # test items stay in; train and validation items (ann's b) do not
    assert lists == {ANN: [C, F], BOB: [C, D, E, F], CEM: [A, C, E, F], DEE: [B, C, D, E, F]}
    assert candidates["rank"].min() == 1


def test_users_without_a_test_item_are_left_out_of_the_mean(
    tiny_split: Split, alphabetical: PopularityScorer
) -> None:
    found = evaluate(alphabetical, tiny_split, k=2)
    assert found.n_judged == 3
    assert found.per_user["user"].tolist() == [ANN, BOB, CEM]


@pytest.mark.parametrize(
    ("name", "by_user"),
    [
        # shown: ann c f, bob c d, cem a c; relevant: c, c, f
        ("precision@2", [1 / 2, 1 / 2, 0]),
        ("recall@2", [1, 1, 0]),
        ("f1@2", [2 / 3, 2 / 3, 0]),
        ("hr@2", [1, 1, 0]),
        ("mrr@2", [1, 1, 0]),
        ("map@2", [1, 1, 0]),
        ("ndcg@2", [1, 1, 0]),
        # chosen in train and valid: a 3, b 3, d 2, e 1, c 0, f 0; of four users, none counts as one
        ("mean_popularity@2", [0, 1, 1.5]),
        ("novelty@2", [2, (2 + 1) / 2, (-math.log2(3 / 4) + 2) / 2]),
        ("intra_list_diversity@2", [1, 1, 1]),
    ],
)
def test_values_of_each_user_by_hand(
    tiny_split: Split, alphabetical: PopularityScorer, name: str, by_user: list[float]
) -> None:
    found = evaluate(alphabetical, tiny_split, k=2)
    assert found.per_user[name].tolist() == pytest.approx(by_user)
    assert found.metrics[name] == pytest.approx(np.mean(by_user))


def test_liked_metrics_leave_out_who_liked_none_of_their_test_items(
    tiny_split: Split, alphabetical: PopularityScorer
) -> None:
    found = evaluate(alphabetical, tiny_split, k=2)
    assert found.liked_from == 4.0
    for name in ("ndcg_liked@2", "recall_liked@2", "hr_liked@2"):
        assert found.per_user[name].tolist()[:2] == [1.0, 1.0]
        assert np.isnan(found.per_user[name].tolist()[2])
        assert found.metrics[name] == 1.0


def test_figures_of_all_lists_by_hand(tiny_split: Split, alphabetical: PopularityScorer) -> None:
    metrics = evaluate(alphabetical, tiny_split, k=2).metrics
    # shown to the three who are judged: c three times, a d f once, b e never
    assert metrics["coverage@2"] == pytest.approx(4 / 6)
    assert metrics["top_item_share@2"] == 1.0
    assert metrics["personalisation@2"] == pytest.approx(1 / 2)
    assert metrics["gini@2"] == pytest.approx((-5 * 0 - 3 * 0 - 1 + 1 + 3 + 5 * 3) / (6 * 6))


def test_rating_figures_by_hand_are_made_of_clipped_predictions(tiny_split: Split) -> None:
    # predicted: c 4, f 0 and so clipped to 1; true: c 4, c 5, f 3
    scorer = BiasScorer(3.0, np.zeros(4), np.array([2.0, -1, 1, 0, 0, -3]), 5.0, (1.0, 5.0))
    found = evaluate(scorer, tiny_split, k=2)
    assert found.metrics["rmse"] == pytest.approx(math.sqrt((0 + 1 + 4) / 3))
    assert found.metrics["mae"] == pytest.approx(1.0)
    assert (found.metrics["accuracy"], found.metrics["auc"]) == (1.0, 1.0)
    assert found.per_user["n"].tolist() == [1, 1, 1]
    assert found.per_user["squared_error"].tolist() == pytest.approx([0, 1, 4])


def test_a_scorer_that_predicts_no_rating_has_no_rating_error(
    tiny_split: Split, alphabetical: PopularityScorer
) -> None:
    found = evaluate(alphabetical, tiny_split, k=2)
    assert not {"rmse", "mae", "auc", "accuracy"} & found.metrics.keys()
    assert "squared_error" not in found.per_user


def test_data_without_a_scale_have_no_liked_metrics() -> None:
    world = simulate(Kind.IMPLICIT, n_users=30, n_items=20, mean_events=8, seed=2)
    found = evaluate(PopularityScorer(world.dataset.n_users, np.arange(world.dataset.n_items, dtype=float)),
                     make_split(world.dataset, SplitSpec()), k=5)  # fmt: skip
    assert "ndcg@5" in found.metrics
    assert not [name for name in found.metrics if "liked" in name]


def _naive_ndcg(scores: np.ndarray, seen: set[int], relevant: set[int], k: int) -> float:
    order = [item for item in np.argsort(-scores, kind="stable").tolist() if item not in seen][:k]
    gained = sum(1 / math.log2(place + 2) for place, item in enumerate(order) if item in relevant)
    return gained / sum(1 / math.log2(place + 2) for place in range(min(k, len(relevant))))


def test_ndcg_equals_a_loop_over_users_and_a_plain_sort(world_split: Split) -> None:
    scorer = Ease({"l2": 20.0}).fit(world_split, seed=0).scorer
    found = evaluate(scorer, world_split, k=10).per_user
    seen, relevant = world_split.matrix(world_split.fit_rows), world_split.matrix(world_split.test)
    for user, value in zip(found["user"], found["ndcg@10"], strict=True):
        scores = scorer.score_catalogue(np.array([user]))[0]
        expected = _naive_ndcg(scores, {*seen[[user]].indices}, {*relevant[[user]].indices}, 10)
        assert value == pytest.approx(expected), user


@pytest.mark.parametrize("model", [Random, Popularity, Bias, Ease])
def test_every_figure_has_an_interval_around_it_within_its_range(world_split: Split, model: type) -> None:
    found = evaluate(model().fit(world_split, seed=3).scorer, world_split, k=10)
    assert found.ci.keys() == found.metrics.keys()
    for name, value in found.metrics.items():
        low, high = found.ci[name]
        assert low <= value <= high, name
        if name.split("@")[0] in SYSTEM_METRICS:
            assert low >= 0, name
            assert high <= 1, name


def test_a_mean_is_the_mean_of_the_stored_values(biased: tuple[Scorer, Evaluation]) -> None:
    _scorer, found = biased
    for name in found.per_user.columns.drop(["user", "n", "squared_error", "absolute_error"]):
        assert found.metrics[name] == pytest.approx(found.per_user[name].mean()), name
    table = found.per_user
    assert found.metrics["rmse"] ** 2 == pytest.approx(table["squared_error"].sum() / table["n"].sum())


def test_auc_is_computed_anew_in_each_draw_of_users(
    world_split: Split, biased: tuple[Scorer, Evaluation]
) -> None:
    scorer, found = biased
    users, items, truth = world_split.triples(world_split.test)
    liked, predicted = truth >= 4, scorer.score(users, items)
    places = np.searchsorted(found.per_user["user"].to_numpy(), users)
    draws = user_draws(found.n_judged, BOOTSTRAP_SEED)
    naive = [roc_auc_score(liked, predicted, sample_weight=draw[places]) for draw in draws]
    assert found.metrics["auc"] == pytest.approx(roc_auc_score(liked, predicted))
    assert found.ci["auc"] == pytest.approx(np.quantile(naive, [0.025, 0.975]).tolist())


def _naive_gini(counts: np.ndarray) -> float:
    return float(np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean()))


@pytest.mark.parametrize(
    ("name", "figure"),
    [("coverage@10", lambda counts: float((counts > 0).mean())), ("gini@10", _naive_gini)],
)
def test_coverage_and_gini_spread_as_they_do_over_draws_of_users(
    biased: tuple[Scorer, Evaluation], world_split: Split, name: str, figure: object
) -> None:
    _scorer, found = biased
    top = found.candidates[found.candidates["rank"] <= 10]
    lists = [top.loc[top["user"] == user, "item"].to_numpy() for user in found.per_user["user"]]
    shown = np.zeros((len(lists), world_split.dataset.n_items))
    for row, items in enumerate(lists):
        shown[row, items] = 1
    drawn = np.array([figure(draw @ shown) for draw in user_draws(len(lists), BOOTSTRAP_SEED)])  # type: ignore[operator]
    measured = figure(shown.sum(axis=0))  # type: ignore[operator]
    assert found.metrics[name] == pytest.approx(measured)
    # a draw holds fewer distinct users and so covers less: its spread is taken, its level is not
    moved = np.quantile(drawn, [0.025, 0.975]) - drawn.mean() + measured
    assert found.ci[name] == pytest.approx(moved.tolist())


def test_the_same_scorer_is_judged_the_same_twice(world_split: Split) -> None:
    scorer = Popularity().fit(world_split, seed=0).scorer
    first, again = (evaluate(scorer, world_split, k=10) for _time in range(2))
    assert first.metrics == again.metrics
    assert first.ci == again.ci
    assert first.candidates.equals(again.candidates)


def test_a_large_catalogue_keeps_two_hundred_candidates_or_k() -> None:
    world = simulate(Kind.IMPLICIT, n_users=25, n_items=400, mean_events=60, seed=1)
    split = make_split(world.dataset, SplitSpec())
    scorer = Random().fit(split, seed=0).scorer
    assert N_CANDIDATES == 200
    for k, kept in ((10, 200), (220, 220)):
        found = evaluate(scorer, split, k=k)
        assert found.candidates.groupby("user").size().tolist() == [kept] * world.dataset.n_users
        assert f"ndcg@{k}" in found.metrics


def test_progress_is_told_up_to_the_end(tiny_split: Split, alphabetical: PopularityScorer) -> None:
    shares: list[float] = []
    evaluate(alphabetical, tiny_split, k=2, report=shares.append)
    assert shares == [1.0]


def test_judging_changes_nothing_in_the_data(tiny_split: Split, alphabetical: PopularityScorer) -> None:
    before = tiny_split.dataset.interactions.copy()
    evaluate(alphabetical, tiny_split, k=2)
    assert tiny_split.dataset.interactions.equals(before)


def test_where_nobody_liked_anything_of_test_the_other_figures_stand(tiny_ratings: Dataset) -> None:
    low = tiny_ratings.interactions.copy()
    split = make_split(tiny_ratings, SplitSpec())
    low.loc[split.test, "value"] = 1.0
    disliked = replace(tiny_ratings, interactions=low)
    moved = replace(split, dataset=disliked)
    found = evaluate(Popularity().fit(moved, seed=0).scorer, moved, k=2)
    assert found.metrics["ndcg_liked@2"] == 0.0
    assert found.n_judged > 0
