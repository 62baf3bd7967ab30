"""What an attribute is worth: a model with it, without it, and with its values shuffled, over several seeds.

The shuffled arm learns as many parameters from the same values, which by then say nothing: what it gains is no
information. (Permute and learn again: Mentch & Zhou, Getting better from worse, JMLR 2022; Hooker, Mentch & Zhou,
Unrestricted permutation forces extrapolation, Statistics and Computing 2021.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from recsys_core.data.splits import Split
from recsys_core.evaluation.asking import pair_scores
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.intervals import LEVEL, Interval
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray

WITH, WITHOUT, SHUFFLED = "with", "without", "shuffled"
ARMS = (WITH, WITHOUT, SHUFFLED)
HELPS, HURTS, NO_EVIDENCE = "helps", "hurts", "no-evidence"


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better the arm with the attribute is than another; more is better, whatever the metric.

    Attributes:
        mean: the mean paired difference.
        low, high: the 95 % interval that covers all three parts.
        users, seeds, luck: standard errors of the parts, see `gain`.
        freedom: degrees of freedom of all together.
    """

    mean: float
    low: float
    high: float
    users: float
    seeds: float
    luck: float
    freedom: float


def gain(ours: FloatArray, theirs: FloatArray, *, better: int = 1, dealt: bool = False) -> Gain:
    """The mean of ours - theirs with a 95 % interval over users, seeds and, against shuffled values, shuffles.

    Variances are added: of the mean over users, of paired per-user differences averaged over seeds (s^2 / n_users);
    of the mean over seeds, of each seed's difference (s^2 / n_seeds); and with `dealt` the whole variance between the
    shuffled arm's seeds: were the values worth nothing, ours would be one more shuffle, as lucky or unlucky as each
    of them (Fisher's permutation argument with a normal curve in place of thousands of trainings). The quantile is
    Student's, with the degrees of freedom of Satterthwaite, Biometrics Bulletin 1946; seeds and shuffles, told from the
    same trainings, share theirs.

    Args:
        ours, theirs: values by seed and user, shape (n_seeds, n_users), the same users in both; two seeds or more.
        better: 1 where more of the metric is better, else -1.
        dealt: `theirs` are shuffled anew for every seed.
    """
    n_seeds, n_users = ours.shape
    difference = better * (ours - theirs)
    of_users = difference.mean(axis=0).var(ddof=1) / n_users if n_users > 1 else 0.0
    of_seeds = difference.mean(axis=1).var(ddof=1) / n_seeds
    of_luck = theirs.mean(axis=1).var(ddof=1) if dealt else 0.0
    parts = np.array([of_users, of_seeds, of_luck])
    degrees = np.array([max(n_users - 1, 1), n_seeds - 1])
    total = float(parts.sum())
    spread = float((np.array([of_users, of_seeds + of_luck]) ** 2 / degrees).sum())
    freedom = total**2 / spread if spread > 0 else float(degrees[0])
    half = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * total**0.5
    mean = float(difference.mean())
    users, seeds, luck = (float(one) for one in np.sqrt(parts))
    return Gain(mean, mean - half, mean + half, users, seeds, luck, freedom)


def arm_interval(values: FloatArray) -> Interval:
    """Mean of one arm and its 95 % interval over users and seeds, as in `gain` but not paired: (n_seeds, n_users)."""
    found = gain(values, np.zeros_like(values))
    return Interval(found.mean, found.low, found.high)


def verdict(against: dict[str, Gain]) -> str:
    """HELPS where it surely beats being without it and being shuffled; HURTS where it surely loses to both.

    Both tests must say so, so neither needs a correction for the other (Berger, Technometrics 1982).
    """
    gains = [against[WITHOUT], against[SHUFFLED]]
    if all(one.low > 0 for one in gains):
        return HELPS
    return HURTS if all(one.high < 0 for one in gains) else NO_EVIDENCE


def metric_of(*, ratings: bool, k: int) -> str:
    """What a model is judged by: the error of its predictions where it makes ratings, else its lists."""
    return "rmse" if ratings else f"ndcg@{k}"


def values_of(scorer: Scorer, split: Split, k: int) -> tuple[IntArray, FloatArray]:
    """User rows, sorted, and their values, whose mean is the metric: each (n_users,).

    Where items are held out whole only they count. A user's value of the RMSE is the RMSE plus how far this user moves
    it (its influence: Hampel, JASA 1974), so that means and spreads of values are those of the RMSE.
    """
    if not scorer.can.ratings:
        table = evaluate(scorer, split, k=k).per_user
        return table["user"].to_numpy(), table[f"ndcg@{k}"].to_numpy(dtype=np.float64)
    rows = split.test
    if len(split.cold_items):
        rows = rows[np.isin(split.triples(rows)[1], split.cold_items)]
    users, items, truth = split.triples(rows)
    errors = (pair_scores(scorer, split, users, items) - truth).astype(np.float64)
    there, place = np.unique(users, return_inverse=True)
    counts = np.bincount(place).astype(np.float64)
    return there, influences(np.bincount(place, errors**2), counts)


def influences(squared: np.ndarray, counts: np.ndarray) -> FloatArray:
    """Sums of squared errors and numbers of ratings of users -> values whose mean is the RMSE: (n_users,) each."""
    mean = squared.sum() / counts.sum()
    root = float(np.sqrt(mean))
    if root == 0.0:
        return np.zeros(len(squared))
    return np.asarray(root + (squared - mean * counts) / (2 * root * counts.mean()))
