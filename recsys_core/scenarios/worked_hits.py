"""Ranking metrics of one user, step by step in plain arithmetic: nothing of `evaluation.metrics` is called here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from recsys_core.i18n import N_, _
from recsys_core.scenarios.worked import Column, Part, Step, decimal, lines, ratio, summed

WORTH = {
    "ndcg": N_("Discount: what a hit in this place counts, 1/log₂(place + 1)."),
    "map": N_("Precision up to this place: hits so far over places so far."),
    "mrr": N_("1 over the place; only the first hit counts."),
    "hr": N_("1 for the first hit; more hits change nothing."),
    "precision": N_("Every place counts the same: 1/k."),
    "recall": N_("Every hit counts the same: 1 over the number of right ones."),
    "f1": N_("Every hit counts once, in precision and in recall."),
}
"""What the column 'counts' holds for each metric."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a list of one user hit.

    Attributes:
        places: of the hits, from 1, in order.
        k: length of the list.
        n_relevant: how many test items could have been hit, |R|.
    """

    places: tuple[int, ...]
    k: int
    n_relevant: int


Arithmetic = Callable[[Found], tuple[float, list[Step], dict[int, float]]]
"""The value, the steps, and what a hit in each place is worth."""


def worked_hits(base: str, found: Found, listed: pd.DataFrame) -> Part:
    """One user's value of a ranking metric from where the hits stand.

    Args:
        base: `ndcg`, `recall`, ..., a key of `RANKING_METRICS`.
        listed: the list, one row a place: `rank`, `title`, `hit`.
    """
    value, steps, worth = ARITHMETIC[base](found)
    first_only = base in ("hr", "mrr")
    counting = found.places[:1] if first_only else found.places
    ranks = [int(rank) for rank in listed["rank"]]
    counted = [worth[rank] for rank in ranks]
    gained = [one if rank in counting else 0.0 for rank, one in zip(ranks, counted, strict=True)]
    table = listed.assign(worth=counted, gained=gained)
    columns = (
        Column("rank", _("Place")),
        Column("title", _("Title")),
        Column("hit", _("Hit"), _("Whether it is one of the held-out ones that count.")),
        Column("worth", _("Counts"), _(WORTH[base])),
        Column(
            "gained", _("Adds"), _("What this place adds: what it counts where it is a hit, else nothing.")
        ),
    )
    return Part(table, columns, tuple(steps), value)


def _counted(found: Found) -> Step:
    words = _("{hits} of the {k} places are hits; {n} could have been.")
    return Step(words.format(hits=len(found.places), k=found.k, n=found.n_relevant))


def _ndcg(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    worth = {place: 1.0 / math.log2(place + 1) for place in range(1, found.k + 1)}
    got = math.fsum(worth[place] for place in found.places)
    n_ideal = min(found.k, found.n_relevant)
    best = math.fsum(worth[place] for place in range(1, n_ideal + 1))
    terms = [rf"\frac{{1}}{{\log_2({place}+1)}}" for place in found.places]
    values = [decimal(worth[place]) for place in found.places]
    gain = [summed(terms), summed(values)] if terms else []
    gain += [decimal(got)] if len(values) != 1 else []
    ideal = [summed([decimal(worth[place]) for place in range(1, n_ideal + 1)])]
    ideal += [decimal(best)] if n_ideal > 1 else []
    steps = [
        _counted(found),
        Step(
            _("Each hit counts 1/log₂(place + 1), so the first places count most:"),
            lines(r"\mathrm{DCG}", *gain),
        ),
        Step(
            _("The best list that there could be has its {n} right ones in the first places:").format(
                n=n_ideal
            ),
            lines(r"\mathrm{IDCG}", *ideal),
        ),
        Step(_("The value is the share of that best:"), ratio(decimal(got), decimal(best), got / best)),
    ]
    return got / best, steps, worth


def _precision(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    value = len(found.places) / found.k
    step = Step(_("Hits over places:"), ratio(str(len(found.places)), str(found.k), value))
    return value, [_counted(found), step], dict.fromkeys(range(1, found.k + 1), 1.0 / found.k)


def _recall(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    value = len(found.places) / found.n_relevant
    latex = ratio(str(len(found.places)), str(found.n_relevant), value)
    worth = dict.fromkeys(range(1, found.k + 1), 1.0 / found.n_relevant)
    return value, [_counted(found), Step(_("Hits over all that could have been hit:"), latex)], worth


def _f1(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    p, q = len(found.places) / found.k, len(found.places) / found.n_relevant
    value = 2 * p * q / (p + q) if p + q else 0.0
    hits = str(len(found.places))
    steps = [
        _counted(found),
        Step(_("Precision, hits over places:"), "P = " + ratio(hits, str(found.k), p)),
        Step(
            _("Recall, hits over all that could have been hit:"),
            "Q = " + ratio(hits, str(found.n_relevant), q),
        ),
    ]
    if p + q:
        above = rf"2 \cdot {decimal(p)} \cdot {decimal(q)}"
        steps.append(Step(_("Their harmonic mean:"), ratio(above, f"{decimal(p)} + {decimal(q)}", value)))
    else:
        steps.append(Step(_("Both are 0, and so is their harmonic mean, by definition."), "0"))
    return value, steps, dict.fromkeys(range(1, found.k + 1), 1.0)


def _hit_rate(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    value = 1.0 if found.places else 0.0
    words = _("At least one is a hit:") if found.places else _("None is a hit:")
    worth = dict.fromkeys(range(1, found.k + 1), 1.0)
    return value, [_counted(found), Step(words, f"{value:.0f}")], worth


def _reciprocal_rank(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    worth = {place: 1.0 / place for place in range(1, found.k + 1)}
    if not found.places:
        return 0.0, [_counted(found), Step(_("There is no hit, so the value is 0."), "0")], worth
    first = found.places[0]
    words = _("The first hit stands in place {place}:").format(place=first)
    return 1.0 / first, [_counted(found), Step(words, ratio("1", str(first), 1.0 / first))], worth


def _average_precision(found: Found) -> tuple[float, list[Step], dict[int, float]]:
    worth = {place: sum(1 for one in found.places if one <= place) / place for place in range(1, found.k + 1)}
    got, below = math.fsum(worth[place] for place in found.places), min(found.k, found.n_relevant)
    terms = [rf"\frac{{{nth}}}{{{place}}}" for nth, place in enumerate(found.places, start=1)]
    steps = [
        _counted(found),
        Step(
            _("At each hit, the precision so far: hits up to there over places up to there:"),
            f"{summed(terms)} = {decimal(got)}" if terms else "0",
        ),
        Step(
            _("Over the most hits that could be, the smaller of k and the number of right ones:"),
            ratio(decimal(got), str(below), got / below),
        ),
    ]
    return got / below, steps, worth


ARITHMETIC: dict[str, Arithmetic] = {
    "ndcg": _ndcg,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "hr": _hit_rate,
    "mrr": _reciprocal_rank,
    "map": _average_precision,
}
