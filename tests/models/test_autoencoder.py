from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import make_dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.models.baselines import Popularity
from recsys_core.models.blend import without_validation
from recsys_core.models.registry import model_class
from tests.fitted import QUICK, fitted, tiny_split

ONE_PHASE = without_validation(tiny_split())
LEARNS = {"epochs": 24, "embedding_size": 32, "learning_rate": 0.01, "batch_size": 64}


def _weights(**settings: Any) -> list[np.ndarray]:
    model: Any = model_class("autoencoder")({**QUICK["autoencoder"], **settings}).fit(ONE_PHASE, seed=1)
    return list(model.model.get_weights())


@pytest.mark.parametrize("form", ["variational", "denoising"])
def test_either_form_beats_popularity(form: str) -> None:
    world = simulate(Kind.IMPLICIT, n_users=300, n_items=120, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    model = model_class("autoencoder")({**LEARNS, "form": form}).fit(split, seed=1)
    ours, floor = (
        evaluate(one.scorer, split, k=10).per_user["ndcg@10"].to_numpy()
        for one in (model, Popularity().fit(split, seed=0))
    )
    assert paired_interval(ours, floor).low > 0


def test_a_served_history_is_the_mean_of_its_distribution_and_of_the_members() -> None:
    model = fitted("autoencoder")
    first, second, bias = model.model.get_weights()  # type: ignore[attr-defined]
    history = np.array([3, 17, 20])
    vector = first[history].sum(axis=0) / np.sqrt(len(history) + 3) / 3
    np.testing.assert_allclose(model.fold_in([history])[0], vector @ second + bias, atol=1e-5)


def test_hidden_units_stand_before_and_after_the_vector_of_a_single_member() -> None:
    n_items = tiny_split().dataset.n_items
    shapes = [weight.shape for weight in _weights(hidden_units=5)]
    assert shapes == [(n_items, 5), (5,), (5, 8), (8, 5), (5,), (5, n_items), (n_items,)]


def test_the_kl_term_counts_in_the_variational_form_alone() -> None:
    for form, differ in (("variational", True), ("denoising", False)):
        weak, strong = (_weights(form=form, kl_weight=weight)[0] for weight in (0.0, 10.0))
        assert (np.abs(weak - strong).max() > 1e-4) == differ


def test_kl_divergence_of_known_normals() -> None:
    import tensorflow as tf

    from recsys_core.models.list_network import kl_divergence

    # N(1, 1): a half; N(0, e): (e - 1 - 1) / 2; both together add up
    found = kl_divergence(tf.constant([[1.0, 0.0], [0.0, 0.0]]), tf.constant([[0.0, 1.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found, [0.5 + (np.e - 2) / 2, 0.0], rtol=1e-5)


@pytest.mark.parametrize("name", ["autoencoder", "two_tower"])
def test_high_ratings_weigh_more_as_far_as_the_emphasis_asks_for_it(name: str) -> None:
    rng = np.random.default_rng(5)
    chosen = np.nonzero(
        rng.random((120, 40)) < 0.3
    )  # all items alike, but the first half is rated 5, the rest 1
    table = pd.DataFrame(
        {"user_id": chosen[0], "item_id": chosen[1], "value": np.where(chosen[1] < 20, 5, 1)}
    )
    split = without_validation(make_split(make_dataset("halves", Kind.RATING, table), SplitSpec()))
    liked = split.dataset.items["item_id"].astype(int).to_numpy() < 20

    def lead(emphasis: float) -> float:
        model = model_class(name)({**QUICK[name], "epochs": 20, "value_emphasis": emphasis}).fit(
            split, seed=1
        )
        scores = model.score_catalogue(np.arange(120))
        return float(scores[:, liked].mean() - scores[:, ~liked].mean())

    assert lead(1.0) > 0.3 > abs(lead(0.0))
