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
from recsys_core.scenarios.alarms import kept_alarms
from recsys_core.training.curves import metric_points

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


def run_title(config: RunConfig) -> str:
    """A run's own name, else its model's title."""
    return config.name or _(registry.spec(config.model).title)


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
        return run_title(self.config)

    @property
    def label(self) -> str:
        """The title with the first signs of the id, so that two runs of one name stay apart."""
        return f"{self.title} · {self.run.id[:4]}"

    @property
    def brought(self) -> bool:
        """Whether it was made in another workspace and came here as a file."""
        return self.run.origin is not None

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


def usual_reference(rows: list[Row]) -> Row:
    """The run that the others are compared with unless somebody says otherwise: popularity, else the best."""
    return _first(rows, "popularity") or rows[0]


def verdicts(rows: list[Row], words: Words, k: int) -> list[str]:
    """What the figures say, most important first, and the alarms that are known; sentences in words."""
    return [*answers(rows, words, k), *alarms_said(rows, words)]


def answers(rows: list[Row], words: Words, k: int) -> list[str]:
    """What the figures say, without alarms; few figures each."""
    return [sentence for sentence in (_best_list(rows, words, k), _ratings(rows, words)) if sentence]


def alarms_said(rows: list[Row], words: Words) -> list[str]:
    """The alarms of these runs as sentences; of runs that were never checked there are none."""
    return [
        _("{run}: {title}. {sentence}").format(run=row.title, title=alarm.title, sentence=alarm.sentence)
        for row in rows
        for alarm in kept_alarms(row.run, words)
    ]


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


def _ratings(rows: list[Row], words: Words) -> str:
    network, bias = _first(rows, "embedding_mlp"), _first(rows, "bias")
    if network is None or bias is None or "rmse" not in network.metrics:
        return ""
    ours, theirs = network.metrics["rmse"], bias.metrics["rmse"]
    if abs(ours - theirs) <= RMSE_NEAR * theirs:
        compared = _("about that of Bias")
    else:
        compared = _("better than that of Bias") if ours < theirs else _("worse than that of Bias")
    return _("{title} is off by {rmse} in a predicted {value}, {compared} ({bias}).").format(
        title=network.title,
        rmse=with_interval(ours, network.ci.get("rmse")),
        value=words.value,
        compared=compared,
        bias=number(theirs),
    )
