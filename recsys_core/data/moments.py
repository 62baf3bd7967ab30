"""Times in whatever way a column writes them.

Epochs of any unit, 20200131, ISO 8601, or one of many day-first, month-first and worded forms. The column as a
whole decides, never a single cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from recsys_core.i18n import _
from recsys_core.types import BoolArray, FloatArray

UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From this size on an epoch is in nano-, micro- or milliseconds; seconds reach 1e11 in the year 5138."""
_COMPACT = (
    (19_000_101, 21_001_231, "%Y%m%d"),
    (1.9e11, 2.1e11, "%Y%m%d%H%M"),
    (1.9e13, 2.1e13, "%Y%m%d%H%M%S"),
)
"""Numbers between the first two that nearly all read as moments of this form are no epochs."""
_SERIAL_DAYS = (25_569, 73_050)
"""1970 and 2100 in the days that spreadsheets count; as seconds they would all be one night of 1970."""
_LOW, _HIGH = -2_208_988_800, 4_133_980_799
"""1900-01-01 and the last second of 2100, in epoch seconds."""
_CLOCKS = (
    "", " %H:%M:%S", " %H:%M", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M", " %H.%M",
    ", %H:%M:%S", ", %H:%M",
)  # fmt: skip
_DATES = (
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y",
    "%m %d, %Y",
)  # fmt: skip
_WHOLE = (
    "%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %z", "%Y%m%d%H%M%S", "%Y%m%d %H%M%S",
    "%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m", "%Y/%m",
    "%G-W%V-%u",
)  # fmt: skip
_WEEK_FORM, _WEEK = "%G-W%V-%u", re.compile(r"(\d{4})-?[Ww](\d{1,2})(?:-?([1-7]))?")
"""Weeks of ISO 8601; one without a day means its Monday."""
_SAMPLE = 400
_TODAY = ("now", "today")
"""What pandas would take for the moment of reading."""
_NO_DAY = r"0000[-/]00[-/]00.*"
"""How databases write that there is no moment."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def seconds_of(
    cells: pd.Series, present: Callable[[pd.Series], pd.Series]
) -> tuple[FloatArray, BoolArray, str]:
    """Epoch seconds (NaN where missing), which cells are bad, and what is wrong with those.

    Args:
        cells: a column of text, numbers or moments.
        present: gives the text of cells, missing where they say so.
    """
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _judged(_epoch(pd.to_datetime(cells, utc=True)), cells.notna().to_numpy())
    if pd.api.types.is_numeric_dtype(cells.dtype):
        epochs = cells.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
        return _from_numbers(epochs, cells.notna().to_numpy())
    fast = _fast_numbers(cells)
    if fast is not None:
        return _from_numbers(fast, cells.notna().to_numpy())
    text = present(cells)
    text = text.mask(text.str.fullmatch(_NO_DAY).fillna(False).astype(bool))
    given = text.notna().to_numpy()
    epochs = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64")
    if not given.any() or np.isfinite(epochs[given]).mean() >= 0.5:
        return _from_numbers(epochs, given)
    return _judged(_epoch(moments_of(text)), given)


def _fast_numbers(cells: pd.Series) -> FloatArray | None:
    import pyarrow as pa

    try:
        parsed = pa.array(cells, type=pa.large_string()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None
    return np.asarray(parsed, dtype=np.float64)


def _from_numbers(epochs: FloatArray, given: BoolArray) -> tuple[FloatArray, BoolArray, str]:
    """Epoch seconds of numbers; what most of them are decides how all are read."""
    epochs = np.where(np.isfinite(epochs), epochs, np.nan)
    days = compact(epochs)
    if days is not None:
        return _judged(_epoch(days), given)
    values = epochs[np.isfinite(epochs)]
    if len(values) and _SERIAL_DAYS[0] <= values.min() and values.max() <= _SERIAL_DAYS[1]:
        return _judged(np.round((epochs - _SERIAL_DAYS[0]) * 86_400), given)
    size = float(np.median(np.abs(values))) if len(values) else 0.0
    unit = next((unit for least, unit in UNITS if size >= least), 1.0)
    return _judged(np.floor(epochs / unit), given)


def compact(numbers: FloatArray) -> pd.Series | None:
    """Numbers such as 20200131 or 20200131174500 as moments in UTC; None where most are no such numbers."""
    finite = np.isfinite(numbers)
    size = float(np.median(numbers[finite])) if finite.any() else 0.0
    form = next((form for low, high, form in _COMPACT if low <= size <= high), None)
    if form is None:
        return None
    whole = pd.Series(np.where(finite & (np.abs(numbers) < 1e15), numbers, np.nan)).round()
    moments = _parsed(whole.astype("Int64").astype("str"), form)
    return moments if moments.notna().sum() > 0.5 * finite.sum() else None


def _judged(found: FloatArray, given: BoolArray) -> tuple[FloatArray, BoolArray, str]:
    """The seconds, which cells are no times or lie too far away, and what is wrong with the first of those."""
    absent = given & np.isnan(found)
    with np.errstate(invalid="ignore"):
        outside = given & ~absent & ~((found >= _LOW) & (found <= _HIGH))
    bad = absent | outside
    if absent[np.argmax(bad)] if bad.any() else False:
        return found, bad, _("{cell} is not a time (epoch seconds, or text such as 2020-01-31 12:00:00)")
    return found, bad, _("{cell} lies outside the years 1900 to 2100")


def moments_of(text: pd.Series) -> pd.Series:
    """Text as moments in UTC by the one form that fits the column best; missing where it does not fit."""
    form = _best_form(text.dropna().value_counts(sort=False))
    if form is None:
        return pd.Series(pd.NaT, index=text.index).dt.tz_localize("UTC")
    return _parsed(text, form)


def time_share(sample: pd.Series) -> float:
    """Share of these texts that some one form reads as a moment."""
    cells = sample.dropna()
    if cells.empty or not cells.str.contains(r"\d").mean() > 0.9:
        return 0.0
    form = _best_form(cells.value_counts(sort=False))
    return 0.0 if form is None else float(_parsed(cells, form).notna().mean())


def _best_form(counts: pd.Series) -> str | None:
    """The form that reads most cells; of equals the first: ISO 8601, then day before month.

    Args:
        counts: how often each distinct text occurs, by text.
    """
    counts = counts.iloc[:: max(1, len(counts) // _SAMPLE)][:_SAMPLE]
    texts = pd.Series(counts.index, dtype="str")
    if texts.empty:
        return None
    weights = counts.to_numpy(dtype=np.float64)
    shapes = texts.str.replace(r"\d+", "9", regex=True).str.replace(r"[^\W\d_]+", "a", regex=True)
    usual = pd.Series(weights).groupby(shapes.to_numpy()).sum().idxmax()
    tried: list[tuple[float, int, str]] = []
    for place, form in enumerate(_forms(str(texts[shapes == usual].iloc[0]))):
        read = float(weights[_parsed(texts, form).notna().to_numpy()].sum())
        if read == weights.sum():
            return form
        tried.append((read, -place, form))
    best = max(tried, default=(0.0, 0, ""))
    return best[2] if best[0] > 0 else None


def _forms(example: str) -> list[str]:
    """Forms worth trying on texts like this one."""
    if _ISO.match(example):
        return ["ISO8601", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%d-%m", "%Y-%d-%m %H:%M:%S"]
    clocks = [clock for clock in _CLOCKS if (":" in example or "." in example) or not clock]
    combined = [date + clock for date in _DATES for clock in clocks]
    return ["ISO8601", *_WHOLE, *combined] if example[:1].isalpha() or example[:1].isdigit() else []


def _parsed(text: pd.Series, form: str) -> pd.Series:
    if form == _WEEK_FORM:
        text = text.where(text.str.fullmatch(_WEEK)).str.replace(_WEEK, _week_day, regex=True)
    found = pd.to_datetime(text, format=form, errors="coerce", utc=True)
    return found.mask(text.isin(_TODAY).to_numpy(dtype=bool))


def _week_day(found: re.Match[str]) -> str:
    return f"{found[1]}-W{int(found[2]):02d}-{found[3] or 1}"


def _epoch(moments: pd.Series) -> FloatArray:
    """Moments as whole epoch seconds; NaN where missing."""
    since = moments - pd.Timestamp("1970-01-01", tz="UTC")
    return np.floor((since / pd.Timedelta(seconds=1)).to_numpy(dtype="float64", na_value=np.nan))
