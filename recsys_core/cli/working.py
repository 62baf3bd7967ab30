"""A run made in this terminal: its progress, Ctrl-C, and its figures at the end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, TextIO

import typer

from recsys_core.cli.output import actor, chatter_to, print_json, print_table
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import _
from recsys_core.runs import CANCELLED, FAILED, INTERRUPTED, Run
from recsys_core.training.leaving import listening, told_to_leave
from recsys_core.training.worker import quiet_tensorflow, work

TERMINATED = 143
"""Exit code of what SIGTERM ended."""


def work_here(run: Run, json: bool) -> None:
    """Makes a queued run in this process; Ctrl-C keeps its best epoch, SIGTERM leaves it to be resumed."""
    quiet_tensorflow()
    try:
        with chatter_to(run.folder / "log.txt") as terminal, _ctrl_c_asks(run) as asked, listening():
            watch = None if json else partial(_print_progress, terminal)
            state = work(run, watch=watch, should_leave=told_to_leave)
    except KeyboardInterrupt:
        run.set_state(CANCELLED)
        raise
    if asked:
        if run.has_model:
            print(_("run {id} keeps its best epoch").format(id=run.id), file=sys.stderr)
        raise KeyboardInterrupt
    if state == INTERRUPTED:
        text = _("run {id} is interrupted; 'resume {id}' goes on with it").format(id=run.id)
        print(text, file=sys.stderr)
        raise typer.Exit(TERMINATED)
    _finish(run, json)


@contextmanager
def _ctrl_c_asks(run: Run) -> Iterator[list[int]]:
    """Ctrl-C asks the run to stop, so that it keeps its best epoch; a second one ends it at once.

    Yields a list that is no longer empty once somebody pressed it. TensorFlow may crash when an exception
    cuts into it, so nothing is raised while it computes.
    """
    pressed: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        pressed.append(number)
        with suppress(DataError):  # it may have ended just now
            run.cancel(actor=actor())

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, ask)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _print_progress(terminal: TextIO, event: dict[str, Any]) -> None:
    if event["type"] == "epoch":
        figures = "  ".join(
            f"{key} {event[key]:.4g}" for key in event if key == "loss" or key.startswith("valid_")
        )
        print(f"{event['phase']} {event['epoch']}/{event['of']}  {figures}", file=terminal)
    elif event["type"] == "phase":
        print(event["phase"], file=terminal)


def _finish(run: Run, json: bool) -> None:
    status = run.status
    if status["state"] == FAILED:
        raise ParamError(
            what=status["error"],
            where=_("run {id}").format(id=run.id),
            remedy=_("'show {id}' tells more").format(id=run.id),
        )
    row = run_row(run)
    if json:
        print_json(row)
        return
    print(_("run {id}: {state}").format(id=run.id, state=status["state"]))
    print_figures(row)


def print_figures(row: dict[str, Any]) -> None:
    """The figures of a run with their intervals, from `run_row`."""
    table = [
        {
            "metric": name,
            "value": value,
            "from": row["ci"].get(name, [None] * 2)[0],
            "to": row["ci"].get(name, [None] * 2)[1],
        }
        for name, value in row["metrics"].items()
    ]
    print_table(table, ("metric", "value", "from", "to"))


def run_row(run: Run) -> dict[str, Any]:
    """A run as `train --json` prints it."""
    config, status = run.config, run.status
    measured: dict[str, Any] = {"metrics": {}, "ci": {}}
    error = status.get("error")
    if run.has_figures:
        try:
            measured = run.measured()
        except DataError as problem:  # of one run: the list of all goes on
            error = str(problem)
    return {
        "run": run.id,
        "name": config.name,
        "status": status["state"],
        "model": config.model,
        "dataset": config.dataset,
        "split": config.split,
        "split_seed": config.split_seed,
        "seed": config.seed,
        "settings": dict(config.settings),
        "epochs": status.get("epochs", 0),
        "metrics": measured["metrics"],
        "ci": measured["ci"],
        "seconds": status.get("seconds", {}),
        "peak_rss_mb": status.get("peak_rss_mb"),
        "error": error,
        "origin": _origin_row(run),
    }


def _origin_row(run: Run) -> dict[str, Any] | None:
    """Where an imported run came from; None for one that was made here."""
    found = run.origin
    if found is None:
        return None
    row = {name: getattr(found, name) for name in ("run", "maker", "app", "imported", "actor")}
    return {**row, "dataset": found.dataset, "waiting": run.waiting}
