"""One person's list before and after the dial: what came in and why, what went out, and the mix against their taste."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TITLE
from recsys_core.evaluation.beyond import intra_list_diversity
from recsys_core.i18n import _
from recsys_core.ranking.kinds import miscalibration
from recsys_core.ranking.rerank import AS_RANKED, COVERAGE, MIX, POPULARITY, Setting
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.types import FloatArray, IntArray

MOST_KINDS, MOST_NAMED = 10, 3
LIKE = 0.5
"""From this cosine on an item that went out is said to be like one that stayed."""


@dataclass(frozen=True)
class BeforeAfter:
    """Two lists of one person.

    Attributes:
        before, after: as `user_list`, each with a column `note`: why an item came in, or may have gone out ('' for
            those in both lists).
        came, gone: item rows that are only in the list after, only in the one before.
        mix: the kinds that matter most: `kind`, `taste`, `before`, `after` (shares).
        attribute: what the kinds are values of; '' for groups that were found.
        distance, away: difference within the list, and distance from the taste (NaN without one), before and after.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    came: set[int]
    gone: set[int]
    mix: pd.DataFrame
    attribute: str
    distance: tuple[float, float]
    away: tuple[float, float]


def before_after(serving: Serving, user: int, setting: Setting, *, k: int = 10) -> BeforeAfter:
    """The list as ranked and at a setting; the same items in both where the strength is 0."""
    lists = [user_list(serving, user, k=k, rerank=one) for one in (AS_RANKED, setting)]
    rows = [one[ITEM_ROW].to_numpy() for one in lists]
    came, gone = set(rows[1].tolist()) - set(rows[0].tolist()), set(rows[0].tolist()) - set(rows[1].tolist())
    notes_in = [
        _why_in(serving, item, rows[0], setting, k) if item in came else "" for item in rows[1].tolist()
    ]
    notes_out = [
        _why_out(serving, item, rows[1], setting) if item in gone else "" for item in rows[0].tolist()
    ]
    taste = serving.studio.taste(serving.seen[[user]])
    mixes = [serving.studio.kinds.mix(one[None, :]) for one in rows]
    vectors = serving.studio.vectors(setting.distance)
    inside = [float(intra_list_diversity(one[None, :], vectors)[0]) for one in rows]
    from_taste = [float(miscalibration(taste, mix)[0]) for mix in mixes]
    distance, away = (inside[0], inside[1]), (from_taste[0], from_taste[1])
    return BeforeAfter(
        lists[0].assign(note=notes_out),
        lists[1].assign(note=notes_in),
        came,
        gone,
        _mix(serving, taste[0], mixes[0][0], mixes[1][0]),
        serving.studio.kinds.attribute,
        distance,
        away,
    )


def _mix(serving: Serving, taste: FloatArray, before: FloatArray, after: FloatArray) -> pd.DataFrame:
    """The kinds with the largest share anywhere, the person's favourites first."""
    shares = np.stack([taste, before, after])
    most = np.argsort(-shares.max(axis=0), kind="stable")[:MOST_KINDS]
    order = most[np.argsort(-taste[most], kind="stable")]
    order = order[shares[:, order].max(axis=0) > 0]
    names = np.array(serving.studio.kinds.names, dtype=object)[order]
    return pd.DataFrame(
        {"kind": names, "taste": taste[order], "before": before[order], "after": after[order]}
    )


def _why_in(serving: Serving, item: int, before: IntArray, setting: Setting, k: int) -> str:
    """What an item brings that the list before had not."""
    words, kinds = serving.data.words, serving.studio.kinds
    told = []
    if setting.method == POPULARITY:
        told.append(_("chosen by {n:,} {users}").format(n=int(serving.popularity[item]), users=words.users))
    had = kinds.shares[before].sum(axis=0) > 0
    new = np.flatnonzero((kinds.shares[item] > 0) & ~had)
    if len(new) and kinds.attribute:
        told.append(_("brings {kinds}").format(kinds=", ".join(kinds.names[one] for one in new[:MOST_NAMED])))
    paid = setting.method in (COVERAGE, MIX) and serving.studio.ready(setting, k).bonus[item] > 0
    if paid:
        told.append(_("nobody would be shown it otherwise"))
    if not told and len(before):
        likeness = _likeness(serving, item, before, setting)
        told.append(
            _("likeness to the list before: {mean:.2f} on average").format(mean=float(likeness.mean()))
        )
    return "; ".join(told)


def _why_out(serving: Serving, item: int, after: IntArray, setting: Setting) -> str:
    """Which of those that are in the list is most like one that went out."""
    if not len(after):
        return ""
    likeness = _likeness(serving, item, after, setting)
    best = int(likeness.argmax())
    if likeness[best] < LIKE:
        return ""
    return _("like {title}").format(title=serving.data.items[TITLE].iloc[int(after[best])])


def _likeness(serving: Serving, item: int, others: IntArray, setting: Setting) -> FloatArray:
    vectors = serving.studio.vectors(setting.distance)
    return np.asarray(vectors[others] @ vectors[item])


def sentence(found: BeforeAfter, serving: Serving, setting: Setting) -> str:
    """What the dial does to this person's list, in words."""
    words, k = serving.data.words, len(found.after)
    if not setting.strength:
        return _("The list as the model ranks it. Turn the dial up to let others in.")
    if not found.came:
        return _("At this strength nothing changes for this {user}: turn the dial further.").format(
            user=words.user
        )
    return _("{n} of {k} {items} change for this {user}.").format(
        n=len(found.came), k=k, items=words.items, user=words.user
    )
