"""Runs side by side: bars from zero with whiskers, one metric against another, and their curves."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, HEIGHT, check_size, palette
from recsys_core.evaluation.meanings import arrow, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

BAR_STEP = 26
MIN_HEIGHT = HEIGHT + 60
MOST_LINES_LABELLED = 4
ABOVE_OR_BELOW = (1, -1)
NAME_WIDTH, NAME_HEIGHT = 0.45, 0.09  # of the chart, what the name of a point takes
LABEL_LIMIT = 200


def height_for(n_runs: int) -> int:
    """One height for the charts that stand side by side, with room for every bar's name."""
    return max(MIN_HEIGHT, BAR_STEP * n_runs + FRAME)


def bars(
    table: pd.DataFrame,
    metric: str,
    colours: dict[str, str],
    *,
    best: float | None = None,
    dark: bool = False,
) -> alt.LayerChart:
    """One metric of every run with its interval. Columns: `label`, `id`, `value`, `low`, `high`, perhaps `verdict`.

    Args:
        best: a figure that nobody can beat, drawn as a line.
    """
    check_size(len(table))
    title = _("No run has this figure")
    if len(table):
        ordered = table.sort_values("value")
        leader = ordered.iloc[0] if arrow(metric) == "↓" else ordered.iloc[-1]
        title = _("{run} leads in {metric}: {value}").format(
            run=leader["label"], metric=metric_title(metric), value=number(leader["value"])
        )
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    base = alt.Chart(table, title=title, height=height_for(len(table))).encode(
        y=alt.Y("label:N", sort=list(table["label"]), title=None, axis=axis),
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("value:Q", title=metric_title(metric), format=".4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
        ],
    )
    axis_title = f"{metric_title(metric)} {arrow(metric)}".strip()
    bar = base.mark_bar(cornerRadiusEnd=3).encode(
        x=alt.X("value:Q", title=axis_title, scale=alt.Scale(zero=True)), color=_by_run(colours)
    )
    whisker = base.mark_rule(color=palette(dark).text, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    layers = bar + whisker
    if "verdict" in table:
        # behind the end of the whisker, or of the bar where there is none
        placed = table.assign(end=table[["value", "high"]].max(axis=1))
        signs = base.properties(data=placed).mark_text(align="left", dx=6, color=palette(dark).text)
        layers += signs.encode(x="end:Q", text="verdict:N")
    if best is not None:
        told = pd.DataFrame({"best": [best], "text": [_("best reachable")]})
        line = alt.Chart(told).mark_rule(strokeDash=[4, 3], color=palette(dark).text, strokeWidth=2)
        layers += line.encode(
            x="best:Q", tooltip=[alt.Tooltip("best:Q", title=_("best reachable"), format=".4f")]
        )
    return layers


def trade_off(
    table: pd.DataFrame, across: str, up: str, colours: dict[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """One metric against another. Columns: `label`, `id`, and the two metrics with `_low`, `_high` beside the second."""
    check_size(len(table))
    fields = table.rename(columns={across: "x", up: "y", f"{up}_low": "y_low", f"{up}_high": "y_high"})
    title = _("No run has both figures")
    if len(fields):
        best = fields.iloc[int(fields["y"].argmax())]
        title = _("{run}: best lists, {share:.0%} of the catalogue").format(
            run=best["label"], share=best["x"]
        )
    base = alt.Chart(fields, title=title, height=height_for(len(fields))).encode(
        x=alt.X("x:Q", title=f"{metric_title(across)} {arrow(across)}", scale=alt.Scale(zero=True)),
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("x:Q", title=metric_title(across), format=".4f"),
            alt.Tooltip("y:Q", title=metric_title(up), format=".4f"),
        ],
    )
    up_axis = alt.Y("y:Q", title=f"{metric_title(up)} {arrow(up)}", scale=alt.Scale(zero=True))
    points = base.mark_circle(size=140, opacity=1).encode(y=up_axis, color=_by_run(colours))
    whiskers = base.mark_rule().encode(y=alt.Y("y_low:Q"), y2="y_high:Q", color=_by_run(colours))
    layers: alt.LayerChart = whiskers + points
    named = _apart(fields, width=NAME_WIDTH, height=NAME_HEIGHT)
    text = base.properties(data=named).encode(y=up_axis, text="label:N")
    middle = fields["x"].max() / 2 if len(fields) else 0.0
    style: dict[str, Any] = {"fontSize": 12, "limit": LABEL_LIMIT, "color": palette(dark).text}
    for side in ABOVE_OR_BELOW:
        here = text.transform_filter(f"datum.side == {side}")
        shift = -10 if side > 0 else 18
        layers += here.transform_filter(f"datum.x <= {middle}").mark_text(
            align="left", dx=8, dy=shift, **style
        )
        layers += here.transform_filter(f"datum.x > {middle}").mark_text(
            align="right", dx=-8, dy=shift, **style
        )
    return layers


def _apart(points: pd.DataFrame, *, width: float, height: float) -> pd.DataFrame:
    """The points whose names can stand, above or below, without covering the name of a better one, and the `side`.

    The others keep their tooltip.
    """
    across, up = points["x"].to_numpy(), points["y"].to_numpy()
    wide, high = width * max(across.max(initial=0), 1e-9), height * max(up.max(initial=0), 1e-9)
    placed: list[tuple[float, float]] = []
    kept: dict[int, int] = {}
    for row in up.argsort()[::-1]:
        for side in ABOVE_OR_BELOW:
            level = up[row] + side * high / 2
            if all(abs(across[row] - x) > wide or abs(level - y) >= high * 0.99 for x, y in placed):
                placed.append((across[row], level))
                kept[int(row)] = side
                break
    return points.iloc[list(kept)].assign(side=list(kept.values()))


def curves(
    table: pd.DataFrame, metric: str, colours: dict[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """A validation metric by epoch, a line a run. Columns: `label`, `id`, `epoch`, `value`."""
    check_size(len(table))
    title = _("No curve")
    if len(table):
        best = table["value"].argmin() if arrow(metric) == "↓" else table["value"].argmax()
        values = table.iloc[int(best)]
        title = _("{run}: best at epoch {n}, {value}").format(
            run=values["label"], n=int(values["epoch"]), value=number(values["value"])
        )
    base = alt.Chart(table, title=title, height=HEIGHT).encode(
        x=alt.X("epoch:Q", title=_("epoch"), axis=alt.Axis(tickMinStep=1)),
        y=alt.Y(
            "value:Q",
            title=_("{metric} on validation rows").format(metric=metric_title(metric)),
            scale=alt.Scale(zero=False),
        ),
        color=_by_run(colours),
        detail="id:N",
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("epoch:Q", title=_("epoch")),
            alt.Tooltip("value:Q", title=metric_title(metric), format=".4f"),
        ],
    )
    lines = base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=24)
    if table["id"].nunique() > MOST_LINES_LABELLED:
        return lines
    names = base.properties(data=_line_names(table)).mark_text(
        align="right", dy=4, fontSize=12, limit=LABEL_LIMIT
    )
    return lines + names.encode(text="label:N")


def _line_names(table: pd.DataFrame) -> pd.DataFrame:
    """Where each line's name stands: below its end, one under the other where ends lie close."""
    ends = table.sort_values("epoch").groupby("id").tail(1).sort_values("value", ascending=False)
    spread = table["value"].max() - table["value"].min()
    gap = 0.09 * spread
    places: list[float] = []
    for value in ends["value"]:
        places.append(min([value - gap, *(place - gap for place in places[-1:])]))
    return ends.assign(value=places, epoch=table["epoch"].max())


def _by_run(colours: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("id:N", scale=scale, legend=None)
