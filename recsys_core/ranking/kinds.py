"""Kinds of items, and how a person's choices spread over them: what a list is held against to see whether it fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from recsys_core.columns import TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_values, categorical_columns
from recsys_core.i18n import _
from recsys_core.ranking.greedy import SMOOTHING
from recsys_core.types import FloatArray, IntArray

MOST_KINDS = 40
N_GROUPS = 16
"""Where no attribute groups the items: as many groups of items that the same people choose."""


@dataclass(frozen=True)
class Kinds:
    """How items spread over kinds.

    Attributes:
        shares: each item's kinds, rows sum to 1 (or 0 where nothing is known), (n_items, n_kinds), float32.
        names: what each kind is called.
        attribute: the attribute that they are the values of; '' for groups that were found.
    """

    shares: FloatArray
    names: tuple[str, ...]
    attribute: str

    def taste(self, seen: csr_matrix) -> FloatArray:
        """How the choices of each row of `seen` (n, n_items) spread over the kinds; rows sum to 1 or 0: (n, n_kinds)."""
        return taste_of(seen, self.shares)

    def mix(self, items: IntArray) -> FloatArray:
        """How each list spreads over the kinds: (n, k) item rows, -1 for none -> (n, n_kinds), rows sum to 1 or 0."""
        shown = (items >= 0)[..., None]
        return _rows_to_one((self.shares[np.maximum(items, 0)] * shown).sum(axis=1, dtype=np.float64))


def taste_of(seen: csr_matrix, shares: FloatArray) -> FloatArray:
    """How the choices of each row of `seen` (n, n_items) spread over kinds (n_items, n_kinds): rows sum to 1 or 0."""
    return _rows_to_one(np.asarray(seen @ shares, dtype=np.float64))


def miscalibration(taste: FloatArray, mix: FloatArray) -> FloatArray:
    """KL(p, q) of a taste p and a list's mix q, smoothed by p: 0 where the list mirrors the taste; (n,).

    NaN where a person has no taste to mirror. Reference: Steck, Calibrated recommendations, RecSys 2018.

    Args:
        taste, mix: rows that sum to 1 or 0, (n, n_kinds).
    """
    smoothed = (1.0 - SMOOTHING) * mix + SMOOTHING * taste
    ratio = np.divide(taste, smoothed, out=np.ones_like(taste), where=taste > 0)
    distance = (taste * np.log(ratio)).sum(axis=1)
    return np.where(taste.sum(axis=1) > 0, distance, np.nan)


def kinds_of(data: Dataset, together: FloatArray) -> Kinds:
    """The values of the first grouping attribute, the rarest under one name; else groups found by who chose both.

    Args:
        together: unit vectors of who chose both (`likeness.together_vectors`), (n_items, d).
    """
    columns = categorical_columns(data)
    if not columns:
        return _groups(data, together)
    column = columns[0]
    values = attribute_values(data.items[column], is_list=column in data.list_columns)
    common = values.value_counts().index[: MOST_KINDS - 1]
    rare = values.nunique() > MOST_KINDS
    names = sorted(common) if rare else sorted(values.unique())
    codes = dict(zip(names, range(len(names)), strict=True))
    if rare:
        names.append(_("other"))
    shares = np.zeros((data.n_items, len(names)), dtype=np.float32)
    places = values.map(lambda value: codes.get(value, len(names) - 1)).to_numpy(dtype=np.int64)
    np.add.at(shares, (values.index.to_numpy(), places), 1.0)
    return Kinds(_rows_to_one(shares), tuple(map(str, names)), column)


def _groups(data: Dataset, together: FloatArray) -> Kinds:
    """Groups of items by k-means; each is called after the item that stands nearest to its middle."""
    from sklearn.cluster import KMeans

    known = np.flatnonzero(np.abs(together).sum(axis=1) > 0)
    shares = np.zeros((data.n_items, 1), dtype=np.float32)
    if not len(known):
        return Kinds(shares, ("",), "")
    n_groups = min(N_GROUPS, len(np.unique(together[known].round(6), axis=0)))
    found = KMeans(n_groups, n_init=1, random_state=0).fit(together[known])
    shares = np.zeros((data.n_items, n_groups), dtype=np.float32)
    shares[known, found.labels_] = 1.0
    middle = known[(together[known] @ found.cluster_centers_.T).argmax(axis=0)]
    names = [_("like {title}").format(title=title) for title in data.items[TITLE].iloc[middle]]
    return Kinds(shares, tuple(names), "")


def _rows_to_one(shares: FloatArray) -> FloatArray:
    total = shares.sum(axis=1, keepdims=True)
    return np.divide(shares, total, out=np.zeros_like(shares), where=total > 0)
