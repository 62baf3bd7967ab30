"""What an import refuses: assignments that do not fit the kind, and data from which nothing can be learned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.attributes import check_columns
from recsys_core.data.cleaning import Cleaned
from recsys_core.data.events import Events
from recsys_core.data.recipe import Recipe
from recsys_core.data.steps import MISSING
from recsys_core.data.tables import SOURCE, place_of
from recsys_core.errors import DataError
from recsys_core.i18n import _

_LARGEST = 1e30
"""Values are kept as numbers of 32 bits, which end at 3.4e38."""


def check_assignment(table: pd.DataFrame, recipe: Recipe) -> None:
    """Refuses columns that are not there or assigned twice, and a kind without the columns that it needs."""
    columns, source = recipe.columns, _source_of(table)
    chosen = columns.chosen()
    check_columns(table, chosen)
    twice = next((name for place, name in enumerate(chosen) if name in chosen[:place]), None)
    if twice is not None:
        raise DataError(
            what=_("column {name} is assigned twice").format(name=repr(twice)),
            where=source,
            remedy=_("give user, item, value, time and every attribute a column each"),
        )
    lacking = None
    if recipe.kind is not Kind.CLICK and (columns.user is None or columns.item is None):
        lacking = _("a user column and an item column")
    elif recipe.kind is not Kind.IMPLICIT and columns.value is None:
        lacking = _("a value column")
    if lacking:
        raise DataError(
            what=_("{kind} data need {column}").format(kind=recipe.kind.value, column=lacking),
            where=source,
            remedy=_("assign one, or choose another kind of feedback"),
        )


def check_rest(table: pd.DataFrame, recipe: Recipe, events: Events, cleaned: Cleaned) -> None:
    """Refuses what nothing can be learned from: no row, one user, one item, ratings that are all equal."""
    check_rows(table, recipe, events, cleaned)
    source, columns = _source_of(table), recipe.columns
    if recipe.kind is Kind.CLICK:
        return
    n_users, n_items = events.counts(cleaned.rows)
    for n, noun, column in ((n_users, _("user"), columns.user), (n_items, _("item"), columns.item)):
        if n < 2:
            raise DataError(
                what=_("there is only one {noun} left").format(noun=noun),
                where=_("{file}, column {column}").format(file=source, column=repr(column)),
                remedy=_("assign the column that tells them apart, or bring more rows"),
            )
    values = cleaned.values
    if recipe.kind is Kind.RATING and values is not None and np.ptp(values[cleaned.rows]) == 0:
        raise DataError(
            what=_("every value is {value:g}: as ratings they say nothing").format(
                value=values[cleaned.rows[0]]
            ),
            where=_("{file}, column {column}").format(file=source, column=repr(columns.value)),
            remedy=_("import it as implicit, or assign another column"),
        )


def check_rows(table: pd.DataFrame, recipe: Recipe, events: Events, cleaned: Cleaned) -> None:
    """Refuses a table of which no row is left, or a row that is no event: a gap, a label that is none, too large."""
    if not len(cleaned.rows):
        worst = max(cleaned.steps, key=lambda step: step.dropped, default=None)
        why = "" if worst is None else _(": '{step}' took {n:,} of {of:,}").format(
            step=_(worst.name), n=worst.dropped, of=events.n
        )  # fmt: skip
        raise DataError(
            what=_("no row is left") + why,
            where=_source_of(table),
            remedy=_("check the columns that were assigned, or switch that step off"),
        )
    _check_gaps(table, recipe, events, cleaned)
    if cleaned.values is None:
        return
    if recipe.kind is Kind.CLICK:
        odd = ~np.isin(cleaned.values[cleaned.rows], (0.0, 1.0))
        what = _("{value:g} is neither 0 nor 1")
        remedy = _("assign the column that says clicked or not, or choose another kind of feedback")
    else:
        odd = np.abs(cleaned.values[cleaned.rows]) > _LARGEST
        what = _("{value:g} is larger than any value may be")
        remedy = _("switch on 'drop values out of range', or assign another column")
    if odd.any():
        position = int(cleaned.rows[odd][0])
        raise DataError(
            what=what.format(value=float(cleaned.values[position])),
            where=_place(table, position, recipe.columns.value),
            remedy=remedy,
        )


def _check_gaps(table: pd.DataFrame, recipe: Recipe, events: Events, cleaned: Cleaned) -> None:
    columns = recipe.columns
    absent = {
        columns.user: None if events.users is None else events.users < 0,
        columns.item: None if events.items is None else events.items < 0,
        columns.value: None if cleaned.values is None else ~np.isfinite(cleaned.values),
        columns.time: None if events.times is None else ~np.isfinite(events.times),
    }
    for column, missing in absent.items():
        rows = cleaned.rows[:0] if missing is None else cleaned.rows[missing[cleaned.rows]]
        if len(rows):
            raise DataError(
                what=_("the cell is empty"),
                where=_place(table, int(rows[0]), column),
                remedy=_("switch on '{step}'").format(step=_(MISSING)),
            )


def _place(table: pd.DataFrame, position: int, column: str | None) -> str:
    file, row = place_of(table, position)
    return _("{file}, row {row}, column {column}").format(file=file, row=row, column=repr(column))


def _source_of(table: pd.DataFrame) -> str:
    return str(table.attrs.get(SOURCE, _("the table")))
