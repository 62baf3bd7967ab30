"""Commands that are processes: the worker, the dispatcher, and going on with what was interrupted."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.searching import search_here
from recsys_core.cli.working import work_here
from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.training.jobs import make_resumable
from recsys_core.training.studies import Study, find_job
from recsys_core.training.studies import make_resumable as resumable_study
from recsys_core.training.worker import quiet_tensorflow


def resume(run: str, json: Json = False) -> None:
    """Go on, here: with an interrupted run from its last checkpoint, with a study from the trials that it has."""
    opened = find_job(run)
    if isinstance(opened, Study):
        resumable_study(opened)
        search_here(opened, json)
        return
    if not json and not opened.goes_on_from_kept:
        print(_("run {id} kept no checkpoint: it starts anew").format(id=opened.id), file=sys.stderr)
    make_resumable(opened)
    work_here(opened, json)


def work_command(run: Annotated[str | None, typer.Argument()] = None, spare: bool = False) -> None:
    """The worker process: make one queued run, or wait warm for one."""
    from recsys_core.training.spare import wait_as_spare, work_as_told

    if spare:
        wait_as_spare()
    elif run is None:
        raise ParamError(
            what=_("it is not clear which run to work on"), where="work", remedy=_("give the id of a run")
        )
    else:
        quiet_tensorflow()
        work_as_told(run)


def dispatch() -> None:
    """The dispatcher process: drains the queue until no app is left."""
    from recsys_core.training.dispatcher import dispatch as run_dispatcher

    run_dispatcher()


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(resume)
    app.command("work", hidden=True)(work_command)
    app.command("dispatch", hidden=True)(dispatch)
