"""Parameters of `history_encoder`."""

from __future__ import annotations

from recsys_core.models.params import common
from recsys_core.models.params.autoencoder import kl_weight
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(40),
    common.embedding_size(128),
    common.dropout(0.5),
    common.learning_rate(5e-3),
    common.members(3),
    common.patience(16),
    common.batch_size(128),
    common.weight_decay(0.01),
    kl_weight(0.2),
    common.short_share(0.4),
    common.value_emphasis(0.25),
    common.target(),
)
