"""One of the processes that share a study: it takes the next settings, tries them, and tells what came of it."""

from __future__ import annotations

import os
import uuid

import psutil
from optuna.trial import Trial, TrialState

from recsys_core import files
from recsys_core.data.splits import Split
from recsys_core.errors import Cancelled, RecsysError
from recsys_core.i18n import N_, _
from recsys_core.locks import Lock, is_held
from recsys_core.training import search_storage
from recsys_core.training.events import EventLog
from recsys_core.training.search_attempt import Attempt, Why, mark, told_ci
from recsys_core.training.search_trial import forget, try_settings
from recsys_core.training.study import FAILED, FINISHED, REFERENCE, STOPPED, Study
from recsys_core.training.study_config import StudyConfig
from recsys_core.training.worker import quiet_tensorflow

DIED = N_("its process ended in the middle; its settings are tried again")
DIED_TOO_OFTEN = N_("its process ended in the middle {n} times: not tried again")
HOPELESS = 5
"""Trials that fail, with none that did not, before the search gives up."""
MOST_GROWTH_MB = 600.0
"""A process that grew by so much since its first trial is followed by a fresh one."""


class Worker:
    """One process at a study; `run` returns when nothing is left to try, or it was asked to stop.

    Args:
        why_stop: asked between compiled calls.
    """

    def __init__(self, study: Study, why_stop: Why) -> None:
        self.study, self.config, self._why_stop = study, study.config, why_stop
        self.name = f"{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._lock = Lock(study.worker_lock(self.name))
        self._first_rss = 0.0

    def run(self) -> bool:
        """Tries settings until nothing is left; False when a fresh process should go on: this one has grown."""
        self._lock.acquire()
        log = EventLog(self.study.folder)
        try:
            quiet_tensorflow()
            split = self.study.split()
            measure_default(self.study, split, log, self._why_stop)
            while not self._why_stop():
                trial = next_trial(self.study, self.config, self.name)
                if trial is None:
                    return True
                Attempt(self.study, self.config, trial, log, self._why_stop).make(split)
                forget(self.config.model)
                if self._has_grown():
                    return False
            return True
        finally:
            log.close()
            self._lock.release()

    def _has_grown(self) -> bool:
        rss = psutil.Process().memory_info().rss / 2**20
        self._first_rss = self._first_rss or rss
        return rss > self._first_rss + MOST_GROWTH_MB


def asking(study: Study) -> Lock:
    """Held for the moment in which somebody decides what is tried next: no trial twice, the budget kept exactly."""
    return Lock(study.folder / "ask.lock")


def next_trial(study: Study, config: StudyConfig, worker: str) -> Trial | None:
    """A trial of this worker's own; None where the budget is used up, or every trial so far failed."""
    with asking(study).waited_for():
        bury(study)
        table = study.trials()
        n_left, seconds = study.budget_left(table)
        counted = table[table["counts"]]
        hopeless = len(counted) >= HOPELESS and (counted["state"] == FAILED).all()
        if n_left == 0 or seconds == 0.0 or hopeless:
            return None
        known = search_storage.load(study.folder).get_trials(deepcopy=False)
        n_drawn = sum("failed_trial" not in trial.system_attrs for trial in known)
        drawn_by = search_storage.load(study.folder, search_storage.sampler(config, n_drawn))
        trial = drawn_by.ask({one.name: one.distribution() for one in config.ranges})
        trial.set_user_attr("worker", worker)
        return trial


def bury(study: Study, reason: str = "") -> None:
    """Marks the trials whose process is gone, and queues their settings again; the caller holds `asking`.

    Args:
        reason: why they ended; by default that nobody knows. With one they are queued again all the same.
    """
    opened = search_storage.load(study.folder)
    for trial in opened.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        worker = trial.user_attrs.get("worker", "")
        if worker and study.at_work(worker):
            continue
        died_before = len(trial.system_attrs.get("retry_history", []))
        last = died_before + 1 >= search_storage.MOST_TRIES and not reason
        words = _(DIED_TOO_OFTEN).format(n=died_before + 1) if last else reason or _(DIED)
        mark(opened, trial, FAILED if last else STOPPED, words, counts=last)
        if not last:
            search_storage.try_again(opened, trial)


def supervisor_is_gone(study: Study) -> bool:
    """Whether nobody looks after the workers of the study any more."""
    return not is_held(study.lock_path)


def measure_default(study: Study, split: Split, log: EventLog, why_stop: Why) -> None:
    """Measures the default settings as a trial is, once a study and outside its budget.

    Nobody chose them by these validation rows: how they go from validation to test tells what the rows make of a
    figure, and what remains is what the choosing made.
    """
    lock = Lock(study.folder / "reference.lock")
    if (study.folder / REFERENCE).exists() or not lock.try_once():
        return
    config, told = study.config, {"trial": "default"}
    settings = config.settings_of({})
    try:
        log({"type": "trial", "state": "running", **told})
        tried = try_settings(
            config,
            settings,
            split,
            report=lambda event: log({**event, **told}),
            should_stop=lambda: bool(why_stop()),
        )
        if why_stop():
            return
        files.write_table(study.folder / "trials" / "default.parquet", tried.per_user)
        found = {"state": FINISHED, "value": tried.value, "ci": told_ci(tried), "epochs": tried.epochs}
    except Cancelled:
        return
    except RecsysError as problem:
        found = {"state": FAILED, "reason": str(problem)}
    finally:
        forget(config.model)
        lock.release()
    files.write_json(study.folder / REFERENCE, {"settings": settings, **found})
    log({"type": "trial", **found, **told})
