"""Parameters of `embedding_mlp`: with the defaults it is the article's network."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(10),
    common.embedding_size(8),
    ParamSpec(
        "hidden_units", N_("Hidden units"), "int", 64, N_("Neurons in the hidden layer."), 1, 2048, log=True
    ),
    ParamSpec(
        "layers",
        N_("Hidden layers"),
        "int",
        1,
        N_("How many hidden layers stand between the vectors and the rating."),
        1,
        4,
        advanced=True,
    ),
    common.dropout(0.0),
    common.l2(0.0),
    common.learning_rate(1e-3),
    common.batch_size(256),
    common.patience(0),
    ParamSpec(
        "optimizer",
        N_("Optimizer"),
        "choice",
        "adam",
        N_("How the slope is turned into a step."),
        choices=("adam", "sgd", "rmsprop", "adagrad"),
        advanced=True,
    ),
    ParamSpec(
        "valid_share",
        N_("Validation share"),
        "float",
        0.2,
        N_("Share of the training rows kept aside to watch over-fitting."),
        0.01,
        0.9,
        advanced=True,
    ),
)
