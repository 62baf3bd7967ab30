"""Who is measured on which cuts, each in a process of its own; what is done is kept, so a run goes on where it stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ledger
from benchmarks.cuts import DEVELOPMENT_SEEDS, FINAL_SEEDS, Cut, export
from benchmarks.judge import Answer, Judged, judge
from recsys_core.errors import NotFound
from recsys_core.models.registry import learner

ROOT = Path(__file__).resolve().parent.parent
PEERS_PYTHON = ROOT / ".venv-peers" / "bin" / "python"
KEPT = ROOT / ".bench"
SECONDS = 3600
OURS, PEER = "ours", "peer"


@dataclass(frozen=True, slots=True)
class Options:
    """How a contest is run.

    Attributes:
        development: on development cuts, nothing in the ledger.
        fresh: models whose code changed since their kept figures are measured anew.
        quick: one seed, fewer folds and models.
        folder: where finished measurements are kept.
    """

    development: bool = False
    fresh: bool = False
    quick: bool = False
    folder: Path = KEPT

    @property
    def seeds(self) -> tuple[int, ...]:
        """Split seeds."""
        seeds = DEVELOPMENT_SEEDS if self.development else FINAL_SEEDS
        return seeds[:1] if self.quick else seeds


@dataclass(frozen=True)
class Entry:
    """Somebody who is measured.

    Attributes:
        label: its name in the table.
        side: OURS or PEER.
        quick: takes part in the quick bench.
    """

    label: str
    side: str
    model: str
    settings: dict[str, Any] = field(default_factory=dict)
    quick: bool = True

    @property
    def key(self) -> str:
        """A short name that can be a file's name."""
        return f"{self.side}-{self.label}".replace(" ", "_")

    def missing(self) -> str:
        """Why it cannot take part; empty when it can."""
        if self.side == PEER:
            return "" if PEERS_PYTHON.exists() else "the peers are not installed: make peers"
        try:
            learner(self.model)
        except NotFound:
            return f"there is no model {self.model} yet"
        return ""


@dataclass(frozen=True)
class Cell:
    """One entry on one cut: figures, costs, values a user; or why there are none."""

    figures: dict[str, float]
    per_user: dict[str, np.ndarray]
    skipped: str = ""

    def rounded(self) -> dict[str, Any]:
        """For the raw values on the page's JSON."""
        return {"skipped": self.skipped} if self.skipped else _rounded(self.figures)


def _rounded(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in figures.items()}


def seed_of(cut: Cut) -> int:
    """The training seed on a cut: the split's own, so that both vary together."""
    return cut.seed


def measure(entry: Entry, cut: Cut, options: Options, headline: str) -> Cell:
    """What is kept of this entry on this cut, or a new measurement, which is kept and written into the ledger."""
    reason = entry.missing()
    if reason:
        return Cell({}, {}, reason)
    place = options.folder / str(cut) / entry.key
    kept = _kept(place, entry, options)
    if kept is not None:
        return kept
    print(f"  {cut} {entry.label}", flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        costs, found = _answered(entry, cut)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as problem:
        return Cell({}, {}, _last_line(problem))
    ledger.write_down(entry.key, cut, seed_of(cut), headline, found.figures.get(headline, float("nan")))
    figures = found.figures | costs
    np.savez(_file(place, "npz"), **found.per_user)
    note = {"entry": [entry.model, entry.settings], "code": code_of(entry), "commit": ledger.commit()}
    written = _file(place, "json.part")
    written.write_text(json.dumps(note | {"figures": figures}), encoding="utf-8")
    os.replace(written, _file(place, "json"))
    return Cell(figures, found.per_user)


def _file(place: Path, ending: str) -> Path:
    """A label may hold dots, which are no ending."""
    return place.with_name(f"{place.name}.{ending}")


def _kept(place: Path, entry: Entry, options: Options) -> Cell | None:
    """The finished measurement, unless its settings changed or `--fresh` finds other code."""
    path = _file(place, "json")
    if not path.exists():
        return None
    note = json.loads(path.read_text(encoding="utf-8"))
    stale = note["entry"] != json.loads(json.dumps([entry.model, entry.settings]))
    if stale or (options.fresh and note["code"] != code_of(entry)):
        return None
    with np.load(_file(place, "npz"), allow_pickle=False) as arrays:
        return Cell(note["figures"], {name: arrays[name] for name in arrays.files})


def code_of(entry: Entry) -> str:
    """The last commit of the code that an entry is made of."""
    folders = ["benchmarks/peers"] if entry.side == PEER else ["recsys_core/models", "recsys_core/serving"]
    said = subprocess.run(
        ["git", "log", "-1", "--format=%h", "--", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip()


def _answered(entry: Entry, cut: Cut) -> tuple[dict[str, float], Judged]:
    """Costs and figures, measured now."""
    split = cut.split()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "split.npz", Path(folder) / "answer.npz"
        if entry.side == PEER:
            export(split, source)
            head = [PEERS_PYTHON, "-m", "benchmarks.peers.run", entry.model, source, target, seed_of(cut)]
        else:
            settings = json.dumps(entry.settings)
            head = [
                sys.executable,
                "-m",
                "benchmarks.one",
                entry.model,
                cut.as_json(),
                target,
                seed_of(cut),
                settings,
            ]
        said = run_apart(head)
        costs = {name: value for name, value in said.items() if isinstance(value, float)}
        return costs, judge(Answer.read(target), split)


def run_apart(command: Sequence[object]) -> dict[str, Any]:
    """The JSON in the last line of what a process of its own prints; raises CalledProcessError."""
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def _last_line(problem: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> str:
    lines = str(problem.stderr or problem).strip().splitlines()
    return lines[-1][:200] if lines else "it failed"


def run(
    entries: Sequence[Entry], cuts: Sequence[Cut], options: Options, headline: str
) -> dict[str, dict[str, Cell]]:
    """Label -> cut -> cell, for everyone who takes part."""
    taking_part = [one for one in entries if one.quick or not options.quick]
    found: dict[str, dict[str, Cell]] = {one.label: {} for one in taking_part}
    for cut in cuts:  # cut by cut: all of a cut's entries are comparable as soon as it is done
        for one in taking_part:
            found[one.label][str(cut)] = measure(one, cut, options, headline)
    return found
