"""Slices side by side, worst first: a point a run with its interval; a click on one chooses the slice."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from recsys_core.charts.runs import Styles, cut, tooltip
from recsys_core.charts.theme import FRAME, HEIGHT, check_size, headed
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _

PICK = "slice"
"""Name of the click: its selection is [{"slice": ...}]."""
_STEP, _LEAST_STEP, _TITLE = 9, 26, 40
_LABEL_LIMIT = 170
_FADED = 0.25


def slices(
    table: pd.DataFrame,
    metric: str,
    colours: Mapping[str, str],
    *,
    direction: int = 1,
    chosen: str | None = None,
    dark: bool = False,
) -> alt.LayerChart:
    """A figure by slice and run with 95 % intervals, and each run's figure over everybody as a dashed line.

    Args:
        table: as `Slices.table`. metric: its name on screen. direction: -1 where less is better.
        chosen: the slice that is picked; the others fade.
    """
    check_size(len(table))
    names = list(dict.fromkeys(table["slice"]))
    styles = Styles.of(table, colours, dark=dark)
    shown = table.assign(faded=(table["slice"] != chosen) if chosen in names else False)
    step = max(_LEAST_STEP, _STEP * len(styles.labels) + 8)
    height = max(HEIGHT, step * len(names) + FRAME + _TITLE) + styles.legend_height
    axis = alt.Axis(labelLimit=_LABEL_LIMIT, labelOverlap=False)
    base = alt.Chart(shown, height=height).encode(
        y=alt.Y("slice:N", sort=names, title=None, axis=axis),
        yOffset=alt.YOffset("label:N", sort=list(styles.labels)),
        opacity=alt.condition("datum.faded", alt.value(_FADED), alt.value(1.0)),
        tooltip=_told(metric),
    )
    arrow = "↑" if direction > 0 else "↓"
    across = alt.X("value:Q", title=f"{metric} {arrow}", scale=alt.Scale(zero=True))
    whisker = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=f"{metric} {arrow}"), x2="high:Q", color=styles.colour()
    )
    click = alt.selection_point(name=PICK, fields=["slice"])
    points = (
        base.mark_point(filled=True, size=80, cursor="pointer")
        .encode(x=across, color=styles.colour(), shape=styles.shape())
        .add_params(click)
    )
    layers: alt.LayerChart = _overall(table, styles) + whisker + points
    return headed(layers, slices_title(table, metric, direction))


def _told(metric: str) -> list[alt.Tooltip]:
    """What stands beside a point that is pointed at."""
    return [
        alt.Tooltip("slice:N", title=_("slice")),
        *tooltip(metric, "value"),
        alt.Tooltip("overall:Q", title=_("overall"), format=".3f"),
        alt.Tooltip("n_users:Q", title=_("people"), format=","),
        alt.Tooltip("n_rows:Q", title=_("rows judged"), format=","),
        alt.Tooltip("p:Q", title=_("p, beside the rest"), format=".2g"),
    ]


def _overall(table: pd.DataFrame, styles: Styles) -> alt.Chart:
    """Each run's figure over everybody, as a dashed line."""
    tips = [
        alt.Tooltip("label:N", title=_("run")),
        alt.Tooltip("overall:Q", title=_("overall"), format=".3f"),
    ]
    base = alt.Chart(table.drop_duplicates("id")[["id", "label", "overall"]])
    line = base.mark_rule(strokeDash=[5, 4], opacity=0.7)
    return line.encode(x="overall:Q", color=styles.colour(), tooltip=tips)


def slices_title(table: pd.DataFrame, metric: str, direction: int = 1) -> str:
    """The widest gap that the first run has between two slices, in words."""
    if not len(table):
        return _("No slice is large enough")
    first = table[table["id"] == table["id"].iloc[0]].sort_values("value", ascending=direction > 0)
    worst, best = first.iloc[0], first.iloc[-1]
    if len(first) < 2:
        return _("One slice: {slice}, {metric} {value}").format(
            slice=cut(worst["slice"]), metric=metric, value=number(worst["value"])
        )
    return _("{metric} {low} for {worst}, {high} for {best}").format(
        metric=metric,
        low=number(worst["value"]),
        worst=cut(worst["slice"]),
        high=number(best["value"]),
        best=cut(best["slice"]),
    )
