"""Pinned views: an address of the app with one sentence, in the order in which they are to be shown.

They live in the workspace's `pins.json`. Every change reads, changes and writes the whole file under one lock, so two
people at once lose nothing. A pin whose data set or run is gone stays, and says so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from recsys_core import files
from recsys_core.data.store import list_datasets
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import _
from recsys_core.locks import Lock
from recsys_core.runs import open_run
from recsys_core.workspace import workspace

LONGEST_SENTENCE = 280
MOST_PINS = 100
MOST_PARAMETERS = 40
LONGEST_VALUE = 200
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_PAGE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RUN = re.compile(r"[0-9a-f]{12}|")

Query = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """One pinned view.

    Attributes:
        page: the name of the page, as in its address.
        query: the address's parameters, by name; data set and run stand apart from them.
        sentence: what a person is to see in it.
        question: the question that the page answers, as it was said when the view was pinned.
        dataset: the data set's name; `fingerprint` its content.
        run: id of the run that is shown; empty where the page shows none.
    """

    page: str
    query: Query
    sentence: str
    actor: str
    dataset: str
    fingerprint: str
    run: str = ""
    question: str = ""
    id: str = ""
    time: str = ""

    def same_view(self, other: Pin) -> bool:
        """Whether both show the same thing with the same sentence."""
        names = ("page", "query", "dataset", "fingerprint", "run", "sentence")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def asked(self, name: str, default: str = "") -> str:
        """The last value of a parameter of the address."""
        values = dict(self.query).get(name, ())
        return values[-1] if values else default


def query_of(parameters: Mapping[str, str | Sequence[str]]) -> Query:
    """An address's parameters as a pin keeps them; raises DataError for what no page of ours would ask."""
    found = {name: (value,) if isinstance(value, str) else tuple(value) for name, value in parameters.items()}
    n_values = sum(map(len, found.values()))
    longest = max((len(one) for values in found.values() for one in values), default=0)
    strange = next((name for name in found if not _PARAMETER.fullmatch(name)), None)
    if n_values > MOST_PARAMETERS or longest > LONGEST_VALUE or strange is not None:
        raise DataError(
            what=_("its address is too long or holds a parameter that no page has"),
            where=_("view to pin"),
            remedy=_("take away some of its choices, then pin it"),
        )
    return tuple(sorted(found.items()))


def clean_sentence(text: str) -> str:
    """The sentence on one line; raises DataError where there is none, or too much of it."""
    flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if not flat:
        raise DataError(
            what=_("it has no sentence"),
            where=_("pin"),
            remedy=_("say in one sentence what this view shows"),
        )
    if len(flat) > LONGEST_SENTENCE:
        raise DataError(
            what=_("its sentence has {n} characters").format(n=len(flat)),
            where=_("pin"),
            remedy=_("say it in {n} at most").format(n=LONGEST_SENTENCE),
        )
    return flat


def list_pins() -> list[Pin]:
    """Every pin, in order; raises DataError where the file is damaged."""
    path = _path()
    if not path.exists():
        return []
    try:
        return [_read(one) for one in files.read_json(path).get("pins", [])]
    except (TypeError, ValueError, KeyError, AttributeError):
        raise DataError(
            what=_("the file is damaged"), where=path.name, remedy=_("delete it, or restore it from a copy")
        ) from None


def add_pin(pin: Pin, *, pages: Collection[str]) -> Pin:
    """Puts a pin at the end; the same view with the same sentence is there once, however often it is asked for.

    Args:
        pages: the pages that there are; any other is refused.
    """
    if not pin.actor:
        raise ValueError("a mutating call names its actor")
    if pin.page not in pages or not _PAGE.fullmatch(pin.page) or not _RUN.fullmatch(pin.run):
        raise DataError(
            what=_("there is no page {page}").format(page=repr(pin.page[:60])),
            where=_("view to pin"),
            remedy=_("open one of the pages of the menu"),
        )
    pin = replace(
        pin,
        query=query_of(dict(pin.query)),
        sentence=clean_sentence(pin.sentence),
        question=pin.question[:LONGEST_SENTENCE],
        id=uuid.uuid4().hex[:12],
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    kept = pin

    def put(pins: list[Pin]) -> list[Pin]:
        nonlocal kept
        twin = next((one for one in pins if one.same_view(pin)), None)
        if twin is not None:
            kept = twin
            return pins
        if len(pins) >= MOST_PINS:
            raise DataError(
                what=_("there are {n} pins already").format(n=len(pins)),
                where=_("board"),
                remedy=_("remove one first"),
            )
        return [*pins, pin]

    _change(put)
    return kept


def edit_pin(pin_id: str, sentence: str, *, actor: str) -> None:
    """Another sentence for a pin; raises NotFound where it was removed meanwhile."""
    _check_actor(actor)
    said = clean_sentence(sentence)

    def put(pins: list[Pin]) -> list[Pin]:
        place = _place(pins, pin_id)
        return [*pins[:place], replace(pins[place], sentence=said), *pins[place + 1 :]]

    _change(put)


def move_pin(pin_id: str, by: int, *, actor: str) -> None:
    """Moves a pin down by so many places (negative: up), at most to an end of the board."""
    _check_actor(actor)

    def put(pins: list[Pin]) -> list[Pin]:
        place = _place(pins, pin_id)
        rest = [*pins[:place], *pins[place + 1 :]]
        to = min(max(place + by, 0), len(rest))
        return [*rest[:to], pins[place], *rest[to:]]

    _change(put)


def remove_pin(pin_id: str, *, actor: str) -> None:
    """Takes a pin off the board; it is no error when somebody else did so first."""
    _check_actor(actor)
    _change(lambda pins: [one for one in pins if one.id != pin_id])


def missing(pin: Pin) -> str:
    """What a pin shows and is no longer there, in words; empty where all is there."""
    summaries = {one.name: one for one in list_datasets()}
    if pin.dataset not in summaries:
        return _("The data set {name} is gone.").format(name=pin.dataset)
    if summaries[pin.dataset].fingerprint != pin.fingerprint:
        return _("The data set {name} was replaced after this was pinned.").format(name=pin.dataset)
    if pin.run:
        try:
            open_run(pin.run)
        except NotFound:
            return _("The run {id} is gone.").format(id=pin.run[:4])
    return ""


def _path() -> Path:
    return workspace() / "pins.json"


def _check_actor(actor: str) -> None:
    if not actor:
        raise ValueError("a mutating call names its actor")


def _change(put: Callable[[list[Pin]], list[Pin]]) -> None:
    """Reads, changes and writes the board while nobody else does."""
    with Lock(workspace() / "pins.lock").waited_for():
        before = list_pins()
        after = put(before)
        if after != before:
            files.write_json(_path(), {"pins": [asdict(one) for one in after]})


def _place(pins: list[Pin], pin_id: str) -> int:
    for place, pin in enumerate(pins):
        if pin.id == pin_id:
            return place
    raise NotFound(what=_("this pin was removed meanwhile"), where=_("board"), remedy=_("pin the view again"))


def _read(stored: dict[str, Any]) -> Pin:
    pin = Pin(**{**stored, "query": query_of(dict(stored["query"]))})
    if not _PAGE.fullmatch(pin.page) or not _RUN.fullmatch(pin.run) or not isinstance(pin.sentence, str):
        raise ValueError("no pin of ours")
    return pin
