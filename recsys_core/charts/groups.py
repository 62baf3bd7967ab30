"""Charts of rows by the values of an attribute: how many, of which one can be clicked, and what they are worth."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.evaluation.meanings import number
from recsys_core.i18n import _

PICK = "pick"
"""The name of the click: its selection is [{"value": ...}]."""
MOST_BARS = 15
BAR_STEP = 24
MIN_HEIGHT = 220
_LABEL_LIMIT, _TITLE_ROOM = 150, 40
_FEWEST = 30
"""A value with fewer rows is not called the highest or lowest."""


def shown_bars(table: pd.DataFrame) -> pd.DataFrame:
    """The first values, and the chosen one where it is not among them. Columns: `chosen` among others."""
    first = table.head(MOST_BARS)
    rest = table.iloc[MOST_BARS:]
    return pd.concat([first, rest[rest["chosen"]]]) if len(first) and not first["chosen"].all() else first


def _height(table: pd.DataFrame) -> int:
    return max(BAR_STEP * len(table) + FRAME + _TITLE_ROOM, MIN_HEIGHT)


def _down(table: pd.DataFrame) -> alt.Y:
    axis = alt.Axis(labelOverlap=False, labelFlush=False, labelLimit=_LABEL_LIMIT)
    return alt.Y("value:N", sort=list(table["value"]), title=None, axis=axis, scale=alt.Scale(type="band"))


def _cut(text: object, longest: int = 40) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def by_attribute(table: pd.DataFrame, attribute: str, words: Words, *, dark: bool = False) -> alt.Chart:
    """Interactions by value of an attribute. Columns: `value`, `count`, `share`, `mean`, `chosen`."""
    check_size(len(table))
    colours = palette(dark)
    title = _("No values")
    if len(table):
        top = table.iloc[int(table["count"].argmax())]
        title = _("{value} leads {attribute}: {share:.0%} of the interactions").format(
            value=_cut(top["value"]), attribute=_cut(attribute), share=top["share"]
        )
    click = alt.selection_point(name=PICK, fields=["value"])
    return (
        headed(alt.Chart(table, height=_height(table)), title)
        .mark_bar(cornerRadiusEnd=3, cursor="pointer")
        .encode(
            y=_down(table),
            x=alt.X("count:Q", title=_("interactions")),
            color=alt.condition("datum.chosen", alt.value(colours.runs[0]), alt.value(colours.quiet)),
            tooltip=[
                alt.Tooltip("value:N", title=_cut(attribute)),
                alt.Tooltip("count:Q", title=_("interactions"), format=","),
                alt.Tooltip("share:Q", title=_("share"), format=".1%"),
                alt.Tooltip("mean:Q", title=_("mean {value}").format(value=words.value), format=".3f"),
            ],
        )
        .add_params(click)
    )


def means_by_attribute(
    table: pd.DataFrame,
    attribute: str,
    words: Words,
    *,
    overall: float,
    binary: bool = False,
    dark: bool = False,
) -> alt.LayerChart:
    """The mean value by value of an attribute, its 95 % interval, and everybody's mean.

    Columns: `value`, `count`, `mean`, `low`, `high`.
    """
    check_size(len(table))
    colours = palette(dark)
    what = _("share of 1") if binary else _("mean {value}").format(value=words.value)
    form = ".2%" if binary else ".3f"
    base = alt.Chart(table, height=_height(table)).encode(
        y=_down(table),
        tooltip=[
            alt.Tooltip("value:N", title=_cut(attribute)),
            alt.Tooltip("mean:Q", title=what, format=form),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=form),
            alt.Tooltip("high:Q", title=_("to"), format=form),
            alt.Tooltip("count:Q", title=_("interactions"), format=","),
        ],
    )
    scale = alt.Scale(zero=binary)
    across = alt.X("mean:Q", title=what, scale=scale, axis=alt.Axis(format="%" if binary else ",~f"))
    everybody = alt.Chart(pd.DataFrame({"mean": [overall]})).mark_rule(color=colours.floor, strokeDash=[5, 4])
    line = everybody.encode(
        x=alt.X("mean:Q", scale=scale), tooltip=[alt.Tooltip("mean:Q", title=_("all selected"), format=form)]
    )
    whisker = base.mark_rule(color=colours.runs[0], strokeWidth=2)
    dot = base.mark_circle(color=colours.runs[0], size=80, opacity=1)
    layers: alt.LayerChart = (
        line + whisker.encode(x=alt.X("low:Q", scale=scale), x2="high:Q") + dot.encode(x=across)
    )
    return headed(layers, _extremes(table, what, binary))


def _extremes(table: pd.DataFrame, what: str, binary: bool) -> str:
    known = table[table["count"] >= _FEWEST]
    if len(known) < 2:
        return _("{what} by value").format(what=what[:1].upper() + what[1:])
    top, least = known.iloc[int(known["mean"].argmax())], known.iloc[int(known["mean"].argmin())]
    return _("{what}: highest for {top} ({high}), lowest for {least} ({low})").format(
        what=what[:1].upper() + what[1:],
        top=_cut(top["value"]),
        high=_amount(top["mean"], binary),
        least=_cut(least["value"]),
        low=_amount(least["mean"], binary),
    )


def _amount(value: float, binary: bool) -> str:
    return f"{value:.2%}" if binary else number(float(value))
