"""The command `report`: one HTML page about a data set and its runs, in plain words."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from recsys_core import files
from recsys_core.charts.theme import page_colours
from recsys_core.cli.data_commands import Json
from recsys_core.cli.output import print_json
from recsys_core.data.store import open_dataset
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.pins import list_pins
from recsys_core.runs import list_runs
from recsys_core.scenarios.report import make_report
from recsys_core.scenarios.report_page import Look, render


def report(
    data: Annotated[str, typer.Option(help=_("name of the data set"))],
    to: Annotated[Path, typer.Option(help=_("HTML file to write"))],
    json: Json = False,
) -> None:
    """One HTML page: the data, the best model and how sure we are, people's lists, pins, known limits."""
    opened = open_dataset(data)
    if to.is_dir():
        raise DataError(what=_("it is a folder"), where=str(to), remedy=_("give the name of a file"))
    if not to.parent.is_dir() or not os.access(to.parent, os.W_OK):
        raise DataError(
            what=_("the folder is not there or not writable"),
            where=str(to.parent),
            remedy=_("make it, or write somewhere else"),
        )
    runs = [one for one in reversed(list_runs()) if one.config.fingerprint == opened.fingerprint]
    keyed = [(one.id, one.config.model, registry.spec(one.config.model).floor) for one in runs]
    pins = list_pins()
    text = render(make_report(opened, pins), Look(**page_colours(keyed)))
    files.write_bytes(to, text.encode("utf-8"))
    if json:
        print_json(
            {"file": str(to), "bytes": len(text.encode("utf-8")), "pins": len(pins), "runs": len(runs)}
        )


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command()(report)
