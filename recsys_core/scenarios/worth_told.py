"""The worth of an attribute in words: the answer, what stands behind it, and how far measuring it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from recsys_core.data.dataset import Words
from recsys_core.evaluation.meanings import arrow, duration, number, title
from recsys_core.evaluation.worth import (
    ARMS,
    HELPS,
    HURTS,
    NO_EVIDENCE,
    SHUFFLED,
    WITH,
    WITHOUT,
    Gain,
)
from recsys_core.i18n import N_, _
from recsys_core.scenarios.worth import Worth

ARM_TITLES = {WITH: N_("with it"), WITHOUT: N_("without it"), SHUFFLED: N_("shuffled")}
VERDICTS = {HELPS: N_("helps"), HURTS: N_("hurts"), NO_EVIDENCE: N_("no evidence")}
AGAINST = {
    WITHOUT: N_("with it, against without it"),
    SHUFFLED: N_("with it, against shuffled"),
}
MEASURING = {"started": N_("Starting"), "done": N_("Done")}


def column_of(worth: Worth) -> str:
    """The attribute's name without its table."""
    return str(worth.about["attribute"]).partition(".")[2]


def sentence(worth: Worth, model: str, words: Words) -> str:
    """The answer: the verdict and the three means. `model` is its name on screen."""
    told = {
        HELPS: _(
            "{column} helps {model} {whom}: {metric} is {ours} with it, {without} without, {shuffled} shuffled"
        ),
        HURTS: _(
            "{column} hurts {model} {whom}: {metric} is {ours} with it, {without} without, {shuffled} shuffled"
        ),
        NO_EVIDENCE: _(
            "No evidence that {column} helps {model} {whom}: {metric} is {ours} with it, {without} without, "
            "{shuffled} shuffled"
        ),
    }[worth.verdict]
    return told.format(
        column=column_of(worth),
        model=model,
        whom=whom(str(worth.about["split"]), words),
        metric=title(worth.metric),
        ours=number(worth.mean(WITH)),
        without=number(worth.mean(WITHOUT)),
        shuffled=number(worth.mean(SHUFFLED)),
    )


def whom(split: str, words: Words) -> str:
    """Whose lists are judged under a protocol: on new items, for new users, for known users."""
    protocol = split.partition(":")[0]
    if protocol == "cold-item":
        return _("on new {items}").format(items=words.items)
    if protocol.startswith("cold-user"):
        return _("for new {users}").format(users=words.users)
    return _("for known {users}").format(users=words.users)


def reason(worth: Worth) -> str:
    """Why the verdict is what it is, in one sentence."""
    without, shuffled = worth.against[WITHOUT], worth.against[SHUFFLED]
    if worth.verdict == HELPS:
        return _("It surely beats both being without it and being shuffled.")
    if worth.verdict == HURTS:
        return _("It surely loses to both being without it and being shuffled.")
    if without.low > 0:
        return _("It beats being without it, but not surely its own values shuffled: that may be luck.")
    if shuffled.low > 0:
        return _("It beats its own values shuffled, but not surely being without it.")
    if without.high < 0:
        return _("It costs against being without it, but no more than the same values shuffled do.")
    return _("Neither difference is surely above 0.")


def standing(one: Gain) -> str:
    """One difference as a verdict of its own."""
    return HELPS if one.low > 0 else HURTS if one.high < 0 else NO_EVIDENCE


def arms_table(worth: Worth) -> pd.DataFrame:
    """For the chart, one row a training: `arm` (its name), `own`, `seed`, `value`, `mean`, `low`, `high`."""
    rows = [
        (_(ARM_TITLES[arm]), arm == WITH, seed, one, worth.mean(arm), *worth.whiskers[arm])
        for arm in ARMS
        for seed, one in enumerate(worth.arms[arm])
    ]
    return pd.DataFrame(rows, columns=["arm", "own", "seed", "value", "mean", "low", "high"])


def gains_table(worth: Worth) -> pd.DataFrame:
    """For the chart, one row a comparison: `against` (in words), `verdict`, `mean`, `low`, `high`, and the parts."""
    rows = [
        {
            "against": _(AGAINST[arm]),
            "verdict": standing(one),
            **{name: getattr(one, name) for name in ("mean", "low", "high", "users", "seeds", "luck")},
        }
        for arm, one in worth.against.items()
    ]
    return pd.DataFrame(rows)


def gain_said(one: Gain) -> str:
    """`0.046 ± 0.012`; with its sign."""
    return f"{'+' if one.mean > 0 else ''}{number(one.mean)} ± {number((one.high - one.low) / 2)}"


def named(attribute: str, words: Words) -> str:
    """`items.genres` as `genres of things`."""
    side, _dot, name = attribute.partition(".")
    return _("{column} of {whose}").format(column=name, whose=words.items if side == "items" else words.users)


def listed(worths: list[Worth], models: dict[str, str], words: Words) -> list[dict[str, Any]]:
    """Results as rows of a table for a person; `models` name -> name on screen."""
    return [
        {
            _("Attribute"): named(str(worth.about["attribute"]), words),
            _("Model"): models.get(worth.about["model"], worth.about["model"]),
            _("Split"): worth.about["split"],
            _("Seeds"): worth.about["seeds"],
            _("Verdict"): _(VERDICTS[worth.verdict]),
            _("Metric"): f"{title(worth.metric)} {arrow(worth.metric)}".strip(),
            _("With it"): number(worth.mean(WITH)),
            _("Better than without"): gain_said(worth.against[WITHOUT]),
            _("Better than shuffled"): gain_said(worth.against[SHUFFLED]),
        }
        for worth in worths
    ]


def measuring(event: dict[str, Any]) -> tuple[float, str]:
    """How far all trainings are, from 0 to 1, and in words: `Training 4 of 9 (shuffled, seed 1) · 3 min 20 s left`."""
    share = min(max(float(event.get("share", 0.0)), 0.0), 1.0)
    if event["status"] != "learning":
        return share, _(MEASURING.get(event["status"], MEASURING["started"]))
    text = _("Training {n} of {of} ({arm}, seed {seed})").format(
        n=event["training"], of=event["of"], arm=_(ARM_TITLES[event["arm"]]), seed=event["seed"]
    )
    if event.get("seconds_left") is not None:
        text += " · " + _("about {left} left").format(left=duration(event["seconds_left"]))
    return share, text
