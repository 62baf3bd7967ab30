"""The Dataset: interactions with contiguous row numbers, and what is known of users and items."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys_core import files
from recsys_core.columns import ITEM, ITEM_ROW, PART, TIME, TITLE, USER, USER_ROW, VALUE, Kind
from recsys_core.data.keyed import content_hash, rows_of, with_attributes
from recsys_core.data.vocabulary import Vocabulary
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.types import IntArray

_TABLES = ("interactions", "users", "items")
MIN_MAX = "min-max"


@dataclass(frozen=True, slots=True)
class Words:
    """How a person calls the things in this data set; shown on every page instead of any fixed noun."""

    item: str = "item"
    items: str = "items"
    user: str = "user"
    users: str = "users"
    value: str = "value"
    verb: str = "chose"
    """What a user did with an item: 'watched', 'bought', 'read'."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the data came from and what may be done with them."""

    source: str
    terms: str = ""
    citation: str = ""
    notice: str = ""
    """What a person must know about it, e.g. that a generator stands in for the real data."""


@dataclass(frozen=True)
class Dataset:
    """Interactions plus attributes. Built only by importing, sources and the simulator.

    Invariants, checked at birth: where there are users (items), `user` (`item`) of every interaction is a
    row number of `users` (`items`); ids are distinct text; `value` has no gap. A click table may come
    without users, items or time: then those columns are absent and its other columns are features.

    Attributes:
        interactions: one row an event: `user` int32, `item` int32, `value` float32 (for click data the 0/1
            label), optional `timestamp` int64 (epoch seconds), optional `part` int8, optional features.
        users: one row a user: `user_id` text, then attributes.
        items: one row an item: `item_id` text, `title` text, then attributes.
        list_columns: attributes that hold several values a cell, as lists.
    """

    name: str
    kind: Kind
    interactions: pd.DataFrame
    users: pd.DataFrame
    items: pd.DataFrame
    words: Words = field(default_factory=Words)
    provenance: Provenance = field(default_factory=lambda: Provenance("import"))
    list_columns: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    cleaning: tuple[dict[str, Any], ...] = ()
    """The report of the cleaning that made it, one dict a step."""
    recipe: dict[str, Any] = field(default_factory=dict)
    """How its file was read and cleaned (`data.recipe`), to be applied to the next file; empty where built in."""

    def __post_init__(self) -> None:
        """Checks the invariants; raises DataError."""
        if self.interactions.empty:
            raise DataError(
                what=_("no interaction is left"),
                where=self.name,
                remedy=_("check the columns that were assigned"),
            )
        for column, table, key in ((USER_ROW, self.users, USER), (ITEM_ROW, self.items, ITEM)):
            if column not in self.interactions:
                if self.kind is not Kind.CLICK:
                    raise DataError(
                        what=_("column {column} is missing").format(column=column),
                        where=self.name,
                        remedy=_("give every interaction a user and an item"),
                    )
                continue
            rows = self.interactions[column].to_numpy()
            if rows.min() < 0 or rows.max() >= len(table):
                raise DataError(
                    what=_("an interaction points at no row of the table"),
                    where=f"{self.name}, {key}",
                    remedy=_("build it with make_dataset"),
                )
        if self.interactions[VALUE].isna().any():
            raise DataError(what=_("a value is missing"), where=self.name, remedy=_("clean the data first"))

    @property
    def n_users(self) -> int:
        """How many users there are."""
        return len(self.users)

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return len(self.items)

    @property
    def has_time(self) -> bool:
        """Whether interactions carry a time."""
        return TIME in self.interactions

    @cached_property
    def user_vocabulary(self) -> Vocabulary:
        """Translates user ids."""
        return Vocabulary(self.users[USER])

    @cached_property
    def item_vocabulary(self) -> Vocabulary:
        """Translates item ids."""
        return Vocabulary(self.items[ITEM])

    @property
    def item_attributes(self) -> list[str]:
        """Names of the items' attributes, the title left out."""
        return [column for column in self.items.columns if column not in (ITEM, TITLE)]

    @property
    def user_attributes(self) -> list[str]:
        """Names of the users' attributes."""
        return [column for column in self.users.columns if column != USER]

    @property
    def value_range(self) -> tuple[float, float]:
        """Smallest and largest value."""
        values = self.interactions[VALUE]
        return float(values.min()), float(values.max())

    @property
    def scaling(self) -> str:
        """How models that regress on the value scale it: the recipe's choice, min-max by default."""
        return str(self.recipe.get("scaling", MIN_MAX))

    @property
    def liked_threshold(self) -> float:
        """A value at or above counts as liked: 4 on a 1..5 scale, three quarters of any other range.

        Outside ratings whatever was chosen is liked: a small count is no dislike.
        """
        low, high = self.value_range
        return low if low == high or self.kind is not Kind.RATING else low + 0.75 * (high - low)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the content; equal content, equal fingerprint."""
        return content_hash((self.interactions, self.users, self.items), self.list_columns)

    def user_rows(self, ids: object) -> IntArray:
        """Row numbers of user ids; raises NotFound naming the first unknown one."""
        return _known(
            self.user_vocabulary, ids, where=_("data set {name}").format(name=self.name), noun=self.words.user
        )

    def item_rows(self, ids: object) -> IntArray:
        """Row numbers of item ids; raises NotFound naming the first unknown one."""
        return _known(
            self.item_vocabulary, ids, where=_("data set {name}").format(name=self.name), noun=self.words.item
        )

    def renamed(self, name: str) -> Dataset:
        """The same data under another name."""
        return replace(self, name=name)

    def save(self, folder: Path) -> None:
        """Writes manifest and tables into `folder`; the manifest last, so a half-written folder is no data set."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _TABLES:
            files.write_table(folder / f"{name}.parquet", getattr(self, name))
        files.write_json(
            folder / "dataset.json",
            {
                "name": self.name,
                "kind": self.kind.value,
                "words": asdict(self.words),
                "provenance": asdict(self.provenance),
                "list_columns": self.list_columns,
                "features": self.features,
                "cleaning": self.cleaning,
                "recipe": self.recipe,
                "fingerprint": self.fingerprint,
                "rows": len(self.interactions),
                "users": self.n_users,
                "items": self.n_items,
                "sha256": {name: files.sha256_of(folder / f"{name}.parquet") for name in _TABLES},
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Dataset:
        """The data set that `save` wrote; raises DataError when it is damaged."""
        manifest = files.read_json(folder / "dataset.json")
        try:
            tables = {name: _verified_table(folder, name, manifest["sha256"][name]) for name in _TABLES}
            loaded = cls(
                name=manifest["name"],
                kind=Kind(manifest["kind"]),
                words=Words(**manifest["words"]),
                provenance=Provenance(**manifest["provenance"]),
                list_columns=tuple(manifest["list_columns"]),
                features=tuple(manifest["features"]),
                cleaning=tuple(manifest["cleaning"]),
                recipe=manifest.get("recipe", {}),
                **tables,
            )
            loaded.__dict__["fingerprint"] = manifest["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise _damaged(
                folder, _("its tables cannot be read ({problem})").format(problem=type(problem).__name__)
            ) from problem
        return loaded


def make_dataset(
    name: str,
    kind: Kind,
    interactions: pd.DataFrame,
    *,
    users: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
    **rest: Any,
) -> Dataset:
    """A Dataset from tables keyed by ids: assigns contiguous row numbers and joins the attributes.

    Users and items are those that interact, in natural order of their ids; attributes of others are left out,
    attributes that are missing stay missing. An item without a title shows its id.

    Args:
        interactions: columns `user_id`, `item_id` (text, or categorical for many rows), `value` and optional
            `timestamp`, `part`, features.
        users: `user_id` and attributes.
        items: `item_id`, optional `title`, and attributes.
    """
    events = interactions.reset_index(drop=True)
    columns: dict[str, Any] = {}
    tables = {
        USER: pd.DataFrame({USER: pd.Series(dtype="str")}),
        ITEM: pd.DataFrame({ITEM: pd.Series(dtype="str")}),
    }
    for key, row_column, extra in ((USER, USER_ROW, users), (ITEM, ITEM_ROW, items)):
        if key in events:
            vocabulary_table = with_attributes(events[key], key, extra)
            tables[key] = vocabulary_table
            columns[row_column] = rows_of(Vocabulary(vocabulary_table[key]), events[key])
    columns[VALUE] = events[VALUE].to_numpy(dtype=np.float32)
    if TIME in events:
        columns[TIME] = events[TIME].to_numpy(dtype=np.int64)
    if PART in events:
        columns[PART] = events[PART].to_numpy(dtype=np.int8)
    for feature in rest.get("features", ()):
        columns[feature] = events[feature].to_numpy()
    item_table = tables[ITEM]
    titles = item_table[TITLE] if TITLE in item_table else item_table[ITEM]
    others = item_table.drop(columns=[TITLE], errors="ignore")
    others.insert(1, TITLE, titles.where(titles.notna(), item_table[ITEM]).astype("str"))
    return Dataset(name, kind, pd.DataFrame(columns), tables[USER], others, **rest)


def _verified_table(folder: Path, name: str, sha256: str) -> pd.DataFrame:
    path = folder / f"{name}.parquet"
    if files.sha256_of(path) != sha256:
        raise _damaged(folder, _("{file} was changed after it was saved").format(file=path.name))
    return pd.read_parquet(path)


def _damaged(folder: Path, what: str) -> DataError:
    where = _("data set {name}").format(name=folder.name)
    return DataError(what=what, where=where, remedy=_("delete it and import the file again"))


def _known(vocabulary: Vocabulary, ids: object, *, where: str, noun: str) -> IntArray:
    wanted = np.atleast_1d(np.asarray(ids, dtype=object))
    rows = vocabulary.rows(wanted)
    if (rows < 0).any():
        stranger = str(wanted[rows < 0][0])[:80]
        raise NotFound(
            what=_("{noun} {id} is unknown").format(noun=noun, id=repr(stranger)),
            where=where,
            remedy=_("use an id as it stands in the file"),
        )
    return rows
