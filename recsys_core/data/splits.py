"""Splits: train, valid and test parts of a Dataset, the protocol that made them, and their audit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM_ROW, PART, TIME, USER_ROW, VALUE
from recsys_core.data.dataset import Dataset
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.types import IntArray

PROTOCOLS = {
    "user-random": N_("a share of each user's rows, drawn at random, is held out"),
    "random": N_("a share of all rows is held out at random, whoever they belong to"),
    "last": N_("each user's last rows by time are held out"),
    "given": N_("the test rows are the ones of your own test file"),
}
DEFAULT_PROTOCOL = "user-random"
DEFAULT_SHARE = 0.2
VALID_SHARE = 0.1
TIE_STREAM = 1
"""Beside the seed: the draw that orders equal times of a history is not the draw that cuts."""


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """What is asked for: `user-random:0.2`, `last:1` or `given`, and a seed."""

    protocol: str = DEFAULT_PROTOCOL
    amount: float = DEFAULT_SHARE
    seed: int = 42

    @classmethod
    def parse(cls, text: str, *, seed: int) -> SplitSpec:
        """Reads PROTOCOL[:amount]; raises ParamError that names what is allowed."""
        protocol, _colon, amount_text = text.partition(":")
        if protocol not in PROTOCOLS:
            raise ParamError(
                what=_("{given} is no split protocol").format(given=repr(text)),
                where="--split",
                remedy=_("use one of: {known}").format(known=", ".join(PROTOCOLS)),
            )
        default = 1.0 if protocol == "last" else DEFAULT_SHARE
        try:
            amount = float(amount_text) if amount_text else default
        except ValueError:
            amount = -1.0
        whole = protocol == "last"
        if (whole and (amount < 1 or not amount.is_integer())) or (not whole and not 0 < amount < 1):
            wanted = _("a whole number of rows, 1 or more") if whole else _("a share between 0 and 1")
            raise ParamError(
                what=_("{given} is not {wanted}").format(given=repr(amount_text), wanted=wanted),
                where="--split",
                remedy=_("write e.g. {example}").format(example="last:1" if whole else "user-random:0.2"),
            )
        return cls(protocol, amount, seed)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return self.protocol if self.protocol == "given" else f"{self.protocol}:{self.amount:g}"


@dataclass(frozen=True, slots=True)
class Ordered:
    """Each user's rows, oldest first; user u's are at `indptr[u]:indptr[u + 1]`.

    Attributes:
        indptr: shape (n_users + 1,), int64.
        items, values: shape (n,).
        times: epoch seconds, shape (n,); None where the data have no time.
    """

    indptr: IntArray
    items: IntArray
    values: np.ndarray
    times: IntArray | None

    def of(self, user: int) -> IntArray:
        """The item rows of one user."""
        return self.items[self.indptr[user] : self.indptr[user + 1]]


@dataclass(frozen=True)
class Split:
    """Three disjoint sets of rows of one Dataset, which together are all of it.

    Attributes:
        train, valid, test: positions in `dataset.interactions`, each sorted, int64.
    """

    dataset: Dataset
    spec: SplitSpec
    train: IntArray
    valid: IntArray
    test: IntArray

    def __post_init__(self) -> None:
        """Raises ParamError when a part is empty or parts overlap."""
        counted = np.concatenate([self.train, self.valid, self.test])
        if np.bincount(counted, minlength=1).max() > 1:
            raise ValueError("parts of a split must not overlap")
        if not len(self.train) or not len(self.test):
            raise ParamError(
                what=_("split {spec} leaves no training rows or no test rows").format(spec=self.spec),
                where=_("data set {name}").format(name=self.dataset.name),
                remedy=_("choose another protocol, or data with more rows per user"),
            )

    @cached_property
    def fit_rows(self) -> IntArray:
        """Rows that a final model is fitted on: train and valid."""
        return np.sort(np.concatenate([self.train, self.valid]))

    def matrix(self, rows: IntArray) -> csr_matrix:
        """Users x items with a 1 where the rows hold a pair; sparse, shape (n_users, n_items), float32."""
        events = self.dataset.interactions
        users, items = events[USER_ROW].to_numpy()[rows], events[ITEM_ROW].to_numpy()[rows]
        shape = (self.dataset.n_users, self.dataset.n_items)
        counts = csr_matrix((np.ones(len(rows), np.float32), (users, items)), shape=shape)
        counts.data[:] = 1.0
        return counts

    def triples(self, rows: IntArray) -> tuple[IntArray, IntArray, np.ndarray]:
        """User rows, item rows and values of these interactions, each shape (n,)."""
        events = self.dataset.interactions
        return (
            events[USER_ROW].to_numpy()[rows],
            events[ITEM_ROW].to_numpy()[rows],
            events[VALUE].to_numpy()[rows],
        )

    def ordered(self, rows: IntArray) -> Ordered:
        """These rows by user and time: equal times in an order drawn from the split's seed, never by id.

        Without time the order of the file stands.
        """
        users, items, values = self.triples(rows)
        times = self.dataset.interactions[TIME].to_numpy()[rows] if self.dataset.has_time else None
        order = np.arange(len(rows))
        if times is not None:
            order = np.random.default_rng([self.spec.seed, TIE_STREAM]).permutation(len(rows))
            order = order[np.argsort(times[order], kind="stable")]
        order = order[np.argsort(users[order], kind="stable")]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=self.dataset.n_users))])
        return Ordered(indptr, items[order], values[order], None if times is None else times[order])


def make_split(dataset: Dataset, spec: SplitSpec) -> Split:
    """Cuts the data set; the same spec gives the same rows. Valid is cut from train by the same rule.

    Raises:
        NotSupported: a click table without users or items.
        ParamError: the protocol needs a column that is not there, or leaves a part empty.
    """
    if USER_ROW not in dataset.interactions or ITEM_ROW not in dataset.interactions:
        raise NotSupported(
            what=_("split {spec} needs a user and an item in every row").format(spec=spec),
            where=_("data set {name}").format(name=dataset.name),
            remedy=_(
                "look at the data on the page Explore, or import them with a column of users and of items"
            ),
        )
    cut = _CUTS[spec.protocol]
    rng = np.random.default_rng(spec.seed)
    everything = np.arange(len(dataset.interactions))
    if spec.protocol == "given":
        if PART not in dataset.interactions:
            raise ParamError(
                what=_("the data set has no test file of its own"),
                where="--split given",
                remedy=_("give --train FILE and --test FILE, or choose user-random or last"),
            )
        part = dataset.interactions[PART].to_numpy()
        rest, test = everything[part == 0], everything[part == 1]
        train, valid = _user_random(dataset, rest, VALID_SHARE, rng)
    else:
        rest, test = cut(dataset, everything, spec.amount, rng)
        valid_amount = spec.amount if spec.protocol == "last" else VALID_SHARE
        train, valid = cut(dataset, rest, valid_amount, rng)
    return Split(dataset, spec, np.sort(train), np.sort(valid), np.sort(test))


def _user_random(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """A share of each user's rows (rounded, at least one row stays) is held out at random."""
    return _hold_out_first(dataset, rows, rng.random(len(rows)), lambda counts: np.rint(counts * share))


def _random(
    dataset: Dataset, rows: IntArray, share: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """A share of the rows (rounded, at least one on each side where there are two) is held out at random."""
    shuffled = rng.permutation(rows)
    n_held_out = min(max(1, round(len(rows) * share)), len(rows) - 1)
    return shuffled[n_held_out:], shuffled[:n_held_out]


def _last(
    dataset: Dataset, rows: IntArray, n_last: float, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """Each user's last n rows by time; equal times in seeded random order, never by id or row order."""
    if not dataset.has_time:
        raise ParamError(
            what=_("the data set has no time column"),
            where="--split last",
            remedy=_("choose user-random, or import the file again with a time column"),
        )
    newest_first = -dataset.interactions[TIME].to_numpy()[rows].astype(np.float64)
    tie_break = rng.permutation(len(rows))
    order = np.lexsort((tie_break, newest_first))
    rank = np.empty(len(rows))
    rank[order] = np.arange(len(rows))
    return _hold_out_first(dataset, rows, rank, lambda counts: np.full(len(counts), n_last))


def _hold_out_first(
    dataset: Dataset, rows: IntArray, key: np.ndarray, wanted: Callable[[np.ndarray], np.ndarray]
) -> tuple[IntArray, IntArray]:
    """Of each user's rows, ordered by `key`, the first `wanted(counts)` are held out; one row always stays."""
    users = dataset.interactions[USER_ROW].to_numpy()[rows]
    by_key = np.argsort(key, kind="stable")
    order = by_key[np.argsort(users[by_key], kind="stable")]  # what lexsort gives, in half the time
    counts = np.bincount(users, minlength=dataset.n_users)
    starts = np.cumsum(counts) - counts
    place = np.arange(len(rows)) - starts[users[order]]
    n_held_out = np.minimum(wanted(counts), np.maximum(counts - 1, 0))
    held_out = place < n_held_out[users[order]]
    return rows[order[~held_out]], rows[order[held_out]]


_CUTS = {"user-random": _user_random, "random": _random, "last": _last, "given": _user_random}
