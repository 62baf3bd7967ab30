"""Who is blended with whom: the one place that says it. Names that the registry lacks are left out.

A blend of ratings takes members that predict ratings, and `bias` is the only such reference.
"""

from __future__ import annotations

from benchmarks.contest import OURS, Entry
from recsys_core.data.splits import Split
from recsys_core.models.blend import Member, refitted_on_train
from recsys_core.models.checkpoint import Session
from recsys_core.models.registry import MODELS, model_class

NAMED: dict[str, tuple[str, dict[str, object]]] = {"ease_recency": ("ease", {"recency": 5, "l2": 300})}
"""Members that are not a model with its defaults: name -> model and settings."""
REFERENCES, WITH_NETWORKS = "blend of references", "blend with networks"
MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "ratings": {
        REFERENCES: ("bias",),
        WITH_NETWORKS: ("bias", "embedding_mlp", "mf", "rating_autoencoder"),
    },
    "lists": {
        REFERENCES: ("popularity", "item_knn", "ease", "ials"),
        WITH_NETWORKS: (
            "popularity", "item_knn", "ease", "ials", "history_encoder", "autoencoder", "two_tower",
        ),
    },
    "next_item": {
        REFERENCES: ("popularity", "markov", "ease_recency", "ials"),
        WITH_NETWORKS: ("popularity", "markov", "ease_recency", "ials", "sequence", "history_encoder"),
    },
}  # fmt: skip


def member(name: str, split: Split, session: Session) -> Member:
    """A member fitted now: a model with its defaults, or one of `NAMED`."""
    model, settings = NAMED.get(name, (name, {}))
    fitted = model_class(model)(settings).fit(split, seed=session.seed)
    return Member(name, refitted_on_train(fitted, split, session), fitted.scorer)


def blends(table: str) -> list[Entry]:
    """The two blends of a table: of references alone, and with networks."""
    known = {one.name for one in MODELS}
    entries = []
    for label, names in MEMBERS[table].items():
        present = [name for name in names if name in known or name in NAMED]
        if len(present) == 1:  # one reference alone is its own blend
            entries.append(Entry(label, OURS, present[0]))
            continue
        settings = {"members": ",".join(present), "goal": "ratings" if table == "ratings" else "lists"}
        entries.append(Entry(label, OURS, "blend", settings, quick=False))
    return entries
