"""What the split auditor found, in words: how much of a figure is the split's kindness."""

from __future__ import annotations

import math
from typing import Any

from recsys_core.data.dataset import Words
from recsys_core.data.split_flags import LEAK
from recsys_core.evaluation.meanings import duration, number, title
from recsys_core.evaluation.significance import BETTER, TIE, WORSE
from recsys_core.i18n import N_, _
from recsys_core.models import registry
from recsys_core.scenarios.split_auditor import Auditing, Figure

KINDEST = "user-random"
STRICTEST_FIRST = ("time", "last", "cold-user")
SAME_QUESTION = ("last", "time")
"""Splits that ask the kindest one's question, more strictly; one that holds people out asks another."""
HARDLY = 0.05
UNLIKE = 2.0
"""From so many times more or fewer items to be found on, two figures are not held against each other."""
PORTIONS = (
    (0.1, N_("about a tenth")), (0.2, N_("about a fifth")), (0.25, N_("about a quarter")),
    (0.333, N_("about a third")), (0.4, N_("about two fifths")), (0.5, N_("about half")),
    (0.6, N_("about three fifths")), (0.667, N_("about two thirds")), (0.75, N_("about three quarters")),
    (0.8, N_("about four fifths")), (0.9, N_("about nine tenths")), (1.0, N_("nearly all")),
)  # fmt: skip


def answers(found: Auditing, words: Words) -> list[str]:
    """What the strictest split leaves of the kindest one's figure and lead; a leak first, where there is one."""
    leaking = [one for one in found.figures if not one.audit.clean]
    if leaking:
        flag = next(flag for flag in leaking[0].audit.flags if flag.severity == LEAK)
        told = _("Under {split} the test rows leak. {sentence}")
        return [told.format(split=leaking[0].protocol, sentence=flag.sentence)]
    kindest, strictest = found.of(KINDEST), _strictest(found)
    if kindest is None or strictest is None:
        only = found.figures[0]
        told = _(
            "{model} reaches {metric} {value} under {split}; there is no second split to hold it against."
        )
        value = number(only.everybody.model.mean)
        about = {"model": _title(found), "metric": title(found.metric), "split": only.protocol}
        return [told.format(value=value, **about)]
    first = f"{_fall(found, kindest, strictest, words)} {_ahead(kindest, strictest)}"
    return [first, *_with_new(found, strictest, words)]


def _strictest(found: Auditing) -> Figure | None:
    return next((one for name in STRICTEST_FIRST if (one := found.of(name)) is not None), None)


def _title(found: Auditing) -> str:
    return _(registry.spec(found.model).title)


def kindness(kindest: Figure, other: Figure) -> float | None:
    """The share of the kindest split's figure that is gone under another, negative where it rises.

    Over the users that the model knows. None where the two ask for so different numbers of items that NDCG moves by
    that alone.
    """
    before, after = kindest.fair, other.fair
    rows = sorted((before.rows_a_user, after.rows_a_user))
    if rows[1] >= UNLIKE * rows[0] or not before.model.mean:
        return None
    return 1 - after.model.mean / before.model.mean


def portion(share: float) -> str:
    """A share in words: 0.52 is about half."""
    return _(min(PORTIONS, key=lambda one: abs(one[0] - share))[1])


def _fall(found: Auditing, kindest: Figure, other: Figure, words: Words) -> str:
    """From one figure to the other, and the share that is kindness."""
    lost, after = kindness(kindest, other), other.fair.model.mean
    about = {
        "split": other.protocol,
        "metric": title(found.metric),
        "model": _title(found),
        "before": number(kindest.fair.model.mean),
        "after": number(after),
        "who": _(" for the {users} it knows").format(users=words.users) if other.new and other.known else "",
        "portion": "" if lost is None else portion(lost),
    }
    if lost is None:
        return _(
            "Under {split} {metric} of {model} is {after}{who}, not to be held against the {before} of user-random: the "
            "number of held-out {items} to be found is {rows} a {user} instead of {rows_before}."
        ).format(
            user=words.user,
            items=words.items,
            rows=number(other.fair.rows_a_user),
            rows_before=number(kindest.fair.rows_a_user),
            **about,
        )
    if lost < -HARDLY:
        told = _("Under {split} {metric} of {model} rises from {before} to {after}{who}.")
    elif lost < HARDLY:
        told = _("Under {split} {metric} of {model} stays where it is{who}: {after} beside {before}.")
    else:
        told = _(
            "Under {split} {metric} of {model} falls from {before} to {after}{who}: {portion} of the figure is the split's "
            "kindness."
        )
    return told.format(**about)


def _ahead(kindest: Figure, other: Figure) -> str:
    """What becomes of the lead over popularity, as a share of popularity: that survives easier and harder questions."""
    before, after = kindest.fair.ahead, other.fair.ahead
    if math.isnan(before) or math.isnan(after):
        return _("Popularity finds nothing there, so nothing is said of a lead.")
    lost, verdict = 1 - after / before if before > 0 else 0.0, other.fair.verdict
    if verdict == WORSE:
        told = _(
            "There popularity is better: the model is {after:+.0%} beside it, {before:+.0%} under user-random."
        )
    elif before <= 0:
        told = _("Beside popularity it is {after:+.0%} there, {before:+.0%} under user-random.")
    elif verdict == TIE:
        told = _("There it is a tie with popularity, which it beats by {before:.0%} under user-random.")
    elif lost < HARDLY or other.protocol not in SAME_QUESTION:
        told = _("It beats popularity by {after:.0%} there, by {before:.0%} under user-random.")
    else:
        told = _(
            "It beats popularity by {after:.0%} there, by {before:.0%} under user-random: {portion} of its lead is kindness."
        )
    return told.format(before=before, after=after, portion=portion(lost))


def _with_new(found: Auditing, one: Figure, words: Words) -> list[str]:
    """What is left with the people whom the model has never met, where a split holds some out by chance."""
    if not one.new or one.known is None:
        return []
    side = one.everybody
    told = {
        BETTER: _("popularity reaches {theirs}"),
        WORSE: _("popularity is better with {theirs}"),
        TIE: _("popularity's {theirs} is a tie with it"),
    }[side.verdict].format(theirs=number(side.popularity.mean))
    return [
        _(
            "{new:,} of the {judged:,} {users} judged under {split} are new to it: with them {metric} is {ours}, and {told}."
        ).format(
            new=one.new,
            judged=side.judged,
            users=words.users,
            split=one.protocol,
            metric=title(found.metric),
            ours=number(side.model.mean),
            told=told,
        )
    ]


def readings(found: Auditing, words: Words) -> list[tuple[str, str]]:
    """What else there is to know, split by split: its name, and some sentences."""
    kindest, strictest = found.of(KINDEST), _strictest(found)
    said = []
    for one in found.figures:
        told = []
        if kindest is not None and one is not kindest:
            if one is not strictest:
                told += [
                    _fall(found, kindest, one, words),
                    _ahead(kindest, one),
                    *_with_new(found, one, words),
                ]
            told.append(
                _("The same move takes popularity from {before} to {after}.").format(
                    before=number(kindest.fair.popularity.mean), after=number(one.fair.popularity.mean)
                )
            )
        told += [flag.sentence for flag in one.audit.flags if flag.severity != LEAK]
        said.append((one.split, " ".join(told)))
    return said + [(name, _("Not tried: {why}.").format(why=why)) for name, why in found.left_out.items()]


def auditing(event: dict[str, Any]) -> tuple[float, str]:
    """How far an audit is, from 0 to 1, and in words: `EASE under time:0.2 · 12 s left`."""
    if event["status"] == "done":
        return 1.0, _("Done")
    if event["status"] != "training":
        return 0.0, _("Starting")
    text = _("{model} under {split}").format(
        model=_(registry.spec(event["model"]).title), split=event["split"]
    )
    left = event.get("seconds_left")
    if left is not None:
        text += " · " + _("{left} left").format(left=duration(left))
    return min(max(float(event["share"]), 0.0), 1.0), text
