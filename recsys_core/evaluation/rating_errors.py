"""Where predicted values go wrong: by the true value, and whether what is predicted comes true on average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.data.binning import Scale, steps_of
from recsys_core.evaluation.ratios import Sums, figures
from recsys_core.types import FloatArray, IntArray

MOST_VALUES = 12
BINS = 10
ERRORS = ("mean_error", "mae", "rmse")


def by_truth(users: IntArray, truth: FloatArray, predicted: FloatArray) -> pd.DataFrame:
    """Errors by the true value, rising: `value`, `n`, and `mean_error`, `mae`, `rmse`, each with `_low`, `_high`.

    `mean_error` is predicted less true: above 0 the value is predicted too high. Values that are many are cut into
    steps. Intervals are 95 % bootstraps over users.

    Args:
        users: whose row it is, any numbers; truth, predicted: on one scale; all of shape (n,).
    """
    names = [f"{error}{end}" for error in ERRORS for end in ("", "_low", "_high")]
    if not len(truth):
        return pd.DataFrame(columns=["value", "n", *names]).astype({"value": "str"})
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    steps = steps_of(truth, MOST_VALUES)
    codes = steps.codes(truth).astype(np.int64)
    error = predicted - truth
    owners, shape = _owners(users, len(steps.labels))
    table = pd.DataFrame({"value": steps.labels, "n": np.bincount(codes, minlength=shape[1])})
    for name, part in zip(ERRORS, (error, np.abs(error), error**2), strict=True):
        found = figures(Sums.of(owners, codes, part, shape=shape, root=name == "rmse"))
        table[name], table[f"{name}_low"], table[f"{name}_high"] = found.value, found.low, found.high
    return table[table["n"] > 0].reset_index(drop=True)


def calibration(users: IntArray, truth: FloatArray, predicted: FloatArray, bins: int = BINS) -> pd.DataFrame:
    """Bins of the prediction, as many rows in each, rising: `predicted`, `true` (means), `low`, `high`, `n`, `from`, `to`.

    Where ratings are calibrated, `true` is `predicted`. The interval is that of `true`, over users.

    Args:
        users, truth, predicted: shape (n,). bins: equal predictions stay in one bin, so there may be fewer.
    """
    columns = ["predicted", "true", "low", "high", "n", "from", "to"]
    if not len(truth):
        return pd.DataFrame(columns=columns, dtype=np.float64)
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    codes = np.searchsorted(edges, predicted, side="left")
    owners, shape = _owners(users, len(edges) + 1)
    found = figures(Sums.of(owners, codes, truth, shape=shape))
    by_bin = pd.Series(predicted).groupby(codes)
    table = pd.DataFrame({"true": found.value, "low": found.low, "high": found.high})
    ends = by_bin.agg(["mean", "count", "min", "max"]).reindex(range(shape[1]))
    table["predicted"], table["from"], table["to"] = ends["mean"], ends["min"], ends["max"]
    table["n"] = ends["count"].fillna(0).astype(np.int64)
    return table.loc[table["n"] > 0, columns].reset_index(drop=True)


def calibration_gap(table: pd.DataFrame) -> float:
    """How far predicted and true lie apart on average over rows, in units of the value; NaN without a row."""
    if not len(table):
        return float("nan")
    return float(np.average((table["predicted"] - table["true"]).abs(), weights=table["n"]))


def values_of(truth: FloatArray) -> FloatArray:
    """The true values that a 'liked from' can be set to, rising, without the least: each value, or edges of steps."""
    steps = steps_of(np.asarray(truth, np.float64), MOST_VALUES)
    return steps.edges[1:] if steps.scale is Scale.STEPS else steps.edges[1:-1]


def _owners(users: IntArray, n_groups: int) -> tuple[IntArray, tuple[int, int]]:
    known, owners = np.unique(users, return_inverse=True)
    return owners, (len(known), n_groups)
