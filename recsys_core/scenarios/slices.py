"""Whom a model serves worst: a figure of every slice of users or items, with intervals, worst first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.stats import binomtest

from recsys_core.evaluation.intervals import LEVEL
from recsys_core.evaluation.meanings import better, number, split_name
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.evaluation.metrics import RANKING_METRICS
from recsys_core.evaluation.ratios import Figures, Sums, figures
from recsys_core.evaluation.significance import BETTER, TIE, WORSE, holm
from recsys_core.i18n import _
from recsys_core.scenarios.chosen import ERRORS, EVERYTHING, Chosen, predictions, user_values, wanted
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.slicing import Slicing, named
from recsys_core.types import FloatArray, IntArray

LEAST = 20
"""Users: a slice with fewer says more about chance than about the model."""
MOST = 24
FOUND = "found"
COLUMNS = (
    "id", "label", "slice", "n_users", "n_rows", "value", "low", "high", "gap", "p", "verdict", "overall",
)  # fmt: skip


@dataclass(frozen=True)
class Slices:
    """A figure by slice and run.

    Attributes:
        by: the way of cutting.
        metric: what was measured: of items, `found@k` stands in for the figures of lists.
        table: columns as in COLUMNS, the slice that the first run serves worst first. `gap` is to everybody else, `p`
            corrected after Holm over the slices of the run, `verdict` better, worse or tie.
        too_small, beyond: slices left out for having too few users, and for being too many to show.
        least: users that a slice must have.
    """

    by: str
    metric: str
    table: pd.DataFrame
    too_small: int
    beyond: int
    least: int

    @property
    def names(self) -> list[str]:
        """The slices, worst first."""
        return list(dict.fromkeys(self.table["slice"]))


@dataclass(frozen=True)
class _Rows:
    users: IntArray
    owners: IntArray
    """Whose slices a row falls into: its user's or its item's."""
    top: FloatArray
    below: FloatArray
    root: bool


def metric_for(metric: str, *, of_items: bool) -> str:
    """What a figure becomes where items are cut: a list has no figure of one item, but it has found it or not."""
    base, k = split_name(metric)
    listed = base in RANKING_METRICS or base.endswith("_liked")
    return f"{FOUND}@{k}" if of_items and k is not None and listed else metric


def slices_of(
    judged: Mapping[str, Judged],
    labels: Mapping[str, str],
    cut: Slicing,
    metric: str,
    *,
    chosen: Chosen = EVERYTHING,
    least: int = LEAST,
) -> Slices:
    """The figure of each slice for each run that has it; runs without it are left out.

    Args:
        judged: by id, the one that decides the order first; labels: how each run is called.
        chosen: only these test rows count.
        least: slices with fewer users are left out.
    """
    asked = metric_for(metric, of_items=cut.of_items)
    parts: list[pd.DataFrame] = []
    too_small = beyond = 0
    for run_id, one in judged.items():
        rows = _rows(one, asked, cut, chosen)
        if rows is None or not len(rows.users):
            continue
        table, small, many = _of_run(rows, cut, asked, least)
        parts.append(table.assign(id=run_id, label=labels[run_id]))
        too_small, beyond = max(too_small, small), max(beyond, many)
    if not parts:
        return Slices(cut.key, asked, pd.DataFrame(columns=list(COLUMNS)), 0, 0, least)
    table = pd.concat(parts, ignore_index=True)
    first = parts[0].set_index("slice")["value"].sort_values(ascending=better_of(asked) > 0)
    order = {name: place for place, name in enumerate(first.index)}
    runs = {run_id: place for place, run_id in enumerate(judged)}
    places = pd.DataFrame({"slice": table["slice"].map(order), "run": table["id"].map(runs)})
    kept = places.sort_values(["slice", "run"], kind="stable").index
    return Slices(
        cut.key, asked, table.loc[kept, list(COLUMNS)].reset_index(drop=True), too_small, beyond, least
    )


def better_of(metric: str) -> int:
    """1 where more is better, -1 where less is."""
    return -1 if better(metric) < 0 else 1


def title_of_metric(metric: str) -> str:
    """Its name on screen; `found@k` is one of slices alone."""
    base, k = split_name(metric)
    return _("Found@{k}").format(k=k) if base == FOUND else metric_title(metric)


def _rows(judged: Judged, metric: str, cut: Slicing, chosen: Chosen) -> _Rows | None:
    if not cut.of_items:
        found = user_values(judged, metric, chosen)
        return None if found is None else _Rows(found.users, found.users, found.top, found.below, found.root)
    base, k = split_name(metric)
    if base == FOUND and k is not None:
        places, relevant = wanted(judged, chosen)
        pairs = relevant.tocoo()
        found_pairs = _hits(judged.lists(k)[1][places], relevant.shape[1])
        top = np.asarray(found_pairs[pairs.row, pairs.col], dtype=np.float64).ravel()
        return _Rows(judged.judged[places][pairs.row], pairs.col, top, np.ones(len(top)), False)
    table = predictions(judged, chosen) if metric in ERRORS else None
    if table is None:
        return None
    error = (table["predicted"] - table["truth"]).to_numpy(np.float64)
    top = np.abs(error) if metric == "mae" else error**2
    users, items = table["user"].to_numpy(), table["item"].to_numpy()
    return _Rows(users, items, top, np.ones(len(top)), metric == "rmse")


def _hits(shown: IntArray, n_items: int) -> csr_matrix:
    """Lists (n, k) as a matrix (n, n_items) with a 1 where an item is shown."""
    owner, place = np.nonzero(shown >= 0)
    shape = (len(shown), n_items)
    return csr_matrix((np.ones(len(owner)), (owner, shown[owner, place])), shape=shape)


def _of_run(rows: _Rows, cut: Slicing, metric: str, least: int) -> tuple[pd.DataFrame, int, int]:
    """The slices of one run as a table, how many were too small, and how many too many."""
    users, places = np.unique(rows.users, return_inverse=True)
    n_rows = len(rows.users)
    by_user = csr_matrix((np.ones(n_rows), (places, np.arange(n_rows))), shape=(len(users), n_rows))
    members = cut.members[rows.owners]
    held = np.asarray(((by_user @ members) > 0).sum(axis=0)).ravel()
    large = np.flatnonzero(held >= least)
    kept = np.sort(large[np.argsort(-held[large], kind="stable")][:MOST])
    members = csr_matrix(members[:, kept])
    top, below = _summed(by_user, members, rows.top), _summed(by_user, members, rows.below)
    all_top, all_below = by_user @ rows.top, by_user @ rows.below
    rest = Sums(
        csr_matrix(all_top[:, None] - top.toarray()),
        csr_matrix(all_below[:, None] - below.toarray()),
        rows.root,
    )
    found = figures(Sums(top, below, rows.root), rest)
    if metric not in ERRORS:
        found = _with_exact(found, held[kept])
    overall = all_top.sum() / max(all_below.sum(), 1e-12)
    adjusted = np.array(holm([1.0 if np.isnan(p) else float(p) for p in found.p]))
    sign = np.sign(found.gap * better_of(metric))
    verdict = np.where(adjusted >= 1 - LEVEL, TIE, np.where(sign > 0, BETTER, WORSE))
    table = pd.DataFrame(
        {
            "slice": [cut.names[place] for place in kept],
            "n_users": held[kept].astype(np.int64),
            "n_rows": np.asarray(members.sum(axis=0)).ravel().astype(np.int64),
            "value": found.value,
            "low": found.low,
            "high": found.high,
            "gap": found.gap,
            "p": adjusted,
            "verdict": verdict,
            "overall": float(np.sqrt(overall) if rows.root else overall),
        }
    )
    return table, int(((held > 0) & (held < least)).sum()), len(large) - len(kept)


def _with_exact(found: Figures, n_users: IntArray) -> Figures:
    """The figures, where all of a slice is 0 or all is 1: draws of them never differ, which is no certainty.

    There the interval is that of as many people who all said no (Clopper & Pearson, Biometrika 26, 1934), and the
    p-value how likely so many would, if they were like the rest.
    """
    flat = (found.low == found.high) & np.isin(found.value, (0.0, 1.0))
    low, high, p = found.low.copy(), found.high.copy(), found.p.copy()
    for place in np.flatnonzero(flat):
        n = int(n_users[place])
        test = binomtest(int(found.value[place]) * n, n)
        low[place], high[place] = test.proportion_ci(LEVEL)
        rest = found.value[place] - found.gap[place]
        if np.isfinite(rest) and 0 <= rest <= 1:
            p[place] = binomtest(int(found.value[place]) * n, n, rest).pvalue
    return replace(found, low=low, high=high, p=p)


def _summed(by_user: csr_matrix, members: csr_matrix, values: FloatArray) -> csr_matrix:
    return csr_matrix(by_user @ members.multiply(values[:, None]).tocsr())


def sentence(found: Slices, run_id: str) -> str:
    """Whom a run serves worst, beside everybody; and whether that may be chance. Empty where there is one slice."""
    mine = found.table[found.table["id"] == run_id]
    if len(mine) < 2:
        return ""
    direction = better_of(found.metric)
    at = mine["value"].argmin() if direction > 0 else mine["value"].argmax()
    worst = mine.iloc[int(at)]
    said = _("{run} does worst on '{slice}': {metric} {value} against {overall} overall.").format(
        run=worst["label"],
        slice=named(found.by, worst["slice"]),
        metric=title_of_metric(found.metric),
        value=number(worst["value"]),
        overall=number(worst["overall"]),
    )
    if worst["verdict"] == TIE:
        said += " " + _("That may be chance: it is not certainly worse than the rest.")
    return said
