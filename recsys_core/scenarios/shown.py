"""What a view shows, as plain text for a slide or a report: a person's list with reasons, or what a pin stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TITLE, USER
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import open_dataset
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.pins import Pin, missing
from recsys_core.ranking.rerank import AS_RANKED, Setting
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.explain import explain, sentence
from recsys_core.scenarios.leaderboard import Arena, Row, arenas, finished_runs, leaderboard, verdicts
from recsys_core.scenarios.lists import Serving, history_of, user_list

OpenServing = Callable[[Run], Serving]
HISTORY_SHOWN = 8
CHIPS_SHOWN = 4
MOST_LISTED = 50
LIST_PARAMETERS = {"user", "k", "diversity"}
"""What a pinned list follows; its other parameters are filters, which only the page itself applies."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a list, as a person reads it; every text is data or already in words."""

    rank: int
    title: str
    chips: tuple[str, ...]
    hit: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PersonShown:
    """A person: what they chose, newest first, and what they would get."""

    user: str
    n_known: int
    n_held_out: int
    history: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def hits(self) -> int:
        """How many of the list were held out."""
        return sum(line.hit for line in self.lines)


@dataclass(frozen=True)
class PinShown:
    """What a pin stands for.

    Attributes:
        missing: what of it is gone, in words; then there is nothing else.
        said: sentences about it.
        person: of a pinned list.
        rows: of a pinned comparison, best list first; `figure` the metric it is about.
    """

    pin: Pin
    missing: str = ""
    said: tuple[str, ...] = ()
    person: PersonShown | None = None
    rows: tuple[Row, ...] = ()
    figure: str = ""


def person_shown(serving: Serving, user: int, *, k: int, rerank: Setting = AS_RANKED) -> PersonShown:
    """The history and the list of a user row, with a reason for every item."""
    data = serving.data
    history = history_of(serving, user)
    known = history[history["part"] == "train"]
    table = user_list(serving, user, k=k, rerank=rerank)
    because = explain(
        serving,
        serving.history(user),
        table[ITEM_ROW].to_numpy(),
        values=serving.values(user),
        attributes=serving.attributes(user),
    )
    lines = tuple(
        Line(
            rank=int(line["rank"]),
            title=str(line[TITLE]),
            chips=tuple(texts_of(line, data.item_attributes)[:CHIPS_SHOWN]),
            hit=bool(line["hit"]),
            reason=sentence(why, data),
        )
        for (_place, line), why in zip(table.iterrows(), because, strict=True)
    )
    return PersonShown(
        user=str(data.users[USER].iloc[user]),
        n_known=len(known),
        n_held_out=len(history) - len(known),
        history=tuple(map(str, known[TITLE].head(HISTORY_SHOWN))),
        lines=lines,
    )


def texts_of(row: pd.Series, columns: list[str]) -> list[str]:
    """Attribute values as short texts: lists opened, what is missing left out."""
    found: list[str] = []
    for column in columns:
        cell = row[column]
        if isinstance(cell, (list, tuple, np.ndarray)):
            found += [str(one) for one in cell]
        elif not pd.isna(cell):
            found.append(f"{cell:g}" if isinstance(cell, float) else str(cell))
    return [one for one in found if one.strip()]


def open_plainly(run: Run) -> Serving:
    """Opens a run without any cache."""
    return Serving.open(run)


def pin_shown(pin: Pin, *, opened: OpenServing = open_plainly) -> PinShown:
    """What a pin shows now; where something is gone or damaged it says so instead."""
    gone = missing(pin)
    if gone:
        return PinShown(pin, missing=gone)
    try:
        if pin.page == "metrics":
            return _comparison(pin)
        if pin.page == "recommend" and pin.run:
            return _list(pin, opened(open_run(pin.run)))
    except RecsysError as problem:
        return PinShown(pin, missing=str(problem))
    return PinShown(pin)


def _comparison(pin: Pin) -> PinShown:
    data = open_dataset(pin.dataset)
    rows, arena = rows_of(data, pin.asked("arena"))
    if arena is None:
        return PinShown(pin, missing=_("No finished run on this data is left."))
    figure = pin.asked("figure", f"ndcg@{arena.k}")
    return PinShown(pin, said=tuple(verdicts(rows, data.words, arena.k)), rows=tuple(rows), figure=figure)


def rows_of(data: Dataset, asked: str = "") -> tuple[list[Row], Arena | None]:
    """The leaderboard of the arena that an address names, or of the one with most runs; (empty, None) without."""
    runs = finished_runs(data)
    choices = {str(arena): arena for arena in arenas(runs)}
    if not choices:
        return [], None
    arena = choices.get(asked, next(iter(choices.values())))
    return leaderboard(runs, arena), arena


def _list(pin: Pin, serving: Serving) -> PinShown:
    data = serving.data
    asked = pin.asked("user", str(data.users[USER].iloc[0]))
    row = int(data.user_rows(asked)[0])
    k = int(_number(pin.asked("k"), 10, 1, min(MOST_LISTED, data.n_items)))
    strength = _number(pin.asked("diversity"), 0.0, 0.0, 1.0)
    person = person_shown(serving, row, k=k, rerank=Setting(strength=strength))
    said = [
        _("{hits} of {n} held-out {items} found in this list of {k}.").format(
            hits=person.hits, n=person.n_held_out, items=data.words.items, k=len(person.lines)
        )
    ]
    if {name for name, _values in pin.query} - LIST_PARAMETERS:
        said.append(_("The view itself has further choices, such as filters; this is the list without them."))
    return PinShown(pin, said=tuple(said), person=person)


def _number(text: str, default: float, low: float, high: float) -> float:
    """The number in an address, where it is one and in range; else the default, in range too."""
    try:
        value = float(text)
    except ValueError:
        value = default
    return value if low <= value <= high else min(max(default, low), high)
