"""Reads what a user chose and ranks the catalogue: three small variational networks in one, full softmax.

Trained as it will be used: some examples show only a short part of a history, so that a person known by few picks is
served too. On MovieLens 100K, in development, the noise of the variational form and the mean of three members were
worth about .009 of NDCG@10 for known users over one plain network, and cost new users about .015
(`benchmarks/grids/history_encoder.py`).
References: Liang et al., Variational autoencoders for collaborative filtering, WWW 2018; Covington et al., Deep
neural networks for YouTube recommendations, RecSys 2016 (history as input).
"""

from __future__ import annotations

from typing import ClassVar

from recsys_core.models.list_model import ListModel, Recipe
from recsys_core.models.list_network import Shape
from recsys_core.models.params.history_encoder import PARAMS
from recsys_core.params import ParamSpec


class HistoryEncoder(ListModel):
    """Scores = W2 (W1 x / sqrt(|x| + 3)) / members + b, x the history; b starts at the items' log popularity.

    Raises DataError where no user has two training rows.
    """

    name: ClassVar[str] = "history_encoder"
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _shape(self, n_items: int) -> Shape:
        return Shape(n_items, self.settings["embedding_size"], members=self.settings["members"])

    def _recipe(self, kl_steps: int) -> Recipe:
        return Recipe(
            self.settings["dropout"], self.settings["short_share"], self.settings["kl_weight"], kl_steps
        )
