"""Predicted ratings of the test rows: the table that a run keeps, and every figure that is made of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.data.splits import Split
from recsys_core.evaluation import rating
from recsys_core.evaluation.asking import pair_scores
from recsys_core.serving.base import Scorer
from recsys_core.types import FloatArray, IntArray


def predictions_of(scorer: Scorer, split: Split, judged: IntArray) -> pd.DataFrame:
    """The judged users' test rows with what is predicted, clipped to the range: `user`, `item`, `truth`, `predicted`."""
    users, items, truth = split.triples(split.test)
    mine = np.isin(users, judged)  # with items held out whole, not everybody in test is judged
    users, items = users[mine].astype(np.int32), items[mine].astype(np.int32)
    predicted = pair_scores(scorer, split, users, items)
    return pd.DataFrame({"user": users, "item": items, "truth": truth[mine], "predicted": predicted})


def rating_draws(
    table: pd.DataFrame, judged: IntArray, liked_from: float, draws: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, float], dict[str, FloatArray]]:
    """The users' sums, every rating figure, and the same in each draw of users: name -> (n_draws,).

    Args:
        table: as `predictions_of`; judged: user rows, sorted.
        liked_from: values at or above count as liked.
        draws: how often each judged user is drawn, (n_draws, n_users).
    """
    truth, predicted = table["truth"].to_numpy(), table["predicted"].to_numpy()
    places = np.searchsorted(judged, table["user"].to_numpy())
    sums = rating.per_user_sums(places, truth, predicted, liked_from)
    figures = {name: float(value[0]) for name, value in rating.rating_figures(sums).items()}
    drawn = rating.rating_figures(sums, draws)
    liked = truth >= liked_from
    auc = float(rating.weighted_auc(liked, predicted, np.ones((1, len(truth))))[0])
    if np.isfinite(auc):
        figures["auc"], drawn["auc"] = auc, rating.weighted_auc(liked, predicted, draws, places)
    return sums, figures, drawn
