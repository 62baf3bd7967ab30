"""How a figure is spread over users, how it grows with the list, and which runs nothing beats in two figures at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from recsys_core.evaluation.by_k import MOST_K, at_each_k
from recsys_core.evaluation.meanings import better
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.evaluation.ratios import draws_of, middle
from recsys_core.scenarios.chosen import EVERYTHING, Chosen, user_values, wanted
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.leaderboard import Row
from recsys_core.types import BoolArray, FloatArray

BINS = 20
WANTED = {"mean_popularity": -1}
"""Figures that are neither better nor worse by themselves: more of them is what a front looks for, less of these."""
SPREAD_COLUMNS = ("id", "label", "place", "low", "high", "n", "share", "at_most", "least", "most")
SHOWN_K = (*range(1, 21), *range(22, 51, 2), *range(55, MOST_K + 1, 5))
"""Lengths of a list that a curve is drawn at."""


def spread(
    judged: Mapping[str, Judged], labels: Mapping[str, str], metric: str, *, chosen: Chosen = EVERYTHING
) -> pd.DataFrame:
    """Users by a figure, the same bins for every run: columns as in SPREAD_COLUMNS; runs without it are left out.

    A bin holds `low` < value <= `high`, the first one also what is `low` exactly; who has exactly 0 has a bin of his own
    (0 to 0) where anybody has. `place` counts the bins from 0; `at_most` is the share with `high` or less; `least` and
    `most` are the values in the bin, NaN in an empty one.
    """
    found = {run_id: user_values(one, metric, chosen) for run_id, one in judged.items()}
    values = {run_id: one.values for run_id, one in found.items() if one is not None and len(one.users)}
    if not values:
        return pd.DataFrame(columns=list(SPREAD_COLUMNS))
    everything = np.concatenate(list(values.values()))
    low, high = float(everything.min()), float(everything.max())
    zero = low >= 0 and bool((everything == 0).any())
    edges = np.linspace(0.0 if zero else low, high if high > low else low + 1.0, BINS + 1)
    parts = []
    for run_id, own in values.items():
        codes = np.clip(np.searchsorted(edges, own, side="left") - 1, 0, BINS - 1) + zero
        starts, ends = edges[:-1], edges[1:]
        if zero:
            codes[own == 0] = 0
            starts, ends = np.r_[0.0, starts], np.r_[0.0, ends]
        inside = pd.Series(own).groupby(codes).agg(["count", "min", "max"]).reindex(range(len(starts)))
        counts = inside["count"].fillna(0).astype(np.int64).to_numpy()
        table = pd.DataFrame({"low": starts, "high": ends, "n": counts, "share": counts / len(own)})
        table["place"], table["at_most"] = np.arange(len(starts)), np.cumsum(table["share"])
        table["least"], table["most"] = inside["min"], inside["max"]
        parts.append(table.assign(id=run_id, label=labels[run_id]))
    return pd.concat(parts, ignore_index=True)[list(SPREAD_COLUMNS)]


def between(table: pd.DataFrame, run_id: str, first: float, last: float) -> tuple[float, float] | None:
    """The least and largest value of a run in the bins whose middle lies between two places; None where nobody is.

    Where no middle does, the bin in which they lie counts.

    Args:
        table: of `spread`; a bin reaches from its `place` to the next.
    """
    middle = table["place"] + 0.5
    inside = (middle >= first) & (middle <= last)
    if not inside.any():
        inside = table["place"] == np.floor((first + last) / 2)
    mine = table[inside & (table["id"] == run_id) & (table["n"] > 0)]
    return (float(mine["least"].min()), float(mine["most"].max())) if len(mine) else None


def share_of_zero(table: pd.DataFrame) -> dict[str, float]:
    """The share of users with exactly 0, by run id, of a table of `spread`."""
    zero = table[(table["low"] == 0) & (table["high"] == 0)]
    return dict.fromkeys(table["id"], 0.0) | dict(zip(zero["id"], zero["share"], strict=True))


def k_curves(
    judged: Mapping[str, Judged], labels: Mapping[str, str], base: str, *, chosen: Chosen = EVERYTHING
) -> pd.DataFrame:
    """A ranking metric by the length of the list, with bands: `id`, `label`, `k`, `value`, `low`, `high`.

    Args:
        base: the metric without its k, `ndcg`; of any other the table is empty.
    """
    parts = []
    for run_id, one in judged.items():
        if base not in RANKING_METRICS:
            break
        mine = _by_k(one, base, chosen) if chosen else _stored(one.by_k, base)
        parts.append(mine.assign(id=run_id, label=labels[run_id]))
    columns = ["id", "label", "k", "value", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _stored(table: pd.DataFrame, base: str) -> pd.DataFrame:
    return table[(table["metric"] == base) & table["k"].isin(SHOWN_K)]


def _by_k(judged: Judged, base: str, chosen: Chosen) -> pd.DataFrame:
    places, relevant = wanted(judged, chosen)
    lengths = np.array([k for k in SHOWN_K if k <= judged.split.dataset.n_items])
    if not len(places):
        return pd.DataFrame({name: np.zeros(0) for name in ("k", "value", "low", "high")})
    most = int(lengths[-1])
    hits = hits_of(judged.lists(most)[1][places], relevant)
    values = at_each_k(hits, most)[base][:, lengths - 1]
    low, high = middle(draws_of(len(places)) @ values / len(places))
    return pd.DataFrame({"k": lengths, "value": values.mean(axis=0), "low": low, "high": high})


def wanted_direction(metric: str) -> int:
    """1 where a front looks for more of a figure, -1 where for less."""
    return better(metric) or WANTED.get(metric.partition("@")[0], 1)


def on_front(across: FloatArray, up: FloatArray, across_metric: str, up_metric: str) -> BoolArray:
    """Which points no other beats: none is at least as good in both figures and better in one; shape (n,).

    Args:
        across, up: the figures, (n,); a point without one is never on the front.
    """
    x = np.asarray(across, np.float64) * wanted_direction(across_metric)
    y = np.asarray(up, np.float64) * wanted_direction(up_metric)
    known = np.isfinite(x) & np.isfinite(y)
    as_good = (x[None, :] >= x[:, None]) & (y[None, :] >= y[:, None])
    more = (x[None, :] > x[:, None]) | (y[None, :] > y[:, None])
    beaten = (as_good & more & known[None, :]).any(axis=1)
    return known & ~beaten


def against(rows: Sequence[Row], across: str, up: str) -> pd.DataFrame:
    """The runs that have both figures: `id`, `label`, `x`, `y` with `_low`, `_high` each, and `front` (see `on_front`)."""
    columns = ["id", "label", "x", "x_low", "x_high", "y", "y_low", "y_high"]
    nothing = [float("nan")] * 2
    found = [
        (
            row.run.id,
            row.label,
            *(row.metrics[across], *row.ci.get(across, nothing)),
            *(row.metrics[up], *row.ci.get(up, nothing)),
        )
        for row in rows
        if across in row.metrics and up in row.metrics
    ]
    table = pd.DataFrame(found, columns=columns)
    return table.assign(front=on_front(table["x"].to_numpy(), table["y"].to_numpy(), across, up))
