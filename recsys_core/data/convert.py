"""Columns of text become ids, numbers, times and lists; a cell that cannot is named by file, row, column."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.data.tables import SOURCE
from recsys_core.errors import DataError
from recsys_core.i18n import _

LIST_SEPARATOR = "|"
_ABSENT = ("", "na", "nan", "null", "none", "n/a")
_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From this size on an epoch is in nano-, micro- or milliseconds; seconds reach 1e11 in the year 5138."""
_DAYS = (19_000_101, 21_001_231)


def ids(column: pd.Series) -> pd.Series:
    """The column as text without surrounding space; empty cells are missing."""
    text = column.astype("str").str.strip()
    return text.mask(text == "")


_DECIMAL_COMMA = r"[+-]?\d+(,\d+)?"
"""A whole column of such cells has a comma where others have a point."""


def numbers(table: pd.DataFrame, column: str) -> pd.Series:
    """The column as float64, missing where a cell says so; raises DataError at the first non-number."""
    text = _present(table[column])
    found = pd.to_numeric(text, errors="coerce").astype("float64")
    if found.isna().any() and text.dropna().str.fullmatch(_DECIMAL_COMMA).all():
        found = pd.to_numeric(text.str.replace(",", "."), errors="coerce").astype("float64")
    _refuse(table, column, text, bad=text.notna() & ~np.isfinite(found), problem=_("{cell} is not a number"))
    return found


def seconds(table: pd.DataFrame, column: str) -> pd.Series:
    """The column as epoch seconds (float64, missing where empty), from epochs, 20200131 or ISO 8601 text.

    Times without a zone are taken as UTC.
    """
    text = _present(table[column])
    epochs = pd.to_numeric(text, errors="coerce").astype("float64")
    given = text.notna()
    if not given.any() or epochs[given].notna().mean() >= 0.5:
        if given.any() and epochs[given].between(*_DAYS).all():
            return _epoch(pd.to_datetime(text, format="%Y%m%d", errors="coerce", utc=True))
        _refuse(table, column, text, bad=given & ~np.isfinite(epochs), problem=_("{cell} is not a time"))
        size = epochs.abs().median()
        return epochs // next((unit for least, unit in _UNITS if size >= least), 1.0)
    moments = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    problem = _("{cell} is not a time (epoch seconds, or text such as 2020-01-31 12:00:00)")
    _refuse(table, column, text, bad=given & moments.isna(), problem=problem)
    return _epoch(moments)


def attribute(column: pd.Series) -> pd.Series:
    """An attribute as numbers where every cell is one (and no leading zero would be lost), else as text."""
    text = _present(column)
    cells = text.dropna()
    found = pd.to_numeric(cells, errors="coerce")
    if (
        cells.empty
        or not np.isfinite(found.to_numpy(dtype="float64")).all()
        or cells.str.match(r"[-+]?0\d").any()
    ):
        return ids(column)
    whole = (found % 1 == 0).all() and found.abs().max() < 2**53
    return found.reindex(column.index).astype("Int64" if whole else "float64")


def split_lists(column: pd.Series, *, force: bool = False) -> pd.Series | None:
    """The cells as lists of texts (empty where missing) if any of them holds '|', else None."""
    text = column.astype("str").fillna("")
    if not force and not text.str.contains(LIST_SEPARATOR, regex=False).any():
        return None
    return pd.Series(
        [[part.strip() for part in cell.split(LIST_SEPARATOR) if part.strip()] for cell in text],
        index=column.index,
        dtype=object,
    )


def _present(column: pd.Series) -> pd.Series:
    text = column.astype("str").str.strip()
    return text.mask(text.str.lower().isin(_ABSENT))


def _epoch(moments: pd.Series) -> pd.Series:
    return (moments - pd.Timestamp("1970-01-01", tz="UTC")) // pd.Timedelta(seconds=1)


def _refuse(table: pd.DataFrame, column: str, text: pd.Series, *, bad: pd.Series, problem: str) -> None:
    """Raises DataError for the first bad cell; the header is row 1."""
    places = np.flatnonzero(bad.to_numpy())
    if not len(places):
        return
    raise DataError(
        what=problem.format(cell=repr(str(text.iloc[places[0]])[:40])),
        where=_("{file}, row {row}, column {column}").format(
            file=table.attrs.get(SOURCE, _("the table")), row=places[0] + 2, column=repr(column)
        ),
        remedy=_("correct the cell, leave it empty to drop the row, or assign another column"),
    )
