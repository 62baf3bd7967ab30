"""Parameters of `autoencoder`."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

VARIATIONAL, DENOISING = "variational", "denoising"


def kl_weight(default: float) -> ParamSpec:
    """Final weight of the KL term: beta of Liang et al."""
    return ParamSpec(
        "kl_weight",
        N_("KL weight"),
        "float",
        default,
        N_("How strongly the vectors of histories are drawn towards a standard normal distribution."),
        0.0,
        10.0,
        advanced=True,
    )


PARAMS: tuple[ParamSpec, ...] = (
    ParamSpec(
        "form",
        N_("Form"),
        "choice",
        VARIATIONAL,
        N_("variational: learns a distribution over vectors. denoising: completes what dropout hides."),
        choices=(VARIATIONAL, DENOISING),
    ),
    common.epochs(60),
    common.embedding_size(128),
    ParamSpec(
        "hidden_units",
        N_("Hidden units"),
        "int",
        0,
        N_("Tanh units before and after the vector, in a network with one member; 0 for none."),
        0,
        2048,
        advanced=True,
    ),
    common.members(3),
    common.dropout(0.5),
    common.learning_rate(3e-3),
    common.patience(16),
    common.batch_size(128),
    common.weight_decay(0.01),
    kl_weight(0.5),
    common.value_emphasis(0.25),
    common.target(),
)
