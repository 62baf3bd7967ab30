"""Every contest with one seed and fewer models, in under ten minutes: `python -m benchmarks.quick [TABLE ...]`.

On development cuts: no test row is looked at, and nothing is written but a JSON file in a temporary folder.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.contest import Options
from benchmarks.loop import CONTESTS, TABLES, measured
from recsys_core.training.worker import quiet_tensorflow


def main() -> int:
    """Measures, prints each table as it is done, and says how long it took."""
    started = time.perf_counter()
    kept = Path(tempfile.mkdtemp(prefix="recsys-bench-"))
    os.environ.setdefault("RECSYS_WORKSPACE", str(kept / "workspace"))
    quiet_tensorflow()
    options = Options(development=True, quick=True, folder=kept / "measured")
    found = {}
    for name in sys.argv[1:] or CONTESTS:
        found[name] = measured(name, options)
        print(f"\n## {TABLES[name][1]}, quick, on development rows\n", flush=True)
        print(
            "\n".join(importlib.import_module(f"benchmarks.{name}").as_lines(found[name]["figures"])),
            flush=True,
        )
        (kept / "benchmarks.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"\n{time.perf_counter() - started:.0f} s; raw values in {kept / 'benchmarks.json'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
