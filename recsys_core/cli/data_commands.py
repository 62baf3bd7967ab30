"""Commands about data: sources, fetch, datasets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from recsys_core.cli.fetching import progress_of
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.data.sources import fetch_source, list_sources
from recsys_core.data.store import list_datasets
from recsys_core.i18n import _

Json = Annotated[bool, typer.Option("--json", help=_("print one JSON object and nothing else"))]


def sources(json: Json = False) -> None:
    """Built-in data sets, what each is, its terms, whether cached."""
    rows = list_sources()
    if json:
        print_json({"sources": rows})
        return
    shown = [{**row, "MB": f"{row['megabytes']:g}" if row["megabytes"] else "-"} for row in rows]
    print_table(shown, ("name", "kind", "rows", "users", "items", "MB", "cached", "licence"))
    for row in rows:
        print(f"\n{row['name']}: {row['title']}, {row['what']}\n  {row['terms']}")
        print(*(f"  {row[field]}" for field in ("citation", "url") if row[field]), sep="\n")


def fetch(
    name: str,
    json: Json = False,
    events: Annotated[bool, typer.Option(hidden=True, help=_("events as JSON lines, for the app"))] = False,
) -> None:
    """Download a built-in source and verify its checksum."""
    with progress_of(events=events) as report:
        data = fetch_source(name, actor=actor(), report=report)
    row = {"name": data.name, "kind": data.kind.value, "rows": len(data.interactions)}
    row |= {"users": data.n_users, "items": data.n_items}
    if json:
        print_json(row)
    elif not events:
        print_table([row], tuple(row))


def datasets(json: Json = False) -> None:
    """The data sets of the workspace."""
    rows = [asdict(summary) for summary in list_datasets()]
    columns = ("name", "kind", "rows", "users", "items")
    if json:
        print_json({"datasets": [{column: row[column] for column in columns} for row in rows]})
    else:
        print_table(rows, columns)


def register(app: typer.Typer) -> None:
    """Adds these commands."""
    for function in (sources, fetch, datasets):
        app.command()(function)
