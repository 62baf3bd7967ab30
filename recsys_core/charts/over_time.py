"""Charts over time. Each takes a table of `data.activity`; times are UTC whatever the browser's clock says."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.data.periods import moment
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _

PERIOD = "period"
"""The name of the brush: its selection is {"from": [low, high]} in milliseconds."""
_FEWEST_FOR_BAND, _MOST_DOTS, _DAYS_IN_WORDS = 5, 60, 70
_LEGEND_ROOM = 50
_UTC = alt.Scale(type="utc")


def _timed(table: pd.DataFrame) -> pd.DataFrame:
    """With `from`, `to` and `middle` in milliseconds: plain numbers, so that no browser moves them to its own zone."""
    check_size(len(table))
    start, length = table["start"] * 1000, (table["end"] - table["start"]) * 1000
    timed = table.assign(to=start + length * 9 // 10, middle=start + length // 2, zero=0)
    timed["from"] = start
    return timed


def _across(field: str, table: pd.DataFrame) -> alt.X:
    title = _("time (UTC)")
    if len(table):
        first, last = moment(table["start"].iloc[0]), moment(table["end"].iloc[-1] - 1)
        form = "%b %Y" if (last - first).days > _DAYS_IN_WORDS else "%d %b %Y"
        title = _("{first} to {last} (UTC)").format(first=first.strftime(form), last=last.strftime(form))
    return alt.X(f"{field}:T", scale=_UTC, title=title, axis=alt.Axis(labelOverlap=True))


def over_time(table: pd.DataFrame, *, dark: bool = False) -> alt.Chart:
    """Interactions a period, of which a stretch can be brushed. Columns: `start`, `end`, `label`, `count`, `chosen`."""
    colours = palette(dark)
    title = _("No times in this data")
    if len(table):
        busiest = table.iloc[int(table["count"].argmax())]
        title = _("Busiest: {when}, {n:,} interactions").format(
            when=busiest["label"], n=int(busiest["count"])
        )
        if not table["chosen"].all():
            share = table.loc[table["chosen"], "count"].sum() / max(int(table["count"].sum()), 1)
            title = _("{share:.1%} of the interactions lie in the chosen period").format(share=share)
    brush = alt.selection_interval(
        name=PERIOD,
        encodings=["x"],
        mark=alt.BrushConfig(fill=colours.accent, fillOpacity=0.12, stroke=colours.accent),
    )
    timed = _timed(table)
    return (
        headed(alt.Chart(timed, height=HEIGHT), title)
        .mark_bar(cursor="crosshair")
        .encode(
            x=_across("from", table),
            x2="to:T",
            y=alt.Y("count:Q", title=_("interactions")),
            y2="zero:Q",
            color=alt.condition("datum.chosen", alt.value(colours.runs[0]), alt.value(colours.quiet)),
            tooltip=[
                alt.Tooltip("label:N", title=_("when")),
                alt.Tooltip("count:Q", title=_("interactions"), format=","),
            ],
        )
        .add_params(brush)
    )


def means_over_time(
    table: pd.DataFrame, words: Words, *, binary: bool = False, dark: bool = False
) -> alt.LayerChart:
    """The mean value a period with its 95 % interval. Columns: `start`, `end`, `label`, `count`, `mean`, `low`, `high`."""
    colours = palette(dark)
    what = _("share of 1") if binary else _("mean {value}").format(value=words.value)
    known = table[table["count"] >= _FEWEST_FOR_BAND]
    title = _("Too few interactions a period for a mean")
    if len(known):
        top, least = known.iloc[int(known["mean"].argmax())], known.iloc[int(known["mean"].argmin())]
        title = _("{what}: highest {high} ({when}), lowest {low} ({then})").format(
            what=what[:1].upper() + what[1:],
            high=_amount(top["mean"], binary),
            when=top["label"],
            low=_amount(least["mean"], binary),
            then=least["label"],
        )
    timed = _timed(table)
    banded = timed.assign(
        **{end: timed[end].where(timed["count"] >= _FEWEST_FOR_BAND) for end in ("mean", "low", "high")}
    )
    form = "%" if binary else ",~f"
    base = alt.Chart(banded, height=HEIGHT).encode(
        x=_across("middle", table),
        tooltip=[
            alt.Tooltip("label:N", title=_("when")),
            alt.Tooltip("mean:Q", title=what, format=".2%" if binary else ".3f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".2%" if binary else ".3f"),
            alt.Tooltip("high:Q", title=_("to"), format=".2%" if binary else ".3f"),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
        ],
    )
    scale = alt.Scale(zero=False)
    up = alt.Y("low:Q", title=what, scale=scale, axis=alt.Axis(format=form))
    band = base.mark_area(color=colours.runs[0], opacity=0.2).encode(y=up, y2="high:Q")
    dots = len(known) <= _MOST_DOTS
    line = base.mark_line(
        color=colours.runs[0], point={"color": colours.runs[0], "filled": True} if dots else False
    )
    return headed(band + line.encode(y=alt.Y("mean:Q", scale=scale)), title)


def _amount(value: float, binary: bool) -> str:
    return f"{value:.2%}" if binary else number(float(value))


def by_hour_and_weekday(table: pd.DataFrame, *, dark: bool = False) -> alt.Chart:
    """When in the week things happen. Columns: `day`, `hour`, `count`, `share`."""
    check_size(len(table))
    colours = palette(dark)
    title = _("No interactions")
    if len(table) and table["count"].max() > 0:
        top = table.iloc[int(table["count"].argmax())]
        title = _("Most on {day} at {hour:02d}:00 UTC: {share:.1%} of the interactions").format(
            day=top["day"], hour=int(top["hour"]), share=top["share"]
        )
    chart = headed(alt.Chart(table, height=HEIGHT + 2 * _LEGEND_ROOM), title).mark_rect(cornerRadius=2)
    return chart.encode(
        x=alt.X("hour:O", title=_("hour of the day (UTC)"), axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("day:O", title=None, sort=list(dict.fromkeys(table["day"])), axis=alt.Axis(labelFlush=False)),
        color=alt.Color(
            "count:Q",
            title=_("interactions"),
            scale=alt.Scale(range=[colours.least, colours.runs[0]], zero=True),
            legend=alt.Legend(orient="bottom", gradientLength=160, tickCount=3, offset=4),
        ),
        tooltip=[
            alt.Tooltip("day:N", title=_("day")),
            alt.Tooltip("hour:O", title=_("hour (UTC)")),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
            alt.Tooltip("share:Q", title=_("share"), format=".1%"),
        ],
    )


def arrivals(table: pd.DataFrame, noun: str, *, colour: int = 0, dark: bool = False) -> alt.Chart:
    """Who is active in each period, new or seen before. Columns: `start`, `end`, `label`, `new`, `returning`."""
    colours = palette(dark)
    later = table.iloc[1:]
    active = (later["new"] + later["returning"]).sum()
    title = _("All {users} of the first period are new").format(users=noun)
    if active:
        title = _("After the first period, {share:.0%} of the active {users} are new").format(
            share=later["new"].sum() / active, users=noun
        )
    names = {"returning": _("seen before"), "new": _("new")}
    timed = _timed(table)
    both = [
        timed.assign(kind=names["returning"], low=0, high=timed["returning"], n=timed["returning"]),
        timed.assign(
            kind=names["new"], low=timed["returning"], high=timed["returning"] + timed["new"], n=timed["new"]
        ),
    ]
    return (
        headed(alt.Chart(pd.concat(both, ignore_index=True), height=HEIGHT + _LEGEND_ROOM), title)
        .mark_bar()
        .encode(
            x=_across("from", table),
            x2="to:T",
            y=alt.Y("high:Q", title=_("active {users}").format(users=noun)),
            y2="low:Q",
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=[colours.quiet, colours.runs[colour]]),
                legend=alt.Legend(orient="top", offset=0, padding=0),
            ),
            tooltip=[
                alt.Tooltip("label:N", title=_("when")),
                alt.Tooltip("kind:N", title=noun),
                alt.Tooltip("n:Q", title=_("how many"), format=","),
            ],
        )
    )
