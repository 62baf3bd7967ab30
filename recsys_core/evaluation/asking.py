"""Asks a scorer for the catalogue as a split allows: known users by their row, held-out users by what they revealed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys_core.columns import USER_ROW
from recsys_core.data.splits import Split
from recsys_core.ranking.top_k import blocks_of
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray

Ask = Callable[[IntArray], FloatArray]


def asking(scorer: Scorer, split: Split) -> Ask:
    """A function from user rows (n,) to scores of the catalogue (n, n_items).

    Under `cold-user` and `cold-user-first` the users of test are folded in: what they revealed, oldest first, with
    its values, and their attributes. Everybody else, and everybody under other protocols, is known by their row, and so
    is everybody for scores that were made elsewhere.
    Asking may raise NotSupported: a model that knows users by their id alone cannot serve those held out.
    """
    if not split.cold_users or scorer.can.fixed:
        return scorer.score_catalogue
    known = split.ordered(split.revealed)
    events = split.dataset.interactions[USER_ROW].to_numpy()
    stranger = np.zeros(split.dataset.n_users, dtype=bool)
    stranger[events[split.test]] = stranger[events[split.revealed]] = True

    def ask(users: IntArray) -> FloatArray:
        users = np.asarray(users)
        new = stranger[users]
        histories = [known.of(user) for user in users[new]]
        values = [known.values[known.indptr[user] : known.indptr[user + 1]] for user in users[new]]
        attributes = split.dataset.users.iloc[users[new]].reset_index(drop=True)
        if new.all():
            return scorer.fold_in(histories, values, attributes)
        scores = np.array(scorer.score_catalogue(users), dtype=np.float64)
        if new.any():
            scores[new] = scorer.fold_in(histories, values, attributes)
        return scores

    return ask


def pair_scores(scorer: Scorer, split: Split, users: IntArray, items: IntArray) -> FloatArray:
    """One predicted value a pair, before any re-ranking, clipped to the range of the values: (n,), (n,) -> (n,)."""
    if not split.cold_users or scorer.can.fixed:
        return scorer.score(users, items)
    ask, scores = asking(scorer.explained_by, split), np.empty(len(users), dtype=np.float64)
    distinct, place = np.unique(users, return_inverse=True)
    done = 0
    for block in blocks_of(distinct, split.dataset.n_items):
        here = np.flatnonzero((place >= done) & (place < done + len(block)))
        scores[here] = ask(block)[place[here] - done, items[here]]
        done += len(block)
    return np.clip(scores, *split.dataset.value_range)
