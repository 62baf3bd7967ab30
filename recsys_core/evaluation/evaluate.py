"""One pass over a scorer: candidates, per-user values, figures and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import VALUE, Kind
from recsys_core.data.features import attribute_vectors
from recsys_core.data.splits import Split
from recsys_core.evaluation import beyond, rating
from recsys_core.evaluation.asking import Ask, asking, pair_scores
from recsys_core.evaluation.intervals import percentile_interval, user_draws
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.ranking.top_k import TopK, rank_users
from recsys_core.serving.base import Scorer
from recsys_core.types import BoolArray, FloatArray, IntArray

N_CANDIDATES = 200
BOOTSTRAP_SEED = 20_090_612


@dataclass(frozen=True)
class Evaluation:
    """What was measured on test.

    Attributes:
        metrics: name -> mean or figure, e.g. `ndcg@10`, `rmse`, `coverage@10`.
        ci: name -> 95 % interval over users.
        per_user: one row a judged user: `user`, then every per-user value.
        candidates: top items of every user: `user`, `item`, `score`, `rank` (1 is best).
        n_judged: users in the means: those with a relevant test item.
        liked_from: values at or above count as liked.
    """

    metrics: dict[str, float]
    ci: dict[str, list[float]]
    per_user: pd.DataFrame
    candidates: pd.DataFrame
    n_judged: int
    liked_from: float


def evaluate(
    scorer: Scorer, split: Split, *, k: int = 10, report: Callable[[float], None] | None = None
) -> Evaluation:
    """Judges a scorer on the test rows: the whole catalogue ranked, what is known of a user left out.

    Users held out whole are folded in by what they revealed, and only they are ranked. Of items held out whole only
    they are ranked, against each other; beside stand `ndcg_warm@k` and `recall_warm@k`: the other test rows of the
    same users, in the whole catalogue.

    Raises:
        NotSupported: the split holds users out whole, and the model knows users by their id alone.
    """
    data = split.dataset
    seen, relevant = split.matrix(split.known_rows), split.matrix(split.test)
    ask = asking(scorer, split)
    users = np.flatnonzero(np.diff(relevant.indptr)) if split.cold_users else np.arange(data.n_users)
    ranked = partial(rank_users, users=users, k=max(N_CANDIDATES, k), seen=seen, seed=split.spec.seed)
    if len(split.cold_items):
        cold = np.isin(np.arange(data.n_items), split.cold_items)
        lists = ranked(_only(ask, cold), report=report)
        wanted, warm = _columns(relevant, cold), _columns(relevant, ~cold)
    else:
        lists, wanted, warm = ranked(ask, report=report), relevant, None
    judged = users[np.diff(wanted.indptr)[users] > 0]
    values = {}
    if warm is not None:
        values = _warm(ranked(ask, users=judged, k=k), judged, warm, k)
    shown = TopK(*(part[np.searchsorted(users, judged)] for part in (lists.items, lists.scores)))
    table, metrics, ci = _ranking(shown, judged, wanted, seen, split, k, values)
    if scorer.can.ratings:
        figures, intervals, sums = _rating(scorer, split, judged)
        metrics.update(figures)
        ci.update(intervals)
        table["n"], table["squared_error"] = sums["n"], sums["squared"]
    return Evaluation(metrics, ci, table, candidate_table(lists, users), len(judged), data.liked_threshold)


def _only(ask: Ask, items: BoolArray) -> Ask:
    """The same scores, with every other item out of the running."""
    return lambda users: np.where(items[None, :], ask(users), -np.inf)


def _columns(matrix: csr_matrix, items: BoolArray) -> csr_matrix:
    """The matrix with nothing stored for the other items."""
    kept = csr_matrix(matrix.multiply(items[None, :].astype(np.float32)))
    kept.eliminate_zeros()
    return kept


def _warm(lists: TopK, judged: IntArray, relevant: csr_matrix, k: int) -> dict[str, FloatArray]:
    """Figures of the items that were learned from, in the whole catalogue; NaN for users without one in test."""
    return {
        f"{name}_warm@{k}": column
        for name, column in _where_some(lists, relevant[judged], k, ("ndcg", "recall")).items()
    }


def _where_some(lists: TopK, relevant: csr_matrix, k: int, names: tuple[str, ...]) -> dict[str, FloatArray]:
    """Ranking metrics of the users with something relevant, NaN for the others; one row a user in both."""
    some = np.diff(relevant.indptr) > 0
    hits = hits_of(lists.items[some], relevant[some])
    values = {}
    for name in names:
        column = np.full(len(some), np.nan)
        column[some] = RANKING_METRICS[name](hits, k)
        values[name] = column
    return values


def candidate_table(lists: TopK, users: IntArray) -> pd.DataFrame:
    """Ranked lists of these user rows, one a row: `user`, `item`, `score`, `rank`."""
    owner, place = np.nonzero(lists.items >= 0)
    return pd.DataFrame(
        {
            "user": users[owner].astype(np.int32),
            "item": lists.items[owner, place].astype(np.int32),
            "score": lists.scores[owner, place].astype(np.float32),
            "rank": (place + 1).astype(np.int16),
        }
    )


def _ranking(
    lists: TopK,
    judged: IntArray,
    relevant: csr_matrix,
    seen: csr_matrix,
    split: Split,
    k: int,
    more: dict[str, FloatArray],
) -> tuple[pd.DataFrame, dict[str, float], dict[str, list[float]]]:
    """Per-user values, means and intervals of the judged users' lists; `more` holds values made elsewhere."""
    shown, data = lists.items[:, :k], split.dataset
    hits = hits_of(lists.items, relevant[judged])
    values = {f"{name}@{k}": metric(hits, k) for name, metric in RANKING_METRICS.items()}
    values |= _liked(lists, judged, relevant, split, k) | more
    popularity = np.asarray(seen.sum(axis=0)).ravel()
    values[f"novelty@{k}"] = beyond.novelty(shown, popularity, data.n_users)
    values[f"mean_popularity@{k}"] = beyond.mean_popularity(shown, popularity)
    vectors, _names = attribute_vectors(data)
    if vectors is not None:
        values[f"intra_list_diversity@{k}"] = beyond.intra_list_diversity(shown, vectors)
    draws = user_draws(len(judged), BOOTSTRAP_SEED)
    metrics, ci = {}, {}
    for name, column in values.items():
        present = np.isfinite(column)
        weights = draws[:, present]
        metrics[name] = float(column[present].mean()) if present.any() else 0.0
        drawn = np.divide(
            weights @ column[present],
            weights.sum(axis=1),
            out=np.full(len(draws), np.nan),
            where=weights.sum(1) > 0,
        )
        ci[name] = [*percentile_interval(drawn)] if present.any() else [0.0, 0.0]
    system, system_ci = _system(shown, data.n_items, draws, k)
    table = pd.DataFrame({"user": judged.astype(np.int32), **values})
    return table, metrics | system, ci | system_ci


def _liked(
    lists: TopK, judged: IntArray, relevant: csr_matrix, split: Split, k: int
) -> dict[str, FloatArray]:
    """Ranking metrics that count only liked test items as relevant; NaN for users who liked none."""
    data = split.dataset
    low, high = data.value_range
    if low == high or data.kind is not Kind.RATING:
        return {}
    liked_rows = split.test[data.interactions[VALUE].to_numpy()[split.test] >= data.liked_threshold]
    liked = csr_matrix(split.matrix(liked_rows).multiply(relevant))[judged]
    found = _where_some(lists, liked, k, ("ndcg", "recall", "hr"))
    return {f"{name}_liked@{k}": column for name, column in found.items()}


def _system(
    shown: IntArray, n_items: int, draws: FloatArray, k: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of all lists together, computed anew in each draw of users."""

    def figures(counts: FloatArray, n_lists: float) -> list[float]:
        return [
            beyond.coverage(counts),
            beyond.gini(counts),
            beyond.personalisation(counts, n_lists, k),
            beyond.top_item_share(counts, n_lists),
        ]

    names = [f"{name}@{k}" for name in beyond.SYSTEM_METRICS]
    measured = figures(beyond.exposure(shown, n_items), float(len(shown)))
    drawn = np.array(
        [
            figures(counts, float(some.sum()))
            for part in np.array_split(draws, 25)
            for counts, some in zip(beyond.drawn_exposure(shown, n_items, part), part, strict=True)
        ]
    )
    ci = {
        name: [*percentile_interval(beyond.recentred(drawn[:, place], measured[place]))]
        for place, name in enumerate(names)
    }
    return dict(zip(names, measured, strict=True)), ci


def _rating(
    scorer: Scorer, split: Split, judged: IntArray
) -> tuple[dict[str, float], dict[str, list[float]], dict[str, FloatArray]]:
    users, items, truth = split.triples(split.test)
    mine = np.isin(users, judged)  # with items held out whole, not everybody in test is judged
    users, items, truth = users[mine], items[mine], truth[mine]
    predicted = pair_scores(scorer, split, users, items)
    liked_from = split.dataset.liked_threshold
    places = np.searchsorted(judged, users)
    sums = rating.per_user_sums(places, truth, predicted, liked_from)
    draws = user_draws(len(judged), BOOTSTRAP_SEED)
    figures = {name: float(value[0]) for name, value in rating.rating_figures(sums).items()}
    intervals = {
        name: [*percentile_interval(values)] for name, values in rating.rating_figures(sums, draws).items()
    }
    liked = truth >= liked_from
    auc = float(rating.weighted_auc(liked, predicted, np.ones((1, len(truth))))[0])
    if np.isfinite(auc):
        blocks = [
            rating.weighted_auc(liked, predicted, part[:, places]) for part in np.array_split(draws, 25)
        ]
        figures["auc"], intervals["auc"] = auc, [*percentile_interval(np.concatenate(blocks))]
    return figures, intervals, sums
