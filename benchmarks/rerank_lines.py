"""The figures of re-ranking as lines of the page: times, settings on test, targets, the shop."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.tables import reached
from recsys_core.ranking.rerank import METHODS

N_USERS, POOL, LENGTH = 6_040, 200, 20
BULK_S, DIAL_MS, FRONTIER_S, CACHED_MS = 2.0, 50.0, 30.0, 100.0
LOSS, DISTANCE, COVERAGE = 1.0, 6.5, 12.0
FAR_LOSS, FAR_PLACES = 5.0, 3
"""What is asked for: seconds, milliseconds, percent, places."""


def as_lines(found: dict[str, Any]) -> list[str]:
    """Times, then what the chosen settings cost and bring on test, then the shop."""
    bulk_s = found["bulk"]
    lines = [
        f"Load of the machine {', '.join(f'{one:.1f}' for one in found['load'])}.",
        "",
        f"{N_USERS:,} users, {POOL} candidates each, to {LENGTH}: "
        + "; ".join(f"{name} {seconds:.2f} s" for name, seconds in bulk_s.items())
        + ".",
        "",
        "| one list after the dial moved (p50, p95, the first move), ms | " + " | ".join(METHODS) + " |",
        "|" + "---|" * (len(METHODS) + 1),
    ]
    for run, methods in found["dial"].items():
        cells = [", ".join(f"{one:.0f}" for one in methods[method]) for method in METHODS]
        lines.append(f"| {run} | {' | '.join(cells)} |")
    lines += ["", *_quality_lines(found["quality"]), "", *_retail_lines(found["retail"]), ""]
    worst = max(one[1] for methods in found["dial"].values() for one in methods.values())
    mmr_dpp = max(seconds for name, seconds in bulk_s.items() if name.startswith(("mmr", "dpp")))
    drawn = found["drawing"]
    lines += [
        f"- MMR and DPP of everybody under {BULK_S:g} s each: {mmr_dpp:.2f} s: {reached(mmr_dpp < BULK_S)}.",
        f"- A list after the dial moved under {DIAL_MS:g} ms at p95: {worst:.0f} ms: {reached(worst < DIAL_MS)}.",
    ]
    for run, one in drawn.items():
        fast = one["first_s"] < FRONTIER_S
        lines.append(
            f"- The whole frontier of {run} ({one['points']} points, the model learned once more included) under "
            f"{FRONTIER_S:g} s: {one['first_s']:.1f} s: {reached(fast)}; kept: {one['kept_ms']:.0f} ms: "
            f"{reached(one['kept_ms'] < CACHED_MS)}."
        )
    return [*lines, *_targets(found["quality"])]


def _quality_lines(rows: list[dict[str, Any]]) -> list[str]:
    head = [
        "model",
        "split",
        "for",
        "setting",
        "NDCG@10 as ranked",
        "with it",
        "NDCG %",
        "distance %",
        "coverage %",
    ]
    head += ["who chose both %", "from the taste %", "novelty %", "places"]
    lines = [
        "Settings chosen on validation, measured on test once (fresh splits, 20 % of each user's rows):",
        "",
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
    ]
    for row in rows:
        if row["setting"] is None:
            lines.append(
                f"| {row['model']} | {row['seed']} | {row['goal']} | none reached it on validation |"
                + " – |" * 9
            )
            continue
        interval = (
            f"{row['ndcg_change']:+.2f} ({row['ndcg_change_low']:+.2f} to {row['ndcg_change_high']:+.2f})"
        )
        cells = [row["model"], row["seed"], row["goal"], f"{row['setting'][0]} {row['setting'][1]:.2f}"]
        cells += [f"{row['as_ranked']:.4f}", f"{row['ndcg']:.4f}", interval]
        names = ("distance", "coverage", "together", "miscalibration", "novelty")
        cells += [f"{row[f'{name}_change']:+.1f}" for name in names]
        lines.append(f"| {' | '.join(map(str, cells))} | {row['changed']:.0f} |")
    return lines


def _mean(rows: list[dict[str, Any]], name: str) -> float:
    return float(np.mean([row[name] for row in rows]))


def _targets(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model and row["goal"] == "gains" and row["setting"]]
        wide = [row for row in rows if row["model"] == model and row["goal"] == "far" and row["setting"]]
        if own:
            holds = [
                row["ndcg_change"] >= -LOSS
                and row["distance_change"] >= DISTANCE
                and row["coverage_change"] >= COVERAGE
                and row["together_change"] >= 0
                and row["miscalibration_change"] <= 0
                for row in own
            ]
            mean = _mean(own, "ndcg_change") >= -LOSS and _mean(own, "distance_change") >= DISTANCE
            mean = mean and _mean(own, "coverage_change") >= COVERAGE
            lines.append(
                f"- {model}: at most {LOSS:g} % of NDCG for {DISTANCE:g} % distance and {COVERAGE:g} % coverage, nothing else "
                f"worse: mean {_mean(own, 'ndcg_change'):+.2f} %, {_mean(own, 'distance_change'):+.1f} %, "
                f"{_mean(own, 'coverage_change'):+.1f} %: {reached(mean)}; on {sum(holds)} of {len(holds)} splits by itself."
            )
        if wide:
            places = [f"{row['changed']:.0f}" for row in wide]
            holds = [row["ndcg_change"] >= -FAR_LOSS and row["changed"] >= FAR_PLACES for row in wide]
            lines.append(
                f"- {model}: at most {FAR_LOSS:g} % lost where the median list changes in {FAR_PLACES} places: mean "
                f"{_mean(wide, 'ndcg_change'):+.2f} %, median places {', '.join(places)}: "
                f"{reached(all(holds))}."
            )
    return lines


def _retail_lines(found: dict[str, Any]) -> list[str]:
    if "absent" in found:
        return [found["absent"] + "."]
    lines = [
        f"Online Retail II, the default network, no code changed: {found['users']:,} users, {found['items']:,} items; distances "
        f"{', '.join(found['distances'])}; the frontier took {found['seconds']:.0f} s. Within {LOSS:g} % of NDCG, on validation:",
        "",
    ]
    for name, one in found["best"].items():
        if one is None:
            lines.append(f"- most {name}: nothing.")
            continue
        lines.append(
            f"- most {name}: {one['method']} {one['strength']:.1f}: NDCG {one['ndcg_change']:+.1f} % "
            f"({one['ndcg_change_low']:+.1f} to {one['ndcg_change_high']:+.1f}), distance {one['distance_change']:+.1f} %, "
            f"coverage {one['coverage_change']:+.1f} %."
        )
    return lines
