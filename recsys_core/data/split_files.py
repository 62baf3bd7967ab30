"""The rows of a split as files for another system: what it may learn from, and what it is judged on."""

from __future__ import annotations

import io
import uuid
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from recsys_core.columns import ITEM, ITEM_ROW, TIME, USER, USER_ROW, VALUE
from recsys_core.data.splits import Split
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.types import IntArray

TRAIN, TEST = "train.csv", "test.csv"


def split_tables(split: Split) -> dict[str, pd.DataFrame]:
    """`train.csv` (training, validation and what held-out users revealed) and `test.csv`, by name.

    Columns `user_id`, `item_id`, `value` and, where the data have it, `timestamp` (seconds since 1970). Ids are exactly as
    in the data set's own file: scores for them can be imported as they are.
    """
    return {TRAIN: _table(split, split.known_rows), TEST: _table(split, split.test)}


def _table(split: Split, rows: IntArray) -> pd.DataFrame:
    data, events = split.dataset, split.dataset.interactions.iloc[rows]
    columns = {
        USER: data.user_vocabulary.ids(events[USER_ROW].to_numpy()),
        ITEM: data.item_vocabulary.ids(events[ITEM_ROW].to_numpy()),
        VALUE: events[VALUE].to_numpy(np.float32),
    }
    if data.has_time:
        columns[TIME] = events[TIME].to_numpy()
    return pd.DataFrame(columns)


def csv_of(table: pd.DataFrame) -> bytes:
    """A table as CSV for a program, in UTF-8: no cell is changed, whatever a spreadsheet would make of it."""
    return table.to_csv(index=False).encode("utf-8")


def write_split(split: Split, folder: Path) -> dict[str, int]:
    """Writes both files into a folder, made when missing; the rows of each, by name. There whole, or not at all.

    Raises:
        DataError: the folder cannot be made or written.
    """
    mark, tables = uuid.uuid4().hex[:8], split_tables(split)
    written = [(folder / f".{name}.{mark}.tmp", folder / name, table) for name, table in tables.items()]
    try:
        folder.mkdir(exist_ok=True)
        for temporary, _path, table in written:
            temporary.write_bytes(csv_of(table))
        for temporary, path, _table in written:
            temporary.replace(path)
    except OSError as problem:
        raise DataError(
            what=_("the files cannot be written ({problem})").format(problem=type(problem).__name__),
            where=str(folder),
            remedy=_("give a folder that can be made and written"),
        ) from None
    finally:
        for temporary, _path, _table in written:
            if folder.is_dir():
                temporary.unlink(missing_ok=True)
    return {name: len(table) for name, table in tables.items()}


def zipped_split(split: Split) -> bytes:
    """Both files in one archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in split_tables(split).items():
            archive.writestr(name, csv_of(table))
    return packed.getvalue()
