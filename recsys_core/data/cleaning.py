"""Cleaning, step by step, with what each step costs and which rows it took.

Cleaning acts on events keyed by ids, before a Dataset exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.columns import VALUE, Kind
from recsys_core.data.events import Events
from recsys_core.data.steps import STEPS, State
from recsys_core.types import FloatArray, IntArray, Report, no_report


@dataclass(frozen=True, slots=True)
class Step:
    """One cleaning step and what it left."""

    name: str
    rows_before: int
    rows_after: int
    users_after: int
    items_after: int
    users_before: int = 0
    items_before: int = 0
    step: str = ""
    """Its name in recipes; `name` is its title."""

    @property
    def dropped(self) -> int:
        """Rows that this step removed."""
        return self.rows_before - self.rows_after

    def as_dict(self) -> dict[str, Any]:
        """The step as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Cleaned:
    """What cleaning left of events.

    Attributes:
        rows: positions of the rows that are left, sorted.
        values: the events' values, merged where a step says so; None where there are none.
        steps: the report, in the order in which the steps ran.
        dropped: step name -> positions that it took; together with `rows` they are all rows, each once.
    """

    rows: IntArray
    values: FloatArray | None
    steps: tuple[Step, ...]
    dropped: dict[str, IntArray]


def default_settings(kind: Kind) -> dict[str, dict[str, Any]]:
    """Every step with its default settings, on or off as this kind of feedback needs it."""
    return {
        spec.name: {"on": kind in spec.on, **{one.name: one.default for one in spec.fields}} for spec in STEPS
    }


def clean_events(
    events: Events, settings: Mapping[str, Mapping[str, Any]], report: Report = no_report
) -> Cleaned:
    """Runs the steps that are on.

    Args:
        events: what to clean; stays as it is.
        settings: step name -> its settings with `on`; a step that is not named is off.
        report: called before each step with {"type": "step", "step", "title", "done", "of"}.
    """
    of = sum(bool(settings.get(spec.name, {}).get("on")) for spec in STEPS)
    state = State(np.arange(events.n), events.values)
    before = events.counts(state.rows)
    steps: list[Step] = []
    dropped: dict[str, IntArray] = {}
    for spec in STEPS:
        chosen = settings.get(spec.name, {})
        if not chosen.get("on"):
            continue
        report({"type": "step", "step": spec.name, "title": spec.title, "done": len(steps), "of": of})
        after = spec.run(events, state, {one.name: chosen.get(one.name, one.default) for one in spec.fields})
        counts = events.counts(after.rows) if len(after.rows) < len(state.rows) else before
        steps.append(Step(spec.title, len(state.rows), len(after.rows), *counts, *before, step=spec.name))
        dropped[spec.name] = _taken(events.n, state.rows, after.rows)
        state, before = after, counts
    return Cleaned(state.rows, state.values, tuple(steps), dropped)


def _taken(n: int, before: IntArray, after: IntArray) -> IntArray:
    """Rows that are in `before` and not in `after`."""
    if len(before) == len(after):
        return before[:0]
    kept = np.zeros(n, dtype=bool)
    kept[after] = True
    return before[~kept[before]]


def clean(events: pd.DataFrame, kind: Kind) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """The default cleaning of a kind: drops missing values and duplicates, and says how many rows each step cost.

    For ratings and implicit data a repeated pair keeps its last row (by time where there is one, else by order in
    the file): a catalogue is ranked once per user and item. Click rows are events: repeats stay.

    Args:
        events: columns `user_id`, `item_id` (text or categories), `value`, optional `timestamp` and others.

    Returns:
        The cleaned table (a new one) and the steps in the order in which they ran.
    """
    found = Events.of(events)
    cleaned = clean_events(found, default_settings(kind))
    table = events.iloc[cleaned.rows].reset_index(drop=True)
    if cleaned.values is not None:
        table[VALUE] = pd.Series(cleaned.values[cleaned.rows]).astype(events[VALUE].dtype)
    return table, cleaned.steps
