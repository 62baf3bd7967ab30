"""Charts of the worth of an attribute: its three arms, and its two paired differences. Tables of `scenarios.worth_told`."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow, better, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

LABEL_LIMIT = 170


def arms(table: pd.DataFrame, metric: str, *, dark: bool = False) -> alt.LayerChart:
    """A dot for each seed of each arm, the mean as a bar across, whiskers for 95 % over users and seeds.

    Columns: `arm`, `own` (the arm with the attribute), `seed`, `value`, `mean`, `low`, `high`; arms in the order in
    which they are drawn.
    """
    check_size(len(table))
    colours, title = palette(dark), _("Nothing was measured")
    means = table.drop_duplicates("arm")
    if len(means):
        best = means.iloc[int((means["mean"] * better(metric)).to_numpy().argmax())]
        title = _("Best on average: {arm}, {metric} {value}").format(
            arm=best["arm"], metric=metric_title(metric), value=number(best["mean"])
        )
    name = metric_title(metric)
    colour = alt.condition("datum.own", alt.value(colours.runs[0]), alt.value(colours.floor))
    order = list(means["arm"])
    up = alt.Y("arm:N", sort=order, title=None, axis=alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False))
    across: dict[str, Any] = {
        "title": f"{name} {arrow(metric)}".strip(),
        "scale": alt.Scale(zero=False, nice=True, padding=12),
    }
    base = alt.Chart(table, height=HEIGHT).encode(y=up, color=colour)
    dots = base.mark_circle(size=90, opacity=0.75).encode(
        x=alt.X("value:Q", **across),
        tooltip=[
            alt.Tooltip("arm:N", title=_("arm")),
            alt.Tooltip("seed:Q", title=_("seed")),
            alt.Tooltip("value:Q", title=name, format=".4f"),
        ],
    )
    middle = base.properties(data=means).encode(
        tooltip=[
            alt.Tooltip("arm:N", title=_("arm")),
            alt.Tooltip("mean:Q", title=_("mean over seeds"), format=".4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
        ]
    )
    whiskers = middle.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", **across), x2="high:Q")
    ticks = middle.mark_tick(thickness=4, size=34).encode(x=alt.X("mean:Q", **across))
    return headed(whiskers + ticks + dots, title)


def gains(table: pd.DataFrame, metric: str, *, dark: bool = False) -> alt.LayerChart:
    """Paired differences with their intervals against 0; to the right is better, whatever the metric.

    Columns: `against`, `mean`, `low`, `high`.
    """
    check_size(len(table))
    colours, title = palette(dark), _("Nothing was compared")
    if len(table):
        sure = int((table["low"] > 0).sum())
        lost = int((table["high"] < 0).sum())
        title = _("Both intervals hold 0")
        if sure == len(table):
            title = _("Every interval is above 0")
        elif lost == len(table):
            title = _("Every interval is below 0")
        elif sure or lost:
            title = _("One interval is off 0, the other holds it")
    shown = table.assign(words=[number(one) for one in table["mean"]])
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    base = alt.Chart(shown, height=HEIGHT).encode(
        y=alt.Y("against:N", sort=list(table["against"]), title=None, axis=axis),
        tooltip=[
            alt.Tooltip("against:N", title=_("compared")),
            alt.Tooltip("mean:Q", title=_("better by"), format=".4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
        ],
    )
    across = alt.X(
        "low:Q",
        title=_("{metric}: better by →").format(metric=metric_title(metric)),
        scale=alt.Scale(zero=True, nice=True, padding=12),
    )
    whisker = base.mark_rule(strokeWidth=3, color=colours.runs[0]).encode(x=across, x2="high:Q")
    point = base.mark_circle(size=140, opacity=1, color=colours.runs[0]).encode(x="mean:Q")
    text = base.mark_text(dy=-14, fontSize=12, color=colours.text).encode(x="mean:Q", text="words:N")
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=colours.text, strokeDash=[4, 4])
    return headed(zero.encode(x="zero:Q") + whisker + point + text, title)
