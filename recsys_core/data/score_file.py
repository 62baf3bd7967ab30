"""A file of (user, item, score or rank) that some system wrote, as arrays; what cannot be used is named by its row.

Reading is the import's own (`data.tables`): any separator, encoding or archive, or Parquet. Only the columns are found in
another way: what is looked for is a score, and a file without names is taken in the order user, item, score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.data.attributes import check_columns
from recsys_core.data.convert import ids, numbers
from recsys_core.data.dataset import Dataset
from recsys_core.data.names import best_named, plain
from recsys_core.data.tables import SOURCE, place_of
from recsys_core.data.vocabulary import Vocabulary
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import N_, _
from recsys_core.types import BoolArray, FloatArray, IntArray

MOST_ROWS = 20_000_000
"""Lists of 200 for a hundred thousand people."""
MOST_MB = 2000
SCORE, RANK = "score", "rank"
_SCORES = (
    "score scores prediction predictions predicted predictedscore predictedrating pred preds est estimate estimated "
    "estimatedrating yhat relevance relevancescore probability prob similarity confidence utility logit rating ratings "
    "value stars"
)
_RANKS = "rank ranks ranking position pos place"
"""Columns' names as one word of small letters, the surest first."""
_NAMELESS = "column_"
_MEANT = {"user": N_("the users"), "item": N_("the items"), SCORE: N_("a score or a rank")}
_OPTIONS = {"user": "--user COL", "item": "--item COL", SCORE: "--score COL, --rank COL"}


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Which column is what; `number` holds scores (higher is better), or ranks (1 is best) where `ranked`."""

    user: str | None = None
    item: str | None = None
    number: str | None = None
    ranked: bool = False


@dataclass(frozen=True)
class ScoreTable:
    """The rows of a file that can be used, by user and item row.

    Attributes:
        users, items: row numbers in the data set, (n,); no pair stands twice.
        scores: higher is better, (n,): a rank of 1 is -1.
        columns: what was read.
        left_out: rows that name a user or an item that the data do not have, where these were asked to be skipped.
    """

    users: IntArray
    items: IntArray
    scores: FloatArray
    columns: ScoreColumns
    left_out: int = 0


def find_columns(table: pd.DataFrame, asked: ScoreColumns) -> ScoreColumns:
    """The columns that are named, and for the others what `guessed_columns` takes them for.

    Raises:
        DataError: a named column is not there, one is named twice, or none is found.
    """
    check_columns(table, [one for one in (asked.user, asked.item, asked.number) if one is not None])
    found = guessed_columns(table, asked)
    named = {"user": found.user, "item": found.item, SCORE: found.number}
    for role, column in named.items():
        if column is None:
            raise DataError(
                what=_("no column is found that holds {what}; the columns are {names}").format(
                    what=_(_MEANT[role]), names=", ".join(map(str, table.columns[:12]))
                ),
                where=str(table.attrs.get(SOURCE, _("the table"))),
                remedy=_("name it: {option}").format(option=_OPTIONS[role]),
            )
    if len(set(named.values())) < len(named):
        raise DataError(
            what=_("one column cannot be two things"),
            where=str(table.attrs.get(SOURCE, _("the table"))),
            remedy=_("name three different columns: {options}").format(options=", ".join(_OPTIONS.values())),
        )
    return found


def guessed_columns(table: pd.DataFrame, asked: ScoreColumns) -> ScoreColumns:
    """The columns whose names say what they are, beside those that are named; None where none does.

    A score counts before a rank. Columns without names are taken in the order user, item, score.
    """
    names = [str(name) for name in table.columns]
    user, item, number, ranked = asked.user, asked.item, asked.number, asked.ranked
    free = [one for one in names if one not in (user, item, number)]
    if all(one.startswith(_NAMELESS) for one in names) and len(names) >= 3:
        user, item, number = (given or free.pop(0) for given in (user, item, number))
        return ScoreColumns(user, item, number, ranked)
    if number is None:
        number = _named(free, _SCORES.split())
        ranked = number is None
        number = number or _named(free, _RANKS.split())
    free = [one for one in free if one != number]
    user = user or best_named(free, "user")
    item = item or best_named([one for one in free if one != user], "item")
    return ScoreColumns(user, item, number, ranked and number is not None)


def _named(names: list[str], known: Sequence[str]) -> str | None:
    """The name that stands first among the known ones; None where none does."""
    there = {plain(one): one for one in reversed(names)}
    return next((there[one] for one in known if one in there), None)


def score_table(
    table: pd.DataFrame, data: Dataset, columns: ScoreColumns, *, skip_unknown: bool = False
) -> ScoreTable:
    """The table's rows against a data set; one pass over arrays.

    Args:
        columns: complete, as `find_columns` gives them.
        skip_unknown: rows of users and items that the data do not have are left out instead of refused.

    Raises:
        DataError: too many rows, an empty cell, a score that is no finite number, a rank that is not 1, 2, 3, ..., a pair
            that stands twice, or nothing that can be used.
        NotFound: unknown users or items: how many, and the first.
    """
    if len(table) > MOST_ROWS:
        raise DataError(
            what=_("it has {n:,} rows; {most:,} can be judged at once").format(n=len(table), most=MOST_ROWS),
            where=str(table.attrs.get(SOURCE, _("the table"))),
            remedy=_("keep the best 200 of everybody"),
        )
    assert columns.user is not None and columns.item is not None and columns.number is not None
    words = data.words
    users = _rows(table, columns.user, data.user_vocabulary, (words.user, words.users), skip_unknown)
    items = _rows(table, columns.item, data.item_vocabulary, (words.item, words.items), skip_unknown)
    scores = _numbers(table, columns)
    known = (users >= 0) & (items >= 0)
    if not known.any():
        raise NotFound(
            what=_("no row names a {user} and an {item} of data set {name}").format(
                user=words.user, item=words.item, name=data.name
            ),
            where=str(table.attrs.get(SOURCE, _("the table"))),
            remedy=_("use ids as they stand in the data set's own file"),
        )
    _no_pair_twice(table, columns, users * data.n_items + items, known)
    left_out = int((~known).sum())
    return ScoreTable(users[known], items[known], scores[known], columns, left_out)


def _rows(
    table: pd.DataFrame, column: str, vocabulary: Vocabulary, nouns: tuple[str, str], skip: bool
) -> IntArray:
    """Row numbers of a column of ids, (n,); -1 for unknown ones where they are skipped."""
    codes, distinct = pd.factorize(ids(table[column]))
    empty = codes < 0
    if empty.any():
        raise _refused(table, column, empty, _("the cell is empty"), _("fill it, or take the row out"))
    rows = vocabulary.rows(np.asarray(distinct, dtype=object))
    found = rows[codes]
    if skip or (found >= 0).all():
        return found
    stranger = np.flatnonzero(rows < 0)
    first = int(np.argmax(found < 0))
    file, row = place_of(table, first)
    cell = repr(str(distinct[codes[first]])[:80])
    what = (
        _("{noun} {id} is unknown").format(noun=nouns[0], id=cell)
        if len(stranger) == 1
        else _("{n:,} {nouns} are unknown, the first is {id}").format(
            n=len(stranger), nouns=nouns[1], id=cell
        )
    )
    raise NotFound(
        what=what,
        where=_("{file}, row {row}, column {column}").format(file=file, row=row, column=repr(column)),
        remedy=_(
            "use ids as they stand in the data set's own file, or have such rows left out (--skip-unknown)"
        ),
    )


def _numbers(table: pd.DataFrame, columns: ScoreColumns) -> FloatArray:
    column = str(columns.number)
    found = numbers(table, column).to_numpy(dtype=np.float64)
    what = (
        _("the rank is no whole number from 1 on") if columns.ranked else _("the score is no finite number")
    )
    bad = ~np.isfinite(found)
    if columns.ranked:
        bad |= (found < 1) | (found % 1 != 0)
    if bad.any():
        remedy = (
            _("write 1 for the best, 2 for the next, and so on; or name it as a score: --score COL")
            if columns.ranked
            else _("write a number, or take the row out")
        )
        raise _refused(table, column, bad, what, remedy)
    return -found if columns.ranked else found


def _no_pair_twice(table: pd.DataFrame, columns: ScoreColumns, keys: IntArray, known: BoolArray) -> None:
    places = np.flatnonzero(known)
    order = places[np.argsort(keys[places], kind="stable")]
    again = order[1:][keys[order[1:]] == keys[order[:-1]]]
    if not len(again):
        return
    second = int(again.min())
    first = int(places[keys[places] == keys[second]][0])
    pair = repr(str(table[columns.user].iloc[second])[:40]), repr(str(table[columns.item].iloc[second])[:40])
    file, row = place_of(table, second)
    raise DataError(
        what=_("{n:,} rows name a pair once more; the first is {user} with {item}, as in row {row}").format(
            n=len(again), user=pair[0], item=pair[1], row=place_of(table, first)[1]
        ),
        where=_("{file}, row {row}, columns {columns}").format(
            file=file, row=row, columns=f"{columns.user!r}, {columns.item!r}"
        ),
        remedy=_("give every pair one row"),
    )


def _refused(table: pd.DataFrame, column: str, bad: BoolArray, what: str, remedy: str) -> DataError:
    """The error of the first bad cell, by the number of its row in the file, and how many more there are."""
    first = int(np.argmax(bad))
    cell = table[column].iloc[first]
    more = int(bad.sum()) - 1
    file, row = place_of(table, first)
    told = what if pd.isna(cell) else f"{what} ({str(cell)[:40]!r})"
    return DataError(
        what=told + (_(" (and {n:,} more such cells)").format(n=more) if more else ""),
        where=_("{file}, row {row}, column {column}").format(file=file, row=row, column=repr(column)),
        remedy=remedy,
    )
