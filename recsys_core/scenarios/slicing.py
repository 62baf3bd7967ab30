"""Ways of cutting users or items into slices: activity, popularity, period, cold or warm, and any attribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM_ROW, TIME, USER_ROW
from recsys_core.data import periods
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_values
from recsys_core.data.groupings import Key, keys_of
from recsys_core.data.periods import HOUR_SECONDS, Unit
from recsys_core.data.splits import Split
from recsys_core.data.time_order import usable_time
from recsys_core.errors import NotSupported
from recsys_core.i18n import N_, _
from recsys_core.types import FloatArray, IntArray

ACTIVITY, PERIOD, COLD_USERS = "activity", "period", "cold-users"
POPULARITY, COLD_ITEMS = "popularity", "cold-items"
OF_ITEMS = (POPULARITY, COLD_ITEMS)
QUARTERS = (N_("least active quarter"), N_("second quarter"), N_("third quarter"), N_("most active quarter"))
SHELVES = (N_("head"), N_("middle"), N_("tail"))
_FEW_VALUES, _MOST_PERIODS = 8, 12


@dataclass(frozen=True)
class Slicing:
    """A way of cutting.

    Attributes:
        key: as in an address: `activity`, `users.gender`.
        of_items: whether items are cut, and not users.
        names: what each slice is called, in their own order.
        members: who belongs to which, (n_users or n_items, n_slices), 0 or 1; one may belong to several, or none.
    """

    key: str
    of_items: bool
    names: tuple[str, ...]
    members: csr_matrix

    def rows_of(self, name: str) -> IntArray:
        """The rows of the users (or items) of a slice, sorted; none where there is no such slice."""
        if name not in self.names:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.members[:, self.names.index(name)].toarray().ravel())


def named(by: str, name: str) -> str:
    """A slice by name, with its attribute where it is the value of one: `gender: F`."""
    _of, dot, attribute = by.partition(".")
    return f"{attribute}: {name}" if dot else name


def ways(data: Dataset) -> dict[str, str]:
    """Every way of cutting this data: key -> title, users first."""
    words = data.words
    who, what = words.users.capitalize(), words.items.capitalize()
    found = {ACTIVITY: _("{who} by activity").format(who=who)}
    if usable_time(data) is not None:
        found[PERIOD] = _("{who} by period of their test rows").format(who=who)
    found[COLD_USERS] = _("{who}, cold or warm").format(who=who)
    keys = [key for key in keys_of(data) if key.of != "rows"]
    by = {
        of: {
            key.text: _("{who} by {attribute}").format(who=noun, attribute=key.name)
            for key in keys
            if key.of == of
        }
        for of, noun in (("users", who), ("items", what))
    }
    found |= by["users"]
    found[POPULARITY] = _("{what} by popularity").format(what=what)
    found[COLD_ITEMS] = _("{what}, cold or warm").format(what=what)
    return found | by["items"]


def slicing(split: Split, key: str) -> Slicing:
    """The slices of this way; raises NotSupported for one that the data do not have."""
    made = {
        ACTIVITY: _by_activity,
        PERIOD: _by_period,
        COLD_USERS: _cold_users,
        POPULARITY: _by_popularity,
        COLD_ITEMS: _cold_items,
    }
    attribute = next((one for one in keys_of(split.dataset) if one.text == key and one.of != "rows"), None)
    if attribute is not None:
        return _by_attribute(split.dataset, attribute)
    if key not in made or (key == PERIOD and usable_time(split.dataset) is None):
        raise NotSupported(
            what=_("{key} is no way of cutting this data").format(key=repr(key[:60])),
            where=_("data set {name}").format(name=split.dataset.name),
            remedy=_("use one of: {known}").format(known=", ".join(ways(split.dataset))),
        )
    names, codes = made[key](split)
    return _of_codes(key, names, codes)


def _of_codes(key: str, names: tuple[str, ...], codes: IntArray) -> Slicing:
    """One slice each, -1 for none."""
    known = np.flatnonzero(codes >= 0)
    members = csr_matrix((np.ones(len(known)), (known, codes[known])), shape=(len(codes), len(names)))
    return Slicing(key, key in OF_ITEMS or key.startswith("items."), names, members)


def _counts(split: Split, rows: IntArray, column: str, n: int) -> IntArray:
    return np.bincount(split.dataset.interactions[column].to_numpy()[rows], minlength=n)


def _by_activity(split: Split) -> tuple[tuple[str, ...], IntArray]:
    """Quarters of the users by how many of their rows are known; nobody of whom nothing is."""
    counts = _counts(split, split.known_rows, USER_ROW, split.dataset.n_users)
    known = counts > 0
    edges, names = _quantile_steps(counts[known].astype(np.float64))
    if len(names) == len(QUARTERS):
        said, items = _("{quarter} ({low_to_high} {items})"), split.dataset.words.items
        names = tuple(
            said.format(quarter=_(quarter), low_to_high=name, items=items)
            for quarter, name in zip(QUARTERS, names, strict=True)
        )
    return names, np.where(known, np.searchsorted(edges, counts, side="left"), -1)


def _quantile_steps(values: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """The upper ends of all quarters but the last, and the range of each; fewer where many are equal.

    A value belongs to the first step whose end is not below it.
    """
    if not len(values):
        return np.zeros(0), ()
    ends = np.unique(np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf"))
    ends = ends[ends < values.max()]
    codes = np.searchsorted(ends, values, side="left")
    spans = pd.Series(values).groupby(codes).agg(["min", "max"])
    names = [f"{low:.6g}" if low == high else f"{low:.6g}–{high:.6g}" for low, high in spans.to_numpy()]
    return ends, tuple(names)


def _by_period(split: Split) -> tuple[tuple[str, ...], IntArray]:
    """The calendar period of the middle one of a user's test rows, so that everybody is in one."""
    data = split.dataset
    times = pd.Series(data.interactions[TIME].to_numpy()[split.test])
    middle = times.groupby(data.interactions[USER_ROW].to_numpy()[split.test]).quantile(
        0.5, interpolation="lower"
    )
    hours = middle.to_numpy(np.int64) // HOUR_SECONDS
    unit = periods.unit_for(float(np.ptp(hours)) * HOUR_SECONDS)
    finer_to_coarser = list(Unit)[list(Unit).index(unit) :]
    for unit in finer_to_coarser:
        found, codes = np.unique(periods.numbers(hours, unit), return_inverse=True)
        if len(found) <= _MOST_PERIODS:
            break
    labels = periods.labels(periods.starts(found, unit), unit)
    everybody = np.full(data.n_users, -1, dtype=np.int64)
    everybody[middle.index.to_numpy()] = codes
    return tuple(labels), everybody


def _cold_users(split: Split) -> tuple[tuple[str, ...], IntArray]:
    counts = _counts(split, split.fit_rows, USER_ROW, split.dataset.n_users)
    return (_("cold: not in training"), _("warm")), (counts > 0).astype(np.int64)


def _cold_items(split: Split) -> tuple[tuple[str, ...], IntArray]:
    counts = _counts(split, split.fit_rows, ITEM_ROW, split.dataset.n_items)
    return (_("cold: not in training"), _("warm")), (counts > 0).astype(np.int64)


def _by_popularity(split: Split) -> tuple[tuple[str, ...], IntArray]:
    """Head, middle and tail: the most chosen items that hold a third of the known rows, the next third, the rest."""
    counts = _counts(split, split.known_rows, ITEM_ROW, split.dataset.n_items)
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    codes = np.empty(len(counts), dtype=np.int64)
    codes[order] = np.minimum(3 * before // max(int(counts.sum()), 1), 2)
    # equally popular items stand on one shelf, the first that any of them reaches
    codes = pd.Series(codes).groupby(counts).transform("min").to_numpy()
    spans = pd.Series(counts).groupby(codes).agg(["min", "max"])
    names = [
        _("{shelf} ({times} times)").format(
            shelf=_(SHELVES[code]), times=f"{low:,}" + f"–{high:,}" * (high > low)
        )
        for code, (low, high) in zip(spans.index, spans.to_numpy().tolist(), strict=True)
    ]
    return tuple(names), np.searchsorted(spans.index.to_numpy(), codes)


def _by_attribute(data: Dataset, key: Key) -> Slicing:
    """The values of an attribute; numbers that are many in quarters; who has no value is in no slice."""
    column = (data.items if key.of == "items" else data.users)[key.name].reset_index(drop=True)
    is_list = key.name in data.list_columns
    numeric = pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    if numeric and not is_list:
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        present = np.isfinite(numbers)
        distinct = np.unique(numbers[present])
        ends, names = _quantile_steps(numbers[present])
        if len(distinct) <= _FEW_VALUES:
            ends, names = distinct[:-1], tuple(f"{value:.6g}" for value in distinct)
        codes = np.where(present, np.searchsorted(ends, np.where(present, numbers, 0.0), side="left"), -1)
        return _of_codes(key.text, names, codes)
    pairs = attribute_values(column, is_list=is_list)
    codes, values = pd.factorize(pairs, sort=True)
    shape = (len(column), len(values))
    members = csr_matrix((np.ones(len(codes)), (pairs.index.to_numpy(), codes)), shape=shape)
    members.data[:] = 1.0  # a value that stands twice in one cell counts once
    return Slicing(key.text, key.of == "items", tuple(map(str, values)), members)
