"""A run's epochs as the tables that curves are drawn from."""

from __future__ import annotations

import pandas as pd

from recsys_core.i18n import N_, _

TRAIN, VALID = N_("training"), N_("validation")
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
    parts = [watched[["epoch", "loss"]].assign(part=_(TRAIN))]
    if "valid_loss" in watched:
        valid = watched[["epoch", "valid_loss"]].dropna().rename(columns={"valid_loss": "loss"})
        parts.append(valid.assign(part=_(VALID)))
    return pd.concat(parts, ignore_index=True)[["epoch", "part", "loss"]]


def metric_points(curve: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """`epoch`, `value` of the watched validation metric, and its name ('' when there is none)."""
    names = [name for name in curve.columns if name.startswith("valid_") and name != "valid_loss"]
    if curve.empty or not names:
        return pd.DataFrame({"epoch": pd.Series(dtype=int), "value": pd.Series(dtype=float)}), ""
    name = names[0]
    watched = curve.loc[curve["phase"] == "train", ["epoch", name]].dropna()
    return watched.rename(columns={name: "value"}), name.removeprefix("valid_")
