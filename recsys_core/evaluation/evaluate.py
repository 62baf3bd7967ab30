"""One pass over a scorer: candidates, per-user values, figures and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import VALUE, Kind
from recsys_core.data.features import attribute_vectors
from recsys_core.data.splits import Split
from recsys_core.evaluation import beyond
from recsys_core.evaluation.asking import Ask, asking
from recsys_core.evaluation.by_k import MOST_K, curve_table
from recsys_core.evaluation.intervals import BOOTSTRAP_SEED, percentile_interval, user_draws
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of
from recsys_core.evaluation.predicted import predictions_of, rating_draws
from recsys_core.ranking.top_k import TopK, rank_users
from recsys_core.serving.base import Scorer
from recsys_core.types import BoolArray, FloatArray, IntArray

N_CANDIDATES = 200
DRAW_BLOCKS = 25


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
        by_k: the means of the ranking metrics at every k, as `by_k.curve_table`.
        draws: every figure that is no mean over users (coverage, RMSE, AUC), anew in each draw of users: a column a
            figure. The draws are the same for all runs judged on the same rows: a difference of columns is paired.
        predictions: one row a judged test row: `user`, `item`, `truth`, `predicted`; None where ratings are not predicted.
    """

    metrics: dict[str, float]
    ci: dict[str, list[float]]
    per_user: pd.DataFrame
    candidates: pd.DataFrame
    n_judged: int
    liked_from: float
    by_k: pd.DataFrame = field(default_factory=pd.DataFrame)
    draws: pd.DataFrame = field(default_factory=pd.DataFrame)
    predictions: pd.DataFrame | None = None


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
    draws = user_draws(len(judged), BOOTSTRAP_SEED)
    found = _ranking(shown, judged, wanted, seen, split, k, values, draws)
    if scorer.can.ratings:
        found = _with_ratings(found, scorer, split, judged, draws)
    return replace(found, candidates=candidate_table(lists, users))


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
    there = lists.items >= 0
    ranks = np.broadcast_to(np.arange(1, lists.items.shape[1] + 1, dtype=np.int16), there.shape)
    return pd.DataFrame(
        {
            "user": np.repeat(users.astype(np.int32), there.sum(axis=1)),
            "item": lists.items[there].astype(np.int32),
            "score": lists.scores[there].astype(np.float32),
            "rank": ranks[there],
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
    draws: FloatArray,
) -> Evaluation:
    """Everything about the judged users' lists, still without candidates; `more` holds values made elsewhere."""
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
    metrics, ci = _means(values, draws)
    system, drawn_system = system_figures(shown, data.n_items, draws, k)
    intervals = {name: [*percentile_interval(column)] for name, column in drawn_system.items()}
    return Evaluation(
        metrics=metrics | system,
        ci=ci | intervals,
        per_user=pd.DataFrame({"user": judged.astype(np.int32), **values}),
        candidates=pd.DataFrame(),
        n_judged=len(judged),
        liked_from=data.liked_threshold,
        by_k=curve_table(hits, min(MOST_K, data.n_items), draws),
        draws=pd.DataFrame(drawn_system),
    )


def _means(
    values: dict[str, FloatArray], draws: FloatArray
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Means and intervals of per-user values, users with NaN left out; both 0 where nobody has a value."""
    metrics, ci = {}, {}
    columns = np.stack(list(values.values()), axis=1)
    present = np.isfinite(columns)
    sums, drawn = draws @ np.where(present, columns, 0.0), np.full((len(draws), len(values)), np.nan)
    everywhere = present.all(axis=0)
    weights = np.repeat(draws.sum(axis=1, keepdims=True), len(values), axis=1)
    weights[:, ~everywhere] = draws @ present[:, ~everywhere]
    np.divide(sums, weights, out=drawn, where=weights > 0)
    for place, name in enumerate(values):
        there = present[:, place]
        metrics[name] = float(columns[there, place].mean()) if there.any() else 0.0
        ci[name] = [*percentile_interval(drawn[:, place])] if there.any() else [0.0, 0.0]
    return metrics, ci


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


def system_figures(
    shown: IntArray, n_items: int, draws: FloatArray, k: int
) -> tuple[dict[str, float], dict[str, FloatArray]]:
    """Figures of all lists together, and the same in each draw of users: name -> value, name -> (n_draws,).

    Args:
        shown: items of each list, (n, k), -1 for none; draws: how often each user is drawn, (n_draws, n).
    """
    names = [f"{name}@{k}" for name in beyond.SYSTEM_METRICS]
    lists, n_lists = beyond.lists_matrix(shown, n_items), np.array([len(shown)], np.float64)
    measured = beyond.of_exposure(np.asarray(lists.sum(axis=0)).reshape(1, -1), n_lists, k)[0]
    drawn = np.concatenate(
        [
            beyond.of_exposure(beyond.drawn_exposure(lists, n_items, part), part.sum(axis=1), k)
            for part in np.array_split(draws, DRAW_BLOCKS)
        ]
    )
    return dict(zip(names, measured.tolist(), strict=True)), {
        name: beyond.recentred(drawn[:, place], measured[place]) for place, name in enumerate(names)
    }


def _with_ratings(
    found: Evaluation, scorer: Scorer, split: Split, judged: IntArray, draws: FloatArray
) -> Evaluation:
    """The evaluation with everything about predicted ratings in it too."""
    table = predictions_of(scorer, split, judged)
    sums, figures, drawn = rating_draws(table, judged, split.dataset.liked_threshold, draws)
    errors = {"n": sums["n"], "squared_error": sums["squared"], "absolute_error": sums["absolute"]}
    return replace(
        found,
        metrics=found.metrics | figures,
        ci=found.ci | {name: [*percentile_interval(column)] for name, column in drawn.items()},
        per_user=found.per_user.assign(**errors),
        draws=found.draws.assign(**drawn),
        predictions=table,
    )
