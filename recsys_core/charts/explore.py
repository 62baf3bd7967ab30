"""Charts of how rows are spread: over values, users, items. Each takes a table of `data.profile` and says what one sees."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.i18n import _

_SLANTED = -35
_MANY_LABELS, _MOST_LABELS = 8, 16


def _bars(table: pd.DataFrame, title: str, *, dark: bool, colour: int = 0) -> alt.Chart:
    check_size(len(table))
    chart = alt.Chart(table, height=HEIGHT)
    return headed(chart, title).mark_bar(color=palette(dark).runs[colour], cornerRadiusEnd=3)


def _steps(field: str, title: str, labels: pd.Series) -> alt.X:
    """An axis of steps by name, in the order of the table."""
    angle = _SLANTED if len(labels) > _MANY_LABELS or labels.astype("str").str.len().max() > 7 else 0
    return alt.X(
        f"{field}:N",
        sort=list(labels),
        title=title,
        axis=alt.Axis(labelAngle=angle, labelOverlap=len(labels) > _MOST_LABELS),
    )


def value_histogram(
    values: pd.DataFrame, words: Words, *, doubling: bool = False, binary: bool = False, dark: bool = False
) -> alt.Chart:
    """How often each value was given. Columns: `value` (a step by name), `low`, `count`."""
    total = max(int(values["count"].sum()), 1)
    title = _("No values")
    if binary and len(values):
        ones = int(values.loc[values["low"] == 1, "count"].sum())
        title = _("{share:.1%} of the rows are 1").format(share=ones / total)
    elif len(values):
        top = values.iloc[int(values["count"].argmax())]
        title = _("Most frequent {value}: {top}, in {share:.0%} of the rows").format(
            share=top["count"] / total, value=words.value, top=top["value"]
        )
    heading = _("{value} (each step doubles)").format(value=words.value) if doubling else words.value
    table = values.assign(share=values["count"] / total)
    return _bars(table, title, dark=dark).encode(
        x=_steps("value", heading, table["value"]),
        y=alt.Y("count:Q", title=_("interactions")),
        tooltip=[
            alt.Tooltip("value:N", title=words.value),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
            alt.Tooltip("share:Q", title=_("share of rows"), format=".1%"),
        ],
    )


def lorenz(curves: dict[str, pd.DataFrame], title: str, *, dark: bool = False) -> alt.LayerChart:
    """Who holds how much, and what equal shares would look like.

    Args:
        curves: noun -> columns `share`, `share_of_rows`; the first is the one the title is about.
    """
    colours = palette(dark)
    table = pd.concat([curve.assign(who=noun) for noun, curve in curves.items()], ignore_index=True)
    check_size(len(table))
    base = alt.Chart(table, height=HEIGHT).encode(
        x=alt.X("share:Q", title=_("share of all, from least to most active"), axis=alt.Axis(format="%")),
        y=alt.Y("share_of_rows:Q", title=_("share of interactions"), axis=alt.Axis(format="%")),
        color=alt.Color(
            "who:N",
            title=None,
            scale=alt.Scale(domain=list(curves), range=list(colours.runs[: len(curves)])),
            legend=alt.Legend(orient="top-left"),
        ),
        tooltip=[
            alt.Tooltip("who:N", title=_("of")),
            alt.Tooltip("share:Q", title=_("the least active"), format=".1%"),
            alt.Tooltip("share_of_rows:Q", title=_("hold"), format=".1%"),
        ],
    )
    equal = alt.Chart(pd.DataFrame({"share": [0, 1], "share_of_rows": [0, 1]})).encode(
        x="share:Q", y="share_of_rows:Q"
    )
    name = pd.DataFrame({"share": [0.75], "share_of_rows": [0.75], "text": [_("equal shares")]})
    label = alt.Chart(name).mark_text(align="right", dx=-6, dy=-6, color=colours.floor)
    diagonal = equal.mark_line(color=colours.floor, strokeDash=[5, 4])
    named = label.encode(x="share:Q", y="share_of_rows:Q", text="text:N")
    layers: alt.LayerChart = diagonal + named + base.mark_line(strokeWidth=2.5)
    return headed(layers, title)


def lorenz_title(half_share: float, gini: float, noun: str) -> str:
    """What the curve says in one sentence."""
    return _("Half of all interactions go to {share:.1%} of the {items} (Gini {gini:.2f})").format(
        share=half_share, items=noun, gini=gini
    )


def activity(
    table: pd.DataFrame, median: float, noun: str, *, colour: int = 0, dark: bool = False
) -> alt.Chart:
    """Users (or items) by number of interactions. Columns: `low`, `high`, `label`, `count`."""
    title = _("Half of the {users} have {median:,.0f} or more interactions").format(users=noun, median=median)
    doubling = (table["high"] - table["low"]).nunique() > 1
    across = _("interactions (each step doubles)") if doubling else _("interactions")
    return _bars(table, title, dark=dark, colour=colour).encode(
        x=_steps("label", across, table["label"]),
        y=alt.Y("count:Q", title=noun),
        tooltip=[
            alt.Tooltip("label:N", title=_("interactions")),
            alt.Tooltip("count:Q", title=noun, format=","),
        ],
    )


def lives(table: pd.DataFrame, noun: str, *, colour: int = 0, dark: bool = False) -> alt.Chart:
    """How long users (or items) live, from first to last interaction. Columns: `label`, `count`, `share`."""
    within_a_day = table["share"].iloc[:3].sum() if len(table) else 0.0
    title = _("{share:.0%} of the {users} are seen within one day only").format(
        share=within_a_day, users=noun
    )
    axis = alt.Axis(labelOverlap=False, labelFlush=False)
    return _bars(table, title, dark=dark, colour=colour).encode(
        y=alt.Y("label:N", sort=list(table["label"]), title=None, axis=axis),
        x=alt.X("count:Q", title=_("{users}, by time from first to last interaction").format(users=noun)),
        tooltip=[
            alt.Tooltip("label:N", title=_("lifetime")),
            alt.Tooltip("count:Q", title=noun, format=","),
            alt.Tooltip("share:Q", title=_("share"), format=".1%"),
        ],
    )
