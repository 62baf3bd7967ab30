"""For people it has never met: a model over their first choices, trusted as far as held-out people showed it can be.

A part of the users is held out once more, inside what may be learned from, and known by 0 to 20 of their rows. The
model's share in a mixture with popularity is, for each of these numbers, the one whose gain over popularity has the
largest lower bound (mean minus one standard error over the held-out users); with share 0 that is 0, so a model
that does not help is not listened to. Then the model is fitted on everybody and served with these shares.
It stands here and not beside the other models, since it learns from an evaluation, which models know nothing of.
Reference for the shrinkage towards a prior by its error: James & Stein, 1961; for stacking on held-out cases:
Wolpert, Neural Networks 1992.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from recsys_core.data import cuts
from recsys_core.data.splits import VALID_SHARE, Split, SplitSpec, held_out_users
from recsys_core.errors import ParamError
from recsys_core.evaluation.strangers import KNOWN, Strangers, popularity_of, users_with_more
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.trust import Trust, TrustScorer, both
from recsys_core.types import FloatArray, IntArray

SHARES = np.linspace(0.0, 1.0, 21)
K = 10
DRAWS = 4
"""Random rows are revealed so often, and a user's figures averaged: the draw is not the question."""
MOST_CELLS = 4_000_000
LEAST_USERS = 20
BASES: dict[str, dict[str, Any]] = {
    "history_encoder": {"short_share": 1.0},
    "two_tower": {"short_share": 1.0},
    "autoencoder": {},
    "ials": {},
    "ease": {},
    "item_knn": {},
}
"""The models that can be listened to, with what differs from their defaults: trained as they will be used."""


class Newcomer(Recommender):
    """A model for newcomers, mixed with popularity by what was learned from held-out users.

    Args:
        base_settings: settings of the model it listens to, over those that it has here.
    Raises:
        ParamError: fewer than a handful of users, so that nobody can be held out.
    """

    name: ClassVar[str] = "newcomer"
    can: Capabilities = Capabilities(new_users=True)
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "base",
            N_("Listens to"),
            "choice",
            "history_encoder",
            N_("The model whose lists are mixed with popularity."),
            choices=tuple(BASES),
        ),
        ParamSpec(
            "known_by",
            N_("Newcomers are known by"),
            "choice",
            "split",
            N_(
                "What held-out people reveal while trust is learned: random choices of theirs, or their first ones by "
                "time, which tell much less. 'split' does as the split does."
            ),
            choices=("split", "random", "first"),
        ),
    )

    base: Recommender

    def __init__(
        self, params: Mapping[str, Any] | None = None, base_settings: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(params)
        self.base_settings = dict(base_settings or {})

    def _fit(self, split: Split, session: Session) -> Scorer:
        known_by = self.settings["known_by"]
        first = known_by == "first" or (
            known_by == "split" and split.spec.protocol == "cold-user-first" and split.dataset.has_time
        )
        trust = self._learned(split, session, first=first)
        told = {name: trust.to_json()[name] for name in ("known", "weights", "gains", "errors")}
        session.report({"type": "trust", "n_users": trust.n_users, "first": trust.first, **told})
        self.base = self._fitted(split, session)
        if hasattr(self.base, "trained"):
            self.trained = self.base.trained
        self.can = self.base.scorer.can
        scorer = TrustScorer(self.base.scorer, popularity_of(split), split.matrix(split.fit_rows), trust)
        self.can = scorer.can
        return scorer

    def _learned(self, split: Split, session: Session, *, first: bool) -> Trust:
        rng = np.random.default_rng(session.seed)
        rest, strangers = cuts.some_users(split.dataset, split.fit_rows, 0, round(0.5 / VALID_SHARE), rng)
        spec = SplitSpec("cold-user-first" if first else "cold-user", 5, session.seed)
        if not len(rest) or not len(strangers):
            raise ParamError(
                what=_("there are too few users to hold one out"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose popularity, or data with more users"),
            )
        inner = held_out_users(split.dataset, spec, rest, strangers)

        def report(event: dict[str, Any]) -> None:
            if event["type"] == "epoch":
                session.report({**event, "type": "rehearsal"})

        model = self._fitted(inner, Session(session.seed, report, session.should_stop))
        return learned_trust(model.scorer, inner, strangers, session.seed, first=first)

    def _fitted(self, split: Split, session: Session) -> Recommender:
        from recsys_core.models.registry import model_class

        settings = {**BASES[self.settings["base"]], **self.base_settings}
        model = model_class(self.settings["base"])(settings)
        return model.fit(
            split,
            seed=session.seed,
            report=session.report,
            should_stop=session.should_stop,
            checkpoint=session.checkpoint,
        )

    def save(self, folder: Path) -> None:
        """Writes the serving form; a network's `.keras` beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        if hasattr(self.base, "model"):
            self.base.model.save(folder / "model.keras")
        super().save(folder)


def learned_trust(scorer: Scorer, split: Split, strangers: IntArray, seed: int, *, first: bool) -> Trust:
    """How far to trust a scorer that has met only the users of `split.fit_rows`, learned from the rows `strangers`.

    Where too few users have so many rows, the share of the number before is kept.
    """
    data, popularity = split.dataset, popularity_of(split)
    most = max(LEAST_USERS, MOST_CELLS // data.n_items)
    found: list[tuple[float, float, float]] = []
    for n_known in KNOWN:
        users = users_with_more(data, strangers, n_known)
        users = np.sort(np.random.default_rng(seed).permutation(users)[:most])
        if len(users) < LEAST_USERS:
            found.append((found[-1][0] if found else 0.0, 0.0, 0.0))
            continue
        draws = range(1 if first or n_known == 0 else DRAWS)
        reveals = [
            Strangers.reveal(split, strangers, n_known, first=first, seed=seed + draw, users=users)
            for draw in draws
        ]
        gains = np.nanmean([_gains(scorer, one, popularity) for one in reveals], axis=0)
        found.append(_safest(gains[:, np.isfinite(gains).all(axis=0)]))
    weights, means, errors = (np.array(column) for column in zip(*found, strict=True))
    return Trust(np.array(KNOWN), weights, means, errors, len(users_with_more(data, strangers, 0)), first)


def _gains(scorer: Scorer, strangers: Strangers, popularity: FloatArray) -> FloatArray:
    """NDCG@10 minus popularity's, by share of the model and user: (n_shares, n_users)."""
    scores = strangers.asked_of(scorer, np.arange(len(strangers.users)))
    own, common = both(scores, popularity, strangers.seen)
    figures = [strangers.judge(partial(_shared, own, common, share), k=K) for share in SHARES]
    return np.array(figures) - figures[0]


def _shared(own: FloatArray, common: FloatArray, share: float, places: IntArray) -> FloatArray:
    return np.asarray(share * own[places] + (1.0 - share) * common[places])


def _safest(gains: FloatArray) -> tuple[float, float, float]:
    """The share with the largest lower bound of its gain, that gain, and its standard error over the users."""
    means = gains.mean(axis=1)
    errors = (
        gains.std(axis=1, ddof=1) / np.sqrt(gains.shape[1])
        if gains.shape[1] > 1
        else np.full_like(means, np.inf)
    )
    errors[0] = 0.0
    best = int(np.argmax(means - errors))
    return float(SHARES[best]), float(means[best]), float(errors[best])
