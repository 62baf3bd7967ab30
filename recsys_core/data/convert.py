"""Columns become ids, numbers, times and lists; a cell that cannot is named by file, row and column.

Columns of text are converted by pyarrow in one go; only where that fails are the cells looked at one by one, to
understand other spellings or to say which one is wrong.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from recsys_core.data.moments import seconds_of
from recsys_core.data.tables import place_of
from recsys_core.errors import DataError
from recsys_core.i18n import _
from recsys_core.types import BoolArray, FloatArray, IntArray

LIST_SEPARATOR = "|"
_ABSENT = ("", "na", "nan", "null", "none", "n/a", "\\n", "?", "-", "#n/a", "nat", "<na>", "undefined")
_NOTHING = ("", "NULL", "null", "NaN", "nan", "NaT", "<NA>", "\\N", "#N/A", "undefined")
"""Words of machines, never of people: 'NA', 'none' and '-' may be ids or names."""
_YES, _NO = ("true", "yes", "t", "y"), ("false", "no", "f", "n")
_SPELLINGS = (
    (r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[+-]?\d{1,3}(\.\d+)?", ",", "."),
    (r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?", ".", ","),
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?", ",", "."),
)
"""Other ways to write numbers, each with the sign between its thousands and the one before its fractions.

The first is commas between all thousands ('1,234' beside '987', never beside '1234' or '0,125'), the second decimal
commas, the third what is left of commas between thousands. The one that most cells fit counts, the first of equals.
"""
_SIGNS = "€$£¥₹₽₩₺₴"
_MONEY = (
    rf"^([+-]?)\s*[{_SIGNS}]\s*|\s*(?:[{_SIGNS}]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|INR)|(?<=\d)(?:EUR|USD|GBP|CHF))$",
    r"\1",
)
"""Signs and codes of money before or after an amount."""
_OWED = (r"^\((.+)\)$", r"-\1")
"""How bookkeepers write amounts below 0."""
_STARS = "[★⭐✩☆✭½\ufe0f ]+"
_OUT_OF = r"([+-]?\d+(?:[.,]\d+)?)\s*(?:/|out of)\s*(\d+)"
_GAPS = "(?<=\\d)[ \u00a0\u202f'\u2019](?=\\d{3}(?!\\d))"
"""Spaces and apostrophes between thousands."""


def ids(column: pd.Series) -> pd.Series:
    r"""The column as text without surrounding space, nothing of an id lost.

    Empty cells are missing, and so are those in which a machine wrote that there is nothing (NULL, NaN, \N).
    """
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("str")
    if pd.api.types.is_float_dtype(column.dtype):
        column = _whole(column)
    text = column.astype("str").str.strip()
    return text.mask(text.isin(_NOTHING) | column.isna())


def _whole(column: pd.Series) -> pd.Series:
    """Whole numbers that stand as floats only because some are missing, as integers."""
    present = column.dropna()
    whole = len(present) and np.isfinite(present).all() and (present % 1 == 0).all()
    return column.astype("Int64") if whole and present.abs().max() < 2**53 else column


def coded(texts: pd.Series) -> pd.Series:
    """A column of ids as categories: codes instead of texts, for tables of many rows; missing stays missing."""
    found = pa.chunked_array(pa.array(texts, type=pa.large_string()))
    encoded = found.dictionary_encode().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    categories = pd.Index(encoded.dictionary.to_pandas(), dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes, categories=categories), index=texts.index)  # type: ignore[call-overload]


def numbers(
    table: pd.DataFrame, column: str, *, unreadable_as_missing: bool = False, lost: BoolArray | None = None
) -> pd.Series:
    """The column as float64, missing where a cell says so; raises DataError at the first that is no number.

    Decimal commas, signs between thousands, signs of money and percent, stars, '4/5' and yes/no are understood where
    most of the column is written so. `lost`: rows that are dropped whatever stands in this column, shape (n,).
    """
    cells = table[column]
    found = _typed_numbers(cells)
    if found is not None:
        text = cells
        bad = ~np.isfinite(found) & cells.notna().to_numpy()
    else:
        text = present(cells)
        found = _spelled_numbers(text)
        bad = text.notna().to_numpy() & ~np.isfinite(found)
    unread = bad if unreadable_as_missing else bad & (False if lost is None else lost)
    found = np.where(unread, np.nan, found)
    if not unreadable_as_missing:
        refuse(table, column, text, bad=bad & ~unread, problem=_("{cell} is not a number"))
    return pd.Series(found, index=cells.index)


def _typed_numbers(cells: pd.Series) -> FloatArray | None:
    """The fast way: columns that are numbers, or text that pyarrow reads as numbers; None where it cannot."""
    if pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype):
        return cells.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    try:
        plain = pa.array(cells, type=pa.large_string())
        parsed = plain.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None
    return np.asarray(parsed, dtype=np.float64) if np.isfinite(parsed[cells.notna()]).all() else None


def _spelled_numbers(text: pd.Series) -> FloatArray:
    """Numbers of cells as they are spelled in most of them; NaN for cells that are none."""
    codes, distinct = pd.factorize(text)
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    return np.append(spelled(pd.Series(distinct, dtype="str"), counts), np.nan)[codes]


def spelled(cells: pd.Series, counts: IntArray) -> FloatArray:
    """Numbers of distinct cells as most cells spell them, shape (n,); NaN for cells that are no numbers.

    Args:
        cells: text as `present` gives it, each once.
        counts: how often each occurs, shape (n,).
    """
    found = _usual(cells)
    if len(cells) == 0 or np.isfinite(found).all():
        return found
    lowered = cells.str.lower()
    if lowered.isin([*_YES, *_NO]).all():
        return np.asarray(lowered.isin(_YES), dtype=np.float64)
    graded = _grades(lowered)
    if graded is not None:
        return graded
    bare = cells.str.removesuffix("%").str.strip()
    for sign, plain in (_OWED, _MONEY, (_GAPS, "")):
        bare = bare.str.replace(sign, plain, regex=True)
    found = _usual(bare)
    most = counts[np.isfinite(found)].sum()
    for pattern, thousands, point in _SPELLINGS:
        fits = bare.str.fullmatch(pattern)
        if counts[fits].sum() > most:
            most = counts[fits].sum()
            written = bare.where(fits).str.replace(thousands, "", regex=False)
            found = _usual(written.str.replace(point, ".", regex=False))
    return found


def _grades(cells: pd.Series) -> FloatArray | None:
    """The grades of cells that are all stars ('★★★☆☆') or all out of the same best ('4/5'); else None."""
    if cells.str.fullmatch(_STARS).all() and cells.str.contains("[★⭐½]").any():
        return np.asarray(cells.str.count("[★⭐]") + 0.5 * cells.str.count("½"), dtype=np.float64)
    parts = cells.str.extract(f"^{_OUT_OF}$")
    if len(parts) < 2 or parts[1].isna().any() or parts[1].nunique() != 1:
        return None
    graded = _usual(parts[0].str.replace(",", ".", regex=False))
    return graded if np.nanmax(graded) <= float(parts[1].iloc[0]) else None


def _usual(cells: pd.Series) -> FloatArray:
    return pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64)


def seconds(
    table: pd.DataFrame, column: str, *, unreadable_as_missing: bool = False, lost: BoolArray | None = None
) -> pd.Series:
    """The column as epoch seconds (float64, missing where empty): epochs, 20200131, or text with a date.

    Times without a zone are taken as UTC. Raises DataError for a cell that is no time, or lies outside the years
    1900 to 2100.
    """
    cells = table[column]
    found, bad, problem = seconds_of(cells, present)
    unread = bad if unreadable_as_missing else bad & (False if lost is None else lost)
    found = np.where(unread, np.nan, found)
    if not unreadable_as_missing:
        refuse(table, column, cells, bad=bad & ~unread, problem=problem)
    return pd.Series(found, index=cells.index)


def attribute(column: pd.Series) -> pd.Series:
    """An attribute as numbers where every cell is one (and no leading zero would be lost), else as text."""
    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("str")
    if pd.api.types.is_numeric_dtype(column.dtype):
        return _whole(column) if pd.api.types.is_float_dtype(column.dtype) else column.astype("Int64")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column.dt.strftime("%Y-%m-%d").astype("str")
    text = present(column)
    cells = text.dropna()
    if cells.empty or cells.head(1000).str.match(r"[-+]?0\d").any():
        return ids(column)
    found = pd.to_numeric(cells, errors="coerce")
    if not np.isfinite(found.to_numpy(dtype="float64")).all() or cells.str.match(r"[-+]?0\d").any():
        return ids(column)
    whole = (found % 1 == 0).all() and found.abs().max() < 2**53
    return found.reindex(column.index).astype("Int64" if whole else "float64")


def split_lists(column: pd.Series, *, force: bool = False) -> pd.Series | None:
    """The cells as lists of texts (empty where missing) if any of them holds '|' or is a list, else None."""
    if column.dtype == object and column.map(lambda cell: isinstance(cell, (list, np.ndarray))).any():
        cells = [
            [] if not isinstance(cell, (list, np.ndarray)) else [str(one) for one in cell] for cell in column
        ]
        return pd.Series(cells, index=column.index, dtype=object)
    if not (force or column.dtype == object or pd.api.types.is_string_dtype(column.dtype)):
        return None
    text = column.astype("str").fillna("")
    if not force and not text.str.contains(LIST_SEPARATOR, regex=False).any():
        return None
    return pd.Series(
        [[part.strip() for part in cell.split(LIST_SEPARATOR) if part.strip()] for cell in text],
        index=column.index,
        dtype=object,
    )


def present(column: pd.Series) -> pd.Series:
    """The cells as text; missing where they say so in one of the usual words."""
    text = column.astype("str").str.strip()
    return text.mask(text.str.lower().isin(_ABSENT) | column.isna())


def refuse(table: pd.DataFrame, column: str, text: pd.Series, *, bad: BoolArray, problem: str) -> None:
    """Raises DataError for the first bad cell, by the number of its row in the file."""
    places = np.flatnonzero(bad)
    if not len(places):
        return
    cell = text.iloc[places[0]]
    more = len(places) - 1
    what = problem.format(cell=repr(str(cell)[:40]))
    file, row = place_of(table, int(places[0]))
    raise DataError(
        what=what + (_(" (and {n:,} more such cells)").format(n=more) if more else ""),
        where=_("{file}, row {row}, column {column}").format(file=file, row=row, column=repr(column)),
        remedy=_(
            "correct the cell, leave it empty to drop the row, have cells that cannot be read count as missing, or "
            "assign another column"
        ),
    )
