"""A simulated world in memory: the data set that was observed, and everything that it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, ITEM_ROW, TIME, USER, USER_ROW, VALUE, Kind
from recsys_core.data.dataset import Dataset, Provenance, make_dataset
from recsys_core.data.simulator.catalogue import LIST_COLUMNS, items_table
from recsys_core.data.simulator.chunks import CAUSE, chunks
from recsys_core.data.simulator.context import FEATURES, read_context
from recsys_core.data.simulator.nature import Nature, draw_nature
from recsys_core.data.simulator.people import ids_of, users_table
from recsys_core.data.simulator.spec import CAUSES, WorldSpec, shares_of
from recsys_core.data.simulator.streams import ORDER, stream
from recsys_core.data.splits import Split
from recsys_core.errors import NotSupported, ParamError
from recsys_core.i18n import N_, _
from recsys_core.types import FloatArray, IntArray

if TYPE_CHECKING:
    from recsys_core.data.simulator.best import Best

WHAT = N_("simulated data: nobody chose or rated these items")
TERMS = N_("Made by a seeded generator in this app; free of any terms.")
MOST_CELLS = 25_000_000
"""A table of users x items is made up to this size: 200 MB."""


@dataclass(frozen=True)
class World:
    """A data set and what it was drawn from. The data set carries nothing of the rest.

    Rows of users and items are those of `dataset.users` and `dataset.items`.

    Attributes:
        dataset: what was observed.
        causes: why each row of `dataset.interactions` came to be: places in CAUSES, int8. For clicks, why the
            item was shown.
        kept_users, kept_items: who and what of those that exist has an event and so a row in the data set.
    """

    dataset: Dataset
    causes: IntArray
    nature: Nature
    kept_users: IntArray
    kept_items: IntArray

    @property
    def spec(self) -> WorldSpec:
        """What the world was asked to be."""
        return self.nature.spec

    @property
    def counts_by_cause(self) -> IntArray:
        """Rows by cause, in the order of CAUSES."""
        return np.bincount(self.causes, minlength=len(CAUSES))

    @cached_property
    def truth(self) -> FloatArray:
        """What is expected of every pair, shape (n_users, n_items).

        For ratings the expected rating, for implicit data the probability that the user takes the item, for clicks
        the probability of a click in a context without any effect; at the middle of the user's time.

        Raises:
            NotSupported: the table would hold more than MOST_CELLS cells; ask `expected` or `block` instead.
        """
        cells = self.dataset.n_users * self.dataset.n_items
        if cells > MOST_CELLS:
            raise NotSupported(
                what=_("a table of users x items would hold {cells:,} cells").format(cells=cells),
                where=_("simulator"),
                remedy=_("ask for pairs with expected, or for blocks of users with block"),
            )
        return self.block(np.arange(self.dataset.n_users))

    def block(self, users: IntArray) -> FloatArray:
        """The rows of `truth` of these users: shape (n, n_items)."""
        owners, middle = self.kept_users[users], np.full(len(users), 0.5)
        if self.spec.kind is Kind.RATING:
            whole = self.nature.expected_ratings(owners, middle)
        elif self.spec.kind is Kind.CLICK:
            whole = self.nature.click_probabilities(owners, middle)
        else:
            whole = self.nature.taken(owners)
        return whole[:, self.kept_items]

    def expected(self, rows: IntArray | None = None) -> FloatArray:
        """The best prediction of `value` of these interactions (all without `rows`), at their times, shape (n,).

        The expected rating; the probability of the click; for implicit data the probability that the user takes
        the item at all.
        """
        events = self.dataset.interactions if rows is None else self.dataset.interactions.iloc[rows]
        users = self.kept_users[events[USER_ROW].to_numpy()]
        items = self.kept_items[events[ITEM_ROW].to_numpy()]
        if self.spec.kind is Kind.IMPLICIT:
            return self.nature.taken_pairs(users, items)
        progress = self.nature.people.progress(users, events[TIME].to_numpy())
        if self.spec.kind is Kind.RATING:
            return self.nature.expected_rating(users, items, progress)
        return self.nature.click_probability(users, items, progress, read_context(events))

    def ideal_scores(self, users: IntArray, times: IntArray | FloatArray) -> FloatArray:
        """What the ideal ranker ranks by: the probability that the user's next draw at that time is the item.

        Shape (n, n_items). For clicks: the probability that the item is shown and clicked.
        """
        owners = self.kept_users[users]
        progress = self.nature.people.progress(owners, times)
        scores = self.nature.chances(owners, progress)
        if self.spec.kind is Kind.CLICK:
            scores = scores * self.nature.click_probabilities(owners, progress)
        return scores[:, self.kept_items]

    @property
    def attributes(self) -> pd.DataFrame:
        """Which attribute matters: `table`, `attribute`, `matters`, `strength` (of its part in an opinion).

        The strength is a standard deviation over random pairs, next to the 0.7 of taste and attributes together;
        for the features of an impression over its rows.
        """
        data, strengths = self.dataset, self.nature.strengths()
        if self.spec.kind is Kind.CLICK:
            strengths |= read_context(data.interactions).strengths()
        rows = [
            (table, name, strengths[name] > 0, strengths[name])
            for table, names in (
                ("users", data.user_attributes),
                ("items", data.item_attributes),
                ("interactions", list(data.features)),
            )
            for name in names
        ]
        return pd.DataFrame(rows, columns=["table", "attribute", "matters", "strength"])

    def best(self, split: Split, *, k: int = 10) -> Best:
        """What nobody can beat on this split's test rows, except by luck."""
        from recsys_core.data.simulator.best import best_reachable

        return best_reachable(self, split, k=k)


def simulate(
    kind: Kind,
    *,
    n_users: int = 600,
    n_items: int = 400,
    seed: int = 0,
    mean_events: float = 40,
    noise: float = 0.7,
    popularity: float = 0.8,
    drift: float = 0.0,
    click_rate: float = 0.15,
    causes: Mapping[str, float] | None = None,
) -> World:
    """A world of ratings from 1 to 5, of choices or of clicks; the same arguments give the same world.

    Users and items without any event are not part of the data set. The dials are those of WorldSpec.

    Args:
        kind: `rating`, `implicit` or `click`.
        causes: weights by cause (`taste`, `popularity`, `attributes`, `chance`); one that is not named has none.
    """
    return simulate_spec(
        WorldSpec(
            kind,
            n_users=n_users,
            n_items=n_items,
            seed=seed,
            mean_events=mean_events,
            noise=noise,
            popularity=popularity,
            drift=drift,
            click_rate=click_rate,
            shares=shares_of(causes),
        )
    )


def simulate_spec(spec: WorldSpec) -> World:
    """The world of a spec, all of it in memory; a table of many million rows is better asked of `chunks`."""
    nature = draw_nature(spec)
    parts = list(chunks(spec, nature=nature, truth=True))
    if not parts:
        raise ParamError(
            what=_("no user has any event"),
            where="mean_events",
            remedy=_("ask for more events or more users"),
        )
    events = pd.concat(parts, ignore_index=True)
    order = stream(spec.seed, ORDER).permutation(len(events))  # so that the order of rows tells nothing
    events = events.iloc[order].reset_index(drop=True)
    kept_users = np.unique(events[USER].to_numpy()) - 1
    kept_items = np.unique(events[ITEM].to_numpy()) - 1
    dataset = make_dataset(
        f"simulated-{spec.kind.value}",
        spec.kind,
        events[observed_columns(spec.kind)].assign(
            **{USER: ids_of(events[USER].to_numpy() - 1), ITEM: ids_of(events[ITEM].to_numpy() - 1)}
        ),
        users=users_table(nature.people, kept_users),
        items=items_table(nature.catalogue, kept_items),
        provenance=Provenance(_("simulator"), terms=TERMS, notice=WHAT),
        list_columns=LIST_COLUMNS,
        features=FEATURES if spec.kind is Kind.CLICK else (),
    )
    return World(dataset, events[CAUSE].to_numpy(), nature, kept_users, kept_items)


def observed_columns(kind: Kind) -> list[str]:
    """The columns of an event that are no truth."""
    return [USER, ITEM, VALUE, TIME, *(FEATURES if kind is Kind.CLICK else ())]
