"""What if this user had chosen otherwise: the list before some edits and after, both of somebody just met.

An id's score is never put beside a fold-in's: before and after are folded in alike, from the history (and the
attributes) as it is and as it was edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, Kind
from recsys_core.data.attribute_encoder import attributes_of
from recsys_core.data.dataset import Dataset
from recsys_core.i18n import _, ngettext
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.scenarios.lists import Serving, changes, make_list, with_hits
from recsys_core.scenarios.stand_in import approximate_fold_in
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Edits:
    """What is changed about a user; items are rows of `data.items`.

    Attributes:
        removed: items taken out of the history.
        added: items put at its end, the newest last; one that is there already stays where it is.
        values: new values by item; of items that are not in the edited history they count for nothing.
        attributes: new values by name of a user's attribute.
    """

    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    values: Mapping[int, float] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many edits there are."""
        return len(self.removed) + len(self.added) + len(self.values) + len(self.attributes)


@dataclass(frozen=True)
class WhatIf:
    """Two lists of one user.

    Attributes:
        before: the list from the history as it is, with a column `gone`: it is not in the other one.
        after: the list from the edited history, with a column `change`: places moved up (down below 0), missing
            where the item is new.
        history, values: the edited history, oldest first.
        attributes: what is known of the user after the edits, one row; None where the model reads none.
        approximate: users with similar histories answered, as the model knows users by their id alone.
    """

    before: pd.DataFrame
    after: pd.DataFrame
    history: IntArray
    values: FloatArray
    approximate: bool
    attributes: pd.DataFrame | None = None

    @property
    def n_new(self) -> int:
        """How many items of the list after were not in the one before."""
        return int(self.after["change"].isna().sum())

    @property
    def n_moved(self) -> int:
        """How many items of both lists changed their place."""
        return int((self.after["change"].fillna(0) != 0).sum())

    def sentence(self, edits: Edits) -> str:
        """What the edits changed, in words."""
        said = ngettext("Your edit", "Your {n} edits", len(edits)).format(n=len(edits))
        if not self.n_new and not self.n_moved:
            return _("{edits} changed nothing in this list.").format(edits=said)
        text = _("{edits} brought {new} new into this list of {k} and moved {moved}.")
        if not self.n_new:
            text = _("{edits} brought nothing new into this list of {k} and moved {moved}.")
        return text.format(edits=said, new=self.n_new, k=len(self.after), moved=self.n_moved)


def usual_value(data: Dataset, values: FloatArray) -> float:
    """The value of an item that is added: the highest of a rating scale, else the history's median (1 without)."""
    if data.kind is Kind.RATING:
        return data.value_range[1]
    return float(np.median(values)) if len(values) else 1.0


def edited_history(
    data: Dataset, history: IntArray, values: FloatArray, edits: Edits
) -> tuple[IntArray, FloatArray]:
    """History (h,) and values (h,), oldest first, after the edits."""
    kept = ~np.isin(history, edits.removed)
    there = set(history[kept].tolist())
    added = np.array([item for item in dict.fromkeys(edits.added) if item not in there], dtype=np.int64)
    new_history = np.concatenate([np.asarray(history, dtype=np.int64)[kept], added])
    new_values = np.concatenate([values[kept], np.full(len(added), usual_value(data, values))])
    for item, value in edits.values.items():
        new_values[new_history == item] = value
    return new_history, new_values


def what_if(
    serving: Serving,
    user: int,
    edits: Edits,
    *,
    k: int = 10,
    rerank: Setting = AS_RANKED,
    allowed: np.ndarray | None = None,
    again: bool = False,
) -> WhatIf:
    """The folded-in list of a user before and after the edits; `rerank`, `allowed`, `again` as in `user_list`."""
    history, values = serving.history(user), serving.values(user)
    new_history, new_values = edited_history(serving.data, history, values, edits)
    histories = [history, new_history]
    approximate = not serving.scorer.can.new_users
    known = _attributes(serving, user, edits)
    if approximate:
        scores = approximate_fold_in(serving, histories)
    else:
        scores = serving.scorer.fold_in(histories, [values, new_values], known)
    seen = None if again else histories_to_csr(histories, serving.data.n_items)
    before, after = (
        make_list(
            serving,
            scores[[place]],
            None if seen is None else seen[[place]],
            k=k,
            rerank=rerank,
            allowed=allowed,
        )
        for place in range(2)
    )
    before = with_hits(serving, user, before).assign(gone=~before[ITEM_ROW].isin(after[ITEM_ROW]))
    moved = pd.array(changes(before, after), dtype="Int64")
    after = with_hits(serving, user, after).assign(change=moved)
    edited = None if known is None else known.iloc[[1]].reset_index(drop=True)
    return WhatIf(before, after, new_history, new_values, approximate, edited)


def _attributes(serving: Serving, user: int, edits: Edits) -> pd.DataFrame | None:
    """The user's attributes before and after, one row each; None where the model reads none.

    Both rows are given where the model reads them: without them it would take both for an average person.
    """
    names = serving.data.user_attributes
    if not serving.scorer.can.attributes or not names:
        return None
    own = dict(zip(names, serving.data.users[names].iloc[user].tolist(), strict=True))
    return attributes_of([own, {**own, **edits.attributes}])
