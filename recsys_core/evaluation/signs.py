"""What a finished model gives away of itself: the figures by which a broken one is told from a healthy one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.data.splits import Split
from recsys_core.errors import DataError, NotSupported
from recsys_core.evaluation.asking import asking, pair_scores
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.models.baselines import Bias
from recsys_core.ranking.top_k import rank_users
from recsys_core.serving.base import Scorer
from recsys_core.types import BoolArray, FloatArray, IntArray

MOST_LISTS, MOST_ASKED = 2000, 300
"""Users whose lists are compared, and those whom the model itself is asked about: drawn once, from the split's seed."""
NEARLY_EQUAL = 1e-3
"""Scores that lie within this share of the largest one are taken for equal."""
CROWDED = 0.9
"""Where so much of a list would be shared by lot, chance tells nothing: hardly more is shown than one list holds."""
FILE, FORMAT = "alarms.json", 1
NAN = float("nan")


@dataclass(frozen=True)
class Signs:
    """Figures of one run; NaN where one could not be measured.

    Attributes:
        k: length of the lists. n_lists: users judged. n_looked: users whose lists were compared.
        n_items: items that could be listed. n_shown: those that stand in anybody's list.
        level: share of users whose best 2 k candidates have nearly equal scores.
        popular: mean share of a list that popularity's order, with what each knows left out, gives as well.
        alike: the same with the order that the lists have in common, beyond what lists drawn by lot from the items
            that are shown would share: 1 the same for everybody, 0 by lot.
        train: NDCG@k of what was learned from, nothing left out; needs the model.
        ndcg, popular_ndcg: on test, the users whose lists were compared; gap, low, high: the paired difference.
        rmse, bias_rmse: on test.
    """

    k: int
    n_lists: int
    n_looked: int
    n_items: int
    n_shown: int
    level: float
    alike: float
    popular: float
    train: float
    ndcg: float
    popular_ndcg: float
    gap: float
    low: float
    high: float
    rmse: float
    bias_rmse: float


_NAMES = [one.name for one in fields(Signs)]


def keep(folder: Path, signs: Signs) -> None:
    """Writes them beside a run."""
    figures = {name: value if isfinite(value) else None for name, value in asdict(signs).items()}
    files.write_json(folder / FILE, {"format_version": FORMAT, "signs": figures})


def kept(folder: Path) -> Signs | None:
    """The signs beside a run; None where there are none that this version can read."""
    try:
        stored = files.read_json(folder / FILE)
        figures: Any = stored["signs"] if stored["format_version"] == FORMAT else {}
        known: dict[str, Any] = {name: NAN if figures[name] is None else figures[name] for name in _NAMES}
        return Signs(**known)
    except (DataError, KeyError, TypeError):
        return None


def measure(
    per_user: pd.DataFrame,
    candidates: pd.DataFrame,
    metrics: dict[str, float],
    split: Split,
    *,
    k: int,
    scorer: Scorer | None = None,
) -> Signs:
    """The signs of a run from what its evaluation kept, and of the model itself where there is one.

    Popularity and Bias are made here, from the rows that models are fitted on: they need no runs of their own.

    Args:
        per_user, candidates, metrics: as `evaluate` gives them.
        scorer: the model; None where only its lists are known: then `train` is NaN.
    """
    able = np.ones(split.dataset.n_items, dtype=bool)
    if len(split.cold_items):
        able = np.isin(np.arange(len(able)), split.cold_items)
    judged = np.sort(per_user["user"].to_numpy())
    everybody = _lists(candidates, judged, k)[0]
    rng = np.random.default_rng(split.spec.seed)
    looked = np.sort(rng.permutation(judged)[:MOST_LISTS])
    learned = split.matrix(split.fit_rows)
    seen = split.matrix(split.known_rows)[looked] if len(split.revealed) else learned[looked]
    width = max(int(candidates["rank"].max()), k) if len(candidates) else k
    items, scores = _lists(candidates, looked, width)
    ranked = partial(_ranked, seen=seen, able=able, k=k, seed=split.spec.seed)
    popular = ranked(np.asarray(learned.sum(axis=0), dtype=np.float64).ravel())
    own = per_user.set_index("user")[f"ndcg@{k}"].loc[looked].to_numpy(np.float64)
    if candidates.empty:
        own = np.full(len(looked), NAN)  # it makes no lists: a file that scores the held-out pairs alone
    theirs = _ndcg(popular, split.matrix(split.test)[looked], able, k)
    gap = paired_interval(own, theirs)
    return Signs(
        k=k,
        n_lists=len(judged),
        n_looked=len(looked),
        n_items=int(able.sum()),
        n_shown=len(np.unique(everybody[everybody >= 0])),
        level=_level(scores[:, : 2 * k]),
        alike=_beyond_chance(_overlap(items[:, :k], ranked(_common(items, seen))), items[:, :k], seen),
        popular=_mean(_overlap(items[:, :k], popular)),
        train=NAN if scorer is None or scorer.can.fixed else _train(scorer, split, learned, rng, k),
        ndcg=_mean(own),
        popular_ndcg=_mean(theirs),
        gap=gap.mean,
        low=gap.low,
        high=gap.high,
        rmse=metrics.get("rmse", NAN),
        bias_rmse=_bias_rmse(split, judged) if "rmse" in metrics else NAN,
    )


def _lists(candidates: pd.DataFrame, users: IntArray, width: int) -> tuple[IntArray, FloatArray]:
    """The first `width` candidates of these users (sorted): items, -1 for none, and scores; each (n, width)."""
    items, scores = np.full((len(users), width), -1, np.int64), np.full((len(users), width), np.nan)
    owner, place = candidates["user"].to_numpy(), candidates["rank"].to_numpy().astype(np.int64) - 1
    row = np.searchsorted(users, owner)
    kept = (place < width) & (row < len(users))
    kept[kept] = users[row[kept]] == owner[kept]
    items[row[kept], place[kept]] = candidates["item"].to_numpy()[kept]
    scores[row[kept], place[kept]] = candidates["score"].to_numpy()[kept]
    return items, scores


def _ranked(order: FloatArray, *, seen: csr_matrix, able: BoolArray, k: int, seed: int) -> IntArray:
    """One order (n_items,) as everybody's list, what each knows left out: (n, k)."""
    scores = np.where(able, order, -np.inf)
    users = np.arange(seen.shape[0])
    return rank_users(
        lambda some: np.tile(scores, (len(some), 1)), users=users, k=k, seen=seen, seed=seed
    ).items


def _common(items: IntArray, seen: csr_matrix) -> FloatArray:
    """The order that lists (n, width) have in common: each item's mean place among those who do not know it.

    A Borda count: the first place counts `width`, the last 1, no place 0. Shape (n_items,), more is earlier.
    """
    n, width = items.shape
    worth = np.broadcast_to(np.arange(width, 0, -1, dtype=np.float64), items.shape)
    there = items >= 0
    summed = np.bincount(items[there], weights=worth[there], minlength=seen.shape[1])
    return summed / np.maximum(n - np.asarray(seen.sum(axis=0)).ravel(), 1)


def _overlap(items: IntArray, others: IntArray) -> FloatArray:
    """Share of each list (n, k) that stands in the other one as well, (n,); NaN for empty lists."""
    there = items >= 0
    both = ((items[:, :, None] == others[:, None, :]) & there[:, :, None]).any(axis=2).sum(axis=1)
    size = there.sum(axis=1)
    return np.divide(both, size, out=np.full(len(items), np.nan), where=size > 0)


def _beyond_chance(shares: FloatArray, items: IntArray, seen: csr_matrix) -> float:
    """The mean of shares (n,) of lists (n, k) on a scale where 0 is what lists by lot from the items shown share."""
    shown = np.zeros(seen.shape[1], dtype=np.float32)
    shown[items[items >= 0]] = 1.0
    free = shown.sum() - np.asarray(seen @ shown).ravel()  # what each could have got, of all that is shown
    chance = np.divide((items >= 0).sum(axis=1), free, out=np.ones(len(items)), where=free > 0)
    expected, measured = _mean(np.minimum(chance, 1.0)), _mean(shares)
    return (measured - expected) / (1 - expected) if expected < CROWDED else measured


def _mean(values: FloatArray) -> float:
    """The mean of what is there; NaN for nothing."""
    return float(np.nanmean(values)) if np.isfinite(values).any() else NAN


def _level(scores: FloatArray) -> float:
    """Share of users whose scores (n, m) are nearly equal, of those with two or more; NaN where nobody has."""
    some = np.isfinite(scores).sum(axis=1) > 1
    if not some.any():
        return NAN
    scores = scores[some]
    spread = np.nanmax(scores, axis=1) - np.nanmin(scores, axis=1)
    return float((spread <= NEARLY_EQUAL * np.nanmax(np.abs(scores), axis=1)).mean())


def _ndcg(items: IntArray, relevant: csr_matrix, able: BoolArray, k: int) -> FloatArray:
    wanted = csr_matrix(relevant.multiply(able[None, :].astype(np.float32)))
    wanted.eliminate_zeros()
    return ndcg(hits_of(items, wanted), k)


def _train(scorer: Scorer, split: Split, learned: csr_matrix, rng: np.random.Generator, k: int) -> float:
    """NDCG@k of the rows that the model learned from, for some of its users, with nothing left out of the lists."""
    users = np.sort(rng.permutation(np.flatnonzero(np.diff(learned.indptr)))[:MOST_ASKED])
    nothing = csr_matrix(learned.shape, dtype=np.float32)
    try:
        lists = rank_users(asking(scorer, split), users=users, k=k, seen=nothing, seed=split.spec.seed)
    except NotSupported:
        return NAN
    return _mean(ndcg(hits_of(lists.items, learned[users]), k))


def _bias_rmse(split: Split, judged: IntArray) -> float:
    """RMSE of Bias on the test rows that are judged."""
    if split.dataset.kind is not Kind.RATING:
        return NAN
    users, items, truth = split.triples(split.test)
    mine = np.isin(users, judged)
    scorer = Bias().fit(split, seed=0).scorer
    predicted = pair_scores(scorer, split, users[mine], items[mine])
    return float(np.sqrt(np.square(predicted - truth[mine]).mean()))
