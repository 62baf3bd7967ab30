"""What an import refuses: assignments that do not fit the kind, and data from which nothing can be learned."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.attributes import check_columns
from recsys_core.data.cleaning import Cleaned
from recsys_core.data.events import Events
from recsys_core.data.recipe import Recipe
from recsys_core.data.tables import SOURCE, place_of
from recsys_core.errors import DataError
from recsys_core.i18n import _


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
    source, columns = _source_of(table), recipe.columns
    if not len(cleaned.rows):
        worst = max(cleaned.steps, key=lambda step: step.dropped, default=None)
        why = "" if worst is None else _(": '{step}' took {n:,} of {of:,}").format(
            step=_(worst.name), n=worst.dropped, of=events.n
        )  # fmt: skip
        raise DataError(
            what=_("no row is left") + why,
            where=source,
            remedy=_("check the columns that were assigned, or switch that step off"),
        )
    if recipe.kind is Kind.CLICK:
        _check_label(table, recipe, cleaned)
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


def _check_label(table: pd.DataFrame, recipe: Recipe, cleaned: Cleaned) -> None:
    labels = np.array([]) if cleaned.values is None else cleaned.values
    odd = cleaned.rows[~np.isin(labels[cleaned.rows], (0.0, 1.0))] if len(labels) else cleaned.rows
    if len(odd):
        file, row = place_of(table, int(odd[0]))
        raise DataError(
            what=_("{value:g} is neither 0 nor 1").format(value=float(labels[odd[0]])),
            where=_("{file}, row {row}, column {column}").format(
                file=file, row=row, column=repr(recipe.columns.value)
            ),
            remedy=_("assign the column that says clicked or not, or choose another kind of feedback"),
        )


def _source_of(table: pd.DataFrame) -> str:
    return str(table.attrs.get(SOURCE, _("the table")))
