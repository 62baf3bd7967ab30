"""One person's list from one run: candidates, the diversity dial, reasons, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import ITEM, ITEM_ROW, TIME, TITLE, USER_ROW, VALUE
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Ordered, Split
from recsys_core.evaluation.asking import asking
from recsys_core.evaluation.beyond import intra_list_diversity
from recsys_core.evaluation.ranking import TopK, check_k, top_k
from recsys_core.runs import Run
from recsys_core.scenarios.explain import N_CARRIERS, Tags, falls, tags_of
from recsys_core.scenarios.rerank import item_vectors, mmr
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.types import FloatArray, IntArray

POOL = 200


@dataclass(frozen=True)
class Serving:
    """A finished run, opened once: everything that a list is made of. Read only."""

    run_id: str
    data: Dataset
    split: Split
    scorer: Scorer

    @classmethod
    def open(cls, run: Run, data: Dataset | None = None) -> Serving:
        """Opens a run's data, split and model; raises RecsysError where one is missing."""
        data = data or run.dataset()
        return cls(run.id, data, run.split(data), run.scorer())

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

    @cached_property
    def held_out(self) -> csr_matrix:
        """What each user chose in test."""
        return self.split.matrix(self.split.test)

    @cached_property
    def likeness(self) -> tuple[FloatArray, str]:
        """Items' unit vectors, and the attribute they are made of."""
        return item_vectors(self.data, self.seen)

    @cached_property
    def tags(self) -> Tags:
        """Items' attribute values, and how common each is."""
        return tags_of(self.data, self.seen)


def user_list(
    serving: Serving, user: int, *, k: int = 10, strength: float = 0.0, allowed: np.ndarray | None = None
) -> pd.DataFrame:
    """The list of a known user: see `as_table` for its columns; a column `hit` marks held-out items."""
    scores = asking(serving.scorer, serving.split)(np.array([user]))
    table = _list(serving, scores, serving.seen[[user]], k, strength, allowed)
    hits = serving.held_out[[user]].indices
    return table.assign(hit=table[ITEM_ROW].isin(hits))


def history_list(
    serving: Serving,
    history: IntArray,
    *,
    values: FloatArray | None = None,
    k: int = 10,
    strength: float = 0.0,
    allowed: np.ndarray | None = None,
) -> pd.DataFrame:
    """The list of somebody known only by a history of item rows; raises NotSupported for id-only models."""
    history = np.asarray(history, dtype=np.int64)
    scores = serving.scorer.fold_in([history], None if values is None else [values])
    seen = histories_to_csr([history], serving.data.n_items)
    return _list(serving, scores, seen, k, strength, allowed)


def picks_lists(serving: Serving, picks: IntArray, *, k: int = 10) -> list[pd.DataFrame]:
    """The lists after 0, 1, ... all picks, each with a column `change` against the one before."""
    prefixes = [np.asarray(picks[:n], dtype=np.int64) for n in range(len(picks) + 1)]
    scores = serving.scorer.fold_in(prefixes)
    seen = histories_to_csr(prefixes, serving.data.n_items)
    tables: list[pd.DataFrame] = []
    for place in range(len(prefixes)):
        table = _list(serving, scores[[place]], seen[[place]], k, 0.0, None)
        tables.append(
            table.assign(change=pd.array(changes(tables[-1] if tables else None, table), dtype="Int64"))
        )
    return tables


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
    rows = np.flatnonzero(events[USER_ROW].to_numpy() == user)
    part = np.where(np.isin(rows, serving.split.test), "test", "train")
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


def reasons(serving: Serving, history: IntArray, items: IntArray) -> list[list[int]]:
    """For each item, the rows of the history that carry it most: its score falls most when they are left out.

    Leave-one-out in one batch, for any model that folds in; an empty list where nothing carries the item.
    """
    history, items = np.asarray(history, dtype=np.int64), np.asarray(items, dtype=np.int64)
    if not serving.scorer.can.new_users:
        return [[] for _item in items]
    places, drop = falls(serving, history, items)
    best = np.argsort(-drop, axis=0, kind="stable")[:N_CARRIERS]
    return [
        [int(history[places[row]]) for row in best[:, place] if drop[row, place] > 0]
        for place in range(len(items))
    ]


def _list(
    serving: Serving,
    scores: FloatArray,
    seen: csr_matrix,
    k: int,
    strength: float,
    allowed: np.ndarray | None,
) -> pd.DataFrame:
    check_k(k, serving.data.n_items)
    if allowed is not None:
        scores = np.where(allowed[None, :], scores, -np.inf)
    pool = top_k(scores, max(POOL, k), seen=seen, seed=serving.split.spec.seed)
    chosen = (
        mmr(pool, serving.likeness[0], strength=strength, k=k)
        if strength
        else TopK(pool.items[:, :k], pool.scores[:, :k])
    )
    return as_table(serving.data, chosen)


def as_table(data: Dataset, lists: TopK) -> pd.DataFrame:
    """One list as rows: `item` (row number), `item_id`, `title`, attributes, `score`, `rank` from 1."""
    rows = lists.items[0][lists.items[0] >= 0]
    table = data.items.iloc[rows].reset_index(drop=True)
    front = {ITEM_ROW: rows, "score": lists.scores[0][: len(rows)], "rank": np.arange(1, len(rows) + 1)}
    # an attribute of the data may be called 'rank' or 'score': the list's own column wins
    attributes = [column for column in table if column not in (ITEM, TITLE, *front)]
    return pd.concat([pd.DataFrame(front), table[[ITEM, TITLE, *attributes]]], axis=1)
