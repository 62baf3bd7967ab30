"""A study made in this terminal: its progress, Ctrl-C, and what came of it."""

from __future__ import annotations

import json as json_text
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, TextIO

import pandas as pd
import typer

from recsys_core.cli.output import actor, chatter_to, print_json, print_table
from recsys_core.cli.working import TERMINATED, run_row
from recsys_core.errors import DataError, ParamError
from recsys_core.evaluation import meanings
from recsys_core.i18n import _
from recsys_core.job_folder import DONE, FAILED, INTERRUPTED
from recsys_core.runs import Run, create_run
from recsys_core.training import search_final
from recsys_core.training.search_cost import expected_seconds
from recsys_core.training.search_space import grid_size
from recsys_core.training.studies import PARAM, Study
from recsys_core.training.study_config import GRID, METHODS, budget
from recsys_core.training.worker import quiet_tensorflow, work


def print_plan(study: Study) -> None:
    """What is about to be done, before it begins: the budget in trials and minutes, and where it looks."""
    config = study.config
    n, minutes = budget(config)
    print(_("study {id}: {method}").format(id=study.id, method=_(METHODS[config.method])))
    if config.method == GRID:
        size = grid_size(config.grid)
        print(_("the grid has {size} points; {n} are tried").format(size=size, n=n))
    limit = _("no limit of time") if minutes is None else _("{m:g} minutes at most").format(m=minutes)
    expected = meanings.duration(expected_seconds(config, study.dataset()))
    words = _("budget: {n} trials at most, {limit}; about {expected} if none is cut short")
    print(words.format(n=n, limit=limit, expected=expected))
    for one in config.ranges:
        print(f"  {one}")


def search_here(study: Study, json: bool) -> None:
    """Works on a queued study in this terminal; Ctrl-C keeps what is done.

    Raises:
        ParamError: no trial finished. KeyboardInterrupt: somebody stopped it.
    """
    from recsys_core.training.search import search

    with _ctrl_c_asks(study):
        state = search(study, watch=None if json else partial(_print_progress, study.config.metric))
    if state == FAILED:
        raise ParamError(
            what=study.status["error"],
            where=study.called,
            remedy=_("change the ranges; 'show {id}' lists every trial").format(id=study.id),
        )
    if state != DONE:
        left = study.budget_left()[0]
        words = _("{called} keeps what is done, {left} trials are left; go on with: resume {id}")
        print(words.format(called=study.called, left=left, id=study.id), file=sys.stderr)
        if state == INTERRUPTED:
            raise typer.Exit(TERMINATED)
        raise KeyboardInterrupt
    _measure_on_test(study, json)
    row = study_row(study)
    if json:
        print_json(row)
    else:
        print_study(row)


@contextmanager
def _ctrl_c_asks(study: Study) -> Iterator[None]:
    """Ctrl-C asks the study to stop, a second one ends this process at once: its helpers follow."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with suppress(DataError):  # it may have ended just now
            study.cancel(actor=actor())

    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _print_progress(metric: str, event: dict[str, Any]) -> None:
    if event["type"] != "trial" or event["state"] == "running":
        return
    if event["trial"] == "default":
        value = meanings.number(event.get("value"))
        print(_("default settings: {metric} {value}").format(metric=metric, value=value), flush=True)
        return
    settings = json_text.loads(event["settings"])
    told = "  ".join(f"{name}={_short(value)}" for name, value in settings.items())
    print(f"{event['trial']:>4}  {told}  {event['reason']}", flush=True)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _measure_on_test(study: Study, json: bool) -> None:
    """The best trial's run and that of the default settings, made here unless they were made before."""
    for number in (search_final.best_number(study), search_final.DEFAULT):
        config = search_final.run_config(study, number, actor=actor())
        run = search_final.made_before(config)
        if run is None or run.state != DONE:
            run = create_run(config)
            if not json:
                what = _("default settings") if number < 0 else _("trial {n}").format(n=number)
                print(_("measuring on test: {what}, run {id}").format(what=what, id=run.id), flush=True)
            _work_here(run)
        search_final.note_look(study, run, number, actor=actor())


def _work_here(run: Run) -> None:
    quiet_tensorflow()
    with chatter_to(run.folder / "log.txt") as terminal:
        if work(run) != DONE:
            _say_why(run, terminal)


def _say_why(run: Run, terminal: TextIO) -> None:
    print(run.status.get("error", run.state), file=terminal)


def study_row(study: Study) -> dict[str, Any]:
    """A study as `tune --json` prints it."""
    config, table = study.config, study.trials()
    best, final, found = study.best(table), search_final.final_of(study), search_final.shrinkage(study)
    return {
        "study": study.id,
        "name": config.name,
        "status": study.state,
        "model": config.model,
        "dataset": config.dataset,
        "split": config.split,
        "split_seed": config.split_seed,
        "seed": config.seed,
        "method": config.method,
        "metric": config.metric,
        "of": budget(config)[0],
        "tried": int(table["counts"].sum()),
        "ranges": [str(one) for one in config.ranges],
        "fixed": dict(config.fixed),
        "trials": [_trial(row) for _place, row in table.iterrows()],
        "best": None if best is None else _best(study, best, final),
        "shrinkage": None if found is None else _told(found),
        "looks": search_final.n_looks(study),
        "words": [] if found is None else search_final.in_words(found, search_final.luck_of_choosing(study)),
        "error": study.status.get("error"),
    }


def _trial(row: pd.Series) -> dict[str, Any]:
    settings = {
        str(name).removeprefix(PARAM): value for name, value in row.items() if str(name).startswith(PARAM)
    }
    told = {key: row[key] for key in ("number", "state", "value", "reason", "epochs", "seconds")}
    return {"settings": settings, **told}


def _best(study: Study, best: pd.Series, final: Run | None) -> dict[str, Any]:
    row = run_row(final) if final is not None else {}
    return {
        "trial": int(best["number"]),
        "value": float(best["value"]),
        "run": row.get("run"),
        "settings": study.settings_of(int(best["number"])),
        "metrics": row.get("metrics", {}),
        "ci": row.get("ci", {}),
    }


def _told(found: search_final.Shrinkage) -> dict[str, Any]:
    names = (
        "metric", "n_tried", "valid", "test", "difference", "default_valid", "default_test", "default_difference",
        "gain_valid", "gain_test", "gain_test_ci", "lost", "lost_ci", "valid_ci", "test_ci",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def print_study(row: dict[str, Any]) -> None:
    """A study for a person: every trial, the best settings, and what is left of them on test."""
    trials = [{**one, **one["settings"]} for one in row["trials"]]
    searched = list(trials[0]["settings"]) if trials else []
    print_table(trials, ("number", "state", *searched, "value", "epochs", "reason"))
    best = row["best"]
    if best is None:
        return
    chosen = " ".join(f"--set {name}={value}" for name, value in best["settings"].items())
    print(
        _("best: trial {n}, {metric} {value:.4g} on validation").format(
            n=best["trial"], metric=row["metric"], value=best["value"]
        )
    )
    if best["run"]:
        print(_("its run: {run} ({chosen})").format(run=best["run"], chosen=chosen))
    for sentence in row["words"]:
        print(sentence)
    print(_("runs that this study measured on test: {n}").format(n=row["looks"]))
