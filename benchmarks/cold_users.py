"""New people on MovieLens 100K: every user is a stranger in one of five rotations, known by 0 to 20 of their rows.

The lab's default (`newcomer`) and plain models against popularity, paired over all users, with rows known at random
(`cold-user`) and the first by time (`cold-user-first`). A rotation that was measured is kept in `.bench`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ledger
from benchmarks.contest import Options
from benchmarks.cuts import Cut
from benchmarks.tables import reached
from recsys_core.data.splits import ROTATIONS, Split
from recsys_core.evaluation.intervals import paired_interval
from recsys_core.evaluation.strangers import KNOWN
from recsys_core.models.registry import model_class
from recsys_core.scenarios.newcomers import judged_at
from recsys_core.serving.base import Scorer
from recsys_core.training.newcomer import Newcomer
from recsys_core.types import FloatArray

DATA, SHOWN = "movielens-100k", 5
FINAL, DEVELOPMENT = 22, 8
"""Shuffles of the users: rotations are the seeds 5 m to 5 m + 4. No choice was ever made on the final one's."""
KEPT = Path(".bench") / "cold_users"
DEFAULT, FLOOR = "newcomer", "popularity"
PROTOCOLS = ("cold-user", "cold-user-first")
TARGETS = {1: 0.03, 3: 0.07, 5: 0.09, 10: 0.11}
NEVER_WORSE = -0.01
PLAIN = ("ease", "ials")


def cold_users(options: Options) -> dict[str, Any]:
    """Mean NDCG@10 of each model at each number of known rows, and its gain over popularity with 95 % interval."""
    found: dict[str, Any] = {"shuffle": DEVELOPMENT if options.development else FINAL, "protocols": {}}
    for protocol in PROTOCOLS:
        parts = [
            _rotation(protocol, ROTATIONS * found["shuffle"] + part, options) for part in range(ROTATIONS)
        ]
        models = sorted({name.partition("@")[0] for name in parts[0]} - {FLOOR, "share"})
        table: dict[str, Any] = {}
        for model in [FLOOR, *models]:
            for known in KNOWN:
                ours, theirs = (
                    np.concatenate([part[f"{one}@{known}"] for part in parts]) for one in (model, FLOOR)
                )
                gain = paired_interval(ours, theirs)
                table.setdefault(model, {})[str(known)] = {
                    "ndcg@10": float(ours.mean()),
                    "gain": [gain.mean, gain.low, gain.high],
                    "users": len(ours),
                }
        shares = np.mean([part["share"] for part in parts], axis=0)
        found["protocols"][protocol] = {"models": table, "share": shares.tolist()}
    return found


def _rotation(protocol: str, seed: int, options: Options) -> dict[str, FloatArray]:
    """Per-user NDCG@10 by `model@known`, and the share the default listens to its network."""
    path = KEPT / f"{protocol}.{seed}.npz"
    if path.exists() and not options.fresh:
        with np.load(path) as kept:
            return {name: kept[name] for name in kept.files}
    cut = Cut(DATA, f"{protocol}:{SHOWN}", seed)
    split = cut.split()
    default = Newcomer().fit(split, seed=0)
    scorers = {DEFAULT: default.scorer, "history_encoder, plain": default.base.scorer}
    scorers |= {name: model_class(name)().fit(split, seed=0).scorer for name in PLAIN}
    first = protocol == "cold-user-first"
    found: dict[str, FloatArray] = {"share": default.scorer.trust.weights}  # type: ignore[attr-defined]
    for name, scorer in scorers.items():
        found |= _figures(name, scorer, split, first=first)
        if not options.development:
            mean = float(found[f"{name}@{SHOWN}"].mean())
            ledger.write_down(name, cut, 0, f"ndcg@10, {SHOWN} known", mean)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **found)
    return found


def _figures(name: str, scorer: Scorer, split: Split, *, first: bool) -> dict[str, FloatArray]:
    figures = {}
    for known in KNOWN:
        judged = judged_at(scorer, split, known, first=first, draws=1)
        figures[f"{name}@{known}"] = judged.ndcg
        figures[f"{FLOOR}@{known}"] = judged.popularity
    return figures


def as_lines(found: dict[str, Any]) -> list[str]:
    """A table a protocol, and the targets."""
    lines = []
    for protocol, one in found["protocols"].items():
        lines += [f"`{protocol}`, NDCG@10 (gain over popularity, 95 % interval paired over users):", ""]
        lines += [f"| model | {' | '.join(f'{known} known' for known in KNOWN)} |", "|---" * 8 + "|"]
        for model, cells in one["models"].items():
            row = [_cell(cells[str(known)], model) for known in KNOWN]
            lines.append(f"| {model} | {' | '.join(row)} |")
        share = ", ".join(f"{part:.2f}" for part in one["share"])
        lines += [
            f"| users | {' | '.join(str(one['models'][FLOOR][str(known)]['users']) for known in KNOWN)} |",
            "",
            f"Share of the network in the default's mixture, mean of the rotations: {share}.",
            "",
        ]
    return [*lines, *_targets(found)]


def _cell(cell: dict[str, Any], model: str) -> str:
    if model == FLOOR:
        return f"{cell['ndcg@10']:.3f}"
    gain, low, high = cell["gain"]
    return f"{cell['ndcg@10']:.3f} ({gain:+.3f} [{low:+.3f}, {high:+.3f}])"


def _targets(found: dict[str, Any]) -> list[str]:
    at_random, by_time = (found["protocols"][name]["models"][DEFAULT] for name in PROTOCOLS)
    lines = []
    for known, target in TARGETS.items():
        gain = at_random[str(known)]["gain"]
        lines.append(
            f"- {known} known at random: {gain[0]:+.3f} over popularity (target +{target:g}): "
            f"{reached(gain[0] >= target)}."
        )
    lows = {f"{known} first": by_time[str(known)]["gain"][1] for known in KNOWN}
    lows["nothing known"] = at_random["0"]["gain"][1]
    worst = min(lows, key=lambda name: lows[name])
    lines.append(
        f"- Never worse than popularity with nothing known or the first by time: the lowest lower bound is "
        f"{lows[worst]:+.4f} ({worst}; target above {NEVER_WORSE:g}): {reached(lows[worst] > NEVER_WORSE)}."
    )
    return lines
