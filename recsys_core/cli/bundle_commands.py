"""Commands that carry a run from one workspace to another: export writes it as one file, import-run brings it in."""

from __future__ import annotations

import os
from contextlib import redirect_stderr
from pathlib import Path
from typing import Annotated, Any

import typer

from recsys_core import files
from recsys_core.bundles.exporting import export_run
from recsys_core.bundles.importing import Brought, bringing, import_bundle
from recsys_core.bundles.waiting import waits_for
from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import actor, chatter_to, print_json
from recsys_core.cli.working import print_figures, run_row
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.origin import WAITING
from recsys_core.runs import Run, open_run


def export(
    run: str, to: Annotated[Path, typer.Option(help=_("the file to write, FILE.zip"))], json: Json = False
) -> None:
    """Write a finished run as one file: model, settings, split, figures. The data are not in it."""
    opened = open_run(run)
    if to.is_dir() or not to.parent.is_dir():
        raise DataError(
            what=_("it is a folder") if to.is_dir() else _("its folder is not there"),
            where=str(to),
            remedy=_("give the name of a file in a folder that is there"),
        )
    content = export_run(opened)
    try:
        files.write_bytes(to, content)
    except OSError as problem:
        raise DataError(
            what=_("it cannot be written ({problem})").format(problem=type(problem).__name__),
            where=str(to),
            remedy=_("write somewhere else"),
        ) from None
    if json:
        print_json({"run": opened.id, "file": str(to), "bytes": len(content), "sha256": files.sha256_of(to)})
    else:
        print(_("{file}: run {id}, {n:,} bytes").format(file=to, id=opened.id, n=len(content)))


def import_run(
    file: Annotated[
        Path, typer.Argument(help=_("a file that 'export' wrote, or the id of a run that waits"))
    ],
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """Bring in a run that was exported elsewhere; its model is built anew and must give its figures."""
    path = _path_of(file)
    # TensorFlow writes past Python what nobody asked for
    with (
        chatter_to(Path(os.devnull)) as terminal,
        redirect_stderr(terminal),
        progress_of(events=events, words=bringing) as report,
    ):
        brought = import_bundle(path, actor=actor(), report=report)
        if events:
            report({"status": "done", "run": brought.run.id, "new": brought.new})
    if not events:
        _tell(brought, json)


def _path_of(given: Path) -> Path:
    """The file that is meant: itself, or the one that a waiting run keeps."""
    if given.is_file():
        return given
    if not given.exists() and len(given.parts) == 1 and not given.suffix:
        opened: Run = open_run(str(given))
        if opened.waiting:
            return opened.folder / WAITING
        raise DataError(
            what=_("its model is built already"),
            where=_("run {id}").format(id=opened.id),
            remedy=_("there is nothing to do; 'recommend' makes its lists"),
        )
    raise DataError(
        what=_("there is no such file"), where=str(given), remedy=_("give a file that 'export' wrote")
    )


def _tell(brought: Brought, json: bool) -> None:
    run, row = brought.run, run_row(brought.run)
    if json:
        print_json({**row, "new": brought.new, "completed": brought.completed, "needs": _needs(run)})
        return
    if not brought.new and not brought.completed:
        print(_("the same run was here before"))
    print(_("run {id}: {state}").format(id=run.id, state=row["status"]))
    print_figures(row)
    needs = _needs(run)
    if needs is not None:
        print(needs["sentence"])


def _needs(run: Run) -> dict[str, Any] | None:
    """What a waiting run waits for; None where its model is built."""
    origin = run.origin
    if origin is None or not run.waiting:
        return None
    return {**origin.data, "sentence": waits_for(run)}


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    app.command()(export)
    app.command("import-run")(import_run)
