"""Checks of users and items by their rows: all alike, copies of each other, holding too much or too little."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data import concentration
from recsys_core.data.event_index import Side
from recsys_core.data.findings import MANY, Finding, Subject, Weight, counted, finding, percent, when
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

HASTE_SECONDS = 120
_TOO_MUCH, _TIMES_FAIR = 0.05, 5
_MANY_COLD = 0.5
_BLOCK, _HALF_BITS = 1 << 20, 26


def _hasty(subject: Subject) -> Finding | None:
    index = subject.index
    if index.time is None or not index.has("users") or not index.has_clock:
        return None
    rows = index.everything
    counts = rows.counts("users")
    seconds = rows.last_times("users") - rows.first_times("users")
    who = np.flatnonzero((counts >= MANY) & (seconds <= HASTE_SECONDS))
    if not len(who):
        return None
    who = who[np.argsort(-counts[who], kind="stable")]
    share = counts[who].sum() / subject.n_rows
    return finding(
        "hasty",
        Weight.CAREFUL if share > 0.01 else Weight.NOTE,
        _(
            "{users} with {many} or more values gave all of them within 2 minutes: {share} of the rows."
        ).format(users=counted(len(who), subject.nouns("users")), many=MANY, share=percent(share)),
        _(
            "Their order says nothing, so do not judge them by a split by time; look whether a machine or an import "
            "wrote them."
        ),
        pd.DataFrame(
            {
                subject.words.user: subject.ids("users").iloc[who].to_numpy(),
                _("interactions"): counts[who],
                _("seconds"): seconds[who],
                _("first"): [when(one) for one in rows.first_times("users")[who]],
            }
        ),
    )


def _one_value(subject: Subject, side: Side) -> Finding | None:
    index = subject.index
    if index.data.kind is not Kind.RATING or index.constant or not index.has(side):
        return None
    rows = index.everything
    counts, owner = rows.counts(side), rows.owner(side)
    first = np.zeros(index.n_of(side), dtype=index.value.dtype)
    first[owner] = index.value
    same = np.ones(index.n_of(side), dtype=bool)
    same[owner[index.value != first[owner]]] = False
    who = np.flatnonzero(same & (counts >= MANY))
    if not len(who):
        return None
    who = who[np.argsort(-counts[who], kind="stable")]
    share = counts[who].sum() / subject.n_rows
    nouns = subject.nouns(side)
    sentence = _("{who} with {many} or more rows and the same {value} in all of them: {share} of the rows.")
    return finding(
        f"one value of {side}",
        Weight.CAREFUL if share > 0.02 else Weight.NOTE,
        sentence.format(
            value=subject.words.value, who=counted(len(who), nouns), many=MANY, share=percent(share)
        ),
        _("They tell what was chosen and not how much it was liked: they teach a model of values little."),
        pd.DataFrame(
            {
                nouns[0]: subject.ids(side).iloc[who].to_numpy(),
                _("interactions"): counts[who],
                subject.words.value: first[who],
            }
        ),
    )


def _one_value_users(subject: Subject) -> Finding | None:
    return _one_value(subject, "users")


def _one_value_items(subject: Subject) -> Finding | None:
    return _one_value(subject, "items")


def _dominant(subject: Subject, side: Side) -> Finding | None:
    if not subject.index.has(side):
        return None
    counts = subject.index.everything.counts(side)
    shares = counts / subject.n_rows
    who = np.flatnonzero((shares > _TOO_MUCH) & (shares > _TIMES_FAIR / len(counts)))
    if not len(who):
        return None
    who = who[np.argsort(-counts[who], kind="stable")]
    nouns = subject.nouns(side)
    sentence = _("{who} with more than {limit:.0%} of the rows; the largest, {id}, holds {share}.")
    return finding(
        f"dominant {side}",
        Weight.SERIOUS if shares[who[0]] > 0.2 else Weight.CAREFUL,
        sentence.format(
            who=counted(len(who), nouns),
            limit=_TOO_MUCH,
            id=str(subject.ids(side).iloc[who[0]])[:60],
            share=percent(shares[who[0]]),
        ),
        _("Look whether it is a test account or a placeholder; leave it out if it is nobody's choice."),
        pd.DataFrame(
            {
                nouns[0]: subject.ids(side).iloc[who].to_numpy(),
                _("interactions"): counts[who],
                _("share of rows"): shares[who],
            }
        ),
    )


def _dominant_users(subject: Subject) -> Finding | None:
    return _dominant(subject, "users")


def _dominant_items(subject: Subject) -> Finding | None:
    return _dominant(subject, "items")


def _cold(subject: Subject, side: Side) -> Finding | None:
    if not subject.index.has(side):
        return None
    counts = subject.index.everything.counts(side)
    found = concentration.cold(counts[counts > 0])
    if found.share <= _MANY_COLD:
        return None
    nouns = subject.nouns(side)
    table = concentration.activity(counts[counts > 0])
    return finding(
        f"cold {side}",
        Weight.CAREFUL,
        _(
            "{share:.0%} of the {who} have fewer than {few} interactions; together they hold {rows} of the rows."
        ).format(
            share=found.share, who=nouns[1], few=concentration.COLD_BELOW, rows=percent(found.share_of_rows)
        ),
        _("Judge models on them apart (Cold start), or keep only active ones in Prepare."),
        pd.DataFrame({_("interactions"): table["label"], nouns[1]: table["count"]}),
    )


def _cold_users(subject: Subject) -> Finding | None:
    return _cold(subject, "users")


def _cold_items(subject: Subject) -> Finding | None:
    return _cold(subject, "items")


def _twins(subject: Subject) -> Finding | None:
    index = subject.index
    if not (index.has("users") and index.has("items")):
        return None
    counts = index.everything.counts("users")
    who = np.flatnonzero(counts >= MANY)
    if not len(who):
        return None
    first, second = _signatures(subject)
    marks = pd.DataFrame({"n": counts[who], "a": first[who], "b": second[who]})
    twins = marks.duplicated(keep=False).to_numpy()
    if not twins.any():
        return None
    group = marks[twins].groupby(["n", "a", "b"], sort=False).ngroup().to_numpy() + 1
    who = who[twins]
    order = np.lexsort((who, group))
    return finding(
        "twins",
        Weight.CAREFUL,
        _(
            "{users} with {many} or more rows and exactly the same {items} and values as somebody else."
        ).format(users=counted(len(who), subject.nouns("users")), items=subject.words.items, many=MANY),
        _(
            "If one person or one import stands behind them, keep one of each: a copy in training gives a test away."
        ),
        pd.DataFrame(
            {
                _("group"): group[order],
                subject.words.user: subject.ids("users").iloc[who[order]].to_numpy(),
                _("interactions"): counts[who[order]],
            }
        ),
    )


def _signatures(subject: Subject) -> tuple[FloatArray, FloatArray]:
    """Two sums a user over a hash of every (item, value), the same in any order: equal ones are the same set.

    Each hash has 26 bits, so that sums of up to 2**27 of them are exact.
    """
    index = subject.index
    assert index.item is not None
    sums = np.zeros((2, index.n_of("users")))
    owner = index.everything.owner("users")
    for start in range(0, len(owner), _BLOCK):
        block = slice(start, start + _BLOCK)
        mixed = _mixed(index.item[block], index.value[block])
        for place, part in enumerate((mixed & (1 << _HALF_BITS) - 1, mixed >> 64 - _HALF_BITS)):
            sums[place] += np.bincount(owner[block], part.astype(np.float64), sums.shape[1])
    return sums[0], sums[1]


def _mixed(item: IntArray, value: FloatArray) -> IntArray:
    """A 64-bit hash of each pair. Reference: Steele, Lea, Flood, SplittableRandom, OOPSLA 2014 (the mixing step)."""
    bits = np.ascontiguousarray(value, dtype=np.float32).view(np.uint32).astype(np.uint64)
    mixed = (item.astype(np.uint64) << np.uint64(32)) | bits
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


CHECKS = (
    _dominant_users, _dominant_items, _twins, _hasty, _one_value_users, _one_value_items, _cold_users, _cold_items,
)  # fmt: skip
