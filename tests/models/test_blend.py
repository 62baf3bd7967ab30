"""Weights of a blend: what is learned on validation rows, checked against worked cases and an independent solver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.optimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LinearRegression

from recsys_core.columns import Kind
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import NotSupported, ParamError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.base import Recommender
from recsys_core.models.blend import Blend, Member, list_weights, rating_weights, without_validation
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import model_class
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.blend import BlendScorer, standard_scores
from tests.fitted import QUICK, tiny_split


class Fixed(Scorer):
    """Scores that stand in a table."""

    form = "fixed"

    def __init__(self, table: np.ndarray, *, ratings: bool = False) -> None:
        self.table, self.can = table, Capabilities(ratings=ratings)
        self.n_users, self.n_items = table.shape

    def score_catalogue(self, users: Any) -> np.ndarray:
        return self.table[users]

    def write(self, folder: Any) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def read(cls, folder: Any, manifest: Any) -> Scorer:
        raise NotImplementedError


def _tables(split: Split, n: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    truth = split.matrix(np.arange(len(split.dataset.interactions))).toarray()
    return [truth * strength + rng.normal(size=truth.shape) for strength in (2.0, 1.0, 0.0)][:n]


def _fixed(split: Split) -> list[Member]:
    return [Member(str(place), Fixed(one), Fixed(one)) for place, one in enumerate(_tables(split))]


def test_standard_scores_leave_out_what_was_seen() -> None:
    seen = csr_matrix(np.array([[0, 0, 1, 0], [0, 0, 0, 0]], np.float32))
    scores = np.array([[1.0, 2.0, 900.0, 3.0], [5.0, 5.0, 5.0, 5.0]])
    found = standard_scores(scores, seen)
    third = np.sqrt(1.5)  # of 1, 2, 3: mean 2, variance 2/3
    np.testing.assert_allclose(found[0, [0, 1, 3]], [-third, 0.0, third], atol=1e-4)
    np.testing.assert_allclose(found[1], 0.0, atol=1e-6)  # all alike: no opinion
    assert scores[0, 2] == 900.0  # what was given is not changed


def test_the_better_member_weighs_more_and_noise_weighs_nothing() -> None:
    split = tiny_split(Kind.IMPLICIT)
    weights = list_weights([Fixed(one) for one in _tables(split)], split, 0)
    assert weights[0] > weights[1] > weights[2]
    assert weights[2] < 0.25 * weights[0]
    assert (weights >= 0).all()


def test_weights_of_lists_are_the_likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    split = tiny_split(Kind.IMPLICIT)
    tables = _tables(split, 2)
    seen, wanted = (split.matrix(rows).toarray() > 0 for rows in (split.train, split.valid))

    def loss(w: np.ndarray) -> float:  # user by user, as it is written
        total = 0.0
        for user in np.flatnonzero(wanted.any(axis=1)):
            left = ~seen[user]
            mixed = np.zeros(left.sum())
            for weight, table in zip(w, tables, strict=True):
                row = table[user, left]
                mixed += weight * (row - row.mean()) / row.std()
            chance = np.exp(mixed - mixed.max())
            logs = np.log(chance / chance.sum())[wanted[user, left]]
            total -= np.sqrt(len(logs)) * logs.mean()
        return total

    expected = scipy.optimize.minimize(loss, [0.5, 0.5], bounds=[(0, None)] * 2, method="Nelder-Mead").x
    np.testing.assert_allclose(list_weights([Fixed(one) for one in tables], split, 0), expected, atol=5e-3)


def test_weights_of_ratings_are_the_least_squares() -> None:
    split = tiny_split()
    users, items, values = split.triples(split.valid)
    rng = np.random.default_rng(1)
    truth = np.full((split.dataset.n_users, split.dataset.n_items), 3.0)
    truth[users, items] = values
    tables = [truth + rng.normal(size=truth.shape) * noise for noise in (0.5, 1.0)]
    members = [Member(str(n), Fixed(one, ratings=True), Fixed(one)) for n, one in enumerate(tables)]
    weights, intercept = rating_weights(members, split)
    columns = np.stack([one[users, items] for one in tables], axis=1)
    expected = LinearRegression().fit(columns, values)
    np.testing.assert_allclose(weights, expected.coef_, atol=5e-3)
    assert intercept == pytest.approx(expected.intercept_, abs=0.02)
    assert weights[0] > weights[1]


def test_with_few_rows_the_weights_stay_near_the_plain_mean() -> None:
    split = tiny_split()
    few = replace(split, train=np.sort(np.concatenate([split.train, split.valid[3:]])), valid=split.valid[:3])
    same = Fixed(np.full((split.dataset.n_users, split.dataset.n_items), 3.0), ratings=True)
    weights, intercept = rating_weights([Member("a", same, same), Member("b", same, same)], few)
    np.testing.assert_allclose(weights, [0.5, 0.5])
    assert intercept + 3.0 == pytest.approx(few.triples(few.valid)[2].mean(), abs=1e-5)


def test_a_blend_of_lists_scores_by_the_weighted_sum() -> None:
    split = tiny_split(Kind.IMPLICIT)
    found = _fixed(split)
    blend = Blend({"members": "0,1,2"}, find_member=lambda name, _split, _session: found[int(name)])
    told: list[dict[str, Any]] = []
    blend.fit(split, seed=0, report=told.append)
    scorer: Any = blend.scorer
    users, seen = np.arange(5), split.matrix(split.fit_rows)
    expected = sum(
        weight * standard_scores(member.final.score_catalogue(users), seen[users])
        for weight, member in zip(scorer.weights, found, strict=True)
    )
    np.testing.assert_allclose(blend.score_catalogue(users), expected, atol=1e-5)
    assert [event["type"] for event in told] == ["weights"]
    assert list(told[0]["weights"]) == ["0", "1", "2"]


def test_a_blend_is_better_than_its_members_where_they_know_different_things() -> None:
    world = simulate(Kind.IMPLICIT, n_users=300, n_items=120, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    truth = split.matrix(split.test).toarray() + split.matrix(split.valid).toarray()
    rng = np.random.default_rng(0)
    tables = [truth + rng.normal(size=truth.shape) for _member in range(2)]
    found = [Member(str(n), Fixed(one), Fixed(one)) for n, one in enumerate(tables)]
    blend = Blend({"members": "0,1"}, find_member=lambda name, _split, _session: found[int(name)])
    ours = evaluate(blend.fit(split, seed=0).scorer, split, k=10).metrics["ndcg@10"]
    alone = [evaluate(one.final, split, k=10).metrics["ndcg@10"] for one in found]
    assert ours > max(alone) + 0.03


def test_members_are_learned_again_without_the_validation_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, int]] = []
    whole = Recommender.fit

    def noted(self: Recommender, split: Split, **rest: Any) -> Recommender:
        asked.append((self.name, len(split.fit_rows), self.settings.get("epochs", 0)))
        return whole(self, split, **rest)

    monkeypatch.setattr(Recommender, "fit", noted)
    split = tiny_split()
    Blend({"members": "ease,popularity"}).fit(split, seed=1)
    n_all, n_train = len(split.fit_rows), len(split.train)
    assert asked[1:] == [
        ("ease", n_all, 0),
        ("ease", n_train, 0),
        ("popularity", n_all, 0),
        ("popularity", n_train, 0),
    ]


def test_a_network_is_learned_again_for_the_epochs_that_were_best() -> None:
    from recsys_core.models.blend import refitted_on_train

    split = tiny_split()
    model: Any = model_class("history_encoder")(QUICK["history_encoder"]).fit(split, seed=1)
    again = refitted_on_train(model, split, Session(1))
    bare = without_validation(split)
    settings = {**QUICK["history_encoder"], "epochs": model.trained.best_epoch}
    plain = model_class("history_encoder")(settings).fit(bare, seed=1)
    users = np.arange(9)
    np.testing.assert_allclose(again.score_catalogue(users), plain.score_catalogue(users), atol=1e-5)
    assert (len(bare.valid), len(bare.fit_rows)) == (0, len(split.train))


@pytest.mark.parametrize("members", ["", "ease"])
def test_one_model_is_no_blend(members: str) -> None:
    with pytest.raises(ParamError, match="at least two members"):
        Blend({"members": members}).fit(tiny_split(), seed=0)


def test_without_validation_rows_there_are_no_weights() -> None:
    bare = without_validation(tiny_split())
    with pytest.raises(NotSupported, match="no validation rows"):
        Blend({"members": "ease,popularity"}).fit(bare, seed=0)


def test_ratings_are_not_blended_from_models_of_lists() -> None:
    with pytest.raises(NotSupported, match="ease makes lists"):
        Blend({"members": "bias,ease", "goal": "ratings"}).fit(tiny_split(), seed=0)


def test_a_blend_of_ratings_predicts_on_their_scale() -> None:
    split = tiny_split()
    quick = {**QUICK["embedding_mlp"]}
    models = {"bias": model_class("bias")(), "embedding_mlp": model_class("embedding_mlp")(quick)}

    def found(name: str, split: Split, session: Session) -> Member:
        scorer = models[name].fit(split, seed=0).scorer
        return Member(name, scorer, scorer)

    blend = Blend({"members": "bias,embedding_mlp", "goal": "ratings"}, find_member=found).fit(split, seed=0)
    assert blend.can.ratings
    assert not blend.can.new_users  # the article's network knows ids only
    users, items, values = split.triples(split.test)
    predicted = blend.score(users, items)
    assert predicted.min() >= values.min()
    assert predicted.max() <= values.max()
    scorer: Any = blend.scorer
    expected = scorer.intercept + sum(
        weight * models[name].score(users, items) for weight, name in zip(scorer.weights, models, strict=True)
    )
    np.testing.assert_allclose(predicted, np.clip(expected, 1, 5), atol=1e-5)
    with pytest.raises(NotSupported, match="its member embedding_mlp cannot"):
        blend.fold_in([np.array([1])])


def test_a_member_of_weight_zero_is_not_asked() -> None:
    split = tiny_split()
    silent = Fixed(np.full((1, 1), np.nan))  # asked, it would fail
    loud = Fixed(_tables(split)[0])
    blend = BlendScorer([silent, loud], np.array([0.0, 1.0]), split.matrix(split.fit_rows))
    assert np.isfinite(blend.score_catalogue(np.arange(4))).all()
