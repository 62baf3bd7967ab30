"""Parameters of the networks, apart from their code: pages and the command line read them without TensorFlow."""

from __future__ import annotations

from recsys_core.i18n import N_
from recsys_core.params import ParamSpec

_LEARNING_RATE_HELP = N_(
    "How big each step down the slope of the loss is. Too high diverges, too low crawls."
)
_BATCH_HELP = N_("How many examples one step looks at. Larger is faster and smoother.")

PARAMS: dict[str, tuple[ParamSpec, ...]] = {
    "embedding_mlp": (
        ParamSpec("epochs", N_("Epochs"), "int", 10, N_("How often training reads all ratings."), 1, 500),
        ParamSpec(
            "embedding_size",
            N_("Embedding size"),
            "int",
            8,
            N_("Numbers that describe each user and item. The article leaves it open."),
            1,
            512,
            log=True,
        ),
        ParamSpec(
            "hidden_units",
            N_("Hidden units"),
            "int",
            64,
            N_("Neurons in the hidden layer."),
            1,
            2048,
            log=True,
        ),
        ParamSpec(
            "learning_rate", N_("Learning rate"), "float", 1e-3, _LEARNING_RATE_HELP, 1e-5, 1.0, log=True
        ),
        ParamSpec(
            "batch_size", N_("Batch size"), "int", 256, _BATCH_HELP, 1, 65_536, log=True, advanced=True
        ),
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
    ),
    "history_encoder": (
        ParamSpec(
            "epochs", N_("Epochs"), "int", 60, N_("At most this many readings of all histories."), 1, 1000
        ),
        ParamSpec(
            "embedding_size",
            N_("Embedding size"),
            "int",
            128,
            N_("Numbers in which a whole history is summed up."),
            2,
            1024,
            log=True,
        ),
        ParamSpec(
            "dropout",
            N_("Dropout"),
            "float",
            0.6,
            N_("Share of those numbers hidden at random while learning."),
            0.0,
            0.95,
        ),
        ParamSpec(
            "learning_rate", N_("Learning rate"), "float", 5e-3, _LEARNING_RATE_HELP, 1e-5, 1.0, log=True
        ),
        ParamSpec(
            "patience",
            N_("Patience"),
            "int",
            20,
            N_("Stop when the validation list has not improved for so many epochs."),
            1,
            1000,
            advanced=True,
        ),
        ParamSpec("batch_size", N_("Batch size"), "int", 128, _BATCH_HELP, 1, 8192, log=True, advanced=True),
        ParamSpec(
            "weight_decay",
            N_("Weight decay"),
            "float",
            0.01,
            N_("Pulls every weight a little towards zero at each step."),
            0.0,
            1.0,
            advanced=True,
        ),
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
    ),
}
