"""The laws of one simulated world: who takes what and why, what they think of it, what they click.

Everything is a function of users, items and time; no table of users x items is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit, ndtr

from recsys_core.columns import Kind
from recsys_core.data.simulator.catalogue import Catalogue, draw_catalogue
from recsys_core.data.simulator.context import Context, draw_context
from recsys_core.data.simulator.people import N_TOPICS, People, draw_people
from recsys_core.data.simulator.spec import CAUSES, WorldSpec
from recsys_core.data.simulator.streams import SAMPLE, stream
from recsys_core.types import BoolArray, FloatArray, IntArray

_TOPIC_PULL, _LIKING_PULL = 4.0, 2.5
"""How strongly loadings and liking steer choices: exponents of the shares by topic and by group."""
_OPINION_SPREAD = 0.7
"""Standard deviation, over random pairs, of what taste and attributes together do to an opinion."""
_MEAN_RATING = 3.5
_CUTS = (1.5, 2.5, 3.5, 4.5)
_SAMPLE_USERS, _SAMPLE_CELLS, _SAMPLE_EVENTS = 128, 3_000_000, 4_096
_MOST_DRAWS = 64.0
_TINY = 1e-9


@dataclass(frozen=True)
class Nature:
    """People, catalogue and the laws between them."""

    spec: WorldSpec
    people: People
    catalogue: Catalogue

    # who takes what

    @cached_property
    def topic_shares(self) -> FloatArray:
        """Chance of each item when taste decides and a topic is drawn, rows sum to 1, shape (N_TOPICS, n_items)."""
        return _normalised(self.catalogue.popularity * np.exp(_TOPIC_PULL * self.catalogue.loadings.T))

    @cached_property
    def group_shares(self) -> FloatArray:
        """Chance of each item when attributes decide, rows sum to 1, shape (n_groups, n_items)."""
        return _normalised(self.catalogue.popularity * np.exp(_LIKING_PULL * self.catalogue.liking))

    def chances(self, users: IntArray, progress: FloatArray) -> FloatArray:
        """Probability that the next draw of a user is the item: rows sum to 1, shape (n, n_items)."""
        taste, popularity, attributes, chance = self.spec.shares
        mixed = self.people.taste_at(users, progress) @ self.topic_shares
        mixed *= taste
        mixed += popularity * self.catalogue.popularity + chance / self.spec.n_items
        mixed += attributes * self.group_shares[self.people.group[users]]
        return mixed

    @cached_property
    def _more_draws(self) -> float:
        """Draws for one event: an item that was drawn twice counts once. Rounded, so that it is the same anywhere."""
        if self.spec.kind is Kind.CLICK:
            return 1.0
        users = np.arange(min(self.spec.n_users, _SAMPLE_USERS, 8 + _SAMPLE_CELLS // self.spec.n_items))
        wanted = self.people.activity[users]
        chances = self.chances(users, np.full(len(users), 0.5)) * wanted[:, None]
        low, high = 1.0, _MOST_DRAWS
        for _step in range(16):
            middle = (low + high) / 2
            enough = -np.expm1(-middle * chances).sum() > wanted.sum()
            low, high = (low, middle) if enough else (middle, high)
        return round(high, 2)

    def rate(self, users: IntArray) -> FloatArray:
        """Mean number of draws of these users, shape (n,)."""
        return self.people.activity[users] * self._more_draws

    def taken(self, users: IntArray) -> FloatArray:
        """Probability that a user takes an item at all, pairs independent, shape (n, n_items).

        Draws are a Poisson process, so an item is drawn at least once with 1 - exp(-rate * chance); the chance is
        linear in time and times are spread evenly, so the middle of a user's time stands for all of it.
        """
        middle = np.full(len(users), 0.5)
        return -np.expm1(-self.rate(users)[:, None] * self.chances(users, middle))

    def taken_pairs(self, users: IntArray, items: IntArray) -> FloatArray:
        """The same for pairs, shape (n,)."""
        taste, popularity, attributes, chance = self.spec.shares
        wanted = self.people.taste_at(users, np.full(len(users), 0.5))
        chances = taste * np.einsum("nk,nk->n", wanted, self._shares_by_item[items])
        chances += popularity * self.catalogue.popularity[items] + chance / self.spec.n_items
        chances += attributes * self.group_shares[self.people.group[users], items]
        return -np.expm1(-self.rate(users) * chances)

    @cached_property
    def _shares_by_item(self) -> FloatArray:
        return np.ascontiguousarray(self.topic_shares.T)

    def draw(
        self, users: IntArray, progress: FloatArray, rng: np.random.Generator
    ) -> tuple[IntArray, IntArray]:
        """One draw each: the items and the codes of their causes, each shape (n,)."""
        n = len(users)
        causes = np.searchsorted(np.cumsum(self.spec.shares)[:-1], rng.random(n), side="right")
        later = rng.random(n) < self.people.drift * progress if self.people.later is not None else None
        which, place = rng.random(n), rng.random(n)
        items = np.empty(n, dtype=np.int64)
        for cause, name in enumerate(CAUSES):
            rows = np.flatnonzero(causes == cause)
            if name == "taste":
                topics = self._topics(users[rows], which[rows], None if later is None else later[rows])
                items[rows] = _invert(self._topic_steps, topics, place[rows])
            elif name == "attributes":
                items[rows] = _invert(self._group_steps, self.people.group[users[rows]], place[rows])
            elif name == "popularity":
                items[rows] = _invert(self._popularity_steps, np.zeros_like(rows), place[rows])
            else:
                items[rows] = (place[rows] * self.spec.n_items).astype(np.int64)
        return items, causes.astype(np.int8)

    def _topics(self, users: IntArray, which: FloatArray, later: BoolArray | None) -> IntArray:
        taste = self.people.taste[users]
        if later is not None and self.people.later is not None:
            taste = np.where(later[:, None], self.people.later[users], taste)
        steps = np.cumsum(taste, axis=1)[:, :-1]
        return np.asarray((steps <= which[:, None]).sum(axis=1), np.int64)

    @cached_property
    def _topic_steps(self) -> FloatArray:
        return _steps(self.topic_shares)

    @cached_property
    def _group_steps(self) -> FloatArray:
        return _steps(self.group_shares)

    @cached_property
    def _popularity_steps(self) -> FloatArray:
        return _steps(self.catalogue.popularity[None, :])

    # what they think of it

    @cached_property
    def _weights(self) -> tuple[float, float]:
        """How much taste and attributes weigh in an opinion: in the proportion of their shares of the choices."""
        taste, _popularity, attributes, _chance = self.spec.shares
        whole = (taste + attributes) or 1.0
        spread = ((self.people.taste[:4096] - 1 / N_TOPICS) ** 2).sum(axis=1).mean()
        return (
            _OPINION_SPREAD * float(np.sqrt(taste / whole)) / round(float(np.sqrt(spread)), 6),
            _OPINION_SPREAD * float(np.sqrt(attributes / whole)),
        )

    def strengths(self) -> dict[str, float]:
        """By attribute, the standard deviation of its part in an opinion over random pairs; 0 for noise."""
        return {name: self._weights[1] * share for name, share in self.catalogue.strength.items()}

    def _leaning(self, users: IntArray, items: IntArray, progress: FloatArray) -> FloatArray:
        """What is for an item in a user's eyes, around 0, for pairs of shape (n,)."""
        taste, attributes = self._weights
        centred = self.people.taste_at(users, progress) - 1 / N_TOPICS
        pull = taste * np.einsum("nk,nk->n", centred, self.catalogue.loadings[items])
        pull += attributes * self.catalogue.liking[self.people.group[users], items]
        return pull + self.people.bias[users] + self.catalogue.quality[items]

    def _leaning_table(self, users: IntArray, progress: FloatArray) -> FloatArray:
        """The same for every item, shape (n, n_items)."""
        taste, attributes = self._weights
        table = taste * ((self.people.taste_at(users, progress) - 1 / N_TOPICS) @ self.catalogue.loadings.T)
        table += attributes * self.catalogue.liking[self.people.group[users]]
        return table + self.people.bias[users][:, None] + self.catalogue.quality

    @cached_property
    def _level(self) -> float:
        """What is added to every leaning so that ratings lie around 3.5 and clicks are as frequent as asked."""
        rng = stream(self.spec.seed, SAMPLE)
        users = rng.integers(self.spec.n_users, size=_SAMPLE_EVENTS)
        progress = rng.random(_SAMPLE_EVENTS)
        items, _causes = self.draw(users, progress, rng)
        leaning = self._leaning(users, items, progress)
        if self.spec.kind is not Kind.CLICK:
            return round(_MEAN_RATING - float(leaning.mean()), 3)
        leaning += draw_context(rng, rng.integers(86_400, size=_SAMPLE_EVENTS)).effect
        low, high = -50.0 * (1 + self.spec.noise), 50.0 * (1 + self.spec.noise)
        for _step in range(40):
            middle = (low + high) / 2
            often = expit((leaning + middle) / self._noise).mean() > self.spec.click_rate
            low, high = (low, middle) if often else (middle, high)
        return round(high, 3)

    @property
    def _noise(self) -> float:
        return max(self.spec.noise, _TINY)

    def ratings(
        self, users: IntArray, items: IntArray, progress: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """One rating a pair, 1 to 5: the opinion with noise, rounded."""
        opinion = self._level + self._leaning(users, items, progress)
        return np.clip(np.rint(opinion + self.spec.noise * rng.standard_normal(len(users))), 1, 5)

    def expected_rating(self, users: IntArray, items: IntArray, progress: FloatArray) -> FloatArray:
        """Mean of the rating of a pair, shape (n,): the prediction with the least squared error."""
        return self._mean_rating(self._leaning(users, items, progress))

    def expected_ratings(self, users: IntArray, progress: FloatArray) -> FloatArray:
        """The same for every item, shape (n, n_items)."""
        return self._mean_rating(self._leaning_table(users, progress))

    def _mean_rating(self, leaning: FloatArray) -> FloatArray:
        """1 + sum over the cuts of P(rating above the cut)."""
        return np.asarray(1.0 + sum(ndtr((self._level + leaning - cut) / self._noise) for cut in _CUTS))

    # what they click

    def click_probability(
        self, users: IntArray, items: IntArray, progress: FloatArray, context: Context
    ) -> FloatArray:
        """Probability of a click on these impressions, shape (n,)."""
        leaning = self._leaning(users, items, progress) + context.effect
        return np.asarray(expit((self._level + leaning) / self._noise))

    def click_probabilities(self, users: IntArray, progress: FloatArray) -> FloatArray:
        """The same for every item in a context without any effect, shape (n, n_items)."""
        return np.asarray(expit((self._level + self._leaning_table(users, progress)) / self._noise))


def draw_nature(spec: WorldSpec) -> Nature:
    """People and catalogue of a world, drawn from its seed."""
    return Nature(spec, draw_people(spec), draw_catalogue(spec))


def _normalised(weights: FloatArray) -> FloatArray:
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _steps(shares: FloatArray) -> FloatArray:
    """Cumulated shares of each row, row n between n and n + 1, one after the other: one search finds any item."""
    steps = np.cumsum(shares, axis=1)
    steps /= steps[:, -1:]
    steps += np.arange(len(shares))[:, None]
    return steps.ravel()


def _invert(steps: FloatArray, rows: IntArray, place: FloatArray) -> IntArray:
    """The item at `place` (0 to 1) of each row's cumulated shares."""
    n_rows = round(float(steps[-1]))
    n_items = len(steps) // n_rows
    found = np.searchsorted(steps, rows + place, side="right")
    return (
        np.minimum(found, (np.asarray(rows, np.int64) + 1) * n_items - 1)
        - np.asarray(rows, np.int64) * n_items
    )
