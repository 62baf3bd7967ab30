"""The curves of a training: training dashed, validation solid, in the run's colour; the best epoch marked."""

from __future__ import annotations

from typing import Any

import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, palette
from recsys_core.i18n import _

TRAIN, VALID = "training", "validation"
MAX_POINTS = 400


def curve_points(curve: pd.DataFrame) -> pd.DataFrame:
    """Long form of a run's curve, thinned to what a chart can show: `epoch`, `part`, `loss`.

    Only the phase that is watched: a final refit has no validation rows.
    """
    if curve.empty:
        return pd.DataFrame(
            {"epoch": pd.Series(dtype=int), "part": pd.Series(dtype=str), "loss": pd.Series(dtype=float)}
        )
    watched = curve[curve["phase"] == "train"]
    if len(watched) > MAX_POINTS:
        watched = watched.iloc[:: -(-len(watched) // MAX_POINTS)]
    parts = [watched[["epoch", "loss"]].assign(part=TRAIN)]
    if "valid_loss" in watched:
        valid = watched[["epoch", "valid_loss"]].dropna().rename(columns={"valid_loss": "loss"})
        parts.append(valid.assign(part=VALID))
    return pd.concat(parts, ignore_index=True)[["epoch", "part", "loss"]]


def metric_points(curve: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """`epoch`, `value` of the watched validation metric, and its name ('' when there is none)."""
    names = [name for name in curve.columns if name.startswith("valid_") and name != "valid_loss"]
    if curve.empty or not names:
        return pd.DataFrame({"epoch": pd.Series(dtype=int), "value": pd.Series(dtype=float)}), ""
    name = names[0]
    watched = curve.loc[curve["phase"] == "train", ["epoch", name]].dropna()
    return watched.rename(columns={name: "value"}), name.removeprefix("valid_")


def loss_spec(colour: str, *, dark: bool = False) -> dict[str, Any]:
    """A constant Vega-Lite spec for `curve_points`: cheap enough to be drawn every second."""
    return {
        "height": HEIGHT,
        "title": _("Loss by epoch: dashed on training rows, solid on validation rows"),
        "layer": [
            {"mark": {"type": "line", "color": colour, "strokeWidth": 2}},
            {"mark": {"type": "point", "color": colour, "filled": True, "size": 26}},
        ],
        "encoding": {
            "x": {"field": "epoch", "type": "quantitative", "title": _("epoch"), "axis": {"tickMinStep": 1}},
            "y": {"field": "loss", "type": "quantitative", "title": _("loss"), "scale": {"zero": False}},
            "strokeDash": {
                "field": "part",
                "type": "nominal",
                "scale": {"domain": [TRAIN, VALID], "range": [[5, 4], [1, 0]]},
                "legend": {"title": None, "orient": "top", "symbolStrokeColor": palette(dark).text},
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
