"""The literal table of the app's own models: what each is, and where it lives. A new one is one file and one line here."""

from __future__ import annotations

from dataclasses import dataclass

from recsys_core.columns import Kind
from recsys_core.i18n import N_

LISTS = (Kind.RATING, Kind.IMPLICIT)
RATINGS = (Kind.RATING,)


MAX_EASE_ITEMS = 20_000
"""EASE holds and inverts a table of items x items in double precision: 3.2 GB of these."""


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
        most_items: the largest catalogue that it learns from; 0 where there is no bound.
        new_users, new_items: serves users, or items, unseen in training (with its default settings).
        attributes, texts: learns from what is known of users and items; from free text, such as titles, too.
        elsewhere: nothing is learned here: the scores were made by another system and came in a file.
        package: of a model of one's own the installed package that brings it, with its version; else empty.
        gone: a run of it is here, and what taught it is not: its package was removed, or a bundle brought the run.
    """

    name: str
    title: str
    what: str
    target: str
    kinds: tuple[Kind, ...] = LISTS
    network: bool = False
    floor: bool = False
    needs_time: bool = False
    most_items: int = 0
    new_users: bool = True
    new_items: bool = False
    attributes: bool = False
    texts: bool = False
    elsewhere: bool = False
    package: str = ""
    gone: bool = False


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
        attributes=True,
        texts=True,
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
        attributes=True,
        kinds=RATINGS,
        network=True,
    ),
    ModelSpec(
        "ease",
        N_("EASE"),
        N_("A linear model of which items go together. Hard to beat, no epochs, seconds."),
        "recsys_core.models.baselines:Ease",
        most_items=MAX_EASE_ITEMS,
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
IMPORTED = "imported"
MADE_ELSEWHERE: tuple[ModelSpec, ...] = (
    ModelSpec(
        IMPORTED,
        N_("Imported scores"),
        N_("A file of scores or ranks that another system made, judged here as every run is."),
        "",
        new_users=False,
        elsewhere=True,
    ),
)
"""What a run may be without having been trained here: known to `spec`, never offered for training."""
