"""Parameters of `rating_autoencoder`: see benchmarks/grids/rating_autoencoder.py."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(200),
    ParamSpec(
        "side",
        N_("Side"),
        "choice",
        "item",
        N_(
            "item: completes what users gave to an item; usually better. user: completes what a user gave; serves new users."
        ),
        choices=("item", "user"),
    ),
    ParamSpec(
        "hidden_units", N_("Hidden units"), "int", 500, N_("Neurons in the hidden layer."), 1, 2048, log=True
    ),
    common.dropout(0.3),
    common.learning_rate(1e-3),
    common.patience(20),
    common.batch_size(64),
    common.l2(0.03),
)
