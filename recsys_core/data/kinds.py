"""Which kind of feedback a column of values is: proposed from the values, with the reason in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys_core.columns import Kind
from recsys_core.data.names import name_score, tokens
from recsys_core.i18n import _
from recsys_core.types import FloatArray

MOST_STEPS = 50
"""More distinct values than this are no scale of grades; they may still be a slider's."""
_MOST_RETURNED = 0.2
"""More amounts below 0 than this are no returned goods."""
MOST_GRADE = 100
"""Many different values beyond this are no grades, unless the column's name says so."""
FEATURES_OF_CLICKS = 3
"""A yes/no column with so many columns that describe the row beside it is a table of clicks."""
_RATING_WORDS = (
    "rating", "ratings", "score", "scores", "stars", "star", "grade", "overall", "preference", "opinion", "enjoyment",
    "satisfaction", "mark", "bewertung", "note", "puntuacion", "valoracion",
)  # fmt: skip
_AMOUNT_WORDS = (
    "quantity", "qty", "units", "count", "counts", "cnt", "plays", "playcount", "listens", "views", "viewcount", "watches",
    "hours", "minutes", "purchases", "visits", "loans", "checkouts", "menge", "anzahl", "cantidad", "quantite", "antal",
    "aantal", "个数", "数量", "次数", "個数", "数", "количество",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindGuess:
    """A proposed kind, how sure (0..1), and why."""

    kind: Kind
    confidence: float
    reason: str


def propose_kind(values: FloatArray | None, *, name: str = "", n_features: int = 0) -> KindGuess:
    """The likely kind of feedback.

    Args:
        values: the column's numbers, shape (n,), missing ones as NaN; None where there is no such column.
        name: the column's name.
        n_features: further columns that describe the row (no id, no time, no attribute of user or item).
    """
    if values is None:
        return KindGuess(Kind.IMPLICIT, 0.95, _("there is no value: every row says 'chosen'"))
    present = values[np.isfinite(values)]
    distinct, counts = np.unique(present, return_counts=True)
    if len(distinct) < 2:
        return KindGuess(Kind.IMPLICIT, 0.9, _("all values are equal: every row says 'chosen'"))
    if len(distinct) == 2:
        return _two_valued(distinct, name, n_features)
    return _many_valued(present, distinct, counts, name)


def _many_valued(present: FloatArray, distinct: FloatArray, counts: np.ndarray, name: str) -> KindGuess:
    named = any(word in _RATING_WORDS for word in tokens(name))
    low, high = distinct[0], distinct[-1]
    if _heavy_tailed(distinct, counts) and not (named and len(distinct) <= MOST_STEPS):
        reason = _("half are at most {median:g}, the largest is {high:g}: amounts, not grades").format(
            median=float(np.median(present)), high=high
        )
        return KindGuess(Kind.IMPLICIT, 0.9, reason)
    counted = not named and name_score(name, "value") >= 0.7 and tokens(name) != ["value"]
    if counted and low >= 0 and _falls(distinct, counts):
        return KindGuess(Kind.IMPLICIT, 0.75, _("its name says amount, and small ones are the most frequent"))
    amounts = not named and any(word in _AMOUNT_WORDS for word in tokens(name))
    if amounts and counts[distinct < 0].sum() <= _MOST_RETURNED * counts.sum():
        return KindGuess(Kind.IMPLICIT, 0.7, _("its name says amount"))
    few = len(distinct) <= MOST_STEPS
    sure = (0.95 if few else 0.8) if named else (0.8 if few else 0.6)
    if not named and not few and max(-low, high) > MOST_GRADE:
        reason = _("values up to {high:g}, further than grades go: amounts").format(high=high)
        return KindGuess(Kind.IMPLICIT, 0.6, reason)
    if few:
        reason = _("a scale: {n} steps from {low:g} to {high:g}").format(n=len(distinct), low=low, high=high)
    else:
        reason = _("values between {low:g} and {high:g} without a long tail: grades").format(
            low=low, high=high
        )
    return KindGuess(Kind.RATING, sure, reason)


def _two_valued(distinct: FloatArray, name: str, n_features: int) -> KindGuess:
    pair = _("{low:g} and {high:g}").format(low=distinct[0], high=distinct[1])
    if n_features >= FEATURES_OF_CLICKS and set(distinct) == {0.0, 1.0}:
        sure = 0.9 if name_score(name, "label") == 1.0 else 0.7
        reason = _("only {pair}, and {n} columns that describe the row").format(pair=pair, n=n_features)
        return KindGuess(Kind.CLICK, sure, reason)
    return KindGuess(Kind.IMPLICIT, 0.8, _("only {pair}: yes or no").format(pair=pair))


def _heavy_tailed(distinct: FloatArray, counts: np.ndarray) -> bool:
    """Amounts: most values small, a few many times larger, and no pile at an upper end.

    Returned goods (a few negative amounts below a long tail) are amounts too; a scale around 0 is not.
    """
    total = counts.sum()
    negative = counts[distinct < 0].sum() / total
    positive, weight = distinct[distinct > 0], counts[distinct > 0]
    if not len(positive) or negative > _MOST_RETURNED:
        return False
    order = np.cumsum(weight)
    median = positive[np.searchsorted(order, 0.5 * order[-1])]
    high = positive[np.searchsorted(order, 0.999 * order[-1])]
    pile = weight[-1] / order[-1]
    if len(distinct) > MOST_STEPS and positive[-1] >= 8 * median and pile < 0.01:
        return bool(high >= 4 * median)
    falls = _falls(positive, weight)
    return bool(falls and pile < 0.02 and positive[-1] >= 4 * median and len(positive) > 4)


def _falls(distinct: FloatArray, counts: np.ndarray) -> bool:
    """Whether the smallest amounts are the most frequent and the largest rare, as counts of anything are."""
    positive = counts[distinct > 0]
    if len(positive) < 2:
        return False
    half = max(1, len(positive) // 2)
    small = positive[:half].sum() / positive.sum()
    first = positive[0] >= 0.3 * positive.sum() or int(np.argmax(positive)) == 0
    return bool(first and small > 0.75)
