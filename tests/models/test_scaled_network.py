"""A network that regresses learns on the scale of the data set's recipe, and answers on the original one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsys_core.data.scaling import SCALINGS, fit_scaler
from recsys_core.data.splits import Split
from recsys_core.models.registry import model_class
from recsys_core.serving.load import load_scorer
from tests.fitted import tiny_split

SETTINGS = {"epochs": 3, "embedding_size": 4, "hidden_units": 8, "learning_rate": 0.02, "batch_size": 8}
SEED = 1


@cache
def _split(name: str) -> Split:
    """A small split of values from 50 to 130 whose recipe asks for this scaling; '' for no recipe."""
    data = tiny_split().dataset
    values = 30 + 20 * data.interactions["value"]
    recipe = {"scaling": name} if name else {}
    return replace(
        tiny_split(),
        dataset=replace(data, interactions=data.interactions.assign(value=values), recipe=recipe),
    )


@cache
def _model(name: str) -> Any:
    return model_class("embedding_mlp")(SETTINGS).fit(_split(name), seed=SEED)


@pytest.mark.parametrize("name", list(SCALINGS))
def test_the_scaler_knows_the_learning_rows_alone(name: str) -> None:
    split = _split(name)
    shuffled = np.random.default_rng(SEED).permutation(split.fit_rows)
    learn = shuffled[: -round(0.2 * len(shuffled))]
    assert _model(name).scorer.scaler == fit_scaler(name, split.triples(learn)[2])


@pytest.mark.parametrize("name", list(SCALINGS))
def test_predictions_are_on_the_original_scale_also_after_saving_and_loading(
    name: str, tmp_path: Path
) -> None:
    model, split = _model(name), _split(name)
    users, items, values = split.triples(split.test)
    predicted = model.scorer.score(users, items)
    assert 50 <= predicted.min() < predicted.max() <= 130
    assert (
        abs(predicted.mean() - values.mean()) < 20
    )  # three epochs only; on the scaled values it would be 90
    assert np.sqrt(np.mean((predicted - values) ** 2)) < 1.2 * values.std()
    model.save(tmp_path / "model")
    loaded: Any = load_scorer(tmp_path / "model")
    assert loaded.scaler == model.scorer.scaler
    np.testing.assert_allclose(loaded.score(users, items), predicted, atol=1e-4)


def test_the_reported_error_is_on_the_original_scale() -> None:
    for name in SCALINGS:
        assert 5 < _model(name).trained.history[-1]["valid_rmse"] < 30


def test_the_scalings_make_different_networks_and_none_is_the_article_s() -> None:
    users, items, _values = _split("").triples(_split("").test)
    scores = {name: _model(name).scorer.score(users, items) for name in ("", *SCALINGS)}
    np.testing.assert_array_equal(scores[""], scores["min-max"])
    assert not np.allclose(scores["min-max"], scores["z-score"])
    assert not np.allclose(scores["min-max"], scores["log"])
