"""Reading the files that a command names, with the column options that commands share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.convert import ids
from recsys_core.data.dataset import Dataset
from recsys_core.data.importing import ColumnMap, guess_columns, import_dataset, read_table
from recsys_core.data.tables import SOURCE
from recsys_core.data.vocabulary import Vocabulary
from recsys_core.errors import NotFound, ParamError
from recsys_core.i18n import _
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

    def mapping(self, table: pd.DataFrame) -> ColumnMap:
        """The named columns; what is not named is guessed. Naming any of user and item turns guessing of value and time off."""
        guess = guess_columns(table)
        if self.user or self.item:
            return ColumnMap(self.user or guess.user, self.item or guess.item, self.value, self.time)
        return ColumnMap(guess.user, guess.item, self.value or guess.value, self.time or guess.time)


def dataset_from_files(name: str, file: Path, columns: Columns, *, test: Path | None = None) -> Dataset:
    """A data set from the files of one command; raises DataError and ParamError."""
    events = read_table(file, name=file.name)
    items = read_table(columns.items, name=columns.items.name) if columns.items else None
    users = read_table(columns.users, name=columns.users.name) if columns.users else None
    return import_dataset(
        name,
        events,
        columns.mapping(events),
        items=items,
        users=users,
        kind=_kind(columns.kind),
        parts=read_table(test, name=test.name) if test else None,
    )


def given_name(data: Dataset) -> str:
    """A name for the data set of two files, the same for the same content: other columns make another one."""
    digest = hashlib.sha256(f"{data.kind.value} {data.fingerprint}".encode())
    return f"given-{digest.hexdigest()[:12]}"


def rows_of(table: pd.DataFrame, column: str, vocabulary: Vocabulary, noun: str) -> IntArray:
    """Row numbers of a file's column of ids; raises NotFound for the first unknown one, by file, row and column."""
    wanted = ids(table[column])
    rows = vocabulary.rows(wanted)
    unknown = np.flatnonzero(rows < 0)
    if len(unknown):
        cell = wanted.iloc[unknown[0]]
        raise NotFound(
            what=_("the cell is empty")
            if pd.isna(cell)
            else _("{noun} {id} is unknown").format(noun=noun, id=repr(cell[:80])),
            where=_("{file}, row {row}, column {column}").format(
                file=table.attrs[SOURCE], row=unknown[0] + 2, column=repr(column)
            ),
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
            remedy=_("use rating or implicit"),
        ) from None
