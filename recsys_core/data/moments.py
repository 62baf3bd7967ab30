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
_DAYS = (19_000_101, 21_001_231)
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
)  # fmt: skip
_SAMPLE = 400
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
        return _checked(_epoch(pd.to_datetime(cells, utc=True)), cells.notna().to_numpy())
    if pd.api.types.is_numeric_dtype(cells.dtype):
        epochs = cells.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
        return _from_numbers(epochs, cells.notna().to_numpy())
    fast = _fast_numbers(cells)
    if fast is not None:
        return _from_numbers(fast, cells.notna().to_numpy())
    text = present(cells)
    given = text.notna().to_numpy()
    epochs = pd.to_numeric(text, errors="coerce").to_numpy(dtype="float64")
    if not given.any() or np.isfinite(epochs[given]).mean() >= 0.5:
        return _from_numbers(epochs, given)
    moments = moments_of(text)
    found = _epoch(moments)
    problem = _("{cell} is not a time (epoch seconds, or text such as 2020-01-31 12:00:00)")
    bad = given & np.isnan(found)
    return (found, bad, problem) if bad.any() else _checked(found, given)


def _fast_numbers(cells: pd.Series) -> FloatArray | None:
    import pyarrow as pa

    try:
        parsed = pa.array(cells, type=pa.large_string()).cast(pa.float64()).to_numpy(zero_copy_only=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None
    return np.asarray(parsed, dtype=np.float64)


def _from_numbers(epochs: FloatArray, given: BoolArray) -> tuple[FloatArray, BoolArray, str]:
    bad = given & ~np.isfinite(epochs)
    if bad.any():
        return epochs, bad, _("{cell} is not a time")
    values = epochs[given]
    if len(values) and ((values >= _DAYS[0]) & (values <= _DAYS[1])).all():
        texts = pd.Series(epochs).astype("Int64").astype("str")
        days = pd.to_datetime(texts, format="%Y%m%d", errors="coerce", utc=True)
        if days.notna().to_numpy()[given].all():
            return _checked(_epoch(days), given)
    size = float(np.median(np.abs(values))) if len(values) else 0.0
    unit = next((unit for least, unit in UNITS if size >= least), 1.0)
    return _checked(np.floor(epochs / unit), given)


def _checked(found: FloatArray, given: BoolArray) -> tuple[FloatArray, BoolArray, str]:
    with np.errstate(invalid="ignore"):
        outside = given & ~((found >= _LOW) & (found <= _HIGH))
    return found, outside, _("{cell} lies outside the years 1900 to 2100")


def moments_of(text: pd.Series) -> pd.Series:
    """Text as moments in UTC by the one form that fits the column best; missing where it does not fit."""
    cells = text.dropna()
    sample = pd.Series(cells.unique()[:: max(1, cells.nunique() // _SAMPLE)][:_SAMPLE], dtype="str")
    form = _best_form(sample)
    if form is None:
        return pd.Series(pd.NaT, index=text.index).dt.tz_localize("UTC")
    return _parsed(text, form)


def time_share(sample: pd.Series) -> float:
    """Share of these texts that some one form reads as a moment."""
    cells = sample.dropna()
    if cells.empty or not cells.str.contains(r"\d").mean() > 0.9:
        return 0.0
    form = _best_form(cells)
    return 0.0 if form is None else float(_parsed(cells, form).notna().mean())


def _best_form(sample: pd.Series) -> str | None:
    """The form that reads most cells; of equals the first: ISO 8601, then day before month."""
    if sample.empty:
        return None
    tried: list[tuple[float, int, str]] = []
    for place, form in enumerate(_forms(str(sample.iloc[0]))):
        share = float(_parsed(sample, form).notna().mean())
        if share == 1.0:
            return form
        tried.append((share, -place, form))
    best = max(tried, default=(0.0, 0, ""))
    return best[2] if best[0] > 0.5 else None


def _forms(example: str) -> list[str]:
    """Forms worth trying on texts like this one."""
    if _ISO.match(example):
        return ["ISO8601", "%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S.%f %Z", "%Y-%d-%m", "%Y-%d-%m %H:%M:%S"]
    clocks = [clock for clock in _CLOCKS if (":" in example or "." in example) or not clock]
    combined = [date + clock for date in _DATES for clock in clocks]
    return ["ISO8601", *_WHOLE, *combined] if example[:1].isalpha() or example[:1].isdigit() else []


def _parsed(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce", utc=True)


def _epoch(moments: pd.Series) -> FloatArray:
    """Moments as whole epoch seconds; NaN where missing."""
    since = moments - pd.Timestamp("1970-01-01", tz="UTC")
    return np.floor((since / pd.Timedelta(seconds=1)).to_numpy(dtype="float64", na_value=np.nan))
