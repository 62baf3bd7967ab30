"""Splits: train, valid and test parts of a Dataset, the protocol that made them, and their audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM_ROW, PART, TIME, USER_ROW, VALUE
from recsys_core.data import cuts
from recsys_core.data.dataset import Dataset
from recsys_core.data.ordered import Ordered
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.types import IntArray

PROTOCOLS = {
    "user-random": N_("a share of each user's rows, drawn at random, is held out"),
    "random": N_("a share of all rows is held out at random, whoever they belong to"),
    "last": N_("each user's last rows by time are held out"),
    "time": N_(
        "one moment for everybody: the newest share of all rows is held out, what came before is learned"
    ),
    "cold-user": N_(
        "a fifth of the users are held out whole; so many of their rows, drawn at random, are known"
    ),
    "cold-user-first": N_("a fifth of the users are held out whole; their first rows by time are known"),
    "cold-item": N_("a share of the items is held out whole, and as large a share of every other row"),
    "given": N_("the test rows are the ones of your own test file"),
}
COLD_USERS = ("cold-user", "cold-user-first")
NEEDS_TIME = ("last", "time", "cold-user-first")
COUNTED = {"last": (1, 1), "cold-user": (0, 5), "cold-user-first": (0, 5)}
"""Protocols whose amount is a number of rows: the least that is allowed, and the default."""
ROTATIONS = 5
"""Held-out users are one of so many parts: seeds 5 m to 5 m + 4 hold out each user once."""
MOST_COUNTED = 1000
DEFAULT_PROTOCOL = "user-random"
DEFAULT_SHARE = 0.2
COLD_ITEM_SHARE = 0.1
VALID_SHARE = 0.1
TIE_STREAM, REVEAL_STREAM, WITHIN_STREAM = 1, 2, 4
"""Beside the seed: the draws that order equal times, reveal rows or cut once more are not the draw that cuts."""


@dataclass(frozen=True, slots=True)
class SplitSpec:
    """What is asked for: `user-random:0.2`, `last:1`, `cold-user:5` or `given`, and a seed."""

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
        least, default = COUNTED.get(protocol, (None, default_share(protocol)))
        try:
            amount = float(amount_text) if amount_text else float(default)
        except ValueError:
            amount = -1.0
        whole = least is not None and least <= amount <= MOST_COUNTED and amount.is_integer()
        if not (whole if least is not None else 0 < amount < 1):
            wanted = _("a share between 0 and 1")
            if least is not None:
                wanted = _("a whole number of rows, {least} or more").format(least=least)
            raise ParamError(
                what=_("{given} is not {wanted}").format(given=repr(amount_text), wanted=wanted),
                where="--split",
                remedy=_("write e.g. {example}").format(example=f"{protocol}:{default:g}"),
            )
        return cls(protocol, amount, seed)

    def __str__(self) -> str:
        """The text that `parse` reads."""
        return self.protocol if self.protocol == "given" else f"{self.protocol}:{self.amount:g}"


def default_share(protocol: str) -> float:
    """The share that is held out where nobody says otherwise."""
    return COLD_ITEM_SHARE if protocol == "cold-item" else DEFAULT_SHARE


def _none() -> IntArray:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Split:
    """Disjoint sets of rows of one Dataset, which together are all of it.

    Attributes:
        train, valid, test: positions in `dataset.interactions`, each sorted, int64.
        revealed: rows of held-out users that are known when they are served, never learned from; else empty.
        valid_revealed: the same of the users of `valid`; the final fit learns from them.
    """

    dataset: Dataset
    spec: SplitSpec
    train: IntArray
    valid: IntArray
    test: IntArray
    revealed: IntArray = field(default_factory=_none)
    valid_revealed: IntArray = field(default_factory=_none)

    def __post_init__(self) -> None:
        """Raises ParamError when a part is empty; parts never overlap, and under `time` never cross."""
        counted = np.concatenate([self.train, self.valid, self.test, self.revealed, self.valid_revealed])
        if np.bincount(counted, minlength=1).max() > 1:
            raise ValueError("parts of a split must not overlap")
        if not len(self.train) or not len(self.test):
            raise ParamError(
                what=_("split {spec} leaves no training rows or no test rows").format(spec=self.spec),
                where=_("data set {name}").format(name=self.dataset.name),
                remedy=_("choose another protocol, or data with more rows per user"),
            )
        if self.spec.protocol == "time" and not self.in_time_order:
            raise ValueError("a split by time must have max(train) <= min(valid) <= min(test)")

    @property
    def in_time_order(self) -> bool:
        """Whether nothing in train is later than anything in valid, and nothing in either later than anything in test."""
        if not self.dataset.has_time:
            return False
        times = self.dataset.interactions[TIME].to_numpy()
        parts = [times[rows] for rows in (self.train, self.valid, self.test) if len(rows)]
        return all(early.max() <= late.min() for early, late in pairwise(parts))

    @cached_property
    def fit_rows(self) -> IntArray:
        """Rows that a final model is fitted on: train and valid, with what valid's users had revealed."""
        return np.sort(np.concatenate([self.train, self.valid, self.valid_revealed]))

    @cached_property
    def watched_rows(self) -> IntArray:
        """Rows that are known while a model is judged on valid: train, and what valid's users revealed."""
        return np.sort(np.concatenate([self.train, self.valid_revealed]))

    @cached_property
    def known_rows(self) -> IntArray:
        """Rows that are known when the model serves: those it was fitted on, and what was revealed."""
        return np.sort(np.concatenate([self.fit_rows, self.revealed]))

    @property
    def cold_users(self) -> bool:
        """Whether the users of test are held out whole, so that only `fold_in` can serve them."""
        return self.spec.protocol in COLD_USERS

    @cached_property
    def cold_items(self) -> IntArray:
        """Item rows that are held out whole and stand in test, sorted; empty under any other protocol."""
        if self.spec.protocol != "cold-item":
            return _none()
        items = self.dataset.interactions[ITEM_ROW].to_numpy()
        return np.setdiff1d(items[self.test], items[self.fit_rows])

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
    if spec.protocol in COLD_USERS:
        return _without_users(dataset, spec)
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
        train, valid = cuts.user_random(dataset, rest, VALID_SHARE, rng)
    else:
        cut = _CUTS[spec.protocol]
        rest, test = cut(dataset, everything, spec.amount, rng)
        valid_amount = spec.amount if spec.protocol == "last" else VALID_SHARE
        train, valid = cut(dataset, rest, valid_amount, rng)
    return Split(dataset, spec, np.sort(train), np.sort(valid), np.sort(test))


def _without_users(dataset: Dataset, spec: SplitSpec) -> Split:
    """Users are held out whole, in test and again in valid; of each some rows are revealed."""
    shuffle, part = divmod(spec.seed, ROTATIONS)
    rng = np.random.default_rng(shuffle)
    rest, strangers = cuts.some_users(dataset, np.arange(len(dataset.interactions)), part, ROTATIONS, rng)
    return held_out_users(dataset, spec, rest, strangers)


def held_out_users(dataset: Dataset, spec: SplitSpec, rest: IntArray, strangers: IntArray) -> Split:
    """The split whose test users are those of the rows `strangers`; valid users are drawn from `rest`.

    Raises:
        ParamError: `cold-user-first` without a time column, or nobody is left to learn from.
    """
    rng = np.random.default_rng([spec.seed, REVEAL_STREAM])
    n_known, first = int(spec.amount), spec.protocol == "cold-user-first"
    train, watched = cuts.some_users(dataset, rest, 0, round(1 / VALID_SHARE), rng)
    test, revealed = cuts.revealed_rows(dataset, strangers, n_known, rng, first=first)
    valid, valid_revealed = cuts.revealed_rows(dataset, watched, n_known, rng, first=first)
    return Split(dataset, spec, *map(np.sort, (train, valid, test, revealed, valid_revealed)))


def without_validation(split: Split) -> Split:
    """The training rows alone, to be judged on the validation rows as the split judges on its test rows."""
    return Split(split.dataset, split.spec, split.train, _none(), split.valid, split.valid_revealed)


def split_within(split: Split) -> Split:
    """The same rule once more inside the training rows: its test rows are the split's validation rows.

    For what must be known before test may be touched: a model chooses its epochs on other rows than those that judge
    it. The split's test rows, and what their users revealed, are in no part of it.

    Raises:
        ParamError: the split has no validation rows, or nothing is left to learn from.
    """
    data, spec = split.dataset, split.spec
    rng = np.random.default_rng([spec.seed, WITHIN_STREAM])
    if not split.cold_users:
        cut = _CUTS.get(spec.protocol, cuts.user_random)
        train, valid = cut(data, split.train, spec.amount if spec.protocol == "last" else VALID_SHARE, rng)
        return Split(data, spec, np.sort(train), np.sort(valid), split.valid)
    train, watched = cuts.some_users(data, split.train, 0, round(1 / VALID_SHARE), rng)
    first = spec.protocol == "cold-user-first"
    valid, revealed = cuts.revealed_rows(data, watched, int(spec.amount), rng, first=first)
    parts = (np.sort(train), np.sort(valid), split.valid, split.valid_revealed, np.sort(revealed))
    return Split(data, spec, *parts)


_CUTS: dict[str, cuts.Cut] = {
    "user-random": cuts.user_random,
    "random": cuts.random,
    "last": cuts.last,
    "time": cuts.newest,
    "cold-item": cuts.some_items,
}
