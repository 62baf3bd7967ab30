"""Parameters of `mf`, tuned on development splits: see benchmarks/grids/mf.py."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.models.params import common
from recsys_core.params import ParamSpec


def _pull(name: str, title: str, default: float, help: str) -> ParamSpec:
    return ParamSpec(name, title, "float", default, help, 0.0, 10.0, advanced=True)


PARAMS: tuple[ParamSpec, ...] = (
    common.epochs(40),
    common.embedding_size(16),
    ParamSpec(
        "members",
        N_("Members"),
        "int",
        3,
        N_(
            "Factorisations learned side by side from different starts; the mean of their predictions counts."
        ),
        1,
        16,
    ),
    common.dropout(0.5),
    common.learning_rate(3e-3),
    common.patience(6),
    common.batch_size(4096),
    common.l2(0.05),
    _pull(
        "l2_history",
        N_("L2 of histories"),
        0.1,
        N_("Pulls the vectors that stand for a choice in a history."),
    ),
    _pull("l2_bias", N_("L2 of biases"), 0.003, N_("Pulls the learned bias of every item.")),
    _pull("l2_attributes", N_("L2 of attributes"), 0.0, N_("Pulls the vectors of attribute values.")),
)
