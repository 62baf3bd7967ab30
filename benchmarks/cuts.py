"""Which rows a benchmark learns from and is judged on, as a few words that another process can read again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.shop import SHOP, shop
from recsys_core.columns import PART, TIME
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split

FOLDS = 5
FOLD = "fold"
FINAL_SEEDS = (104, 105, 106)
"""Split seeds of the final figures: no choice was ever made on them."""
DEVELOPMENT_SEEDS = (42, 43, 44)
"""Split seeds of every choice; the outer test rows are thrown away before anything is learned or judged."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One split of one data set.

    Attributes:
        protocol: as `SplitSpec` reads it (`user-random:0.2`, `last:1`), or `fold:0` to `fold:4`.
        development: the test rows of this very cut are thrown away, and the same protocol cuts the rest again.
    """

    data: str
    protocol: str
    seed: int
    development: bool = False

    def __str__(self) -> str:
        """A short name that can be a file's name."""
        words = (self.data, self.protocol.replace(":", "-"), str(self.seed), *["dev"] * self.development)
        return ".".join(words)

    @classmethod
    def parse(cls, text: str) -> Cut:
        """Reads what `as_json` wrote."""
        return cls(**json.loads(text))

    def as_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    def split(self) -> Split:
        """The split itself; kept, as several models are judged on it."""
        return _split(self)


@lru_cache(maxsize=2)
def _split(cut: Cut) -> Split:
    data = dataset(cut.data)
    outer = _once(data, cut)
    if not cut.development:
        return outer
    rest = data.interactions.iloc[outer.fit_rows].reset_index(drop=True)
    return _once(replace(data, interactions=rest), cut)


def _once(data: Dataset, cut: Cut) -> Split:
    protocol, _colon, amount = cut.protocol.partition(":")
    if protocol != FOLD:
        return make_split(data, SplitSpec.parse(cut.protocol, seed=cut.seed))
    return fold_split(data, int(amount), cut.seed)


def fold_split(data: Dataset, fold: int, seed: int) -> Split:
    """One of five random folds of all rows as test; the folds of one seed are disjoint and cover the data."""
    places = np.random.default_rng(seed).permutation(len(data.interactions)) % FOLDS
    marked = data.interactions.assign(**{PART: (places == fold).astype(np.int8)})
    return make_split(replace(data, interactions=marked), SplitSpec("given", 0.2, seed))


@lru_cache(maxsize=2)
def dataset(name: str) -> Dataset:
    """A built-in data set, or the shop that a benchmark imports itself."""
    return shop() if name == SHOP else fetch_source(name, actor="benchmark")


def export(split: Split, path: Path) -> None:
    """The split as a peer reads it: training rows with values and times, test pairs without their values."""
    events = split.dataset.interactions
    users, items, values = split.triples(split.fit_rows)
    test_users, test_items, _hidden = split.triples(split.test)
    times = events[TIME].to_numpy()[split.fit_rows] if split.dataset.has_time else np.empty(0, np.int64)
    np.savez(
        path, users=users, items=items, values=values, times=times, test_users=test_users, test_items=test_items,
        n_users=split.dataset.n_users, n_items=split.dataset.n_items,
    )  # fmt: skip
