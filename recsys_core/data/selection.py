"""A selection of rows: a period and values of attributes, as it stands in an address, and the rows it leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from recsys_core.data import periods
from recsys_core.data.event_index import EventIndex, Rows
from recsys_core.data.groupings import Key, grouping, rows_with
from recsys_core.data.periods import Unit


@dataclass(frozen=True, slots=True)
class Pick:
    """One value of one attribute."""

    key: Key
    value: str

    @property
    def text(self) -> str:
        """As it stands in an address: `items.genre=Drama`."""
        return f"{self.key.text}={self.value}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows everything is about; the empty one means all of them.

    Attributes:
        first, last: epoch seconds, both included; None where that end is open.
        picks: at most one value of each attribute; a row must have all of them.
    """

    first: int | None = None
    last: int | None = None
    picks: tuple[Pick, ...] = ()

    @classmethod
    def read(cls, first: str, last: str, picks: Iterable[str], known: Iterable[Key]) -> Selection:
        """From an address: `first` and `last` as days or hours, picks as `items.genre=Drama`. What is none is left out."""
        begin, end = periods.read(first), periods.read(last)
        low, high = begin and begin[0], end and end[1]
        if low is not None and high is not None and low > high:
            low = high = None
        by_key: dict[Key, Pick] = {}
        for text in picks:
            key = next((one for one in known if text.startswith(f"{one.text}=")), None)
            if key is not None:
                by_key.setdefault(key, Pick(key, text[len(key.text) + 1 :]))
        return cls(low, high, tuple(by_key.values()))

    def __bool__(self) -> bool:
        return self != Selection()

    @property
    def has_period(self) -> bool:
        """Whether an end of the period is set."""
        return self.first is not None or self.last is not None

    def pick_of(self, key: Key | None) -> str | None:
        """The picked value of an attribute."""
        return next((pick.value for pick in self.picks if pick.key == key), None)

    def with_pick(self, key: Key, value: str | None) -> Selection:
        """The same with another value of one attribute, or without that attribute."""
        others = tuple(pick for pick in self.picks if pick.key != key)
        return replace(self, picks=others if value is None else (*others, Pick(key, value)))

    def without_period(self) -> Selection:
        """The same at any time."""
        return replace(self, first=None, last=None)

    def written(self, unit: Unit = Unit.DAY) -> tuple[str, str, list[str]]:
        """As `read` reads it: first, last, picks."""
        ends = ["" if one is None else periods.written(one, unit) for one in (self.first, self.last)]
        return ends[0], ends[1], [pick.text for pick in self.picks]


EVERYTHING = Selection()
_REMEMBERED = 4


def rows_of(index: EventIndex, selection: Selection) -> Rows:
    """The rows that a selection leaves, in order of time; those of the last few selections are remembered."""
    if selection.has_period:
        ever = rows_of(index, selection.without_period())
        return index.lately(
            selection, lambda: ever.between(selection.first, selection.last), most=_REMEMBERED
        )
    if not selection.picks:
        return index.everything
    return index.lately(selection, lambda: _picked(index, selection), most=_REMEMBERED)


def _picked(index: EventIndex, selection: Selection) -> Rows:
    rows = index.everything
    for pick in selection.picks:
        rows = rows_with(rows, grouping(index, pick.key), pick.value)
    return rows
