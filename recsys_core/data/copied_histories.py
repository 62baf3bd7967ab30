"""Histories of test that stand in training under another id: found by hashes, and never where chance would do it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.special import gammaln

from recsys_core.data.splits import Split
from recsys_core.types import FloatArray, IntArray

LONG = 5
"""A shorter history may well be somebody else's too."""
CHANCE = 0.01
"""Equal histories that chance alone would give so many of, in the whole data set, are believed to be chance."""


@dataclass(frozen=True)
class _Histories:
    """Users of some rows whose history is long and unlikely enough to be told by it.

    Attributes:
        users: user rows, sorted, (n,).
        marks: a hash of each one's set of (item, value), (n,), uint64.
    """

    users: IntArray
    marks: np.ndarray


def copied_users(split: Split) -> IntArray:
    """Rows of the users of test whose history is learned from under another id, sorted.

    Either both whole histories are the same, and training holds something of the copy that test asks; or what test
    holds of the one is all that training holds of the other.
    """
    everything = np.arange(len(split.dataset.interactions))
    rare = _log_shares(split)
    whole = _histories(split, everything, rare)
    asked, learned = _histories(split, split.test, rare), _histories(split, split.fit_rows, rare)
    return np.union1d(_whole(split, whole), _test_in_training(asked, learned))


def _log_shares(split: Split) -> FloatArray:
    """For each row, the log of how usual its item and its value are: shape (n_rows,)."""
    _users, items, values = split.triples(np.arange(len(split.dataset.interactions)))
    kinds = pd.factorize(values)[0]
    shares = [np.bincount(one)[one] / len(one) for one in (items, kinds)]
    return np.asarray(np.log(shares[0]) + np.log(shares[1]))


def _histories(split: Split, rows: IntArray, rare: FloatArray) -> _Histories:
    """Hash of each user's set, for those with LONG or more pairs and a chance below CHANCE.

    Chance: drawing exactly this set, given its size, by how usual each pair is (multinomial), between any two users.
    """
    users, items, values = split.triples(rows)
    pairs = users.astype(np.int64) * split.dataset.n_items + items
    first = np.unique(pairs, return_index=True)[1]  # sorted by user; a pair that is there twice counts once
    if not len(first):
        return _Histories(np.empty(0, np.int64), np.empty(0, np.uint64))
    owners = users[first]
    table = pd.DataFrame({"item": items[first].astype(np.int64), "value": values[first].astype(np.float64)})
    hashes = pd.util.hash_pandas_object(table, index=False).to_numpy()
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    sizes = np.diff(np.append(starts, len(owners)))
    marks = np.add.reduceat(hashes, starts)  # sums that wrap round: the same in any order
    chance = gammaln(sizes + 1) + np.add.reduceat(rare[rows][first], starts)
    told = (sizes >= LONG) & (chance + 2 * np.log(split.dataset.n_users) < np.log(CHANCE))
    return _Histories(owners[starts][told], marks[told])


def _whole(split: Split, whole: _Histories) -> IntArray:
    """Of users with the same whole history, those of whom training knows from another what test asks."""
    group, _marks = pd.factorize(whole.marks)
    sizes = np.bincount(group, minlength=1)
    twin = sizes[group] > 1 if len(group) else np.zeros(0, bool)
    users, group = whole.users[twin], group[twin]
    if not len(users):
        return users
    shape = (int(group.max()) + 1, len(users))
    together = csr_matrix((np.ones(len(users), np.float32), (group, np.arange(len(users)))), shape=shape)
    learned, asked = split.matrix(split.fit_rows)[users], split.matrix(split.test)[users]
    by_others = (together @ learned)[group] - learned
    known = asked.multiply(by_others > 0)
    return users[np.asarray(known.sum(axis=1)).ravel() > 0]


def _test_in_training(asked: _Histories, learned: _Histories) -> IntArray:
    """Users of test whose test rows are exactly the training rows of somebody else."""
    there = pd.Series(learned.marks).value_counts()
    found = there.reindex(asked.marks).fillna(0).to_numpy()
    own = pd.Series(learned.marks, index=learned.users).reindex(asked.users)
    mine = own.notna().to_numpy() & (own.fillna(0).to_numpy(dtype=np.uint64) == asked.marks)
    return asked.users[found - mine > 0]
