"""One study: what was asked, every trial so far, the best of them, and what is left of the budget."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, make_split
from recsys_core.data.store import open_same
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.job_folder import ACTIVE, JobFolder
from recsys_core.locks import is_held
from recsys_core.training.search_metrics import lower_is_better
from recsys_core.training.search_space import range_from_json
from recsys_core.training.study_config import StudyConfig, budget

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

RUNNING, FINISHED, PRUNED, FAILED, STOPPED = "running", "finished", "pruned", "failed", "stopped"
TRIAL_STATES = (RUNNING, FINISHED, PRUNED, FAILED, STOPPED)
PARAM = "param:"
REFERENCE = "reference.json"
"""What the default settings gave on validation rows: no trial, but what every trial is held against."""
COLUMNS = (
    "number",
    "state",
    "reason",
    "value",
    "low",
    "high",
    "epochs",
    "seconds",
    "started",
    "ended",
    "counts",
)


class Study(JobFolder):
    """One study's folder, read afresh at each question."""

    @property
    def called(self) -> str:
        """What messages call it."""
        return _("study {id}").format(id=self.id)

    @property
    def config(self) -> StudyConfig:
        """What was asked for; raises DataError where it cannot be read."""
        stored = files.read_json(self.folder / "config.json")
        stored.pop("format_version", None)
        try:
            stored["ranges"] = tuple(range_from_json(one) for one in stored["ranges"])
            return StudyConfig(**stored)
        except (TypeError, KeyError):
            raise DataError(
                what=_("its configuration is damaged"),
                where=self.called,
                remedy=_("delete its folder and search again"),
            ) from None

    def dataset(self) -> Dataset:
        """The data that it searches on; raises DataError when they were replaced since."""
        config = self.config
        remedy = _("search again on the new data")
        return open_same(config.dataset, config.fingerprint, where=self.called, remedy=remedy)

    def split(self) -> Split:
        """The split that its trials are trained and judged on, made again from its spec."""
        return make_split(self.dataset(), self.config.split_spec)

    def trials(self) -> pd.DataFrame:
        """Every trial that began, by number.

        Columns: `number`, `state` (running, finished, pruned, failed, stopped), `reason` (a sentence; empty while
        running), `value` (NaN where none was measured) with its 95 % interval `low` and `high`, `epochs`, `seconds`,
        `started` and `ended` (seconds since 1970), `counts` (whether it uses up budget), and one column `param:<name>` a
        searched parameter.
        """
        from recsys_core.training import search_storage

        names = [one.name for one in self.config.ranges]
        alive = self.state in ACTIVE
        rows = [self._row(trial, names, alive) for trial in search_storage.trials(self.folder)]
        return pd.DataFrame(rows, columns=[*COLUMNS, *(f"{PARAM}{name}" for name in names)])

    def _row(self, trial: FrozenTrial, names: list[str], alive: bool) -> dict[str, Any]:
        told, ended = trial.user_attrs, trial.datetime_complete
        state, reason = told.get("end", ""), told.get("reason", "")
        if not trial.state.is_finished():
            at_work = self.at_work(told.get("worker", "")) if told.get("worker") else alive
            state = RUNNING if at_work else STOPPED
            reason = (
                "" if at_work else _("its process ended in the middle; going on tries its settings again")
            )
        started = trial.datetime_start.timestamp() if trial.datetime_start else np.nan
        interval = told.get("ci") or (np.nan, np.nan)
        until = ended.timestamp() if ended else time.time() if state == RUNNING else started
        return {
            "number": trial.number,
            "state": state,
            "reason": reason,
            "value": trial.value if state == FINISHED and trial.value is not None else np.nan,
            "low": interval[0],
            "high": interval[1],
            "epochs": int(told.get("epochs") or trial.last_step or 0),
            "seconds": until - started,
            "started": started,
            "ended": ended.timestamp() if ended else np.nan,
            "counts": state == RUNNING or (trial.state.is_finished() and bool(told.get("counts", False))),
            **{f"{PARAM}{name}": trial.params.get(name) for name in names},
        }

    def at_work(self, worker: str) -> bool:
        """Whether the process of that name lives."""
        return is_held(self.worker_lock(worker))

    def worker_lock(self, worker: str) -> Path:
        """Held by one of the processes that share the study."""
        return self.folder / "workers" / f"{worker}.lock"

    def curves(self) -> pd.DataFrame:
        """The watched figure of every trial by epoch: `number`, `epoch`, `value`, `figure` (its name)."""
        from recsys_core.training import search_storage

        rows = [
            (trial.number, epoch, value * trial.user_attrs.get("sign", 1), trial.user_attrs.get("figure", ""))
            for trial in search_storage.trials(self.folder)
            for epoch, value in sorted(trial.intermediate_values.items())
        ]
        return pd.DataFrame(rows, columns=["number", "epoch", "value", "figure"])

    def best(self, trials: pd.DataFrame | None = None) -> pd.Series | None:
        """The finished trial with the best value, the first of equals; None before one finished."""
        table = self.trials() if trials is None else trials
        finished = table[table["state"] == FINISHED]
        if finished.empty:
            return None
        values = finished["value"].to_numpy()
        return finished.iloc[int(values.argmin() if lower_is_better(self.config.metric) else values.argmax())]

    def reference(self) -> dict[str, Any] | None:
        """The default settings, measured as a trial is: `state`, `value`, `ci`, `epochs`, `settings`; None before."""
        path = self.folder / REFERENCE
        return files.read_json(path) if path.exists() else None

    def settings_of(self, number: int) -> dict[str, Any]:
        """Every setting of the model in that trial; raises NotFound where there is no such trial."""
        table = self.trials()
        found = table[table["number"] == number]
        if found.empty:
            raise NotFound(
                what=_("it has no trial {number}").format(number=number),
                where=self.called,
                remedy=_("the command 'studies' lists what was tried"),
            )
        row, config = found.iloc[0], self.config
        return config.settings_of({one.name: row[f"{PARAM}{one.name}"] for one in config.ranges})

    def budget_left(self, trials: pd.DataFrame | None = None) -> tuple[int, float | None]:
        """Trials that may still begin, and seconds of work (None: no limit)."""
        table, config = self.trials() if trials is None else trials, self.config
        n, minutes = budget(config)
        spent = float(table["seconds"].sum()) / config.workers
        return max(0, n - int(table["counts"].sum())), None if minutes is None else max(
            0.0, 60 * minutes - spent
        )

    def seconds_left(self, trials: pd.DataFrame | None = None) -> float | None:
        """About how long it still takes, judged by the trials so far; None before one ended, 0 when it ended."""
        if self.state not in ACTIVE:
            return 0.0
        table = self.trials() if trials is None else trials
        ended = table[table["state"].isin((FINISHED, PRUNED)) & (table["epochs"] >= 0)]
        n, limit = self.budget_left(table)
        if ended.empty:
            return limit
        a_trial = float(ended["seconds"].mean())
        under_way = table.loc[table["state"] == RUNNING, "seconds"]
        left = n * a_trial + float((a_trial - under_way).clip(lower=0.0).sum())
        left /= min(self.config.workers, max(1, n + len(under_way)))
        return left if limit is None else min(left, limit)
