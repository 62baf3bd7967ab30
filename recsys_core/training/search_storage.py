"""A study in Optuna's storage: a journal, one line a change, in the study's folder. Optuna draws, prunes and remembers.

Imported inside functions only: the web process learns of Optuna when somebody looks at a study.
"""

from __future__ import annotations

import os
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage, RetryHeartbeatStaleTrialCallback
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, TrialState

from recsys_core.locks import Lock
from recsys_core.training.search_metrics import lower_is_better
from recsys_core.training.study_config import BAYES, GRID, StudyConfig

JOURNAL = "journal.jsonl"
STARTUP_TRIALS, STARTUP_PART, LEAST_STARTUP = 10, 4, 4
PRUNE_AFTER = 5
"""Trials that must have finished before one is pruned."""
WARM_UP_EPOCHS = 3
MOST_TRIES = 3
"""How often settings are tried whose process keeps dying."""

optuna.logging.set_verbosity(optuna.logging.WARNING)


class KernelLock(JournalFileSymlinkLock):
    """The journal's lock as the kernel keeps it: freed the moment its holder dies, however it dies.

    Optuna's own locks are files; after a kill -9 everybody waits half a minute for such a one.
    """

    def __init__(self, path: Path) -> None:  # none of the parent's: it would make a file
        self._path = path
        self._held: Lock | None = None

    def acquire(self) -> bool:
        """Waits for it."""
        lock = Lock(self._path)
        lock.wait()
        self._held = lock
        return True

    def release(self) -> None:
        """Gives it back."""
        if self._held is not None:
            self._held.release()
            self._held = None


@lru_cache(maxsize=16)
def _storage(path: str) -> JournalStorage:
    """Kept, so that a second look reads only what was appended since."""
    return JournalStorage(JournalFileBackend(path, lock_obj=KernelLock(Path(f"{path}.lock"))))


def create(folder: Path, config: StudyConfig) -> None:
    """An empty study in this folder."""
    directions = optuna.study.StudyDirection
    direction = directions.MINIMIZE if lower_is_better(config.metric) else directions.MAXIMIZE
    path = str(folder / JOURNAL)
    storage = JournalStorage(JournalFileBackend(path, lock_obj=KernelLock(Path(f"{path}.lock"))))
    optuna.create_study(study_name="study", storage=storage, direction=direction)


def load(folder: Path, sampler: BaseSampler | None = None) -> optuna.Study:
    """The study as it stands; without a sampler nothing sensible can be drawn."""
    pruner = optuna.pruners.MedianPruner(n_startup_trials=PRUNE_AFTER, n_warmup_steps=WARM_UP_EPOCHS)
    return optuna.load_study(
        study_name="study",
        storage=_storage(str(folder / JOURNAL)),
        sampler=sampler or RandomSampler(),
        pruner=pruner,
    )


def trials(folder: Path) -> list[FrozenTrial]:
    """Every trial that began, by number; not to be changed."""
    if not (folder / JOURNAL).exists():
        return []
    found = load(folder).get_trials(deepcopy=False)
    return [trial for trial in found if trial.state is not TrialState.WAITING]


def repair(folder: Path) -> None:
    """Cuts off a line that a crash of the machine left half written: what follows it would never be read."""
    path = folder / JOURNAL
    with Lock(Path(f"{path}.lock")).waited_for(), path.open("rb+") as stream:
        content = stream.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            stream.truncate(whole)
            os.fsync(stream.fileno())
            _storage.cache_clear()


def sampler(config: StudyConfig, n_drawn: int) -> BaseSampler:
    """What draws the next settings after `n_drawn` others.

    Its seed follows from the study's and from how many were drawn, so no two processes draw the same, and a study
    that was interrupted draws what it would have drawn undisturbed.
    """
    if config.method == GRID:
        return GridSampler(config.grid, seed=config.seed)  # the seed is the order of the grid: one for all
    seed = int(np.random.SeedSequence([config.seed, n_drawn]).generate_state(1)[0])
    if config.method == BAYES:
        startup = min(STARTUP_TRIALS, max(LEAST_STARTUP, config.n_trials // STARTUP_PART))
        return TPESampler(seed=seed, n_startup_trials=startup, constant_liar=True)
    return RandomSampler(seed=seed)


def try_again(study: optuna.Study, trial: FrozenTrial) -> bool:
    """Queues the settings of a trial that was cut short; False where that was tried often enough."""
    before = len(study.get_trials(deepcopy=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback(max_retry=MOST_TRIES - 1)(study, trial)
    return len(study.get_trials(deepcopy=False)) > before
