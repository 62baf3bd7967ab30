"""What the app reads of the two models: it loads no TensorFlow, so the networks are in a module of their own."""

from recsys_core.models.own import OwnModel
from recsys_core.models.params import common
from recsys_core.params import ParamSpec

GATED = OwnModel(
    title="Gated history",
    what="Sums a history up in a few numbers and lets each number decide how much of it gets through.",
    form="list",
    network="own_network.networks:GatedHistory",
    params=(
        common.epochs(60),
        common.embedding_size(256),
        common.dropout(0.5),
        ParamSpec("decay", "Decay", "float", 1.0, "Pulls the weights to zero at each step.", 0.0, 10.0),
    ),
)

NEUMF = OwnModel(
    title="NeuMF",
    what="Two views of a user and an item, a product and a small network, decide together how likely a choice is.",
    form="pair",
    network="own_network.networks:NeuMf",
    params=(
        common.learning_rate(2e-3),
        common.embedding_size(32),
        ParamSpec("hidden_units", "Hidden units", "int", 64, "Units of the hidden layer.", 1, 1024, log=True),
        ParamSpec("l2", "L2", "float", 1e-6, "Pulls every vector to zero.", 1e-9, 1.0, log=True),
    ),
)
