"""Runs within one chart: a colour each, and a shape or a dash where two have the same colour (floors are all grey)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from recsys_core.charts.theme import palette
from recsys_core.i18n import _

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
DASHES = ([1, 0], [6, 3], [2, 2], [9, 3, 2, 3], [12, 4], [4, 6])
MOST_LABELLED = 4
LABEL_LIMIT = 150
LEGEND_LIMIT = 260
_SHORT = 18
"""Letters: names that are no longer stand in two columns, on a telephone too."""
_LEGEND_ROW = 24
_GAP = 0.1
_LONGEST = 26


@dataclass(frozen=True)
class Styles:
    """How the runs of one chart look.

    Attributes:
        labels: by id, in the order of the legend.
        colours, shapes, dashes: one each, in the same order.
    """

    labels: tuple[str, ...]
    colours: tuple[str, ...]
    shapes: tuple[str, ...]
    dashes: tuple[list[int], ...]

    @classmethod
    def of(cls, table: pd.DataFrame, colours: Mapping[str, str], *, dark: bool) -> Styles:
        """The styles of the runs of a table with `id` and `label`, in order of appearance."""
        runs = table[["id", "label"]].drop_duplicates()
        own = [colours.get(run_id, palette(dark).floor) for run_id in runs["id"]]
        seen: Counter[str] = Counter()
        turns = []
        for colour in own:
            turns.append(seen[colour] % len(SHAPES))
            seen[colour] += 1
        return cls(
            tuple(map(str, runs["label"])),
            tuple(own),
            tuple(SHAPES[turn] for turn in turns),
            tuple(DASHES[turn] for turn in turns),
        )

    @property
    def _columns(self) -> int:
        return 2 if all(len(label) <= _SHORT for label in self.labels) else 1

    @property
    def legend_height(self) -> int:
        """What the legend takes of a chart's height."""
        n = len(self.labels)
        return _LEGEND_ROW * -(-n // self._columns) + 10 if n > 1 else 0

    def _legend(self, *, wanted: bool) -> alt.Legend | None:
        if not wanted or len(self.labels) < 2:
            return None
        return alt.Legend(
            title=None, orient="bottom", columns=self._columns, labelLimit=LEGEND_LIMIT, symbolOpacity=1
        )

    def colour(self, *, legend: bool = True) -> alt.Color:
        """The field `label` as colour."""
        scale = alt.Scale(domain=list(self.labels), range=list(self.colours))
        return alt.Color("label:N", scale=scale, legend=self._legend(wanted=legend))

    def shape(self, *, legend: bool = True) -> alt.Shape:
        """The field `label` as shape."""
        scale = alt.Scale(domain=list(self.labels), range=list(self.shapes))
        return alt.Shape("label:N", scale=scale, legend=self._legend(wanted=legend))

    def dash(self, *, legend: bool = True) -> alt.StrokeDash:
        """The field `label` as dash of a line."""
        scale = alt.Scale(domain=list(self.labels), range=list(self.dashes))
        shown = self._legend(wanted=legend)
        return alt.StrokeDash("label:N", scale=scale, legend=shown)


def tooltip(title: str, value: str, form: str = ".3f", *, interval: bool = True) -> Sequence[alt.Tooltip]:
    """The run, a value and its interval (`low`, `high`), for pointing at."""
    shown = [alt.Tooltip("label:N", title=_("run")), alt.Tooltip(f"{value}:Q", title=title, format=form)]
    if interval:
        shown += [
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=form),
            alt.Tooltip("high:Q", title=_("to"), format=form),
        ]
    return shown


def line_ends(table: pd.DataFrame, across: str, up: str) -> pd.DataFrame:
    """Where each line's `name` stands on an axis from 0: at its last point, higher where it would cover another."""
    ends = table.sort_values(across).groupby("id", sort=False).tail(1).sort_values(up)
    gap = _GAP * float(table[up].max()) if len(table) else 0.0
    places: list[float] = []
    for value in ends[up]:
        places.append(max([float(value), *(place + gap for place in places[-1:])]))
    named = ends.assign(name=[cut(label, _LONGEST) for label in ends["label"]])
    named[up] = places
    return named


def cut(text: object, longest: int = 40) -> str:
    """A text on one line, cut where it is long."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"
