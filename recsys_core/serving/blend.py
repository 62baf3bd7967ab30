"""Scores of several models added up, each with its learned weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.errors import NotSupported
from recsys_core.i18n import _
from recsys_core.serving.base import MANIFEST, Capabilities, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr, read_csr
from recsys_core.types import FloatArray, IntArray


def standard_scores(scores: FloatArray, seen: csr_matrix) -> FloatArray:
    """Each row with mean 0 and deviation 1 over the items that the user has not seen; (n, n_items), float32.

    Models score on scales of their own; seen items are left out of the mean, since some models score them high and
    others low, and no list holds them.
    """
    scores = np.array(scores, dtype=np.float32)
    owner, items = np.repeat(np.arange(len(scores)), np.diff(seen.indptr)), seen.indices
    left_out = scores[owner, items].astype(np.float64)
    n_left = np.maximum(scores.shape[1] - np.diff(seen.indptr), 1)
    total = scores.sum(axis=1, dtype=np.float64) - np.bincount(owner, left_out, len(scores))
    scores -= (total / n_left)[:, None].astype(np.float32)
    centred = scores[owner, items].astype(np.float64)
    squares = np.einsum("ij,ij->i", scores, scores, dtype=np.float64)
    deviation = np.sqrt(np.maximum(squares - np.bincount(owner, centred**2, len(scores)), 0.0) / n_left)
    scores /= np.where(deviation > 1e-12, deviation, 1.0)[:, None].astype(np.float32)
    return scores


class BlendScorer(Scorer):
    """Weighted sum over members: of standard scores for lists, of predicted values for ratings.

    Args:
        members: the models as they serve.
        weights: one a member, float64.
        intercept: added to the sum (ratings only).
        span: smallest and largest value of the training rows (ratings), else None.
        seen: what each user chose in training and validation, (n_users, n_items).
    """

    form: ClassVar[str] = "blend"

    def __init__(
        self,
        members: Sequence[Scorer],
        weights: FloatArray,
        seen: csr_matrix,
        intercept: float = 0.0,
        span: tuple[float, float] | None = None,
    ) -> None:
        self.members, self.weights, self.seen = list(members), weights, seen
        self.intercept, self.span = intercept, span
        self.n_users, self.n_items = seen.shape
        self.can = capabilities_of(self.members, ratings=span is not None)

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The weighted sum of the members' scores."""
        users = np.asarray(users)
        return self._summed(lambda member: member.score_catalogue(users), self.seen[users])

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """For ratings the weighted sum of the members' predictions, clipped to the range seen in training."""
        if self.span is None:
            return super().score(users, items)
        given = [weight * member.score(users, items) for member, weight in self._pairs()]
        return np.clip(np.sum(given, axis=0) + self.intercept, *self.span)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The weighted sum of what the members answer; raises NotSupported where one of them cannot."""
        if not self.can.new_users:
            unable = next(one.form for one in self.members if not one.can.new_users)
            raise NotSupported(
                what=_("this blend cannot serve a new one: its member {name} cannot").format(name=unable),
                where=self.form,
                remedy=_("blend models that serve new users"),
            )
        seen = histories_to_csr(histories, self.n_items)
        return self._summed(lambda member: member.fold_in(histories, values, attributes), seen)

    def _summed(self, ask: Callable[[Scorer], FloatArray], seen: csr_matrix) -> FloatArray:
        total = np.full((seen.shape[0], self.n_items), self.intercept)
        for member, weight in self._pairs():
            scores = ask(member)
            total += weight * (scores if self.span is not None else standard_scores(scores, seen))
        return total

    def _pairs(self) -> list[tuple[Scorer, float]]:
        """Members that count, with their weights."""
        return [pair for pair in zip(self.members, self.weights.tolist(), strict=True) if pair[1] != 0.0]

    def write(self, folder: Path) -> dict[str, Any]:
        """Each member in a folder of its own; the manifest holds the checksum of each member's manifest."""
        files.write_arrays(
            folder / ARRAYS,
            {"weights": self.weights, "indices": self.seen.indices, "indptr": self.seen.indptr},
        )
        for place, member in enumerate(self.members):
            member.save(folder / f"member{place}")
        sums = [files.sha256_of(folder / f"member{place}" / MANIFEST) for place in range(len(self.members))]
        return {"members": sums, "intercept": self.intercept, "span": self.span}

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads each member, after its checksum was verified."""
        from recsys_core.serving.load import load_member

        arrays = files.read_arrays(folder / ARRAYS)
        members = [
            load_member(folder / f"member{place}", expected)
            for place, expected in enumerate(manifest["members"])
        ]
        span = manifest["span"]
        return cls(
            members,
            arrays["weights"],
            read_csr(arrays, (manifest["n_users"], manifest["n_items"])),
            float(manifest["intercept"]),
            None if span is None else (float(span[0]), float(span[1])),
        )


def capabilities_of(members: Sequence[Scorer], *, ratings: bool) -> Capabilities:
    """A blend can what all of its members can; one that reads order or attributes is enough for it to read them."""
    every = [one.can for one in members]
    return replace(
        Capabilities(),
        ratings=ratings,
        new_users=all(one.new_users for one in every),
        personal=any(one.personal for one in every),
        ordered=any(one.ordered for one in every),
        attributes=any(one.attributes for one in every),
    )
