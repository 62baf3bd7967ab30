"""Parameters of `two_tower`."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(100),
    common.embedding_size(64),
    common.dropout(0.6),
    ParamSpec(
        "id_dropout",
        N_("Id dropout"),
        "float",
        0.2,
        N_(
            "Share of the items (and users) shown by their attributes alone while learning, so that attributes learn "
            "to stand for new ones."
        ),
        0.0,
        0.95,
    ),
    common.learning_rate(5e-3),
    common.patience(40),
    common.batch_size(128),
    common.weight_decay(0.05),
    common.short_share(0.2),
    common.value_emphasis(0.25),
    ParamSpec(
        "full_softmax_up_to",
        N_("Whole catalogue up to"),
        "int",
        5000,
        N_(
            "In catalogues of up to so many items each step compares all of them; in larger ones those that the users "
            "of the batch chose, corrected for how often each comes up."
        ),
        0,
        1_000_000,
        advanced=True,
    ),
    common.target(),
)
