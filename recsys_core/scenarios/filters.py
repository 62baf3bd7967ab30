"""Which items a list may hold: by attribute, by how new they are, by how many people chose them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM_ROW, TIME
from recsys_core.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from recsys_core.scenarios.lists import Serving

YEAR_WORDS = ("year", "released", "published")
YEARS = (1000, 3000)


@dataclass(frozen=True)
class Newness:
    """When each item came.

    Attributes:
        column: the attribute that holds its year; '' where the first interaction in training stands for it.
        when: year or epoch seconds, shape (n_items,); NaN where it is not known.
    """

    column: str
    when: FloatArray

    @property
    def span(self) -> tuple[float, float]:
        """The oldest and the newest."""
        return float(np.nanmin(self.when)), float(np.nanmax(self.when))


def newness_of(serving: Serving) -> Newness | None:
    """By the year that an attribute gives, else by the first interaction; None where the data have neither."""
    data = serving.data
    for column in data.item_attributes:
        if column not in data.list_columns and any(word in column.lower() for word in YEAR_WORDS):
            years = pd.to_numeric(data.items[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
            known = years[~np.isnan(years)]
            if len(known) and known.min() >= YEARS[0] and known.max() <= YEARS[1]:
                return _worth_it(Newness(column, years))
    if not data.has_time:
        return None
    rows = serving.split.fit_rows
    first = np.full(data.n_items, np.inf)
    np.minimum.at(
        first, data.interactions[ITEM_ROW].to_numpy()[rows], data.interactions[TIME].to_numpy()[rows]
    )
    return _worth_it(Newness("", np.where(np.isinf(first), np.nan, first)))


def _worth_it(found: Newness) -> Newness | None:
    low, high = found.span
    return found if low < high else None


def grouping_values(serving: Serving) -> tuple[str, list[str]]:
    """The first attribute that groups items, and its values in order; ('', []) where none does."""
    tags = serving.tags
    if not tags.names:
        return "", []
    attribute = tags.names[0][0]
    return attribute, sorted(value for name, value in tags.names if name == attribute)


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked of every item of a list.

    Attributes:
        only: values of the first grouping attribute, one of which it must have; empty: any.
        since: it came at that year or second (see Newness), or later; None: whenever.
        least: so many users at least chose it in training and validation.
    """

    only: tuple[str, ...] = ()
    since: float | None = None
    least: int = 0

    def allowed(self, serving: Serving) -> BoolArray | None:
        """Which items pass, shape (n_items,); None where all do."""
        masks = []
        if self.only:
            attribute = serving.tags.names[0][0] if serving.tags.names else ""
            wanted = {(attribute, value) for value in self.only}
            columns = [at for at, name in enumerate(serving.tags.names) if name in wanted]
            masks.append(np.asarray(serving.tags.matrix[:, columns].sum(axis=1)).ravel() > 0)
        if self.since is not None and serving.newness is not None:
            masks.append(np.nan_to_num(serving.newness.when, nan=-np.inf) >= self.since)
        if self.least > 0:
            masks.append(serving.popularity >= self.least)
        return np.logical_and.reduce(masks) if masks else None
