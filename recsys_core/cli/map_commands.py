"""The command that draws items or users on a map: map."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from typing import Annotated

import typer

from recsys_core.cli.data_commands import Json
from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import chatter_to, print_json, print_table
from recsys_core.columns import ITEM, TITLE, USER
from recsys_core.evaluation.meanings import mapping
from recsys_core.i18n import _
from recsys_core.runs import open_run
from recsys_core.scenarios.embedding_map import DONE, ITEMS, TSNE
from recsys_core.scenarios.map_store import made_map

SHOWN = ("id", "title", "x", "y")


def draw_map(
    run: str,
    of: Annotated[str, typer.Option(help=_("items or users"))] = ITEMS,
    method: Annotated[str, typer.Option(help=_("tsne or pca"))] = TSNE,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """Where a model sees items or users, in two dimensions; kept with the run."""
    opened = open_run(run)
    with (
        chatter_to(opened.folder / "log.txt") as terminal,
        redirect_stderr(terminal),
        progress_of(events=events, words=mapping) as report,
    ):
        found = made_map(opened, of=of, method=method, report=report)
        if events:
            report({"status": DONE, "share": 1.0})
    if events:
        return
    data = opened.dataset()
    table = (data.items if of == ITEMS else data.users).iloc[found.rows]
    ids = table[ITEM if of == ITEMS else USER].tolist()
    titles = table[TITLE].tolist() if of == ITEMS else ids
    places = found.places.tolist()
    points = [
        {"id": one, "title": title, "x": x, "y": y}
        for one, title, (x, y) in zip(ids, titles, places, strict=True)
    ]
    if json:
        about = {"run": opened.id, "of": of, "method": method, "kept": found.kept, "chance": found.chance}
        print_json({**about, "all": found.n_all, "seconds": found.seconds, "points": points})
    else:
        print_table(points, SHOWN)
        said = _(
            "{kept:.0%} of each point's nearest are near it on the map too; {chance:.1%} would be by chance"
        )
        print(said.format(kept=found.kept, chance=found.chance), file=sys.stderr)


def register(app: typer.Typer) -> None:
    """Adds this command."""
    app.command("map")(draw_map)
