"""The parameters that most networks share, each with the default of the network that asks."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.params import ParamSpec


def epochs(default: int) -> ParamSpec:
    """At most so many readings of the data."""
    return ParamSpec(
        "epochs",
        N_("Epochs"),
        "int",
        default,
        N_("At most this many readings of all training data."),
        1,
        1000,
    )


def embedding_size(default: int) -> ParamSpec:
    """Numbers a vector."""
    return ParamSpec(
        "embedding_size",
        N_("Embedding size"),
        "int",
        default,
        N_(
            "Numbers in which a user, an item or a history is summed up. More can hold more, and over-fit more."
        ),
        1,
        1024,
        log=True,
    )


def dropout(default: float) -> ParamSpec:
    """Share that is hidden while learning."""
    return ParamSpec(
        "dropout",
        N_("Dropout"),
        "float",
        default,
        N_("Share of the numbers hidden at random while learning, so that no single one is relied on."),
        0.0,
        0.95,
    )


def learning_rate(default: float) -> ParamSpec:
    """Size of a step."""
    return ParamSpec(
        "learning_rate",
        N_("Learning rate"),
        "float",
        default,
        N_("How big each step down the slope of the loss is. Too high diverges, too low crawls."),
        1e-5,
        1.0,
        log=True,
    )


def batch_size(default: int) -> ParamSpec:
    """Examples a step."""
    return ParamSpec(
        "batch_size",
        N_("Batch size"),
        "int",
        default,
        N_("How many examples one step looks at. Larger is faster and smoother."),
        1,
        65_536,
        log=True,
        advanced=True,
    )


def patience(default: int) -> ParamSpec:
    """Epochs without a better figure before it stops."""
    return ParamSpec(
        "patience",
        N_("Patience"),
        "int",
        default,
        N_("Stop when the validation figure has not improved for so many epochs; 0 never stops early."),
        0,
        1000,
        advanced=True,
    )


def l2(default: float) -> ParamSpec:
    """Strength of the pull towards zero, in the loss."""
    return ParamSpec(
        "l2",
        N_("L2"),
        "float",
        default,
        N_("Pulls every vector towards zero: higher is simpler and safer on little data."),
        0.0,
        10.0,
        advanced=True,
    )


def weight_decay(default: float) -> ParamSpec:
    """Decoupled L2 (Loshchilov & Hutter, ICLR 2019)."""
    return ParamSpec(
        "weight_decay",
        N_("Weight decay"),
        "float",
        default,
        N_("Pulls every weight a little towards zero at each step."),
        0.0,
        1.0,
        advanced=True,
    )


def short_share(default: float) -> ParamSpec:
    """Examples that show few events of a history."""
    return ParamSpec(
        "short_share",
        N_("Share of short histories"),
        "float",
        default,
        N_(
            "Share of the examples that show a short part of a history: teaches to serve people known by few picks."
        ),
        0.0,
        1.0,
        advanced=True,
    )


def members(default: int) -> ParamSpec:
    """Networks in one (deep ensembles, Lakshminarayanan et al., NeurIPS 2017)."""
    return ParamSpec(
        "members",
        N_("Members"),
        "int",
        default,
        N_("Networks learned side by side whose scores are averaged: better lists for more time."),
        1,
        8,
        advanced=True,
    )


def value_emphasis(default: float) -> ParamSpec:
    """How strongly the values of ratings weigh what a list is to hold."""
    return ParamSpec(
        "value_emphasis",
        N_("Emphasis of high values"),
        "float",
        default,
        N_(
            "How much more a highly rated row teaches than a poorly rated one; 0 counts all alike, as data without "
            "ratings always do."
        ),
        0.0,
        2.0,
        advanced=True,
    )


def target() -> ParamSpec:
    """What a list is to hold: anything that was chosen, or only what was liked."""
    return ParamSpec(
        "target",
        N_("Learn from"),
        "choice",
        "consumed",
        N_("consumed: everything a user chose. liked: only what they valued at or above the threshold."),
        choices=("consumed", "liked"),
        advanced=True,
    )
