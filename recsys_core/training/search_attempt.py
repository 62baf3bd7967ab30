"""What a process does with the settings of one trial, and how each end is told: with a reason in words."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from recsys_core import files
from recsys_core.data.splits import Split
from recsys_core.errors import Cancelled, RecsysError
from recsys_core.evaluation import meanings
from recsys_core.i18n import N_, _
from recsys_core.training import search_storage
from recsys_core.training.events import EventLog
from recsys_core.training.search_metrics import lower_is_better
from recsys_core.training.search_trial import Tried, try_settings
from recsys_core.training.study import FAILED, FINISHED, PRUNED, STOPPED, Study
from recsys_core.training.study_config import StudyConfig

CANCEL, INTERRUPT, TIME = "cancel", "interrupt", "time"
WHY_STOPPED = {
    CANCEL: N_("stopped by you"),
    INTERRUPT: N_("stopped in the middle, with the app; going on tries its settings again"),
    TIME: N_("stopped: the minutes of the budget were over"),
}
Why = Callable[[], str]
"""Why to stop: one of WHY_STOPPED, or '' to go on."""


def mark(
    opened: optuna.Study,
    trial: FrozenTrial | Trial,
    end: str,
    reason: str,
    *,
    counts: bool,
    value: float | None = None,
    **told: Any,
) -> None:
    """Ends a trial in the storage, with its reason in words."""
    storage, trial_id = opened._storage, trial._trial_id
    for key, given in {"end": end, "reason": reason, "counts": counts, **told}.items():
        storage.set_trial_user_attr(trial_id, key, given)
    state = {FINISHED: TrialState.COMPLETE, PRUNED: TrialState.PRUNED}.get(end, TrialState.FAIL)
    opened.tell(trial.number, value if end == FINISHED else None, state=state)


class Attempt:
    """One trial from its settings to its end."""

    def __init__(self, study: Study, config: StudyConfig, trial: Trial, log: EventLog, why_stop: Why) -> None:
        self.study, self.config, self.trial, self.log, self.why_stop = study, config, trial, log, why_stop
        # told without the sampler: a grid's would want to end a loop that is not there
        self.opened = search_storage.load(study.folder)
        self.figure = ""

    def make(self, split: Split) -> None:
        """Tries the settings and tells what came of it; never raises for what settings can do wrong."""
        self.log({"type": "trial", "trial": self.trial.number, "state": "running", **self._params()})
        self._try(split)
        self._tell_log()

    def _try(self, split: Split) -> None:
        if self._same_as_before():
            return
        settings = self.config.settings_of(self.trial.params)
        try:
            tried = try_settings(
                self.config, settings, split, report=self._report, should_stop=lambda: bool(self.why_stop())
            )
        except Cancelled:
            self._stopped()
        except optuna.TrialPruned as pruned:
            self._end(PRUNED, str(pruned))
        except RecsysError as problem:
            self._end(FAILED, str(problem))
        except MemoryError:
            self._end(FAILED, _("not enough memory; use a smaller model or less data"))
        except Exception as problem:
            self._bug(problem)
        else:
            if self.why_stop():
                self._stopped()
            else:
                self._finished(tried)

    def _params(self) -> dict[str, Any]:
        return {"settings": json.dumps(self.trial.params)}

    def _tell_log(self) -> None:
        frozen = self.opened.get_trials(deepcopy=False)[self.trial.number]
        told = frozen.user_attrs
        self.log(
            {
                "type": "trial",
                "trial": self.trial.number,
                "state": told["end"],
                "reason": told["reason"],
                "value": frozen.value if told["end"] == FINISHED else None,
                "counts": told["counts"],
                "seconds": frozen.duration.total_seconds() if frozen.duration else 0.0,
                **self._params(),
            }
        )

    def _same_as_before(self) -> bool:
        """Ends the trial at once where the same settings were, or are being, tried; whether that was so."""
        for other in self.opened.get_trials(deepcopy=False):
            end, same = other.user_attrs.get("end", ""), other.params == self.trial.params
            if other.number >= self.trial.number or not same:
                continue
            if other.state is TrialState.RUNNING and self.study.at_work(other.user_attrs.get("worker", "")):
                words = _("same settings as trial {n}, which is under way: not trained twice")
                self._end(STOPPED, words.format(n=other.number), counts=True)
                return True
            if other.state.is_finished() and end in (FINISHED, PRUNED, FAILED):
                words = _("same settings as trial {n}: not trained again").format(n=other.number)
                value, epochs = other.value, other.user_attrs.get("epochs", 0)
                self._end(end, words, value=value, epochs=epochs, same_as=other.number)
                return True
        return False

    def _finished(self, tried: Tried) -> None:
        if len(tried.per_user):
            files.write_table(self.study.folder / "trials" / f"{self.trial.number}.parquet", tried.per_user)
        words = _("finished: {metric} {value}").format(
            metric=meanings.title(self.config.metric), value=meanings.number(tried.value)
        )
        if tried.epochs:
            words += ", " + _("epoch {n} was the best").format(n=tried.epochs)
        self._end(FINISHED, words, value=tried.value, epochs=tried.epochs, ci=told_ci(tried))

    def _stopped(self) -> None:
        why = self.why_stop() or CANCEL
        self._end(STOPPED, _(WHY_STOPPED[why]), counts=False)
        if why != TIME:
            trial = self.opened.get_trials(deepcopy=False)[self.trial.number]
            search_storage.try_again(self.opened, trial)

    def _bug(self, problem: Exception) -> None:
        with (self.study.folder / "log.txt").open("a", encoding="utf-8") as stream:
            stream.write(traceback.format_exc())
        words = _("an error of the app itself: {kind}; see log.txt in the study's folder")
        self._end(FAILED, words.format(kind=type(problem).__name__))

    def _end(
        self, end: str, reason: str, *, counts: bool = True, value: float | None = None, **told: Any
    ) -> None:
        mark(self.opened, self.trial, end, reason, counts=counts, value=value, **told)

    def _report(self, event: dict[str, Any]) -> None:
        """Hands the watched figure of an epoch to the pruner; raises TrialPruned where it says so."""
        self.log({**event, "trial": self.trial.number})
        if event["type"] != "epoch" or event.get("phase") != "train":
            return
        name, sign = watched_figure(event, self.config.metric)
        if not name:
            return
        if not self.figure:
            self.figure = name
            self.trial.set_user_attr("figure", name.removeprefix("valid_"))
            self.trial.set_user_attr("sign", sign)
        epoch = int(event["epoch"])
        self.trial.report(sign * float(event[name]), epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned(self._why_pruned(epoch, sign))

    def _why_pruned(self, epoch: int, sign: int) -> str:
        mine = self.opened.get_trials(deepcopy=False)[self.trial.number].intermediate_values
        if not all(map(math.isfinite, mine.values())):
            return _("pruned after epoch {n}: its figure is not a number, the training diverged").format(
                n=epoch
            )
        lower = lower_is_better(self.config.metric)
        best = sign * (min if lower else max)(mine.values())
        others = self._finished_at(epoch)
        words = _(
            "pruned after epoch {n}: its best {figure} so far, {best}, is worse than {median}, the median of "
            "{others} finished trials at that epoch"
        )
        return words.format(
            n=epoch,
            figure=self.figure.removeprefix("valid_"),
            best=meanings.number(best),
            median=meanings.number(sign * float(np.nanmedian(others))),
            others=len(others),
        )

    def _finished_at(self, epoch: int) -> list[float]:
        complete = self.opened.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [trial.intermediate_values[epoch] for trial in complete if epoch in trial.intermediate_values]


def told_ci(tried: Tried) -> list[float] | None:
    """The interval as it is written down; None where there is none."""
    return list(tried.ci) if all(map(math.isfinite, tried.ci)) else None


def watched_figure(event: dict[str, Any], metric: str) -> tuple[str, int]:
    """The validation figure of an epoch that the pruner looks at, and its sign there; '' where nothing was measured.

    The study's metric where the network measures it, else what stands for it; -1 turns it where the two have opposite
    directions.
    """
    lower = lower_is_better(metric)
    measured = [name for name in event if name.startswith("valid_")]
    if not measured:
        return "", 1
    exact = f"valid_{metric}"
    name = exact if exact in measured else next((n for n in measured if n != "valid_loss"), measured[0])
    falls = name == "valid_loss" or lower_is_better(name.removeprefix("valid_"))
    return name, 1 if falls == lower else -1
