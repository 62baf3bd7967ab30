"""The curves of a training: training dashed, validation solid, in the run's colour; the best epoch marked."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, palette
from recsys_core.i18n import _
from recsys_core.training.curves import TRAIN, VALID

_LAST_OF_PART = [
    {"joinaggregate": [{"op": "max", "field": "epoch", "as": "last"}], "groupby": ["part"]},
    {"filter": "datum.epoch == datum.last"},
]
_ABOVE_OR_BELOW = "datum.loss >= datum.middle ? -12 : 14"
"""Two lines may end together: the higher one has its name above, the lower one below."""


def loss_spec(colour: str, *, dark: bool = False, empty: bool = False) -> dict[str, Any]:
    """A constant Vega-Lite spec for `curve_points`: cheap enough to be drawn every second.

    `empty`: there is no point yet, and the frame alone is drawn.
    """
    return {
        "height": HEIGHT,
        "title": _("Loss: dashed training, solid validation"),
        "layer": [
            *_best(dark),
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": colour, "filled": True, "size": 26}},
            {
                "transform": [
                    *_LAST_OF_PART,
                    {"joinaggregate": [{"op": "mean", "field": "loss", "as": "middle"}]},
                ],
                "mark": {
                    "type": "text",
                    "align": "right",
                    "dy": {"expr": _ABOVE_OR_BELOW},
                    "fontSize": 12,
                    "color": palette(dark).text,
                },
                "encoding": {"text": {"field": "part"}, "strokeDash": {"value": [1, 0]}},
            },
        ],
        "encoding": {
            "x": _epochs(empty),
            "y": _figure("loss", _("loss"), empty),
            "strokeDash": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": [_(TRAIN), _(VALID)], "range": [[5, 4], [1, 0]]},
                "legend": None,
            },
            "detail": {"field": "part"},
            "tooltip": [
                {"field": "part", "title": _("rows")},
                {"field": "epoch", "title": _("epoch")},
                {"field": "loss", "title": _("loss"), "format": ".4f"},
            ],
        },
    }


def metric_spec(colour: str, title: str, *, dark: bool = False, empty: bool = False) -> dict[str, Any]:
    """A constant Vega-Lite spec for `metric_points`."""
    return {
        "height": HEIGHT,
        "title": _("{metric} on validation rows, by epoch").format(metric=title),
        "layer": [
            *_best(dark),
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": colour, "filled": True, "size": 26}},
            {
                "transform": [{"filter": "datum.epoch == datum.best"}],
                "mark": {"type": "point", "color": colour, "filled": True, "size": 130},
            },
        ],
        "encoding": {
            "x": _epochs(empty),
            "y": _figure("value", title, empty),
            "tooltip": [
                {"field": "epoch", "title": _("epoch")},
                {"field": "value", "title": title, "format": ".4f"},
            ],
        },
    }


def _epochs(empty: bool) -> dict[str, Any]:
    axis = {"field": "epoch", "type": "quantitative", "title": _("epoch"), "axis": {"tickMinStep": 1}}
    return axis | ({"scale": {"domain": [0, 10]}} if empty else {})


def _figure(field: str, title: str, empty: bool) -> dict[str, Any]:
    scale = {"domain": [0, 1]} if empty else {"zero": False}
    axis = {"labels": not empty, "format": ".3~g"}
    return {"field": field, "type": "quantitative", "title": title, "scale": scale, "axis": axis}


def _best(dark: bool) -> list[dict[str, Any]]:
    """A rule at the best epoch with its number above, out of the column `best`; nothing where that is empty."""
    text = palette(dark).text
    most = [{"op": "max", "field": field, "as": field} for field in ("best", "epoch")]
    once = [{"aggregate": most}, {"filter": "isValid(datum.best)"}]
    late = (
        "datum.best > 0.6 * datum.epoch"  # there the words stand before the rule, or the edge would cut them
    )
    place = {
        "x": {"field": "best", "type": "quantitative"},
        "y": None,
        "strokeDash": {"value": [1, 0]},
        "detail": None,
        "tooltip": [{"field": "best", "title": _("best epoch")}],
    }
    side = {"align": {"expr": f"{late} ? 'right' : 'left'"}, "dx": {"expr": f"{late} ? -5 : 5"}}
    label = {"type": "text", **side, "y": 8, "fontSize": 12, "color": text}
    said = f"{json.dumps(_('best: epoch {n}').partition('{n}')[0])} + datum.best"
    return [
        {
            "transform": once,
            "mark": {"type": "rule", "color": text, "opacity": 0.45, "strokeWidth": 1.5},
            "encoding": place,
        },
        {
            "transform": [*once, {"calculate": said, "as": "label"}],
            "mark": label,
            "encoding": place | {"text": {"field": "label"}},
        },
    ]


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself, when a browser can take it."""
    check_size(len(table))
    return table
