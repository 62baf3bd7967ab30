"""New people: how good a list is by what is known of them, how steady one person's list is, and what to say of both.

The truth is measured on the users that a run's split holds out whole: at each number of known rows the rest of theirs
is asked for, for the run and for popularity alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.data.features import attribute_values
from recsys_core.data.splits import COLD_USERS, Split
from recsys_core.evaluation.intervals import mean_interval
from recsys_core.evaluation.meanings import number
from recsys_core.evaluation.strangers import KNOWN, Strangers, popularity_of, users_with_more
from recsys_core.i18n import _
from recsys_core.ranking.top_k import top_k
from recsys_core.runs import Run
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import histories_to_csr
from recsys_core.serving.load import stated_abilities
from recsys_core.serving.trust import TrustScorer
from recsys_core.types import FloatArray, IntArray

DRAWS = 3
LEAST_USERS = 20
MOST_USERS = 2000
CURVE_COLUMNS = (
    "known",
    "n_users",
    "value",
    "low",
    "high",
    "popularity",
    "gain",
    "gain_low",
    "gain_high",
    "hits",
)


@dataclass(frozen=True)
class Judged:
    """Per-user figures at one number of known rows: NDCG@k of a model and of popularity, hits among the first k."""

    known: int
    users: IntArray
    ndcg: FloatArray
    popularity: FloatArray
    precision: FloatArray


def stranger_rows(split: Split) -> IntArray:
    """All rows of the users that the split holds out whole, sorted."""
    return np.sort(np.concatenate([split.test, split.revealed]))


def judged_at(
    scorer: Scorer, split: Split, n_known: int, *, first: bool, draws: int = DRAWS, k: int = 10, seed: int = 0
) -> Judged:
    """Figures of the held-out users when so many of their rows are known: the first by time, or random ones.

    Random rows are drawn several times and a user's figures averaged. Users with no more rows than that are left
    out; of very many 2,000 are drawn.
    """
    rows, popularity = stranger_rows(split), popularity_of(split)
    users = users_with_more(split.dataset, rows, n_known)
    if len(users) > MOST_USERS:
        users = np.sort(np.random.default_rng(seed).choice(users, MOST_USERS, replace=False))
    found = []
    for draw in range(1 if first or n_known == 0 else draws):
        strangers = Strangers.reveal(split, rows, n_known, first=first, seed=seed + draw, users=users)

        def own(places: IntArray, strangers: Strangers = strangers) -> FloatArray:
            return strangers.asked_of(scorer, places)

        def common(places: IntArray) -> FloatArray:
            return np.tile(popularity, (len(places), 1))

        found.append(
            [
                strangers.judge(own, "ndcg", k),
                strangers.judge(common, "ndcg", k),
                strangers.judge(own, "precision", k),
            ]
        )
    ndcg, floor, precision = np.mean(found, axis=0)
    some = np.isfinite(ndcg)
    return Judged(n_known, users[some], ndcg[some], floor[some], precision[some])


def curve(
    scorer: Scorer, split: Split, *, first: bool, k: int = 10, draws: int = DRAWS, seed: int = 0
) -> pd.DataFrame:
    """Quality by number of known rows, one row each: see CURVE_COLUMNS; numbers with under 20 users are left out.

    `value`, `low`, `high`: NDCG@k with its 95 % interval over users. `gain` and its ends: the paired difference to
    popularity. `hits`: items of k that were really chosen.
    """
    table = []
    for n_known in KNOWN:
        one = judged_at(scorer, split, n_known, first=first, draws=draws, k=k, seed=seed)
        if len(one.users) < LEAST_USERS:
            continue
        value, gain = mean_interval(one.ndcg), mean_interval(one.ndcg - one.popularity)
        table.append(
            (
                n_known, len(one.users), value.mean, value.low, value.high, one.popularity.mean(),
                gain.mean, gain.low, gain.high, one.precision.mean() * k,
            )
        )  # fmt: skip
    return pd.DataFrame(table, columns=list(CURVE_COLUMNS))


def said_of(table: pd.DataFrame, model: str) -> str:
    """What a curve shows, in one sentence: from how many known rows on the model beats popularity, and by how much."""
    if table.empty:
        return _("Too few people are held out to judge {model} on them.").format(model=model)
    sure = table[table["gain_low"] > 0]
    worse = table[table["gain_high"] < 0]
    if sure.empty and worse.empty:
        return _(
            "{model} and popularity cannot be told apart for people known by 0 to {most} choices."
        ).format(model=model, most=int(table["known"].max()))
    if sure.empty:
        least = worse.sort_values("gain").iloc[0]
        return _("For people known by {n} choices {model} is worse than popularity: {gain}.").format(
            n=int(least["known"]), model=model, gain=signed(least)
        )
    best, from_ = sure.sort_values("gain").iloc[-1], int(sure["known"].min())
    text = _("{model} beats popularity from {n} known on, most with {best} known: {gain}.").format(
        model=model, n=from_, best=int(best["known"]), gain=signed(best)
    )
    if not worse.empty:
        text += " " + _("With {n} it is worse: {gain}.").format(
            n=int(worse.iloc[0]["known"]), gain=signed(worse.iloc[0])
        )
    return text


def best_of(table: pd.DataFrame, model: str) -> str:
    """The title of the chart: both figures where they lie farthest apart."""
    if table.empty:
        return _("Nobody to judge it on")
    most = table.loc[table["gain"].abs() == table["gain"].abs().max()].iloc[0]
    return _("With {n} known: {model} {value}, popularity {floor}").format(
        n=int(most["known"]), model=model, value=number(most["value"]), floor=number(most["popularity"])
    )


def signed(row: pd.Series) -> str:
    """A gain with its interval, e.g. `+0.110 [0.0800, 0.140]`."""
    sign = "+" if row["gain"] >= 0 else ""
    return f"{sign}{number(row['gain'])} [{number(row['gain_low'])}, {number(row['gain_high'])}]"


def hits_expected(table: pd.DataFrame, n_known: int) -> tuple[float, int] | None:
    """Hits among the first k for held-out people known by at most so many rows, and that number; None where unknown."""
    below = table[table["known"] <= n_known]
    if below.empty:
        return None
    return float(below.iloc[-1]["hits"]), int(below.iloc[-1]["known"])


def steadiness(
    scorer: Scorer,
    history: IntArray,
    *,
    values: FloatArray | None = None,
    attributes: pd.DataFrame | None = None,
    k: int = 10,
    seed: int = 0,
) -> float:
    """Share of a person's list that stays when any one of their choices had not been made; NaN without choices.

    The mean over the choices left out, each list against the whole one (the left-out item counts for neither).
    """
    history = np.asarray(history, dtype=np.int64)
    if not len(history):
        return float("nan")
    shorter = [np.delete(history, place) for place in range(len(history))]
    given = None if values is None else [values, *(np.delete(values, place) for place in range(len(history)))]
    rows = None if attributes is None else pd.concat([attributes] * (len(history) + 1), ignore_index=True)
    scores = scorer.fold_in([history, *shorter], given, rows)
    everything = histories_to_csr([history] * (len(history) + 1), scores.shape[1])
    lists = top_k(scores, min(k, scores.shape[1]), seen=everything, seed=seed).items
    whole = lists[0][lists[0] >= 0]
    if not len(whole):
        return float("nan")
    return float(np.mean([np.isin(whole, one).mean() for one in lists[1:]]))


def cold_runs(runs: list[Run]) -> dict[str, list[Run]]:
    """Runs judged on people held out whole, by the rows that these were known by and the seed; the fullest first.

    Runs of `cold-user:1` and `cold-user:5` learned from the same people, so they stand together. Scores that were made
    elsewhere cannot be asked again with fewer rows known, so they are left out.
    """
    groups: dict[str, list[Run]] = {}
    for run in runs:
        spec = run.config.split_spec
        if spec.protocol in COLD_USERS and not stated_abilities(run.folder / "model").fixed:
            groups.setdefault(f"{spec.protocol} · {spec.seed}", []).append(run)
    return dict(sorted(groups.items(), key=lambda pair: -len(pair[1])))


def is_first(group: str) -> bool:
    """Whether a group of `cold_runs` knows its people by their first rows."""
    return group.startswith("cold-user-first")


MOST_CHOICES = 60


def person_fields(data: Dataset) -> dict[str, list[str] | None]:
    """What somebody can be asked of themselves: attribute -> its values in order, None for a number.

    Attributes with very many values (a postcode) tell little of a stranger and are left out.
    """
    fields: dict[str, list[str] | None] = {}
    for name in data.user_attributes:
        column = data.users[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            fields[name] = None
            continue
        values = sorted(set(attribute_values(column, is_list=name in data.list_columns)))
        if 1 < len(values) <= MOST_CHOICES:
            fields[name] = values
    return fields


def person_row(data: Dataset, told: Mapping[str, object]) -> pd.DataFrame | None:
    """One row as in the users' table from what was told; None where nothing was."""
    known = {name: value for name, value in told.items() if value is not None}
    if not known:
        return None
    row = {name: [value] if name in data.list_columns else value for name, value in known.items()}
    return pd.DataFrame([row])


def trust_said(scorer: Scorer, n_known: int) -> str | None:
    """How far a model that mixes itself with popularity trusts itself here; None for any other."""
    scorer = scorer.explained_by
    if not isinstance(scorer, TrustScorer):
        return None
    trust, share = scorer.trust, float(scorer.trust.at(np.array([n_known]))[0])
    by = _("their first choices by time") if trust.first else _("random choices of theirs")
    if share == 0.0:
        return _(
            "With {n} known choices this is popularity's list: {users} people kept out of training, known by {by}, showed "
            "that the model does not do better yet."
        ).format(n=n_known, users=trust.n_users, by=by)
    return _(
        "With {n} known choices the list is {share:.0%} the model's and {rest:.0%} popularity's: learned from {users} people "
        "kept out of training, known by {by}."
    ).format(n=n_known, share=share, rest=1.0 - share, users=trust.n_users, by=by)
