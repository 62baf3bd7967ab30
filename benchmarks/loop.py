"""The whole loop, measured: `python -m benchmarks.loop [TABLE ...] [--development] [--fresh]`.

Tables that are not asked for keep their last figures, so an interrupted run goes on where it stopped;
the contests (ratings, lists, next_item, retail, cold_users, new_items, serving_race) and `estimates` keep every finished
measurement in `.bench`, and go on inside a table too. `--development`: on development cuts, printed only. `--fresh`:
models whose code changed anew.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.contest import Options
from benchmarks.ledger import commit
from recsys_core.training.worker import quiet_tensorflow

ROOT = Path(__file__).resolve().parent.parent
JSON, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"
TABLES = {
    "ratings": ("ratings", "Rating error on MovieLens 100K, beside peers"),
    "lists": ("lists", "Top 10 on MovieLens 100K, beside peers"),
    "next_item": ("next_item", "The next item on MovieLens 100K"),
    "retail": ("retail", "The same defaults on Online Retail II"),
    "cold_users": ("cold_users", "New people on MovieLens 100K"),
    "new_items": ("new_items", "New items on MovieLens 100K"),
    "serving_race": ("serving_race", "Users a second, beside peers"),
    "rerank": ("rerank", "Diversity on MovieLens 100K, and on a shop"),
    "search": ("search", "Grid, random and Bayesian search at equal budget"),
    "trust": ("trust", "Can the verdicts be trusted?"),
    "board": ("board", "Metrics with thirty runs"),
    "quality": ("quality", "Quality on MovieLens 100K"),
    "reasons": ("reasons", "Are reasons causes?"),
    "elicitation": ("elicitation", "What to ask a new person"),
    "browser": ("waits", "What a person waits for"),
    "evaluation": ("evaluation", "Judging a model, beside peers"),
    "speed": ("speed", "Speed against the plain way"),
    "estimates": ("estimates", "Is the estimate of a training right?"),
    "serving": ("serving", "What a list, an edit and a reason take"),
    "importing": ("figures", "A file of ten million rows"),
    "jobs": ("jobs", "Jobs beside the app"),
    "exploring": ("exploring", "Explore at ten million rows"),
}
CONTESTS = ("ratings", "lists", "next_item", "retail", "cold_users", "new_items", "serving_race")
PACKAGES = ("tensorflow", "keras", "streamlit", "numpy", "pandas", "onnxruntime")


def measured(name: str, options: Options) -> dict[str, Any]:
    """One table: its figures, when, where and by which commit they were measured."""
    module = importlib.import_module(f"benchmarks.{name}")
    given = (options,) if name in CONTESTS else ()
    return {
        "commit": commit(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {package: version(package) for package in PACKAGES},
        "figures": getattr(module, TABLES[name][0])(*given),
    }


def _page(found: dict[str, Any]) -> str:
    lines = ["# Benchmarks", "", "Written by `make bench`; raw values in `benchmarks.json`.", ""]
    for name, (_function, title) in TABLES.items():
        if name in found:
            one = found[name]
            module = importlib.import_module(f"benchmarks.{name}")
            lines += [f"## {title}", "", f"Commit {one['commit']}, {one['when']}, {one['machine']}.", ""]
            lines += [*module.as_lines(one["figures"]), ""]
            if note := one["figures"].get("note"):  # of what changed since; a new measurement drops it
                lines += [note, ""]
    return "\n".join(lines)


def main() -> int:
    """Measures what is asked for (all without arguments) and writes the page anew."""
    commit()  # before the page itself changes
    asked = sys.argv[1:]
    options = Options(development="--development" in asked, fresh="--fresh" in asked)
    wanted = [word for word in asked if not word.startswith("--")]
    found = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RECSYS_WORKSPACE"] = folder
        quiet_tensorflow()
        for name in wanted or (CONTESTS if options.development else TABLES):
            print(f"measuring {name}", flush=True)
            one = measured(name, options)
            if options.development:
                print(
                    "\n".join(importlib.import_module(f"benchmarks.{name}").as_lines(one["figures"])),
                    flush=True,
                )
                continue
            found[name] = one
            JSON.parent.mkdir(exist_ok=True)
            JSON.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            PAGE.write_text(_page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
