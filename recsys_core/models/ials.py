"""Implicit alternating least squares, with the regularisation that grows with frequency.

References: Hu, Koren & Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008; Rendle et al.,
Revisiting the performance of iALS on item recommendation benchmarks, RecSys 2022.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from recsys_core.data.splits import Split
from recsys_core.errors import Cancelled
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.models.checkpoint import Session
from recsys_core.models.params import common
from recsys_core.params import ParamSpec
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.factors import FactorsScorer, solve_rows
from recsys_core.types import FloatArray

START = 0.1


class Ials(Recommender):
    """Minimises sum over chosen (1 - x.y)^2 + a0 sum over all (x.y)^2 + l2 sum of frequency |.|^2.

    Each half step is solved exactly (`serving.factors.solve_rows`); the last one is the users', so that a history
    gives a new user what it gave a known one.
    """

    name: ClassVar[str] = "ials"
    can: Capabilities = FactorsScorer.can
    params: ClassVar[tuple[ParamSpec, ...]] = (
        ParamSpec(
            "epochs", N_("Epochs"), "int", 12, N_("How often users and items are solved in turn."), 1, 1000
        ),
        common.embedding_size(64),
        ParamSpec(
            "unobserved_weight",
            N_("Weight of what was not chosen"),
            "float",
            0.2,
            N_("How much an item that was not chosen counts against a chosen one."),
            1e-4,
            10.0,
            log=True,
        ),
        ParamSpec(
            "l2",
            N_("L2"),
            "float",
            0.02,
            N_("Pulls every vector towards zero, the frequent ones more."),
            1e-5,
            10.0,
            log=True,
        ),
        common.target(),
    )

    def _fit(self, split: Split, session: Session) -> Scorer:
        seen = split.matrix(self.learned_rows(split, split.fit_rows))
        chosen_by = seen.T.tocsr()
        size, epochs = self.settings["embedding_size"], self.settings["epochs"]
        unobserved, l2 = self.settings["unobserved_weight"], self.settings["l2"]
        rng = np.random.default_rng(session.seed)
        users: FloatArray = rng.normal(0.0, START / np.sqrt(size), (seen.shape[0], size))
        items = np.zeros((seen.shape[1], size))
        for epoch in range(1, epochs + 1):
            if session.should_stop():
                raise Cancelled(what=_("it was stopped"), where=_("model {name}").format(name=self.name))
            items = solve_rows(chosen_by, users, unobserved, l2)
            if epoch == epochs:  # what is served is solved from the items as they are kept
                items = items.astype(np.float32).astype(np.float64)
            users = solve_rows(seen, items, unobserved, l2)
            session.report({"type": "progress", "phase": "train", "epoch": epoch, "of": epochs, "part": 1.0})
        return FactorsScorer(users.astype(np.float32), items.astype(np.float32), unobserved, l2)
