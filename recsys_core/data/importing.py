"""A person's own tables become a Dataset: columns are assigned, texts become ids, values and times."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from recsys_core import files
from recsys_core.columns import ITEM, PART, TIME, TITLE, USER, VALUE, Kind
from recsys_core.data.cleaning import Step, clean
from recsys_core.data.convert import attribute, ids, numbers, seconds, split_lists
from recsys_core.data.dataset import Dataset, Provenance, Words, make_dataset
from recsys_core.data.tables import MAX_MB, SOURCE, read_table
from recsys_core.errors import DataError
from recsys_core.i18n import N_, _

__all__ = ["MAX_MB", "ColumnMap", "guess_columns", "import_dataset", "read_table"]

POSITIVE = N_("keep rows with a value above 0")
_NAMES: dict[str, tuple[str, ...]] = {
    "user": (
        "user", "userid", "uid", "customer", "customerid", "client", "clientid", "member", "memberid",
        "reader", "reviewer", "reviewerid", "person", "personid", "visitor", "visitorid", "account",
        "accountid", "session", "sessionid", "username",
    ),
    "item": (
        "item", "itemid", "iid", "movie", "movieid", "film", "filmid", "product", "productid", "book",
        "bookid", "isbn", "asin", "article", "articleid", "song", "songid", "track", "trackid", "artist",
        "artistid", "business", "businessid", "stockcode", "sku", "game", "gameid", "recipe", "recipeid",
    ),
    "value": (
        "rating", "ratings", "value", "score", "stars", "star", "overall", "bookrating", "preference",
        "weight", "grade", "quantity", "count",
    ),
    "time": (
        "timestamp", "time", "date", "datetime", "unixreviewtime", "reviewtime", "invoicedate", "createdat",
        "ratedat", "ts", "day",
    ),
}  # fmt: skip
"""Column names that say what a column is, small letters and digits only, the likeliest first."""
_STEMS: dict[str, tuple[str, ...]] = {
    "user": ("user", "customer", "member"),
    "item": ("item", "movie", "film", "product", "book", "isbn"),
    "value": ("rating", "score", "stars"),
    "time": ("timestamp", "date", "time"),
}
"""Parts of a name that say the same, where no whole name does."""
_TITLES = ("title", "name", "itemname", "movietitle", "booktitle", "producttitle", "productname", "filmtitle")
_OLDEST_LIKELY_TIME = 1e8


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of the events is what, by its name in the file."""

    user: str
    item: str
    value: str | None = None
    time: str | None = None

    def assigned(self) -> dict[str, str]:
        """Column of the file -> column of a Dataset's events."""
        pairs = ((self.user, USER), (self.item, ITEM), (self.value, VALUE), (self.time, TIME))
        return {given: ours for given, ours in pairs if given is not None}


def guess_columns(table: pd.DataFrame) -> ColumnMap:
    """The likely assignment: by name, then by part of a name, then by position.

    Raises:
        DataError: the table has fewer than two columns.
    """
    if len(table.columns) < 2:
        raise DataError(
            what=_("there is only one column"),
            where=_source_of(table),
            remedy=_("interactions need a user column and an item column, separated by , ; tab or |"),
        )
    found: dict[str, str] = {}
    free = list(table.columns)
    for known, by_part in ((_NAMES, False), (_STEMS, True)):
        for role, names in known.items():
            hit = None if role in found else _named(free, names, by_part=by_part)
            if hit is not None:
                found[role] = hit
                free.remove(hit)
    for role in ("user", "item"):
        if role not in found:
            found[role] = free.pop(0) if free else table.columns[-1]
    for column in free:
        cells = pd.to_numeric(table[column].head(1000), errors="coerce")
        role = "time" if cells.median() > _OLDEST_LIKELY_TIME else "value"
        if cells.notna().mean() > 0.9:
            found.setdefault(role, column)
    return ColumnMap(found["user"], found["item"], found.get("value"), found.get("time"))


def free_name(file_name: str, taken: Collection[str]) -> str:
    """A name for the data set of a file: the file's own, in safe letters, with a number where it is taken."""
    stem = Path(file_name).name.partition(".")[0]
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:40] or "my-data"
    numbered = (f"{name}-{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)


def _twice(names: Sequence[str]) -> str:
    """The first name that occurs a second time."""
    return next(name for place, name in enumerate(names) if name in names[:place])


def import_dataset(
    name: str,
    events: pd.DataFrame,
    mapping: ColumnMap,
    *,
    items: pd.DataFrame | None = None,
    item_id: str | None = None,
    title: str | None = None,
    users: pd.DataFrame | None = None,
    user_id: str | None = None,
    list_columns: Sequence[str] = (),
    kind: Kind | None = None,
    words: Words | None = None,
    parts: pd.DataFrame | None = None,
) -> Dataset:
    """A cleaned Dataset from tables of text, as `read_table` gives them; DataError names file, row, column.

    `items` and `users` hold attributes; their id columns (`item_id`, `user_id`) and the items' `title` are
    found by name unless given. A cell with '|' makes its column a list; `list_columns` names further ones.
    `parts` is a second table of events: the test part of the split `given`; `events` is then its training.

    The kind is `rating` where the value column has more than two distinct values, else `implicit`: every row
    (with a value column: every row whose value is above 0) as a 1.
    """
    files.check_name(name, where=_("name of a data set"))
    tables = [_events(table, mapping) for table in (events, parts) if table is not None]
    kind = _checked_kind(name, kind, tables[0])
    interactions, cleaning = _cleaned(tables, kind)
    item_table, item_lists = _attributes(items, item_id, mapping.item, ITEM, list_columns, title)
    user_table, user_lists = _attributes(users, user_id, mapping.user, USER, list_columns, None)
    _check_match(interactions, item_table, ITEM, items)
    _check_match(interactions, user_table, USER, users)
    extra: dict[str, Any] = {"list_columns": (*item_lists, *user_lists), "cleaning": cleaning}
    extra["provenance"] = Provenance(_("import of {file}").format(file=_source_of(events)))
    extra["words"] = words or Words()
    return make_dataset(name, kind, interactions, users=user_table, items=item_table, **extra)


def _check_match(
    events: pd.DataFrame, details: pd.DataFrame | None, key: str, source: pd.DataFrame | None
) -> None:
    """Refuses attributes of which not a single id occurs among the events: the wrong file or column."""
    if details is None or source is None or details[key].isin(events[key]).any():
        return
    raise DataError(
        what=_("none of its {n} ids occurs among the interactions").format(n=len(details)),
        where=_source_of(source),
        remedy=_("choose the column that holds the same ids, or another file"),
    )


def _checked_kind(name: str, kind: Kind | None, events: pd.DataFrame) -> Kind:
    """The kind that was asked for, if these events can be that; else the likely one."""
    if kind is Kind.CLICK:
        raise DataError(
            what=_("click tables cannot be imported yet"),
            where=name,
            remedy=_("import it as rating or implicit"),
        )
    if kind is Kind.RATING and VALUE not in events:
        raise DataError(
            what=_("ratings need a value column"),
            where=name,
            remedy=_("assign one, or import as implicit"),
        )
    return kind or _likely_kind(events)


def _events(table: pd.DataFrame, mapping: ColumnMap) -> pd.DataFrame:
    """The assigned columns, converted; missing cells stay missing."""
    assigned = mapping.assigned()
    _check_columns(table, list(assigned))
    chosen = [
        column for column in (mapping.user, mapping.item, mapping.value, mapping.time) if column is not None
    ]
    if len(assigned) < len(chosen):
        raise DataError(
            what=_("column {name} is assigned twice").format(name=repr(_twice(chosen))),
            where=_source_of(table),
            remedy=_("give user, item, value and time a column each"),
        )
    columns = {USER: ids(table[mapping.user]), ITEM: ids(table[mapping.item])}
    if mapping.value is not None:
        columns[VALUE] = numbers(table, mapping.value)
    if mapping.time is not None:
        columns[TIME] = seconds(table, mapping.time)
    return pd.DataFrame(columns).reset_index(drop=True)


def _check_columns(table: pd.DataFrame, wanted: Sequence[str]) -> None:
    for column in wanted:
        if column not in table:
            raise DataError(
                what=_("there is no column {column}").format(column=repr(column)),
                where=_source_of(table),
                remedy=_("the columns are: {known}").format(known=", ".join(map(str, table.columns))),
            )


def _source_of(table: pd.DataFrame) -> str:
    return str(table.attrs.get(SOURCE, _("the table")))


def _likely_kind(events: pd.DataFrame) -> Kind:
    return Kind.RATING if VALUE in events and events[VALUE].nunique() > 2 else Kind.IMPLICIT


def _cleaned(tables: Sequence[pd.DataFrame], kind: Kind) -> tuple[pd.DataFrame, tuple[dict[str, Any], ...]]:
    """Cleans training and test rows apart, so that neither can remove a row of the other."""
    cleaned, reports = [], []
    for part, raw in enumerate(tables):
        table, first = _as_ones(raw) if kind is Kind.IMPLICIT else (raw, ())
        table, steps = clean(table, kind)
        names = {"part": "test" if part else "train"} if len(tables) > 1 else {}
        reports += [{**step.as_dict(), **names} for step in (*first, *steps)]
        cleaned.append(table.assign(**{PART: part}) if len(tables) > 1 else table)
    return pd.concat(cleaned, ignore_index=True), tuple(reports)


def _as_ones(events: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Step, ...]]:
    """Every row as a 1; rows with a value of 0, less or none say 'no' and are left out."""
    if VALUE not in events or (events[VALUE] > 0).all():
        return events.assign(**{VALUE: 1.0}), ()
    positive = events[events[VALUE] > 0].assign(**{VALUE: 1.0})
    counts = (len(events), len(positive), positive[USER].nunique(), positive[ITEM].nunique())
    return positive, (Step(POSITIVE, *counts),)


def _attributes(
    table: pd.DataFrame | None,
    id_column: str | None,
    same_as: str,
    ours: str,
    list_columns: Sequence[str],
    title: str | None,
) -> tuple[pd.DataFrame | None, list[str]]:
    """The attributes keyed by our id column, and which of them are lists."""
    if table is None:
        return None, []
    role = "item" if ours == ITEM else "user"
    if id_column is None:
        guessed = _named(list(table.columns), _NAMES[role])
        id_column = same_as if same_as in table else guessed or str(table.columns[0])
    _check_columns(table, [id_column, *([title] if title else [])])
    others = [str(column) for column in table.columns if column != id_column]
    columns: dict[str, Any] = {ours: ids(table[id_column])}
    if ours == ITEM:
        title = title or _named(others, _TITLES)
        others = [column for column in others if column != title]
        columns |= {TITLE: table[title].str.strip()} if title else {}
    lists = []
    for column in others:
        as_lists = split_lists(table[column], force=column in list_columns)
        free_name = column if column not in (USER, ITEM, TITLE) else f"other_{column}"
        columns[free_name] = attribute(table[column]) if as_lists is None else as_lists
        lists += [] if as_lists is None else [free_name]
    return pd.DataFrame(columns).dropna(subset=[ours]), lists


def _named(columns: Sequence[str], names: Sequence[str], *, by_part: bool = False) -> str | None:
    """The first column that has one of the names (or contains one), spelling aside."""
    plain = [(re.sub(r"[^a-z0-9]", "", str(column).lower()), str(column)) for column in columns]
    for name in names:
        for text, column in plain:
            if text == name or (by_part and name in text):
                return column
    return None
