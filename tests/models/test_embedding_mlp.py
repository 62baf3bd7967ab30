"""The article's network, held against a plain `compile` and `fit` of the same layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import World
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class, params_of
from recsys_core.params import resolve
from tests.fitted import tiny_split

SEED = 3
BATCH, EPOCHS, VALID_SHARE = 256, 10, 0.2


@pytest.fixture(scope="module")
def split(small_world: World) -> Split:
    assert small_world.dataset.kind is Kind.RATING
    return make_split(small_world.dataset, SplitSpec(seed=2))


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    """What the training below reports."""
    return []


@pytest.fixture(scope="module")
def model(split: Split, events: list[dict[str, Any]]) -> Any:
    """The network with its defaults, fitted."""
    return model_class("embedding_mlp")().fit(split, seed=SEED, report=events.append)


def _learn_and_watch(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The rows that are learned from and the fifth that only watches."""
    shuffled = np.random.default_rng(SEED).permutation(split.fit_rows)
    n_watch = round(VALID_SHARE * len(shuffled))
    return shuffled[:-n_watch], shuffled[-n_watch:]


def _rmse_of_watched(model: Any, split: Split) -> float:
    users, items, values = split.triples(_learn_and_watch(split)[1])
    predicted = model.score_catalogue(np.arange(split.dataset.n_users))[users, items]
    return float(np.sqrt(np.mean((predicted - values) ** 2)))


def test_defaults_are_those_of_the_article() -> None:
    assert resolve(params_of("embedding_mlp"), {}) == {
        "epochs": EPOCHS,
        "embedding_size": 8,
        "hidden_units": 64,
        "layers": 1,
        "dropout": 0.0,
        "l2": 0.0,
        "patience": 0,
        "learning_rate": 0.001,
        "batch_size": BATCH,
        "optimizer": "adam",
        "valid_share": VALID_SHARE,
    }


def test_layers_stand_as_in_the_article(model: Any, split: Split) -> None:
    by_kind: dict[str, list[Any]] = {}
    for layer in model.model.layers:
        by_kind.setdefault(type(layer).__name__, []).append(layer)
    assert {kind: len(layers) for kind, layers in by_kind.items()} == {
        "InputLayer": 2, "Embedding": 2, "Flatten": 2, "Concatenate": 1, "Dense": 2,
    }  # fmt: skip
    tables = [(one.input_dim, one.output_dim) for one in by_kind["Embedding"]]
    assert tables == [(split.dataset.n_users, 8), (split.dataset.n_items, 8)]
    hidden, rating = by_kind["Dense"]
    assert (hidden.units, hidden.activation.__name__) == (64, "relu")
    assert (rating.units, rating.activation.__name__) == (1, "linear")
    assert model.model.layers[-2:] == [hidden, rating]


def test_the_parameters_are_two_tables_and_two_dense_layers(model: Any, split: Split) -> None:
    tables = (split.dataset.n_users + split.dataset.n_items) * 8
    assert model.model.count_params() == tables + (2 * 8 * 64 + 64) + (64 + 1)


def test_training_equals_a_plain_keras_fit(model: Any, split: Split) -> None:
    # Adam at .001, mean squared error, batches of 256, ten epochs, four fifths of the rows scaled to [0, 1]:
    # were any of it different, the two networks would part within the first steps
    import keras

    learn, _watch = _learn_and_watch(split)
    users, items, values = split.triples(learn)
    assert len(learn) > 4 * BATCH
    targets = (values - values.min()) / (values.max() - values.min())
    reference = keras.models.clone_model(model.model)  # new weights from the same seeded initialisers
    reference.compile(optimizer=keras.optimizers.Adam(0.001), loss="mse")
    for epoch in range(1, EPOCHS + 1):
        order = np.random.default_rng([SEED, epoch]).permutation(len(learn))
        rows = [users[order][:, None], items[order][:, None]]
        reference.fit(rows, targets[order], batch_size=BATCH, shuffle=False, verbose=0)
    for ours, theirs in zip(model.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_all_ten_epochs_run_and_the_last_one_counts(model: Any, events: list[dict[str, Any]]) -> None:
    epochs = [event for event in events if event["type"] == "epoch"]
    assert [event["epoch"] for event in epochs] == list(range(1, EPOCHS + 1))
    assert {event["phase"] for event in epochs} == {"train"}  # nothing is refitted
    assert model.trained.best_epoch == EPOCHS


def test_the_last_epoch_counts_even_where_an_earlier_one_was_better() -> None:
    settings = {"epochs": 20, "embedding_size": 16, "learning_rate": 0.02}
    small = tiny_split()
    model: Any = model_class("embedding_mlp")(settings).fit(small, seed=SEED)
    watched = [row["valid_rmse"] for row in model.trained.history]
    assert watched[-1] > 1.02 * min(watched)
    assert _rmse_of_watched(model, small) == pytest.approx(watched[-1], rel=1e-4)


def test_the_loss_falls(model: Any) -> None:
    losses = [row["loss"] for row in model.trained.history]
    assert losses[-1] < 0.8 * losses[0]


def test_the_watched_error_is_that_of_the_rows_kept_aside(model: Any, split: Split) -> None:
    watched = model.trained.history[-1]["valid_rmse"]
    assert watched == pytest.approx(_rmse_of_watched(model, split), rel=1e-4)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad"])
def test_every_optimizer_trains(split: Split, optimizer: str) -> None:
    settings = {"epochs": 2, "optimizer": optimizer, "learning_rate": 0.01}
    trained = model_class("embedding_mlp")(settings).fit(split, seed=SEED).trained  # type: ignore[attr-defined]
    first, last = trained.history
    assert last["loss"] < first["loss"]


def test_the_dials_build_and_train_a_deeper_network_that_stops_early() -> None:
    settings = {
        "epochs": 40, "layers": 3, "dropout": 0.2, "patience": 2, "hidden_units": 16, "learning_rate": 0.02,
    }  # fmt: skip
    small = tiny_split()
    model: Any = model_class("embedding_mlp")(settings).fit(small, seed=SEED)
    kinds = [type(layer).__name__ for layer in model.model.layers]
    assert (kinds.count("Dense"), kinds.count("Dropout")) == (4, 3)
    watched = [row["valid_loss"] for row in model.trained.history]
    assert len(watched) < 40
    assert model.trained.best_epoch == int(np.argmin(watched)) + 1 == len(watched) - 2
    best = model.trained.history[model.trained.best_epoch - 1]["valid_rmse"]
    assert _rmse_of_watched(model, small) == pytest.approx(best, rel=1e-4)


def test_l2_makes_vectors_smaller() -> None:
    sizes = []
    for l2 in (0.0, 0.1):
        settings = {"epochs": 10, "learning_rate": 0.01, "l2": l2}
        model: Any = model_class("embedding_mlp")(settings).fit(tiny_split(), seed=SEED)
        sizes.append(sum(np.square(one).sum() for one in model.model.get_weights()))
    assert sizes[1] < 0.7 * sizes[0]


@pytest.mark.slow
def test_the_article_is_reproduced_on_movielens(movielens: Dataset) -> None:
    split = make_split(movielens, SplitSpec())
    fitted = model_class("embedding_mlp")().fit(split, seed=0)
    assert evaluate(fitted.scorer, split, k=10).metrics["rmse"] <= 0.96
