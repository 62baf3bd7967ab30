"""Gives back a history, completed: the variational or the denoising autoencoder with a multinomial likelihood.

References: Liang, Krishnan, Hoffman & Jebara, Variational autoencoders for collaborative filtering, WWW 2018
(MultVAE with KL annealing, MultDAE); Wu et al., Collaborative denoising auto-encoders, WSDM 2016.
"""

from __future__ import annotations

from typing import ClassVar

from recsys_core.models.list_model import ListModel, Recipe
from recsys_core.models.list_network import Shape
from recsys_core.models.params.autoencoder import PARAMS, VARIATIONAL
from recsys_core.params import ParamSpec


class Autoencoder(ListModel):
    """x -> [tanh] -> vector -> [tanh] -> softmax over the catalogue.

    `variational` draws the vector from the distribution that the encoder gives, its KL term annealed over the first
    half of the epochs; `denoising` has the dropout of the input only. Serving is a forward pass at the mean, averaged
    over the members; with tanh units there is one member.
    Raises DataError where no user has two training rows.
    """

    name: ClassVar[str] = "autoencoder"
    params: ClassVar[tuple[ParamSpec, ...]] = PARAMS

    def _shape(self, n_items: int) -> Shape:
        hidden_units = self.settings["hidden_units"]
        return Shape(
            n_items,
            self.settings["embedding_size"],
            members=1 if hidden_units else self.settings["members"],
            hidden_units=hidden_units,
            variational=self.settings["form"] == VARIATIONAL,
        )

    def _recipe(self, kl_steps: int) -> Recipe:
        return Recipe(self.settings["dropout"], kl_weight=self.settings["kl_weight"], kl_steps=kl_steps)
