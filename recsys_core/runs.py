"""The run store: a folder a run, of JSON, Parquet, npz and .keras. The folder is the only channel to its worker."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, make_split
from recsys_core.data.store import open_same
from recsys_core.errors import DataError, NotFound
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.i18n import _
from recsys_core.job_folder import (  # noqa: F401  the words of a run's state, beside the run
    ACTIVE,
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    QUEUED,
    RUNNING,
    STATES,
    JobFolder,
)
from recsys_core.origin import WAITING, Origin, origin_of
from recsys_core.run_config import RunConfig as RunConfig  # noqa: PLC0414
from recsys_core.serving.base import Scorer
from recsys_core.serving.load import load_scorer
from recsys_core.workspace import subfolder

CHECKPOINT = "checkpoint"
"""Folder of a run in which its training keeps where it stands."""
_ID = re.compile(r"[0-9a-f]{12}")
_BEGINNING = re.compile(r"[0-9a-f]{4,11}")


class Run(JobFolder):
    """One run's folder, read afresh at each question; immutable once done."""

    @property
    def called(self) -> str:
        """What messages call it."""
        return _("run {id}").format(id=self.id)

    @property
    def config(self) -> RunConfig:
        """What was asked for; raises DataError where it cannot be read."""
        path = self.folder / "config.json"
        try:
            found = path.stat()
        except OSError:
            return _config_in(path, 0, 0)  # which says what is wrong
        return _config_in(path, found.st_mtime_ns, found.st_ino)

    @property
    def has_model(self) -> bool:
        """Whether it can score: done, or cancelled with a best epoch kept, and its model is not waiting for data."""
        return self.has_figures and not self.waiting

    @property
    def has_figures(self) -> bool:
        """Whether it was measured, here or where it came from."""
        return (self.folder / "metrics.json").exists()

    @property
    def waiting(self) -> bool:
        """Whether it came in a bundle whose data set was not here, so that its model is not built yet."""
        return (self.folder / WAITING).exists()

    @property
    def origin(self) -> Origin | None:
        """Where it came from; None for a run that was made here."""
        return origin_of(self.folder)

    def curve(self, events: list[dict[str, Any]] | None = None) -> pd.DataFrame:
        """The epochs: phase, epoch, loss, valid_* and samples_per_second."""
        rows = [event for event in (events or self.events()) if event["type"] == "epoch"]
        curve = pd.DataFrame(rows)
        if not {"phase", "epoch"} <= set(curve.columns):
            return curve
        # a run that was resumed may have made an epoch twice: the later line is the one that counts
        curve = curve.drop_duplicates(["phase", "epoch"], keep="last")
        begun = {phase: place for place, phase in enumerate(curve["phase"].unique())}
        order = curve["phase"].map(begun).to_numpy() * (curve["epoch"].max() + 1) + curve["epoch"].to_numpy()
        return curve.iloc[np.argsort(order)].reset_index(drop=True)

    @property
    def can_go_on(self) -> bool:
        """Whether it ended before its time and there is a way on: its process died, or it was stopped while judged."""
        state = self.state
        return state == INTERRUPTED or (state == CANCELLED and not self.has_model and self.goes_on_from_kept)

    @property
    def goes_on_from_kept(self) -> bool:
        """Whether a checkpoint is there; a run without one starts anew when it goes on."""
        return any((self.folder / CHECKPOINT).glob("*.npz"))

    def keep(self, evaluation: Evaluation) -> None:
        """Writes what was measured; metrics.json last, as the mark that all is there."""
        files.write_table(self.folder / "users.parquet", evaluation.per_user)
        files.write_table(self.folder / "candidates.parquet", evaluation.candidates)
        files.write_table(self.folder / "by_k.parquet", evaluation.by_k)
        files.write_table(self.folder / "draws.parquet", evaluation.draws)
        if evaluation.predictions is not None:
            files.write_table(self.folder / "predictions.parquet", evaluation.predictions)
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
        if not self.has_figures:
            raise NotFound(
                what=_("it has no results ({state})").format(state=self.state),
                where=self.called,
                remedy=_("wait until it is done, or train again"),
            )
        return files.read_json(self.folder / "metrics.json")

    def table(self, name: str) -> pd.DataFrame:
        """What was measured, as `Evaluation` has it: `users`, `candidates`, `by_k`, `draws`, `predictions`.

        Raises:
            NotFound: there is none: nothing was measured yet, ratings are not predicted, or an older version made the run.
        """
        path = self.folder / f"{name}.parquet"
        if not self.has_model or not path.exists():
            self._check_built()
            raise NotFound(
                what=_("it has no table {name}").format(name=name),
                where=self.called,
                remedy=_("train again: an older version of the app made it"),
            )
        return pd.read_parquet(path)

    def scorer(self) -> Scorer:
        """The model as it serves; raises DataError where it waits for its data."""
        self._check_built()
        return load_scorer(self.folder / "model")

    def _check_built(self) -> None:
        self.measured()
        if self.waiting:
            raise DataError(
                what=_("its model is not built yet: its data set was not here when it was imported"),
                where=_("run {id}").format(id=self.id),
                remedy=_("bring the data set, then 'import-run {id}' builds it").format(id=self.id),
            )

    def dataset(self) -> Dataset:
        """The data it was trained on; raises DataError when they were replaced since."""
        config = self.config
        remedy = _("train again on the new data")
        return open_same(config.dataset, config.fingerprint, where=self.called, remedy=remedy)

    def split(self, dataset: Dataset | None = None) -> Split:
        """The split it was trained and judged on, made again from its spec."""
        return make_split(dataset or self.dataset(), self.config.split_spec)


@lru_cache(maxsize=4096)
def _config_in(path: Path, _changed: int, _file: int) -> RunConfig:
    """The configuration in a file; a list of runs asks for each again and again, and it is written once."""
    stored = files.read_json(path)
    stored.pop("format_version", None)
    try:
        return RunConfig(**stored)
    except TypeError:
        raise DataError(
            what=_("its configuration is damaged"),
            where=_("run {id}").format(id=path.parent.name),
            remedy=_("delete its folder and train again"),
        ) from None


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
    """Removes a run that is not at work; raises DataError for one that is."""
    open_run(run_id).remove(actor=actor)
