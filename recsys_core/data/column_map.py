"""Which column of a file is what: the roles, one column's guess, and the assignment as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from recsys_core.data.kinds import KindGuess


class Role(StrEnum):
    """What a column may be."""

    USER = "user"
    ITEM = "item"
    VALUE = "value"
    TIME = "time"
    TITLE = "title"
    ITEM_ATTRIBUTE = "item attribute"
    USER_ATTRIBUTE = "user attribute"
    FEATURE = "feature"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Guess:
    """One column's likely role, how sure (0..1), and why."""

    column: str
    role: Role
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of the events is what, by its name in the file.

    Attributes:
        user, item: needed, except in a table of clicks.
        value: a rating, an amount, or the 0/1 label of a table of clicks.
        time: when it happened.
        title: what an item is called.
        item_attributes, user_attributes: columns that say something of the item (the user) alone.
        features: columns that describe the row, kept in a table of clicks only.
    """

    user: str | None
    item: str | None
    value: str | None = None
    time: str | None = None
    title: str | None = None
    item_attributes: tuple[str, ...] = ()
    user_attributes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def chosen(self) -> list[str]:
        """Every assigned column, in order, repeats included."""
        single = (self.user, self.item, self.value, self.time, self.title)
        several = (*self.item_attributes, *self.user_attributes, *self.features)
        return [column for column in (*single, *several) if column is not None]


@dataclass(frozen=True)
class Proposal:
    """What a table of events was taken for."""

    columns: ColumnMap
    kind: KindGuess
    guesses: dict[str, Guess] = field(default_factory=dict)
