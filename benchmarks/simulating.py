"""Rows a second and peak memory of the simulator: `python -m benchmarks.simulating [1000000 10000000 32000000]`.

Each line is a process of its own: drawing alone, then drawing and writing a CSV and a Parquet file.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from recsys_core.columns import Kind
from recsys_core.data.simulator import Targets, WorldSpec, chunks, write_world

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000_000, 10_000_000)


def measure(kind: str, rows: int, how: str) -> dict[str, float]:
    """One world, drawn (`draw`) or written (`csv`, `parquet`), in this process."""
    spec = WorldSpec.of_rows(Kind(kind), rows)
    started = time.perf_counter()
    megabytes = 0.0
    if how == "draw":
        made = sum(len(chunk) for chunk in chunks(spec))
    else:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"events.{how}"
            made = write_world(spec, Targets(target)).rows
            megabytes = target.stat().st_size / 1e6
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": made, "seconds": seconds, "peak_mb": peak, "file_mb": megabytes}


def main() -> int:
    """Measures every kind and way at every size."""
    if len(sys.argv) > 3 and sys.argv[1] == "one":
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])))
        return 0
    print(f"{'kind':10}{'way':9}{'rows':>12}{'seconds':>9}{'rows/s':>12}{'peak MB':>9}{'file MB':>9}")
    for rows in [int(size) for size in sys.argv[1:]] or SIZES:
        for kind in Kind:
            for how in ("draw", "csv", "parquet"):
                command = [sys.executable, "-m", "benchmarks.simulating", "one", kind.value, str(rows), how]
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
                one = json.loads(done.stdout)
                print(
                    f"{kind.value:10}{how:9}{one['rows']:12,}{one['seconds']:9.2f}"
                    f"{one['rows'] / one['seconds']:12,.0f}{one['peak_mb']:9.0f}{one['file_mb']:9.0f}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
