"""A model on the bench: fitted on a tiny simulated world, with what it was fitted with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from recsys_core.columns import Kind
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.models.base import Recommender
from recsys_core.models.registry import kinds_of, model_class, params_of
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray

CLOSE = 1e-5


@cache
def tiny_split(kind: Kind = Kind.RATING) -> Split:
    """Some 60 users, 40 items and 700 interactions; read only."""
    world = simulate(kind, n_users=60, n_items=40, mean_events=12, seed=3)
    return make_split(world.dataset, SplitSpec(seed=1))


@dataclass(frozen=True)
class Subject:
    """A model to be checked.

    Attributes:
        settings: what it is fitted with: few epochs.
        split: what it is fitted on.
        fitted: the model, fitted with seed 1.
    """

    name: str
    settings: Mapping[str, Any]
    split: Split
    fitted: Recommender

    @classmethod
    def of(cls, name: str, settings: Mapping[str, Any] | None = None) -> Subject:
        """The model of that name, fitted now; a network for two epochs unless the settings say otherwise."""
        quick = {"epochs": 2} if any(one.name == "epochs" for one in params_of(name)) else {}
        asked, split = {**quick, **(settings or {})}, tiny_split(kinds_of(name)[0])
        return cls(name, asked, split, model_class(name)(asked).fit(split, seed=1))

    @property
    def users(self) -> IntArray:
        """Every user row."""
        return np.arange(self.split.dataset.n_users)

    def unfitted(self) -> Recommender:
        """A fresh one of the same settings."""
        return model_class(self.name)(self.settings)

    def catalogue(self, model: Recommender | Scorer | None = None) -> FloatArray:
        """Everybody's scores of everything."""
        return (model or self.fitted).score_catalogue(self.users)


def histories() -> list[IntArray]:
    """One item, three items, none."""
    return [np.array([5]), np.array([0, 7, 12]), np.array([], dtype=np.int64)]


@contextmanager
def refused(kind: type[Exception], words: str) -> Iterator[None]:
    """Checks that what stands inside is refused with these words."""
    try:
        yield
    except kind as problem:
        assert words in str(problem), f"it should say '{words}', and says: {problem}"
    else:
        raise AssertionError(f"it should be refused with '{words}'")
