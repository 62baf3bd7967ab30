"""A file of scores beside the split that it is to be judged on: may it be judged, and what should one know first?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from recsys_core.columns import Kind
from recsys_core.data.score_file import RANK, SCORE, ScoreTable
from recsys_core.data.splits import Split
from recsys_core.errors import DataError, NotSupported
from recsys_core.i18n import _, ngettext
from recsys_core.serving.imported import ImportedScorer, table_of
from recsys_core.types import BoolArray, IntArray

RATINGS = "rating"
MOSTLY = 0.9
WIDE = 0.5
"""Who lists more than this share of what is new to people has ranked the catalogue, answers and all."""


@dataclass(frozen=True)
class Submitted:
    """A score file beside the split that it is to be judged on: what its figures will rest on.

    Args:
        table: the rows of the file.
        split: what is held out.
        ratings: the scores are predicted values of the data's own scale.
        k: length of the judged lists.
    """

    table: ScoreTable
    split: Split
    ratings: bool = False
    k: int = 10

    @cached_property
    def _keys(self) -> IntArray:
        return self.table.users * self.split.dataset.n_items + self.table.items

    def _pairs(self, rows: IntArray) -> IntArray:
        users, items, _values = self.split.triples(rows)
        return users.astype(np.int64) * self.split.dataset.n_items + items

    @cached_property
    def held_out(self) -> IntArray:
        """Held-out pairs that are new to their user, each once."""
        return np.setdiff1d(self._pairs(self.split.test), self._pairs(self.split.known_rows))

    @cached_property
    def _known(self) -> BoolArray:
        return np.isin(self._keys, self._pairs(self.split.known_rows))

    @property
    def n_users(self) -> int:
        """How many users the file names."""
        return len(np.unique(self.table.users))

    @property
    def n_known(self) -> int:
        """Rows of what the user already chose in training: left out of every list, as for every run."""
        return int(self._known.sum())

    @cached_property
    def _lengths(self) -> IntArray:
        """How many new items the file lists for each user, (n_users,)."""
        return np.bincount(self.table.users[~self._known], minlength=self.split.dataset.n_users)

    @cached_property
    def judged(self) -> IntArray:
        """User rows with something new held out."""
        return np.unique(self.held_out // self.split.dataset.n_items)

    @property
    def n_without(self) -> int:
        """Judged users of whom the file says nothing new: their lists are empty and count as 0."""
        return int((self._lengths[self.judged] == 0).sum())

    @property
    def n_short(self) -> int:
        """Judged users with fewer than k new items, but some."""
        lengths = self._lengths[self.judged]
        return int(((lengths > 0) & (lengths < self.k)).sum())

    @cached_property
    def answers(self) -> float:
        """Share of the listed new pairs that are held out: what is right, if all were shown."""
        mine = self._keys[~self._known]
        return float(np.isin(mine, self.held_out).mean()) if len(mine) else 0.0

    @cached_property
    def picked(self) -> bool:
        """Whether candidates were chosen with the answers in hand: every held-out pair is there, and little else."""
        if not len(self.held_out) or not np.isin(self.held_out, self._keys).all():
            return False
        split = self.split
        new = split.dataset.n_items - np.diff(split.matrix(split.known_rows).indptr)[self.judged]
        return bool(self._lengths[self.judged].sum() < WIDE * new.sum())

    @property
    def lists(self) -> bool:
        """Whether lists are made of it: not where predicted values are all that it is about."""
        return not (self.ratings and self.picked)

    def check(self) -> None:
        """Refuses what cannot be judged.

        Raises:
            NotSupported: values that are no ratings. DataError: a held-out pair lacks its prediction, or nothing but the
                answers is listed.
        """
        data = self.split.dataset
        if data.kind is Kind.CLICK:
            raise NotSupported(
                what=_("answers of yes and no are not ranked"),
                where=_("data set {name}").format(name=data.name),
                remedy=_("import scores for data of ratings or choices"),
            )
        if self.ratings:
            self._check_ratings()
        elif self.picked and self.answers > MOSTLY:
            raise DataError(
                what=_("{share:.0%} of the rows are held-out pairs, so every list would be right").format(
                    share=self.answers
                ),
                where=_("the file of scores"),
                remedy=_("score the whole catalogue for everybody and keep the best 200, or give --ratings"),
            )

    def _check_ratings(self) -> None:
        data = self.split.dataset
        if data.kind is not Kind.RATING or self.table.columns.ranked:
            raise NotSupported(
                what=_("a rank is no predicted rating")
                if self.table.columns.ranked
                else _("the data hold no ratings that could be predicted"),
                where="--ratings",
                remedy=_("leave --ratings out: the lists are judged all the same"),
            )
        wanted = self._pairs(self.split.test)
        missing = np.flatnonzero(~np.isin(wanted, self._keys))
        if len(missing):
            user, item = divmod(int(wanted[missing[0]]), data.n_items)
            raise DataError(
                what=_(
                    "{n:,} of {all:,} held-out pairs have no prediction; the first is {user} with {item}"
                ).format(
                    n=len(missing),
                    all=len(wanted),
                    user=repr(str(data.user_vocabulary.ids(np.array([user]))[0])[:80]),
                    item=repr(str(data.item_vocabulary.ids(np.array([item]))[0])[:80]),
                ),
                where="--ratings",
                remedy=_("predict every row of the split's test file: 'export-split' writes it"),
            )

    def remarks(self) -> list[str]:
        """What a person should know before they believe the figures; sentences, the gravest first."""
        data, words = self.split.dataset, self.split.dataset.words
        told = []
        if self.picked and self.ratings:
            told.append(
                _(
                    "The file holds the held-out pairs and little else, so only the predicted values are judged: lists "
                    "of it stay empty and their figures are 0."
                )
            )
        elif self.picked:
            told.append(
                _(
                    "Every held-out pair stands in the file although it lists a small part of the catalogue: candidates "
                    "that were chosen with the answers in hand make lists look far better than they are."
                )
            )
        nouns = {"user": words.user, "users": words.users, "items": words.items, "name": data.name}
        told += [
            text.format(n=n, all=len(self.judged), k=self.k, **nouns) for n, text in self._counted() if n
        ]
        return told

    def _counted(self) -> list[tuple[int, str]]:
        """How many there are of each, and what that means."""
        return [
            (
                self.n_without * self.lists,
                ngettext(
                    "{n:,} of {all:,} judged {users} has no row: the list is empty and counts as 0.",
                    "{n:,} of {all:,} judged {users} have no row: their lists are empty and count as 0.",
                    self.n_without,
                ),
            ),
            (
                self.n_short * self.lists,
                ngettext(
                    "{n:,} judged {user} has fewer than {k} new {items}: the list is short.",
                    "{n:,} judged {users} have fewer than {k} new {items}: their lists are short.",
                    self.n_short,
                ),
            ),
            (
                self.n_known,
                ngettext(
                    "{n:,} row names what the {user} already chose in training; it is left out of the lists.",
                    "{n:,} rows name {items} that the {user} already chose in training; they are left out of the lists.",
                    self.n_known,
                ),
            ),
            (
                self.table.left_out,
                ngettext(
                    "{n:,} row names one of the {users} or {items} that data set {name} does not have; it is left out.",
                    "{n:,} rows name {users} or {items} that data set {name} does not have; they are left out.",
                    self.table.left_out,
                ),
            ),
        ]

    def scorer(self) -> ImportedScorer:
        """The serving form."""
        data = self.split.dataset
        table = table_of(self.table.users, self.table.items, self.table.scores, (data.n_users, data.n_items))
        return ImportedScorer(table, span=data.value_range if self.ratings else None, lists=self.lists)

    def settings(self, file: str, sha256: str) -> dict[str, object]:
        """What the run records of the file."""
        what = RATINGS if self.ratings else RANK if self.table.columns.ranked else SCORE
        columns = {name: value for name, value in asdict(self.table.columns).items() if name != "ranked"}
        return {
            "file": file,
            "sha256": sha256,
            "holds": what,
            **{f"column_{name}": value for name, value in columns.items()},
            "rows": len(self.table.users),
            "rows_left_out": self.table.left_out,
            "rows_known": self.n_known,
            "users": self.n_users,
            "judged_without": self.n_without,
            "picked_candidates": self.picked,
        }
