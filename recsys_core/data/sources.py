"""The built-in data sets: a literal table, and how one of them gets into the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from filelock import FileLock, Timeout

from recsys_core.columns import Kind
from recsys_core.data import movielens, simulator
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import is_kept, keep_dataset, open_dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.i18n import N_, _
from recsys_core.types import Report, no_report
from recsys_core.workspace import subfolder

DEFAULT = movielens.NAME
STAND_IN = "simulated-rating"
STAND_IN_NOTICE = N_(
    "MovieLens could not be fetched; these are simulated data: nobody rated these items, and figures "
    "measured on them say nothing about MovieLens"
)
_WAIT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a person reads before fetching a source."""

    name: str
    title: str
    what: str
    terms: str
    citation: str = ""
    url: str = ""


SOURCES = (
    SourceInfo(
        name="movielens-100k",
        title=N_("MovieLens 100K"),
        what=N_("100,000 ratings from 1 to 5 that 943 people gave to 1,682 films, 1997 to 1998"),
        terms=movielens.TERMS,
        citation=movielens.CITATION,
        url="https://grouplens.org/datasets/movielens/100k/",
    ),
    SourceInfo(
        name="simulated-rating",
        title=N_("Simulated ratings"),
        what=N_("ratings from 1 to 5 in a made-up world of 600 users and 400 items; needs no network"),
        terms=simulator.TERMS,
    ),
    SourceInfo(
        name="simulated-implicit",
        title=N_("Simulated choices"),
        what=N_("who chose what in a made-up world of 600 users and 400 items; needs no network"),
        terms=simulator.TERMS,
    ),
)

_MAKERS: dict[str, Callable[[], Dataset]] = {
    "movielens-100k": lambda: movielens.fetch_movielens(subfolder("cache")),
    "simulated-rating": lambda: simulator.simulate(Kind.RATING).dataset,
    "simulated-implicit": lambda: simulator.simulate(Kind.IMPLICIT).dataset,
}


def list_sources() -> list[dict[str, Any]]:
    """Every built-in source in the current language; `cached` says whether it is in the workspace."""
    return [
        {
            **asdict(source),
            "title": _(source.title),
            "what": _(source.what),
            "terms": _(source.terms),
            "cached": is_kept(source.name),
        }
        for source in SOURCES
    ]


def fetch_source(name: str, *, actor: str, report: Report = no_report) -> Dataset:
    """The built-in data set of that name: opened when the workspace has it, else fetched and kept there.

    Raises:
        NotFound: there is no such source.
        SourceUnreachable: its addresses did not answer.
    """
    if name not in _MAKERS:
        raise NotFound(
            what=_("there is no source {name}").format(name=repr(name[:80])),
            where=_("built-in sources"),
            remedy=_("choose one of: {known}").format(known=", ".join(_MAKERS)),
        )
    if is_kept(name):
        return open_dataset(name)
    try:
        with FileLock(subfolder("cache") / f".{name}.lock", timeout=_WAIT_SECONDS):
            if is_kept(name):
                return open_dataset(name)
            report({"type": "fetch", "source": name, "status": "started"})
            dataset = keep_dataset(_MAKERS[name](), actor=actor)
    except Timeout:
        raise DataError(
            what=_("another process has been fetching it for {seconds:.0f} seconds").format(
                seconds=_WAIT_SECONDS
            ),
            where=name,
            remedy=_("wait for it, or end it, then try again"),
        ) from None
    report({"type": "fetch", "source": name, "status": "done", "rows": len(dataset.interactions)})
    return dataset


def fetch_default(*, actor: str, report: Report = no_report) -> Dataset:
    """MovieLens 100K or, where it is out of reach, simulated ratings with a notice that says so."""
    try:
        return fetch_source(DEFAULT, actor=actor, report=report)
    except movielens.SourceUnreachable as problem:
        report({"type": "fetch", "source": DEFAULT, "status": "unreachable", "message": str(problem)})
    stand_in = fetch_source(STAND_IN, actor=actor, report=report)
    if stand_in.provenance.notice == STAND_IN_NOTICE:
        return stand_in
    told = replace(stand_in, provenance=replace(stand_in.provenance, notice=STAND_IN_NOTICE))
    return keep_dataset(told, actor=actor)
