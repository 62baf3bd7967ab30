"""A finished model whose lists are re-ranked as they are served: one setting of the dial, kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.ranking.kinds import taste_of
from recsys_core.ranking.rerank import POOL, Catalogue, Reranker, Setting
from recsys_core.ranking.top_k import top_k
from recsys_core.serving.base import MANIFEST, Scorer
from recsys_core.serving.baselines import ARRAYS, histories_to_csr, read_csr
from recsys_core.types import FloatArray, IntArray

_TABLES = ("vectors", "together", "kinds", "popularity")
GAP = 1e-6
"""How far below the last pick the best of the others is put, as a share of the spread of the scores."""


class RerankedScorer(Scorer):
    """The base's scores, in which what the re-ranker picked stands above everything else that is new to the person.

    Picks keep the score that the base gave them; the other unseen items of a person are lowered by one amount, so that
    the best of them comes right after the last pick. Scores order one person's items; between two people they do not
    compare.

    Args:
        member: the model as it serves.
        reranker: the setting, made ready.
        seen: what each user chose in training and validation, (n_users, n_items).
        length: how many items are picked.
        seed: decides between equal scores, as in the lists of the split.
    """

    form: ClassVar[str] = "reranked"

    def __init__(self, member: Scorer, reranker: Reranker, seen: csr_matrix, length: int, seed: int) -> None:
        self.member, self.reranker, self.seen = member, reranker, seen
        self.length, self.seed = length, seed
        self.n_users, self.n_items = seen.shape
        self.can, self.reads = replace(member.can, new_items=False), member.reads

    @property
    def explained_by(self) -> Scorer:
        """The base: its scores move smoothly with a history, a list does not."""
        return self.member.explained_by

    def score_catalogue(self, users: IntArray) -> FloatArray:
        """The base's scores, the picks above the rest."""
        users = np.asarray(users)
        return self._turned(self.member.score_catalogue(users), self.seen[users])

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """The base's where it predicts values, which stay what they were; else as in the catalogue."""
        return self.member.score(users, items) if self.can.ratings else super().score(users, items)

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """The base's scores for new users, the picks above the rest; a taste is what stands in the history."""
        seen = histories_to_csr(histories, self.n_items)
        return self._turned(self.member.fold_in(histories, values, attributes), seen)

    def _turned(self, scores: FloatArray, seen: csr_matrix) -> FloatArray:
        if not self.reranker.setting.strength or not len(scores):
            return scores
        found = np.array(scores, dtype=np.float64)
        pool = top_k(scores, min(max(POOL, self.length), self.n_items), seen=seen, seed=self.seed)
        picks = self.reranker.lists(pool, taste_of(seen, self.reranker.catalogue.kinds), self.length)
        owner, place = np.nonzero(picks.items >= 0)
        others = np.ones(found.shape, dtype=bool)
        others[owner, picks.items[owner, place]] = False
        others[np.repeat(np.arange(len(found)), np.diff(seen.indptr)), seen.indices] = False
        others &= np.isfinite(found)
        best = np.where(others, found, -np.inf).max(axis=1)
        last = np.where(np.isnan(picks.scores), np.inf, picks.scores).min(axis=1)
        first, bottom = (
            np.nan_to_num(pool.scores[:, 0]),
            np.where(np.isnan(pool.scores), np.inf, pool.scores).min(axis=1),
        )
        spread = first - bottom
        too_high = np.isfinite(best) & np.isfinite(last) & (best >= last)
        lower = np.where(too_high, best - last + GAP * np.maximum(np.where(too_high, spread, 1.0), GAP), 0.0)
        return np.where(others, found - lower[:, None], found)

    def write(self, folder: Path) -> dict[str, Any]:
        """The base in a folder of its own, whose manifest's checksum is kept here."""
        tables = {name: getattr(self.reranker.catalogue, name) for name in _TABLES}
        arrays = {"indices": self.seen.indices, "indptr": self.seen.indptr, "bonus": self.reranker.bonus}
        files.write_arrays(folder / ARRAYS, {**arrays, **tables})
        self.member.save(folder / "member0")
        setting = self.reranker.setting
        return {
            "member": files.sha256_of(folder / "member0" / MANIFEST),
            "setting": [setting.method, setting.strength, setting.distance],
            "length": self.length,
            "seed": self.seed,
        }

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Self:
        """Reads the base, after its checksum was verified."""
        from recsys_core.serving.load import load_member

        member = load_member(folder / "member0", manifest["member"])
        arrays = files.read_arrays(folder / ARRAYS)
        method, strength, distance = manifest["setting"]
        setting = Setting(str(method), float(strength), str(distance))
        reranker = Reranker(setting, Catalogue(*(arrays[name] for name in _TABLES)), arrays["bonus"])
        seen = read_csr(arrays, (manifest["n_users"], manifest["n_items"]))
        return cls(member, reranker, seen, int(manifest["length"]), int(manifest["seed"]))
