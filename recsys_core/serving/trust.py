"""A model mixed with popularity as far as held-out users showed that it can be trusted, by how much is known of a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.serving.base import MANIFEST, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr, read_csr
from recsys_core.serving.blend import standard_scores
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Trust:
    """How far a model is trusted, learned from users that it had not met.

    Attributes:
        known: numbers of known interactions, rising, shape (n,).
        weights: the model's share of the mixture at each, in [0, 1]; the rest is popularity's.
        gains: NDCG@10 of the mixture minus popularity's there, mean over the users; 0 where nothing is trusted.
        errors: its standard error over the users.
        n_users: users that it was learned from.
        first: their first interactions by time were known; else random ones.
    """

    known: IntArray
    weights: FloatArray
    gains: FloatArray
    errors: FloatArray
    n_users: int
    first: bool

    def at(self, sizes: IntArray) -> FloatArray:
        """The model's share for histories of these sizes: linear in log(1 + size) between what was learned."""
        return np.interp(np.log1p(sizes), np.log1p(self.known), self.weights)

    def to_json(self) -> dict[str, Any]:
        """Plain lists and numbers."""
        arrays = {name: getattr(self, name).tolist() for name in ("known", "weights", "gains", "errors")}
        return {**arrays, "n_users": self.n_users, "first": self.first}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        weights, gains, errors = (
            np.asarray(kept[name], dtype=np.float64) for name in ("weights", "gains", "errors")
        )
        known = np.asarray(kept["known"], dtype=np.int64)
        return cls(known, weights, gains, errors, int(kept["n_users"]), bool(kept["first"]))


def both(scores: FloatArray, popularity: FloatArray, seen: csr_matrix) -> tuple[FloatArray, FloatArray]:
    """Standard scores of the model and of log popularity, both (n, n_items).

    Args:
        scores: (n, n_items). popularity: counts, (n_items,). seen: what is left out, (n, n_items).
    """
    common = np.tile(np.log1p(popularity), (len(scores), 1))
    return standard_scores(scores, seen), standard_scores(common, seen)


class TrustScorer(Scorer):
    """A model and popularity, mixed by how much is known of a user.

    Args:
        member: the model as it serves; it must serve new users.
        popularity: how many users chose each item, (n_items,).
        seen: what each user chose in training and validation, (n_users, n_items).
    """

    form: ClassVar[str] = "trust"

    def __init__(self, member: Scorer, popularity: FloatArray, seen: csr_matrix, trust: Trust) -> None:
        self.member, self.popularity, self.seen, self.trust = member, popularity, seen, trust
        self.n_users, self.n_items = seen.shape
        self.can = replace(member.can, ratings=False, new_items=False)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The mixture, by the size of each user's history."""
        users = np.asarray(users)
        return self._mixed(self.member.score_catalogue(users), self.seen[users])

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The mixture for new users, by the size of each history."""
        seen = histories_to_csr(histories, self.n_items)
        return self._mixed(self.member.fold_in(histories, values, attributes), seen)

    def _mixed(self, scores: FloatArray, seen: csr_matrix) -> FloatArray:
        own, common = both(scores, self.popularity, seen)
        share = self.trust.at(np.diff(seen.indptr))[:, None]
        return np.asarray(share * own + (1.0 - share) * common)

    def write(self, folder: Path) -> dict[str, Any]:
        """The member in a folder of its own, whose manifest's checksum is kept here."""
        arrays = {
            "popularity": self.popularity,
            "indices": self.seen.indices,
            "indptr": self.seen.indptr,
        }
        files.write_arrays(folder / ARRAYS, arrays)
        self.member.save(folder / "member0")
        return {"member": files.sha256_of(folder / "member0" / MANIFEST), "trust": self.trust.to_json()}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the member, after its checksum was verified."""
        from recsys_core.serving.load import load_member

        member = load_member(folder / "member0", manifest["member"])
        arrays = files.read_arrays(folder / ARRAYS)
        seen = read_csr(arrays, (manifest["n_users"], manifest["n_items"]))
        return cls(member, arrays["popularity"], seen, Trust.from_json(manifest["trust"]))
