"""The best reachable figures: the formulas of evaluation on the truth's own ranking, and nobody above them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from recsys_core.columns import Kind
from recsys_core.data.simulator import Best, World, simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import ParamError
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.models.registry import MODELS, kinds_of, model_class
from recsys_core.serving.base import Capabilities, Scorer

BEATABLE = [
    one.name for one in MODELS if one.name != "reranked"
]  # whose lists are those of a run kept on disk
NETWORKS = {one.name for one in MODELS if one.network}


@pytest.fixture(scope="module")
def worlds() -> dict[Kind, World]:
    return {kind: simulate(kind, seed=1) for kind in Kind}


class AllKnowing(Scorer):
    """Ranks and rates by the truth of a world: the optimum, played by the rules of evaluation."""

    form = "all-knowing"
    can: ClassVar[Capabilities] = Capabilities(ratings=True)

    def __init__(self, world: World, split: Split) -> None:
        events = world.dataset.interactions.iloc[split.test]
        times = events.groupby("user")["timestamp"].mean()
        self.times = times.reindex(np.arange(world.dataset.n_users)).fillna(0).to_numpy()
        self.expected = dict(
            zip(zip(events["user"], events["item"], strict=True), world.expected(split.test), strict=True)
        )
        self.world, self.n_users, self.n_items = world, world.dataset.n_users, world.dataset.n_items

    def score_catalogue(self, users: np.ndarray) -> np.ndarray:
        return self.world.ideal_scores(users, self.times[users])

    def score(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.array([self.expected[pair] for pair in zip(users, items, strict=True)])

    def write(self, folder: Path) -> dict[str, Any]:
        raise AssertionError("never kept")

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Scorer:
        raise AssertionError("never read")


@pytest.mark.parametrize("protocol", [SplitSpec(seed=3), SplitSpec("last", 1, seed=3), SplitSpec("last", 4)])
@pytest.mark.parametrize("drift", [0.0, 0.8])
@pytest.mark.parametrize("k", [3, 10])
def test_the_figures_are_those_of_evaluation_on_the_same_ranking(
    protocol: SplitSpec, drift: float, k: int
) -> None:
    world = simulate(Kind.RATING, n_users=120, n_items=60, mean_events=15, drift=drift, seed=5)
    split = make_split(world.dataset, protocol)
    best, played = world.best(split, k=k), evaluate(AllKnowing(world, split), split, k=k)
    for name in (f"ndcg@{k}", f"recall@{k}", "rmse", "mae"):
        assert best.figures[name] == pytest.approx(played.metrics[name], abs=1e-9), name
    by_user = played.per_user
    assert best.per_user["user"].tolist() == by_user["user"].tolist()
    for name in (f"ndcg@{k}", f"recall@{k}", "n", "squared_error"):
        np.testing.assert_allclose(best.per_user[name], by_user[name], atol=1e-9, err_msg=name)


def test_click_figures_are_those_of_scikit_learn(worlds: dict[Kind, World]) -> None:
    world = worlds[Kind.CLICK]
    split = make_split(world.dataset, SplitSpec())
    best = world.best(split)
    clicked = world.dataset.interactions["value"].to_numpy()[split.test] > 0
    p = world.expected(split.test)
    assert best.figures["log_loss"] == pytest.approx(log_loss(clicked, p))
    assert best.figures["auc"] == pytest.approx(roc_auc_score(clicked, p))
    assert best.figures["brier"] == pytest.approx(((clicked - p) ** 2).mean())
    table = best.per_user
    assert table["log_loss"].sum() / table["n"].sum() == pytest.approx(best.figures["log_loss"])
    assert "ndcg@10" not in best.figures


def test_no_other_click_probability_scores_better(worlds: dict[Kind, World]) -> None:
    world = worlds[Kind.CLICK]
    split = make_split(world.dataset, SplitSpec())
    clicked = world.dataset.interactions["value"].to_numpy()[split.test] > 0
    p = world.expected(split.test)
    rate = np.full(len(p), clicked.mean())
    logit = np.log(p / (1 - p))
    for other in (
        rate,
        1 / (1 + np.exp(-0.7 * logit)),
        1 / (1 + np.exp(-1.4 * logit)),
        np.minimum(1.3 * p, 0.99),
    ):
        assert log_loss(clicked, other) > world.best(split).figures["log_loss"]


@pytest.fixture(scope="module")
def judged(worlds: dict[Kind, World]) -> dict[Kind, tuple[Split, Best]]:
    splits = {kind: make_split(world.dataset, SplitSpec(seed=7)) for kind, world in worlds.items()}
    return {kind: (split, worlds[kind].best(split)) for kind, split in splits.items()}


def _fitted(name: str, split: Split) -> Evaluation:
    settings = {"blend": {"members": "ease,ials"}, "newcomer": {"base": "ials"}}.get(name, {})
    return evaluate(model_class(name)(settings).fit(split, seed=0).scorer, split, k=10)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.long if one in NETWORKS else ()) for one in BEATABLE]
)
@pytest.mark.parametrize("kind", [Kind.IMPLICIT, Kind.RATING])
def test_no_model_of_the_registry_beats_the_optimum(
    name: str, kind: Kind, judged: dict[Kind, tuple[Split, Best]]
) -> None:
    if kind not in kinds_of(name):
        return
    split, best = judged[kind]
    found = _fitted(name, split)
    gap = paired_interval(best.per_user["ndcg@10"].to_numpy(), found.per_user["ndcg@10"].to_numpy())
    assert gap.low > 0, (name, gap)
    if "rmse" in found.metrics:
        loss = (found.per_user["squared_error"] - best.per_user["squared_error"]).to_numpy()
        assert paired_interval(loss, np.zeros(len(loss))).low > 0, name


def test_the_optimum_beats_popularity_clearly_and_ease_stands_between(
    judged: dict[Kind, tuple[Split, Best]],
) -> None:
    split, best = judged[Kind.IMPLICIT]
    floor, ease = (_fitted(name, split).metrics["ndcg@10"] for name in ("popularity", "ease"))
    assert best.figures["ndcg@10"] > 1.4 * floor
    assert best.share_reached("ndcg@10", floor, floor=floor) == 0
    assert best.share_reached("ndcg@10", best.figures["ndcg@10"], floor=floor) == 1
    assert 0.2 < best.share_reached("ndcg@10", ease, floor=floor) < 0.8


def test_ranking_by_anything_less_than_the_truth_is_worse(worlds: dict[Kind, World]) -> None:
    """By the taste of the middle of a user's time when the last item is asked for, in a world with drift."""
    world = simulate(Kind.IMPLICIT, seed=4, drift=1.0)
    split = make_split(world.dataset, SplitSpec("last", 3))
    scorer = AllKnowing(world, split)
    people = world.nature.people
    scorer.times = people.first[world.kept_users] + people.stay[world.kept_users] / 2
    stale = evaluate(scorer, split, k=10).per_user["ndcg@10"].to_numpy()
    assert paired_interval(world.best(split).per_user["ndcg@10"].to_numpy(), stale).low > 0


def test_less_noise_makes_more_reachable() -> None:
    def rmse(noise: float) -> float:
        world = simulate(Kind.RATING, noise=noise, seed=2)
        return world.best(make_split(world.dataset, SplitSpec())).figures["rmse"]

    assert rmse(0.2) < rmse(0.7) < rmse(1.2)
    assert rmse(0.0) < 1e-6


def test_a_split_of_other_data_and_a_k_beyond_the_catalogue_are_refused(worlds: dict[Kind, World]) -> None:
    other = make_split(simulate(Kind.RATING, n_users=30, n_items=20).dataset, SplitSpec())
    with pytest.raises(ParamError, match="other data"):
        worlds[Kind.RATING].best(other)
    own = make_split(worlds[Kind.RATING].dataset, SplitSpec())
    with pytest.raises(ParamError, match="k is 0"):
        worlds[Kind.RATING].best(own, k=0)
