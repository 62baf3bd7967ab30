"""Parameters of `sequence`."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(30),
    common.embedding_size(128),
    common.dropout(0.7),
    ParamSpec(
        "item_dropout",
        N_("Dropout of items"),
        "float",
        0.4,
        N_("Share of a history's items hidden at random while learning, so that no single one decides."),
        0.0,
        0.95,
    ),
    common.learning_rate(2e-3),
    ParamSpec(
        "history_length",
        N_("History length"),
        "int",
        50,
        N_("How many last items are read."),
        1,
        500,
    ),
    ParamSpec(
        "window",
        N_("Window"),
        "int",
        5,
        N_("How many of the next items an example learns to expect; 1 is the very next one only."),
        1,
        100,
    ),
    ParamSpec(
        "window_decay",
        N_("Decay of the window"),
        "float",
        0.8,
        N_("What an item one step further ahead is worth."),
        0.0,
        1.0,
        advanced=True,
    ),
    common.patience(6),
    common.batch_size(256),
    common.weight_decay(0.01),
    common.target(),
)
