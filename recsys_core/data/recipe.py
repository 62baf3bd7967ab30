"""The recipe: how a file is read, what its columns are, and every step of cleaning. Plain JSON, applied again.

A recipe knows columns by name, never cells or rows, so next month's file goes through the same one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from recsys_core.columns import Kind
from recsys_core.data.cleaning import default_settings
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.dataset import MIN_MAX, Words
from recsys_core.data.dialect import Reading
from recsys_core.data.recipe_checks import checked_step, one_of, refused, texts_of
from recsys_core.data.scaling import SCALINGS
from recsys_core.data.steps import BY_NAME
from recsys_core.files import FORMAT_VERSION
from recsys_core.i18n import _

UNREADABLE = ("refuse", "missing")
IMPUTE = ("leave", "fill")
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class TableMap:
    """Which columns of a file of attributes are its id and its title, and which hold lists; None: found by name."""

    id: str | None = None
    title: str | None = None
    lists: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """How tables become a Dataset.

    Attributes:
        columns: what the columns of the events are.
        kind: of feedback.
        steps: step name -> its settings with `on`.
        reading: how the file is written, where a person said so.
        unreadable: `refuse` a file with a cell that is no number or time, or count it as `missing`.
        impute: `leave` missing attributes missing, or `fill` them: numbers by the median, texts by 'unknown'.
        scaling: how models that regress on the value scale it.
        items, users: the files of attributes.
        words: how things are called.
    """

    columns: ColumnMap
    kind: Kind
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    reading: Reading = field(default_factory=Reading)
    unreadable: str = "refuse"
    impute: str = "leave"
    scaling: str = MIN_MAX
    items: TableMap = field(default_factory=TableMap)
    users: TableMap = field(default_factory=TableMap)
    words: Words = field(default_factory=Words)

    @classmethod
    def plain(cls, columns: ColumnMap, kind: Kind, **rest: Any) -> Recipe:
        """The default cleaning of a kind."""
        return cls(columns, kind, default_settings(kind), **rest)

    def with_step(self, name: str, **settings: Any) -> Recipe:
        """The same recipe with some settings of one step changed."""
        return replace(self, steps={**self.steps, name: {**self.steps.get(name, {}), **settings}})

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, with every setting written out."""
        return json.loads(json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}))  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, given: object) -> Recipe:
        """The recipe that `as_dict` wrote; raises DataError that names the first entry that is wrong."""
        known = [one.name for one in fields(cls)]
        entries = _mapping(given, _("the recipe"), (*known, "format_version"))
        version = entries.get("format_version", FORMAT_VERSION)
        if not isinstance(version, int) or version > FORMAT_VERSION:
            raise refused("format_version", version, _("{n} or less").format(n=FORMAT_VERSION))
        if "columns" not in entries:
            raise refused("columns", None, _("an object with user and item"))
        kind = Kind(one_of("kind", entries.get("kind"), tuple(Kind)))
        steps = _mapping(entries.get("steps", {}), "steps", tuple(BY_NAME))
        return cls(
            columns=_columns(entries["columns"]),
            kind=kind,
            steps={name: checked_step(BY_NAME[name], one) for name, one in steps.items()},
            reading=_reading(entries.get("reading", {})),
            unreadable=one_of("unreadable", entries.get("unreadable", "refuse"), UNREADABLE),
            impute=one_of("impute", entries.get("impute", "leave"), IMPUTE),
            scaling=one_of("scaling", entries.get("scaling", MIN_MAX), tuple(SCALINGS)),
            items=_table_map(entries.get("items", {}), "items"),
            users=_table_map(entries.get("users", {}), "users"),
            words=Words(
                **_texts(entries.get("words", {}), "words", tuple(one.name for one in fields(Words)))
            ),
        )

    @classmethod
    def read(cls, content: bytes, *, name: str) -> Recipe:
        """The recipe in a JSON file; raises DataError."""
        try:
            given = json.loads(content) if len(content) <= MOST_BYTES else None
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            raise refused(name, None, _("a recipe in JSON, as this app writes it"))
        return cls.from_dict(given)

    def written(self) -> bytes:
        """The recipe as a JSON file."""
        return (json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n").encode()


def _mapping(given: object, where: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise refused(where, given, _("an object"))
    for name in given:
        if name not in known:
            raise refused(
                f"{where}: {str(name)[:40]!r}", None, _("one of: {known}").format(known=", ".join(known))
            )
    return dict(given)


def _columns(given: object) -> ColumnMap:
    single = ("user", "item", "value", "time", "title")
    several = ("item_attributes", "user_attributes", "features")
    entries = _mapping(given, "columns", (*single, *several))
    lists = {name: texts_of(f"columns: {name}", entries.get(name, ())) for name in several}
    return ColumnMap(**{"user": None, "item": None, **_texts(
        {name: entries.get(name) for name in single}, "columns", single, optional=True
    )}, **lists)  # type: ignore[arg-type]  # fmt: skip


def _table_map(given: object, where: str) -> TableMap:
    entries = _mapping(given, where, ("id", "title", "lists"))
    named = _texts(
        {name: entries.get(name) for name in ("id", "title")}, where, ("id", "title"), optional=True
    )
    return TableMap(**named, lists=texts_of(f"{where}: lists", entries.get("lists", ())))


def _reading(given: object) -> Reading:
    entries = _mapping(given, "reading", tuple(one.name for one in fields(Reading)))
    for name in ("header", "skip_bad_rows"):
        if not isinstance(entries.get(name), bool | None):
            raise refused(f"reading: {name}", entries[name], _("true or false"))
    texts = _texts(
        {name: entries.get(name) for name in ("separator", "encoding")},
        "reading",
        tuple(entries),
        optional=True,
    )
    return Reading(
        entries.get("header"), texts["separator"], texts["encoding"], bool(entries.get("skip_bad_rows"))
    )


def _texts(given: object, where: str, known: tuple[str, ...], *, optional: bool = False) -> dict[str, Any]:
    entries = given if optional and isinstance(given, dict) else _mapping(given, where, known)
    for name, value in entries.items():
        if not (isinstance(value, str) and len(value) <= 200) and not (optional and value is None):
            raise refused(f"{where}: {name}", value, _("text"))
    return dict(entries)
