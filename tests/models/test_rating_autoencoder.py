"""The autoencoder of ratings: its formula, both sides, what it learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_core.columns import Kind
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.mf_network import Residuals
from recsys_core.models.registry import model_class
from tests.fitted import QUICK, tiny_split


@pytest.fixture(scope="module", params=["item", "user"])
def model(request: pytest.FixtureRequest) -> Any:
    settings = {**QUICK["rating_autoencoder"], "side": request.param}
    return model_class("rating_autoencoder")(settings).fit(tiny_split(), seed=1)


def test_a_prediction_is_what_keras_completes_plus_the_means(model: Any) -> None:
    split = tiny_split()
    known = Residuals.of(split, split.fit_rows)
    table = np.zeros(known.shape, np.float32)
    table[known.users, known.items] = known.residuals
    by_item = model.settings["side"] == "item"
    completed = model.model(table.T if by_item else table, training=False).numpy()
    completed = completed.T if by_item else completed
    expected = known.mean + known.user_means[:, None] + known.item_means[None, :] + completed
    found = model.score_catalogue(np.arange(known.shape[0]))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_only_rows_of_users_serve_somebody_new(model: Any) -> None:
    split = tiny_split()
    users, items, values = split.triples(split.fit_rows)
    own = users == 3
    if model.settings["side"] == "item":
        with pytest.raises(NotSupported, match="cannot serve a new one"):
            model.fold_in([items[own]], [values[own]])
        return
    folded = model.fold_in([items[own], items[own][:0]], [values[own], values[own][:0]])
    np.testing.assert_allclose(folded[0], model.score_catalogue(np.array([3]))[0], atol=1e-4)
    assert np.isfinite(folded[1]).all()
    assert model.scorer.can.new_users


@pytest.mark.parametrize("side", ["item", "user"])
def test_it_beats_the_bias(side: str) -> None:
    world = simulate(Kind.RATING, n_users=300, n_items=100, mean_events=30, seed=6)
    split = make_split(world.dataset, SplitSpec())
    ours = model_class("rating_autoencoder")({"side": side}).fit(split, seed=0)
    floor = model_class("bias")().fit(split, seed=0)
    errors = [evaluate(one.scorer, split, k=10).metrics["rmse"] for one in (ours, floor)]
    assert errors[0] < errors[1] - 0.03
