"""What each metric means in plain words, with the data set's own nouns, and which direction is better."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from recsys_core.data.dataset import Words
from recsys_core.i18n import N_, _


@dataclass(frozen=True, slots=True)
class Meaning:
    """One metric.

    Attributes:
        title: short name on screen.
        words: one sentence; {k}, {item}, {items}, {user}, {users}, {value}, {verb} are filled in.
        better: 1 higher is better, -1 lower is better, 0 neither.
    """

    title: str
    words: str
    better: int


MEANINGS: dict[str, Meaning] = {
    "ndcg": Meaning(
        N_("NDCG"),
        N_(
            "How good the first {k} {items} are, hits near the top counting more: 1 is perfect, 0 no hit at all."
        ),
        1,
    ),
    "recall": Meaning(
        N_("Recall"),
        N_("Of all the {items} this {user} went on to choose, the share that stands in the list."),
        1,
    ),
    "precision": Meaning(
        N_("Precision"), N_("Of the {k} {items} shown, the share that this {user} went on to choose."), 1
    ),
    "f1": Meaning(N_("F1"), N_("One figure for precision and recall together (harmonic mean)."), 1),
    "hr": Meaning(
        N_("Hit rate"), N_("Share of {users} with at least one right {item} among the {k} shown."), 1
    ),
    "mrr": Meaning(N_("MRR"), N_("1 over the place of the first right {item}: 1 when it stands first."), 1),
    "map": Meaning(N_("MAP"), N_("Precision averaged over the places of the right {items}."), 1),
    "ndcg_liked": Meaning(N_("NDCG, liked"), N_("NDCG that counts only {items} the {user} liked."), 1),
    "recall_liked": Meaning(
        N_("Recall, liked"), N_("Of the {items} the {user} liked, the share in the list."), 1
    ),
    "hr_liked": Meaning(
        N_("Hit rate, liked"), N_("Share of {users} with at least one liked {item} in the list."), 1
    ),
    "rmse": Meaning(
        N_("RMSE"),
        N_("How far a predicted {value} is off, large misses counting more; in units of the {value}."),
        -1,
    ),
    "mae": Meaning(
        N_("MAE"), N_("How far a predicted {value} is off on average, in units of the {value}."), -1
    ),
    "mse": Meaning(N_("MSE"), N_("Mean squared error: RMSE before the root."), -1),
    "accuracy": Meaning(
        N_("Accuracy"), N_("Share of right answers to: will this {user} like this {item}?"), 1
    ),
    "liked_precision": Meaning(
        N_("Precision of 'liked'"), N_("Of those predicted as liked, the share that was."), 1
    ),
    "liked_recall": Meaning(
        N_("Recall of 'liked'"), N_("Of those liked, the share that was predicted as liked."), 1
    ),
    "liked_f1": Meaning(N_("F1 of 'liked'"), N_("Precision and recall of 'liked' in one figure."), 1),
    "auc": Meaning(
        N_("AUC"),
        N_("Chance that a liked {item} is predicted above one that was not liked; 0.5 is guessing."),
        1,
    ),
    "coverage": Meaning(N_("Coverage"), N_("Share of the catalogue that anybody gets to see."), 1),
    "gini": Meaning(
        N_("Gini"), N_("How unequally {items} are shown: 0 all alike, 1 one gets everything."), -1
    ),
    "personalisation": Meaning(
        N_("Personalisation"), N_("How different two {users}' lists are: 0 the same list."), 1
    ),
    "top_item_share": Meaning(
        N_("Top item's share"), N_("Share of lists that hold the {item} shown most."), -1
    ),
    "novelty": Meaning(
        N_("Novelty"), N_("How little known the {items} shown are, in bits; higher is rarer."), 0
    ),
    "mean_popularity": Meaning(
        N_("Mean popularity"), N_("How many {users} chose the {items} shown, on average."), 0
    ),
    "intra_list_diversity": Meaning(
        N_("Diversity in the list"),
        N_("How different the {items} of one list are: 0 all alike, 1 nothing shared."),
        0,
    ),
}


def split_name(metric: str) -> tuple[str, int | None]:
    """`ndcg@10` -> (`ndcg`, 10); `rmse` -> (`rmse`, None)."""
    base, at, k = metric.partition("@")
    return base, int(k) if at else None


def title(metric: str) -> str:
    """The metric's name on screen, `NDCG@10`."""
    base, k = split_name(metric)
    known = _(MEANINGS[base].title) if base in MEANINGS else base
    return f"{known}@{k}" if k else known


def meaning(metric: str, words: Words) -> str:
    """The metric in plain words and its direction; empty for an unknown one."""
    base, k = split_name(metric)
    if base not in MEANINGS:
        return ""
    one = MEANINGS[base]
    sentence = _(one.words).format(
        k=k,
        item=words.item,
        items=words.items,
        user=words.user,
        users=words.users,
        value=words.value,
        verb=words.verb,
    )
    direction = {1: _("Higher is better."), -1: _("Lower is better."), 0: ""}[one.better]
    return f"{sentence} {direction}".strip()


def better(metric: str) -> int:
    """1, -1 or 0: which direction is better."""
    return MEANINGS[split_name(metric)[0]].better if split_name(metric)[0] in MEANINGS else 0


def arrow(metric: str) -> str:
    """An arrow for the better direction, to stand beside the name."""
    return {1: "↑", -1: "↓", 0: ""}[better(metric)]


def number(value: float | None) -> str:
    """Three significant digits, thousands separated; a dash for nothing."""
    if value is None or math.isnan(value):
        return "–"
    if abs(value) >= 999.5:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{value:.3f}" if "e" in text or abs(value) < 1 else text


def with_interval(value: float, interval: list[float] | None) -> str:
    """`0.442 ± 0.017`."""
    if not interval or math.isnan(interval[0]):
        return number(value)
    return f"{number(value)} ± {number((interval[1] - interval[0]) / 2)}"


def duration(seconds: float) -> str:
    """`12 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{n} s").format(n=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("{m} min {s} s").format(m=minutes, s=rest)
    return _("{h} h {m} min").format(h=minutes // 60, m=minutes % 60)


FETCHING: dict[str, tuple[float, str]] = {
    "started": (0.0, N_("Asking for it")),
    "waiting": (0.0, N_("Somebody else is fetching it: waiting")),
    "reading": (0.0, N_("Reading")),
    "cleaning": (1.0, N_("Cleaning and counting")),
    "keeping": (1.0, N_("Writing it into the workspace")),
    "done": (1.0, N_("Done")),
}
"""The stages of fetching a source: the share of the bar, and the words."""


REHEARSING: dict[str, str] = {
    "started": N_("Starting"),
    "learning": N_("Learning the model once more, without its validation rows"),
    "ranking": N_("Ranking everything for everybody"),
    "judging": N_("Judging every re-ranker at every strength"),
    "done": N_("Done"),
}
"""The stages of drawing a frontier."""


def working(event: dict[str, Any]) -> tuple[float, str]:
    """How far any other long work is, from 0 to 1, and in words: its own `words`, then `3 s left`."""
    text = str(event.get("words") or _("Working"))
    left = event.get("seconds_left")
    if left is not None:
        text += " · " + _("{left} left").format(left=duration(left))
    return min(max(float(event.get("share", 0.0)), 0.0), 1.0), text


def rehearsing(event: dict[str, Any]) -> tuple[float, str]:
    """How far a stage of drawing a frontier is, from 0 to 1, and in words: `Judging … · 3 s left`."""
    text = _(REHEARSING.get(event["status"], REHEARSING["started"]))
    left = event.get("seconds_left")
    if left is not None:
        text += " · " + _("{left} left").format(left=duration(left))
    return min(max(float(event.get("share", 0.0)), 0.0), 1.0), text


def judging(event: dict[str, Any]) -> tuple[float, str]:
    """How far judging imported scores is, from 0 to 1, and in words."""
    text = _("Judging every list") if event["status"] == "ranking" else _("Reading the file")
    return min(max(float(event.get("share", 0.0)), 0.0), 1.0), text


MAPPING: dict[str, str] = {
    "started": N_("Starting"),
    "scoring": N_("Asking the model how it sees them"),
    "drawing": N_("Bringing neighbours together on the map"),
    "checking": N_("Checking how far the map can be trusted"),
    "done": N_("Done"),
}
"""The stages of drawing a map."""


def mapping(event: dict[str, Any]) -> tuple[float, str]:
    """How far a stage of drawing a map is, from 0 to 1, and in words."""
    text = _(MAPPING.get(event["status"], MAPPING["started"]))
    left = event.get("seconds_left")
    if left is not None:
        text += " · " + _("{left} left").format(left=duration(left))
    return min(max(float(event.get("share", 0.0)), 0.0), 1.0), text


def fetching(event: dict[str, Any]) -> tuple[float, str]:
    """How far fetching a source is, from 0 to 1, and in words: `12.3 of 262 MB · 3 min 20 s left`."""
    if event["status"] != "downloading":
        share, words = FETCHING.get(event["status"], FETCHING["started"])
        return event.get("share", share), _(words)
    done, of = event["done"] / 1e6, event["of"] / 1e6
    text = (
        _("{done:,.1f} of {of:,.1f} MB").format(done=done, of=of)
        if of
        else _("{done:,.1f} MB").format(done=done)
    )
    if event["seconds_left"] is not None:
        text += " · " + _("{left} left").format(left=duration(event["seconds_left"]))
    return (min(done / of, 1.0) if of else 0.0), text
