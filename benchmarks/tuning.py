"""The search behind a model's defaults: `python -m benchmarks.tuning MODEL [--protocol user-random:0.2|last:1|fold]`.

Runs every setting of `benchmarks/grids/MODEL.py` (`GRID: list[dict]`, `CHOSEN: dict`) on two development splits, each
in a process of its own, keeps what is done, and writes `docs/tuning/MODEL.json`. No test row is looked at.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.contest import OURS, Entry, Options, measure
from benchmarks.cuts import DEVELOPMENT_SEEDS, FOLD, Cut
from recsys_core.models.registry import params_of

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "tuning"
DATA = "movielens-100k"
USER_RANDOM = "user-random:0.2"


def search(model: str, protocol: str, options: Options) -> dict[str, Any]:
    """Every setting's figures, best first, and whether the chosen one is the best by development."""
    module = importlib.import_module(f"benchmarks.grids.{model}")
    fold = protocol in (FOLD, "random")
    figure, sign = ("rmse", 1) if fold else ("ndcg@10", -1)
    cuts = [Cut(DATA, f"{FOLD}:0" if fold else protocol, seed, True) for seed in DEVELOPMENT_SEEDS[:2]]
    chosen = settings_of(model, module.CHOSEN)
    grid = [settings_of(model, one) for one in [*module.GRID, module.CHOSEN]]
    grid = [one for place, one in enumerate(grid) if one not in grid[:place]]
    tried = [_tried(model, settings, cuts, figure, options) for settings in grid]
    done = sorted((one for one in tried if "mean" in one), key=lambda one: sign * one["mean"])
    return {
        "model": model,
        "protocol": protocol,
        "figure": figure,
        "cuts": [str(cut) for cut in cuts],
        "chosen": chosen,
        "chosen_is_best": bool(done) and done[0]["settings"] == chosen,
        "tried": [*done, *(one for one in tried if "mean" not in one)],
    }


def settings_of(model: str, line: dict[str, Any]) -> dict[str, Any]:
    """The settings in a line of a grid; what else it notes (figures measured once, abandoned dials) is left out."""
    known = {one.name for one in params_of(model)}
    return {name: value for name, value in line.items() if name in known}


def _tried(
    model: str, settings: dict[str, Any], cuts: list[Cut], figure: str, options: Options
) -> dict[str, Any]:
    """One setting on every cut; the reason where it did not finish."""
    mark = sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    label = f"{model}.{mark}"
    cells = [measure(Entry(label, OURS, model, settings), cut, options, figure) for cut in cuts]
    failed = [cell.skipped for cell in cells if cell.skipped]
    if failed:
        return {"settings": settings, "failed": failed[0]}
    values = [round(cell.figures[figure], 6) for cell in cells]
    seconds = [round(cell.figures["fit_s"], 2) for cell in cells]
    return {
        "settings": settings,
        "mean": round(sum(values) / len(values), 6),
        "values": values,
        "fit_s": seconds,
    }


def main() -> int:
    """Searches, prints the settings best first, writes the JSON."""
    words = sys.argv[1:]
    model = words[0]
    protocol = words[words.index("--protocol") + 1] if "--protocol" in words else USER_RANDOM
    protocol = {"user-random": USER_RANDOM, "last": "last:1"}.get(protocol, protocol)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("RECSYS_WORKSPACE", folder)
        found = search(model, protocol, Options(development=True))
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / f"{model}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in found["tried"]:
        print(one.get("mean", one.get("failed")), one["settings"])
    print(
        "the chosen setting is the best" if found["chosen_is_best"] else "the chosen setting is not the best"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
