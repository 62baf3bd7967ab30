"""Whether a model that was built again gives the figures and the lists that were stated of it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from recsys_core.i18n import _

NEAR = 2e-4
"""Two machines add up in another order: scores differ in their last digits, and near equals may swap places."""
SAME_PAIRS = 0.99
SAME_SCORES = 0.999


def disagreement(
    stated: Mapping[str, float],
    found: Mapping[str, float],
    candidates: pd.DataFrame | None = None,
    built: pd.DataFrame | None = None,
) -> str:
    """The first thing in which they differ, in words; empty where they agree.

    Args:
        stated, found: name -> figure; names that only one of them has say nothing: another version measures other things.
        candidates, built: the lists, as `evaluate` gives them.
    """
    common = [name for name in stated if name in found]
    if not common:
        return _("it states no figure that is measured here")
    for name in common:
        if not abs(stated[name] - found[name]) <= NEAR * max(1.0, abs(found[name])):
            return _("{name} is {found:.6g}, not {stated:.6g}").format(
                name=name, found=found[name], stated=stated[name]
            )
    return "" if candidates is None or built is None else _lists_differ(candidates, built)


def _lists_differ(stated: pd.DataFrame, found: pd.DataFrame) -> str:
    keys = ["user", "item"]
    both = stated.merge(found, on=keys, suffixes=("_stated", "_found"))
    most = max(len(stated), len(found))
    if stated.duplicated(keys).any() or len(both) < SAME_PAIRS * most:
        return _("the lists hold other items")
    ours, theirs = (both[f"score_{one}"].to_numpy(np.float64) for one in ("found", "stated"))
    if not len(ours):
        return ""
    # a float32 of any size, and a score that is small beside the others of its run
    scale = max(float(np.abs(ours[np.isfinite(ours)]).max(initial=0.0)), 1e-12)
    near = np.isclose(ours, theirs, rtol=NEAR, atol=NEAR * scale, equal_nan=True)
    return "" if near.mean() >= SAME_SCORES else _("the scores in its lists are others")
