"""Runs side by side: bars from zero with whiskers, and one metric against another."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, palette
from recsys_core.evaluation.meanings import arrow, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

BAR_STEP = 34


def bars(table: pd.DataFrame, metric: str, colours: dict[str, str], *, dark: bool = False) -> alt.LayerChart:
    """One metric of every run with its interval. Columns: `label`, `id`, `value`, `low`, `high`."""
    check_size(len(table))
    title = _("No run has this figure")
    if len(table):
        ordered = table.sort_values("value")
        best = ordered.iloc[0] if arrow(metric) == "↓" else ordered.iloc[-1]
        title = _("{run} leads in {metric}: {value}").format(
            run=best["label"], metric=metric_title(metric), value=number(best["value"])
        )
    order = list(table["label"])
    base = alt.Chart(table, title=title, height=max(120, BAR_STEP * len(table))).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("value:Q", title=metric_title(metric), format=".4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
        ],
    )
    colour = alt.Color(
        "id:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None
    )
    axis_title = f"{metric_title(metric)} {arrow(metric)}".strip()
    bar = base.mark_bar(cornerRadiusEnd=3).encode(
        x=alt.X("value:Q", title=axis_title, scale=alt.Scale(zero=True)), color=colour
    )
    whisker = base.mark_rule(color=palette(dark).text, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    return bar + whisker


def trade_off(
    table: pd.DataFrame, across: str, up: str, colours: dict[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """One metric against another. Columns: `label`, `id`, and the two metrics with `_low`, `_high` beside them."""
    check_size(len(table))
    fields = table.rename(columns={across: "x", up: "y", f"{up}_low": "y_low", f"{up}_high": "y_high"})
    base = alt.Chart(
        fields,
        title=_("{up} against {across}").format(up=metric_title(up), across=metric_title(across)),
        height=HEIGHT + 60,
    ).encode(
        x=alt.X("x:Q", title=f"{metric_title(across)} {arrow(across)}", scale=alt.Scale(zero=True)),
        color=alt.Color(
            "id:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None
        ),
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("x:Q", title=metric_title(across), format=".4f"),
            alt.Tooltip("y:Q", title=metric_title(up), format=".4f"),
        ],
    )
    up_axis = alt.Y("y:Q", title=f"{metric_title(up)} {arrow(up)}", scale=alt.Scale(zero=True))
    points = base.mark_circle(size=140, opacity=1).encode(y=up_axis)
    whiskers = base.mark_rule().encode(y=alt.Y("y_low:Q"), y2="y_high:Q")
    names = base.mark_text(align="left", dx=10, dy=-8, fontSize=12, color=palette(dark).text).encode(
        y=up_axis, text="label:N", color=alt.value(palette(dark).text)
    )
    return whiskers + points + names
