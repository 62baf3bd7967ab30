"""The store of studies: a folder a study, beside the runs; asking for one, finding it, going on with it."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict
from pathlib import Path

from recsys_core import files
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.job_folder import ACTIVE, QUEUED
from recsys_core.locks import Lock
from recsys_core.runs import Run, open_run
from recsys_core.training.jobs import enqueue, ensure_dispatcher
from recsys_core.training.study import (  # noqa: F401  the words of a trial's state, beside the study
    FAILED,
    FINISHED,
    PARAM,
    PRUNED,
    RUNNING,
    STOPPED,
    TRIAL_STATES,
    Study,
)
from recsys_core.training.study_config import StudyConfig as StudyConfig  # noqa: PLC0414
from recsys_core.training.study_config import configure_study as configure_study  # noqa: PLC0414
from recsys_core.workspace import subfolder, workspace

_ID = re.compile(r"[0-9a-f]{12}")
_BEGINNING = re.compile(r"[0-9a-f]{4,11}")


def studies_folder() -> Path:
    """Where studies live."""
    return subfolder("studies")


def create_study(config: StudyConfig) -> Study:
    """A new, queued study with no trial."""
    from recsys_core.training import search_storage

    building = studies_folder() / f".{uuid.uuid4().hex[:12]}"
    building.mkdir()
    files.write_json(building / "config.json", asdict(config))
    search_storage.create(building, config)
    Study(building).set_state(QUEUED)
    folder = building.with_name(building.name[1:])
    building.rename(folder)
    return Study(folder)


def submit_study(config: StudyConfig) -> Study:
    """Queues the study and sees that a dispatcher lives; the same one already under way is returned instead."""
    with Lock(workspace() / "submit.lock").waited_for():  # two clicks at once are one study
        for study in list_studies():
            if _same_work(study.config, config) and study.state in ACTIVE and not study.cancel_asked:
                return study
        study = create_study(config)
        enqueue(study)
    ensure_dispatcher()
    return study


def _same_work(one: StudyConfig, other: StudyConfig) -> bool:
    mine, theirs = asdict(one), asdict(other)
    return all(mine[key] == theirs[key] for key in mine.keys() - {"actor", "name", "created", "workers"})


def list_studies() -> list[Study]:
    """Every readable study, newest first."""
    found = []
    for folder in studies_folder().iterdir():
        if _ID.fullmatch(folder.name):
            try:
                found.append((Study(folder).config.created, Study(folder)))
            except DataError:
                continue
    return [study for _created, study in sorted(found, key=lambda pair: pair[0], reverse=True)]


def open_study(study_id: str) -> Study:
    """The study of that id, or of the name or the beginning of an id that exactly one has; else NotFound."""
    if _ID.fullmatch(study_id) and (studies_folder() / study_id / "config.json").exists():
        return Study(studies_folder() / study_id)
    named = [study for study in list_studies() if study_id and study.config.name == study_id]
    if not named and _BEGINNING.fullmatch(study_id):
        named = [study for study in list_studies() if study.id.startswith(study_id)]
    if len(named) == 1:
        return named[0]
    problem = _("several studies are called {id}") if named else _("there is no study {id}")
    raise NotFound(
        what=problem.format(id=repr(study_id[:80])),
        where=_("workspace"),
        remedy=_("the command 'studies' lists every id"),
    )


def delete_study(study_id: str, *, actor: str) -> None:
    """Removes a study that is not at work; its runs stay."""
    open_study(study_id).remove(actor=actor)


def make_resumable(study: Study) -> None:
    """Marks a study that ended before its budget did as waiting; raises DataError for any other."""
    left, seconds = study.budget_left()
    if study.state in ACTIVE or not left or seconds == 0.0:
        raise DataError(
            what=_("it is {state}").format(state=study.state)
            if study.state in ACTIVE
            else _("its budget is used up"),
            where=study.called,
            remedy=_("wait for it, or start a new search"),
        )
    (study.folder / "cancel.json").unlink(missing_ok=True)
    study.set_state(QUEUED)


def resume_study(study: Study, *, actor: str) -> Study:
    """Queues a study that was interrupted or cancelled; it goes on with what is left of its budget.

    Raises:
        DataError: it is under way, or nothing is left.
    """
    if not actor:
        raise ValueError("a mutating call names its actor")
    with Lock(workspace() / "submit.lock").waited_for():
        make_resumable(study)
        enqueue(study)
    ensure_dispatcher()
    return study


def find_job(job_id: str) -> Run | Study:
    """The run or the study of that id, name or beginning of an id, as commands take it; raises NotFound."""
    if _ID.fullmatch(job_id) and (studies_folder() / job_id / "config.json").exists():
        return Study(studies_folder() / job_id)
    try:
        return open_run(job_id)
    except NotFound as no_run:
        try:
            return open_study(job_id)
        except NotFound:
            raise no_run from None
