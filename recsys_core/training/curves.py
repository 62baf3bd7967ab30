"""A run's epochs as the tables that curves are drawn from, and which of them is the best."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.evaluation.meanings import MEANINGS, split_name
from recsys_core.i18n import N_, _

TRAIN, VALID = N_("training"), N_("validation")
MAX_POINTS = 400
LOSS = "loss"


def watched_rows(curve: pd.DataFrame) -> pd.DataFrame:
    """The epochs that choose the number of epochs, in order; of a training without any, those of its final fit."""
    if curve.empty or "phase" not in curve:
        return curve.iloc[:0]
    watched = curve[curve["phase"] == "train"]
    return (watched if len(watched) else curve).reset_index(drop=True)


def valid_metrics(curve: pd.DataFrame) -> list[str]:
    """Names of the validation figures that a run reports, the one that it watches first; the loss is not among them."""
    names = [name for name in curve.columns if name.startswith("valid_") and name != f"valid_{LOSS}"]
    return [name.removeprefix("valid_") for name in names]


def watched_metric(curve: pd.DataFrame) -> str:
    """The figure that decides which epoch is best: the first metric, else the loss; '' when nothing is watched."""
    metrics = valid_metrics(curve)
    return metrics[0] if metrics else LOSS if f"valid_{LOSS}" in curve else ""


def direction(metric: str) -> int:
    """1 where higher is better, -1 where lower is."""
    known = MEANINGS.get(split_name(metric)[0])
    return -1 if metric == LOSS or (known is not None and known.better < 0) else 1


def best_epoch(curve: pd.DataFrame, metric: str = "") -> int | None:
    """The epoch with the best value of a validation figure, by default the watched one; None where none was measured."""
    rows = watched_rows(curve)
    name = metric or watched_metric(rows)
    if not name or rows.empty:
        return None
    values = rows[f"valid_{name}"].to_numpy(dtype=float) * direction(name)
    usable = np.where(np.isfinite(values), values, -np.inf)
    return int(rows["epoch"].to_numpy()[int(np.argmax(usable))]) if np.isfinite(usable).any() else None


def curve_points(curve: pd.DataFrame) -> pd.DataFrame:
    """Long form of a run's curve, thinned to what a chart can show: `epoch`, `part`, `loss`, and `best`.

    Only the phase that is watched: a final refit has no validation rows. `best` is the best epoch, in every row.
    """
    if curve.empty:
        return _empty("loss").assign(part=pd.Series(dtype=str))
    watched, best = _thinned(watched_rows(curve)), best_epoch(curve)
    parts = [watched[["epoch", "loss"]].dropna().assign(part=_(TRAIN))]
    if "valid_loss" in watched:
        valid = watched[["epoch", "valid_loss"]].dropna().rename(columns={"valid_loss": "loss"})
        parts.append(valid.assign(part=_(VALID)))
    points = pd.concat(parts, ignore_index=True)[["epoch", "part", "loss"]]
    return points.assign(best=pd.Series(best, points.index, dtype="float64"))


def metric_points(curve: pd.DataFrame, metric: str = "") -> tuple[pd.DataFrame, str]:
    """`epoch`, `value` and `best` of a validation metric, and its name; by default the watched one ('' for none)."""
    names = valid_metrics(curve)
    if curve.empty or not names:
        return _empty("value"), ""
    name = metric if metric in names else names[0]
    watched = watched_rows(curve)[["epoch", f"valid_{name}"]].dropna()
    points = _thinned(watched.rename(columns={f"valid_{name}": "value"})).reset_index(drop=True)
    return points.assign(best=pd.Series(best_epoch(curve), points.index, dtype="float64")), name


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """Every so manieth row and the last one, so that a chart can take them."""
    if len(rows) <= MAX_POINTS:
        return rows
    step = -(-len(rows) // (MAX_POINTS - 1))
    places = np.unique([*range(0, len(rows), step), len(rows) - 1])
    return rows.iloc[places]


def _empty(column: str) -> pd.DataFrame:
    return pd.DataFrame({"epoch": pd.Series(dtype=int), column: pd.Series(dtype=float), "best": np.zeros(0)})
