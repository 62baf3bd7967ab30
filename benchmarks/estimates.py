"""Is the estimate of a training within a factor of two? Every model, on MovieLens 100K and on a million simulated rows.

`python -m benchmarks.loop estimates`. Each training is a process of its own, as in the app; what is finished stays in
`.bench/estimates`, so an interrupted run goes on where it stopped. Where the default epochs would take more than
MOST_SECONDS by the estimate, fewer are asked for: the cost of the rows is tried, not patience.
`python -m benchmarks.estimates DATA [MODEL ...] [--set key=value ...]` makes some of the trainings alone, e.g. short ones
from which constants are fitted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.tables import reached
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import WorldSpec, simulate_spec
from recsys_core.data.sources import fetch_source
from recsys_core.data.store import is_kept, keep_dataset, open_dataset
from recsys_core.models import registry
from recsys_core.params import parse_assignments
from recsys_core.runs import Run, create_run, list_runs, open_run
from recsys_core.training.estimate import estimate
from recsys_core.training.jobs import configure
from recsys_core.training.worker import work

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench" / "estimates"
ACTOR = "benchmark"
MOVIELENS, RATINGS, CHOICES = "movielens-100k", "million-ratings", "million-choices"
SIMULATED = {RATINGS: Kind.RATING, CHOICES: Kind.IMPLICIT}
A_MILLION = 1_000_000
WITHIN = 2.0
MOST_SECONDS = 60.0
BEFORE = "estimate.json"
"""What was told before a run. That of a blend stands: afterwards the copies of its members are there, and it tells less."""
CLOCK = "clock.jsonl"
"""Every event of a run with the wall clock and the processor time of its process."""


def data_set(name: str) -> Dataset:
    """One of the data sets, made and kept when first asked for."""
    if is_kept(name):
        return open_dataset(name)
    if name == MOVIELENS:
        return fetch_source(name, actor=ACTOR)
    world = simulate_spec(WorldSpec.of_rows(SIMULATED[name], A_MILLION))
    return keep_dataset(world.dataset.renamed(name), actor=ACTOR)


def plans(data: Dataset) -> list[str]:
    """The models that learn from these data; those that need finished runs last."""
    names = [one.name for one in registry.models_for(data.kind)]
    return sorted(names, key=lambda name: name in ("blend", "reranked"))


def settings_for(model: str, data: Dataset) -> dict[str, Any]:
    """What a model must be told beside its defaults, and how many epochs where those would take too long."""
    if model == "reranked":
        made = (run for run in list_runs() if run.config.fingerprint == data.fingerprint and run.has_model)
        return {"base": next(run.id for run in made if run.config.model == "ease")}
    for run in list_runs():  # one that is there keeps its epochs, however the constants have changed since
        if run.config.model == model and run.config.fingerprint == data.fingerprint and run.has_model:
            return {name: run.config.settings[name] for name in ("epochs",) if name in run.config.settings}
    if model == "blend" or "epochs" not in {spec.name for spec in registry.params_of(model)}:
        return {}
    default = next(spec.default for spec in registry.params_of(model) if spec.name == "epochs")
    tried = default
    while (
        tried > 1
        and estimate(data, model, settings={"epochs": tried}, look_back=False).seconds > MOST_SECONDS
    ):
        tried = max(1, tried // 2)
    return {} if tried == default else {"epochs": tried}


def made(data: Dataset, model: str, settings: Mapping[str, Any]) -> Run:
    """The finished run of that model and those settings; trained now, in a process of its own, where there is none."""
    config = configure(data, model, actor=ACTOR, settings=settings)
    for run in list_runs():
        if run.config.same_work(config) and run.has_model:
            return run
    run = create_run(config)
    asked = estimate(data, model, settings=config.settings, look_back=False)
    (run.folder / BEFORE).write_text(json.dumps(asked.to_json()), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.estimates", "--work", run.id]
    subprocess.run(command, cwd=ROOT, check=True)
    return open_run(run.id)


def estimates() -> dict[str, Any]:
    """Estimate and actual of every model on every data set; what is finished is kept, what is not is trained now."""
    before = os.environ.get("RECSYS_WORKSPACE")
    os.environ["RECSYS_WORKSPACE"] = str(FOLDER)
    rows = []
    try:
        for name in (MOVIELENS, *SIMULATED):
            data = data_set(name)
            for model in plans(data):
                print(f"  {name} {model}", flush=True)
                rows.append(_row(data, model, made(data, model, settings_for(model, data))))
    finally:
        os.environ["RECSYS_WORKSPACE"] = before or ""
    return {"load": os.getloadavg(), "rows": rows}


def _row(data: Dataset, model: str, run: Run) -> dict[str, Any]:
    """One line: what is said from the counts alone, no run correcting it, and what it took."""
    status = run.status
    if model == "blend":
        told = json.loads((run.folder / BEFORE).read_text(encoding="utf-8"))
    else:
        told = estimate(data, model, settings=run.config.settings, look_back=False).to_json()
    clock = [json.loads(line) for line in (run.folder / CLOCK).read_text(encoding="utf-8").splitlines()]
    return {
        "data": data.name,
        "model": model,
        "load": sum(one["load"] for one in clock) / len(clock),
        "asked": run.config.settings.get("epochs"),
        "epochs": status["epochs"],
        "estimate": {"seconds": told["seconds"], "memory_mb": told["memory_mb"]},
        "actual": {"seconds": sum(status["seconds"].values()), "memory_mb": status["peak_rss_mb"]},
    }


def ratio(row: dict[str, Any], what: str) -> float:
    """Estimate over actual."""
    return float(row["estimate"][what]) / max(float(row["actual"][what]), 1e-9)


def off(row: dict[str, Any], what: str) -> float:
    """How many times too much or too little; tenths of a second are nothing to anybody."""
    said, took = (float(row[side][what]) for side in ("estimate", "actual"))
    nothing = 0.5 if what == "seconds" else 0.0
    return max((said + nothing) / (took + nothing), (took + nothing) / (said + nothing))


def as_lines(found: dict[str, Any]) -> list[str]:
    """The table in Markdown, and whether every estimate is within a factor of two."""
    lines = [
        "From the counts alone: no earlier run corrects these figures. Load is the mean while it "
        "learned; on a machine that does other work, everything takes longer than was said. Half a second is nothing. "
        f"Epochs: at most so many were asked for, the default ones or, where they would take more than {MOST_SECONDS:.0f} s, "
        "half as often as it takes to stay below. The constants of the estimate were fitted on such trainings, most of them the "
        f"ones of {MOVIELENS} and {RATINGS}; those of {CHOICES} were made after that.",
        "",
        "| data | model | epochs | estimate s | actual s | ratio | estimate MB | actual MB | ratio | load |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        said, took = row["estimate"], row["actual"]
        lines.append(
            f"| {row['data']} | {row['model']} | {row['asked'] or ''} "
            f"| {said['seconds']:.1f} | {took['seconds']:.1f} | {ratio(row, 'seconds'):.2f} "
            f"| {said['memory_mb']:.0f} | {took['memory_mb']:.0f} | {ratio(row, 'memory_mb'):.2f} | {row['load']:.1f} |"
        )
    lines.append("")
    for what, title in (("seconds", "time"), ("memory_mb", "memory")):
        worst = max(found["rows"], key=lambda row, what=what: off(row, what))  # type: ignore[misc]
        times = off(worst, what)
        lines.append(
            f"- Within a factor of two in {title} for every model: worst {times:.2f} ({worst['model']} on {worst['data']}): "
            + reached(times <= WITHIN)
        )
    return lines


def _work(run: Run) -> None:
    """Trains here, noting the clocks at every event."""
    with (run.folder / CLOCK).open("a", encoding="utf-8") as stream:

        def note(event: dict[str, Any]) -> None:
            words = {key: event.get(key) for key in ("type", "phase", "epoch")}
            clocks = {"wall": time.perf_counter(), "cpu": time.process_time(), "load": os.getloadavg()[0]}
            stream.write(json.dumps(words | clocks) + "\n")
            stream.flush()

        note({"type": "start"})
        work(run, watch=note)


def main() -> None:
    """Makes some trainings, one after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", nargs="?", default=MOVIELENS)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--work")
    parser.add_argument("--set", action="append", default=[])
    asked = parser.parse_args()
    os.environ["RECSYS_WORKSPACE"] = str(FOLDER)
    if asked.work:
        _work(open_run(asked.work))
        return
    data, given = data_set(asked.data), parse_assignments(asked.set)
    for model in asked.models or plans(data):
        known = {spec.name for spec in registry.params_of(model)}
        settings = settings_for(model, data) | {name: value for name, value in given.items() if name in known}
        try:
            run = made(data, model, settings)
            print(model, run.status, flush=True)
        except (subprocess.CalledProcessError, StopIteration) as problem:
            print(model, "failed:", problem, flush=True)


if __name__ == "__main__":
    main()
