"""What it takes to work a figure through by hand: the table of one user, the steps, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

CLOSE = 1e-6
"""So near, as a share, a worked value must be to the stored one to count as the same."""
MOST_TERMS = 4
"""A sum of more terms is written with its first ones, dots, and its value."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, in words, and the arithmetic of it as LaTeX ('' for none)."""

    words: str
    latex: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the worked table: its name in the table, its heading, what it means on hover."""

    name: str
    heading: str
    help: str = ""


@dataclass(frozen=True)
class Part:
    """What one user gives to a figure.

    Attributes:
        table: one row a place of the list, or a test row.
        columns: of the table, in the order in which they are shown.
        steps: from the table to the user's value, or to what they give to a sum over all.
        value: the user's value by these steps; None where a figure has no value a user.
    """

    table: pd.DataFrame
    columns: tuple[Column, ...]
    steps: tuple[Step, ...]
    value: float | None = None


@dataclass(frozen=True)
class Worked:
    """A figure worked through for one user, and from there to what the leaderboard shows.

    Attributes:
        metric: as on the leaderboard; user: row of the user.
        part: what the user gives.
        stored: the user's value in the run's own table; None where none is kept.
        ending: from everybody's values, or sums, to the figure.
        figure: what comes out; shown: what the run's metrics say.
    """

    metric: str
    user: int
    part: Part
    stored: float | None
    ending: tuple[Step, ...]
    figure: float
    shown: float

    @property
    def agrees(self) -> bool:
        """Whether the worked value and figure are the stored ones; older versions kept some in single precision."""
        pairs = [(self.figure, self.shown)]
        if self.part.value is not None and self.stored is not None:
            pairs.append((self.part.value, self.stored))
        return all(abs(ours - theirs) <= CLOSE * max(1.0, abs(theirs)) for ours, theirs in pairs)


def decimal(value: float) -> str:
    """A number inside a formula: three digits after the point, thousands apart by a thin space."""
    if float(value).is_integer() and abs(value) < 1e15:
        return whole(value)
    return f"{value:,.3f}".replace(",", r"\,")


def whole(value: float) -> str:
    """A count inside a formula."""
    return f"{int(value):,}".replace(",", r"\,")


def summed(terms: Sequence[str]) -> str:
    """Terms with a plus between them; many are cut to the first ones and dots; 0 for none."""
    if not terms:
        return "0"
    shown = list(terms[:MOST_TERMS])
    if len(terms) > MOST_TERMS:
        shown += [r"\dots"]
    return " + ".join(shown)


def ratio(above: str, below: str, value: float) -> str:
    r"""`\frac{above}{below} = 0.123`."""
    return rf"\frac{{{above}}}{{{below}}} = {decimal(value)}"


def lines(name: str, *values: str) -> str:
    r"""`name = first`, and each further form of it on a line of its own: a narrow screen shows all of it."""
    shown = [one for one in values if one]
    return rf"\begin{{aligned}} {name} &= " + r" \\ &= ".join(shown) + r" \end{aligned}"
