"""A setting of the dial as a model: a finished run whose lists are re-ranked. Nothing is learned; test is measured once.

It stands here and not beside the other models, since it opens finished runs, which models know nothing of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.errors import ParamError
from recsys_core.evaluation.asking import asking
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.params import ParamSpec
from recsys_core.ranking.items import ItemSpace
from recsys_core.ranking.likeness import DISTANCES, USUAL
from recsys_core.ranking.rerank import METHODS, MMR, POOL, Setting, prices_of, ready
from recsys_core.ranking.top_k import rank_users
from recsys_core.runs import Run, list_runs, open_run
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.reranked import RerankedScorer

NAME = "reranked"
THE_USUAL = "usual"
"""How the setting `distance` says USUAL."""
FindBase = Callable[[str, Split, Session], Scorer]
"""(the setting `base`, the split, the session) -> the model as it serves; raises RecsysError where there is none."""


def fitted_base(name: str, split: Split, session: Session) -> Scorer:
    """The model of that name with its defaults, fitted now."""
    from recsys_core.models.registry import model_class

    return model_class(name)().fit(split, seed=session.seed, should_stop=session.should_stop).scorer


def run_base(name: str, split: Split, session: Session) -> Scorer:
    """The finished run of that id."""
    return open_run(name).scorer()


class Reranked(Recommender):
    """A finished model with re-ranked lists.

    Args:
        find_base: how the setting `base` becomes a model; by default it names a model, fitted with its defaults. The
            app gives one that opens finished runs by their id.
    Raises:
        ParamError: no base is named.
    """

    name: ClassVar[str] = NAME
    can: Capabilities = Capabilities(new_users=True)
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "base",
            N_("Run"),
            "run",
            "",
            N_("The finished run, on the same data and split, whose lists are re-ranked."),
        ),
        ParamSpec(
            "method",
            N_("Re-ranker"),
            "choice",
            MMR,
            N_("What comes in: see the page Diversity."),
            choices=tuple(METHODS),
        ),
        ParamSpec(
            "strength",
            N_("Strength"),
            "float",
            0.3,
            N_("0: as ranked; 1: nothing but the other aim."),
            0.0,
            1.0,
        ),
        ParamSpec(
            "distance",
            N_("Distance"),
            "choice",
            THE_USUAL,
            N_("What counts as unlike; usual: by attributes where there are any, else by who chose both."),
            choices=(THE_USUAL, *DISTANCES),
        ),
        ParamSpec(
            "length", N_("Length of the list"), "int", 10, N_("How many places are re-ranked."), 1, 100
        ),
    )

    def __init__(self, params: Mapping[str, Any] | None = None, find_base: FindBase = fitted_base):
        super().__init__(params)
        self.find_base = find_base

    @property
    def setting(self) -> Setting:
        """Where the dial stands."""
        distance = self.settings["distance"]
        return Setting(
            self.settings["method"], self.settings["strength"], USUAL if distance == THE_USUAL else distance
        )

    def _fit(self, split: Split, session: Session) -> Scorer:
        if not self.settings["base"]:
            raise _refused(_("no run is named"))
        base = self.find_base(self.settings["base"], split, session)
        seen, data, seed = split.matrix(split.known_rows), split.dataset, split.spec.seed
        ask = asking(base, split)
        length = min(self.settings["length"], data.n_items)
        items = ItemSpace(data, seen, ask, seed)
        users = np.unique(split.triples(split.test)[0]) if split.cold_users else np.arange(data.n_users)
        pool = rank_users(ask, users, min(POOL, data.n_items), seen=seen, seed=seed)
        prices = prices_of(pool, length, data.n_items)
        reranker = ready(self.setting, items.catalogue(self.setting.distance), prices)
        scorer = RerankedScorer(base, reranker, seen, length, seed)
        self.can = scorer.can
        return scorer


def usable_bases(data: Dataset, split: SplitSpec) -> list[Run]:
    """Finished runs that can be re-ranked on this split, newest first."""
    return [
        run
        for run in list_runs()
        if run.config.fingerprint == data.fingerprint
        and (run.config.split, run.config.split_seed) == (str(split), split.seed)
        and run.config.model != NAME
        and run.has_model
    ]


def chosen_base(given: str, data: Dataset, split: SplitSpec) -> str:
    """The id of the run that is meant.

    Raises:
        ParamError: none is given, or one of another data set or split, or one that is re-ranked itself.
        NotFound: no such run.
    """
    if not given:
        raise _refused(_("no run is named"))
    run = open_run(given)
    if run.config.model == NAME:
        raise _refused(_("run {id} is re-ranked already").format(id=run.id))
    if run.id not in {one.id for one in usable_bases(data, split)}:
        raise _refused(_("run {id} is not a finished run of these data and this split").format(id=run.id))
    return run.id


def _refused(what: str) -> ParamError:
    return ParamError(
        what=what,
        where=_("parameter {name}").format(name="base"),
        remedy=_("name a finished run of the same data, split and seed of the split: see 'runs'"),
    )
