"""One figure against another for every run, with whiskers both ways and the front: the runs that nothing beats in both."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from recsys_core.charts.runs import cut
from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

_NAME_WIDTH, _NAME_HEIGHT = 0.36, 0.08  # of the chart, what the name of a point takes
_LONGEST = 24
_NAMED_FROM = 12
"""With more runs than this only those of the front are named; the others have their tooltip."""


def against(
    table: pd.DataFrame,
    across: str,
    up: str,
    colours: Mapping[str, str],
    *,
    directions: tuple[int, int] = (1, 1),
    dark: bool = False,
) -> alt.LayerChart:
    """A point a run with its 95 % intervals both ways; the front as a stepped line, its runs named.

    Args:
        table: `id`, `label`, `front` (whether nothing beats it), and `x`, `y` with `_low`, `_high` each.
        across, up: the metrics; directions: of each, 1 where more is better, -1 where less is.
    """
    check_size(len(table))
    x, y = (
        alt.X("x:Q", title=_axis(across), scale=_scale(table, "x")),
        alt.Y("y:Q", title=_axis(up), scale=_scale(table, "y")),
    )
    line = alt.Chart(table[table["front"]] if len(table) else table).mark_line(
        interpolate="step-before" if directions[0] > 0 else "step-after",
        color=palette(dark).floor,
        strokeDash=[4, 3],
        strokeWidth=1.5,
    )
    layers: alt.LayerChart = line.encode(x=x, y=y, order="x:Q") + _points(table, across, up, x, y, colours)
    named = _named(table)
    for side in (1, -1):
        for edge, shift in ((0, 10), (1, -10)):
            part = named[(named["side"] == side) & (named["right"] == edge)]
            text = alt.Chart(part).mark_text(
                align="right" if edge else "left",
                dx=shift,
                dy=-11 * side,
                fontSize=12,
                color=palette(dark).text,
            )
            layers += text.encode(x=x, y=y, text="name:N")
    return headed(layers, front_title(table, across, up))


def _axis(metric: str) -> str:
    return f"{metric_title(metric)} {arrow(metric)}".strip()


def _points(
    table: pd.DataFrame, across: str, up: str, x: alt.X, y: alt.Y, colours: Mapping[str, str]
) -> alt.LayerChart:
    """The runs as points with whiskers both ways; what is not on the front is fainter and round."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("id:N", scale=scale, legend=None)
    base = alt.Chart(table, height=HEIGHT + 100).encode(tooltip=_told(across, up), color=colour)
    faint = alt.condition("datum.front", alt.value(0.9), alt.value(0.45))
    rule = base.mark_rule(strokeWidth=1.5).encode(opacity=faint)
    level = rule.encode(x=alt.X("x_low:Q", title=_axis(across), scale=_scale(table, "x")), x2="x_high:Q", y=y)
    upright = rule.encode(y=alt.Y("y_low:Q", title=_axis(up), scale=_scale(table, "y")), y2="y_high:Q", x=x)
    dots = base.mark_point(filled=True, opacity=1).encode(
        x=x,
        y=y,
        shape=alt.condition("datum.front", alt.value("diamond"), alt.value("circle")),
        size=alt.condition("datum.front", alt.value(190), alt.value(90)),
    )
    return level + upright + dots


def _told(across: str, up: str) -> list[alt.Tooltip]:
    """What stands beside a point that is pointed at."""
    told = [alt.Tooltip("label:N", title=_("run"))]
    for axis, metric in (("x", across), ("y", up)):
        ends = {"": metric_title(metric), "_low": _("95 % interval from"), "_high": _("to")}
        told += [alt.Tooltip(f"{axis}{end}:Q", title=said, format=".4f") for end, said in ends.items()]
    return told


def _scale(table: pd.DataFrame, axis: str) -> alt.Scale:
    """From the least to the largest end of an interval, with room; from 0 where that is near."""
    values = (
        table[[axis, f"{axis}_low", f"{axis}_high"]].to_numpy(np.float64) if len(table) else np.zeros((1, 1))
    )
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    start = 0.0 if 0 <= low < 0.35 * high else low - room
    return alt.Scale(domain=[start, high + room], nice=False, zero=False)


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """The points whose names can stand, those of the front first: `name`, `side` (above 1, below -1), `right`.

    Every name keeps off the names and the points that are there already.
    """
    columns = [*table.columns, "name", "side", "right"]
    wanted = (
        table[table["front"]] if len(table) > _NAMED_FROM else table.sort_values("front", ascending=False)
    )
    if not len(wanted):
        return pd.DataFrame(columns=columns)
    spans = {axis: max(float(np.ptp(table[axis].to_numpy())), 1e-9) for axis in ("x", "y")}
    middle = float(table["x"].min()) + spans["x"] / 2
    placed: list[tuple[float, float]] = []
    points = table[["x", "y"]].to_numpy(np.float64) / [spans["x"], spans["y"]]
    rows = []
    for row in wanted.to_dict("records"):
        right = int(row["x"] > middle)
        for side in (1, -1):
            at = (
                row["x"] / spans["x"] + (0.5 - right) * _NAME_WIDTH,
                row["y"] / spans["y"] + side * _NAME_HEIGHT * 0.7,
            )
            covers = (abs(points[:, 0] - at[0]) < _NAME_WIDTH / 2) & (
                abs(points[:, 1] - at[1]) < _NAME_HEIGHT / 2
            )
            free = all(abs(at[0] - a) > _NAME_WIDTH or abs(at[1] - b) >= _NAME_HEIGHT for a, b in placed)
            if free and not covers.any():
                placed.append(at)
                rows.append({**row, "name": cut(row["label"], _LONGEST), "side": side, "right": right})
                break
    return pd.DataFrame(rows, columns=columns)


def front_title(table: pd.DataFrame, across: str, up: str) -> str:
    """Which runs nothing beats in both figures, in words."""
    front = list(table.loc[table["front"], "label"]) if len(table) else []
    x, y = metric_title(across), metric_title(up)
    if not front:
        return _("No run has both figures")
    if len(front) == 1:
        return _("{run} is best in {up} and in {across} at once").format(run=cut(front[0]), up=y, across=x)
    if len(front) == len(table):
        return _("{up} or {across}: no run is better in both than another").format(up=y, across=x)
    return _("{up} or {across}: nothing beats {n} of {all} runs in both").format(
        up=y, across=x, n=len(front), all=len(table)
    )
