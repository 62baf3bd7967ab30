"""Charts of a data set. Each takes a table of `data.profile` and says in its title what one sees."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, HEIGHT, check_size, palette
from recsys_core.data.dataset import Words
from recsys_core.i18n import _

BAR_STEP = 24
MIN_HEIGHT = 160


def _bars(table: pd.DataFrame, title: str, dark: bool, height: int = HEIGHT) -> alt.Chart:
    check_size(len(table))
    base = alt.Chart(table, title=title, height=max(height, MIN_HEIGHT))
    return base.mark_bar(color=palette(dark).runs[0], cornerRadiusEnd=3)


def value_histogram(values: pd.DataFrame, words: Words, *, dark: bool = False) -> alt.Chart:
    """How often each value was given. Columns: `value`, `count`."""
    total = values["count"].sum()
    if len(values):
        top = values.iloc[int(values["count"].argmax())]
        title = _("Most frequent {value}: {top:g}, in {share:.0%} of the rows").format(
            share=top["count"] / total, value=words.value, top=top["value"]
        )
    else:
        title = _("No values")
    chart = _bars(values, title, dark)
    return chart.encode(
        x=alt.X("value:O", title=words.value, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("count:Q", title=_("interactions")),
        tooltip=[
            alt.Tooltip("value:Q", title=words.value),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
        ],
    )


def long_tail(tail: pd.DataFrame, half_share: float, words: Words, *, dark: bool = False) -> alt.LayerChart:
    """The Lorenz-like curve of the items. Columns: `share_of_items`, `share_of_events`."""
    check_size(len(tail))
    colours = palette(dark)
    title = _("Half of all interactions go to {share:.1%} of the {items}").format(
        share=half_share, items=words.items
    )
    base = alt.Chart(tail, title=title, height=HEIGHT).encode(
        x=alt.X(
            "share_of_items:Q",
            title=_("share of {items}, most chosen first").format(items=words.items),
            axis=alt.Axis(format="%"),
        ),
        y=alt.Y("share_of_events:Q", title=_("share of interactions"), axis=alt.Axis(format="%")),
        tooltip=[
            alt.Tooltip("share_of_items:Q", title=words.items, format=".1%"),
            alt.Tooltip("share_of_events:Q", title=_("interactions"), format=".1%"),
        ],
    )
    area = base.mark_area(color=colours.runs[0], opacity=0.2, line={"color": colours.runs[0]})
    half = alt.Chart(pd.DataFrame({"x": [half_share], "y": [0.5]})).mark_point(
        color=colours.runs[1], filled=True, size=90
    )
    return area + half.encode(x="x:Q", y="y:Q")


def activity(table: pd.DataFrame, median: float, words: Words, *, dark: bool = False) -> alt.Chart:
    """Users by number of interactions, in doubling steps. Columns: `low`, `high`, `users`."""
    labelled = table.assign(
        step=[
            f"{low:,}" if low == high else f"{low:,}–{high:,}"
            for low, high in zip(table["low"], table["high"], strict=True)
        ]
    )
    title = _("Half of the {users} have {median:,.0f} or more").format(users=words.users, median=median)
    return _bars(labelled, title, dark).encode(
        x=alt.X(
            "step:N",
            sort=list(labelled["step"]),
            title=_("interactions (each step doubles)"),
            axis=alt.Axis(labelAngle=-35),
        ),
        y=alt.Y("users:Q", title=words.users),
        tooltip=[
            alt.Tooltip("step:N", title=_("interactions")),
            alt.Tooltip("users:Q", title=words.users, format=","),
        ],
    )


def over_time(table: pd.DataFrame, *, dark: bool = False) -> alt.Chart:
    """Interactions a period. Columns: `month`, `count`."""
    span = _("time")
    if len(table):
        first, last = table["month"].min(), table["month"].max()
        span = _("time, {first:%b %Y} to {last:%b %Y}").format(first=first, last=last)
        busiest = table.iloc[int(table["count"].argmax())]
        title = _("Busiest from {when:%d %b %Y}: {n:,} interactions").format(
            when=busiest["month"], n=int(busiest["count"])
        )
    else:
        title = _("No times in this data")
    return _bars(table, title, dark).encode(
        x=alt.X("month:T", title=span, axis=alt.Axis(labelOverlap=True)),
        y=alt.Y("count:Q", title=_("interactions")),
        tooltip=[
            alt.Tooltip("month:T", title=_("from"), format="%d %b %Y"),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
        ],
    )


def by_attribute(table: pd.DataFrame, attribute: str, words: Words, *, dark: bool = False) -> alt.Chart:
    """Interactions by a value of an attribute. Columns: `value`, `count`, `mean`."""
    shown = table.head(15)
    if len(shown):
        title = _("{value} leads {attribute}: {n:,} interactions").format(
            value=shown.iloc[0]["value"], attribute=attribute, n=int(shown.iloc[0]["count"])
        )
    else:
        title = _("No values")
    return _bars(shown, title, dark, height=BAR_STEP * len(shown) + FRAME).encode(
        y=alt.Y("value:N", sort="-x", title=attribute, axis=alt.Axis(labelOverlap=False, labelLimit=220)),
        x=alt.X("count:Q", title=_("interactions")),
        tooltip=[
            alt.Tooltip("value:N", title=attribute),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
            alt.Tooltip("mean:Q", title=_("mean {value}").format(value=words.value), format=".2f"),
        ],
    )
