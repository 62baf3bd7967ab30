"""A recipe for tables that nobody has prepared: proposed from what stands in them, each part with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from recsys_core.columns import ITEM, USER, Kind
from recsys_core.data.attributes import guess_table
from recsys_core.data.column_map import ColumnMap, Proposal
from recsys_core.data.column_views import ColumnView, sample_of, views_of
from recsys_core.data.convert import ids, present
from recsys_core.data.dataset import Words
from recsys_core.data.dialect import Reading
from recsys_core.data.hints import hints_of
from recsys_core.data.kinds import KindGuess, propose_kind
from recsys_core.data.names import noun_of, plural_of, tokens
from recsys_core.data.recipe import Recipe, TableMap
from recsys_core.data.roles import propose
from recsys_core.data.tables import READ
from recsys_core.i18n import _

_FEW = 0.05
_MARKS = r"^[A-Za-z]\d+$"
MOST_KINDS = 30
"""More different texts than this do not say what happened."""


@dataclass(frozen=True)
class Proposed:
    """A recipe, what it was taken from, and hints at what a person may want to change."""

    recipe: Recipe
    proposal: Proposal
    hints: tuple[str, ...]


def propose_recipe(
    events: pd.DataFrame, *, items: pd.DataFrame | None = None, users: pd.DataFrame | None = None
) -> Proposed:
    """The likely recipe of these tables; raises DataError for a table of fewer than two columns."""
    proposal = propose(events)
    recipe = recipe_for(events, proposal.columns, kind=proposal.kind.kind, items=items, users=users)
    return Proposed(recipe, proposal, tuple(hints_of(events, recipe)))


def recipe_for(
    events: pd.DataFrame,
    columns: ColumnMap,
    *,
    kind: Kind | None = None,
    items: pd.DataFrame | None = None,
    users: pd.DataFrame | None = None,
) -> Recipe:
    """The likely recipe once the columns, and perhaps the kind, are known."""
    sample = views_of(events)
    kind = kind or kind_of(sample, columns).kind
    recipe = Recipe.plain(columns, kind, reading=_as_read(events), words=words_of(columns, kind))
    value = sample[columns.value] if columns.value is not None else None
    if kind is Kind.IMPLICIT and (value is None or value.n_distinct > 2):
        recipe = recipe.with_step("repeated", keep="sum")
        if _told_apart(sample, columns):
            recipe = recipe.with_step("exact", on=False)
    if columns.item is not None and _some_without_digit(sample[columns.item]):
        recipe = recipe.with_step("products", on=True)
    mark = _cancel_mark(sample, columns)
    if mark is not None:
        recipe = recipe.with_step("cancelled", on=True, column=mark[0], prefix=mark[1])
    if items is not None:
        recipe = replace(recipe, items=_table(items, ITEM, events, columns.item))
    if users is not None:
        recipe = replace(recipe, users=_table(users, USER, events, columns.user))
    return recipe


def _told_apart(views: dict[str, ColumnView], columns: ColumnMap) -> bool:
    """Whether rows that are alike in the chosen columns mostly differ in others, such as an order's number.

    Then they are further amounts, not the same row again.
    """
    others = [name for name, view in views.items() if columns.time is None or not view.counts_rows]
    codes = pd.DataFrame({name: view.codes for name, view in views.items()})
    keys = [one for one in (columns.user, columns.item, columns.value, columns.time) if one is not None]
    if not keys:
        return False
    alike = codes[codes.duplicated(keys, keep=False)]
    again, same = alike.duplicated(keys).sum(), alike.duplicated(others).sum()
    return bool(again > 2 * same)


def kind_of(views: dict[str, ColumnView], columns: ColumnMap) -> KindGuess:
    """The likely kind of feedback of these columns."""
    values = views[columns.value].numbers if columns.value is not None else None
    guess = propose_kind(values, name=columns.value or "", n_features=len(columns.features))
    lacks = columns.user is None or columns.item is None
    if lacks and guess.kind is not Kind.CLICK and columns.value is not None:
        return KindGuess(Kind.CLICK, 0.5, _("there is no user or no item: rows with a label"))
    return guess


def _as_read(events: pd.DataFrame) -> Reading:
    """The header as it was found, so that the next file of the kind is read alike; the rest is found again."""
    read = events.attrs.get(READ, {})
    return Reading(header=read.get("header"))


def _table(table: pd.DataFrame, key: str, events: pd.DataFrame, column: str | None) -> TableMap:
    known = pd.Index(ids(events[column]).dropna().unique()) if column is not None else pd.Index([])
    return guess_table(table, key, known, column)


def words_of(columns: ColumnMap, kind: Kind) -> Words:
    """How things are called, from the names of the columns."""
    item, user = noun_of(columns.item, "item", "item"), noun_of(columns.user, "user", "user")
    named = columns.value is not None and not columns.value.startswith("column_")
    value = " ".join(tokens(columns.value or ""))[:30] if named else "value"
    verb = "rated" if kind is Kind.RATING else "clicked" if kind is Kind.CLICK else "chose"
    return Words(item, plural_of(item), user, plural_of(user), value or "value", verb)


def _some_without_digit(item: ColumnView) -> bool:
    """Whether a few ids have no digit where nearly all others have one, and most of those few are of another length."""
    texts = item.distinct
    if len(texts) < 20:
        return False
    without = ~texts.str.contains(r"\d")
    rows = item.text.isin(texts[without]).mean()
    if not (0 < without.mean() < _FEW and rows < _FEW):
        return False
    lengths = texts[~without].str.len()
    usual = lengths.between(lengths.quantile(0.05), lengths.quantile(0.95))
    odd = ~texts[without].str.len().isin(lengths[usual].unique())
    return bool(odd.mean() > 0.5)


def _cancel_mark(views: dict[str, ColumnView], columns: ColumnMap) -> tuple[str, str] | None:
    """A column of document numbers in which one letter marks those whose amounts are negative."""
    if columns.value is None:
        return None
    negative = views[columns.value].numbers < 0
    if not negative.any():
        return None
    for name, view in views.items():
        if name in columns.chosen() or view.n_distinct < 20:
            continue
        marked = view.text.str.match(_MARKS).fillna(False).to_numpy(dtype=bool)
        digits = view.text.str.fullmatch(r"\d+").fillna(False).to_numpy(dtype=bool)
        letters = view.text[marked].str[0].value_counts(normalize=True)
        if 0 < marked.mean() < 0.3 and (marked | digits).mean() > 0.98 and letters.iloc[0] > 0.9:
            prefix = str(letters.index[0])
            ours = view.text.str.startswith(prefix).fillna(False).to_numpy(dtype=bool)
            if (negative & ours).sum() > 0.9 * ours.sum():
                return name, prefix
    return None


def kept_choices(events: pd.DataFrame) -> dict[str, list[str]]:
    """Columns whose few different texts may say what happened -> those texts, the most frequent first."""
    found = {}
    for name, column in sample_of(events).items():
        texts = present(ids(column))
        few = 1 < texts.nunique() <= MOST_KINDS
        if few and pd.to_numeric(texts.dropna().drop_duplicates(), errors="coerce").isna().mean() > 0.5:
            found[str(name)] = [str(text) for text in ids(events[name]).value_counts().index[:MOST_KINDS]]
    return found
