"""Several models as one: how far to trust each is learned on validation rows that none of them has learned from.

For lists the members' standard scores are added; the weights maximise the likelihood of the validation items under
a softmax over the unseen catalogue. For ratings they are the least-squares weights of the members' predictions.
Both are stacking in the sense of Wolpert, Neural Networks 1992; for recommenders see Sill et al.,
Feature-weighted linear stacking, 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.optimize
from scipy.special import logsumexp

from recsys_core.data.splits import Split, without_validation
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.blend import BlendScorer, capabilities_of, standard_scores
from recsys_core.types import FloatArray

RATINGS = "ratings"
MOST_CELLS = 60_000_000
"""Users x items x members that the weights are learned from: above, fewer users, drawn by the seed."""
RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Member:
    """One model of a blend, twice.

    Attributes:
        name: as in the setting `members`.
        on_train: learned from training rows only: judged on validation, it decides the weight.
        final: learned from training and validation rows: it serves.
    """

    name: str
    on_train: Scorer
    final: Scorer


FindMember = Callable[[str, Split, Session], Member]
"""(an entry of `members`, the split, the session) -> the member; raises RecsysError where there is none."""


def fitted_member(name: str, split: Split, session: Session) -> Member:
    """The model of that name with its defaults, fitted now."""
    from recsys_core.models.registry import model_class

    model = model_class(name)()
    model.fit(split, seed=session.seed, report=session.report, should_stop=session.should_stop)
    return Member(name, refitted_on_train(model, split, session), model.scorer)


def refitted_on_train(model: Recommender, split: Split, session: Session) -> Scorer:
    """A model like the fitted one that never saw the validation rows: same settings and seed, as many epochs."""
    settings = dict(model.settings)
    trained = getattr(model, "trained", None)
    if trained is not None and "epochs" in settings:
        settings["epochs"] = max(1, trained.best_epoch)
    again = type(model)(settings)
    return again.fit(without_validation(split), seed=session.seed, should_stop=session.should_stop).scorer


class Blend(Recommender):
    """A weighted sum of finished models.

    Args:
        find_member: how an entry of `members` becomes a model; by default it names a model, fitted with its
            defaults. The app gives one that opens finished runs by their id.
    Raises:
        NotSupported: the split has no validation rows, or a rating is asked of a model that makes lists only.
    """

    name: ClassVar[str] = "blend"
    can: Capabilities = Capabilities()
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "members",
            N_("Members"),
            "runs",
            "",
            N_(
                "The finished runs that are blended, on the same data and split. Empty: the newest of each model."
            ),
        ),
        ParamSpec(
            "goal",
            N_("Goal"),
            "choice",
            "lists",
            N_("lists: rank the catalogue as well as can be. ratings: predict the value; every member must."),
            choices=("lists", RATINGS),
        ),
    )

    def __init__(self, params: Mapping[str, Any] | None = None, find_member: FindMember = fitted_member):
        super().__init__(params)
        self.find_member = find_member

    def _fit(self, split: Split, session: Session) -> Scorer:
        names = [name for name in self.settings["members"].split(",") if name]
        if len(names) < 2:
            raise ParamError(
                what=_("a blend needs at least two members"),
                where=_("parameter {name}").format(name="members"),
                remedy=_("train two models on the same split, or choose two runs"),
            )
        if not len(split.valid):
            raise NotSupported(
                what=_("the split has no validation rows to learn the weights from"),
                where=_("model {name}").format(name=self.name),
                remedy=_("choose another split, or data with more rows per user"),
            )
        members = [self.find_member(name, split, session) for name in names]
        seen = split.matrix(split.fit_rows)
        if self.settings["goal"] != RATINGS:
            weights = list_weights([one.on_train for one in members], split, session.seed)
            scorer = BlendScorer([one.final for one in members], weights, seen)
        else:
            weights, intercept = rating_weights(members, split)
            values = split.triples(split.fit_rows)[2]
            span = float(values.min()), float(values.max())
            scorer = BlendScorer([one.final for one in members], weights, seen, intercept, span)
        self.can = capabilities_of(scorer.members, ratings=scorer.span is not None)
        told = {name: round(float(weight), 4) for name, weight in zip(names, scorer.weights, strict=True)}
        session.report({"type": "weights", "weights": told})
        return scorer


def rating_weights(members: list[Member], split: Split) -> tuple[FloatArray, float]:
    """Least-squares weights (n_members,) and intercept of the members' predictions on the validation rows."""
    unable = [one.name for one in members if not one.on_train.can.ratings]
    if unable:
        raise NotSupported(
            what=_("{name} makes lists and predicts no value").format(name=unable[0]),
            where=_("parameter {name}").format(name="members"),
            remedy=_("leave it out, or choose the goal lists"),
        )
    users, items, values = split.triples(split.valid)
    predicted = np.stack([one.on_train.score(users, items) for one in members], axis=1).astype(np.float64)
    centre, middle = predicted.mean(axis=0), float(values.mean(dtype=np.float64))
    x, y = predicted - centre, values - middle
    equal = np.full(len(members), 1.0 / len(members))  # ridge towards the plain mean: safe on few rows
    strength = RIDGE * len(values) * np.eye(len(members))
    weights = equal + np.linalg.solve(x.T @ x + strength, x.T @ (y - x @ equal))
    return weights, middle - float(centre @ weights)


def list_weights(members: list[Scorer], split: Split, seed: int) -> FloatArray:
    """Non-negative weights (n_members,) that make the validation items likeliest under a softmax.

    L(w) = sum over users of sqrt(n_u) x mean over their validation items of log softmax(sum_m w_m z_m).
    """
    seen, wanted = split.matrix(split.train), split.matrix(split.valid)
    users = np.flatnonzero(np.diff(wanted.indptr) > 0)
    most = max(50, MOST_CELLS // (split.dataset.n_items * len(members)))
    if len(users) > most:
        users = np.sort(np.random.default_rng(seed).choice(users, most, replace=False))
    seen, wanted = seen[users], wanted[users]
    scores = np.stack([standard_scores(one.score_catalogue(users), seen) for one in members])
    owner = np.repeat(np.arange(len(users)), np.diff(wanted.indptr))
    n_wanted = np.diff(wanted.indptr).astype(np.float64)
    share = (1.0 / np.sqrt(n_wanted))[owner]  # sqrt(n) x 1/n an item
    hits = scores[:, owner, wanted.indices].astype(np.float64)  # (members, wanted items)
    mask = np.zeros(scores.shape[1:], dtype=bool)
    mask[np.repeat(np.arange(len(users)), np.diff(seen.indptr)), seen.indices] = True
    weight = np.sqrt(n_wanted)

    def loss(w: FloatArray) -> tuple[float, FloatArray]:
        logits = np.tensordot(w.astype(np.float32), scores, axes=1)
        logits[mask] = -np.inf
        norm = logsumexp(logits, axis=1)
        chance = np.exp(logits - norm[:, None]) * weight[:, None].astype(np.float32)
        gradient = np.einsum("mui,ui->m", scores, chance, optimize=True) - hits @ share
        return float(weight @ norm - (w @ hits) @ share), gradient.astype(np.float64)

    start = np.full(len(members), 1.0 / len(members))
    found = scipy.optimize.minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * len(members)
    )
    weights: FloatArray = np.where(found.x > 1e-6, found.x, 0.0)
    return weights if weights.any() else start
