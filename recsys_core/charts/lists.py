"""Charts of one person and one suggestion: what they choose more than others do, and what carries an item."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.i18n import _

BAR_STEP = 26
LABEL_LIMIT = 150
LONGEST = 34
TITLE_ROOM = 24
FAVOURITES = 6
"""As many bars as a portrait has; the height is the same for a person with fewer."""


def _cut(text: object, longest: int = LONGEST) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def _height(table: pd.DataFrame) -> int:
    return BAR_STEP * max(len(table), 1) + FRAME + TITLE_ROOM


def _down(field: str, order: list[str]) -> alt.Y:
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    return alt.Y(f"{field}:N", sort=order, title=None, axis=axis)


def taste_title(table: pd.DataFrame) -> str:
    """What a person chooses more than others do. Columns: `value`, `share`, `everyone`."""
    if not len(table):
        return _("No values")
    top = table.iloc[int((table["share"] - table["everyone"]).to_numpy().argmax())]
    return _("{value}: {share:.0%} of theirs, {everyone:.0%} of all").format(
        value=_cut(top["value"]), share=top["share"], everyone=top["everyone"]
    )


def taste_spec(attribute: str, *, dark: bool = False) -> dict[str, Any]:
    """A person's favourite values as bars, everybody's share of each as a tick: a Vega-Lite spec, the same for all.

    Neither an Altair chart nor with its title in it: what stays the same from one person to the next is not drawn
    anew, only its bars move; `taste_title` stands above. Columns: `value`, `share`, `everyone`, in the order in which
    they are drawn.
    """
    colours = palette(dark)
    percent = {"format": "%"}
    tick = {"type": "tick", "color": colours.text, "thickness": 3, "size": BAR_STEP * 0.8}
    return {
        "height": BAR_STEP * FAVOURITES + FRAME,
        "layer": [
            {
                "mark": {"type": "bar", "color": colours.runs[0], "cornerRadiusEnd": 3},
                "encoding": {
                    "x": _share("share") | {"title": _("share (tick: everybody's)"), "axis": percent}
                },
            },
            {"mark": tick, "encoding": {"x": _share("everyone")}},
        ],
        "encoding": {
            "y": {
                "field": "value",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": LABEL_LIMIT, "labelOverlap": False},
            },
            "tooltip": [
                {"field": "value", "title": _cut(attribute)},
                {"field": "share", "title": _("of theirs"), "format": ".0%"},
                {"field": "everyone", "title": _("of everybody's"), "format": ".0%"},
            ],
        },
    }


def _share(field: str) -> dict[str, Any]:
    return {"field": field, "type": "quantitative"}


def falls(table: pd.DataFrame, item: str, words: Words, *, dark: bool = False) -> alt.Chart:
    """By how much an item's score falls without each past choice. Columns: `title`, `fall`, largest first."""
    check_size(len(table))
    shown = table.assign(label=[f"{place}. {_cut(one)}" for place, one in enumerate(table["title"], start=1)])
    title = _("No single choice carries {item}").format(item=_cut(item))
    if len(shown):
        title = _("{item} falls most without {title}").format(
            item=_cut(item), title=_cut(shown["title"].iloc[0])
        )
    chart = alt.Chart(shown, height=_height(shown))
    return (
        headed(chart, title)
        .mark_bar(color=palette(dark).runs[0], cornerRadiusEnd=3)
        .encode(
            y=_down("label", list(shown["label"])),
            x=alt.X("fall:Q", title=_("fall of the score")),
            tooltip=[
                alt.Tooltip("title:N", title=words.item),
                alt.Tooltip("fall:Q", title=_("fall of the score"), format=".4g"),
            ],
        )
    )
