"""Are reasons causes, and quick? `python -m benchmarks.reasons`: taught again, on the simulator, by the clock."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.large import large_scorers, large_split
from benchmarks.retaught import PLANS, causes, taught_split
from benchmarks.tables import reached
from benchmarks.true_causes import BY_LOT, true_causes
from recsys_core.columns import ITEM_ROW
from recsys_core.models.registry import model_class
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import Serving, user_list

TARGET, TARGET_MS = 0.7, 300.0
LONGEST, N_SUGGESTED, REPEATS = 300, 10, 10
TITLES = {"named": "named", "drawn": "by lot", "by_attributes": "named, rival by attributes"}


def reasons() -> dict[str, Any]:
    """All three parts."""
    return {
        "taught_again": {model: causes(model) for model in PLANS},
        "simulator": true_causes(),
        "ms": {"MovieLens 100K": movielens_ms(), "100,000 items, 20,000 users": large_ms()},
    }


def movielens_ms() -> dict[str, list[float]]:
    """By model, median and largest milliseconds to explain ten items to the ten longest histories, once warm."""
    split, found = taught_split(), {}
    for model, plan in PLANS.items():
        scorer = model_class(model)(plan.settings).fit(split, seed=0).scorer
        serving = Serving(model, split.dataset, split, scorer)
        longest = np.argsort(-serving.seen.getnnz(axis=1), kind="stable")[:REPEATS]
        asked = [
            (serving.history(int(user)), user_list(serving, int(user), k=N_SUGGESTED)[ITEM_ROW].to_numpy())
            for user in longest
        ]
        found[model] = _timed(serving, asked)
    return found


def large_ms() -> dict[str, list[float]]:
    """The same at 100,000 items, for models of seeded arrays and histories of 300 drawn by lot."""
    split, found = large_split(), {}
    rng = np.random.default_rng(1)
    known = Serving("large", split.dataset, split, large_scorers(split)["popularity"]())
    for model, make in large_scorers(split).items():
        serving = replace(known, run_id=model, scorer=make())
        drawn = [
            rng.choice(split.dataset.n_items, LONGEST + N_SUGGESTED, replace=False) for _ in range(REPEATS)
        ]
        found[model] = _timed(serving, [(one[:LONGEST], one[LONGEST:]) for one in drawn])
    return found


def _timed(serving: Serving, asked: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
    taken = []
    for history, items in [asked[0], *asked]:
        start = perf_counter()
        explain(serving, history, items)
        taken.append(1000 * (perf_counter() - start))
    return [float(np.median(taken[1:])), float(np.max(taken[1:]))]


def as_lines(found: dict[str, Any]) -> list[str]:
    """Shares with their intervals, and the speed."""
    return [
        *_taught_lines(found["taught_again"]),
        "",
        *_true_lines(found["simulator"]),
        "",
        *_ms_lines(found["ms"]),
    ]


def _said(interval: list[float]) -> str:
    return "{:.0%} ({:.0%} to {:.0%})".format(*interval)


def _taught_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        "MovieLens 100K, taught again without one item of the history: how often the suggestion falls further than "
        "without the most similar other item (by who chose them), Wilson's 95 % interval.",
        "",
        f"| model | users | seeds | {' | '.join(TITLES.values())} |",
        "|" + "---|" * (len(TITLES) + 3),
    ]
    for model, one in found.items():
        cells = " | ".join(_said(one[name]) for name in TITLES)
        lines.append(f"| {model} | {one['users']} | {one['seeds']} | {cells} |")
    lines.append("")
    for model, one in found.items():
        named, drawn = one["named"][0] >= TARGET, one["drawn"][0] < TARGET
        lines.append(
            f"- {model}: at least {TARGET:.0%} of named items: {reached(named)}; "
            f"items by lot fail the same test: {reached(drawn)}."
        )
    ease = found["ease"]
    lines.append(
        f"- Rank-two update of ease against a new fit: they differ by {ease['check']:.0e}. Rows of 50 users taken away "
        f"together give the verdict of a user alone in {ease['agree']:.0%}."
    )
    return lines


def _true_lines(found: dict[str, Any]) -> list[str]:
    some = next(iter(found.values()))
    lines = [
        f"The simulator, {some['lists']} lists a world and model: how often the named item is the true cause (the "
        "choice without which somebody who knows the law of the world, and of the person only their choices, would "
        "expect the suggestion least), or carries at least half as much.",
        "",
        "| world | model | the true cause | at least half of it |",
        "|---|---|---|---|",
    ]
    for world, one in found.items():
        for who, how in one["shares"].items():
            lines.append(
                f"| {world}, {one['history']:.0f} choices | {who} | {_said(how['strongest'])} | {_said(how['half'])} |"
            )
    lines.append("")
    for world, one in found.items():
        for who, how in one["shares"].items():
            if who != BY_LOT:
                strict, half = (reached(how[name][0] >= TARGET) for name in ("strongest", "half"))
                lines.append(
                    f"- {who} in {world}: the true cause in at least {TARGET:.0%}: {strict}; half of it: {half}."
                )
    return lines


def _ms_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"Ten items explained, the longest histories (at 100,000 items: {LONGEST}), milliseconds, once warm:",
        "",
    ]
    for where, models in found.items():
        said = ", ".join(f"{model} {median:.0f} ({most:.0f})" for model, (median, most) in models.items())
        slow = max(median for median, _most in models.values())
        lines.append(
            f"- {where}, median (largest): {said}; every median under {TARGET_MS:g}: {reached(slow < TARGET_MS)}."
        )
    return lines


if __name__ == "__main__":
    print("\n".join(as_lines(reasons())))
