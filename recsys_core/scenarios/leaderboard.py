"""Finished runs side by side, on the same data and the same split only; and what the figures say in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset, Words
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.evaluation.meanings import number, with_interval
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import Run, RunConfig, list_runs
from recsys_core.training.curves import metric_points

COPYCAT_SHARE = 0.6
POOR_LIST = 0.5
RMSE_NEAR = 0.02


@dataclass(frozen=True, slots=True)
class Arena:
    """What runs must share to be compared."""

    split: str
    split_seed: int
    k: int

    @classmethod
    def of(cls, config: RunConfig) -> Arena:
        """The arena of a run."""
        return cls(config.split, config.split_seed, config.k)

    def __str__(self) -> str:
        """Short text for a select box."""
        return _("{split} · seed {seed} · k {k}").format(split=self.split, seed=self.split_seed, k=self.k)


@dataclass(frozen=True)
class Row:
    """One run on the leaderboard."""

    run: Run
    config: RunConfig
    metrics: dict[str, float]
    ci: dict[str, list[float]]
    seconds: float
    peak_rss_mb: float

    @property
    def title(self) -> str:
        """The run's own name, else the model's title."""
        return self.config.name or _(registry.spec(self.config.model).title)

    @property
    def label(self) -> str:
        """The title with the first signs of the id, so that two runs of one name stay apart."""
        return f"{self.title} · {self.run.id[:4]}"

    @property
    def floor(self) -> bool:
        """Whether it is a floor, drawn in grey."""
        return registry.spec(self.config.model).floor


def finished_runs(data: Dataset) -> list[Run]:
    """Runs on exactly this data that can score; the default model first, then newest first.

    Those that were taught without some people or items, for the cold-start lab, come last.
    """
    runs = [run for run in list_runs() if run.has_model and run.config.fingerprint == data.fingerprint]
    return sorted(
        runs,
        key=lambda run: (
            run.config.split.startswith("cold-"),
            run.config.model != registry.DEFAULT_MODEL,
        ),
    )


def arenas(runs: list[Run]) -> list[Arena]:
    """The arenas of these runs, the one with most runs first."""
    counted = pd.Series([Arena.of(run.config) for run in runs]).value_counts(sort=True)
    return list(counted.index)


def leaderboard(runs: list[Run], arena: Arena) -> list[Row]:
    """The runs of one arena, best list first."""
    rows = []
    for run in runs:
        config = run.config
        if Arena.of(config) == arena:
            measured, status = run.measured(), run.status
            seconds = sum(status.get("seconds", {}).values())
            rows.append(
                Row(
                    run,
                    config,
                    measured["metrics"],
                    measured["ci"],
                    seconds,
                    status.get("peak_rss_mb") or 0.0,
                )
            )
    return sorted(rows, key=lambda row: -row.metrics.get(f"ndcg@{arena.k}", 0.0))


def as_table(rows: list[Row], metrics: list[str]) -> pd.DataFrame:
    """Runs x metrics for charts: `label`, `id`, `model`, `floor`, `metric`, `value`, `low`, `high`."""
    table: list[dict[str, Any]] = []
    for row in rows:
        for metric in metrics:
            if metric in row.metrics:
                low, high = row.ci.get(metric, [np.nan, np.nan])
                entry = {"label": row.label, "id": row.run.id, "model": row.config.model, "floor": row.floor}
                table.append(
                    {**entry, "metric": metric, "value": row.metrics[metric], "low": low, "high": high}
                )
    return pd.DataFrame(table)


def learning_curves(rows: list[Row]) -> dict[str, pd.DataFrame]:
    """By watched validation metric, the curves of the networks among the runs: `label`, `id`, `epoch`, `value`."""
    found: dict[str, list[pd.DataFrame]] = {}
    for row in rows:
        if registry.spec(row.config.model).network:
            points, metric = metric_points(row.run.curve())
            if metric:
                found.setdefault(metric, []).append(points.assign(id=row.run.id, label=row.label))
    return {metric: pd.concat(tables, ignore_index=True) for metric, tables in found.items()}


def compare(ours: Row, theirs: Row, metric: str) -> Any:
    """Paired difference (an Interval) of a per-user metric over the users that both judged."""
    tables = [row.run.table("users")[["user", metric]].set_index("user")[metric] for row in (ours, theirs)]
    both = pd.concat(tables, axis=1, join="inner").dropna().to_numpy()
    return paired_interval(both[:, 0], both[:, 1])


def leads(rows: list[Row], k: int) -> list[str]:
    """What each run that is no floor has over popularity in NDCG, for the same users: a paired interval, in words."""
    metric, floor = f"ndcg@{k}", _first(rows, "popularity")
    if floor is None:
        return []
    found = []
    for row in rows:
        if not row.floor and metric in row.metrics:
            gap = compare(row, floor, metric)
            verdict = (
                _("better than popularity") if gap.low > 0
                else _("worse than popularity") if gap.high < 0
                else _("a tie with popularity")
            )  # fmt: skip
            text = _("{run}: {gap:+.3f}, between {low:+.3f} and {high:+.3f}: {verdict}")
            found.append(
                text.format(run=row.label, gap=gap.mean, low=gap.low, high=gap.high, verdict=verdict)
            )
    return found


def verdicts(rows: list[Row], words: Words, k: int) -> list[str]:
    """What the figures say, most important first; sentences in words, few figures each."""
    sentences = [_best_list(rows, words, k), *_ratings(rows, words, k), *_copycats(rows, words, k)]
    return [sentence for sentence in sentences if sentence]


def _first(rows: list[Row], model: str) -> Row | None:
    return next((row for row in rows if row.config.model == model), None)


def _best_list(rows: list[Row], words: Words, k: int) -> str:
    metric, floor, chance = f"ndcg@{k}", _first(rows, "popularity"), _first(rows, "random")
    if not rows or floor is None or metric not in rows[0].metrics:
        return ""
    best = rows[0]
    if chance is not None and (best is chance or compare(best, chance, metric).low <= 0):
        return _(
            "Nothing here is certainly better than chance: these {users} cannot tell {best} from lists drawn by lot. "
            "More data per {user} would help."
        ).format(users=words.users, user=words.user, best=best.title)
    if best is floor:
        return _("Nothing beats popularity here yet: everybody is best served with what most people chose.")
    right, base = (f"{one.metrics[f'precision@{k}'] * k:.2f}" for one in (best, floor))
    found = _(
        "of {k} {items} shown, {right} are ones the {user} went on to choose; popularity manages {base}."
    ).format(k=k, items=words.items, right=right, user=words.user, base=base)
    if compare(best, floor, metric).low <= 0:
        return _(
            "Nothing is certainly better than popularity here. {best} leads, but it is a tie: {found}"
        ).format(best=best.title, found=found)
    sentence = _("{best} makes the best lists: {found}").format(best=best.title, found=found)
    rival = next((row for row in rows if row.config.model not in (best.config.model, "popularity")), None)
    if rival is not None and compare(best, rival, metric).low <= 0:
        sentence += " " + _("Its lead over {second} is a tie: these {users} cannot tell them apart.").format(
            second=rival.title, users=words.users
        )
    return sentence


def _ratings(rows: list[Row], words: Words, k: int) -> list[str]:
    network, bias = _first(rows, "embedding_mlp"), _first(rows, "bias")
    if network is None or bias is None or "rmse" not in network.metrics:
        return []
    ours, theirs = network.metrics["rmse"], bias.metrics["rmse"]
    if abs(ours - theirs) <= RMSE_NEAR * theirs:
        compared = _("about that of Bias")
    else:
        compared = _("better than that of Bias") if ours < theirs else _("worse than that of Bias")
    sentence = _("{title} is off by {rmse} in a predicted {value}, {compared} ({bias}).").format(
        title=network.title,
        rmse=with_interval(ours, network.ci.get("rmse")),
        value=words.value,
        compared=compared,
        bias=number(theirs),
    )
    popularity = _first(rows, "popularity")
    metric = f"ndcg@{k}"
    if popularity and network.metrics[metric] < POOR_LIST * popularity.metrics[metric]:
        sentence += " " + _(
            "Its list is poor all the same (NDCG {ndcg}; one {item} stands in {share:.0%} of the lists). Why: it learns "
            "how high a {value} would be, not what a {user} picks, so the same few {items} with high values come "
            "first for everybody."
        ).format(
            ndcg=number(network.metrics[metric]),
            item=words.item,
            items=words.items,
            share=network.metrics[f"top_item_share@{k}"],
            value=words.value,
            user=words.user,
        )
    return [sentence]


def _copycats(rows: list[Row], words: Words, k: int) -> list[str]:
    named = [
        row.title
        for row in rows
        if not row.floor
        and row.config.model != "embedding_mlp"
        and row.metrics.get(f"top_item_share@{k}", 0.0) > COPYCAT_SHARE
    ]
    if not named:
        return []
    text = _(
        "{titles}: one {item} stands in more than {share:.0%} of the lists, so nearly everybody gets the same."
    )
    return [text.format(titles=", ".join(named), item=words.item, share=COPYCAT_SHARE)]
