"""One pass over a scorer: candidates, per-user values, figures and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core.columns import VALUE, Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_vectors
from recsys_core.data.splits import Split
from recsys_core.evaluation import beyond, rating
from recsys_core.evaluation.intervals import percentile_interval, user_draws
from recsys_core.evaluation.metrics import RANKING_METRICS, Hits, hits_of
from recsys_core.evaluation.ranking import TopK, rank_users
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray

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
    """Judges a scorer on the test rows: the whole catalogue ranked, train and valid items left out."""
    data = split.dataset
    seen, relevant = split.matrix(split.fit_rows), split.matrix(split.test)
    everybody = np.arange(data.n_users)
    lists = rank_users(
        scorer.score_catalogue,
        everybody,
        max(N_CANDIDATES, k),
        seen=seen,
        seed=split.spec.seed,
        report=report,
    )
    judged = np.flatnonzero(np.diff(relevant.indptr) > 0)
    table, metrics, ci = _ranking(lists, judged, relevant, seen, data, split, k)
    if scorer.can.ratings:
        figures, intervals, sums = _rating(scorer, split, judged)
        metrics.update(figures)
        ci.update(intervals)
        table["n"], table["squared_error"] = sums["n"], sums["squared"]
    return Evaluation(metrics, ci, table, candidate_table(lists), len(judged), data.liked_threshold)


def candidate_table(lists: TopK) -> pd.DataFrame:
    """Ranked lists as rows: `user`, `item`, `score`, `rank`."""
    owner, place = np.nonzero(lists.items >= 0)
    return pd.DataFrame(
        {
            "user": owner.astype(np.int32),
            "item": lists.items[owner, place].astype(np.int32),
            "score": lists.scores[owner, place].astype(np.float32),
            "rank": (place + 1).astype(np.int16),
        }
    )


def _ranking(
    lists: TopK, judged: IntArray, relevant: csr_matrix, seen: csr_matrix, data: Dataset, split: Split, k: int
) -> tuple[pd.DataFrame, dict[str, float], dict[str, list[float]]]:
    shown = lists.items[judged, :k]
    hits = hits_of(lists.items[judged], relevant[judged])
    values = {f"{name}@{k}": metric(hits, k) for name, metric in RANKING_METRICS.items()}
    values |= _liked(lists, judged, split, k)
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


def _liked(lists: TopK, judged: IntArray, split: Split, k: int) -> dict[str, FloatArray]:
    """Ranking metrics that count only liked test items as relevant; NaN for users who liked none."""
    data = split.dataset
    low, high = data.value_range
    if low == high or data.kind is not Kind.RATING:
        return {}
    liked_rows = split.test[data.interactions[VALUE].to_numpy()[split.test] >= data.liked_threshold]
    liked = split.matrix(liked_rows)[judged]
    some = np.diff(liked.indptr) > 0
    hits = hits_of(lists.items[judged][some], liked[some])
    values = {}
    for name in ("ndcg", "recall", "hr"):
        column = np.full(len(judged), np.nan)
        column[some] = RANKING_METRICS[name](Hits(hits.relevant, hits.n_relevant), k)
        values[f"{name}_liked@{k}"] = column
    return values


def _system(
    shown: IntArray, n_items: int, draws: FloatArray, k: int
) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Figures of all lists together, computed anew in each draw of users."""

    def figures(weights: FloatArray | None) -> list[float]:
        counts = beyond.exposure(shown, n_items, weights)
        n_lists = float(len(shown) if weights is None else weights.sum())
        return [
            beyond.coverage(counts),
            beyond.gini(counts),
            beyond.personalisation(counts, n_lists, k),
            beyond.top_item_share(counts, n_lists),
        ]

    names = [f"{name}@{k}" for name in beyond.SYSTEM_METRICS]
    drawn = np.array([figures(weights) for weights in draws])
    measured = np.array(figures(None))
    # A draw with replacement holds fewer distinct users and so covers less: the draws tell the spread only.
    drawn = np.clip(drawn + measured - drawn.mean(axis=0), 0.0, 1.0)
    ci = {name: [*percentile_interval(drawn[:, place])] for place, name in enumerate(names)}
    return dict(zip(names, measured.tolist(), strict=True)), ci


def _rating(
    scorer: Scorer, split: Split, judged: IntArray
) -> tuple[dict[str, float], dict[str, list[float]], dict[str, FloatArray]]:
    users, items, truth = split.triples(split.test)
    predicted = scorer.score(users, items)
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
