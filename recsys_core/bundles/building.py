"""A model built anew from a bundle and the data: networks from their weights, the others from checked arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.bundles.archive import KERAS, PART
from recsys_core.bundles.checked import refused
from recsys_core.bundles.parts import NETWORK, Part
from recsys_core.data.splits import Split
from recsys_core.errors import RecsysError
from recsys_core.evaluation.strangers import popularity_of
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.models.base import Recommender
from recsys_core.models.blend import RATINGS
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import BiasScorer, EaseScorer, PopularityScorer, RandomScorer
from recsys_core.serving.blend import BlendScorer
from recsys_core.serving.factors import FactorsScorer
from recsys_core.serving.imported import ImportedScorer
from recsys_core.serving.item_weights import ItemWeightsScorer
from recsys_core.serving.trust import Trust, TrustScorer
from recsys_core.training.reranked import Reranked
from recsys_core.types import IntArray


@dataclass
class Built:
    """A model that serves, and the networks in it: the folder that each is kept in -> a Keras model."""

    scorer: Scorer
    networks: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Writes the serving form and, beside it, every network as a `.keras` of our own."""
        self.scorer.save(folder)
        for place, network in self.networks.items():
            network.save(folder / place / KERAS)


@dataclass(frozen=True)
class _Ground:
    """What a builder builds on: the part, the data, the unfitted model, the members, the rows that were learned from."""

    part: Part
    split: Split
    model: Recommender | None
    members: list[Scorer]
    rows: IntArray

    def array(self, name: str, *shape: int | None) -> np.ndarray:
        """An array of the part; raises DataError where it has another shape (None: any)."""
        found: np.ndarray | None = self.part.arrays.get(name)
        sizes = () if found is None else found.shape
        fits = len(sizes) == len(shape) and all(
            want in (None, have) for want, have in zip(shape, sizes, strict=True)
        )
        if found is None or not fits:
            raise refused(
                _("array {name} has another shape than the data").format(name=name), self.part.place
            )
        return found

    def table(self, shape: tuple[int, int], *, ordered: bool = False) -> csr_matrix:
        """The sparse table of the part; raises DataError where it is damaged, or a pair stands twice or out of order."""
        parts = [self.array(name, None) for name in ("data", "indices", "indptr")]
        if len(parts[2]) != shape[0] + 1 or len(parts[0]) != len(parts[1]):
            raise refused(_("its table is damaged"), self.part.place)
        try:
            found = csr_matrix(tuple(parts), shape=shape)
            found.check_format(full_check=True)
        except (ValueError, TypeError):
            raise refused(_("its table is damaged"), self.part.place) from None
        if ordered and not found.has_canonical_format:
            raise refused(_("its table is damaged"), self.part.place)
        return found


def build(part: Part, split: Split, scratch: Path) -> Built:
    """The model of a part on this split.

    Args:
        scratch: an empty folder, in which the weights of networks lie for a moment.
    Raises:
        DataError: the part does not fit the data.
    """
    inner = [build(one, split, scratch) for one in part.members]
    networks: dict[str, Any] = {}
    for number, one in enumerate(inner):
        for place, network in one.networks.items():
            # the network of a newcomer lies where the newcomer does, as its worker keeps it
            inside = "" if part.form == "trust" else f"member{number}/"
            networks[inside + place] = network
    if part.form == NETWORK:
        restored = _restored(part, split, scratch)
        return Built(restored.scorer, {"": restored.model})
    model = None if part.model == registry.IMPORTED else registry.model_class(part.model)(part.settings)
    rows = split.fit_rows if model is None else model.learned_rows(split, split.fit_rows)
    scorer = _BUILDERS[part.form](_Ground(part, split, model, [one.scorer for one in inner], rows))
    scorer.liked_from = None if model is None else model.liked_from(split)
    return Built(scorer, networks)


def _restored(part: Part, split: Split, scratch: Path) -> Any:
    """The network with the weights of the part; its file is there only while it is read."""
    path = scratch / KERAS
    try:
        files.write_bytes(path, part.keras)
        network: Any = registry.model_class(part.model)(part.settings)
        return network.restored(path, split, seed=part.seed)
    except RecsysError as problem:
        raise refused(str(problem), part.place + KERAS) from None
    finally:
        path.unlink(missing_ok=True)


def _random(on: _Ground) -> Scorer:
    return RandomScorer(on.split.dataset.n_users, on.split.dataset.n_items, on.part.numbers["seed"])


def _popularity(on: _Ground) -> Scorer:
    data = on.split.dataset
    return PopularityScorer(data.n_users, on.array("counts", data.n_items))


def _bias(on: _Ground) -> Scorer:
    data, told = on.split.dataset, on.part.numbers
    users, items = on.array("users", data.n_users), on.array("items", data.n_items)
    return BiasScorer(float(told["mean"]), users, items, float(told["damping"]), _span(on.split))


def _ease(on: _Ground) -> Scorer:
    n_items = on.split.dataset.n_items
    return EaseScorer(on.array("weights", n_items, n_items), on.split.matrix(on.rows))


def _item_weights(on: _Ground) -> Scorer:
    n_items, known = on.split.dataset.n_items, on.split.ordered(on.rows)
    dense = "weights" in on.part.arrays
    weights = on.array("weights", n_items, n_items) if dense else on.table((n_items, n_items))
    decay, window = float(on.part.numbers["decay"]), on.part.numbers["window"]
    return ItemWeightsScorer(weights, known.indptr, known.items.astype(np.int32), decay, window)


def _factors(on: _Ground) -> Scorer:
    data, told = on.split.dataset, on.part.numbers
    users = on.array("users", data.n_users, None)
    items = on.array("items", data.n_items, users.shape[1])
    return FactorsScorer(users, items, float(told["unobserved"]), float(told["l2"]))


def _imported(on: _Ground) -> Scorer:
    data, told = on.split.dataset, on.part.numbers
    span = data.value_range if told["span"] is not None else None
    table = on.table((data.n_users, data.n_items), ordered=True)
    return ImportedScorer(table, span=span, lists=told["lists"])


def _blend(on: _Ground) -> Scorer:
    weights = on.array("weights", len(on.members)).astype(np.float64)
    rated = on.part.settings["goal"] == RATINGS
    span = _span(on.split) if rated else None
    intercept = float(on.part.numbers["intercept"]) if rated else 0.0
    return BlendScorer(on.members, weights, on.split.matrix(on.split.fit_rows), intercept, span)


def _trust(on: _Ground) -> Scorer:
    trust = Trust.from_json(on.part.numbers["trust"])
    return TrustScorer(on.members[0], popularity_of(on.split), on.split.matrix(on.split.fit_rows), trust)


def _reranked(on: _Ground) -> Scorer:
    """Nothing of it was learned: it is made ready anew over its base."""
    model = Reranked(on.part.settings, find_base=lambda *_asked: on.members[0])
    try:
        return model.fit(on.split, seed=on.part.seed).scorer
    except RecsysError as problem:
        raise refused(str(problem), on.part.place + PART) from None


def _span(split: Split) -> tuple[float, float]:
    values = split.triples(split.fit_rows)[2]
    return float(values.min()), float(values.max())


_BUILDERS: dict[str, Callable[[_Ground], Scorer]] = {
    "random": _random,
    "popularity": _popularity,
    "bias": _bias,
    "ease": _ease,
    "item_weights": _item_weights,
    "factors": _factors,
    "imported": _imported,
    "blend": _blend,
    "trust": _trust,
    "reranked": _reranked,
}
