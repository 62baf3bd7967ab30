"""What nobody can beat on a split of a simulated world, except by luck: the figures of who knows its laws.

The formulas are those of recsys_core.evaluation, which stands above this layer; tests hold the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from recsys_core.columns import TIME, USER_ROW, VALUE, Kind
from recsys_core.data.simulator.world import World
from recsys_core.data.splits import Split
from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.types import FloatArray, IntArray

_CELLS_A_BLOCK = 4_000_000
_SMALLEST_P = 1e-15


@dataclass(frozen=True)
class Best:
    """The best reachable figures on the test rows of a split.

    They are what the known truth scores on these very rows: a model that learned everything would score the same.
    A model may come out better by luck alone, on rows this few; `per_user` is there for an interval or a paired
    test (evaluation.intervals).

    Attributes:
        figures: for ratings `rmse` and `mae` of the expected rating; for clicks `log_loss`, `brier` and `auc` of
            the true probability; for ratings and implicit data `ndcg@k` and `recall@k` of the ideal ranker.
        per_user: one row a user with a test row: `user`, `n` rows, and sums over the rows (`squared_error` and
            `absolute_error`, or `log_loss` and `brier`) or values (`ndcg@k`, `recall@k`).
    """

    figures: dict[str, float]
    per_user: pd.DataFrame

    def share_reached(self, name: str, value: float, *, floor: float) -> float:
        """How far a figure came on the way from a floor's to the best one: 0 at the floor, 1 at the optimum."""
        return (value - floor) / (self.figures[name] - floor)


def best_reachable(world: World, split: Split, *, k: int = 10) -> Best:
    """Judges the truth itself on the test rows of a split of the world's own data set.

    Raises:
        ParamError: the split is of other data, or `k` is outside the catalogue.
    """
    if split.dataset is not world.dataset and split.dataset.fingerprint != world.dataset.fingerprint:
        raise ParamError(
            what=_("the split is of other data than this world's"),
            where=_("simulator"),
            remedy=_("split the world's own data set"),
        )
    if not 1 <= k <= world.dataset.n_items:
        raise ParamError(
            what=_("k is {k}, but the catalogue has {n_items} entries").format(
                k=k, n_items=world.dataset.n_items
            ),
            where="k",
            remedy=_("use a number from 1 to {n_items}").format(n_items=world.dataset.n_items),
        )
    owners = world.dataset.interactions[USER_ROW].to_numpy()[split.test]
    users, places = np.unique(owners, return_inverse=True)
    table: dict[str, np.ndarray] = {"user": users.astype(np.int32), "n": np.bincount(places)}
    figures: dict[str, float] = {}
    if world.spec.kind is not Kind.IMPLICIT:
        losses, figures = _of_rows(world, split.test)
        table |= {name: np.bincount(places, weights=loss) for name, loss in losses.items()}
    if world.spec.kind is not Kind.CLICK:
        ranked = _of_lists(world, split, users, k)
        table |= ranked
        figures |= {name: float(values.mean()) for name, values in ranked.items()}
    return Best(figures, pd.DataFrame(table))


def _of_rows(world: World, rows: IntArray) -> tuple[dict[str, FloatArray], dict[str, float]]:
    """Losses of each row, and figures over all of them."""
    values = world.dataset.interactions[VALUE].to_numpy(np.float64)[rows]
    expected = world.expected(rows)
    if world.spec.kind is Kind.RATING:
        error = values - expected
        losses = {"squared_error": error**2, "absolute_error": np.abs(error)}
        return losses, {
            "rmse": float(np.sqrt(losses["squared_error"].mean())),
            "mae": float(losses["absolute_error"].mean()),
        }
    losses = {"log_loss": log_loss(values, expected), "brier": (values - expected) ** 2}
    figures = {name: float(loss.mean()) for name, loss in losses.items()}
    return losses, figures | {"auc": auc(values > 0, expected)}


def log_loss(values: FloatArray, probability: FloatArray) -> FloatArray:
    """-log of the probability that was given to what happened, shape (n,), in nats."""
    return -np.log(np.maximum(np.where(values > 0, probability, 1.0 - probability), _SMALLEST_P))


def auc(positive: np.ndarray, score: FloatArray) -> float:
    """Chance that a positive row is scored above a negative one, ties half; NaN without one of the two."""
    n_positive = int(positive.sum())
    pairs = n_positive * (len(positive) - n_positive)
    if not pairs:
        return float("nan")
    return float((rankdata(score)[positive].sum() - n_positive * (n_positive + 1) / 2) / pairs)


def _of_lists(world: World, split: Split, users: IntArray, k: int) -> dict[str, FloatArray]:
    """Values of each user for lists of the whole catalogue without train and valid items, most probable first."""
    owners = world.dataset.interactions[USER_ROW].to_numpy()[split.test]
    times = world.dataset.interactions[TIME].to_numpy()[split.test]
    counts = np.bincount(owners, minlength=world.dataset.n_users)
    mean_time = np.bincount(owners, weights=times, minlength=len(counts)) / np.maximum(counts, 1)
    seen, relevant = split.matrix(split.fit_rows), split.matrix(split.test)
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ndcg, recall = np.empty(len(users)), np.empty(len(users))
    size = max(1, _CELLS_A_BLOCK // world.dataset.n_items)
    for start in range(0, len(users), size):
        block = users[start : start + size]
        hits = _hits(world.ideal_scores(block, mean_time[block]), seen[block], relevant[block], k)
        n_relevant = np.diff(relevant[block].indptr)
        ideal = np.cumsum(discount)[np.minimum(n_relevant, k) - 1]
        ndcg[start : start + size] = hits @ discount / ideal
        recall[start : start + size] = hits.sum(axis=1) / n_relevant
    return {f"ndcg@{k}": ndcg, f"recall@{k}": recall}


def _hits(scores: FloatArray, seen: csr_matrix, relevant: csr_matrix, k: int) -> FloatArray:
    """1 where a place of the list holds a relevant item, shape (n, k); scores are changed."""
    rows = np.arange(len(scores))[:, None]
    scores[np.repeat(rows.ravel(), np.diff(seen.indptr)), seen.indices] = -np.inf
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    best = np.take_along_axis(best, np.argsort(-scores[rows, best], axis=1, kind="stable"), axis=1)
    found = np.asarray(relevant[np.broadcast_to(rows, best.shape).ravel(), best.ravel()]).reshape(best.shape)
    return np.where(np.isfinite(scores[rows, best]), found, 0.0)
