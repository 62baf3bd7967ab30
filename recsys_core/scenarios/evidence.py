"""The evidence behind one suggestion as tables, for whoever asks why: falls of the score, shared attributes, nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.columns import TITLE
from recsys_core.scenarios.explain import explain, falls
from recsys_core.scenarios.lists import Serving
from recsys_core.types import FloatArray, IntArray

MOST_FALLS = 8


@dataclass(frozen=True)
class Evidence:
    """Why one item is suggested.

    Attributes:
        falls: columns `title`, `fall`: how far the score falls without that choice, the largest first, above 0 only.
        n_tried: how many choices were left out in turn; n_more: how many more carry it than `falls` holds.
        shared: columns `attribute`, `value`, `share` (of the history), `everyone` (of all interactions).
        nearest: columns `title`, `likeness` (cosine): the liked items most like it.
    """

    falls: pd.DataFrame
    n_tried: int
    n_more: int
    shared: pd.DataFrame
    nearest: pd.DataFrame


def evidence(
    serving: Serving,
    history: IntArray,
    item: int,
    *,
    values: FloatArray | None = None,
    attributes: pd.DataFrame | None = None,
) -> Evidence:
    """The evidence for one item row, from a history and attributes as in `explain`."""
    titles = serving.data.items[TITLE]
    asked = np.array([item])
    places, drops = falls(serving, history, asked, values=values, attributes=attributes)
    fall = drops[:, 0] if drops.size else np.zeros(0)
    order = np.argsort(-fall, kind="stable")
    order = order[fall[order] > 0]
    first = order[:MOST_FALLS]
    found = explain(serving, history, asked, values=values, attributes=attributes)[0]
    return Evidence(
        falls=pd.DataFrame({"title": list(titles.iloc[history[places[first]]]), "fall": fall[first]}),
        n_tried=len(places),
        n_more=len(order) - len(first),
        shared=pd.DataFrame(
            [(one.column, one.value, one.share, one.everyone) for one in found.shared],
            columns=["attribute", "value", "share", "everyone"],
        ),
        nearest=pd.DataFrame(
            [(titles.iloc[row], cosine) for row, cosine in found.nearest], columns=["title", "likeness"]
        ),
    )
