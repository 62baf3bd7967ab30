"""From a raw CSV to a clean Dataset, ours beside plain pandas: `python -m benchmarks.importing [ROWS]`.

Each way is a process of its own, so that its peak memory is its own. Both do the same steps: read, drop missing,
drop exact duplicates, one row for repeated pairs, ids to row numbers.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from recsys_core.columns import Kind
from recsys_core.data.simulator import Targets, WorldSpec, write_world

ROOT = Path(__file__).resolve().parent.parent
ROWS = 10_000_000
WAYS = ("ours", "pandas")


def ours(path: Path) -> tuple[int, dict[str, float]]:
    """Rows left, and seconds by phase, of the import as `recsys_core import` does it, saving included."""
    from recsys_core.data.cleaning import clean_events
    from recsys_core.data.importing import Tables, assemble, convert
    from recsys_core.data.proposing import propose_recipe
    from recsys_core.data.store import keep_dataset
    from recsys_core.data.tables import read_table

    seconds: dict[str, float] = {}
    last = time.perf_counter()

    def done(phase: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[phase], last = now - last, now

    table = read_table(path, name=path.name, max_mb=None)
    done("read")
    recipe = propose_recipe(table).recipe
    done("understand")
    events = convert(table, recipe)
    done("convert")
    cleaned = clean_events(events, recipe.steps)
    done("clean")
    made = assemble("big", Tables(table), recipe, events, cleaned)
    done("assemble")
    keep_dataset(made.dataset, actor="benchmark", dropped=made.dropped)
    done("save")
    return len(made.dataset.interactions), seconds


def plain(path: Path) -> tuple[int, dict[str, float]]:
    """The same with `pandas.read_csv`, the steps that a notebook would take, and `to_parquet`."""
    import pandas as pd

    started = time.perf_counter()
    table = pd.read_csv(path, dtype={"user_id": "str", "item_id": "str"})
    table = table.dropna().drop_duplicates()
    table = table.sort_values("timestamp").drop_duplicates(["user_id", "item_id"], keep="last")
    for column in ("user_id", "item_id"):
        table[column] = pd.factorize(table[column], sort=True)[0]
    table.to_parquet(path.with_suffix(".pandas.parquet"))
    return len(table), {"all": time.perf_counter() - started}


def measure(way: str, path: Path) -> dict[str, Any]:
    """One way, in this process."""
    started = time.perf_counter()
    rows, phases = ours(path) if way == "ours" else plain(path)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"way": way, "rows_left": rows, "seconds": seconds, "peak_mb": peak, "phases": phases}


def figures(rows: int = ROWS) -> dict[str, Any]:
    """Both ways on a simulated file of ratings."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        write_world(WorldSpec.of_rows(Kind.RATING, rows), Targets(path))
        found: dict[str, Any] = {"rows": rows, "file_mb": path.stat().st_size / 1e6}
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.importing", "one", way, str(path)]
            environment = os.environ | {"RECSYS_WORKSPACE": str(Path(folder) / way)}
            done = subprocess.run(
                command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment
            )
            found[way] = json.loads(done.stdout)
    return found


def as_lines(found: dict[str, Any]) -> list[str]:
    """The figures as a table."""
    lines = [
        f"A CSV of {found['rows']:,} rows ({found['file_mb']:,.0f} MB), each way in a process of its own.",
        "",
        "| way | seconds | rows a second | peak MB | rows left |",
        "|---|---|---|---|---|",
    ]
    for way in WAYS:
        one = found[way]
        lines.append(
            f"| {way} | {one['seconds']:.1f} | {found['rows'] / one['seconds']:,.0f} | {one['peak_mb']:,.0f} "
            f"| {one['rows_left']:,} |"
        )
    phases = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found["ours"]["phases"].items())
    ratio = found["pandas"]["seconds"] / found["ours"]["seconds"]
    return [*lines, "", f"Ours in phases: {phases}. Plain pandas takes {ratio:.2f} times as long."]


def main() -> int:
    """Measures both ways and prints a table and one JSON object."""
    if len(sys.argv) > 3 and sys.argv[1] == "one":
        print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]))))
        return 0
    found = figures(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
    print("\n".join(as_lines(found)))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
