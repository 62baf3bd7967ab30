"""After a search: a trial becomes a usual run, measured on test; every such look is counted, and what was luck is told."""

from __future__ import annotations

import time
from typing import Any

from recsys_core import files
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.job_folder import ACTIVE, DONE
from recsys_core.locks import Lock
from recsys_core.run_config import RunConfig
from recsys_core.runs import Run, list_runs, open_run
from recsys_core.training.jobs import submit
from recsys_core.training.search_shrinkage import Shrinkage as Shrinkage  # noqa: PLC0414
from recsys_core.training.search_shrinkage import in_words as in_words  # noqa: PLC0414
from recsys_core.training.search_shrinkage import luck_of_choosing as luck_of_choosing  # noqa: PLC0414
from recsys_core.training.search_shrinkage import shrunk
from recsys_core.training.study import FINISHED, Study

LOOKS = "looks.json"
DEFAULT = -1
"""Stands for the default settings where a trial's number is asked for."""


def make_run(study: Study, trial_number: int, *, actor: str) -> Run:
    """A usual run with that trial's settings: queued, or the one that is there already.

    Its epochs are chosen on validation rows, it learns anew from training and validation rows, and test measures it
    once. That it was looked at is written down.

    Raises:
        NotFound: no such trial. DataError: the trial never finished.
    """
    return look(study, run_config(study, trial_number, actor=actor), trial_number, actor=actor)


def run_config(study: Study, trial_number: int, *, actor: str) -> RunConfig:
    """The run that a trial, or the default settings, would become."""
    config = study.config
    if trial_number == DEFAULT:
        return config.run_config(config.settings_of({}), actor=actor)
    settings, table = study.settings_of(trial_number), study.trials()
    state = table.loc[table["number"] == trial_number, "state"].iloc[0]
    if state != FINISHED:
        raise DataError(
            what=_("trial {n} is {state}, not finished").format(n=trial_number, state=state),
            where=study.called,
            remedy=_("choose a finished trial"),
        )
    name = f"{config.name}-{trial_number}" if config.name else ""
    return config.run_config(settings, actor=actor, name=name)


def look(study: Study, config: RunConfig, trial_number: int, *, actor: str) -> Run:
    """Submits the run, unless it was made before, and writes down that test rows were, or will be, looked at."""
    if not actor:
        raise ValueError("a mutating call names its actor")
    run = made_before(config) or submit(config)
    note_look(study, run, trial_number, actor=actor)
    return run


def made_before(config: RunConfig) -> Run | None:
    """A run of the same work that is done, or under way."""
    for run in list_runs():
        if run.config.same_work(config) and run.state in (DONE, *ACTIVE) and not run.cancel_asked:
            return run
    return None


def note_look(study: Study, run: Run, trial_number: int, *, actor: str) -> None:
    """Adds to the study's list of looks at test rows."""
    with Lock(study.folder / "looks.lock").waited_for():
        known = looks(study)
        if all(one["run"] != run.id or one["trial"] != trial_number for one in known):
            known.append({"run": run.id, "trial": trial_number, "actor": actor, "time": time.time()})
            files.write_json(study.folder / LOOKS, {"looks": known})


def looks(study: Study) -> list[dict[str, Any]]:
    """Every look at test rows that the study led to: `run`, `trial` (-1: the default settings), `actor`, `time`."""
    path = study.folder / LOOKS
    return list(files.read_json(path)["looks"]) if path.exists() else []


def n_looks(study: Study) -> int:
    """How many runs were measured on test because of the study."""
    return len({one["run"] for one in looks(study)})


def make_final(study: Study, *, actor: str) -> Run:
    """The run of the best trial; the second call returns the first one's.

    Raises:
        NotFound: no trial finished.
    """
    final = final_of(study)
    return final or make_run(study, best_number(study), actor=actor)


def best_number(study: Study) -> int:
    """The number of the best trial; raises NotFound where none finished."""
    best = study.best()
    if best is None:
        raise NotFound(
            what=_("no trial finished"),
            where=study.called,
            remedy=_("go on with the search, or begin another"),
        )
    return int(best["number"])


def final_of(study: Study) -> Run | None:
    """The run of the best trial; None while there is none."""
    best = study.best()
    return None if best is None else run_of(study, int(best["number"]))


def run_of(study: Study, trial_number: int) -> Run | None:
    """The run that a trial became; None where it became none, or it was deleted."""
    for one in looks(study):
        if one["trial"] == trial_number:
            try:
                return open_run(one["run"])
            except NotFound:
                continue
    return None


def default_run_of(study: Study) -> Run | None:
    """The run of the default settings on the same split; None where nobody made one."""
    return made_before(run_config(study, DEFAULT, actor="search"))


def finish(study: Study, *, actor: str) -> list[Run]:
    """What follows a complete search: the best trial's run and, to hold it against, that of the default settings.

    Nothing where no trial finished. Both are queued, or were made before.
    """
    if study.best() is None:
        return []
    final = make_final(study, actor=actor)
    return [final, look(study, run_config(study, DEFAULT, actor=actor), DEFAULT, actor=actor)]


def shrinkage(study: Study) -> Shrinkage | None:
    """What is left on test of the best value on validation; None until the final run was measured."""
    best, final = study.best(), final_of(study)
    if best is None or final is None or not final.has_model:
        return None
    return shrunk(study, int(best["number"]), final, default_run_of(study))
