"""The interactions of a data set in order of time, so that any period is a slice and any count one pass.

Built once a data set; a selection of rows then answers within a second at ten million rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

import numpy as np
from scipy import sparse

from recsys_core.columns import ITEM_ROW, USER_ROW, VALUE, Kind
from recsys_core.data.binning import Steps, steps_of
from recsys_core.data.dataset import Dataset
from recsys_core.data.periods import DAY_SECONDS
from recsys_core.data.time_order import blocks, in_order, sorted_times, usable_time
from recsys_core.types import BoolArray, FloatArray, IntArray

T = TypeVar("T")
Side = Literal["users", "items"]
SIDES: tuple[Side, ...] = ("users", "items")
_CLOCK_SHARE = 0.95


@dataclass(frozen=True, eq=False)
class EventIndex:
    """The interactions as arrays in order of time (as they stand where there is none).

    Attributes:
        order: where each stands in the data set's own table, or None where that is in order already.
        steps: the scale of the values, and `value_code` the step of each.
        user, item, time: None where the data set has none; time in epoch seconds.
        first_day: day of the first row, days since 1970.
    """

    data: Dataset
    order: IntArray | None
    value: FloatArray
    steps: Steps
    value_code: IntArray
    user: IntArray | None
    item: IntArray | None
    time: IntArray | None
    first_day: int
    _known: dict[object, Any] = field(default_factory=dict)
    _lately: dict[type, dict[object, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, data: Dataset) -> EventIndex:
        """The index of a data set: sorts its rows once."""
        events = data.interactions
        time = usable_time(data)
        order, in_time = (None, time) if time is None or in_order(time) else sorted_times(time)

        def column(name: str) -> np.ndarray | None:
            if name not in events:
                return None
            found = events[name].to_numpy()
            return found if order is None else found[order]

        value = np.asarray(column(VALUE))
        steps = steps_of(value)
        return cls(
            data=data,
            order=order,
            value=value,
            steps=steps,
            value_code=np.concatenate([steps.codes(one) for one in blocks(value)]),
            user=column(USER_ROW),
            item=column(ITEM_ROW),
            time=in_time,
            first_day=0 if in_time is None else int(in_time[0] // DAY_SECONDS),
        )

    @cached_property
    def everything(self) -> Rows:
        """All rows."""
        return Rows(self, slice(0, len(self.value)))

    @property
    def binary(self) -> bool:
        """Whether the values are answers, 0 or 1: their mean is a share."""
        return self.data.kind is Kind.CLICK or self.step_values == (0.0, 1.0)

    @property
    def constant(self) -> bool:
        """Whether all values are the same, so that they say nothing."""
        return len(self.steps.labels) == 1

    @property
    def step_values(self) -> tuple[float, ...]:
        """The distinct values where there are few."""
        exact = len(self.steps.edges) == len(self.steps.labels)
        return tuple(map(float, self.steps.edges)) if exact else ()

    @cached_property
    def midnight_share(self) -> float:
        """Share of the rows whose time is exactly midnight (UTC); 0 without time."""
        if self.time is None:
            return 0.0
        return sum(int(np.count_nonzero(one % DAY_SECONDS == 0)) for one in blocks(self.time)) / len(
            self.time
        )

    @property
    def has_clock(self) -> bool:
        """Whether times tell the hour, and not only the day."""
        return self.time is not None and self.midnight_share < _CLOCK_SHARE

    @property
    def span(self) -> tuple[int, int]:
        """First and last second; (0, 0) without time."""
        return (0, 0) if self.time is None else (int(self.time[0]), int(self.time[-1]))

    @cached_property
    def by_user(self) -> sparse.csr_matrix:
        """Who has what: users x items, each pair once."""
        if self.user is None or self.item is None:
            raise ValueError("there are no users or no items")
        shape = (self.data.n_users, self.data.n_items)
        ones = np.ones(len(self.user), dtype=bool)
        return sparse.csr_matrix((ones, (self.user, self.item)), shape=shape)  # True + True is True

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What `make` makes, made once and kept under `key`."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]  # type: ignore[no-any-return]

    def lately(self, key: object, make: Callable[[], T], *, most: int) -> T:
        """As `once`, but of what comes from the same kind of key, only the last `most` are kept: they are large."""
        with self._lock:
            pool = self._lately.setdefault(type(key), {})
            found = pool.pop(key, None)
        found = make() if found is None else found
        with self._lock:
            pool[key] = found
            while len(pool) > most:
                del pool[next(iter(pool))]
        return found  # type: ignore[no-any-return]

    def has(self, side: Side) -> bool:
        """Whether rows have a user (an item)."""
        return (self.user if side == "users" else self.item) is not None

    def n_of(self, side: Side) -> int:
        """How many users or items there are."""
        return self.data.n_users if side == "users" else self.data.n_items

    def in_order(self, column: np.ndarray) -> np.ndarray:
        """A column of the data set's interactions in the order of this index."""
        return column if self.order is None else column[self.order]


class Rows:
    """Some rows of an index, in order of time; their arrays are looked up when asked for, and kept."""

    def __init__(self, index: EventIndex, kept: slice | IntArray) -> None:
        self.index = index
        self.kept = kept
        self._known: dict[str, np.ndarray] = {}

    def __len__(self) -> int:
        return self.kept.stop - self.kept.start if isinstance(self.kept, slice) else len(self.kept)

    @cached_property
    def value(self) -> FloatArray:
        """Values, shape (n,)."""
        return self.index.value[self.kept]

    @cached_property
    def value_code(self) -> IntArray:
        """Steps of the values, shape (n,)."""
        return self.index.value_code[self.kept]

    @property
    def times(self) -> IntArray:
        """Epoch seconds, rising, shape (n,); raises ValueError where there are none."""
        if self.index.time is None:
            raise ValueError("there are no times")
        return self.index.time[self.kept] if isinstance(self.kept, slice) else self._taken_times

    @cached_property
    def _taken_times(self) -> IntArray:
        assert self.index.time is not None
        return self.index.time[self.kept]

    def owner(self, side: Side) -> IntArray:
        """The user or item of each row, shape (n,); raises ValueError where there are none."""
        column = self.index.user if side == "users" else self.index.item
        if column is None:
            raise ValueError(f"there are no {side}")
        return self._once(f"{side} owner", lambda: column[self.kept])

    def counts(self, side: Side) -> IntArray:
        """Rows of each user or item, shape (n_users,) or (n_items,)."""
        size = self.index.n_of(side)
        return self._once(f"{side} counts", lambda: np.bincount(self.owner(side), minlength=size))

    def sums(self, side: Side) -> FloatArray:
        """Sum of each one's values."""
        size = self.index.n_of(side)
        weights = self.value
        return self._once(f"{side} sums", lambda: np.bincount(self.owner(side), weights, size))

    def squares(self, side: Side) -> FloatArray:
        """Sum of the squares of each one's values."""
        if self.index.binary:
            return self.sums(side)
        size = self.index.n_of(side)
        return self._once(f"{side} squares", lambda: np.bincount(self.owner(side), self.squared_values, size))

    @property
    def squared_values(self) -> FloatArray:
        """The square of each value, shape (n,), float64."""
        return np.square(self.value, dtype=np.float64)

    def first_times(self, side: Side) -> IntArray:
        """The second of each one's first row; 0 for those without a row."""
        return self._edge_times(side, slice(None, None, -1), "first")

    def last_times(self, side: Side) -> IntArray:
        """The second of each one's last row; 0 for those without a row."""
        return self._edge_times(side, slice(None), "last")

    def _edge_times(self, side: Side, direction: slice, which: str) -> IntArray:
        def found() -> IntArray:
            times = np.zeros(self.index.n_of(side), dtype=np.int64)
            times[self.owner(side)[direction]] = self.times[direction]  # of equal places the last one stays
            return times

        return self._once(f"{side} {which}", found)

    def _once(self, name: str, make: Callable[[], np.ndarray]) -> np.ndarray:
        if name not in self._known:
            self._known[name] = make()
        return self._known[name]

    def between(self, first: int | None, last: int | None) -> Rows:
        """Those from second `first` to second `last`, both included; None leaves an end open."""
        if self.index.time is None or (first is None and last is None):
            return self
        low = 0 if first is None else int(np.searchsorted(self.times, first, side="left"))
        high = len(self) if last is None else int(np.searchsorted(self.times, last, side="right"))
        high = max(low, high)
        if isinstance(self.kept, slice):
            return Rows(self.index, slice(self.kept.start + low, self.kept.start + high))
        return Rows(self.index, self.kept[low:high])

    def where(self, mask: BoolArray) -> Rows:
        """Those for which the mask, shape (n,), is true."""
        found = np.flatnonzero(mask).astype(np.int32)
        if isinstance(self.kept, slice):
            return Rows(self.index, found + np.int32(self.kept.start))
        return Rows(self.index, self.kept[found])

    def cuts(self, seconds: IntArray) -> IntArray:
        """How many rows lie before each of these rising seconds: where a period's rows begin."""
        return np.searchsorted(self.times, seconds)

    def value_sums(self, cuts: IntArray) -> tuple[FloatArray, FloatArray]:
        """Sum of the values, and of their squares, between each cut and the next; shape (len(cuts) - 1,)."""
        found = np.zeros((2, len(cuts) - 1))
        filled = np.flatnonzero(np.diff(cuts))
        if len(filled):
            inner, start = slice(cuts[0], cuts[-1]), cuts[:-1][filled] - cuts[0]
            found[0, filled] = np.add.reduceat(self.value[inner], start, dtype=np.float64)
            found[1, filled] = np.add.reduceat(self.squared_values[inner], start)
        return found[0], found[1]
