"""The command `import`: files that nobody prepared become a data set, by a recipe that may be saved and used again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from recsys_core import files
from recsys_core.cli.data_commands import Json
from recsys_core.cli.files_in import Columns, changed, read_tables, recipe_of
from recsys_core.cli.output import actor, print_json, print_table
from recsys_core.data.dialect import Reading
from recsys_core.data.hints import hints_of
from recsys_core.data.importing import Imported, Tables, import_tables
from recsys_core.data.recipe import Recipe
from recsys_core.data.store import keep_dataset
from recsys_core.data.tables import READ
from recsys_core.errors import DataError, ParamError
from recsys_core.i18n import _


def import_files(
    file: Annotated[
        list[Path],
        typer.Argument(help=_("interactions: text, gzip, zip or Parquet; several are read as one")),
    ],
    name: Annotated[str, typer.Option(help=_("what to call the data set"))],
    user: Annotated[str | None, typer.Option(help=_("column of the user id"))] = None,
    item: Annotated[str | None, typer.Option(help=_("column of the item id"))] = None,
    value: Annotated[str | None, typer.Option(help=_("column of the rating or count"))] = None,
    time: Annotated[str | None, typer.Option(help=_("column of the time"))] = None,
    label: Annotated[str | None, typer.Option(help=_("column of 0 and 1 of a table of clicks"))] = None,
    features: Annotated[
        str | None, typer.Option(help=_("columns that describe a row of clicks, comma separated"))
    ] = None,
    users: Annotated[Path | None, typer.Option(help=_("users' attributes"))] = None,
    items: Annotated[Path | None, typer.Option(help=_("items' attributes"))] = None,
    kind: Annotated[str | None, typer.Option(help=_("rating, implicit or click"))] = None,
    recipe: Annotated[Path | None, typer.Option(help=_("a saved recipe, in place of all guessing"))] = None,
    save_recipe: Annotated[Path | None, typer.Option(help=_("write the recipe that was used"))] = None,
    step: Annotated[
        list[str] | None, typer.Option(help=_("step=on, step=off or step.setting=value, again for more"))
    ] = None,
    scaling: Annotated[str | None, typer.Option(help=_("min-max, z-score or log"))] = None,
    impute: Annotated[bool, typer.Option(help=_("fill missing attributes"))] = False,
    unreadable_as_missing: Annotated[
        bool, typer.Option(help=_("count cells that are no number or time as missing"))
    ] = False,
    header: Annotated[bool | None, typer.Option(help=_("whether the first row holds names"))] = None,
    separator: Annotated[str | None, typer.Option(help=_("between cells: , ; tab | :: or space"))] = None,
    encoding: Annotated[str | None, typer.Option(help=_("of the text, e.g. utf-8 or latin-1"))] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option(help=_("leave out rows with too many or too few cells"))
    ] = False,
    member: Annotated[str, typer.Option(help=_("the table inside a zip; * reads all as one"))] = "",
    dropped: Annotated[Path | None, typer.Option(help=_("CSV to write: the rows that cleaning took"))] = None,
    json: Json = False,
) -> None:
    """Make a data set from your own files."""
    files.check_name(name, where="--name")
    saved = _saved(recipe)
    reading = _reading(saved, header, separator, encoding, skip_bad_rows)
    columns = Columns(
        user,
        item,
        value,
        time,
        users,
        items,
        kind,
        label,
        tuple(filter(None, (features or "").split(","))),
    )
    tables = read_tables(file, columns, reading=reading, member=member)
    chosen = saved or recipe_of(tables, columns, reading=reading)
    if saved is not None and (user or item or value or time or label or kind or features):
        raise ParamError(
            what=_("a recipe says already which column is what"),
            where="--recipe",
            remedy=_(
                "leave out --user, --item, --value, --time, --label, --features and --kind, or the recipe"
            ),
        )
    chosen = changed(chosen, step or [])
    told: dict[str, Any] = {**chosen.as_dict()}
    told |= {} if scaling is None else {"scaling": scaling}
    told |= {"impute": "fill"} if impute else {}
    told |= {"unreadable": "missing"} if unreadable_as_missing else {}
    chosen = Recipe.from_dict(told)
    made = import_tables(name, tables, chosen)
    for path, content in ((save_recipe, chosen.written()), (dropped, files.safe_csv(made.dropped))):
        if path is not None:
            _write(path, content)
    keep_dataset(made.dataset, actor=actor(), dropped=made.dropped)
    _tell(made, tables, chosen, json)


def _saved(path: Path | None) -> Recipe | None:
    if path is None:
        return None
    if not path.is_file():
        raise DataError(what=_("there is no such file"), where=str(path), remedy=_("check the path"))
    return Recipe.read(path.read_bytes(), name=path.name)


def _reading(
    saved: Recipe | None, header: bool | None, separator: str | None, encoding: str | None, skip: bool
) -> Reading:
    base = saved.reading if saved is not None else Reading()
    named = {"tab": "\t", "\\t": "\t", "space": " ", "spaces": " "}
    given = named.get(separator.lower(), separator) if separator is not None else None
    return replace(
        base,
        header=base.header if header is None else header,
        separator=given or base.separator,
        encoding=encoding.lower() if encoding else base.encoding,
        skip_bad_rows=skip or base.skip_bad_rows,
    )


def _write(path: Path, content: bytes) -> None:
    if not path.parent.is_dir():
        raise DataError(
            what=_("the folder is not there"),
            where=str(path.parent),
            remedy=_("make it, or write somewhere else"),
        )
    files.write_bytes(path, content)


def _tell(made: Imported, tables: Tables, recipe: Recipe, json: bool) -> None:
    data, steps = made.dataset, list(made.dataset.cleaning)
    row = {"name": data.name, "kind": data.kind.value, "rows": len(data.interactions)}
    row |= {"users": data.n_users, "items": data.n_items}
    notes = [*hints_of(tables.events, recipe), *made.notes]
    if json:
        read = tables.events.attrs.get(READ, {})
        print_json({**row, "cleaning": steps, "recipe": recipe.as_dict(), "read": read, "notes": notes})
        return
    for note in notes:
        print(note)
    print_table([{**step, "name": _(step["name"])} for step in steps], ("name", "rows_before", "rows_after"))
    print_table([row], tuple(row))


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("import")(import_files)
