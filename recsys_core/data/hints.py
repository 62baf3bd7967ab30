"""What looks odd in a table, with its evidence, and what a person could do about it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys_core.columns import Kind
from recsys_core.data.column_views import ColumnView, sample_of, views_of
from recsys_core.data.convert import ids
from recsys_core.data.names import name_score
from recsys_core.data.recipe import Recipe
from recsys_core.i18n import _

_LOWEST_ZERO_SHARE = 0.3
_LONGEST_CELL = 40
_LEAST_WIDE = 10
"""So many columns of numbers beside one row for each user are items, not attributes."""
_ROUNDED = r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d+"


def hints_of(events: pd.DataFrame, recipe: Recipe) -> list[str]:
    """What looks odd and what a person could do about it, each with its evidence."""
    views = views_of(events)
    found = [*_shape(views, recipe), *_values(views, recipe), *_gaps(events, views, recipe)]
    for name in (recipe.columns.user, recipe.columns.item):
        found += [] if name is None else _ids(views[name])
    return [*found, *_steps(views, recipe), *_kinds(views, recipe)]


def _shape(views: dict[str, ColumnView], recipe: Recipe) -> list[str]:
    """One row for each user and a column of numbers for each item."""
    user = recipe.columns.user
    if user is None or recipe.kind is Kind.CLICK or not views[user].is_unique:
        return []
    numbers = [
        name for name, view in views.items()
        if name != user and view.numeric > 0.9 and not view.id_named and view.n_distinct > 1
    ]  # fmt: skip
    if len(numbers) < _LEAST_WIDE:
        return []
    text = _(
        "Each {user} has one row, with {n} columns of numbers ({names}, …): this looks like one column an item. "
        "Bring one row an interaction: user, item, value."
    )
    names = ", ".join(_short(name) for name in numbers[:3])
    return [text.format(user=repr(user), n=len(numbers), names=names)]


def _values(views: dict[str, ColumnView], recipe: Recipe) -> list[str]:
    if recipe.columns.value is None or recipe.kind is not Kind.RATING:
        return []
    hint = _stand_in(views[recipe.columns.value])
    return [hint] if hint else []


def _gaps(events: pd.DataFrame, views: dict[str, ColumnView], recipe: Recipe) -> list[str]:
    columns, hints = recipe.columns, []
    for name in (columns.user, columns.item, columns.value, columns.time):
        if name is None:
            continue
        share = 1 - views[name].present
        if name in (columns.user, columns.item):
            share = float(ids(sample_of(events)[name]).isna().mean())
        if share > 0.005:
            text = _("{share:.1%} of the rows have no {name}; they are left out.")
            hints.append(text.format(share=share, name=repr(name)))
    return hints


def _ids(view: ColumnView) -> list[str]:
    """Ids that a spreadsheet has rounded, and those that differ by capitals alone."""
    hints = []
    rounded = view.distinct[view.distinct.str.fullmatch(_ROUNDED)]
    if len(rounded):
        share = float(view.text.isin(rounded).mean())
        text = _(
            "{share} of the rows have a {name} such as {cell}: a spreadsheet has rounded it, and different ones became "
            "the same. Export the column as text."
        )
        hints.append(text.format(share=_share(share), name=repr(view.name), cell=rounded.iloc[0]))
    folded = view.distinct.str.normalize("NFKC").str.casefold()
    alike = folded.duplicated(keep=False)
    if alike.any():
        first = view.distinct[folded == folded[alike].iloc[0]]
        text = _("Some of {name} differ by capitals alone, such as {cells}: they count as different.")
        cells = ", ".join(_short(cell) for cell in first.head(3))
        hints.append(text.format(name=repr(view.name), cells=cells))
    return hints


def _steps(views: dict[str, ColumnView], recipe: Recipe) -> list[str]:
    hints = []
    products, cancelled = recipe.steps.get("products", {}), recipe.steps.get("cancelled", {})
    if products.get("on") and recipe.columns.item is not None:
        found = views[recipe.columns.item].distinct
        odd = found[~found.str.contains(r"\d")]
        text = _(
            "Ids without a digit, such as {ids}, are taken for no products, as nearly all others have one."
        )
        hints += [text.format(ids=", ".join(map(_short, odd.head(3))))] if len(odd) else []
    if cancelled.get("on"):
        text = _("{name} starts with {prefix} where amounts are negative: taken for cancellations.")
        hints.append(text.format(name=repr(cancelled["column"]), prefix=repr(cancelled["prefix"])))
    return hints


def _kinds(views: dict[str, ColumnView], recipe: Recipe) -> list[str]:
    """A column that may say what happened in each row."""
    kinds = [
        name for name, view in views.items()
        if name not in recipe.columns.chosen() and 1 < view.n_distinct <= 12 and view.numeric < 0.1
        and not view.lists and max(name_score(name, "never_value"), name_score(name, "title")) < 0.98
    ]  # fmt: skip
    if recipe.kind is not Kind.IMPLICIT or not kinds:
        return []
    cells = views[kinds[0]].text.value_counts().head(4)
    text = _(
        "{name} says what happened ({cells}): keep only what you want to learn, under 'keep some kinds of events'."
    )
    return [text.format(name=repr(kinds[0]), cells=", ".join(map(_short, cells.index)))]


def _short(cell: object) -> str:
    text = str(cell)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"


def _share(share: float) -> str:
    return f"{share:.0%}" if share >= 0.005 else _("less than 1%")


def _stand_in(view: ColumnView) -> str | None:
    """A value apart from the scale, or a pile of zeros below it, that may mean 'no value'."""
    found = view.numbers[np.isfinite(view.numbers)]
    scale, counts = np.unique(found, return_counts=True)
    if len(scale) < 4:
        return None
    steps = np.diff(scale)
    usual = float(np.median(steps))
    odd = None
    if (steps[0] > 1.5 * usual and scale[0] <= 0) or scale[0] < 0 < scale[1]:
        odd = 0
    elif steps[-1] > 3 * usual and len(scale) <= 200:
        odd = len(scale) - 1
    elif scale[0] == 0 and counts[0] > _LOWEST_ZERO_SHARE * len(found):
        odd = 0
    if odd is None:
        return None
    text = _(
        "{share} of the values are {value:g}, apart from the others: it may stand for 'no value'. Switch on "
        "'drop values out of range' to leave them out."
    )
    return text.format(share=_share(counts[odd] / len(found)), value=scale[odd])
