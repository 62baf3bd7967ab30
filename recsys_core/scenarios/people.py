"""Who a user is among all: how active, how mainstream, since when, and what they choose more than others do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import TIME
from recsys_core.data.dataset import Dataset
from recsys_core.errors import ParamError
from recsys_core.i18n import N_, _
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

TENTH = 0.1
N_FAVOURITES = 6
RARE = 0.5
"""A kind that holds more than this share of the users sets nobody apart."""
KINDS = {
    "heavy": (N_("Heavy"), N_("chose as many {items} as the most active tenth of all {users}")),
    "light": (N_("Light"), N_("chose as few {items} as the least active tenth of all {users}")),
    "niche": (
        N_("Niche"),
        N_("their {items} are as little known, on average, as those of the tenth farthest from the crowd"),
    ),
    "mainstream": (
        N_("Mainstream"),
        N_("their {items} are as popular, on average, as those of the tenth nearest to the crowd"),
    ),
}
"""Each kind's name and definition."""


@dataclass(frozen=True)
class People:
    """All users by two figures; users without a choice in training belong to no kind.

    Attributes:
        activity: how many items each chose in training and validation, shape (n_users,).
        taste: mean share of all users who chose the same items, (n_users,); NaN without a choice.
    """

    activity: IntArray
    taste: FloatArray

    def of_kind(self, kind: str) -> IntArray:
        """Rows of the users of a kind; raises ParamError for one that is none."""
        if kind not in KINDS:
            raise ParamError(
                what=_("{kind} is no kind of user").format(kind=repr(kind)),
                where="kind",
                remedy=_("use one of: {known}").format(known=", ".join(KINDS)),
            )
        known = self.activity > 0
        if not known.any():
            return np.zeros(0, dtype=np.int64)
        figure = self.activity if kind in ("heavy", "light") else self.taste
        if kind in ("heavy", "mainstream"):
            inside = figure >= np.quantile(figure[known], 1 - TENTH)
        else:
            inside = figure <= np.quantile(figure[known], TENTH)
        return np.flatnonzero(known & inside)

    def kinds_of(self, user: int) -> list[str]:
        """The kinds of one user, those left out that hold most users."""
        rows = {kind: self.of_kind(kind) for kind in KINDS}
        most = RARE * len(self.activity)
        return [kind for kind, members in rows.items() if len(members) <= most and user in members]

    def around(self, user: int) -> tuple[float, float]:
        """The shares of users who are less active than this one, and more active."""
        own = self.activity[user]
        return float(np.mean(self.activity < own)), float(np.mean(self.activity > own))


def people_of(seen: csr_matrix) -> People:
    """Everybody's figures from who chose what, (n_users, n_items)."""
    activity = np.diff(seen.indptr).astype(np.int64)
    share = np.asarray(seen.sum(axis=0), dtype=np.float64).ravel() / max(1, seen.shape[0])
    summed = np.asarray(seen @ share, dtype=np.float64)
    taste = np.divide(summed, activity, out=np.full(len(activity), np.nan), where=activity > 0)
    return People(activity, taste)


@dataclass(frozen=True)
class Portrait:
    """One user at a glance.

    Attributes:
        n_items: how many items they chose in training and validation.
        below, above: the shares of users who chose fewer, and more.
        first, last: time of the first and the last interaction; None where the data have none.
        kinds: names in KINDS.
        attribute: the grouping attribute that `taste` is about; '' where there is none.
        taste: columns `value`, `share` (of their choices), `everyone` (share of everybody's), largest share first.
    """

    n_items: int
    below: float
    above: float
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    kinds: tuple[str, ...]
    attribute: str
    taste: pd.DataFrame

    def sentence(self, data: Dataset) -> str:
        """How active, of which kind, since when, in words."""
        words = data.words
        more = self.below >= self.above
        text = (
            _("{n} {items}, more than {share:.0%} of all {users}")
            if more
            else _("{n} {items}, fewer than {share:.0%} of all {users}")
        )
        if not self.below and not self.above:
            text = _("{n} {items}, as many as everybody")
        said = text.format(
            n=self.n_items, items=words.items, share=max(self.below, self.above), users=words.users
        )
        if self.kinds:
            names = _(" and ").join(_(KINDS[kind][0]).lower() for kind in self.kinds)
            said = _("{what}: {kinds}").format(what=said, kinds=names)
        if self.first is not None and self.last is not None:
            said += " · " + _("from {first:%d %b %Y} to {last:%d %b %Y}").format(
                first=self.first, last=self.last
            )
        return said


def portrait(serving: Serving, user: int) -> Portrait:
    """Who this user is, from what they chose in training and validation; the times are those of all they did."""
    people = serving.people
    below, above = people.around(user)
    first, last = _times(serving, user)
    attribute, taste = _taste(serving, serving.history(user))
    return Portrait(
        n_items=int(people.activity[user]),
        below=below,
        above=above,
        first=first,
        last=last,
        kinds=tuple(people.kinds_of(user)),
        attribute=attribute,
        taste=taste,
    )


def _times(serving: Serving, user: int) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    rows = serving.events_of(user)
    if not serving.data.has_time or not len(rows):
        return None, None
    times = serving.data.interactions[TIME].to_numpy()[rows]
    return pd.Timestamp(int(times.min()), unit="s"), pd.Timestamp(int(times.max()), unit="s")


def _taste(serving: Serving, history: IntArray) -> tuple[str, pd.DataFrame]:
    """The first grouping attribute, and the values that the history holds most of beside everybody's share."""
    tags = serving.tags
    empty = pd.DataFrame({"value": [], "share": [], "everyone": []})
    if not tags.names or not len(history):
        return "", empty
    attribute = tags.names[0][0]
    columns = np.array([at for at, (name, _value) in enumerate(tags.names) if name == attribute])
    share = np.asarray(tags.matrix[history].mean(axis=0)).ravel()[columns]
    largest = np.argsort(-share, kind="stable")[:N_FAVOURITES]
    largest = largest[share[largest] > 0]
    return attribute, pd.DataFrame(
        {
            "value": [tags.names[at][1] for at in columns[largest]],
            "share": share[largest],
            "everyone": np.asarray(tags.everyone)[columns[largest]],
        }
    )
