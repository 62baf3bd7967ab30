"""An item that nobody chose yet: who would get it, at which rank, next to which items; of held-out ones, who took it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, TITLE, USER, USER_ROW
from recsys_core.data.attribute_columns import cell_text, cell_values
from recsys_core.data.attribute_encoder import AttributeEncoder
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import categorical_columns
from recsys_core.errors import NotFound
from recsys_core.i18n import _
from recsys_core.ranking.top_k import TopK, blocks_of
from recsys_core.scenarios.lists import Serving, as_table
from recsys_core.scenarios.new_item_floors import NewItemScores, popularity_by_attribute, unit_rows
from recsys_core.serving.base import Scorer
from recsys_core.serving.mf import MfScorer
from recsys_core.serving.two_tower import TwoTowerScorer
from recsys_core.types import FloatArray, IntArray

LIMITS = (10, 50, 100, 1000)
"""Lengths of lists that are asked about."""
Z_975 = 1.959964


@dataclass(frozen=True)
class Audience:
    """Where one new item stands in everybody's list.

    Attributes:
        users: user rows (n,), whoever would see it first in front.
        ranks: its rank for each of them (n,): 1 + the unseen items scored above it.
        rivals: how many unseen items it was ranked among (n,).
        fallback: the model cannot score it; its place is that of items of its attributes, by popularity.
    """

    users: IntArray
    ranks: IntArray
    rivals: IntArray
    fallback: bool = False

    def share_within(self, k: int) -> float:
        """The share of users who would have it among their first k."""
        return float((self.ranks <= k).mean()) if len(self.ranks) else 0.0

    @property
    def median_rank(self) -> float:
        """Half of the users would have it at this rank or better."""
        return float(np.median(self.ranks)) if len(self.ranks) else float("nan")

    @property
    def median_rivals(self) -> float:
        """How many items it competes with, for the median user."""
        return float(np.median(self.rivals)) if len(self.rivals) else float("nan")


@dataclass(frozen=True, slots=True)
class Truth:
    """Who really took a held-out item, against who would have been shown it first.

    Attributes:
        takers: users who took it.
        found: so many of them are among the first `takers` users of the audience.
        by_chance: so many would be, were the order drawn by lot.
        auc: how often somebody who took it stands before somebody who did not; 0.5 is chance. NaN where all took it.
    """

    takers: int
    found: int
    by_chance: float
    auc: float


def held_out_item(serving: Serving, item: int) -> pd.DataFrame:
    """A held-out item's row, as if it were invented; raises NotFound for one that was learned from."""
    if item not in serving.split.cold_items:
        raise NotFound(
            what=_("row {item} is no held-out {noun}").format(item=item, noun=serving.data.words.item),
            where=_("split {spec}").format(spec=serving.split.spec),
            remedy=_("take one of the {n} held-out ones").format(n=len(serving.split.cold_items)),
        )
    return serving.data.items.iloc[[item]].reset_index(drop=True)


def scores_of(serving: Serving, table: pd.DataFrame) -> tuple[NewItemScores, bool]:
    """How the run places new items, and whether that is a fallback because its model knows items by id alone."""
    scorer = serving.scorer
    if scorer.can.new_items:
        return NewItemScores(
            scorer.score_catalogue, lambda users: scorer.score_new_items(users, table)
        ), False
    return popularity_by_attribute(serving.data, serving.seen, table), True


def audience(
    serving: Serving,
    table: pd.DataFrame,
    *,
    itself: int | None = None,
    report: Callable[[float], None] | None = None,
) -> Audience:
    """Ranks one new item among everything that each user has not taken.

    Asked are the users that the model learned from.

    Args:
        table: one row, from `new_item_form.invent` or `held_out_item`.
        itself: its row in the catalogue, where it has one: it is no rival of its own.
        report: told the share that is done, from 0 to 1.
    """
    scores, fallback = scores_of(serving, table)
    users = np.unique(serving.data.interactions[USER_ROW].to_numpy()[serving.split.fit_rows])
    ranks, rivals = [], []
    for block in blocks_of(users, serving.data.n_items):
        free = np.asarray(serving.seen[block].toarray() == 0)
        if itself is not None:
            free[:, itself] = False
        above = scores.known(block) > scores.new(block)[:, :1]
        ranks.append(1 + (above & free).sum(axis=1))
        rivals.append(1 + free.sum(axis=1))
        if report is not None:
            report(sum(map(len, ranks)) / len(users))
    all_ranks, all_rivals = np.concatenate(ranks), np.concatenate(rivals)
    order = np.lexsort((users, all_ranks / all_rivals, all_ranks))
    return Audience(users[order], all_ranks[order], all_rivals[order], fallback)


def reach(found: Audience, *, points: int = 120) -> pd.DataFrame:
    """The share of users who would have it within so many ranks, with its 95 % interval over users (Wilson).

    Columns: `rank`, evenly spread on a log scale up to the longest list, `share`, `low`, `high`, `marked`: one of LIMITS.
    """
    n = len(found.ranks)
    last = max(int(found.rivals.max(initial=1)), LIMITS[0])
    spread = np.unique(np.round(np.geomspace(1, last, points)).astype(int))
    ranks = np.union1d(spread, [limit for limit in LIMITS if limit <= last])
    share = np.searchsorted(np.sort(found.ranks), ranks, side="right") / max(n, 1)
    z = Z_975**2 / max(n, 1)
    middle, half = share + z / 2, np.sqrt(z * share * (1 - share) + z**2 / 4)
    low, high = (middle - half) / (1 + z), (middle + half) / (1 + z)
    table = pd.DataFrame({"rank": ranks, "share": share, "low": low.clip(0, 1), "high": high.clip(0, 1)})
    return table.assign(marked=np.isin(ranks, LIMITS))


def favourites(
    serving: Serving, table: pd.DataFrame, users: IntArray
) -> list[tuple[str, float, float] | None]:
    """For each user the value of the item that they choose most beyond what everybody does.

    Returns:
        (value, its share of the user's history, its share of everybody's choices); None where nothing is in common.
    """
    tags, values = serving.tags, _values_of(serving.data, table)
    own = [place for place, tag in enumerate(tags.names) if tag in values]
    if not own:
        return [None] * len(users)
    histories = serving.seen[users]
    share = np.asarray((histories @ tags.matrix[:, own]).toarray(), dtype=np.float64)
    share /= np.maximum(histories.getnnz(axis=1), 1)[:, None]
    more = share - tags.everyone[own]
    best = more.argmax(axis=1)
    return [
        (tags.names[own[place]][1], float(share[row, place]), float(tags.everyone[own[place]]))
        if more[row, place] > 0
        else None
        for row, place in enumerate(best)
    ]


def _values_of(data: Dataset, table: pd.DataFrame) -> set[tuple[str, str]]:
    """(column, value) of every grouping attribute of the one row."""
    found = set()
    for column in categorical_columns(data):
        cell = table[column].iloc[0] if column in table else None
        texts = cell_values(cell) if column in data.list_columns else [cell_text(cell)]
        found |= {(column, text) for text in texts if text}
    return found


def first_in_line(serving: Serving, table: pd.DataFrame, found: Audience, n: int = 20) -> pd.DataFrame:
    """The users who would see it first. Columns: `user_id`, `rank`, `of`, `choices`, `value`, `share`, `everyone`."""
    users = found.users[:n]
    known = serving.seen[users].getnnz(axis=1)
    why = favourites(serving, table, users)
    return pd.DataFrame(
        {
            USER: serving.data.users[USER].to_numpy()[users],
            "rank": found.ranks[:n],
            "of": found.rivals[:n],
            "choices": known,
            "value": [None if one is None else one[0] for one in why],
            "share": [np.nan if one is None else one[1] for one in why],
            "everyone": [np.nan if one is None else one[2] for one in why],
        }
    )


def neighbours(
    serving: Serving, table: pd.DataFrame, *, k: int = 5, itself: int | None = None
) -> tuple[pd.DataFrame, bool]:
    """The known items nearest to it by cosine, columns as in `lists.as_table`, and whether the model's vectors said so.

    Where the model has no vectors of items their attributes are compared, and items with nothing in common are left
    out. Items that nobody chose are no neighbours.
    """
    own = model_vectors(serving.scorer, table)
    if own is None:
        encoder = AttributeEncoder.fit(serving.data.items, serving.data.list_columns)
        cosines = unit_rows(encoder.transform(serving.data.items)) @ unit_rows(encoder.transform(table)).T
        near = np.asarray(cosines.toarray()).ravel()
    else:
        lengths = np.linalg.norm(own[0], axis=1) * np.linalg.norm(own[1][0])
        near = (own[0] @ own[1][0]) / np.where(lengths > 0, lengths, 1.0)
    possible = serving.seen.getnnz(axis=0) > 0
    if own is None:
        possible &= near > 0
    if itself is not None:
        possible[itself] = False
    rows = np.argsort(np.where(possible, -near, np.inf), kind="stable")[: min(k, int(possible.sum()))]
    return as_table(serving.data, TopK(rows[None, :], near[rows][None, :])), own is not None


def model_vectors(scorer: Scorer, table: pd.DataFrame) -> tuple[FloatArray, FloatArray] | None:
    """The model's own vectors of the catalogue (n_items, d) and of the new items (n, d); None where it has none."""
    if isinstance(scorer, TwoTowerScorer):
        new, _bias = scorer.towers.items_of(scorer.item_encoder.transform(table), known=False)
        return scorer.items, new
    if isinstance(scorer, MfScorer) and scorer.can.new_items:
        encoded = scorer.item_encoder.transform(table).toarray()
        return scorer.items[0], np.asarray(encoded @ scorer.parts.item_attributes[:, :-1])
    return None


def truth(serving: Serving, item: int, found: Audience) -> Truth:
    """How the audience of a held-out item compares with who really took it."""
    taken: csr_matrix = serving.held_out[:, [item]].tocsc()
    took = np.isin(found.users, taken.indices)
    n, n_took = len(took), int(took.sum())
    places = np.arange(1, n + 1)
    auc = float("nan")
    if 0 < n_took < n:  # the sum of the places of those who took it, counted from behind (Mann & Whitney)
        behind = (n + 1 - places)[took].sum()
        auc = float((behind - n_took * (n_took + 1) / 2) / (n_took * (n - n_took)))
    return Truth(n_took, int(took[:n_took].sum()), n_took * n_took / max(n, 1), auc)


def held_out_choices(serving: Serving) -> pd.DataFrame:
    """The held-out items, the most taken first. Columns: `item`, `item_id`, `title`, `takers`."""
    rows = serving.split.cold_items
    takers = serving.held_out.getnnz(axis=0)[rows]
    order = np.argsort(-takers, kind="stable")
    details = serving.data.items[[ITEM, TITLE]].iloc[rows[order]].reset_index(drop=True)
    return details.assign(**{ITEM_ROW: rows[order], "takers": takers[order]})
