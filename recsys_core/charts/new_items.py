"""Charts of a new item: at which rank people would get it, and what known interactions are worth beside attributes."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.i18n import _

BAND = 0.14
LEAST_SHARE = 0.01
DASHES = {
    "model": [1, 0],
    "attribute": [2, 3],
    "similar": [7, 4],
    "count": [1, 2],
    "ease": [1, 0],
    "ials": [9, 3],
}
"""Never colour alone: floors are grey in three dashes, what learns from rows has a colour and a dash of its own."""
LEGEND_COLUMNS = 2
CURVE_HEIGHT = HEIGHT + 200
"""The legend stands in it."""


def reach(table: pd.DataFrame, words: Words, *, colour: str, dark: bool = False) -> alt.LayerChart:
    """The share of users who would have the item within so many ranks; ranks on a log axis.

    Args:
        table: columns `rank`, `share`, `low`, `high`, `marked`: has a dot and a figure (`scenarios.new_items.reach`).
        colour: the run's.
    """
    check_size(len(table))
    marks = table[table["marked"]]
    marks = marks.assign(label=[f"{share:.0%}" for share in marks["share"]])
    rank = alt.X(
        "rank:Q",
        title=_("rank in a person's list (log axis)"),
        scale=alt.Scale(type="log", domain=[1, max(int(table["rank"].max()) if len(table) else 1, 10)]),
        axis=alt.Axis(values=[10**power for power in range(8)], format=",", grid=False),
    )
    share = alt.Y(
        "share:Q",
        title=_("share of {users}").format(users=words.users),
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%"),
    )
    told = [
        alt.Tooltip("rank:Q", title=_("within the first"), format=","),
        alt.Tooltip("share:Q", title=_("share"), format=".1%"),
        alt.Tooltip("low:Q", title=_("95 % interval from"), format=".1%"),
        alt.Tooltip("high:Q", title=_("to"), format=".1%"),
    ]
    base = alt.Chart(table, height=HEIGHT).encode(x=rank)
    band = base.mark_area(color=colour, opacity=BAND, interpolate="step-after").encode(
        y=alt.Y("low:Q", scale=alt.Scale(domain=[0, 1])), y2="high:Q"
    )
    line = base.mark_line(color=colour, strokeWidth=2.5, interpolate="step-after").encode(
        y=share, tooltip=told
    )
    points = alt.Chart(marks).encode(x=rank, y=share, tooltip=told)
    dots = points.mark_circle(color=colour, size=80, opacity=1)
    labels = points.mark_text(dy=-12, color=palette(dark).text, fontSize=12).encode(text="label:N")
    layers: alt.LayerChart = band + line + dots + labels
    return headed(layers, _reach_title(marks, words))


def _reach_title(marks: pd.DataFrame, words: Words) -> str:
    """The shortest list that at least one in a hundred would see it in; where there is none, the longest."""
    told = marks[marks["share"] >= LEAST_SHARE]
    if len(told):
        return _("{share:.0%} of {users} would have it among their first {n:,}").format(
            share=told.iloc[0]["share"], users=words.users, n=int(told.iloc[0]["rank"])
        )
    if not len(marks):
        return _("No {user} to ask").format(user=words.user)
    return _("Hardly any {user} would have it among their first {n:,}").format(
        user=words.user, n=int(marks.iloc[-1]["rank"])
    )


def curve(
    table: pd.DataFrame, names: dict[str, str], title: str, words: Words, *, colour: str, dark: bool = False
) -> alt.LayerChart:
    """NDCG@10 of held-out items by how many of their interactions are known, one line a way to score them.

    Args:
        table: columns `line`, `known`, `ndcg`, `low`, `high` (`scenarios.new_item_curve.Curve.table`).
        names: what each line is called.
        title: the finding (`scenarios.new_item_curve.finding`).
        colour: the run's.
    """
    check_size(len(table))
    shown = table.assign(name=[names[line] for line in table["line"]])
    colours = _line_colours(colour, dark)
    order = [line for line in colours if line in names]
    domain = [names[line] for line in order]
    legend = alt.Legend(
        title=None,
        orient="bottom",
        columns=LEGEND_COLUMNS,
        columnPadding=8,
        labelLimit=140,
        symbolType="stroke",
        symbolSize=300,
        symbolStrokeWidth=2.5,
        symbolOpacity=1,
    )
    hues = alt.Scale(domain=domain, range=[colours[line] for line in order])
    dashes = alt.Scale(domain=domain, range=[DASHES[line] for line in order])
    hue = alt.Color("name:N", scale=hues, legend=legend)
    dash = alt.StrokeDash("name:N", scale=dashes, legend=legend)
    across = alt.X(
        "known:Q",
        title=_("known interactions of each held-out {item} (log axis)").format(item=words.item),
        scale=alt.Scale(type="symlog", constant=1),
        axis=alt.Axis(values=sorted(set(table["known"])), format="d", grid=False),
    )
    up = alt.Y("ndcg:Q", title=_("NDCG@10 among the held-out {items}").format(items=words.items))
    told = [
        alt.Tooltip("name:N", title=_("scored by")),
        alt.Tooltip("known:Q", title=_("known")),
        alt.Tooltip("ndcg:Q", title="NDCG@10", format=".3f"),
        alt.Tooltip("low:Q", title=_("95 % interval from"), format=".3f"),
        alt.Tooltip("high:Q", title=_("to"), format=".3f"),
    ]
    base = alt.Chart(shown, height=CURVE_HEIGHT).encode(x=across)
    bands = base.mark_area(opacity=BAND).encode(
        y=alt.Y("low:Q", scale=alt.Scale(zero=True)), y2="high:Q", color=hue
    )
    lines = base.mark_line(strokeWidth=2.5).encode(y=up, color=hue, strokeDash=dash, tooltip=told)
    dots = base.mark_circle(size=45, opacity=1).encode(y=up, color=hue, tooltip=told)
    layers: alt.LayerChart = bands + lines + dots
    return headed(layers, title)


def _line_colours(colour: str, dark: bool) -> dict[str, str]:
    """A colour a line: the run's own, floors grey, the two that learn from rows the next that differ from it."""
    colours = palette(dark)
    free = [one for one in (colours.runs[2], colours.runs[1], colours.runs[3]) if one != colour]
    learning = {"model": colour, "ease": free[0], "ials": free[1]}
    return learning | dict.fromkeys(("attribute", "similar", "count"), colours.floor)
