"""A part of the test rows, chosen by a click or a brush: whose rows they are, of which items, and the figures on them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.data.dataset import Words
from recsys_core.evaluation.meanings import number, split_name
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.i18n import _
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.slicing import Slicing, named
from recsys_core.types import BoolArray, FloatArray, IntArray

ERRORS = {"rmse": "squared_error", "mse": "squared_error", "mae": "absolute_error"}
_SLICE, _RANGE, _SEPARATOR = "slice", "range", "|"


@dataclass(frozen=True, slots=True)
class PickedSlice:
    """One slice: the way of cutting, and its name."""

    by: str
    name: str

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return _SEPARATOR.join((_SLICE, self.by, self.name))

    def told(self, words: Words) -> str:
        """In words, short."""
        return named(self.by, self.name)


@dataclass(frozen=True, slots=True)
class PickedRange:
    """The users whose value of a figure under one run lies in a range, both ends included."""

    metric: str
    run: str
    low: float
    high: float

    @property
    def text(self) -> str:
        """As it stands in an address."""
        return _SEPARATOR.join((_RANGE, self.metric, self.run, f"{self.low:.9g}", f"{self.high:.9g}"))

    def told(self, words: Words) -> str:
        """In words, short."""
        said = _("{users} with {metric} from {low} to {high}")
        return said.format(
            users=words.users, metric=metric_title(self.metric), low=number(self.low), high=number(self.high)
        )


Pick = PickedSlice | PickedRange


def read_pick(text: str) -> Pick | None:
    """The pick that `text` names; None where it names none."""
    kind, *rest = text.split(_SEPARATOR)
    if kind == _SLICE and len(rest) >= 2:
        return PickedSlice(rest[0], _SEPARATOR.join(rest[1:]))
    if kind == _RANGE and len(rest) == 4:
        try:
            low, high = float(rest[2]), float(rest[3])
        except ValueError:
            return None
        return PickedRange(rest[0], rest[1], low, high) if low <= high else None
    return None


@dataclass(frozen=True)
class Chosen:
    """Whose test rows count, and of which items.

    Attributes:
        users, items: rows, sorted; None: all of them.
    """

    picks: tuple[Pick, ...] = ()
    users: IntArray | None = None
    items: IntArray | None = None

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return self.users is not None or self.items is not None

    def user_mask(self, users: IntArray) -> BoolArray:
        """Which of these user rows count."""
        return np.ones(len(users), dtype=bool) if self.users is None else np.isin(users, self.users)

    def item_mask(self, items: IntArray) -> BoolArray:
        """Which of these item rows count."""
        return np.ones(len(items), dtype=bool) if self.items is None else np.isin(items, self.items)


EVERYTHING = Chosen()


def chosen_of(picks: Sequence[Pick], cut: Callable[[str], Slicing], judged: Mapping[str, Judged]) -> Chosen:
    """The rows that all the picks together leave; a pick that names no such slice, run or figure is dropped.

    Args:
        cut: the slices of a way of cutting; judged: the runs that a range may speak of, by id.
    """
    kept: list[Pick] = []
    users: IntArray | None = None
    items: IntArray | None = None
    for pick in picks:
        if isinstance(pick, PickedSlice):
            slicing = cut(pick.by)
            if pick.name not in slicing.names:
                continue
            rows = slicing.rows_of(pick.name)
            if slicing.of_items:
                items = _both(items, rows)
            else:
                users = _both(users, rows)
        else:
            per_user = user_values(judged[pick.run], pick.metric) if pick.run in judged else None
            if per_user is None:
                continue
            values = per_user.values
            inside = (values >= pick.low - 1e-8) & (values <= pick.high + 1e-8)
            users = _both(users, per_user.users[inside])
        kept.append(pick)
    return Chosen(tuple(kept), users, items)


def _both(one: IntArray | None, other: IntArray) -> IntArray:
    return np.unique(other) if one is None else np.intersect1d(one, other)


@dataclass(frozen=True)
class UserValues:
    """A figure of every user, as a ratio of sums.

    Attributes:
        users: rows, sorted, (n,); top, below: numerator and denominator, (n,).
        root: whether the figure is the root of the ratio.
    """

    users: IntArray
    top: FloatArray
    below: FloatArray
    root: bool = False

    @property
    def values(self) -> FloatArray:
        """The figure itself, (n,)."""
        ratio = np.divide(self.top, self.below, out=np.full(len(self.top), np.nan), where=self.below > 0)
        return np.sqrt(ratio) if self.root else ratio

    @property
    def overall(self) -> float:
        """The figure of all of them together; NaN for nobody."""
        ratio = self.top.sum() / self.below.sum() if self.below.sum() > 0 else float("nan")
        return float(np.sqrt(ratio) if self.root else ratio)


def user_values(judged: Judged, metric: str, chosen: Chosen = EVERYTHING) -> UserValues | None:
    """A figure of every user on the chosen test rows; None where the run has none a user (coverage, AUC).

    Where items are chosen, only they count as right answers, and users without one of them are left out; figures that
    are no question of right answers (novelty) are those of the whole list.
    """
    base, k = split_name(metric)
    if metric in ERRORS:
        found = _errors(judged, metric, chosen)
    elif k is not None and chosen.items is not None and base in RANKING_METRICS:
        found = _on_items(judged, base, k, chosen.items)
    elif metric in judged.users and metric != "user":
        values = judged.users[metric].to_numpy(np.float64)
        known = np.isfinite(values)
        users = judged.judged[known].astype(np.int64)
        found = UserValues(users, values[known], np.ones(int(known.sum())))
    else:
        return None
    if found is None or chosen.users is None:
        return found
    mine = chosen.user_mask(found.users)
    return UserValues(found.users[mine], found.top[mine], found.below[mine], found.root)


def _errors(judged: Judged, metric: str, chosen: Chosen) -> UserValues | None:
    column, root = ERRORS[metric], metric == "rmse"
    if chosen.items is None and column in judged.users:
        table = judged.users
        sums, n = table[column].to_numpy(np.float64), table["n"].to_numpy(np.float64)
        some = n > 0
        return UserValues(judged.judged[some].astype(np.int64), sums[some], n[some], root)
    rows = predictions(judged, chosen)
    if rows is None:
        return None
    error = (rows["predicted"] - rows["truth"]).to_numpy(np.float64)
    users, places = np.unique(rows["user"].to_numpy(), return_inverse=True)
    size = np.abs(error) if metric == "mae" else error**2
    sums = np.bincount(places, size, minlength=len(users)).astype(np.float64)
    n = np.bincount(places, minlength=len(users)).astype(np.float64)
    return UserValues(users.astype(np.int64), sums, n, root)


def predictions(judged: Judged, chosen: Chosen = EVERYTHING) -> pd.DataFrame | None:
    """The chosen rows of the run's predictions; None where it predicts no values."""
    table = judged.predictions
    if table is None or not chosen:
        return table
    mine = chosen.user_mask(table["user"].to_numpy()) & chosen.item_mask(table["item"].to_numpy())
    return table[mine]


def wanted(judged: Judged, chosen: Chosen = EVERYTHING) -> tuple[IntArray, csr_matrix]:
    """Places among the judged users, and what is to be found for each, of the chosen rows: users without any left out."""
    relevant = judged.relevant
    if chosen.items is not None:
        only = np.zeros(relevant.shape[1], dtype=np.float32)
        only[chosen.items] = 1.0
        relevant = csr_matrix(relevant.multiply(only[None, :]))
        relevant.eliminate_zeros()
    some = (np.diff(relevant.indptr) > 0) & chosen.user_mask(judged.judged)
    places = np.flatnonzero(some)
    return places, csr_matrix(relevant[places])


def _on_items(judged: Judged, base: str, k: int, items: IntArray) -> UserValues:
    places, relevant = wanted(judged, Chosen(items=items))
    users, shown, _scores = judged.lists(k)
    values = RANKING_METRICS[base](hits_of(shown[places], relevant), k) if len(places) else np.zeros(0)
    return UserValues(users[places].astype(np.int64), values, np.ones(len(places)))
