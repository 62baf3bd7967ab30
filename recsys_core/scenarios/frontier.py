"""What variety costs and what it brings: every re-ranker at every strength, judged on validation rows.

A point's change against the lists as ranked is paired: the same users, the same draws. The knee is the point of a curve
farthest from the straight line between its ends (Satopää et al., Finding a 'kneedle' in a haystack, ICDCSW 2011).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.errors import Cancelled
from recsys_core.evaluation.intervals import percentile_interval
from recsys_core.i18n import _
from recsys_core.ranking.likeness import USUAL
from recsys_core.ranking.rerank import METHODS, Setting
from recsys_core.scenarios.judging import BETTER, MEASURES, Judge, Lists, n_new
from recsys_core.scenarios.lists import Serving
from recsys_core.types import Report, ShouldStop, never_stop, no_report

STRENGTHS = tuple(round(0.1 * step, 1) for step in range(11))
SAME = 1e-6
"""Strengths nearer than this are one."""
LEAST_BEND = 0.02
"""A curve that leaves the straight line by less, as a share of both axes, has no knee."""
MOST_LOSS = 0.1
"""A knee is looked for among points that lose at most this share of what is paid: beyond, curves fall off a cliff, and
the bend before the cliff is nothing that anybody would pay for."""


@dataclass(frozen=True)
class Frontier:
    """Every point of the curves.

    Attributes:
        k: length of the lists.
        distance: what `distance` means in it, a name in DISTANCES.
        n_users: users that were judged.
        points: one row a (method, strength). For every measure `m` of MEASURES: `m`, `m_low`, `m_high` (95 % over
            users) and its paired change against the lists as ranked in percent: `m_change`, `m_change_low`,
            `m_change_high`; `changed`: median number of places with another item.
    """

    k: int
    distance: str
    n_users: int
    points: pd.DataFrame

    def of(self, method: str) -> pd.DataFrame:
        """The points of a re-ranker, weakest first."""
        found = self.points[self.points["method"] == method]
        return found.sort_values("strength", ignore_index=True)

    def nearest(self, setting: Setting) -> pd.Series | None:
        """The point of the setting's method whose strength is nearest; None without any."""
        found = self.of(setting.method)
        if found.empty:
            return None
        return found.iloc[int((found["strength"] - setting.strength).abs().to_numpy().argmin())]


def frontier(
    serving: Serving,
    *,
    k: int = 10,
    distance: str = USUAL,
    methods: Sequence[str] = tuple(METHODS),
    strengths: Sequence[float] = STRENGTHS,
    report: Report = no_report,
    should_stop: ShouldStop = never_stop,
) -> Frontier:
    """Judges every (method, strength) on a rehearsal's held-out rows, the run's validation rows.

    Args:
        report: told {"status", "share", "seconds_left"} after each point.
    Raises:
        Cancelled: it was stopped.
    """
    k = min(k, serving.data.n_items)
    name = distance if distance in serving.studio.distances else serving.studio.usual[0]
    judge = Judge(serving, k, name)
    plain = judge.judged()
    rows, started = [], time.monotonic()
    wanted = [(method, strength) for method in methods for strength in strengths]
    for done, (method, strength) in enumerate(wanted, start=1):
        if should_stop():
            raise Cancelled(what=_("it was stopped"), where=_("frontier"))
        lists = judge.judged(Setting(method, strength, name)) if strength else plain
        rows.append({"method": method, "strength": float(strength), **changes(lists, plain)})
        left = (time.monotonic() - started) / done * (len(wanted) - done)
        report({"status": "judging", "share": done / len(wanted), "seconds_left": left})
    return Frontier(k, name, len(judge.users), pd.DataFrame(rows))


def changes(lists: Lists, plain: Lists) -> dict[str, float]:
    """A point's figures: see `Frontier.points`."""
    row: dict[str, float] = {"changed": float(np.median(n_new(lists.items, plain.items)))}
    for name in MEASURES:
        low, high = lists.interval(name)
        row |= {name: lists.measured[name], f"{name}_low": low, f"{name}_high": high}
        base = plain.measured[name]
        drawn = _percent(lists.drawn[name], plain.drawn[name])
        low, high = percentile_interval(drawn)
        change = float(_percent(np.array(lists.measured[name]), np.array(base)))
        row |= {f"{name}_change": change, f"{name}_change_low": low, f"{name}_change_high": high}
    return row


def _percent(value: np.ndarray, base: np.ndarray) -> np.ndarray:
    """The change in percent of the base; NaN where that is 0."""
    there = np.isfinite(base) & (base != 0)
    return np.divide(100.0 * (value - base), base, out=np.full(np.shape(base), np.nan), where=there)


def knee(points: pd.DataFrame, against: str, cost: str = "ndcg") -> pd.Series | None:
    """The point of one curve where more strength stops paying: farthest from the line between the curve's ends.

    Both axes are brought to [0, 1] over the part where the gain still grows and at most MOST_LOSS is lost. None for fewer
    than three points, and for a curve that is straight, or bends the other way: then every step costs alike, or the
    first steps cost most.

    Args:
        points: one re-ranker's, weakest first. against: the measure that is gained.
    """
    left = points[cost].to_numpy(dtype=np.float64)
    points = points[left >= (1.0 - MOST_LOSS) * left[0]] if len(points) else points
    gain = BETTER[against] * points[against].to_numpy(dtype=np.float64)
    left = points[cost].to_numpy(dtype=np.float64)
    if len(points) < 3 or not np.isfinite(gain).all():
        return None
    end = int(gain.argmax()) + 1
    if end < 3:
        return None
    gain, left = gain[:end], left[:end]
    span, fall = gain[-1] - gain[0], left.max() - left[-1]
    if span <= 0 or fall <= 0:
        return None
    bend = (gain - gain[0]) / span + (left - left[-1]) / fall - 1.0
    best = int(bend.argmax())
    return points.iloc[best] if bend[best] > LEAST_BEND else None


def knees_of(found: Frontier, against: str) -> dict[str, float]:
    """The strength of each re-ranker's knee, where it has one."""
    points = {method: knee(found.of(method), against) for method in found.points["method"].unique()}
    return {method: float(row["strength"]) for method, row in points.items() if row is not None}


def best_within(
    found: Frontier,
    loss: float,
    against: str = "distance",
    least: dict[str, float] | None = None,
    *,
    cheapest: bool = False,
) -> pd.Series | None:
    """The point that gains most of a measure at a cost of at most `loss` percent of NDCG; None where none does.

    Args:
        cheapest: of those that gain anything, the one that costs least NDCG instead.
        least: changes in percent that other measures must reach, in the direction that is meant by more diverse.
    """
    points = found.points[found.points["strength"] > 0]
    allowed = points["ndcg_change"] >= -loss
    for name, change in (least or {}).items():
        allowed &= BETTER[name] * points[f"{name}_change"] >= change
    gains = BETTER[against] * points[f"{against}_change"].to_numpy(dtype=np.float64)
    usable = np.flatnonzero(allowed.to_numpy() & (gains > 0))
    if not len(usable):
        return None
    key = points["ndcg_change"].to_numpy(dtype=np.float64) if cheapest else gains
    return points.iloc[usable[key[usable].argmax()]]


def said(found: Frontier, setting: Setting, words: Words) -> str:
    """What a setting costs and brings for everybody, in words; nothing where its curve was not drawn."""
    point = found.nearest(setting)
    if point is None:
        return ""
    loss = _("{loss:+.1f} % NDCG").format(loss=point["ndcg_change"])
    if point["ndcg_change_low"] <= 0 <= point["ndcg_change_high"]:
        loss += _(", a tie")
    told = (
        _("For all {users}: {loss}; {gain:+.1f} % difference.")
        if abs(point["strength"] - setting.strength) < SAME
        else _("For all {users} at {strength:.1f}, the next point: {loss}; {gain:+.1f} % difference.")
    )
    return told.format(
        users=words.users, strength=point["strength"], loss=loss, gain=point["distance_change"]
    )


def as_rows(found: Frontier) -> list[dict[str, Any]]:
    """The points as plain values, for JSON."""
    table = found.points.astype(object).where(found.points.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
