"""One judge for our models and for peers: ranked lists and predicted ratings in, our own metrics out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsys_core.columns import VALUE, Kind
from recsys_core.data.splits import Split
from recsys_core.evaluation import beyond, rating
from recsys_core.evaluation.metrics import RANKING_METRICS, hits_of

K = 10
SHOWN = ("ndcg", "recall", "hr")


@dataclass(frozen=True)
class Answer:
    """What a model or a peer said about one split.

    Attributes:
        items: the best unseen items of every user, shape (n_users, depth), -1 where there are fewer; or None.
        ratings: a value a test pair, in the order of `split.test`; or None.
    """

    items: np.ndarray | None = None
    ratings: np.ndarray | None = None

    @classmethod
    def read(cls, path: Path) -> Answer:
        """From the file that `benchmarks.one` or `benchmarks.peers.run` wrote."""
        with np.load(path, allow_pickle=False) as kept:
            return cls(*(kept.get(name, None) for name in ("items", "ratings")))


@dataclass(frozen=True)
class Judged:
    """Figures over all users, and what paired intervals need: one value a user of the data set, NaN for none."""

    figures: dict[str, float] = field(default_factory=dict)
    per_user: dict[str, np.ndarray] = field(default_factory=dict)


def judge(answer: Answer, split: Split) -> Judged:
    """All figures of one answer; raises ValueError where a list holds an item that the user is known to have."""
    figures: dict[str, float] = {}
    per_user: dict[str, np.ndarray] = {}
    if answer.items is not None:
        _lists(np.asarray(answer.items), split, figures, per_user)
    if answer.ratings is not None:
        _ratings(np.asarray(answer.ratings), split, figures, per_user)
    return Judged(figures, per_user)


def _lists(
    items: np.ndarray, split: Split, figures: dict[str, float], per_user: dict[str, np.ndarray]
) -> None:
    seen, relevant = split.matrix(split.fit_rows), split.matrix(split.test)
    shown = items[:, :K]
    owners = np.repeat(np.arange(len(shown))[:, None], shown.shape[1], axis=1)
    known = np.asarray(seen[owners.ravel(), np.maximum(shown, 0).ravel()]).reshape(shown.shape) > 0
    if (known & (shown >= 0)).any():
        raise ValueError("a list holds an item of the training rows")
    answers = {f"{name}@{K}": relevant for name in SHOWN}
    if split.dataset.kind is Kind.RATING:
        values = split.dataset.interactions[VALUE].to_numpy()[split.test]
        liked = split.matrix(split.test[values >= split.dataset.liked_threshold])
        answers |= {f"{name}_liked@{K}": liked for name in SHOWN}
    for name, wanted in answers.items():
        some = np.flatnonzero(np.diff(wanted.indptr))
        metric = RANKING_METRICS[name.removesuffix(f"@{K}").removesuffix("_liked")]
        column = np.full(len(shown), np.nan)
        column[some] = metric(hits_of(shown[some], wanted[some]), K)
        per_user[name], figures[name] = column, float(np.nanmean(column))
    judged = shown[np.diff(relevant.indptr) > 0]
    counts = beyond.exposure(judged, split.dataset.n_items)
    figures[f"coverage@{K}"] = float(beyond.coverage(counts))
    figures[f"top_item_share@{K}"] = float(beyond.top_item_share(counts, float(len(judged))))


def _ratings(
    predicted: np.ndarray, split: Split, figures: dict[str, float], per_user: dict[str, np.ndarray]
) -> None:
    users, _items, truth = split.triples(split.test)
    sums = rating.per_user_sums(users, truth, predicted, split.dataset.liked_threshold)
    for name in ("n", "squared", "absolute"):
        per_user[name] = np.pad(sums[name], (0, split.dataset.n_users - len(sums[name])))
    figures["rmse"] = float(np.sqrt(sums["squared"].sum() / sums["n"].sum()))
    figures["mae"] = float(sums["absolute"].sum() / sums["n"].sum())
