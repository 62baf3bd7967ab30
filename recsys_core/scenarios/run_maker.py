"""A run that is needed now, in this process: the finished one of the same work, else a new one that becomes a normal run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from recsys_core.errors import Cancelled, DataError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.runs import CANCELLED, DONE, Run, RunConfig, create_run, delete_run, list_runs
from recsys_core.training.worker import work
from recsys_core.types import Report, no_report

LEAST_SHARE, LEAST_SECONDS = 0.03, 1.5
"""Before so much is done, the time left would be a guess."""


def finished_work(config: RunConfig) -> Run | None:
    """The newest finished run that gives the same figures; None where there is none."""
    return next((run for run in list_runs() if run.config.same_work(config) and run.state == DONE), None)


def made_run(config: RunConfig, *, watch: Report = no_report) -> Run:
    """The finished run of this work: found, or trained here and kept like any other.

    Raises:
        DataError: it failed. Cancelled: somebody stopped it on another page.
        KeyboardInterrupt: passed on; the run that had begun is removed.
    """
    found = finished_work(config)
    if found is not None:
        return found
    run = create_run(replace(config, created=datetime.now(UTC).isoformat(timespec="milliseconds")))
    try:
        state = work(run, watch=watch)
    except BaseException:
        run.set_state(CANCELLED)
        with suppress(DataError):
            delete_run(run.id, actor=config.actor)
        raise
    where = _("run {id}").format(id=run.id)
    if state == CANCELLED:
        raise Cancelled(what=_("it was stopped"), where=where, remedy=_("audit again"))
    if state != DONE:
        raise DataError(
            what=str(run.status.get("error") or state),
            where=where,
            remedy=_("'show {id}' tells more").format(id=run.id),
        )
    return run


class AuditProgress:
    """How far several runs are: a step a run, those that learn for long counting more, those that are there nearly nothing.

    Args:
        report: told `status`, `share`, `seconds_left`, `model`, `split`.
        configs: the runs, in order.
    """

    def __init__(self, report: Report, configs: Sequence[RunConfig]) -> None:
        self._report = report
        self._weights = [_weight(config) for config in configs]
        self._step, self._started = -1, time.monotonic()

    def of(self, config: RunConfig) -> Report:
        """Tells that the next run begins; the report of its events."""
        self._step += 1
        about = {"status": "training", "model": config.model, "split": config.split}
        total, before = sum(self._weights), sum(self._weights[: self._step])

        def tell(within: float) -> None:
            share = (before + within * self._weights[self._step]) / total
            gone = time.monotonic() - self._started
            known = share > LEAST_SHARE and gone > LEAST_SECONDS
            left = gone * (1 - share) / share if known else None
            self._report({**about, "share": share, "seconds_left": left})

        def watch(event: dict[str, Any]) -> None:
            if event["type"] == "epoch":
                done = event["epoch"] / event["of"]
                tell(0.5 + 0.5 * done if event.get("phase") == "refit" else 0.5 * done)

        tell(0.0)
        return watch


def _weight(config: RunConfig) -> float:
    if finished_work(config) is not None:
        return 0.01
    return 1.0 if registry.spec(config.model).floor else 10.0
