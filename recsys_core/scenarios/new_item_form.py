"""What a person may say of an item that they invent: one field an attribute, and the checked answer as a table row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from recsys_core.columns import TITLE
from recsys_core.data.attribute_columns import MAX_CATEGORIES, cell_values, texts_of
from recsys_core.data.attribute_encoder import attributes_of
from recsys_core.data.dataset import Dataset
from recsys_core.errors import ParamError
from recsys_core.i18n import _

LONGEST_TITLE = 2000
FieldKind = Literal["list", "choice", "number", "text"]


@dataclass(frozen=True)
class Field:
    """One attribute as a control.

    Attributes:
        kind: several of a list, one of few words, a number, or free text.
        options: values that occur, the most frequent first; of lists and choices.
        low, high: the range that occurs, of numbers.
        whole: whether numbers are whole ones.
    """

    name: str
    kind: FieldKind
    options: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False


def fields_of(data: Dataset) -> list[Field]:
    """One field an attribute of the items, in the table's order; those without any value are left out."""
    found = [_field(data, str(name)) for name in data.item_attributes]
    return [field for field in found if field is not None]


def _field(data: Dataset, name: str) -> Field | None:
    column = data.items[name]
    if name in data.list_columns:
        counts = Counter(value for cell in column for value in cell_values(cell))
        return Field(name, "list", _by_frequency(counts)) if counts else None
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = (
            pd.to_numeric(column, errors="coerce").astype("Float64").to_numpy(np.float64, na_value=np.nan)
        )
        numbers = numbers[np.isfinite(numbers)]
        if not len(numbers):
            return None
        whole = bool((numbers == np.round(numbers)).all())
        return Field(name, "number", low=float(numbers.min()), high=float(numbers.max()), whole=whole)
    counts = Counter(filter(None, texts_of(column)))
    if not counts:
        return None
    few = len(counts) <= MAX_CATEGORIES and (len(counts) <= 2 or 2 * len(counts) <= counts.total())
    return Field(name, "choice", _by_frequency(counts)) if few else Field(name, "text")


def _by_frequency(counts: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counts, key=lambda value: (-counts[value], value)))


def invent(data: Dataset, title: str, attributes: Mapping[str, Any]) -> pd.DataFrame:
    """One row with the columns of `data.items` that were given; what is left out, empty or None is unknown.

    Args:
        attributes: by column; several values for a column of lists, a number where the column holds numbers.
    Raises:
        ParamError: no title, a column that the data lack, or a number that is none.
    """
    name = " ".join(str(title).split())
    if not name or len(name) > LONGEST_TITLE:
        raise ParamError(
            what=_("the title has {n} letters").format(n=len(name)),
            where=_("title of the new {item}").format(item=data.words.item),
            remedy=_("write 1 to {most} letters").format(most=LONGEST_TITLE),
        )
    row: dict[str, Any] = {TITLE: name}
    for column, value in attributes.items():
        if column not in data.item_attributes:
            raise ParamError(
                what=_("{column} is no attribute").format(column=repr(str(column)[:80])),
                where=_("data set {name}").format(name=data.name),
                remedy=_("use one of: {known}").format(known=", ".join(data.item_attributes) or "–"),
            )
        row[column] = _cell(data, column, value)
    return attributes_of([row])


def _cell(data: Dataset, column: str, value: Any) -> Any:
    """A value as its column holds it; None for unknown."""
    if column in data.list_columns:
        return cell_values(value) or None
    if value is None or str(value).strip() == "" or not pd.api.types.is_numeric_dtype(data.items[column]):
        return None if value is None or str(value).strip() == "" else str(value).strip()
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise ParamError(
            what=_("{given} is not a number").format(given=repr(str(value)[:80])),
            where=_("attribute {name}").format(name=column),
            remedy=_("write a number, or leave it empty"),
        )
    return number
