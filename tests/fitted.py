"""Models fitted on a tiny simulated world, made once and shared: fitting is what costs time in these tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from recsys_core.contract import Subject, tiny_split
from recsys_core.contract import histories as histories  # noqa: PLC0414
from recsys_core.data.splits import Split
from recsys_core.models.base import Recommender
from recsys_core.models.registry import kinds_of, model_class

QUICK: dict[str, dict[str, Any]] = {
    "embedding_mlp": {"epochs": 3, "embedding_size": 4, "hidden_units": 8, "learning_rate": 0.01},
    "history_encoder": {"epochs": 4, "embedding_size": 8, "batch_size": 16, "learning_rate": 0.01},
    "sequence": {"epochs": 4, "embedding_size": 8, "batch_size": 64, "learning_rate": 0.01},
    "ease": {"l2": 10.0},
    "ials": {"epochs": 4, "embedding_size": 8},
    "item_knn": {"neighbours": 10, "shrinkage": 1.0},
    "markov": {"smoothing": 1.0},
    "rating_autoencoder": {"epochs": 4, "hidden_units": 8, "learning_rate": 0.01, "batch_size": 16},
    "mf": {"epochs": 4, "embedding_size": 4, "members": 2, "learning_rate": 0.03, "batch_size": 128},
    "autoencoder": {"epochs": 4, "embedding_size": 8, "batch_size": 16, "learning_rate": 0.01},
    "two_tower": {"epochs": 4, "embedding_size": 8, "batch_size": 16, "learning_rate": 0.01},
    "blend": {"members": "ease,popularity"},
    "newcomer": {"base": "item_knn"},
    "reranked": {"base": "ease", "method": "mix", "strength": 0.6, "length": 5},
}
"""Settings that make a model differ from its start within a second."""


def split_for(name: str) -> Split:
    """The tiny split that a model of that name is fitted on."""
    return tiny_split(kinds_of(name)[0])


def fresh(name: str, *, seed: int = 1, split: Split | None = None) -> Recommender:
    """The model of that name, fitted now."""
    return model_class(name)(QUICK.get(name)).fit(split or split_for(name), seed=seed)


@cache
def fitted(name: str) -> Recommender:
    """The model of that name, fitted once in a session; read only."""
    return fresh(name)


def subject(name: str) -> Subject:
    """The fitted model of that name, ready for a check of the contract."""
    return Subject(name, QUICK.get(name, {}), split_for(name), fitted(name))
