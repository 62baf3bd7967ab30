"""From run A to run B: who gains, who loses, by how much, and what the hardest hit see instead. From stored tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.data.groupings import grouping_of, keys_of
from recsys_core.errors import NotFound, ParamError
from recsys_core.evaluation.meanings import better, number, title
from recsys_core.evaluation.significance import BETTER, TIE, Difference, paired_test
from recsys_core.i18n import _
from recsys_core.runs import Run
from recsys_core.scenarios.gains import SAME, Gains, Sides, compared, group_change, people_table
from recsys_core.scenarios.judged import Judged
from recsys_core.types import FloatArray, IntArray

OF_RATINGS = {"rmse": "squared_error", "mae": "absolute_error"}
"""Figures that each user has of their own predictions; here every user counts alike; and the sums they are made of."""
LEAST_GROUP, MOST_GROUPS, STEPS_OF_A_NUMBER = 5, 12, 5
N_BARS = 24
CAME, WENT, STAYED = "came", "went", "stayed"


@dataclass(frozen=True)
class Versus:
    """What changes for the same users from the lists of one run to those of another.

    Attributes:
        metric: of each user, e.g. `ndcg@10` or `rmse`.
        lists: items of the people before and after, each (n, k), -1 for none; relevant: what was held out, (n, n_items).
        people: one row a user: `user` (row), `user_id`, `before`, `after`, `change`, `changed` (other items of k).
        difference: the mean change, paired; verdict: BETTER, WORSE or TIE.
        gains: counts, the five who gain and lose most, thirds by activity, items.
        attributes: users by their attributes: `attribute`, `group`, `n`, `change`, `low`, `high`.
    """

    data: Dataset
    metric: str
    lists: tuple[IntArray, IntArray]
    relevant: csr_matrix
    people: pd.DataFrame
    difference: Difference
    verdict: str
    gains: Gains
    attributes: pd.DataFrame

    @property
    def same(self) -> int:
        """Users for whom nothing changes."""
        return self.gains.n_users - self.gains.up - self.gains.down


def metrics_of(*runs: Judged) -> list[str]:
    """The figures that users have one by one in all of these runs, and of which more or less is better."""
    names: list[str] = list(runs[0].users.columns.drop("user"))
    names += OF_RATINGS
    return [name for name in names if better(name) and all(_has(one, name) for one in runs)]


def _has(one: Judged, metric: str) -> bool:
    return metric in one.users or OF_RATINGS.get(metric) in one.users


def versus(before: Judged, after: Judged, metric: str = "") -> Versus:
    """Compares two runs of one arena, user by user.

    Args:
        metric: one of `metrics_of`; by default NDCG, or the first where there are no lists.

    Raises:
        ParamError: the runs were judged on other rows or at another k, or users have no such figure.
    """
    _check_arena(before.run, after.run)
    known = metrics_of(before, after)
    usual = f"ndcg@{after.run.config.k}"
    metric = metric or (usual if usual in known or not known else known[0])
    if metric not in known:
        raise ParamError(
            what=_("{metric} is no figure that each user has in both runs").format(metric=repr(metric)),
            where="--metric",
            remedy=_("use one of: {known}").format(known=", ".join(known)),
        )
    sides = _sides(before, after, metric)
    difference = paired_test(sides.values[1], sides.values[0])
    return Versus(
        data=sides.data,
        metric=metric,
        lists=sides.items,
        relevant=after.relevant[np.searchsorted(after.judged, sides.users)],
        people=people_table(sides),
        difference=difference,
        verdict=difference.verdict(sides.better),
        gains=compared(sides),
        attributes=_by_attributes(sides),
    )


def _check_arena(before: Run, after: Run) -> None:
    ours, theirs = (
        (one.config.fingerprint, one.config.split, one.config.split_seed, one.config.k)
        for one in (before, after)
    )
    if ours != theirs:
        raise ParamError(
            what=_("they were not judged on the same rows at the same k"),
            where=_("runs {before} and {after}").format(before=before.id, after=after.id),
            remedy=_("choose two runs on the same data, split, split seed and k; 'runs' lists them"),
        )


def _sides(before: Judged, after: Judged, metric: str) -> Sides:
    """The users that both judged and who have the figure in both, with their lists."""
    values = [_values(one, metric) for one in (before, after)]
    both = pd.concat(values, axis=1, join="inner").dropna().sort_index()
    users, k = both.index.to_numpy(), after.run.config.k
    lists = []
    for one in (before, after):
        judged, items, _scores = one.lists(k)
        lists.append(items[np.searchsorted(judged, users)])
    split = after.split
    seen = split.matrix(split.known_rows)
    popularity = np.asarray(seen.sum(axis=0), dtype=np.float64).ravel()
    old, new = both.to_numpy(dtype=np.float64).T
    return Sides(
        split.dataset, users, seen, popularity, (old, new), (lists[0], lists[1]), better(metric) or 1
    )


def _values(one: Judged, metric: str) -> pd.Series:
    """The figure of each user, by row."""
    table = one.users.set_index("user")
    if metric in table:
        return table[metric]
    mean = table[OF_RATINGS[metric]] / table["n"]
    return mean.pow(0.5) if metric == "rmse" else mean


def _by_attributes(sides: Sides) -> pd.DataFrame:
    """The mean change of users by each of their attributes; small groups and those beyond the largest are left out."""
    rows = []
    place = np.full(sides.data.n_users, -1, np.int64)
    place[sides.users] = np.arange(len(sides.users))
    for key in keys_of(sides.data):
        if key.of != "users":
            continue
        found = grouping_of(sides.data, key, bins=STEPS_OF_A_NUMBER)
        assert found.owner is not None
        mine = place[found.owner]
        usable = (mine >= 0) & (found.code >= 0)
        sizes = np.bincount(found.code[usable], minlength=len(found.values))
        kept = np.sort(np.argsort(-sizes, kind="stable")[:MOST_GROUPS])
        for code in kept[sizes[kept] >= LEAST_GROUP].tolist():
            some = mine[usable & (found.code == code)]
            rows.append({"attribute": key.name, **group_change(found.values[code], sides.change[some])})
    return pd.DataFrame(rows, columns=["attribute", "group", "n", "change", "low", "high"])


def both_lists(found: Versus, user: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A judged user's two lists: `item` (row), `item_id`, `title`, `rank`, `hit`, `mark` (STAYED, CAME or WENT), `moved`.

    `moved` is how many places an item that stayed went up from the first list to the second (negative: down).

    Raises:
        NotFound: nobody of that row was judged in both runs.
    """
    places = np.flatnonzero(found.people["user"].to_numpy() == user)
    if not len(places):
        raise NotFound(
            what=_("nothing was held out of this one, or not in both runs"),
            where=_("user {id}").format(id=user),
            remedy=_("choose somebody who was judged"),
        )
    place = int(places[0])
    relevant = found.relevant[[place]].indices
    rows = [items[place][items[place] >= 0] for items in found.lists]
    ranks = [{item: rank for rank, item in enumerate(one.tolist(), 1)} for one in rows]
    tables = []
    for mine, other, mark in ((ranks[0], ranks[1], WENT), (ranks[1], ranks[0], CAME)):
        table = found.data.items.iloc[list(mine)][[ITEM, TITLE]].reset_index(drop=True)
        table.insert(0, ITEM_ROW, list(mine))
        table["rank"] = list(mine.values())
        table["hit"] = table[ITEM_ROW].isin(relevant)
        table["mark"] = [STAYED if item in other else mark for item in mine]
        table["moved"] = [ranks[0][item] - ranks[1][item] if item in other else 0 for item in mine]
        tables.append(table)
    return tables[0], tables[1]


def bars_of(change: FloatArray) -> pd.DataFrame:
    """Users by how much their figure changes, those without a change left out: `low`, `high`, `n`; 0 is an edge."""
    moved = change[np.abs(change) > SAME]
    most = float(np.abs(moved).max(initial=0.0))
    if most == 0:
        return pd.DataFrame({"low": [], "high": [], "n": []})
    edges = np.linspace(-most, most, N_BARS + 1)
    edges[N_BARS // 2] = 0.0
    counts, _edges = np.histogram(moved, edges)
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "n": counts})
    return table[table["n"] > 0].reset_index(drop=True)


def sentence(found: Versus, before: str, after: str) -> str:
    """Who gains and who loses, with the mean change and whether it is more than chance."""
    words, gap = found.data.words, found.difference
    counts = _("From {before} to {after}, {up:,} of {n:,} {users} gain and {down:,} lose.").format(
        before=before,
        after=after,
        n=found.gains.n_users,
        users=words.users,
        up=found.gains.up,
        down=found.gains.down,
    )
    if found.verdict == TIE:
        mean = _("{name} changes by {mean} on average ({low} to {high}): a tie, these {users} cannot tell.")
    elif found.verdict == BETTER:
        mean = _("{name} changes by {mean} on average ({low} to {high}): better, and more than chance.")
    else:
        mean = _("{name} changes by {mean} on average ({low} to {high}): worse, and more than chance.")
    return f"{counts} " + mean.format(
        mean=signed(gap.mean),
        low=signed(gap.low),
        high=signed(gap.high),
        users=words.users,
        name=title(found.metric),
    )


def signed(value: float) -> str:
    """Three significant digits with a sign."""
    return f"{'−' if value < 0 else '+'}{number(abs(value))}"
