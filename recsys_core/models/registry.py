"""The literal table of models: what each is, and where it lives. A new model is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from recsys_core.columns import PART, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import COLD_USERS, NEEDS_TIME, PROTOCOLS
from recsys_core.errors import NotFound
from recsys_core.i18n import N_, _
from recsys_core.models.base import Recommender
from recsys_core.params import ParamSpec

LISTS = (Kind.RATING, Kind.IMPLICIT)
RATINGS = (Kind.RATING,)


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One line of the table.

    Attributes:
        title: what a person reads.
        what: one sentence in plain words.
        target: `module:Class`, imported only when asked for.
        kinds: the kinds of data that it learns from.
        network: trained epoch by epoch, needs TensorFlow to train; its parameters are in `models/params`.
        floor: stands beside every model; drawn in grey.
        needs_time: learns from the order of events.
        new_users, new_items: serves users, or items, unseen in training (with its default settings).
    """

    name: str
    title: str
    what: str
    target: str
    kinds: tuple[Kind, ...] = LISTS
    network: bool = False
    floor: bool = False
    needs_time: bool = False
    new_users: bool = True
    new_items: bool = False


MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        "history_encoder",
        N_("History encoder"),
        N_(
            "A network that reads what a person chose and ranks the whole catalogue. Serves new people at once."
        ),
        "recsys_core.models.history_encoder:HistoryEncoder",
        network=True,
    ),
    ModelSpec(
        "autoencoder",
        N_("Autoencoder"),
        N_("A network that completes a history: variational or denoising. Serves new people at once."),
        "recsys_core.models.autoencoder:Autoencoder",
        network=True,
    ),
    ModelSpec(
        "two_tower",
        N_("Two towers"),
        N_(
            "A vector for each user from history and attributes, one for each item from id and attributes. Serves new "
            "items and new people at once."
        ),
        "recsys_core.models.two_tower:TwoTower",
        new_items=True,
        network=True,
    ),
    ModelSpec(
        "embedding_mlp",
        N_("Embedding MLP"),
        N_(
            "Two embeddings and a hidden layer, as in introductory articles: a vector for each user and item, out comes "
            "the rating. Good at ratings, poor at lists."
        ),
        "recsys_core.models.embedding_mlp:EmbeddingMlp",
        new_users=False,
        kinds=RATINGS,
        network=True,
    ),
    ModelSpec(
        "sequence",
        N_("Sequence network"),
        N_("A network that reads the last items in their order and says what comes next. Needs times."),
        "recsys_core.models.sequence:SequenceNetwork",
        network=True,
        needs_time=True,
    ),
    ModelSpec(
        "rating_autoencoder",
        N_("Rating autoencoder"),
        N_("A network that completes the ratings of an item, or of a user, from those that are known."),
        "recsys_core.models.rating_autoencoder:RatingAutoencoder",
        new_users=False,
        kinds=RATINGS,
        network=True,
    ),
    ModelSpec(
        "mf",
        N_("Matrix factorisation"),
        N_(
            "A vector for each item and, from what they rated and who they are, for each user; their product is the "
            "rating. Best at ratings; serves new users and new items."
        ),
        "recsys_core.models.mf:Mf",
        new_items=True,
        kinds=RATINGS,
        network=True,
    ),
    ModelSpec(
        "ease",
        N_("EASE"),
        N_("A linear model of which items go together. Hard to beat, no epochs, seconds."),
        "recsys_core.models.baselines:Ease",
    ),
    ModelSpec(
        "ials",
        N_("iALS"),
        N_(
            "A vector for each user and item, solved in turn. Quick, wide lists, new people by one regression."
        ),
        "recsys_core.models.ials:Ials",
    ),
    ModelSpec(
        "item_knn",
        N_("Item neighbours"),
        N_("What goes with an item is what the same users chose. Plain, quick, easy to explain."),
        "recsys_core.models.item_knn:ItemKnn",
    ),
    ModelSpec(
        "markov",
        N_("Markov chain"),
        N_("What others chose soon after your last few items. Hard to beat at the next step."),
        "recsys_core.models.markov:Markov",
        needs_time=True,
    ),
    ModelSpec(
        "blend",
        N_("Blend"),
        N_(
            "Adds up finished runs; how far to trust each is learned on validation rows. Usually the best list."
        ),
        "recsys_core.models.blend:Blend",
    ),
    ModelSpec(
        "newcomer",
        N_("Newcomer"),
        N_(
            "For people it has never met: a network over their first choices, mixed with popularity as far as held-out "
            "people showed that it can be trusted."
        ),
        "recsys_core.training.newcomer:Newcomer",
    ),
    ModelSpec(
        "reranked",
        N_("Re-ranked"),
        N_(
            "A finished run whose lists are re-ranked: more varied, nearer to the taste, less popular, or wider over the "
            "catalogue. The page Diversity shows what each costs."
        ),
        "recsys_core.training.reranked:Reranked",
    ),
    ModelSpec(
        "bias",
        N_("Bias"),
        N_("Average rating, corrected for generous users and good items. The floor for rating error."),
        "recsys_core.models.baselines:Bias",
        kinds=RATINGS,
        floor=True,
    ),
    ModelSpec(
        "popularity",
        N_("Popularity"),
        N_("The same list for everybody: what most people chose. The floor for lists."),
        "recsys_core.models.baselines:Popularity",
        floor=True,
    ),
    ModelSpec(
        "random",
        N_("Random"),
        N_("Lists drawn by lot: what knowing nothing is worth."),
        "recsys_core.models.baselines:Random",
        floor=True,
    ),
)
DEFAULT_MODEL = "history_encoder"


def spec(name: str) -> ModelSpec:
    """The line of that name; raises NotFound naming the known ones."""
    for one in MODELS:
        if one.name == name:
            return one
    raise NotFound(
        what=_("there is no model {name}").format(name=repr(name)),
        where="--model",
        remedy=_("use one of: {known}").format(known=", ".join(one.name for one in MODELS)),
    )


def model_class(name: str) -> type[Recommender]:
    """The class of that name; for networks this loads TensorFlow."""
    module, _colon, attribute = spec(name).target.partition(":")
    found: type[Recommender] = getattr(import_module(module), attribute)
    return found


def params_of(name: str) -> tuple[ParamSpec, ...]:
    """The parameter descriptions of a model, without loading TensorFlow."""
    if not spec(name).network:
        return model_class(name).params
    found: tuple[ParamSpec, ...] = import_module(f"recsys_core.models.params.{name}").PARAMS
    return found


def kinds_of(name: str) -> tuple[Kind, ...]:
    """The kinds of data that a model learns from, without loading TensorFlow."""
    return spec(name).kinds


def models_for(kind: Kind) -> list[ModelSpec]:
    """The models that learn from this kind of data, in the order of the table."""
    return [one for one in MODELS if kind in kinds_of(one.name)]


def usable_for(protocol: str) -> list[ModelSpec]:
    """The models that can be judged under a split protocol: new users or items only by those that serve them.

    Floors always stand beside. A blend learns its weights from known users, so it is left out there.
    """
    if protocol in COLD_USERS:
        return [one for one in MODELS if one.new_users and one.name != "blend"]
    if protocol == "cold-item":
        return [one for one in MODELS if one.new_items or one.floor]
    return list(MODELS)


def protocols_for(model: str, data: Dataset) -> list[str]:
    """The split protocols under which a model can be judged on these data, the usual one first."""
    if PART in data.interactions:
        return ["given"]
    fitting = [name for name in PROTOCOLS if name != "given" and spec(model) in usable_for(name)]
    return [name for name in fitting if data.has_time or name not in NEEDS_TIME]


def floors_for(kind: Kind) -> list[str]:
    """Names that stand beside every model on this kind of data: the floors, and EASE for lists."""
    return [one.name for one in models_for(kind) if one.floor or one.name == "ease"]
