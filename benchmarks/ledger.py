"""Every look at test rows, one line each: `benchmarks/test_ledger.csv`. A look that is not written down is not made."""

from __future__ import annotations

import csv
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from benchmarks.cuts import Cut

ROOT = Path(__file__).resolve().parent.parent
LEDGER = ROOT / "benchmarks" / "test_ledger.csv"
HEADER = ("date", "commit", "model", "data", "protocol", "split_seed", "model_seed", "figure", "value")


@lru_cache(maxsize=1)
def commit() -> str:
    """The commit of the working tree, with `-dirty` where it differs from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def write_down(model: str, cut: Cut, seed: int, figure: str, value: float, path: Path | None = None) -> None:
    """Appends a line; development cuts hold no test rows and leave none."""
    if cut.development:
        return
    target = path or LEDGER
    fresh = not target.exists()
    with target.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(HEADER)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        row = (when, commit(), model, cut.data, cut.protocol, cut.seed, seed, figure, f"{value:.6f}")
        writer.writerow(row)
