"""The floors: what any network has to beat. No TensorFlow, seconds at most."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import scipy.linalg

from recsys_core.columns import Kind
from recsys_core.data.periods import DAY_SECONDS
from recsys_core.data.splits import Split
from recsys_core.errors import NotSupported
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.models.params import common
from recsys_core.models.table import MAX_EASE_ITEMS
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import BiasScorer, EaseScorer, PopularityScorer, RandomScorer
from recsys_core.serving.item_weights import ItemWeightsScorer


class Random(Recommender):
    """Lists drawn at random: the value of knowing nothing."""

    name: ClassVar[str] = "random"
    can: Capabilities = RandomScorer.can

    def _fit(self, split: Split, session: Session) -> Scorer:
        return RandomScorer(split.dataset.n_users, split.dataset.n_items, session.seed)


class Popularity(Recommender):
    """Everybody gets what most users chose; with a half-life, what most chose of late.

    A user counts once an item, by their last row of it, 2^(-age / half_life), the age up to the last training row.
    """

    name: ClassVar[str] = "popularity"
    can: Capabilities = PopularityScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "half_life",
            N_("Half-life in days"),
            "float",
            0.0,
            N_("After so many days a choice counts half; 0, or data without time: all count alike."),
            0.0,
            36_500.0,
        ),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        half_life = self.settings["half_life"]
        if half_life and split.dataset.has_time:
            return PopularityScorer(split.dataset.n_users, _decayed_counts(split, half_life))
        counts = np.asarray(split.matrix(split.fit_rows).sum(axis=0), dtype=np.float64).ravel()
        return PopularityScorer(split.dataset.n_users, counts)


def _decayed_counts(split: Split, half_life: float) -> np.ndarray:
    """Sum over an item's users of 2^(-age of their last row of it / half-life in days): shape (n_items,)."""
    known = split.ordered(split.fit_rows)
    assert known.times is not None
    users = np.repeat(np.arange(split.dataset.n_users), np.diff(known.indptr))[::-1]
    items, times = known.items[::-1], known.times[::-1]
    last = np.unique(users * split.dataset.n_items + items, return_index=True)[1]
    ages = (times.max() - times[last]) / DAY_SECONDS
    counts = np.bincount(items[last], np.exp2(-ages / half_life), minlength=split.dataset.n_items)
    return np.asarray(counts, dtype=np.float64)


class Bias(Recommender):
    """r(u, i) = mean + b_i + b_u, each bias shrunk towards 0 by its damping.

    Reference: Koren, Bell & Volinsky, Matrix factorization techniques for recommender systems, Computer 2009.
    """

    name: ClassVar[str] = "bias"
    kinds: ClassVar[tuple[Kind, ...]] = (Kind.RATING,)
    can: Capabilities = BiasScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "item_damping",
            N_("Damping of items"),
            "float",
            2.0,
            N_("How many average ratings every item starts with."),
            0,
            100,
        ),
        ParamSpec(
            "user_damping",
            N_("Damping of users"),
            "float",
            5.0,
            N_("How many average ratings every user starts with."),
            0,
            100,
        ),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        users, items, values = split.triples(split.fit_rows)
        mean = float(values.mean(dtype=np.float64))
        item_damping, user_damping = self.settings["item_damping"], self.settings["user_damping"]
        item_bias = _damped_mean(items, values - mean, split.dataset.n_items, item_damping)
        user_bias = _damped_mean(users, values - mean - item_bias[items], split.dataset.n_users, user_damping)
        return BiasScorer(
            mean, user_bias, item_bias, user_damping, (float(values.min()), float(values.max()))
        )


def _damped_mean(groups: np.ndarray, values: np.ndarray, n_groups: int, damping: float) -> np.ndarray:
    """Sum of the values over (count + damping), a group; 0 for an empty one."""
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    weight = np.bincount(groups, minlength=n_groups) + damping
    return sums / np.where(weight > 0, weight, 1.0)


class Ease(Recommender):
    """Embarrassingly shallow autoencoder: the linear item-to-item model, in closed form.

    B = I - P diag(1/diag(P)), P = (X'X + l2 I)^-1, diagonal of B zero. Reference: Steck, WWW 2019.
    With `recency` the items of a history weigh exp(-lag / recency), lag 0 the last one.
    """

    name: ClassVar[str] = "ease"
    can: Capabilities = EaseScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "l2",
            N_("L2"),
            "float",
            500.0,
            N_("Higher: closer to popularity, safer on little data."),
            0.1,
            1e5,
            log=True,
        ),
        ParamSpec(
            "recency",
            N_("Recency"),
            "float",
            0.0,
            N_("After so many later choices one counts about a third (1/e); 0 counts all alike."),
            0.0,
            10_000.0,
        ),
        common.target(),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        n_items = split.dataset.n_items
        if n_items > MAX_EASE_ITEMS:
            raise NotSupported(
                what=_("its table of items x items would hold {n:,} cells").format(n=n_items**2),
                where="ease",
                remedy=_("use a catalogue of at most {most:,} items, or history_encoder").format(
                    most=MAX_EASE_ITEMS
                ),
            )
        rows = self.learned_rows(split, split.fit_rows)
        seen = split.matrix(rows)
        gram = np.asarray((seen.T @ seen).todense(), dtype=np.float64)
        gram[np.diag_indices(n_items)] += self.settings["l2"]
        precision = scipy.linalg.inv(gram, overwrite_a=True, check_finite=False)
        weights = (-precision / np.diag(precision)).astype(np.float32)
        np.fill_diagonal(weights, 0.0)
        if not self.settings["recency"]:
            return EaseScorer(weights, seen)
        known = split.ordered(rows)
        decay = float(np.exp(-1.0 / self.settings["recency"]))
        return ItemWeightsScorer(weights, known.indptr, known.items, decay)
