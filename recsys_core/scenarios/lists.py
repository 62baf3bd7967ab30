"""One person's list from one run: candidates, the diversity dial, reasons, and what changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, TIME, TITLE, USER_ROW, VALUE, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.ordered import Ordered
from recsys_core.data.splits import Split
from recsys_core.evaluation.asking import Ask, asking
from recsys_core.evaluation.beyond import intra_list_diversity
from recsys_core.ranking.likeness import USUAL
from recsys_core.ranking.rerank import AS_RANKED, POOL, Setting
from recsys_core.ranking.top_k import TopK, check_k, top_k
from recsys_core.runs import Run
from recsys_core.scenarios.explain import N_CARRIERS, Tags, falls, tags_of
from recsys_core.scenarios.filters import Newness, newness_of
from recsys_core.scenarios.people import People, people_of
from recsys_core.scenarios.reranking import Studio
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray


@dataclass(frozen=True)
class Serving:
    """A finished run, opened once: everything that a list is made of. Read only."""

    run_id: str
    data: Dataset
    split: Split
    scorer: Scorer
    stored: Path | None = None
    """Where the run's candidates were kept when it was judged."""

    @classmethod
    def open(cls, run: Run, data: Dataset | None = None) -> Serving:
        """Opens a run's data, split and model; raises RecsysError where one is missing."""
        data = data or run.dataset()
        return cls(run.id, data, run.split(data), run.scorer(), run.folder / "candidates.parquet")

    @cached_property
    def explaining(self) -> Serving:
        """The same run by the scores that carry its reasons: before re-ranking, where its lists are re-ranked."""
        before = self.scorer.explained_by
        return self if before is self.scorer else replace(self, scorer=before)

    @cached_property
    def ask(self) -> Ask:
        """User rows (n,) -> scores of the catalogue; users that the split holds out are folded in."""
        return asking(self.scorer, self.split)

    @cached_property
    def seen(self) -> csr_matrix:
        """What is known of each user: training and validation, and what held-out users revealed."""
        return self.split.matrix(self.split.known_rows)

    @cached_property
    def chosen_by(self) -> csr_matrix:
        """The same with items as rows: who chose each, (n_items, n_users)."""
        return self.seen.T.tocsr()

    @cached_property
    def _ordered(self) -> Ordered:
        return self.split.ordered(self.split.known_rows)

    def history(self, user: int) -> IntArray:
        """The item rows that are known of a user, oldest first."""
        return self._ordered.of(user)

    def values(self, user: int) -> FloatArray:
        """The values given to the items of `history`, in its order."""
        ordered = self._ordered
        return np.asarray(ordered.values[ordered.indptr[user] : ordered.indptr[user + 1]], dtype=np.float64)

    def attributes(self, user: int) -> pd.DataFrame | None:
        """What is known of a user besides, one row; None where the model reads none."""
        if not self.scorer.can.attributes or not self.data.user_attributes:
            return None
        return self.data.users.iloc[[user]].reset_index(drop=True)

    @cached_property
    def _events(self) -> tuple[IntArray, IntArray]:
        """All interactions by user, in the order of the file: positions, and where each user's begin."""
        users = self.data.interactions[USER_ROW].to_numpy()
        counts = np.bincount(users, minlength=self.data.n_users)
        return np.argsort(users, kind="stable"), np.concatenate([[0], np.cumsum(counts)])

    def events_of(self, user: int) -> IntArray:
        """Positions of a user's interactions, held-out ones too, in the order of the file."""
        positions, start = self._events
        return positions[start[user] : start[user + 1]]

    @cached_property
    def popularity(self) -> FloatArray:
        """How many users chose each item in training and validation."""
        return np.asarray(self.seen.sum(axis=0), dtype=np.float64).ravel()

    @cached_property
    def people(self) -> People:
        """How active everybody is, and how popular what they chose."""
        return people_of(self.seen)

    @cached_property
    def newness(self) -> Newness | None:
        """When each item came, where the data tell."""
        return newness_of(self)

    @cached_property
    def held_out(self) -> csr_matrix:
        """What each user chose in test."""
        return self.split.matrix(self.split.test)

    @cached_property
    def studio(self) -> Studio:
        """Distances, kinds and candidates, for re-ranking."""
        return Studio(self, self.stored)

    @property
    def likeness(self) -> tuple[FloatArray, str]:
        """Items' unit vectors by the usual distance, and the attribute they are made of."""
        return self.studio.vectors(USUAL), self.studio.usual[1]

    @cached_property
    def tags(self) -> Tags:
        """Items' attribute values, and how common each is."""
        return tags_of(self.data, self.seen)


def user_list(
    serving: Serving,
    user: int,
    *,
    k: int = 10,
    rerank: Setting = AS_RANKED,
    allowed: np.ndarray | None = None,
    again: bool = False,
) -> pd.DataFrame:
    """The list of a known user: see `as_table` for its columns; a column `hit` marks held-out items.

    Args:
        allowed: which items may be listed, shape (n_items,); all by default.
        again: what the user already chose in training may be listed too.
    """
    scores = serving.ask(np.array([user]))
    seen = None if again else serving.seen[[user]]
    table = make_list(serving, scores, seen, k=k, rerank=rerank, allowed=allowed)
    return with_hits(serving, user, table)


def with_hits(serving: Serving, user: int, table: pd.DataFrame) -> pd.DataFrame:
    """The list with a column `hit`: whether the user chose the item in test."""
    return table.assign(hit=table[ITEM_ROW].isin(serving.held_out[[user]].indices))


def history_list(
    serving: Serving,
    history: IntArray,
    *,
    values: FloatArray | None = None,
    k: int = 10,
    rerank: Setting = AS_RANKED,
    allowed: np.ndarray | None = None,
) -> pd.DataFrame:
    """The list of somebody known only by a history of item rows; raises NotSupported for id-only models."""
    history = np.asarray(history, dtype=np.int64)
    scores = serving.scorer.fold_in([history], None if values is None else [values])
    seen = histories_to_csr([history], serving.data.n_items)
    return make_list(serving, scores, seen, k=k, rerank=rerank, allowed=allowed)


def picks_lists(
    serving: Serving, picks: IntArray, *, k: int = 10, attributes: pd.DataFrame | None = None
) -> list[pd.DataFrame]:
    """The lists after 0, 1, ... all picks, each with a column `change` against the one before; a pick is loved.

    Args:
        attributes: one row of what is known of the person besides, columns as in the users' table.
    """
    prefixes = [np.asarray(picks[:n], dtype=np.int64) for n in range(len(picks) + 1)]
    rows = None if attributes is None else pd.concat([attributes] * len(prefixes), ignore_index=True)
    values = [loved(serving.data, len(one)) for one in prefixes]
    scores = serving.scorer.fold_in(prefixes, values, rows)
    seen = histories_to_csr(prefixes, serving.data.n_items)
    tables: list[pd.DataFrame] = []
    for place in range(len(prefixes)):
        table = make_list(serving, scores[[place]], seen[[place]], k=k)
        tables.append(
            table.assign(change=pd.array(changes(tables[-1] if tables else None, table), dtype="Int64"))
        )
    return tables


def loved(data: Dataset, n: int) -> FloatArray:
    """The value of picks that somebody loves, (n,): the highest of a rating scale, else 1."""
    return np.full(n, data.value_range[1] if data.kind is Kind.RATING else 1.0)


def changes(before: pd.DataFrame | None, after: pd.DataFrame) -> list[int | None]:
    """How far each item of the new list moved up (negative: down); None when it is new."""
    if before is None:
        return [0] * len(after)
    old = dict(zip(before[ITEM_ROW], before["rank"], strict=True))
    return [
        old[item] - rank if item in old else None
        for item, rank in zip(after[ITEM_ROW], after["rank"], strict=True)
    ]


def history_of(serving: Serving, user: int) -> pd.DataFrame:
    """What a user chose, newest first (as in the file without time): item columns, `value`, `part`."""
    events = serving.data.interactions
    rows = serving.events_of(user)
    place = np.searchsorted(serving.split.test, rows)  # test positions are sorted
    held_out = serving.split.test[np.minimum(place, len(serving.split.test) - 1)] == rows
    part = np.where(held_out, "test", "train")
    chosen = events.iloc[rows].assign(part=part)
    if TIME in chosen:
        chosen = chosen.sort_values(TIME, ascending=False, kind="stable")
    columns = [column for column in (VALUE, TIME, "part") if column in chosen]
    own = chosen[[ITEM_ROW, *columns]].reset_index(drop=True)
    details = serving.data.items.iloc[chosen[ITEM_ROW]].reset_index(drop=True)
    return pd.concat([details.drop(columns=own.columns, errors="ignore"), own], axis=1)


def diversity_of(serving: Serving, table: pd.DataFrame) -> float:
    """Mean distance between two items of a list, 0 all alike to 1 nothing in common."""
    vectors, _name = serving.likeness
    return float(intra_list_diversity(table[ITEM_ROW].to_numpy()[None, :], vectors)[0])


def reasons(
    serving: Serving,
    history: IntArray,
    items: IntArray,
    *,
    values: FloatArray | None = None,
    attributes: pd.DataFrame | None = None,
) -> list[list[int]]:
    """For each item, the rows of the history that carry it most: its score falls most when they are left out.

    Leave-one-out in one batch, for any model that folds in; an empty list where nothing carries the item.
    """
    history, items = np.asarray(history, dtype=np.int64), np.asarray(items, dtype=np.int64)
    if not serving.scorer.can.new_users:
        return [[] for _item in items]
    places, drop = falls(serving, history, items, values=values, attributes=attributes)
    best = np.argsort(-drop, axis=0, kind="stable")[:N_CARRIERS]
    return [
        [int(history[places[row]]) for row in best[:, place] if drop[row, place] > 0]
        for place in range(len(items))
    ]


def make_list(
    serving: Serving,
    scores: FloatArray,
    seen: csr_matrix | None,
    *,
    k: int,
    rerank: Setting = AS_RANKED,
    allowed: np.ndarray | None = None,
) -> pd.DataFrame:
    """The list that scores (1, n_items) make: what is in `seen` (1, n_items) and what is not allowed stay out."""
    check_k(k, serving.data.n_items)
    if allowed is not None:
        scores = np.where(allowed[None, :], scores, -np.inf)
    pool = top_k(scores, pool_width(serving, k, rerank), seen=seen, seed=serving.split.spec.seed)
    return as_table(serving.data, reranked(serving, pool, seen, rerank, k))


def pool_width(serving: Serving, k: int, rerank: Setting) -> int:
    """How many candidates a list of k is picked from."""
    return min(max(POOL, k), serving.data.n_items) if rerank.strength else k


def reranked(serving: Serving, pool: TopK, seen: csr_matrix | None, rerank: Setting, k: int) -> TopK:
    """The lists of k among candidates (n, p); `seen` (n, n_items) tells each person's taste, None: nothing is known."""
    if not rerank.strength:
        return TopK(pool.items[:, :k], pool.scores[:, :k])
    studio = serving.studio
    known = csr_matrix((len(pool.items), serving.data.n_items)) if seen is None else seen
    return studio.ready(rerank, k).lists(pool, studio.taste(known), k)


def as_table(data: Dataset, lists: TopK) -> pd.DataFrame:
    """One list as rows: `item` (row number), `item_id`, `title`, attributes, `score`, `rank` from 1."""
    rows = lists.items[0][lists.items[0] >= 0]
    table = data.items.iloc[rows].reset_index(drop=True)
    front = {ITEM_ROW: rows, "score": lists.scores[0][: len(rows)], "rank": np.arange(1, len(rows) + 1)}
    # an attribute of the data may be called 'rank' or 'score': the list's own column wins
    attributes = [column for column in table if column not in (ITEM, TITLE, *front)]
    return pd.concat([pd.DataFrame(front), table[[ITEM, TITLE, *attributes]]], axis=1)
