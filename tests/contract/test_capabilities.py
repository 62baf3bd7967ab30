"""What a model says of itself is what it does, asked of each line of the registry: new users, new items, order, target."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys_core.contract import answers
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.base import Recommender
from recsys_core.models.registry import MODELS, model_class, params_of, spec, usable_for
from recsys_core.serving.base import Scorer
from recsys_core.training.jobs import configure
from tests.fitted import QUICK, fitted, subject, tiny_split

NAMES = [one.name for one in MODELS]
EVERYBODY = np.arange(tiny_split().dataset.n_users)
CLOSE = 1e-5

every_model = pytest.mark.parametrize("name", NAMES)


def _catalogue(model: Recommender | Scorer) -> np.ndarray:
    return model.score_catalogue(EVERYBODY)


@every_model
def test_a_new_user_is_served_exactly_when_the_model_says_so(name: str) -> None:
    answers.a_new_user_is_served_exactly_when_it_says_so(subject(name))


@pytest.mark.parametrize(
    ("name", "protocol"),
    [
        pytest.param(one.name, protocol, marks=[pytest.mark.long] * (one.network and one.name != "two_tower"))
        for one in MODELS
        for protocol in ("cold-user:1", "cold-item:0.2")
    ],
)
def test_a_model_is_judged_on_strangers_exactly_when_the_table_says_so(name: str, protocol: str) -> None:
    text, data = protocol.partition(":")[0], tiny_split().dataset
    if spec(name) not in usable_for(text):
        with pytest.raises(NotSupported, match="cannot serve whom the split"):
            configure(data, name, actor="test", split=SplitSpec.parse(protocol, seed=1), k=2)
        return
    split = make_split(data, SplitSpec.parse(protocol, seed=1))
    model = model_class(name)(QUICK.get(name, {})).fit(split, seed=1)
    assert 0.0 <= evaluate(model.scorer, split, k=2).metrics["ndcg@2"] <= 1.0


@every_model
def test_a_few_items_are_scored_as_in_the_whole_catalogue(name: str) -> None:
    answers.a_few_items_are_scored_as_in_the_whole_catalogue(subject(name))


@every_model
def test_a_known_users_own_history_folds_in_to_their_own_scores(name: str) -> None:
    answers.a_known_users_own_history_folds_in_to_their_own_scores(subject(name))


@every_model
def test_a_new_item_is_scored_exactly_when_the_model_says_so(name: str) -> None:
    strangers = tiny_split().dataset.items.drop(columns="item_id").head(3)
    if not fitted(name).can.new_items:
        with pytest.raises(NotSupported, match="cannot score a new one"):
            fitted(name).score_new_items(EVERYBODY, strangers)
        return
    scores = fitted(name).score_new_items(EVERYBODY, strangers)
    assert scores.shape == (len(EVERYBODY), 3)
    assert np.isfinite(scores).all()
    bare = fitted(name).score_new_items(EVERYBODY[:2], strangers[[]])  # nothing is known of them
    assert np.isfinite(bare).all()


@every_model
def test_the_order_of_a_history_matters_exactly_when_the_model_says_so(name: str) -> None:
    answers.the_order_of_a_history_matters_exactly_when_it_says_so(subject(name))


@pytest.mark.parametrize("name", [one.name for one in MODELS if one.needs_time])
def test_data_without_time_are_refused_by_models_of_order(name: str) -> None:
    data = tiny_split().dataset
    timeless = replace(data, interactions=data.interactions.drop(columns="timestamp"))
    with pytest.raises(NotSupported, match="no time"):
        model_class(name)(QUICK.get(name)).fit(replace(tiny_split(), dataset=timeless), seed=1)


@pytest.mark.parametrize("name", [name for name in NAMES if any(p.name == "target" for p in params_of(name))])
def test_what_was_not_liked_is_not_learned_where_so_asked(name: str, tmp_path: Path) -> None:
    split = tiny_split()
    threshold = split.dataset.liked_threshold
    rows = split.dataset.interactions
    rng = np.random.default_rng(0)
    shuffled = rows["item"].to_numpy().copy()
    disliked = np.flatnonzero(rows["value"].to_numpy() < threshold)
    shuffled[disliked] = rng.permutation(shuffled[disliked])
    noisy = replace(split.dataset, interactions=rows.assign(item=shuffled))
    settings = {**QUICK.get(name, {}), "target": "liked"}
    first, second = (
        model_class(name)(settings).fit(one, seed=1) for one in (split, replace(split, dataset=noisy))
    )
    np.testing.assert_allclose(_catalogue(first), _catalogue(second), atol=CLOSE)
    assert np.abs(_catalogue(first) - _catalogue(fitted(name))).max() > CLOSE
    first.save(tmp_path)
    loaded = model_class(name).load(tmp_path)
    assert loaded.liked_from == threshold
    if loaded.can.new_users:
        only, both = loaded.fold_in(
            [np.array([3]), np.array([3, 7])], [np.array([5.0]), np.array([5.0, 1.0])]
        )
        np.testing.assert_allclose(only, both, atol=CLOSE)
