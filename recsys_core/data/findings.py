"""Warnings about a data set, each with what was counted and what to do. They look for shapes, not for data sets."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.data.event_index import EventIndex, Side
from recsys_core.data.periods import moment

MOST_EVIDENCE = 1000
MANY = 10
"""From so many rows on, it says something that all of somebody's are alike."""


class Weight(IntEnum):
    """How much a finding matters: the heavier, the earlier it stands."""

    SERIOUS = 3  # results will be wrong or misleading
    CAREFUL = 2  # look before you train
    NOTE = 1  # good to know


@dataclass(frozen=True)
class Finding:
    """One warning.

    Attributes:
        name: which check found it.
        sentence: what was found, with its figures.
        remedy: what to do.
        evidence: the rows, users or items it is about, columns in words; at most `MOST_EVIDENCE` of `n_evidence`.
    """

    name: str
    weight: Weight
    sentence: str
    remedy: str
    evidence: pd.DataFrame
    n_evidence: int


@dataclass(frozen=True)
class Subject:
    """What checks look at: the index, the moment that counts as now (epoch seconds)."""

    index: EventIndex
    now: float

    @property
    def words(self) -> Words:
        """What things are called."""
        return self.index.data.words

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.index.value)

    def nouns(self, side: Side) -> tuple[str, str]:
        """One user (item), several."""
        words = self.words
        return (words.user, words.users) if side == "users" else (words.item, words.items)

    def ids(self, side: Side) -> pd.Series:
        """Their ids."""
        data = self.index.data
        return (data.users if side == "users" else data.items).iloc[:, 0]


Check = Callable[[Subject], Finding | None]


def findings(index: EventIndex, *, now: float | None = None) -> list[Finding]:
    """Everything that is worth a warning about the whole data set, the heaviest first.

    Args:
        now: epoch seconds from which on a time lies in the future; the clock's where None.
    """
    from recsys_core.data import row_checks, table_checks, time_checks, value_checks

    subject = Subject(index, time.time() if now is None else now)
    checks = (*value_checks.CHECKS, *row_checks.CHECKS, *time_checks.CHECKS, *table_checks.CHECKS)
    found = [finding for finding in (check(subject) for check in checks) if finding is not None]
    return sorted(found, key=lambda finding: -finding.weight)


def finding(
    name: str,
    weight: Weight,
    sentence: str,
    remedy: str,
    evidence: pd.DataFrame,
    n_evidence: int | None = None,
) -> Finding:
    """A finding whose evidence is cut to what a page shows."""
    n = len(evidence) if n_evidence is None else n_evidence
    return Finding(name, weight, sentence, remedy, evidence.head(MOST_EVIDENCE).reset_index(drop=True), n)


def counted(n: int, nouns: tuple[str, str]) -> str:
    """`1 user`, `1,234 users`."""
    return f"{n:,} {nouns[0] if n == 1 else nouns[1]}"


def percent(share: float) -> str:
    """`12.3%`, `0.02%`."""
    return f"{share:.1%}" if share >= 0.01 or share == 0 else f"{share:.2%}"


def when(seconds: float) -> str:
    """A moment as evidence shows it."""
    return moment(seconds).strftime("%Y-%m-%d %H:%M:%S")
