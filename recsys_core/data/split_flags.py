"""Flags of a split: what gives its test rows away, what makes it kind to a model, what is good to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW, VALUE, Kind
from recsys_core.data.copied_histories import copied_users
from recsys_core.data.splits import Split
from recsys_core.i18n import _
from recsys_core.types import BoolArray, IntArray

LEAK, KIND, NOTE = "leak", "kind", "note"
"""The test rows are given away; they are asked more kindly than life asks; good to know."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing that is worth saying about a split.

    Attributes:
        name: which check found it.
        severity: LEAK, KIND or NOTE.
        sentence: what was found, in the words of the data set, with its figures.
    """

    name: str
    severity: str
    sentence: str


def flags_of(split: Split) -> list[Flag]:
    """Everything worth saying about a split, leaks first; a clean split has no LEAK."""
    return [flag for flag in (check(split) for check in _CHECKS) if flag is not None]


def _pairs(split: Split) -> Flag | None:
    """Pairs in training and in test. Where one may choose a thing again, only an exact copy is a leak."""
    data, words = split.dataset, split.dataset.words
    again = _known_pairs(split)
    if not again.any():
        return None
    may_repeat = data.kind is Kind.IMPLICIT and data.has_time
    given_away = int((_copied_rows(split) if may_repeat else again).sum())
    if given_away:
        sentence = _(
            "{n:,} of {all:,} test rows stand in training too, the same {user} with the same {item}: the model has "
            "seen the answer."
        )
    else:
        sentence = _(
            "{n:,} of {all:,} test rows are a choice made again: the {user} had chosen that {item} in training already. "
            "A list leaves out what is known, so these rows cannot be hit."
        )
    told = sentence.format(n=given_away or int(again.sum()), all=len(again), user=words.user, item=words.item)
    return Flag("pairs", LEAK, told) if given_away else Flag("again", NOTE, told)


def _known_pairs(split: Split) -> BoolArray:
    """Whether each test row's pair has a training row."""
    n_items = split.dataset.n_items
    (users, items, _v), (known_users, known_items, _w) = map(split.triples, (split.test, split.fit_rows))
    return np.isin(
        users.astype(np.int64) * n_items + items, known_users.astype(np.int64) * n_items + known_items
    )


def _copied_rows(split: Split) -> BoolArray:
    """Whether each test row stands in training with the same user, item, value and time."""
    columns = [split.dataset.interactions[name] for name in (USER_ROW, ITEM_ROW, VALUE, TIME)]
    marks = pd.util.hash_pandas_object(pd.concat(columns, axis=1), index=False).to_numpy()
    return np.isin(marks[split.test], marks[split.fit_rows])


def _copies(split: Split) -> Flag | None:
    """People of test whose history stands in training under another id."""
    found = copied_users(split)
    if not len(found):
        return None
    words = split.dataset.words
    return Flag(
        "copies",
        LEAK,
        _(
            "{n:,} {users} of test have their history in training under another id, {item} by {item}, {value} by {value}: "
            "what is asked of them was learned from their copy."
        ).format(n=len(found), users=words.users, item=words.item, value=words.value),
    )


def _order(split: Split) -> Flag | None:
    """A split that promises an order in time and does not keep it."""
    data, protocol = split.dataset, split.spec.protocol
    if protocol == "time" and not split.in_time_order:
        return Flag(
            "order",
            LEAK,
            _(
                "A split by time must learn from the past alone; here rows of training are later than rows of test."
            ),
        )
    if protocol == "last" and data.has_time:
        late = int((_times(split) < newest_learned(split)).sum())
        if late:
            return Flag(
                "order",
                LEAK,
                _(
                    "{n:,} test rows are older than rows that training holds of the same {user}, though the last ones "
                    "should be held out."
                ).format(n=late, user=data.words.user),
            )
    return None


def _strangers(split: Split) -> Flag | None:
    """People who should be held out whole and are not."""
    if not split.cold_users:
        return None
    asked, known = (np.unique(split.triples(rows)[0]) for rows in (split.test, split.fit_rows))
    both = len(np.intersect1d(asked, known))
    if not both:
        return None
    return Flag(
        "strangers",
        LEAK,
        _("{n:,} {users} who should be held out whole have rows in training.").format(
            n=both, users=split.dataset.words.users
        ),
    )


def _future(split: Split) -> Flag | None:
    """Peeking at the future: no leak, a kindness."""
    data = split.dataset
    if not data.has_time:
        return None
    words, times = data.words, _times(split)
    own = float((times < newest_learned(split)).mean())
    if own:
        return Flag(
            "own_future",
            KIND,
            _(
                "{share:.1%} of the test rows are older than what training holds of the same {user}: the model fills "
                "gaps in a story whose end it knows. That is no leak, but it is kind."
            ).format(share=own, user=words.user),
        )
    newest = data.interactions[TIME].to_numpy()[split.fit_rows].max()
    others = float((times < newest).mean())
    if not others:
        return None
    return Flag(
        "others_future",
        KIND,
        _(
            "{share:.1%} of the test rows are older than the newest training row of somebody else: the model knows what "
            "became popular later. That is no leak, but it is kind."
        ).format(share=others),
    )


def _new(split: Split) -> Flag | None:
    """People, or things, of whom nothing was learned though the protocol does not hold them out on purpose."""
    if split.cold_users or split.spec.protocol == "cold-item":
        return None
    users, known = (np.unique(split.triples(rows)[0]) for rows in (split.test, split.fit_rows))
    new = len(np.setdiff1d(users, known))
    if not new:
        return None
    return Flag(
        "new_users",
        NOTE,
        _(
            "{n:,} of {all:,} {users} of test have no training row: a model gives them what it gives anybody of whom it "
            "knows nothing."
        ).format(n=new, all=len(users), users=split.dataset.words.users),
    )


def newest_learned(split: Split) -> IntArray:
    """For each test row the time of its user's newest training row; the least number there is where none is."""
    events = split.dataset.interactions
    times, users = events[TIME].to_numpy(), events[USER_ROW].to_numpy()
    newest = np.full(split.dataset.n_users, np.iinfo(np.int64).min)
    np.maximum.at(newest, users[split.fit_rows], times[split.fit_rows])
    return newest[users[split.test]]


def _times(split: Split) -> np.ndarray:
    return split.dataset.interactions[TIME].to_numpy()[split.test]


_CHECKS: tuple[Callable[[Split], Flag | None], ...] = (_pairs, _copies, _order, _strangers, _future, _new)
