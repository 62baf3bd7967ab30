"""The run store: a folder a run, of JSON, Parquet, npz and .keras. The folder is the only channel to its worker."""

from __future__ import annotations

import json
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.store import open_dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.i18n import _
from recsys_core.locks import Lock, is_held
from recsys_core.serving.base import Scorer
from recsys_core.serving.load import load_scorer
from recsys_core.workspace import subfolder

QUEUED, RUNNING, DONE = "queued", "running", "done"
FAILED, CANCELLED, INTERRUPTED = "failed", "cancelled", "interrupted"
ACTIVE = (QUEUED, RUNNING)
STATES = (*ACTIVE, DONE, FAILED, CANCELLED, INTERRUPTED)
_ID = re.compile(r"[0-9a-f]{12}")
_BEGINNING = re.compile(r"[0-9a-f]{4,11}")


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides a run's figures, and who asked for it.

    Attributes:
        settings: every parameter of the model, resolved.
        split: the text of a SplitSpec; `split_seed` its seed: runs that share both and the data are comparable.
        seed: the model's seed.
    """

    model: str
    settings: Mapping[str, Any]
    dataset: str
    fingerprint: str
    split: str
    actor: str
    split_seed: int = 42
    seed: int = 0
    k: int = 10
    name: str = ""
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))

    @property
    def split_spec(self) -> SplitSpec:
        """The split that it asks for."""
        return SplitSpec.parse(self.split, seed=self.split_seed)

    def same_work(self, other: RunConfig) -> bool:
        """Whether both would give the same figures."""
        ignored = {"actor", "name", "created"}
        mine, theirs = asdict(self), asdict(other)
        return all(mine[key] == theirs[key] for key in mine if key not in ignored)


class Run:
    """One run's folder, read afresh at each question; immutable once done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name

    @property
    def config(self) -> RunConfig:
        """What was asked for; raises DataError where it cannot be read."""
        stored = files.read_json(self.folder / "config.json")
        stored.pop("format_version", None)
        try:
            return RunConfig(**stored)
        except TypeError:
            raise DataError(
                what=_("its configuration is damaged"),
                where=_("run {id}").format(id=self.id),
                remedy=_("delete its folder and train again"),
            ) from None

    @property
    def status(self) -> dict[str, Any]:
        """`state` and what goes with it: `error`, `seconds`, `peak_rss_mb`.

        A dead worker reads as interrupted, a status that cannot be read as failed: a list of runs never breaks.
        """
        stored = self._stored_status()
        if stored["state"] == RUNNING and not is_held(self.folder / "lock"):
            stored = self._stored_status()  # it may have finished between the two looks
            if stored["state"] == RUNNING:
                stored["state"] = INTERRUPTED
        return stored

    def _stored_status(self) -> dict[str, Any]:
        try:
            stored = files.read_json(self.folder / "status.json")
        except DataError as problem:
            return {"state": FAILED, "error": str(problem)}
        if stored.get("state") not in STATES:
            return {"state": FAILED, "error": _("status.json: the file is damaged; train again")}
        return stored

    @property
    def state(self) -> str:
        """The state alone."""
        return str(self.status["state"])

    @property
    def has_model(self) -> bool:
        """Whether it can score: done, or cancelled with a best epoch kept."""
        return (self.folder / "metrics.json").exists()

    def set_state(self, state: str, **rest: Any) -> None:
        """Writes the status; only the job's own process calls it."""
        files.write_json(self.folder / "status.json", {"state": state, "time": time.time(), **rest})

    def events(self) -> list[dict[str, Any]]:
        """Every event so far, in order; a line still being written is left for the next look."""
        path = self.folder / "events.jsonl"
        if not path.exists():
            return []
        text = path.read_text(encoding="utf-8")
        complete = text[: text.rfind("\n") + 1]
        return [json.loads(line) for line in complete.splitlines()]

    def curve(self, events: list[dict[str, Any]] | None = None) -> pd.DataFrame:
        """The epochs: phase, epoch, loss, valid_* and samples_per_second."""
        rows = [event for event in (events or self.events()) if event["type"] == "epoch"]
        curve = pd.DataFrame(rows)
        # a run that was resumed may have made an epoch twice: the later line is the one that counts
        keys = [key for key in ("phase", "epoch") if key in curve]
        return curve.drop_duplicates(keys, keep="last", ignore_index=True) if keys else curve

    def cancel(self, *, actor: str) -> None:
        """Asks the worker to stop; the worker looks between two compiled calls."""
        if self.state not in ACTIVE:
            raise DataError(
                what=_("it is not running any more ({state})").format(state=self.state),
                where=_("run {id}").format(id=self.id),
                remedy=_("there is nothing to stop; 'delete' removes it"),
            )
        files.write_json(self.folder / "cancel.json", {"actor": actor, "time": time.time()})

    @property
    def cancel_asked(self) -> bool:
        """Whether somebody asked to stop."""
        return (self.folder / "cancel.json").exists()

    def keep(self, evaluation: Evaluation) -> None:
        """Writes what was measured; metrics.json last, as the mark that all is there."""
        files.write_table(self.folder / "users.parquet", evaluation.per_user)
        files.write_table(self.folder / "candidates.parquet", evaluation.candidates)
        hashed = [
            path
            for path in sorted(self.folder.rglob("*"))
            if path.suffix in {".parquet", ".keras", ".onnx", ".npz"}
        ]
        files.write_json(
            self.folder / "metrics.json",
            {
                "metrics": evaluation.metrics,
                "ci": evaluation.ci,
                "n_judged": evaluation.n_judged,
                "liked_from": evaluation.liked_from,
                "sha256": {str(path.relative_to(self.folder)): files.sha256_of(path) for path in hashed},
            },
        )

    def measured(self) -> dict[str, Any]:
        """`metrics`, `ci`, `n_judged`, `liked_from`; raises NotFound while there are none."""
        if not self.has_model:
            raise NotFound(
                what=_("it has no results ({state})").format(state=self.state),
                where=_("run {id}").format(id=self.id),
                remedy=_("wait until it is done, or train again"),
            )
        return files.read_json(self.folder / "metrics.json")

    def table(self, name: str) -> pd.DataFrame:
        """The table `users` or `candidates`."""
        self.measured()
        return pd.read_parquet(self.folder / f"{name}.parquet")

    def scorer(self) -> Scorer:
        """The model as it serves."""
        self.measured()
        return load_scorer(self.folder / "model")

    def dataset(self) -> Dataset:
        """The data it was trained on; raises DataError when they were replaced since."""
        config = self.config
        data = open_dataset(config.dataset)
        if data.fingerprint != config.fingerprint:
            raise DataError(
                what=_("data set {name} was replaced after the run").format(name=config.dataset),
                where=_("run {id}").format(id=self.id),
                remedy=_("train again on the new data"),
            )
        return data

    def split(self, dataset: Dataset | None = None) -> Split:
        """The split it was trained and judged on, made again from its spec."""
        return make_split(dataset or self.dataset(), self.config.split_spec)


def runs_folder() -> Path:
    """Where runs live."""
    return subfolder("runs")


def create_run(config: RunConfig) -> Run:
    """A new, queued run."""
    building = runs_folder() / f".{uuid.uuid4().hex[:12]}"
    building.mkdir()
    files.write_json(building / "config.json", asdict(config))
    Run(building).set_state(QUEUED)
    folder = building.with_name(building.name[1:])
    building.rename(folder)
    return Run(folder)


def open_run(run_id: str) -> Run:
    """The run of that id, or of the name or the beginning (as screens show it) that exactly one has; else NotFound."""
    if _ID.fullmatch(run_id) and (runs_folder() / run_id / "config.json").exists():
        return Run(runs_folder() / run_id)
    named = [run for run in list_runs() if run_id and run.config.name == run_id]
    if not named and _BEGINNING.fullmatch(run_id):
        named = [run for run in list_runs() if run.id.startswith(run_id)]
    if len(named) == 1:
        return named[0]
    problem = _("several runs are called {id}") if named else _("there is no run {id}")
    raise NotFound(
        what=problem.format(id=repr(run_id[:80])),
        where=_("workspace"),
        remedy=_("the command 'runs' lists every id"),
    )


def list_runs() -> list[Run]:
    """Every readable run, newest first."""
    found = []
    for folder in runs_folder().iterdir():
        if _ID.fullmatch(folder.name):
            try:
                found.append((Run(folder).config.created, Run(folder)))
            except DataError:
                continue
    return [run for _created, run in sorted(found, key=lambda pair: pair[0], reverse=True)]


def delete_run(run_id: str, *, actor: str) -> None:
    """Removes a run that is not at work; its folder goes in one step, so nobody sees half of it."""
    run = open_run(run_id)
    if not actor:
        raise ValueError("a mutating call names its actor")
    lock = Lock(run.folder / "lock")
    if not lock.acquire():
        raise DataError(
            what=_("it is still running"), where=_("run {id}").format(id=run.id), remedy=_("cancel it first")
        )
    doomed = run.folder.with_name(f".{run.id}.{uuid.uuid4().hex[:8]}.deleted")
    try:
        run.folder.rename(doomed)
    except FileNotFoundError:
        return  # somebody else deleted it at the same moment
    finally:
        lock.release()
    shutil.rmtree(doomed)
