"""Rating metrics on the scale of the data: errors, and the yes/no question 'liked' at a threshold."""

from __future__ import annotations

import numpy as np

from recsys_core.types import FloatArray, IntArray

ERROR_METRICS = ("rmse", "mae", "mse")
LIKED_METRICS = ("accuracy", "liked_precision", "liked_recall", "liked_f1", "auc")
RATING_METRICS = (*ERROR_METRICS, *LIKED_METRICS)


def per_user_sums(
    users: IntArray, truth: FloatArray, predicted: FloatArray, liked_from: float
) -> dict[str, FloatArray]:
    """What every rating figure is made of, summed a user, so that a draw of users is a weighted sum.

    Args:
        users: places 0..m-1 of the users who are judged, shape (n,).
        truth, predicted: values on the original scale, shape (n,).
        liked_from: a value at or above counts as liked.
    Returns:
        `n`, `squared`, `absolute`, `tp`, `fp`, `fn`, `tn`, each shape (m,).
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    liked, said = truth >= liked_from, predicted >= liked_from
    parts: dict[str, np.ndarray] = {
        "n": np.ones(len(users)),
        "squared": (truth - predicted) ** 2,
        "absolute": np.abs(truth - predicted),
        "tp": liked & said,
        "fp": ~liked & said,
        "fn": liked & ~said,
        "tn": ~liked & ~said,
    }
    n_users = int(users.max()) + 1 if len(users) else 0
    sums: dict[str, FloatArray] = {}
    for name, part in parts.items():
        sums[name] = np.bincount(users, weights=part, minlength=n_users).astype(np.float64)
    return sums


def rating_figures(sums: dict[str, FloatArray], weights: FloatArray | None = None) -> dict[str, FloatArray]:
    """All figures but AUC from the users' sums, for each draw of users.

    Args:
        weights: how often each user is drawn, shape (draws, m); None: once each.
    Returns:
        Name -> shape (draws,).
    """
    drawn = {
        name: (weights @ part if weights is not None else part.sum(keepdims=True))
        for name, part in sums.items()
    }
    mse = drawn["squared"] / drawn["n"]
    precision = _share(drawn["tp"], drawn["tp"] + drawn["fp"])
    recall = _share(drawn["tp"], drawn["tp"] + drawn["fn"])
    return {
        "rmse": np.sqrt(mse),
        "mae": drawn["absolute"] / drawn["n"],
        "mse": mse,
        "accuracy": (drawn["tp"] + drawn["tn"]) / drawn["n"],
        "liked_precision": precision,
        "liked_recall": recall,
        "liked_f1": _share(2 * precision * recall, precision + recall),
    }


def weighted_auc(
    liked: np.ndarray, predicted: FloatArray, weights: FloatArray, owners: IntArray | None = None
) -> FloatArray:
    """Chance that a liked row is scored above one that is not (ties count half), for each draw.

    The sum over liked rows of the weight that lies below them: one running sum a draw, nothing of its size is kept.

    Args:
        liked: shape (n,), predicted: shape (n,).
        weights: how often each user is drawn, shape (draws, m); without `owners` each row, m = n.
        owners: the place in 0..m-1 of each row's user, shape (n,).
    Returns:
        Shape (draws,); NaN where a draw holds only one of the two classes.
    """
    owners = np.arange(len(liked)) if owners is None else np.asarray(owners, np.intp)
    order = np.argsort(predicted, kind="stable")
    up, down = order[liked[order]], order[~liked[order]]
    below = np.searchsorted(predicted[down], predicted[up], side="left")
    upto = np.searchsorted(predicted[down], predicted[up], side="right")
    tied = np.flatnonzero(below < upto)
    ones, zeros, first, last = owners[up], owners[down], below[tied], upto[tied]
    sums, found = np.zeros(len(zeros) + 1), np.full(len(weights), np.nan)
    for place, drawn in enumerate(np.asarray(weights, np.float64)):
        each = drawn[ones]
        np.cumsum(drawn[zeros], out=sums[1:])
        pairs = each.sum() * sums[-1]
        if pairs > 0:
            won = np.einsum("i,i", each, sums[below])  # not by BLAS, whose threads wait for each other here
            found[place] = (won + np.einsum("i,i", each[tied], sums[last] - sums[first]) / 2) / pairs
    return found


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(part, whole, out=np.zeros_like(np.asarray(whole, np.float64)), where=whole > 0)
