"""The steps of cleaning: a literal table, in the order in which they run, and what each does to events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.events import Events, first_of
from recsys_core.i18n import N_
from recsys_core.types import FloatArray, IntArray

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """What is left: rows of the events, sorted, and the values as steps have merged them."""

    rows: IntArray
    values: FloatArray | None


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a step: `number`, `whole`, `day`, `text`, `texts` or `choice`; None leaves it open."""

    name: str
    title: str
    kind: str
    default: Any = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepSpec:
    """One step: its name in recipes, its title and meaning on screen, its settings, and for which kinds it is on.

    `needs` names the columns without which it has nothing to look at.
    """

    name: str
    title: str
    help: str
    run: Callable[[Events, State, Settings], State]
    on: tuple[Kind, ...] = ()
    fields: tuple[Field, ...] = ()
    needs: tuple[str, ...] = field(default_factory=tuple)


def _missing(events: Events, state: State, _settings: Settings) -> State:
    whole = np.ones(len(state.rows), dtype=bool)
    for codes in (events.users, events.items):
        if codes is not None:
            whole &= codes[state.rows] >= 0
    for numbers in (state.values, events.times):
        if numbers is not None:
            whole &= np.isfinite(numbers[state.rows])
    return State(state.rows[whole], state.values)


def _only(events: Events, state: State, settings: Settings) -> State:
    texts, wanted = events.extra.get(settings["column"]), settings["values"]
    if texts is None or not wanted:
        return state
    return State(state.rows[texts.isin(list(wanted)).to_numpy()[state.rows]], state.values)


def _cancelled(events: Events, state: State, settings: Settings) -> State:
    texts, prefix = events.extra.get(settings["column"]), settings["prefix"]
    if texts is None or not prefix:
        return state
    marked = texts.str.startswith(prefix).fillna(False).to_numpy(dtype=bool)
    return State(state.rows[~marked[state.rows]], state.values)


def _positive(events: Events, state: State, _settings: Settings) -> State:
    if state.values is None:
        return state
    return State(state.rows[state.values[state.rows] > 0], state.values)


def _products(events: Events, state: State, _settings: Settings) -> State:
    if events.items is None:
        return state
    return State(state.rows[has_digit(events.item_ids)[events.items[state.rows]]], state.values)


def has_digit(ids: pd.Index) -> np.ndarray:
    """Which ids hold a digit, shape (n + 1,): the last place stands for a missing id and says yes."""
    return np.r_[ids.to_series().astype("str").str.contains(r"\d").to_numpy(dtype=bool), True]


def _in_range(events: Events, state: State, settings: Settings) -> State:
    if state.values is None:
        return state
    return State(_within(state.rows, state.values, settings["low"], settings["high"]), state.values)


def _time_range(events: Events, state: State, settings: Settings) -> State:
    if events.times is None:
        return state
    low = None if settings["first"] is None else _seconds(settings["first"])
    high = None if settings["last"] is None else _seconds(settings["last"]) + 86_399
    return State(_within(state.rows, events.times, low, high), state.values)


def _seconds(day: str) -> float:
    return pd.Timestamp(day, tz="UTC").timestamp()


def _within(rows: IntArray, numbers: FloatArray, low: float | None, high: float | None) -> IntArray:
    found = numbers[rows]
    inside = np.ones(len(rows), dtype=bool)
    if low is not None:
        inside &= found >= low
    if high is not None:
        inside &= found <= high
    return rows[inside]


def _exact(events: Events, state: State, _settings: Settings) -> State:
    rows = state.rows
    keys: list[np.ndarray] = [_key(events, rows)]
    keys += [numbers[rows] for numbers in (state.values, events.times) if numbers is not None]
    return State(rows[first_of(keys)], state.values)


def _key(events: Events, rows: IntArray) -> IntArray:
    if events.users is not None and events.items is not None:
        return events.pairs(rows)
    codes = events.users if events.users is not None else events.items
    return np.zeros(len(rows), dtype=np.int64) if codes is None else codes[rows].astype(np.int64)


def _repeated(events: Events, state: State, settings: Settings) -> State:
    """One row a pair: the last by time (by order in the file where there is none), with its own, the mean or the sum."""
    if events.users is None or events.items is None:
        return state
    pairs = events.pairs(state.rows)
    repeated = np.flatnonzero(pd.Series(pairs).duplicated(keep=False).to_numpy())
    if not len(repeated):
        return state
    times = np.zeros(len(repeated)) if events.times is None else events.times[state.rows[repeated]]
    order = np.lexsort((repeated, times, pairs[repeated]))  # within a pair the last one comes last
    sorted_pairs = pairs[repeated][order]
    last = np.r_[sorted_pairs[1:] != sorted_pairs[:-1], True]
    values = state.values
    if values is not None and settings["keep"] != "last":
        starts = np.flatnonzero(np.r_[True, last[:-1]])
        sums = np.add.reduceat(values[state.rows[repeated]][order], starts)
        sizes = np.diff(np.r_[starts, len(order)])
        values = values.copy()
        values[state.rows[repeated[order[last]]]] = sums / (sizes if settings["keep"] == "mean" else 1)
    kept = np.ones(len(state.rows), dtype=bool)
    kept[repeated[order[~last]]] = False
    return State(state.rows[kept], values)


def _k_core(events: Events, state: State, settings: Settings) -> State:
    """Users and items with at least so many rows, taken away in turns until all have them (Seidman 1983).

    Rows without a user or an item count for nobody, and are left to the step for gaps.
    """
    if events.users is None or events.items is None:
        return state
    whole = (events.users[state.rows] >= 0) & (events.items[state.rows] >= 0)
    rows = state.rows[whole]
    while len(rows):
        users, items = events.users[rows], events.items[rows]
        kept = (np.bincount(users)[users] >= settings["users"]) & (
            np.bincount(items)[items] >= settings["items"]
        )
        if kept.all():
            break
        rows = rows[kept]
    return State(np.sort(np.r_[rows, state.rows[~whole]]), state.values)


ALL = tuple(Kind)
PAIRED = (Kind.RATING, Kind.IMPLICIT)
MISSING = N_("drop rows with a missing id, value or time")
POSITIVE = N_("keep rows with a value above 0")
EXACT = N_("remove exact duplicates")
REPEATED = N_("one row for repeated pairs")
STEPS: tuple[StepSpec, ...] = (
    StepSpec(
        "missing", MISSING, N_("A row without a user, an item, a value or a time cannot be learned from."), _missing, ALL
    ),
    StepSpec(
        "only",
        N_("keep some kinds of events"),
        N_("Where a column says what happened (viewed, bought, returned), keep the rows that mean what you want to learn."),
        _only,
        fields=(Field("column", N_("Column"), "text"), Field("values", N_("Kept"), "texts", ())),
        needs=("extra",),
    ),
    StepSpec(
        "cancelled",
        N_("drop cancelled documents"),
        N_("Rows whose document number starts with a sign that marks cancellations."),
        _cancelled,
        fields=(Field("column", N_("Column"), "text"), Field("prefix", N_("Starts with"), "text")),
        needs=("extra",),
    ),
    StepSpec(
        "positive",
        POSITIVE,
        N_("An amount of 0 or less is a return or a correction, not a choice."),
        _positive,
        (Kind.IMPLICIT,),
        needs=("value",),
    ),
    StepSpec(
        "products",
        N_("drop codes that are no product"),
        N_("Ids without any digit, where nearly all others have one: postage, fees, corrections."),
        _products,
        needs=("item",),
    ),
    StepSpec(
        "in_range",
        N_("drop values out of range"),
        N_("For stand-ins such as -1, 0 or 99 that mean 'no value', and for plain mistakes."),
        _in_range,
        fields=(Field("low", N_("From"), "number"), Field("high", N_("To"), "number")),
        needs=("value",),
    ),
    StepSpec(
        "time_range",
        N_("keep a range of time"),
        N_("Both days are included (UTC)."),
        _time_range,
        fields=(Field("first", N_("First day"), "day"), Field("last", N_("Last day"), "day")),
        needs=("time",),
    ),
    StepSpec(
        "exact", EXACT, N_("The same user, item, value and time again says nothing new."), _exact, PAIRED,
        needs=("user", "item"),
    ),
    StepSpec(
        "repeated",
        REPEATED,
        N_("A list is ranked once per user and item: keep the last row, with its own value, the mean or the sum."),
        _repeated,
        PAIRED,
        fields=(Field("keep", N_("Value of the one row"), "choice", "last", ("last", "mean", "sum")),),
        needs=("user", "item"),
    ),
    StepSpec(
        "k_core",
        N_("keep active users and items"),
        N_("Users and items with fewer rows go, in turns, until all that are left have enough (k-core)."),
        _k_core,
        fields=(
            Field("users", N_("Rows of a user, at least"), "whole", 5),
            Field("items", N_("Rows of an item, at least"), "whole", 5),
        ),
        needs=("user", "item"),
    ),
)  # fmt: skip
BY_NAME = {spec.name: spec for spec in STEPS}
