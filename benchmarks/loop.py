"""The whole loop, measured: `python -m benchmarks.loop [quality|speed|browser|importing|exploring ...]`.

Tables that are not asked for keep their last figures, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recsys_core.training.worker import quiet_tensorflow

ROOT = Path(__file__).resolve().parent.parent
JSON, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"
TABLES = {
    "quality": ("quality", "Quality on MovieLens 100K"),
    "browser": ("waits", "What a person waits for"),
    "speed": ("speed", "Speed against the plain way"),
    "importing": ("figures", "A file of ten million rows"),
    "exploring": ("exploring", "Explore at ten million rows"),
}
PACKAGES = ("tensorflow", "keras", "streamlit", "numpy", "pandas", "onnxruntime")


def _commit() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def _measured(name: str, commit: str) -> dict[str, Any]:
    module = importlib.import_module(f"benchmarks.{name}")
    return {
        "commit": commit,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {package: version(package) for package in PACKAGES},
        "figures": getattr(module, TABLES[name][0])(),
    }


def _page(found: dict[str, Any]) -> str:
    lines = ["# Benchmarks", "", "Written by `make bench`; raw values in `benchmarks.json`.", ""]
    for name, (_function, title) in TABLES.items():
        if name in found:
            one = found[name]
            module = importlib.import_module(f"benchmarks.{name}")
            lines += [f"## {title}", "", f"Commit {one['commit']}, {one['when']}, {one['machine']}.", ""]
            lines += [*module.as_lines(one["figures"]), ""]
    return "\n".join(lines)


def main() -> int:
    """Measures what is asked for (all without arguments) and writes the page anew."""
    wanted, commit = sys.argv[1:] or list(TABLES), _commit()  # before the page itself changes
    found = json.loads(JSON.read_text(encoding="utf-8")) if JSON.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RECSYS_WORKSPACE"] = folder
        quiet_tensorflow()
        for name in wanted:
            print(f"measuring {name}", flush=True)
            found[name] = _measured(name, commit)
            JSON.parent.mkdir(exist_ok=True)
            JSON.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            PAGE.write_text(_page(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
