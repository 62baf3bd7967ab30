"""Matrix factorisation from histories: its formula worked by hand, what it hides from itself, what it learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class
from tests.fitted import QUICK, fitted, tiny_split


def _weights(model: Any) -> dict[str, np.ndarray]:
    return {layer.name: layer.get_weights()[0] for layer in model.model.layers if layer.get_weights()}


def test_a_prediction_follows_the_formula_of_the_class() -> None:
    model: Any = fitted("mf")
    split, weights = tiny_split(), _weights(fitted("mf"))
    users, items, values = (one.astype(np.float64) for one in split.triples(split.fit_rows))
    users, items = users.astype(int), items.astype(int)
    mean, damping, members = values.mean(), 5.0, QUICK["mf"]["members"]
    rated = [np.flatnonzero(items == item) for item in range(split.dataset.n_items)]
    item_mean = np.array([(values[rows] - mean).sum() / (len(rows) + damping) for rows in rated])
    deviation = values - mean - item_mean[items]
    user_mean = np.zeros(split.dataset.n_users)
    for user in range(len(user_mean)):
        own = users == user
        user_mean[user] = deviation[own].sum() / (own.sum() + damping)
    residual = deviation - user_mean[users]
    half = weights["chosen"].shape[1] // 2
    known_of_user = model.encoders[0].transform(split.dataset.users).toarray()
    known_of_item = model.encoders[1].transform(split.dataset.items).toarray()
    for user, item in ((0, 0), (3, 17), (11, 5)):
        own, others = np.flatnonzero(users == user), np.flatnonzero(items == item)
        p = (
            sum(
                weights["chosen"][items[row], :half] + residual[row] * weights["chosen"][items[row], half:]
                for row in own
            )
            / np.sqrt(len(own) + 1)
            + known_of_user[user] @ weights["user_attributes"]
        )
        history = sum(
            weights["rater"][users[row], :half] + residual[row] * weights["rater"][users[row], half:]
            for row in others
        )
        q = weights["item"][item] + known_of_item[item] @ weights["item_attributes"]
        q = q + history / np.sqrt(len(others) + 1)
        each = (p * q).reshape(members, -1).sum(axis=1) + weights["item_bias"][item]
        each = each + known_of_user[user] @ weights["user_attributes_bias"]
        each = each + known_of_item[item] @ weights["item_attributes_bias"]
        expected = mean + user_mean[user] + each.mean()
        assert model.score_catalogue(np.array([user]))[0, item] == pytest.approx(expected, abs=1e-4)


def test_a_row_is_predicted_without_itself() -> None:
    # with the row's own value changed, its prediction in training stays: nothing of it leaks into its own history
    import tensorflow as tf

    from recsys_core.models.mf_network import Residuals, build_network

    split = tiny_split()
    known = Residuals.of(split, split.train)
    n_users, n_items = known.shape
    network = build_network((n_users, n_items, 0, 0), 4, 2, 1)
    network.tables["chosen"].assign(np.random.default_rng(0).normal(size=(n_items, 8)))
    rows, draws = tf.constant([5]), [tf.constant([1, 2]), tf.constant([3, 4])]
    changed = {name: getattr(known, name).copy() for name in ("deviations", "residuals")}
    changed["residuals"][5] += 2.0
    none = np.zeros((n_users, 0)), np.zeros((n_items, 0))
    first, second = (
        network.errors(one.tensors(*none), rows, 0.0, draws)[0].numpy()
        for one in (known, replace(known, residuals=changed["residuals"]))
    )
    np.testing.assert_allclose(first, second, atol=1e-5)
    neighbour = np.flatnonzero((known.users == known.users[5]) & (np.arange(len(known.users)) != 5))[:1]
    changed["residuals"][neighbour] += 2.0
    third = network.errors(replace(known, residuals=changed["residuals"]).tensors(*none), rows, 0.0, draws)[0]
    assert np.abs(third.numpy() - first).max() > 1e-4


def test_it_beats_the_bias_by_a_good_part_of_what_taste_is_worth() -> None:
    world = simulate(Kind.RATING, n_users=300, n_items=100, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    ours = evaluate(model_class("mf")({"epochs": 25}).fit(split, seed=0).scorer, split, k=10).metrics["rmse"]
    floor = evaluate(model_class("bias")().fit(split, seed=0).scorer, split, k=10).metrics["rmse"]
    users, items, values = split.triples(split.test)
    best = np.sqrt(np.mean((world.truth[users, items] - values) ** 2))
    assert (floor - ours) / (floor - best) > 1 / 3


def test_a_new_user_who_rates_like_a_group_is_predicted_like_it() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"i{item}", 5 if item % 2 == user % 2 else 1)
        for user in range(60)
        for item in rng.permutation(20)[:12]
    ]
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value"])
    split = make_split(make_dataset("groups", Kind.RATING, events), SplitSpec())
    model = model_class("mf")({"epochs": 30, "l2": 0.01, "l2_history": 0.01, "batch_size": 64}).fit(
        split, seed=0
    )
    item_ids = split.dataset.items["item_id"].str[1:].astype(int).to_numpy()
    even = np.flatnonzero(item_ids % 2 == 0)
    odd = np.flatnonzero(item_ids % 2)
    history, values = np.concatenate([even[:3], odd[:3]]), np.array([5.0, 5, 5, 1, 1, 1])
    likes_even, likes_odd = model.fold_in([history, history], [values, 6.0 - values])
    assert likes_even[even[3:]].min() > 3.5 > 1.0 + likes_even[odd[3:]].max()
    assert likes_odd[odd[3:]].min() > 3.5 > 1.0 + likes_odd[even[3:]].max()
    assert not model.scorer.can.new_items  # these items have no attributes
    with pytest.raises(NotSupported, match="no attributes"):
        model.score_new_items(np.arange(2), pd.DataFrame({"genre": ["a"]}))


def test_attributes_alone_tell_something_of_a_new_item() -> None:
    rng = np.random.default_rng(0)
    events = pd.DataFrame(
        {"user_id": rng.integers(0, 80, 3000).astype(str), "item_id": rng.integers(0, 60, 3000)}
    )
    events = events.drop_duplicates(ignore_index=True)
    liked = (events["item_id"] % 3 == events["user_id"].astype(int) % 3).to_numpy()
    events = events.assign(item_id=events["item_id"].astype(str), value=np.where(liked, 5.0, 2.0))
    items = pd.DataFrame({"item_id": [str(n) for n in range(60)], "sort": [f"s{n % 3}" for n in range(60)]})
    split = make_split(make_dataset("sorts", Kind.RATING, events, items=items), SplitSpec())
    model = model_class("mf")({"epochs": 30, "batch_size": 128}).fit(split, seed=0)
    scores = model.score_new_items(np.arange(80), pd.DataFrame({"sort": ["s0", "s1", "s2"]}))
    taste = split.dataset.users["user_id"].astype(int).to_numpy() % 3
    assert (scores.argmax(axis=1) == taste).mean() > 0.95


@pytest.mark.long
def test_ratings_on_movielens_are_predicted_well(movielens: Any) -> None:
    # trained on 64 % of the rows, judged on 16 %: the fold's own test rows are not touched
    rows = np.random.default_rng(42).permutation(len(movielens.interactions))[20_000:]
    judge, valid, train = (np.sort(part) for part in np.split(rows, [16_000, 22_400]))
    split = Split(movielens, SplitSpec("random", 0.2, 42), train, valid, judge)
    figures = evaluate(model_class("mf")().fit(split, seed=0).scorer, split, k=10).metrics
    assert figures["rmse"] < 0.89
