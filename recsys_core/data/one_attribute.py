"""One attribute of a data set: named, taken out, or shuffled as a control. The interactions stay as they are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_core.columns import TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.errors import NotFound, ParamError
from recsys_core.i18n import _

SHUFFLE_STREAM = 5
"""Beside the seed: who gets whose value is not the draw that starts a model of the same seed."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of the items' or the users' table; its text is `items.genres`."""

    side: str
    name: str

    def __str__(self) -> str:
        """What `attribute_named` reads."""
        return f"{self.side}.{self.name}"


def attributes_in(data: Dataset) -> list[Attribute]:
    """Every attribute of items and users; the title last, where items have titles of their own."""
    found = [Attribute("items", name) for name in data.item_attributes]
    found += [Attribute("users", name) for name in data.user_attributes]
    return found + [Attribute("items", TITLE)] * _titled(data)


def _titled(data: Dataset) -> bool:
    return bool((data.items[TITLE] != data.items.iloc[:, 0]).any())


def attribute_named(data: Dataset, text: str) -> Attribute:
    """The attribute `items.genres`, `users.age`, or `genres` where only one table has it.

    Raises:
        NotFound: no such attribute. ParamError: both tables have one of that name.
    """
    known = attributes_in(data)
    found = [one for one in known if text in (str(one), one.name)]
    exact = [one for one in found if str(one) == text]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        raise ParamError(
            what=_("{given} is an attribute of both tables").format(given=repr(text)),
            where="--attribute",
            remedy=_("write {one} or {other}").format(one=found[0], other=found[1]),
        )
    raise NotFound(
        what=_("there is no attribute {given}").format(given=repr(text[:80])),
        where=_("data set {name}").format(name=data.name),
        remedy=_("use one of: {known}").format(known=", ".join(map(str, known)) or _("none: it has none")),
    )


def without_attribute(data: Dataset, attribute: Attribute) -> Dataset:
    """The same data without the column; a title, which every item has, becomes empty in all of them."""
    table = _table(data, attribute)
    if attribute.name == TITLE:
        return _with_table(data, attribute, table.assign(**{TITLE: ""}))
    made = _with_table(data, attribute, table.drop(columns=attribute.name))
    lists = [name for name in data.list_columns if name in made.items or name in made.users]
    return replace(made, list_columns=tuple(lists))


def shuffled_attribute(data: Dataset, attribute: Attribute, seed: int) -> Dataset:
    """The same data with the column's cells dealt out anew: the same values and gaps, but not whose they are."""
    table = _table(data, attribute)
    order = np.random.default_rng([seed, SHUFFLE_STREAM]).permutation(len(table))
    dealt = table[attribute.name].iloc[order].set_axis(table.index)
    return _with_table(data, attribute, table.assign(**{attribute.name: dealt}))


def _table(data: Dataset, attribute: Attribute) -> pd.DataFrame:
    return data.items if attribute.side == "items" else data.users


def _with_table(data: Dataset, attribute: Attribute, table: pd.DataFrame) -> Dataset:
    return replace(data, items=table) if attribute.side == "items" else replace(data, users=table)
