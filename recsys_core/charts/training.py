"""The curves of a training: training dashed, validation solid, in the run's colour; the best epoch marked."""

from __future__ import annotations

from typing import Any

import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, palette
from recsys_core.i18n import _
from recsys_core.training.curves import TRAIN, VALID

_LAST_OF_PART = [
    {"joinaggregate": [{"op": "max", "field": "epoch", "as": "last"}], "groupby": ["part"]},
    {"filter": "datum.epoch == datum.last"},
]


def loss_spec(colour: str, *, dark: bool = False) -> dict[str, Any]:
    """A constant Vega-Lite spec for `curve_points`: cheap enough to be drawn every second."""
    return {
        "height": HEIGHT,
        "title": _("Loss: dashed training, solid validation"),
        "layer": [
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": colour, "filled": True, "size": 26}},
            {
                "transform": _LAST_OF_PART,
                "mark": {
                    "type": "text",
                    "align": "right",
                    "dy": -12,
                    "fontSize": 12,
                    "color": palette(dark).text,
                },
                "encoding": {"text": {"field": "part"}, "strokeDash": {"value": [1, 0]}},
            },
        ],
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "title": _("epoch"), "axis": {"tickMinStep": 1}},
            "y": {"field": "loss", "type": "quantitative", "title": _("loss"), "scale": {"zero": False}},
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


def metric_spec(colour: str, title: str) -> dict[str, Any]:
    """A constant Vega-Lite spec for `metric_points`."""
    return {
        "height": HEIGHT,
        "title": _("{metric} on validation rows, by epoch").format(metric=title),
        "layer": [
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": colour, "filled": True, "size": 26}},
        ],
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "title": _("epoch"), "axis": {"tickMinStep": 1}},
            "y": {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": False}},
            "tooltip": [
                {"field": "epoch", "title": _("epoch")},
                {"field": "value", "title": title, "format": ".4f"},
            ],
        },
    }


def checked(table: pd.DataFrame) -> pd.DataFrame:
    """The table itself, when a browser can take it."""
    check_size(len(table))
    return table
