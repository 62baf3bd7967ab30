"""What a simulated world is asked to be: its size, its dials and its seed, checked at birth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from recsys_core.columns import Kind
from recsys_core.errors import ParamError
from recsys_core.i18n import _

CAUSES = ("taste", "popularity", "attributes", "chance")
"""Why a user took an item (for clicks: why it was shown); the place in this tuple is the code of the cause."""
DEFAULT_CAUSES = {"taste": 0.55, "popularity": 0.15, "attributes": 0.25, "chance": 0.05}
FEWEST_ROWS, MOST_ROWS = 1_000, 32_000_000
WORLD_VERSION = 1
"""Grows with every change of what a spec draws; a world that was kept by another version is not this one."""
_TAKEN_AT_MOST = 0.7
_SPARE_USERS = 6.0
"""Standard deviations of the number of rows; so many users more than needed exist when rows are counted."""


@dataclass(frozen=True, slots=True)
class WorldSpec:
    """One world; equal specs draw equal rows, on every machine and in chunks of any size.

    Attributes:
        n_users, n_items: how many exist; those without any event are not part of the data.
        mean_events: events of a user, on average.
        noise: for ratings the standard deviation of one rating around the user's opinion; for clicks the scale
            of the logistic noise around what decides them; choices (implicit) have none: there it is `chance`.
        popularity: exponent of the long tail: the item in place n draws (1 + n) ** -popularity. 0: no bias.
        drift: how far a user's taste moves between their first and their last day: 0 not at all, 1 to another.
        shares: of the four CAUSES, in that order, summing to 1. Of ratings and clicks, taste and attributes
            explain parts in the same proportion.
        click_rate: share of impressions that are clicked (click data only).
        rows: the table ends after so many rows, in the middle of the last user's if need be; None: no end.
    """

    kind: Kind
    n_users: int = 600
    n_items: int = 400
    seed: int = 0
    mean_events: float = 40
    noise: float = 0.7
    popularity: float = 0.8
    drift: float = 0.0
    shares: tuple[float, ...] = tuple(DEFAULT_CAUSES.values())
    click_rate: float = 0.15
    rows: int | None = None

    def __post_init__(self) -> None:
        """Raises ParamError for the first dial outside its range."""
        for name, (least, most) in _RANGES.items():
            given = getattr(self, name)
            if not (isinstance(given, (int, float)) and least <= given <= most):
                raise ParamError(
                    what=_("{given} is not from {least:g} to {most:g}").format(
                        given=given, least=least, most=most
                    ),
                    where=name,
                    remedy=_("choose a number in this range"),
                )
        if len(self.shares) != len(CAUSES) or min(self.shares) < 0 or not math.isclose(sum(self.shares), 1.0):
            raise ParamError(
                what=_("{given} are not {n} shares that sum to 1").format(given=self.shares, n=len(CAUSES)),
                where="shares",
                remedy=_("give one share of each cause: {causes}").format(causes=", ".join(CAUSES)),
            )

    @classmethod
    def of_rows(cls, kind: Kind, rows: int, **dials: Any) -> WorldSpec:
        """A world of exactly so many rows, shaped like public data: 10,000 users and 4,000 items for a million.

        Users have the cube root of the rows as events, 10 to 100; there are 4 * sqrt(rows) items; dials that are
        given stand as they are. A few more users exist than are needed, so that chance cannot leave the table short.

        Raises:
            ParamError: outside 1,000 to 32 million rows, or with a number of users, which the rows decide.
        """
        if "n_users" in dials:
            raise ParamError(
                what=_("the number of rows decides how many users there are"),
                where="n_users",
                remedy=_("leave it out, or leave out the number of rows"),
            )
        if not FEWEST_ROWS <= rows <= MOST_ROWS:
            raise ParamError(
                what=_("{given:,} rows are outside {least:,} to {most:,}").format(
                    given=rows, least=FEWEST_ROWS, most=MOST_ROWS
                ),
                where="rows",
                remedy=_("choose a number in this range"),
            )
        usual = {
            "n_items": round(4 * math.sqrt(rows)),
            "mean_events": min(max(round(rows ** (1 / 3)), 10), 100),
        }
        asked = cls(kind, rows=rows, **usual | dials)
        most = most_events(asked.n_items) if kind is not Kind.CLICK else math.inf
        expected = rows / min(asked.mean_events, most)
        spare = 0.05 * expected + _SPARE_USERS * math.sqrt(expected) + 2
        return replace(asked, n_users=math.ceil(expected + spare))

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> WorldSpec:
        """The spec that `as_dict` wrote; raises KeyError, TypeError or ValueError for anything else."""
        fields = {name: stored[name] for name in cls.__dataclass_fields__}
        return cls(**fields | {"kind": Kind(fields["kind"]), "shares": tuple(fields["shares"])})

    def as_dict(self) -> dict[str, Any]:
        """The spec as plain JSON."""
        return asdict(self) | {"kind": self.kind.value, "shares": list(self.shares)}


_RANGES: dict[str, tuple[float, float]] = {
    "n_users": (2, 5_000_000),
    "n_items": (2, 1_000_000),
    "seed": (0, 2**63 - 1),
    "mean_events": (1, 10_000),
    "noise": (0, 100),
    "popularity": (0, 3),
    "drift": (0, 1),
    "click_rate": (0.001, 0.999),
}


def most_events(n_items: int) -> float:
    """Different items that a user takes at most, on average: nobody empties the catalogue."""
    return _TAKEN_AT_MOST * n_items


def shares_of(causes: Mapping[str, float] | None) -> tuple[float, ...]:
    """Shares in the order of CAUSES from weights by name; a cause that is not named has none.

    Raises:
        ParamError: an unknown cause, a negative weight, or no weight at all.
    """
    given = DEFAULT_CAUSES if causes is None else causes
    unknown = [name for name in given if name not in CAUSES]
    weights = [float(given.get(name, 0.0)) for name in CAUSES]
    total = sum(weights)
    if unknown or min(weights) < 0 or not 0 < total < math.inf:
        raise ParamError(
            what=_("{given} are no weights of causes").format(given=repr(dict(given))[:120]),
            where="causes",
            remedy=_("give weights of 0 or more, one above 0, to: {causes}").format(causes=", ".join(CAUSES)),
        )
    return tuple(weight / total for weight in weights)
