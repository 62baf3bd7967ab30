"""What each column of a file is: guessed from its name and its cells, with a confidence and a reason.

No rule knows a data set: each speaks of a shape (a name's words, digits, repeated ids, times, cells that depend on
the item alone).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.column_map import ColumnMap, Guess, Proposal, Role
from recsys_core.data.column_views import ColumnView, views_of
from recsys_core.data.kinds import FEATURES_OF_CLICKS, KindGuess, propose_kind
from recsys_core.data.names import asks, is_part_of_date, name_score, says_role
from recsys_core.data.tables import SOURCE
from recsys_core.errors import DataError
from recsys_core.i18n import _


def guess_columns(table: pd.DataFrame) -> ColumnMap:
    """The likely assignment; raises DataError for a table of fewer than two columns."""
    return propose(table).columns


def propose(table: pd.DataFrame, *, label: str | None = None) -> Proposal:
    """Each column's likely role and the kind of feedback; raises DataError for a table of fewer than two columns.

    `label`: the column of 0 and 1, where a person says that this is a table of clicks.
    """
    if len(table.columns) < 2:
        raise DataError(
            what=_("there is only one column"),
            where=str(table.attrs.get(SOURCE, _("the table"))),
            remedy=_(
                "interactions need a user column and an item column, separated by , ; tab | :: or spaces"
            ),
        )
    return _Guesser(views_of(table)).proposal(label)


class _Guesser:
    """Assigns roles one after the other, the surest first; what is taken is out of the running."""

    def __init__(self, views: dict[str, ColumnView]) -> None:
        self.views = views
        self.found: dict[str, Guess] = {}

    def proposal(self, said: str | None) -> Proposal:
        if said is not None:
            self._take(said, Role.VALUE, 1.0, _("you said so"))
        self._unusable()
        label = said or self._click_label()
        if label is not None and said is None:
            self._take(label, Role.VALUE, 0.85, _("two values, 0 and 1, and many columns beside it"))
        self._named_ids(least=0.98 if label else 0.5)
        self._time()
        if label is None:
            self._unnamed_ids()
        user, item = self._column(Role.USER), self._column(Role.ITEM)
        self._attributes_of(item, Role.ITEM_ATTRIBUTE, "item")
        self._attributes_of(user, Role.USER_ATTRIBUTE, "user")
        if label is None:
            self._value()
        self._title(item)
        self._echoes(label)
        features, value = self._free(), self._column(Role.VALUE)
        values = self.views[value].numbers if value else None
        beside = len(features) if label is None else max(len(features), FEATURES_OF_CLICKS)
        kind = propose_kind(values, name=value or "", n_features=beside)
        kind = kind if said is None else KindGuess(Kind.CLICK, 1.0, _("you said so"))
        for column in features:
            role = Role.FEATURE if kind.kind == "click" else Role.UNUSED
            self._take(column, role, 0.5, _("it describes the row, not the user or the item alone"))
        return Proposal(self._map(), kind, self.found)

    def _map(self) -> ColumnMap:
        def every(role: Role) -> tuple[str, ...]:
            return tuple(name for name in self.views if self.found[name].role is role)

        return ColumnMap(
            self._column(Role.USER), self._column(Role.ITEM), self._column(Role.VALUE), self._column(Role.TIME),
            self._column(Role.TITLE), every(Role.ITEM_ATTRIBUTE), every(Role.USER_ATTRIBUTE), every(Role.FEATURE),
        )  # fmt: skip

    def _free(self) -> list[str]:
        return [name for name in self.views if name not in self.found]

    def _column(self, role: Role) -> str | None:
        return next((name for name, guess in self.found.items() if guess.role is role), None)

    def _take(self, column: str, role: Role, confidence: float, reason: str) -> None:
        self.found[column] = Guess(column, role, round(confidence, 2), reason)

    def _unusable(self) -> None:
        """Columns that can be nothing: empty, or one value throughout under a name that says nothing."""
        for name in self._free():
            view = self.views[name]
            if view.n_distinct == 0:
                self._take(name, Role.UNUSED, 1.0, _("it is empty"))
            elif len(self.views) > 2 and view.n_distinct == 1 and view.n_present > 20 and not says_role(name):
                self._take(name, Role.UNUSED, 0.9, _("it holds one value throughout"))
            elif len(self.views) > 2 and view.counts_rows and not says_role(name):
                self._take(name, Role.UNUSED, 0.95, _("it counts the rows"))

    def _click_label(self) -> str | None:
        """The 0/1 target of a table that describes each row by many columns; None where there is no such table."""
        free = self._free()
        binary = [name for name in free if self.views[name].is_binary]
        others = [
            name for name in free
            if not self.views[name].id_named and name_score(name, "time") < 0.98 and self.views[name].times < 0.9
        ]  # fmt: skip
        if not binary or len(others) < FEATURES_OF_CLICKS + 1:
            return None
        named = max(binary, key=lambda name: name_score(name, "label"))
        if name_score(named, "label") >= 0.7:
            return named
        rated = any(
            self.views[name].n_distinct > 2
            and self.views[name].numeric > 0.9
            and name_score(name, "value") >= 0.7
            for name in free
        )
        ids = sum(max(name_score(name, "user"), name_score(name, "item")) >= 0.98 for name in free)
        edge = next((name for name in (free[0], free[-1]) if name in binary), None)
        return None if rated or ids else edge

    def _echoes(self, label: str | None) -> None:
        """Columns that say the same as the label, or its opposite: known only once somebody clicked or not."""
        told = self.views.get(label or "")
        for name in [one for one in self._free() if told is not None and self.views[one].is_binary]:
            if self.views[name].follows(told) == told.follows(self.views[name]) == 1.0:  # type: ignore[arg-type,union-attr]
                self._take(name, Role.UNUSED, 0.9, _("it says the same as the label"))

    def _named_ids(self, least: float) -> None:
        for role, words in ((Role.USER, "user"), (Role.ITEM, "item")):
            named = [
                name for name in self._free()
                if name_score(name, words) >= least and (least < 0.98 or self.views[name].has_many)
            ]  # fmt: skip
            candidates = [
                (self._id_score(name, words) - 0.05 * self._groups(name, named), -place, name)
                for place, name in enumerate(named)
            ]
            score, _place, name = max(candidates, default=(0.0, 0, ""))
            if score >= 0.5:
                self._take(
                    name, role, min(0.97, 0.5 + score / 2), _("its name says {role}").format(role=words)
                )

    def _groups(self, name: str, others: list[str]) -> bool:
        """Whether one of the others tells it: a brand beside the product, a household beside the person."""
        mine = self.views[name]
        finer = [self.views[one] for one in others if self.views[one].n_distinct > 1.2 * mine.n_distinct]
        return any(mine.follows(other) > 0.95 for other in finer)

    def _id_score(self, name: str, words: str) -> float:
        """How clearly a column is the id of a user or item, by its name and by cells that repeat."""
        view = self.views[name]
        score = name_score(name, words)
        if words == "user" and view.present < 0.5 and self._stands_in():
            return 0.0
        other = name_score(name, "item" if words == "user" else "user")
        titled = name_score(name, "title") >= 0.7
        if score < 0.5 or (other > score and not view.id_named):
            return 0.0
        penalty = 0.25 * titled + 0.3 * view.is_unique + 0.3 * view.has_fractions + 0.3 * (view.present < 0.3)
        penalty += 0.2 * (view.is_binary or view.n_distinct < 2) + 0.2 * view.is_flag
        penalty += 0.3 * (view.times > 0.9 and not view.id_named)
        return score + 0.1 * view.id_named - penalty

    def _stands_in(self) -> bool:
        """Whether every row has a session, order or the like, which several rows share."""
        return any(
            name_score(name, "user_stand_in") >= 0.98
            and self.views[name].present > 0.9
            and not self.views[name].is_unique
            for name in self._free()
        )

    def _time(self) -> None:
        keys = [key for key in (self._column(Role.USER), self._column(Role.ITEM)) if key]
        scored = []
        for place, name in enumerate(self._free()):
            view, named = self.views[name], name_score(name, "time")
            counted = (
                named >= 0.98 and view.numeric > 0.95 and not (is_part_of_date(name) and view.n_distinct < 60)
            )
            readable = max(view.times, view.epochs, 0.95 * counted)
            if readable < 0.5 or (named < 0.5 and max(view.times, view.epochs) < 0.9):
                continue
            fixed = any(view.follows(self.views[key]) > 0.95 for key in keys)
            scored.append((named + readable - fixed - 0.5 * (named < 0.5 and view.id_named), -place, name))
        score, _place, name = max(scored, default=(0.0, 0, ""))
        if score >= 0.9:
            by_name = name_score(name, "time") >= 0.5
            reason = _("its name says time, and its cells are times") if by_name else _("its cells are times")
            self._take(name, Role.TIME, min(0.97, score / 2 + 0.1), reason)

    def _unnamed_ids(self) -> None:
        """Where no name tells: the first columns that look like ids, the user before the item."""
        for role, words in ((Role.USER, "user_stand_in"), (Role.USER, ""), (Role.ITEM, "")):
            if self._column(role) is not None:
                continue
            free = [
                name for name in self._free()
                if not words or (name_score(name, words) >= 0.98 and not self.views[name].is_unique)
            ]  # fmt: skip
            other = self._column(Role.ITEM if role is Role.USER else Role.USER)
            name = max(
                free, key=lambda one: (self._looks_like_id(one, other, role), -free.index(one)), default=None
            )
            if name is not None and (not words or self._looks_like_id(name, other, role) > 0.3):
                reason = (
                    _("its name says what may stand for a user") if words
                    else _("the first column whose cells look like repeated ids") if role is Role.USER
                    else _("the next column whose cells look like repeated ids")
                )  # fmt: skip
                self._take(name, role, 0.5 if words else 0.4, reason)

    def _looks_like_id(self, name: str, other: str | None, role: Role) -> float:
        view = self.views[name]
        score = 1.0 - 0.5 * view.is_unique - 0.6 * view.has_fractions - 0.5 * (view.present < 0.5)
        score -= 0.4 * (view.n_distinct <= max(2, 0.002 * view.n_present)) + 0.5 * (
            max(view.times, view.epochs) > 0.9 or view.is_clock
        )
        score -= 0.3 * (name_score(name, "value") >= 0.98 or name_score(name, "never_value") >= 0.98)
        score -= 0.3 * (role is Role.USER and name_score(name, "item") >= 0.7)
        if other is not None and view.n_distinct > 1:
            score -= 0.3 * (view.follows(self.views[other]) > 0.95)
        return round(score, 3)

    def _attributes_of(self, key: str | None, role: Role, words: str) -> None:
        """Columns that depend on the item (the user) alone, or are named after it."""
        if key is None:
            return
        other = self._column(Role.USER if role is Role.ITEM_ATTRIBUTE else Role.ITEM)
        for name in self._free():
            view = self.views[name]
            follows = view.follows(self.views[key])
            rival = view.follows(self.views[other]) if other else 0.0
            graded = name_score(name, "value") >= 0.7 and view.numeric > 0.9
            if np.isnan(follows):
                if name_score(name, words) == 0.7 and not graded and not view.is_unique:
                    self._take(name, role, 0.5, _("its name says {role}").format(role=words))
            elif (
                follows > (0.97 if graded else 0.9) and follows >= rival and view.beyond_chance(follows) > 0.5
            ):
                self._take(
                    name, role, 0.85, _("the same in {share:.0%} of the rows of one {role}").format(
                        share=follows, role=words
                    ),
                )  # fmt: skip

    def _value(self) -> None:
        scored = []
        for place, name in enumerate(self._free()):
            view, named = self.views[name], name_score(name, "value")
            least = 0.9 if named < 0.98 else 0.3 * (view.n_present >= 10)
            if view.numeric < least and not view.is_binary:
                continue
            asked = view.is_binary and asks(name)
            never = name_score(name, "never_value") >= 0.7 and named < 0.98 and not asked
            odd = view.is_unique or (view.id_named and named < 0.98) or view.present < 0.5
            odd = odd or (named < 0.5 and view.is_running)
            score = named + 0.3 - 0.6 * never - 0.4 * odd - 0.2 * (view.n_distinct < 2 < view.n_present)
            scored.append((score, -place, name))
        score, _place, name = max(scored, default=(0.0, 0, ""))
        rivals = sum(other >= 0.3 for other, _place, _name in scored)
        if score >= 0.5 or (score >= 0.3 and (rivals == 1 or name.startswith("column_"))):
            by_name = name_score(name, "value") >= 0.5
            reason = (
                _("its name says value")
                if by_name
                else _("the first column of numbers that is no id and no time")
            )
            self._take(name, Role.VALUE, 0.95 if score >= 1.2 else 0.75 if by_name else 0.5, reason)

    def _title(self, item: str | None) -> None:
        """Of the items' attributes the one that reads like a name."""
        texts = [
            name for name, guess in self.found.items()
            if guess.role is Role.ITEM_ATTRIBUTE and self.views[name].numeric < 0.5 and not self.views[name].lists
        ]  # fmt: skip
        if item is None or not texts:
            return

        def fit(name: str) -> float:
            view = self.views[name]
            share = min(1.0, view.n_distinct / max(self.views[item].n_distinct, 1))
            return name_score(name, "title") + share - 0.5 * view.id_named

        best = max(texts, key=fit)
        if fit(best) >= 1.2 or (fit(best) >= 0.75 and self.views[best].length > 4):
            self._take(best, Role.TITLE, 0.85, _("nearly a different text for every item"))
