"""Reading the files that a command names, with the column options that commands share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.attributes import check_columns
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.convert import ids
from recsys_core.data.dataset import Dataset
from recsys_core.data.dialect import Reading
from recsys_core.data.importing import Tables, import_tables
from recsys_core.data.proposing import recipe_for
from recsys_core.data.recipe import Recipe
from recsys_core.data.recipe_checks import checked_step
from recsys_core.data.roles import propose
from recsys_core.data.steps import BY_NAME
from recsys_core.data.tables import place_of, read_table, together
from recsys_core.data.vocabulary import Vocabulary
from recsys_core.errors import DataError, NotFound, ParamError
from recsys_core.i18n import _
from recsys_core.params import parse_assignments
from recsys_core.types import IntArray


@dataclass(frozen=True, slots=True)
class Columns:
    """The shared options: which column is what, and files of attributes."""

    user: str | None = None
    item: str | None = None
    value: str | None = None
    time: str | None = None
    users: Path | None = None
    items: Path | None = None
    kind: str | None = None
    label: str | None = None
    features: tuple[str, ...] = ()

    def mapping(self, guess: ColumnMap) -> ColumnMap:
        """The named columns; what is not named is guessed. Naming any of user and item turns guessing of value and time off.

        Naming the label makes a table of clicks: then user, item and time are those that are named or surely found.
        """
        if self.label is not None:
            return self._of_clicks(self.label, guess)
        said = bool(self.user or self.item)
        value = self.value if said else self.value or guess.value
        time = self.time if said else self.time or guess.time
        main = [self.user or guess.user, self.item or guess.item, value, time]
        rest = replace(guess, user=main[0], item=main[1], value=main[2], time=main[3])
        free_of = {
            name: tuple(one for one in getattr(rest, name) if one not in main)
            for name in ("item_attributes", "user_attributes", "features")
        }
        return replace(rest, title=None if rest.title in main else rest.title, **free_of)  # type: ignore[arg-type]

    def _of_clicks(self, label: str, guess: ColumnMap) -> ColumnMap:
        taken = {one for one in (self.user, self.item, self.time, label, *self.features) if one}

        def free(names: tuple[str | None, ...]) -> tuple[str, ...]:
            return tuple(one for one in names if one is not None and one not in taken)

        user, item, time, title = (
            next(iter(free((one,))), None) for one in (guess.user, guess.item, guess.time, guess.title)
        )
        return ColumnMap(
            self.user or user,
            self.item or item,
            label,
            self.time or time,
            title,
            free(guess.item_attributes),
            free(guess.user_attributes),
            self.features or free(guess.features),
        )


def read_tables(
    paths: Sequence[Path], columns: Columns, *, reading: Reading, member: str = "", test: Path | None = None
) -> Tables:
    """The files of one command; raises DataError that names the file."""

    def one(path: Path | None, inside: str = "") -> pd.DataFrame | None:
        if path is None:
            return None
        return read_table(
            path,
            name=path.name,
            max_mb=None,
            member=inside,
            reading=reading if inside or path in paths else None,
        )

    events = [one(path, member) for path in paths]
    return Tables(
        together([table for table in events if table is not None]),
        one(columns.items),
        one(columns.users),
        one(test),
    )


def recipe_of(tables: Tables, columns: Columns, *, reading: Reading) -> Recipe:
    """The proposed recipe with what the options say in place of what was guessed."""
    if columns.label is not None and columns.kind is None:
        columns = replace(columns, kind=Kind.CLICK.value)
    check_columns(tables.events, [] if columns.label is None else [columns.label])
    mapping = columns.mapping(propose(tables.events, label=columns.label).columns)
    check_columns(tables.events, mapping.chosen())
    kind = _kind(columns.kind)
    recipe = recipe_for(tables.events, mapping, kind=kind, items=tables.items, users=tables.users)
    header = recipe.reading.header if reading.header is None else reading.header
    return replace(recipe, reading=replace(reading, header=header))


def dataset_from_files(name: str, file: Path, columns: Columns, *, test: Path | None = None) -> Dataset:
    """A data set from the files of one command; raises DataError and ParamError."""
    tables = read_tables([file], columns, reading=Reading(), test=test)
    return import_tables(name, tables, recipe_of(tables, columns, reading=Reading())).dataset


def changed(recipe: Recipe, assignments: Sequence[str]) -> Recipe:
    """The recipe with `step=on`, `step=off` and `step.setting=value` applied; raises ParamError and DataError."""
    parsed = parse_assignments(assignments, option="--step", example="k_core.users=3")
    for key, text in parsed.items():
        step, _dot, setting = key.partition(".")
        if step not in BY_NAME:
            raise ParamError(
                what=_("there is no step {name}").format(name=repr(step[:40])),
                where="--step",
                remedy=_("the steps are: {known}").format(known=", ".join(BY_NAME)),
            )
        if not setting:
            recipe = recipe.with_step(step, on=_on_or_off(key, text))
            continue
        given = {"on": True, setting: _setting(step, setting, text)}
        recipe = recipe.with_step(
            step, **checked_step(BY_NAME[step], {**recipe.steps.get(step, {}), **given})
        )
    return recipe


def _on_or_off(key: str, text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ParamError(
            what=_("{given} is neither on nor off").format(given=repr(text)),
            where=f"--step {key}",
            remedy=_("write e.g. --step k_core=on or --step k_core.users=3"),
        )
    return text.lower() == "on"


def _setting(step: str, setting: str, text: str) -> object:
    kinds = {one.name: one.kind for one in BY_NAME[step].fields}
    if kinds.get(setting) == "texts":
        return [part.strip() for part in text.split(",") if part.strip()]
    if kinds.get(setting) in ("number", "whole"):
        try:
            return float(text)
        except ValueError:
            return text
    return text


def given_name(data: Dataset) -> str:
    """A name for the data set of two files, the same for the same content: other columns make another one."""
    digest = hashlib.sha256(f"{data.kind.value} {data.fingerprint}".encode())
    return f"given-{digest.hexdigest()[:12]}"


def rows_of(table: pd.DataFrame, column: str | None, vocabulary: Vocabulary, noun: str) -> IntArray:
    """Row numbers of a file's column of ids; raises NotFound for the first unknown one, by file, row and column."""
    if column is None:
        raise DataError(
            what=_("no column of ids of a {noun} is found").format(noun=noun),
            where=place_of(table, 0)[0],
            remedy=_("name the columns 'user' and 'item'"),
        )
    wanted = ids(table[column])
    rows = vocabulary.rows(wanted)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        cell = wanted.iloc[unknown[0]]
        file, row = place_of(table, int(unknown[0]))
        raise NotFound(
            what=_("the cell is empty")
            if pd.isna(cell)
            else _("{noun} {id} is unknown").format(noun=noun, id=repr(cell[:80])),
            where=_("{file}, row {row}, column {column}").format(file=file, row=row, column=repr(column)),
            remedy=_("use an id as it stands in the data set's own file"),
        )
    return rows


def _kind(text: str | None) -> Kind | None:
    if text is None:
        return None
    try:
        return Kind(text)
    except ValueError:
        raise ParamError(
            what=_("{given} is no kind of feedback").format(given=repr(text)),
            where="--kind",
            remedy=_("use rating or implicit or click"),
        ) from None
