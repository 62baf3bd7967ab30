"""Bringing a bundle in: a run appears whole, with figures that were measured here, or nothing does.

Where its data set is in the workspace, the model is built anew, judged, and must give what the bundle states. Where it is
not, the run shows its figures only and keeps the bundle; bringing it in once more, with the data there, completes it.
Networks need TensorFlow: this belongs into a process of its own, never into that of the pages.
"""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys_core import files
from recsys_core.bundles.agreement import disagreement
from recsys_core.bundles.archive import EVENTS, RECIPE, SPLIT, Bundle
from recsys_core.bundles.building import build
from recsys_core.bundles.checked import refused
from recsys_core.bundles.exporting import split_rows
from recsys_core.bundles.received import Received, as_lines, received
from recsys_core.columns import ITEM, USER
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, make_split
from recsys_core.data.store import list_datasets, open_dataset
from recsys_core.errors import Cancelled, DataError, RecsysError
from recsys_core.evaluation import signs
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.i18n import N_, _
from recsys_core.locks import Lock
from recsys_core.models import registry
from recsys_core.origin import WAITING, Origin
from recsys_core.ranking.top_k import check_k
from recsys_core.run_config import RunConfig
from recsys_core.runs import Run, runs_folder
from recsys_core.serving.load import load_scorer
from recsys_core.training.worker import quiet_tensorflow
from recsys_core.types import Report, ShouldStop, never_stop, no_report
from recsys_core.workspace import workspace

LEFT_OVER = ".importing"
LEFT_OVER_SECONDS = 86_400.0
STAGES = {
    "checking": (0.05, N_("Checking every part of the file")),
    "building": (0.15, N_("Building the model anew")),
    "ranking": (0.3, N_("Judging every list, to see whether the figures are right")),
    "done": (1.0, N_("Done")),
}


@dataclass(frozen=True)
class Brought:
    """What came of a bundle.

    Attributes:
        new: it was not here before. completed: it was here, without a model, and has one now.
    """

    run: Run
    new: bool
    completed: bool = False


def bringing(event: dict[str, Any]) -> tuple[float, str]:
    """How far a stage of bringing a bundle in is, from 0 to 1, and in words."""
    share, words = STAGES.get(event["status"], (0.0, N_("Starting")))
    done = float(event.get("share", 0.0)) if event["status"] == "ranking" else 0.0
    return min(share + (1.0 - share) * min(max(done, 0.0), 1.0), 1.0), _(words)


def import_bundle(
    path: Path, *, actor: str, report: Report = no_report, should_stop: ShouldStop = never_stop
) -> Brought:
    """The run in the file; the same bundle twice is the same run.

    Args:
        report: told each stage, as `bringing` reads it.
        should_stop: asked between the stages and while lists are judged.
    Raises:
        DataError: the file is damaged, strange or of another version, or its model does not give its figures.
        Cancelled: it was stopped; nothing is left of it.
    """
    if not actor:
        raise ValueError("a mutating call names its actor")
    report({"status": "checking"})
    found = received(Bundle(path))
    data = _data_of(found)
    there = _already(found)
    if there is not None and (data is None or not there.waiting):
        return Brought(there, new=False)
    _sweep()
    building = runs_folder() / f".{uuid.uuid4().hex[:12]}{LEFT_OVER}"
    try:
        _write_told(found, building, data, actor)
        if data is None:
            _write_waiting(found, building)
        else:
            _write_built(found, building, data, report, should_stop)
        return _placed(found, building, completes=data is not None)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _data_of(found: Received) -> Dataset | None:
    """The data set with that fingerprint, whatever it is called here; None where there is none."""
    names = [one.name for one in list_datasets() if one.fingerprint == found.config.fingerprint]
    names.sort(key=lambda name: name != found.config.dataset)
    if not names:
        return None
    data = open_dataset(names[0])
    users, items = data.users[USER].tolist(), data.items[ITEM].tolist()
    if data.fingerprint != found.config.fingerprint or (users, items) != (found.users, found.items):
        raise refused(
            _("its users and items are not those of data set {name}").format(name=data.name), "ids.json"
        )
    return data


def _already(found: Received) -> Run | None:
    """The run of the workspace that this bundle holds: under its own id, or under the one that it was given here."""
    for run_id in (found.run, _other_id(found)):
        run = Run(runs_folder() / run_id)
        if (run.folder / "config.json").exists() and _is_same(run, found):
            return run
    return None


def _other_id(found: Received) -> str:
    """The id where its own is taken by another run: from its content, so that the same bundle finds it again."""
    return hashlib.sha256(f"bundle {found.content}".encode()).hexdigest()[:12]


def _is_same(run: Run, found: Received) -> bool:
    """Whether a run is the one in the bundle: brought from the same content, or asked for and measured alike."""
    origin = run.origin
    if origin is not None and origin.content == found.content:
        return True
    try:
        mine, figures = run.config, run.measured()["metrics"]
    except RecsysError:
        return False
    alike = asdict(replace(mine, dataset=found.config.dataset)) == asdict(found.config)
    return alike and not disagreement(found.measured["metrics"], figures)


def _write_told(found: Received, building: Path, data: Dataset | None, actor: str) -> None:
    """What the bundle tells of the run, written anew from what was checked: no byte of it is copied."""
    config = found.config if data is None else replace(found.config, dataset=data.name)
    files.write_json(building / "config.json", asdict(config))
    files.write_json(building / "status.json", {"time": time.time(), **found.status})
    files.write_bytes(building / EVENTS, as_lines(found.events))
    if found.recipe is not None:
        files.write_bytes(building / RECIPE, found.recipe.written())
    origin = Origin(
        run=found.run,
        maker=found.config.actor,
        app=found.app,
        content=found.content,
        imported=datetime.now(UTC).isoformat(timespec="seconds"),
        actor=actor,
        dataset=found.config.dataset,
        data=found.data,
        brought=found.names,
    )
    origin.keep(building)


def _write_waiting(found: Received, building: Path) -> None:
    """The figures as the bundle states them, and the bundle itself, until the data are there."""
    files.write_bytes(building / WAITING, found.raw)
    files.write_json(building / "metrics.json", found.measured)


def _write_built(
    found: Received, building: Path, data: Dataset, report: Report, should_stop: ShouldStop
) -> None:
    split = _split(found, data)
    _stop_if_asked(should_stop)
    report({"status": "building"})
    quiet_tensorflow()
    built = build(found.model, split, building)
    built.save(building / "model")
    evaluation = _judged(found, building, split, report, should_stop)
    told = disagreement(
        found.measured["metrics"], evaluation.metrics, found.candidates, evaluation.candidates
    )
    if told:
        raise refused(_("its model does not give what it states: {told}").format(told=told), "metrics.json")
    Run(building).keep(evaluation)


def _split(found: Received, data: Dataset) -> Split:
    """The split, made again; raises DataError where it is not the one in the bundle, or the model cannot be judged on it."""
    config = found.config
    try:
        _check_fits(config, data)
        split = make_split(data, config.split_spec)
    except RecsysError as problem:
        raise refused(str(problem), "config.json") from None
    for name, rows in split_rows(split).items():
        if rows.tolist() != found.split[name].tolist():
            raise refused(
                _("its {name} rows are not those that the split gives here").format(name=name), SPLIT
            )
    return split


def _check_fits(config: RunConfig, data: Dataset) -> None:
    spec = registry.spec(config.model)
    fits = data.kind in spec.kinds and (
        spec.elsewhere or spec in registry.usable_for(config.split_spec.protocol)
    )
    if not fits or (spec.needs_time and not data.has_time):
        raise DataError(
            what=_("{model} does not learn from these data, or cannot be judged on this split").format(
                model=spec.name
            ),
            where=_("data set {name}").format(name=data.name),
            remedy=_("ask for the file again"),
        )
    check_k(config.k, data.n_items)


def _judged(
    found: Received, building: Path, split: Split, report: Report, should_stop: ShouldStop
) -> Evaluation:
    """What the model that was built gives on the test rows, and its signs beside it."""

    def told(share: float) -> None:
        _stop_if_asked(should_stop)
        report({"status": "ranking", "share": share})

    k = found.config.k
    try:
        scorer = load_scorer(building / "model")
        found_here = evaluate(scorer, split, k=k, report=told)
        per_user, candidates, metrics = found_here.per_user, found_here.candidates, found_here.metrics
        signs.keep(building, signs.measure(per_user, candidates, metrics, split, k=k, scorer=scorer))
    except Cancelled:
        raise
    except RecsysError as problem:
        raise refused(str(problem), "model") from None
    return found_here


def _stop_if_asked(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Cancelled(what=_("it was stopped"), where=_("bundle"))


def _placed(found: Received, building: Path, *, completes: bool) -> Brought:
    """Gives the finished folder its name, unless somebody else brought the same in the meantime."""
    replaced = building.with_name(f".{uuid.uuid4().hex[:12]}{LEFT_OVER}")
    try:
        with Lock(workspace() / "submit.lock").waited_for():
            there = _already(found)
            if there is not None and not (completes and there.waiting):
                return Brought(there, new=False)
            folder = _free_folder(found) if there is None else there.folder
            if there is not None:
                folder.rename(replaced)
            building.rename(folder)
    finally:
        shutil.rmtree(replaced, ignore_errors=True)
    return Brought(Run(folder), new=there is None, completed=there is not None)


def _free_folder(found: Received) -> Path:
    for run_id in (found.run, _other_id(found)):
        if not (runs_folder() / run_id).exists():
            return runs_folder() / run_id
    raise DataError(
        what=_("another run has its id"),
        where=_("run {id}").format(id=found.run),
        remedy=_("delete that run first"),
    )


def _sweep() -> None:
    """Removes what an import that was killed left behind, a day later."""
    for left in runs_folder().glob(f".*{LEFT_OVER}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_OVER_SECONDS:
                shutil.rmtree(left)
