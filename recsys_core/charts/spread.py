"""How a figure is spread over users, and how it grows with the length of the list: a line a run."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from recsys_core.charts.runs import LABEL_LIMIT, MOST_LABELLED, Styles, cut, line_ends, tooltip
from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

BRUSH = "range"
"""Name of the brush: its selection is {"place": [first, last]}."""
_TICKS = 5
_ROOM = 1.6
"""How far the axis reaches beyond the last k, so that the names of the lines have room."""


def spread(
    table: pd.DataFrame,
    metric: str,
    users: str,
    colours: Mapping[str, str],
    *,
    adding_up: bool = False,
    chosen: tuple[float, float] | None = None,
    dark: bool = False,
) -> alt.LayerChart:
    """Share of users by a figure, a stepped line a run; brushing a stretch chooses it.

    Args:
        table: as `scenarios.spread.spread`. users: their noun.
        adding_up: the share with at most so much, instead of the share in each bin.
        chosen: least and largest value of the stretch that is chosen: it is shaded.
    """
    check_size(len(table))
    styles = Styles.of(table, colours, dark=dark)
    up = "at_most" if adding_up else "share"
    ends = table[table["place"] == table["place"].max()]
    steps = pd.concat([table, ends.assign(place=ends["place"] + 1)], ignore_index=True)
    values, labels = _ticks(table)
    axis = alt.Axis(values=values, labelExpr=_label_expr(values, labels), grid=False, labelOverlap=True)
    across = alt.X(
        "place:Q",
        title=f"{metric_title(metric)} {arrow(metric)}".strip(),
        axis=axis,
        scale=alt.Scale(domain=[0, max(int(steps["place"].max()), 1)] if len(steps) else [0, 1], nice=False),
    )
    what = _("share of {users} with at most so much") if adding_up else _("share of {users}")
    base = alt.Chart(steps, height=HEIGHT + styles.legend_height).encode(x=across)
    brush = alt.selection_interval(name=BRUSH, encodings=["x"])
    lines = (
        base.mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            y=alt.Y(f"{up}:Q", title=what.format(users=users), axis=alt.Axis(format="%")),
            color=styles.colour(),
            strokeDash=styles.dash(),
            tooltip=[
                alt.Tooltip("label:N", title=_("run")),
                alt.Tooltip("low:Q", title=_("from"), format=".3f"),
                alt.Tooltip("high:Q", title=_("to"), format=".3f"),
                alt.Tooltip("n:Q", title=users, format=","),
                alt.Tooltip("share:Q", title=_("share"), format=".1%"),
                alt.Tooltip("at_most:Q", title=_("with at most so much"), format=".1%"),
            ],
        )
        .add_params(brush)
    )
    band = alt.Chart(_shaded(table, chosen)).mark_rect(color=palette(dark).accent, opacity=0.18)
    layers: alt.LayerChart = band.encode(x="first:Q", x2="last:Q") + lines
    return headed(layers, spread_title(table, metric, users))


def _shaded(table: pd.DataFrame, chosen: tuple[float, float] | None) -> pd.DataFrame:
    """From which place to which the chosen stretch reaches; no row where none is."""
    if chosen is None or not len(table):
        return pd.DataFrame({"first": [], "last": []}, dtype="float64")
    mine = table[table["id"] == table["id"].iloc[0]]
    inside = mine[(mine["most"] >= chosen[0] - 1e-8) & (mine["least"] <= chosen[1] + 1e-8)]
    first, last = (inside["place"].min(), inside["place"].max() + 1) if len(inside) else (0, 0)
    return pd.DataFrame({"first": [first], "last": [last]})


def _ticks(table: pd.DataFrame) -> tuple[list[float], list[str]]:
    """Places of the axis with the value at each; the bin of those with exactly 0 is named in its middle."""
    bins = table.drop_duplicates("place").sort_values("place")
    if not len(bins):
        return [0.0], ["0"]
    zero = bool((bins["low"].iloc[0] == 0) & (bins["high"].iloc[0] == 0))
    values, labels = ([0.5], ["0"]) if zero else ([0.0], [number(float(bins["low"].iloc[0]))])
    n = len(bins) - zero
    for step in range(1, _TICKS):
        place = round(step * n / (_TICKS - 1)) + zero - 1
        values.append(float(place + 1))
        labels.append(number(float(bins["high"].iloc[place])))
    return values, labels


def _label_expr(values: list[float], labels: list[str]) -> str:
    picked = "''"
    for value, label in reversed(list(zip(values, labels, strict=True))):
        picked = f"datum.value == {value} ? '{label}' : ({picked})"
    return picked


def spread_title(table: pd.DataFrame, metric: str, users: str) -> str:
    """How many get nothing where some do, else the middle value, in words."""
    if not len(table):
        return _("Nobody has this figure")
    zero = table[(table["low"] == 0) & (table["high"] == 0)]
    if len(zero) and zero["share"].max() > 0:
        ends = zero.sort_values("share")
        least, most = ends.iloc[0], ends.iloc[-1]
        if len(zero) == 1:
            return _("{run}: {share:.0%} of the {users} have {metric} 0").format(
                run=cut(least["label"]), share=least["share"], users=users, metric=metric_title(metric)
            )
        return _("{metric} 0: {least:.0%} of the {users} under {best}, {most:.0%} under {worst}").format(
            metric=metric_title(metric), least=least["share"], users=users, best=cut(least["label"]),
            most=most["share"], worst=cut(most["label"]),
        )  # fmt: skip
    mine = table[table["id"] == table["id"].iloc[0]]
    half = mine.iloc[int(np.argmax(mine["at_most"].to_numpy() >= 0.5))]
    return _("{run}: half of the {users} have {metric} {value} or less").format(
        run=cut(half["label"]), users=users, metric=metric_title(metric), value=number(half["high"])
    )


def k_curves(
    table: pd.DataFrame, base_metric: str, k: int, colours: Mapping[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """A metric by the length of the list, a line a run with its band; a thin line where the page's k is.

    Args:
        table: as `scenarios.spread.k_curves`.
    """
    check_size(len(table))
    styles = Styles.of(table, colours, dark=dark)
    named = len(styles.labels) <= MOST_LABELLED
    last = int(table["k"].max()) if len(table) else k
    axis = alt.Axis(values=[one for one in (1, 5, 10, 20, 30, 50, 75, 100) if one <= last])
    scale = alt.Scale(domain=[0, last * (_ROOM if named else 1)], nice=False)
    across = alt.X("k:Q", title=_("k: length of the list"), axis=axis, scale=scale)
    named_up = _("{metric} at k {arrow}").format(metric=metric_title(base_metric), arrow=arrow(base_metric))
    up = alt.Y("value:Q", title=named_up, scale=alt.Scale(zero=True))
    base = alt.Chart(table, height=HEIGHT + (0 if named else styles.legend_height)).encode(
        x=across,
        color=styles.colour(legend=not named),
        tooltip=[alt.Tooltip("k:Q", title=_("k")), *tooltip(metric_title(base_metric), "value")],
    )
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=named_up), y2="high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=up, strokeDash=styles.dash(legend=not named))
    here = alt.Chart(pd.DataFrame({"k": [k]})).mark_rule(color=palette(dark).floor, strokeDash=[2, 3])
    layers: alt.LayerChart = here.encode(x=across) + band + line
    if named and len(table):
        names = alt.Chart(line_ends(table, "k", "value")).mark_text(
            align="left", dx=6, fontSize=12, limit=LABEL_LIMIT
        )
        layers += names.encode(x=across, y=up, text="name:N", color=styles.colour(legend=False))
    return headed(layers, k_title(table, base_metric, k))


def k_title(table: pd.DataFrame, base_metric: str, k: int) -> str:
    """Who leads at the page's k, and whether it leads at every k."""
    at = table[table["k"] == k]
    if not len(at):
        return _("No run has this figure by k")
    best = table.sort_values("value").groupby("k").tail(1).sort_values("k")
    leader = at.iloc[int(at["value"].argmax())]
    metric = metric_title(base_metric)
    if table["id"].nunique() == 1:
        return _("{run}: {metric} {value} at k = {k}").format(
            run=cut(leader["label"]), metric=metric, value=number(leader["value"]), k=k
        )
    if (best["id"] == leader["id"]).all():
        return _("{run} leads in {metric} at every k").format(run=cut(leader["label"]), metric=metric)
    other = best[best["id"] != leader["id"]].iloc[-1]
    return _("{run} leads in {metric} at k = {k}; {other} at k = {other_k}").format(
        run=cut(leader["label"]), metric=metric, k=k, other=cut(other["label"]), other_k=int(other["k"])
    )
