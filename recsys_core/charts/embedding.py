"""A map of items or users: points coloured by what is known of them, the one that was clicked and its neighbours ringed."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.columns import COUNTS, OTHER, VALUES
from recsys_core.i18n import _

PICK = "pick"
"""Name of the selection that a click on a point makes; it names the point's `id`."""
POINT, RING, RING_NEAR = 44, 420, 150
SIDE = HEIGHT * 2
LABEL_LIMIT, LONGEST = 140, 80
LEGEND_COLUMNS = 4


def _cut(text: object, longest: int = LONGEST) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def map_title(points: pd.DataFrame, kind: str, colour: str) -> str:
    """What the colours show, in a sentence. Columns as `embedding_map`."""
    if not len(points):
        return _("Nothing to draw")
    if kind == VALUES:
        coloured = points[points["colour"] != OTHER]
        if coloured.empty:
            return _("Nothing is known of {colour}").format(colour=_cut(colour, 30))
        closest = coloured.groupby("colour")["alike"].mean().sort_values(ascending=False)
        text = _("{value} keeps together most: {share:.0%} of what is nearest to it is {value}, too")
        return text.format(value=_cut(closest.index[0], 30), share=closest.iloc[0])
    known = points[points["colour"].notna()]
    if known.empty:
        return _("Nothing is known of {colour}").format(colour=_cut(colour, 30))
    top = known.iloc[int(known["colour"].to_numpy(dtype="float64").argmax())]
    return _("{title} is highest in {colour}: {value:,g}").format(
        title=_cut(top["title"], 40), colour=_cut(colour, 30), value=float(top["colour"])
    )


def embedding_map(
    points: pd.DataFrame,
    kind: str,
    colour: str,
    *,
    chosen: str = "",
    near: tuple[str, ...] = (),
    counted: str = "",
    dark: bool = False,
) -> alt.LayerChart:
    """Points without axes, as directions mean nothing; a click on one selects its `id` (`PICK`).

    Args:
        points: `id`, `title`, `x`, `y`, `colour`, `alike`, `about`, `chosen`.
        kind: VALUES for a few colours, else a scale; colour: what it is called.
        chosen, near: ids that are ringed: the one looked at, and its neighbours in the full space.
        counted: what the column `chosen` counts.
    """
    check_size(len(points))
    colours = palette(dark)
    ringed = dict.fromkeys(near, RING_NEAR) | ({chosen: RING} if chosen else {})
    titles, about = ([_cut(one) for one in points[name]] for name in ("title", "about"))
    shown = points.assign(title=titles, about=about)
    if kind == VALUES:  # the grey ones first: they are drawn below the others
        shown = shown.sort_values("colour", key=lambda column: column != OTHER, kind="stable")
        shown["colour"] = shown["colour"].where(shown["colour"] != OTHER, _("other"))
    told = _told(kind, colour, counted)
    pick = alt.selection_point(name=PICK, fields=["id"], on="click", nearest=False)
    base = alt.Chart(shown, height=SIDE).encode(**_places(), tooltip=told)
    dots = base.mark_circle(size=POINT, opacity=0.8, cursor="pointer").encode(
        color=_colour(points, kind, colour, dark)
    )
    around = shown[shown["id"].isin(list(ringed))]
    around = around.assign(ring=[ringed[one] for one in around["id"]])
    ring = (
        alt.Chart(around)
        .mark_point(filled=False, strokeWidth=2.5, color=colours.text, opacity=1)
        .encode(**_places(), size=alt.Size("ring:Q", scale=None), tooltip=told)
    )
    name = alt.Chart(around[around["id"] == chosen]).encode(**_places(), text="title:N")
    style: dict[str, Any] = {"dy": -20, "fontWeight": "bold", "fontSize": 12, "limit": 2 * LABEL_LIMIT}
    halo = name.mark_text(stroke=colours.least, strokeWidth=5, color=colours.least, **style)
    named = halo + name.mark_text(color=colours.text, **style)
    # a layer without marks would be an image without a name to a screen reader
    layers: alt.LayerChart = alt.LayerChart(layer=[dots.add_params(pick)])
    if len(around):
        layers = dots.add_params(pick) + ring + named
    return headed(layers, map_title(points, kind, colour))


def _places() -> dict[str, Any]:
    """Both axes without numbers: where a direction points means nothing."""
    scale = alt.Scale(zero=False, nice=False, padding=12)
    return {
        "x": alt.X("x:Q", axis=None, scale=scale),
        "y": alt.Y("y:Q", axis=None, scale=scale),
    }


def _colour(points: pd.DataFrame, kind: str, colour: str, dark: bool) -> alt.Color:
    colours = palette(dark)
    title = _cut(colour, 30)
    if kind == VALUES:
        names = list(points.loc[points["colour"] != OTHER, "colour"].value_counts().index)
        legend = alt.Legend(
            title=title, orient="bottom", columns=LEGEND_COLUMNS, labelLimit=LABEL_LIMIT, symbolOpacity=1
        )
        scale = alt.Scale(domain=[*names, _("other")], range=[*colours.runs[: len(names)], colours.quiet])
        return alt.Color("colour:N", scale=scale, legend=legend)
    scale = alt.Scale(range=[colours.quiet, colours.runs[0]], type="log" if kind == COUNTS else "linear")
    form = ",~f" if kind == COUNTS else "~f"
    legend = alt.Legend(title=title, orient="bottom", format=form, gradientLength=220)
    return alt.Color("colour:Q", scale=scale, legend=legend)


def _told(kind: str, colour: str, counted: str) -> list[alt.Tooltip]:
    """The full title, what is known, how often chosen."""
    told = [alt.Tooltip("title:N", title=" "), alt.Tooltip("about:N", title=_("about"))]
    if kind == VALUES:
        told.append(alt.Tooltip("colour:N", title=_cut(colour, 30)))
    return [*told, alt.Tooltip("chosen:Q", title=counted or _("chosen"), format=",")]
