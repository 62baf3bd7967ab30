"""Opened runs for the tests of scenarios: small models fitted once, and a world to check by hand."""

from __future__ import annotations

from functools import cache

from recsys_core.columns import Kind
from recsys_core.models.baselines import Bias, Ease, Popularity
from recsys_core.scenarios.lists import Serving
from recsys_core.serving.base import Scorer
from tests.fitted import fitted, tiny_split


def opened(scorer: Scorer, name: str = "run", kind: Kind = Kind.RATING) -> Serving:
    """A run of this scorer on the tiny world."""
    return Serving(name, tiny_split(kind).dataset, tiny_split(kind), scorer)


@cache
def ease() -> Serving:
    """EASE; read only."""
    return opened(Ease({"l2": 10.0}).fit(tiny_split(), seed=0).scorer, "ease")


@cache
def popularity() -> Serving:
    """Popularity; read only."""
    return opened(Popularity().fit(tiny_split(), seed=0).scorer, "popularity")


@cache
def bias() -> Serving:
    """Bias; read only."""
    return opened(Bias().fit(tiny_split(), seed=0).scorer, "bias")


@cache
def network(model: str) -> Serving:
    """A network, fitted once in a session; read only."""
    return opened(fitted(model).scorer, model)
