"""Parameters of `history_encoder`."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(60),
    common.embedding_size(128),
    common.dropout(0.6),
    common.learning_rate(5e-3),
    common.patience(40),
    common.batch_size(128),
    common.weight_decay(0.01),
    ParamSpec(
        "short_share",
        N_("Share of short histories"),
        "float",
        0.2,
        N_(
            "Share of the examples that show a short part of a history: teaches to serve people known by few picks."
        ),
        0.0,
        1.0,
        advanced=True,
    ),
    common.target(),
)
