"""A seeded world whose truth is known: what each user would think of each item, and what was observed of it.

Only here may a users x items matrix of expected values exist: worlds are small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from recsys_core.columns import ITEM, TIME, TITLE, USER, VALUE, Kind
from recsys_core.data.cleaning import clean
from recsys_core.data.dataset import Dataset, Provenance, make_dataset
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.types import BoolArray, FloatArray, IntArray

WHAT = N_("simulated data: nobody chose or rated these items")
TERMS = N_("Made by a seeded generator in this app; free of any terms.")
CATEGORIES = ("Atlas", "Breeze", "Canvas", "Delta", "Ember", "Fable", "Garden", "Harbour")
SEGMENTS = ("explorers", "regulars", "specialists", "weekenders")
_FIRST = (
    "Amber Azure Bright Calm Copper Coral Crimson Distant Early Gentle Golden Hidden Ivory Jade Late Little "
    "Lunar Mellow Northern Olive Pale Quiet Rapid Silver Southern Still Sunny Velvet Violet Wild"
)
_SECOND = (
    "Anchor Arrow Beacon Bridge Castle Clock Cloud Compass Feather Field Forest Fountain Island Key Kite "
    "Lantern Meadow Mirror Mountain Orchard Path River Sail Signal Spark Stone Summit Tower Valley Window"
)
_FACTORS = 8
_START, _SPAN = 1_577_836_800, 2 * 365 * 86_400
"""Events lie in the two years from 2020-01-01 (UTC), in seconds."""
_POPULARITY_EXPONENT = 0.8
_TASTE_IN_CHOICE = 0.9
"""How strongly taste steers what a user takes: 0 would be popularity alone."""
_ROUNDS = 10


@dataclass(frozen=True)
class World:
    """A data set and what it was drawn from.

    Attributes:
        dataset: what was observed.
        truth: shape (n_users, n_items), in the rows of `dataset.users` and `dataset.items`; for ratings the
            expected rating, for implicit data the probability that the user took the item.
    """

    dataset: Dataset
    truth: FloatArray


def simulate(
    kind: Kind,
    *,
    n_users: int = 600,
    n_items: int = 400,
    seed: int = 0,
    mean_events: int = 40,
    noise: float = 0.7,
) -> World:
    """A world of ratings from 1 to 5 or of implicit feedback; the same arguments give the same world.

    Taste follows latent factors: a user's are those of the segment plus a personal part, an item's are those
    of its one or two categories plus its own. Popularity has a long tail; users tend to take what suits them.
    Users and items without any event are not part of the data set.

    Args:
        kind: `rating` or `implicit`.
        n_users: users that exist, whether they take anything or not.
        n_items: items that exist, whether anyone takes them or not.
        seed: the only source of chance.
        mean_events: events of a user, on average.
        noise: standard deviation of one rating around the user's opinion (ratings only).
    """
    _check(kind, n_users=n_users, n_items=n_items, mean_events=mean_events)
    rng = np.random.default_rng(seed)
    segment = rng.integers(len(SEGMENTS), size=n_users)
    in_category = _categories(n_items, rng)
    affinity = _affinity(segment, in_category, rng)
    truth = p_taken = _p_taken(affinity, mean_events, rng)
    users, items = np.nonzero(rng.random(p_taken.shape) < p_taken)
    events = pd.DataFrame({USER: _ids(users), ITEM: _ids(items), VALUE: 1.0})
    if kind is Kind.RATING:
        opinion = 3.4 + 0.7 * affinity + _biases(n_users, n_items, rng)
        observed = opinion[users, items] + noise * rng.standard_normal(len(users))
        events[VALUE], truth = np.clip(np.rint(observed), 1, 5), _expected_rating(opinion, noise)
    events[TIME] = _times(users, n_users, rng)
    dataset = _dataset(kind, events, segment, in_category, rng)
    kept_users = dataset.users[USER].astype("int64").to_numpy() - 1
    kept_items = dataset.items[ITEM].astype("int64").to_numpy() - 1
    return World(dataset, truth[np.ix_(kept_users, kept_items)])


def _check(kind: Kind, **sizes: int) -> None:
    if kind is Kind.CLICK:
        raise NotSupported(
            what=_("click data cannot be simulated yet"),
            where=_("simulator"),
            remedy=_("choose rating or implicit"),
        )
    for name, given in sizes.items():
        least = 1 if name == "mean_events" else 2
        if given < least:
            raise ParamError(
                what=_("{given} is too few").format(given=given),
                where=name,
                remedy=_("use {least} or more").format(least=least),
            )


def _ids(rows: IntArray) -> pd.Series:
    return pd.Series(rows + 1).astype("str")


def _categories(n_items: int, rng: np.random.Generator) -> BoolArray:
    """One or two categories an item, shape (n_items, n_categories)."""
    in_category = np.zeros((n_items, len(CATEGORIES)), dtype=bool)
    rows = np.arange(n_items)
    first = rng.integers(len(CATEGORIES), size=n_items)
    second = (first + rng.integers(1, len(CATEGORIES), size=n_items)) % len(CATEGORIES)
    in_category[rows, first] = True
    in_category[rows, second] |= rng.random(n_items) < 0.4
    return in_category


def _affinity(segment: IntArray, in_category: BoolArray, rng: np.random.Generator) -> FloatArray:
    """How well user and item suit each other, mean 0 and standard deviation 1, shape (n_users, n_items)."""
    n_users, n_items = len(segment), len(in_category)
    of_segment = rng.standard_normal((len(SEGMENTS), _FACTORS))
    of_category = rng.standard_normal((len(CATEGORIES), _FACTORS))
    user_factors = of_segment[segment] + 0.7 * rng.standard_normal((n_users, _FACTORS))
    mixed = in_category @ of_category / in_category.sum(axis=1, keepdims=True)
    item_factors = mixed + 0.4 * rng.standard_normal((n_items, _FACTORS))
    raw = user_factors @ item_factors.T  # (n_users, n_items)
    return (raw - raw.mean()) / raw.std()


def _p_taken(affinity: FloatArray, mean_events: int, rng: np.random.Generator) -> FloatArray:
    """Probability that a user takes an item, pairs independent, shape (n_users, n_items)."""
    n_users, n_items = affinity.shape
    popularity = rng.permutation((1.0 + np.arange(n_items)) ** -_POPULARITY_EXPONENT)
    weight = popularity * np.exp(_TASTE_IN_CHOICE * affinity)
    activity = np.minimum(mean_events * rng.lognormal(-0.125, 0.5, size=(n_users, 1)), 0.7 * n_items)
    rate = activity * weight / weight.sum(axis=1, keepdims=True)
    for _round in range(_ROUNDS):  # nobody takes an item twice: raise the rate until the sum is the activity
        rate *= activity / -np.expm1(-rate).sum(axis=1, keepdims=True)
    return -np.expm1(-rate)


def _biases(n_users: int, n_items: int, rng: np.random.Generator) -> FloatArray:
    return 0.35 * rng.standard_normal((n_users, 1)) + 0.35 * rng.standard_normal((1, n_items))


def _expected_rating(opinion: FloatArray, noise: float) -> FloatArray:
    """Mean of the rounded and clipped rating: 1 + sum over k of P(rating > k)."""
    cuts = np.array([1.5, 2.5, 3.5, 4.5])
    return 1.0 + sum(ndtr((opinion - cut) / max(noise, 1e-9)) for cut in cuts)


def _times(users: IntArray, n_users: int, rng: np.random.Generator) -> IntArray:
    """A user's events spread over some weeks after a random first day."""
    first = rng.uniform(0, 0.9 * _SPAN, size=n_users)
    stay = rng.exponential(30 * 86_400, size=n_users) + 3_600
    offset = np.minimum(first[users] + stay[users] * rng.random(len(users)), _SPAN)
    return (_START + offset).astype(np.int64)


def _dataset(
    kind: Kind, events: pd.DataFrame, segment: IntArray, in_category: BoolArray, rng: np.random.Generator
) -> Dataset:
    n_items = len(in_category)
    first, second = rng.choice(_FIRST.split(), size=n_items), rng.choice(_SECOND.split(), size=n_items)
    titles = [
        f"{one} {two} {number}" for number, (one, two) in enumerate(zip(first, second, strict=True), start=1)
    ]
    categories = [[CATEGORIES[column] for column in np.flatnonzero(row)] for row in in_category]
    items = pd.DataFrame({ITEM: _ids(np.arange(n_items)), TITLE: titles, "category": categories})
    users = pd.DataFrame({USER: _ids(np.arange(len(segment))), "segment": np.array(SEGMENTS)[segment]})
    cleaned, steps = clean(events.sample(frac=1, random_state=rng).reset_index(drop=True), kind)
    return make_dataset(
        f"simulated-{kind.value}",
        kind,
        cleaned,
        users=users,
        items=items,
        provenance=Provenance(_("simulator"), terms=TERMS, notice=WHAT),
        list_columns=("category",),
        cleaning=tuple(step.as_dict() for step in steps),
    )
