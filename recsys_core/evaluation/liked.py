"""The yes/no question 'will this be liked?', asked of predicted values: counts, rates, and the curves over every cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.types import FloatArray

MOST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Confusion:
    """How answers and truth meet, counted in rows.

    Attributes:
        tp, fp, fn, tn: said liked and was; said liked and was not; missed; rightly left out.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def n(self) -> int:
        """All rows."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def accuracy(self) -> float:
        """Share of right answers; NaN without a row."""
        return (self.tp + self.tn) / self.n if self.n else float("nan")

    @property
    def precision(self) -> float:
        """Of those said to be liked, the share that was; 0 where nothing was said to be."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """Of those liked, the share that was said to be; 0 where nothing was liked."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def false_alarms(self) -> float:
        """Of those not liked, the share said to be; 0 where all were liked."""
        return _share(self.fp, self.fp + self.tn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0 when both are 0."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def confusion(
    truth: FloatArray, predicted: FloatArray, liked_from: float, cut: float | None = None
) -> Confusion:
    """The four counts, where a truth at or above `liked_from` was liked.

    Args:
        truth, predicted: values on one scale, shape (n,).
        cut: a prediction at or above says 'liked'; `liked_from` by default.
    """
    liked = np.asarray(truth) >= liked_from
    said = np.asarray(predicted) >= (liked_from if cut is None else cut)
    tp, n_said, n_liked = int((liked & said).sum()), int(said.sum()), int(liked.sum())
    return Confusion(tp, n_said - tp, n_liked - tp, len(liked) - n_said - n_liked + tp)


@dataclass(frozen=True)
class LikedCurves:
    """What every cut on the prediction would give.

    Attributes:
        roc: `cut`, `false_alarms` (of those not liked, the share said to be), `recall`; from (0, 0) to (1, 1).
        pr: `cut`, `recall`, `precision`; from the strictest cut to the loosest.
        auc: area under `roc`: the chance that a liked row stands above one that was not, ties half; NaN with one class.
        average_precision: sum of precision times the step in recall, over all cuts; NaN where nothing was liked.
        share: of all rows, the share that was liked: the precision of an answer by lot.
    """

    roc: pd.DataFrame
    pr: pd.DataFrame
    auc: float
    average_precision: float
    share: float


def liked_curves(truth: FloatArray, predicted: FloatArray, liked_from: float) -> LikedCurves:
    """Receiver operating characteristic and precision-recall curve; equal predictions are one point.

    Areas are of all points, the curves are thinned to at most 200. Reference: Fawcett, An introduction to ROC analysis,
    Pattern Recognition Letters 27(8), 2006; average precision without interpolation, as scikit-learn's.

    Args:
        truth, predicted: shape (n,).
    """
    liked = np.asarray(truth) >= liked_from
    predicted = np.asarray(predicted, np.float64)
    order = np.argsort(-predicted, kind="stable")
    ends = np.flatnonzero(np.diff(predicted[order], append=-np.inf)) if len(order) else order
    hits = np.cumsum(liked[order])[ends].astype(np.float64)
    said = ends + 1.0
    n_liked, n_other = float(liked.sum()), float((~liked).sum())
    cuts = predicted[order][ends]
    recall = hits / n_liked if n_liked else np.zeros(len(ends))
    false_alarms = (said - hits) / n_other if n_other else np.zeros(len(ends))
    precision = np.divide(hits, said, out=np.zeros(len(ends)), where=said > 0)
    both = n_liked > 0 and n_other > 0
    across, up = np.r_[0.0, false_alarms], np.r_[0.0, recall]
    roc = pd.DataFrame({"cut": np.r_[np.inf, cuts], "false_alarms": across, "recall": up})
    pr = pd.DataFrame({"cut": cuts, "recall": recall, "precision": precision})
    return LikedCurves(
        roc=_thinned(roc, "false_alarms", "recall"),
        pr=_thinned(pr, "recall", "precision"),
        auc=float(np.trapezoid(up, across)) if both else float("nan"),
        average_precision=float((np.diff(recall, prepend=0.0) * precision).sum())
        if n_liked
        else float("nan"),
        share=n_liked / len(liked) if len(liked) else float("nan"),
    )


def _thinned(curve: pd.DataFrame, across: str, up: str) -> pd.DataFrame:
    """At most so many points, evenly along the way that the curve takes, both ends among them."""
    if len(curve) <= MOST_POINTS:
        return curve
    steps = np.abs(np.diff(curve[across])) + np.abs(np.diff(curve[up]))
    way = np.r_[0.0, np.cumsum(steps)]
    kept = np.searchsorted(way, np.linspace(0.0, way[-1], MOST_POINTS - 1))
    kept = np.unique(np.r_[np.minimum(kept, len(curve) - 1), len(curve) - 1])
    return curve.iloc[kept].reset_index(drop=True)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
