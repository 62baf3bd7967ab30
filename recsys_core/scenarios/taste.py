"""The blind taste test: two runs' lists for one person, unnamed, in an order drawn anew each round; votes and tally.

Votes live in the workspace's `taste.jsonl`, a line a vote, appended under a lock: several people add up.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from recsys_core.columns import ITEM, ITEM_ROW
from recsys_core.errors import DataError
from recsys_core.evaluation.intervals import LEVEL
from recsys_core.i18n import _, ngettext
from recsys_core.locks import Lock
from recsys_core.scenarios.lists import Serving, history_list, user_list
from recsys_core.workspace import workspace

LEFT, RIGHT, SAME = "left", "right", "same"
CHOICES = (LEFT, RIGHT, SAME)
MOST_TRIES = 20
LEAST_SECONDS = 0.7
"""Two votes of one session nearer than this are one double click: nobody has read two lists in that time."""
LEAST_VOTES = 5
"""Before so many votes on a pair nobody is told who is who."""


@dataclass(frozen=True)
class Round:
    """One pair of lists before a judge.

    Attributes:
        user: row of the person, None for somebody known by picks.
        swapped: whether the second run's list stands on the left.
        left, right: the two lists, as `lists.as_table` makes them, without what would name a run.
        skipped: how many people were passed over because both runs give them the same list.
        same: whether even these two lists are one and the same: there is nothing to judge.
    """

    user: int | None
    swapped: bool
    left: pd.DataFrame
    right: pd.DataFrame
    skipped: int = 0
    same: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer.

    Attributes:
        id: of the round; the same round counts once.
        left, right: ids of the runs as they stood.
        choice: LEFT, RIGHT or SAME.
        person: id of the user, or `picks:` and a short sum of what was picked.
    """

    id: str
    left: str
    right: str
    choice: str
    person: str
    session: str
    actor: str
    time: str = ""

    @property
    def preferred(self) -> str:
        """The id of the run whose list was liked better; empty for a tie."""
        return {LEFT: self.left, RIGHT: self.right, SAME: ""}[self.choice]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each of two runs was preferred.

    Attributes:
        first, second: votes for the first and the second run; `same` for neither.
        share: the first run's share of the votes that are no tie; NaN without any.
        low, high: its exact 95 % interval (Clopper & Pearson 1934), which agrees with the test.
        p_value: of the exact two-sided binomial test against one half.
    """

    first: int
    second: int
    same: int
    share: float
    low: float
    high: float
    p_value: float

    @property
    def votes(self) -> int:
        """All votes."""
        return self.first + self.second + self.same


def draw_round(
    servings: tuple[Serving, Serving], *, seed: int, number: int, k: int, user: int | None = None
) -> Round:
    """The round of that number: always the same for one seed, so that a rerun of a page swaps nothing.

    Without `user` somebody is drawn; people to whom both runs give the same list are passed over, at most
    MOST_TRIES of them.
    """
    first, second = servings
    rng = np.random.default_rng([seed, number])
    swapped = bool(rng.integers(2))
    people = [user] if user is not None else rng.permutation(first.data.n_users)[:MOST_TRIES].tolist()
    for place, person in enumerate(people):
        lists = user_list(first, int(person), k=k), user_list(second, int(person), k=k)
        if not _identical(*lists):
            return _round(int(person), lists, swapped=swapped, skipped=place)
    return _round(int(people[-1]), lists, swapped=swapped, skipped=len(people) - 1, same=True)


def picks_round(
    servings: tuple[Serving, Serving], picks: Sequence[int], *, seed: int, number: int, k: int
) -> Round:
    """The two lists for somebody known only by picks (item rows); both models must fold in."""
    swapped = bool(np.random.default_rng([seed, number]).integers(2))
    history = np.asarray(picks, dtype=np.int64)
    lists = history_list(servings[0], history, k=k), history_list(servings[1], history, k=k)
    return _round(None, lists, swapped=swapped, same=_identical(*lists))


def _identical(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    return bool(one[ITEM_ROW].tolist() == other[ITEM_ROW].tolist())


def _round(
    user: int | None,
    lists: tuple[pd.DataFrame, pd.DataFrame],
    *,
    swapped: bool,
    skipped: int = 0,
    same: bool = False,
) -> Round:
    # what would give a side away goes: scores have each model's own scale, hits say who guessed right
    left, right = (table.drop(columns=["score", "hit"], errors="ignore") for table in lists)
    if swapped:
        left, right = right, left
    return Round(user, swapped, left, right, skipped, same)


def person_of_picks(serving: Serving, picks: Sequence[int]) -> str:
    """A short name for somebody known by picks; the same picks in any order have the same."""
    ids = sorted(serving.data.items[ITEM].iloc[list(picks)])
    return "picks:" + hashlib.sha256("\n".join(ids).encode("utf-8")).hexdigest()[:12]


def cast(vote: Vote) -> bool:
    """Keeps a vote; False where this round was counted before, or right after another of the session."""
    if vote.choice not in CHOICES:
        raise ValueError(f"a choice is one of {CHOICES}")
    if not vote.actor:
        raise ValueError("a mutating call names its actor")
    now = datetime.now(UTC)
    with _lock().waited_for():
        for earlier in _votes():
            if earlier.id == vote.id:
                return False
            since = (now - datetime.fromisoformat(earlier.time)).total_seconds()
            if earlier.session == vote.session and 0 <= since < LEAST_SECONDS:
                return False
        line = asdict(vote) | {"time": now.isoformat(timespec="microseconds"), "format_version": 1}
        _append(json.dumps(line))
    return True


def votes_on(one: str, other: str) -> list[Vote]:
    """Every vote on this pair of runs, oldest first, whichever stood on the left."""
    with _lock().waited_for():
        return [vote for vote in _votes() if {vote.left, vote.right} == {one, other}]


def tally(votes: Sequence[Vote], first: str, second: str) -> Tally:
    """The count of votes on a pair, with the share of the first run among those that are no tie."""
    for_first, for_second, ties = (
        sum(vote.preferred == run for vote in votes) for run in (first, second, "")
    )
    if not for_first + for_second:
        return Tally(0, 0, ties, float("nan"), float("nan"), float("nan"), 1.0)
    test = binomtest(for_first, for_first + for_second, 0.5)
    interval = test.proportion_ci(LEVEL, method="exact")
    return Tally(
        for_first,
        for_second,
        ties,
        share=for_first / (for_first + for_second),
        low=float(interval.low),
        high=float(interval.high),
        p_value=float(test.pvalue),
    )


def verdict(counted: Tally, first: str, second: str) -> str:
    """What a tally says, in words; `first` and `second` are the runs' titles."""
    if not counted.first + counted.second:
        return _("No vote with a preference yet.")
    ahead, behind = first, second
    share, low, high = counted.share, counted.low, counted.high
    if counted.first < counted.second:
        ahead, behind, share, low, high = second, first, 1 - share, 1 - high, 1 - low
    found = _("{ahead} was preferred in {share:.0%} of {n} votes (between {low:.0%} and {high:.0%})").format(
        ahead=ahead, share=share, n=counted.first + counted.second, low=low, high=high
    )
    if low <= 0.5:
        return _("{found}: a tie so far, these votes cannot tell it from {behind}.").format(
            found=found, behind=behind
        )
    return _("{found}: people prefer it to {behind}.").format(found=found, behind=behind)


def standing(votes: Sequence[Vote], session: str) -> str:
    """How many votes there are, naming nobody."""
    if not votes:
        return _("No vote on these two yet.")
    ties = sum(vote.choice == SAME for vote in votes)
    own = sum(vote.session == session for vote in votes)
    said = ngettext("One vote on these two so far", "{n} votes on these two so far", len(votes))
    return _("{said}: {own} of them yours, {ties} for both the same.").format(
        said=said.format(n=len(votes)), own=own, ties=ties
    )


def _path() -> Path:
    return workspace() / "taste.jsonl"


def _lock() -> Lock:
    return Lock(workspace() / "taste.lock")


def _votes() -> list[Vote]:
    """The votes in the file; what a writer left half-written, or is none of ours, is passed over."""
    try:
        lines = _path().read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise DataError(
            what=_("the votes cannot be read ({problem})").format(problem=type(problem).__name__),
            where=_path().name,
            remedy=_("check the rights of the file"),
        ) from None
    return [vote for line in lines if (vote := _read(line)) is not None]


def _read(line: str) -> Vote | None:
    try:
        stored: dict[str, Any] = json.loads(line)
        del stored["format_version"]
        vote = Vote(**stored)
        datetime.fromisoformat(vote.time)
    except (ValueError, TypeError, KeyError):
        return None
    return vote if vote.choice in CHOICES else None


def _append(line: str) -> None:
    """One more line, on a line of its own even after a writer that was killed."""
    descriptor = os.open(_path(), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (b"\n" if torn else b"") + line.encode("utf-8") + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
