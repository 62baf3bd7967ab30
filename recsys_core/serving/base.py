"""What every scorer answers, and how it is kept: `serving.json`, one file of arrays or ONNX, checksums."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.errors import DataError, NotSupported
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

CELLS_A_BLOCK = 2_000_000
MANIFEST = "serving.json"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can answer, by its nature; pages and the command line ask before they offer.

    Attributes:
        ratings: `score` is on the scale of the data's values, so that an RMSE means something.
        ranking: a catalogue can be ranked.
        new_users: `fold_in` serves a user unseen in training.
        personal: what a user chose decides what they get, so that a choice can be a reason.
        network: it is trained epoch by epoch and has curves.
        ordered: the order of a history matters.
        attributes: `fold_in` reads the attributes of a new user.
        new_items: `score_new_items` serves an item unseen in training, from its attributes.
        fixed: it is a table of scores that somebody else made: it cannot be asked again, so there are no reasons, no
            what-ifs and no stand-ins.
    """

    ratings: bool = False
    ranking: bool = True
    new_users: bool = False
    personal: bool = True
    network: bool = False
    ordered: bool = False
    attributes: bool = False
    new_items: bool = False
    fixed: bool = False


class Scorer(ABC):
    """A finished model that turns (user, item) into a number. It scores; `ranking.top_k` ranks.

    Attributes:
        can: what it can answer.
        form: the name of the serving form, as in `serving.json`.
        liked_from: where it learned from liked rows only, the value from which one counts; else None.
        reads: how many last items of a history it reads; None: all.
    """

    form: ClassVar[str]
    slices: ClassVar[bool] = False
    """Whether `fold_in_items` costs far less than the whole catalogue."""
    can: Capabilities
    n_users: int
    n_items: int
    liked_from: float | None = None
    reads: int | None = None

    @property
    def explained_by(self) -> Scorer:
        """The scorer whose scores carry the reasons for a list: itself, where nothing comes after scoring."""
        return self

    @abstractmethod
    def score_catalogue(self, users: IntArray) -> FloatArray:
        """Scores of the whole catalogue for user rows (n,): shape (n, n_items), higher is better."""

    def score(self, users: IntArray, items: IntArray) -> FloatArray:
        """One score a pair: user rows (n,), item rows (n,) -> (n,). Groups by user; no dense table is made."""
        users, items = np.asarray(users), np.asarray(items)
        scores = np.empty(len(users), dtype=np.float64)
        distinct, inverse = np.unique(users, return_inverse=True)
        block = max(1, CELLS_A_BLOCK // self.n_items)
        for start in range(0, len(distinct), block):
            picked = np.flatnonzero((inverse >= start) & (inverse < start + block))
            table = self.score_catalogue(distinct[start : start + block])
            scores[picked] = table[inverse[picked] - start, items[picked]]
        return scores

    def fold_in(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None = None,
        attributes: pd.DataFrame | None = None,
    ) -> FloatArray:
        """Scores of the catalogue for users known only by their histories: list of item rows -> (n, n_items).

        Args:
            histories: item rows of each user, oldest first, possibly empty.
            values: the values given to them; models that read only what was chosen ignore them.
            attributes: one row a user, columns as in the data set's users (any may lack); models that know no
                attributes ignore them.
        Raises:
            NotSupported: the model knows users by their id alone.
        """
        raise NotSupported(
            what=_("this model knows users by their id only and cannot serve a new one"),
            where=self.form,
            remedy=_("choose history_encoder, ease or popularity"),
        )

    def fold_in_items(
        self,
        histories: Sequence[IntArray],
        values: Sequence[FloatArray] | None,
        attributes: pd.DataFrame | None,
        items: IntArray,
    ) -> FloatArray:
        """The columns `items` (m,) of what `fold_in` gives: (n, m), a block of histories at a time.

        Overridden where a few items cost far less than all of them (`slices`).
        """
        block = max(1, CELLS_A_BLOCK // self.n_items)
        parts = []
        for start in range(0, len(histories), block):
            some = slice(start, start + block)
            given = None if values is None else values[some]
            known = None if attributes is None else attributes.iloc[some]
            parts.append(self.fold_in(histories[some], given, known)[:, items])
        return np.concatenate(parts) if parts else np.zeros((0, len(items)))

    def score_items(self, users: IntArray, items: IntArray) -> FloatArray:
        """The columns `items` (m,) of `score_catalogue`: user rows (n,) -> (n, m)."""
        users, block = np.asarray(users), max(1, CELLS_A_BLOCK // self.n_items)
        starts = range(0, len(users), block)
        parts = [self.score_catalogue(users[start : start + block])[:, items] for start in starts]
        return np.concatenate(parts) if parts else np.zeros((0, len(items)))

    def score_new_items(self, users: IntArray, items: pd.DataFrame) -> FloatArray:
        """Scores of items unseen in training: user rows (n,), one row an item -> (n, n_new).

        Args:
            items: columns as in the data set's items (any may lack).
        Raises:
            NotSupported: the model knows items by their id alone.
        """
        raise NotSupported(
            what=_("this model knows items by their id only and cannot score a new one"),
            where=self.form,
            remedy=_("choose two_tower"),
        )

    def taken(self, histories: Sequence[IntArray], values: Sequence[FloatArray] | None) -> Sequence[IntArray]:
        """The part of each history that the model reads: all, or what was liked."""
        if self.liked_from is None or values is None:
            return histories
        return [
            np.asarray(history)[np.asarray(given) >= self.liked_from]
            for history, given in zip(histories, values, strict=True)
        ]

    @abstractmethod
    def write(self, folder: Path) -> dict[str, Any]:
        """Writes its files into `folder`; returns what the manifest must hold beside them."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Scorer:
        """The scorer that `write` wrote."""

    def save(self, folder: Path) -> None:
        """Writes the serving form and `serving.json` with the sha256 of every file."""
        folder.mkdir(parents=True, exist_ok=True)
        rest = self.write(folder)
        written = sorted(_model_files(folder))
        files.write_json(
            folder / "serving.json",
            {
                "form": self.form,
                "can": asdict(self.can),
                "n_users": self.n_users,
                "n_items": self.n_items,
                "liked_from": self.liked_from,
                **rest,
                "sha256": {name: files.sha256_of(folder / name) for name in written},
            },
        )


def verified_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a serving form whose files all have the checksum it states; raises DataError."""
    manifest = files.read_json(folder / "serving.json")
    stated = manifest.get("sha256")
    if not isinstance(stated, dict) or not _model_files(folder) <= stated.keys():
        raise DataError(
            what=_("a model file has no checksum"), where="serving.json", remedy=_("train the run again")
        )
    for name, expected in stated.items():
        path = folder / files.check_name(name, where="serving.json")
        if not path.exists() or files.sha256_of(path) != expected:
            raise DataError(
                what=_("the model file is missing or was changed after training"),
                where=name,
                remedy=_("train the run again"),
            )
    return manifest


def _model_files(folder: Path) -> set[str]:
    """Names of the files that a scorer is read from."""
    return {path.name for path in folder.iterdir() if path.suffix in {".npz", ".onnx"}}
