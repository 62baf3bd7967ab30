"""The report: what the data are, which model is best and how sure we are, three people's lists, pins, known limits.

Gathers plain texts and figures; `report_page` lays them out as one HTML file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from recsys_core.columns import TIME, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.errors import RecsysError
from recsys_core.evaluation.intervals import Interval
from recsys_core.evaluation.meanings import meaning, with_interval
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import N_, _
from recsys_core.pins import Pin
from recsys_core.scenarios.leaderboard import Row, compare, verdicts
from recsys_core.scenarios.limits import limits
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.shown import (
    OpenServing,
    PersonShown,
    PinShown,
    open_plainly,
    person_shown,
    pin_shown,
    rows_of,
)

LIST_LENGTH = 10
KINDS = {
    Kind.RATING: N_("the {value} that one of the {users} gave to one of the {items}"),
    Kind.IMPLICIT: N_("one of the {users} {verb} one of the {items}"),
    Kind.CLICK: N_("an answer, yes or no"),
}
ACTIVITY = (
    (0.95, N_("A heavy {user}")),
    (0.5, N_("A typical {user}")),
    (0.05, N_("A light {user}")),
)
"""Quantile of the number of known interactions among the judged users, and what such a person is called."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The paired difference of two runs, in words."""

    ours: str
    theirs: str
    interval: Interval

    @property
    def words(self) -> str:
        """`0.04 better, between 0.02 and 0.06`, or that it is a tie."""
        low, high = self.interval.low, self.interval.high
        found = _("{ours} beside {theirs}: {gap:+.3f}, between {low:+.3f} and {high:+.3f}").format(
            ours=self.ours, theirs=self.theirs, gap=self.interval.mean, low=low, high=high
        )
        if low > 0:
            return _("{found}. It is better.").format(found=found)
        if high < 0:
            return _("{found}. It is worse.").format(found=found)
        return _("{found}. That is a tie: these data cannot tell them apart.").format(found=found)


@dataclass(frozen=True, slots=True)
class Bar:
    """One run in the chart; places are shares of the axis, from 0 to 1."""

    label: str
    run: str
    floor: bool
    text: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """Everything that the page says.

    Attributes:
        facts: (what, how much) about the data.
        said: the answer, most important sentence first.
        gaps: how sure we are: the best beside the runner-up and beside popularity.
        people: (what such a person is called, the person).
        trouble: why there are no people to show, if so.
    """

    data: Dataset
    made: str
    question: str
    facts: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    gaps: tuple[str, ...]
    chart_title: str
    chart_words: str
    bars: tuple[Bar, ...]
    people: tuple[tuple[str, PersonShown], ...]
    people_from: str
    trouble: str
    pins: tuple[PinShown, ...]
    limits: tuple[str, ...]


def make_report(data: Dataset, pins: Sequence[Pin] = (), *, opened: OpenServing = open_plainly) -> Report:
    """The report on a data set, its finished runs and those of the pins that show it; also where there is no run."""
    rows, arena = rows_of(data)
    serving, trouble = _open_best(rows, opened)
    k = arena.k if arena else LIST_LENGTH
    metric = f"ndcg@{k}"
    return Report(
        data=data,
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        question=_("Of {k} {items} shown to a {user}, how many would they have chosen by themselves?").format(
            k=k, items=data.words.items, user=data.words.user
        ),
        facts=tuple(_facts(data)),
        said=(*_without_floor(rows), *verdicts(rows, data.words, k)),
        gaps=tuple(gap.words for gap in gaps(rows, k)),
        chart_title=_("{metric} of every run, with 95 % intervals").format(metric=metric_title(metric)),
        chart_words=meaning(metric, data.words),
        bars=tuple(_bars(rows, metric)),
        people=tuple(_people(serving, rows[0], k)) if serving is not None else (),
        people_from=rows[0].title if rows else "",
        trouble=trouble,
        pins=tuple(pin_shown(pin, opened=opened) for pin in pins if pin.dataset == data.name),
        limits=tuple(limits(data, rows, arena, serving)),
    )


def gaps(rows: Sequence[Row], k: int) -> list[Gap]:
    """The best run beside the runner-up and beside popularity, paired over the users that both judged.

    The runner-up is the next run of another model that is no floor.
    """
    metric = f"ndcg@{k}"
    if len(rows) < 2 or metric not in rows[0].metrics:
        return []
    best, rest = rows[0], rows[1:]
    rival = next((one for one in rest if not one.floor and one.config.model != best.config.model), None)
    floor = next((one for one in rest if one.config.model == "popularity"), None)
    return [
        Gap(best.title, other.title, compare(best, other, metric))
        for other in (rival, floor)
        if other is not None and metric in other.metrics
    ]


def _open_best(rows: Sequence[Row], opened: OpenServing) -> tuple[Serving | None, str]:
    if not rows:
        return None, ""
    try:
        return opened(rows[0].run), ""
    except RecsysError as problem:
        return None, str(problem)


def _without_floor(rows: Sequence[Row]) -> list[str]:
    """Why there is no answer, where that is so."""
    if not rows:
        return [_("No model has been trained on these data yet, so there is no answer yet.")]
    if all(row.config.model != "popularity" for row in rows):
        return [_("There is no floor beside these runs, so nothing can be said about how good they are.")]
    return []


def _facts(data: Dataset) -> list[tuple[str, str]]:
    words = data.words
    kind = _(KINDS[data.kind]).format(
        users=words.users, items=words.items, value=words.value, verb=words.verb
    )
    found = [(_("Data set"), data.name), (_("What a row says"), kind)]
    found.append((_("Interactions"), f"{len(data.interactions):,}"))
    if data.n_users:
        found.append((words.users.capitalize(), f"{data.n_users:,}"))
    if data.n_items:
        found.append((words.items.capitalize(), f"{data.n_items:,}"))
    if data.has_time:
        first, last = (pd.to_datetime(one, unit="s") for one in _ends(data.interactions[TIME]))
        found.append((_("Period"), _("{first:%d %b %Y} to {last:%d %b %Y}").format(first=first, last=last)))
    return found


def _ends(times: pd.Series) -> tuple[int, int]:
    return int(times.min()), int(times.max())


def _bars(rows: Sequence[Row], metric: str) -> list[Bar]:
    measured = [row for row in rows if metric in row.metrics]
    ends = {row.run.id: row.ci.get(metric) or [row.metrics[metric]] * 2 for row in measured}
    top = max([high for _low, high in ends.values()] + [row.metrics[metric] for row in measured], default=0.0)
    scale = top or 1.0
    return [
        Bar(
            label=row.label,
            run=row.run.id,
            floor=row.floor,
            text=with_interval(row.metrics[metric], row.ci.get(metric)),
            share=row.metrics[metric] / scale,
            low=max(ends[row.run.id][0], 0.0) / scale,
            high=ends[row.run.id][1] / scale,
        )
        for row in measured
    ]


def _people(serving: Serving, best: Row, k: int) -> list[tuple[str, PersonShown]]:
    """Three judged people: heavy, typical, light by the number of known interactions; fewer where there are fewer."""
    judged = np.sort(best.run.table("users")["user"].to_numpy())
    counts = serving.seen.getnnz(axis=1)[judged]
    order = judged[np.argsort(counts, kind="stable")]
    found: dict[int, str] = {}
    for quantile, called in ACTIVITY:
        if len(order):
            row = int(order[round(quantile * (len(order) - 1))])
            found.setdefault(row, _(called).format(user=serving.data.words.user))
    k = min(k, serving.data.n_items)
    return [(called, person_shown(serving, row, k=k)) for row, called in found.items()]
