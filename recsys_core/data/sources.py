"""The built-in data sets: a literal table, and how one of them gets into the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from filelock import FileLock, Timeout

from recsys_core.columns import Kind
from recsys_core.data import movielens, movielens_family, online_retail, open_bandit, simulator
from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import MEGABYTE, SourceUnreachable, Watch
from recsys_core.data.store import is_kept, keep_dataset, open_dataset
from recsys_core.errors import Cancelled, DataError, NotFound
from recsys_core.i18n import N_, _
from recsys_core.types import Report, ShouldStop, never_stop, no_report
from recsys_core.workspace import subfolder

DEFAULT = movielens.NAME
STAND_IN = "simulated-rating"
STAND_IN_NOTICE = N_(
    "MovieLens could not be fetched; these are simulated data: nobody rated these items, and figures "
    "measured on them say nothing about MovieLens"
)
_WAIT_SECONDS = 300.0
_GROUPLENS = N_("research only, not to be redistributed")
_FREE = N_("no terms")


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a person reads before fetching a source.

    Attributes:
        kind: what one interaction says.
        rows, users, items: how many, in words or figures, as its publisher counts them; empty where there are none.
        megabytes: size of the download; 0 where nothing is downloaded.
        licence: the terms in a few words; `terms` has them in full.
    """

    name: str
    title: str
    what: str
    kind: Kind
    rows: str
    users: str
    items: str
    licence: str
    terms: str
    megabytes: float = 0.0
    citation: str = ""
    url: str = ""


def _megabytes(n_bytes: int) -> float:
    return round(n_bytes / MEGABYTE, 1)


SOURCES = (
    SourceInfo(
        name=movielens.NAME,
        title=N_("MovieLens 100K"),
        what=N_(
            "ratings from 1 to 5 that people gave to films, 1997 to 1998; with genres, ages and occupations"
        ),
        kind=Kind.RATING,
        rows="100,000",
        users="943",
        items="1,682",
        licence=_GROUPLENS,
        terms=movielens.TERMS,
        megabytes=_megabytes(movielens.OFFICIAL.size),
        citation=movielens.CITATION,
        url="https://grouplens.org/datasets/movielens/100k/",
    ),
    SourceInfo(
        name=movielens_family.ONE_M.name,
        title=N_("MovieLens 1M"),
        what=N_("ratings from 1 to 5 that people gave to films in 2000 to 2003; with genres and age groups"),
        kind=Kind.RATING,
        rows="1,000,209",
        users="6,040",
        items="3,706",
        licence=_GROUPLENS,
        terms=movielens_family.ONE_M.terms,
        megabytes=_megabytes(movielens_family.ONE_M.archive.size),
        citation=movielens.CITATION,
        url="https://grouplens.org/datasets/movielens/1m/",
    ),
    SourceInfo(
        name=movielens_family.LATEST_SMALL.name,
        title=N_("MovieLens latest-small"),
        what=N_("ratings in half stars that people gave to films, 1996 to 2018; small, recent titles"),
        kind=Kind.RATING,
        rows="100,836",
        users="610",
        items="9,724",
        licence=N_("research only, may be redistributed under the same terms"),
        terms=movielens_family.LATEST_SMALL.terms,
        megabytes=_megabytes(movielens_family.LATEST_SMALL.archive.size),
        citation=movielens.CITATION,
        url="https://grouplens.org/datasets/movielens/latest/",
    ),
    SourceInfo(
        name=movielens_family.TWENTY_FIVE_M.name,
        title=N_("MovieLens 25M"),
        what=N_(
            "ratings in half stars that people gave to films, 1995 to 2019; large: for the size of a real shop"
        ),
        kind=Kind.RATING,
        rows="25,000,095",
        users="162,541",
        items="59,047",
        licence=_GROUPLENS,
        terms=movielens_family.TWENTY_FIVE_M.terms,
        megabytes=_megabytes(movielens_family.TWENTY_FIVE_M.archive.size),
        citation=movielens.CITATION,
        url="https://grouplens.org/datasets/movielens/25m/",
    ),
    SourceInfo(
        name=online_retail.NAME,
        title=N_("Online Retail II"),
        what=N_(
            "two years of a gift shop's invoices, December 2009 to December 2011: who bought what, and when"
        ),
        kind=Kind.IMPLICIT,
        rows=N_("1,067,371 before cleaning"),
        users=N_("5,942 before cleaning"),
        items=N_("5,305 before cleaning"),
        licence="CC BY 4.0",
        terms=online_retail.TERMS,
        megabytes=_megabytes(online_retail.OFFICIAL.size),
        citation=online_retail.CITATION,
        url="https://archive.ics.uci.edu/dataset/502/online+retail+ii",
    ),
    SourceInfo(
        name=open_bandit.NAME,
        title=N_("Open Bandit log"),
        what=N_(
            "clicks on a fashion shop's suggestions, with position and true probability; only 287 clicks"
        ),
        kind=Kind.CLICK,
        rows="60,000",
        users="",
        items="160",
        licence="CC BY 4.0",
        terms=open_bandit.TERMS,
        megabytes=_megabytes(open_bandit.OBP.size),
        citation=open_bandit.CITATION,
        url="https://research.zozo.com/data.html",
    ),
    SourceInfo(
        name="simulated-rating",
        title=N_("Simulated ratings"),
        what=N_("ratings from 1 to 5 in a made-up world; needs no network"),
        kind=Kind.RATING,
        rows=N_("about 23,000"),
        users="600",
        items="400",
        licence=_FREE,
        terms=simulator.TERMS,
    ),
    SourceInfo(
        name="simulated-implicit",
        title=N_("Simulated choices"),
        what=N_("who chose what in a made-up world; needs no network"),
        kind=Kind.IMPLICIT,
        rows=N_("about 23,000"),
        users="600",
        items="400",
        licence=_FREE,
        terms=simulator.TERMS,
    ),
    SourceInfo(
        name="simulated-click",
        title=N_("Simulated clicks"),
        what=N_("who clicked what they were shown in a made-up world; needs no network"),
        kind=Kind.CLICK,
        rows=N_("about 23,000"),
        users="600",
        items="400",
        licence=_FREE,
        terms=simulator.TERMS,
    ),
)

Maker = Callable[[Watch], Dataset]
_MAKERS: dict[str, Maker] = {
    "movielens-100k": lambda watch: movielens.fetch_movielens(subfolder("cache"), watch=watch),
    "movielens-1m": lambda watch: _of_family(movielens_family.ONE_M, watch),
    "movielens-latest-small": lambda watch: _of_family(movielens_family.LATEST_SMALL, watch),
    "movielens-25m": lambda watch: _of_family(movielens_family.TWENTY_FIVE_M, watch),
    "online-retail": lambda watch: online_retail.fetch_online_retail(subfolder("cache"), watch=watch),
    "open-bandit": lambda watch: open_bandit.fetch_open_bandit(subfolder("cache"), watch=watch),
    "simulated-rating": lambda _watch: simulator.simulate(Kind.RATING).dataset,
    "simulated-implicit": lambda _watch: simulator.simulate(Kind.IMPLICIT).dataset,
    "simulated-click": lambda _watch: simulator.simulate(Kind.CLICK).dataset,
}


def _of_family(member: movielens_family.Member, watch: Watch) -> Dataset:
    return movielens_family.fetch_member(member, subfolder("cache"), watch=watch)


_TEXTS = ("title", "what", "rows", "users", "items", "licence", "terms")


def list_sources() -> list[dict[str, Any]]:
    """Every built-in source in the current language; `cached` says whether it is in the workspace."""
    return [
        {
            **asdict(source),
            **{name: _(getattr(source, name)) for name in _TEXTS},
            "kind": source.kind.value,
            "cached": is_kept(source.name),
        }
        for source in SOURCES
    ]


def fetch_source(
    name: str, *, actor: str, report: Report = no_report, should_stop: ShouldStop = never_stop
) -> Dataset:
    """The built-in data set of that name: opened when the workspace has it, else fetched and kept there.

    Events are {"type": "fetch", "source", "status"} with `status` started, waiting (for another process),
    downloading (with `done` and `of` in bytes and `seconds_left`, at most five times a second), reading (with
    `share`), cleaning, keeping or done (with `rows`).

    Raises:
        NotFound: there is no such source.
        SourceUnreachable: its addresses did not answer.
        Cancelled: `should_stop` said so; nothing half-fetched remains.
    """
    if name not in _MAKERS:
        raise NotFound(
            what=_("there is no source {name}").format(name=repr(name[:80])),
            where=_("built-in sources"),
            remedy=_("choose one of: {known}").format(known=", ".join(_MAKERS)),
        )
    if is_kept(name):
        return open_dataset(name)
    watch = Watch(name, report, should_stop)
    with _turn(watch):
        if is_kept(name):
            return open_dataset(name)
        watch.tell("started")
        made = _MAKERS[name](watch)
        watch.tell("keeping")
        dataset = keep_dataset(made, actor=actor)
    report({"type": "fetch", "source": name, "status": "done", "rows": len(dataset.interactions)})
    return dataset


@contextmanager
def _turn(watch: Watch) -> Iterator[None]:
    """Holds the lock of this source: one process fetches, the others wait. Raises DataError and Cancelled."""
    lock = FileLock(subfolder("cache") / f".{watch.source}.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        watch.tell("waiting")
        _wait_for(lock, watch)
    try:
        yield
    finally:
        lock.release()


def _wait_for(lock: FileLock, watch: Watch) -> None:
    try:
        lock.acquire(timeout=_WAIT_SECONDS, cancel_check=watch.should_stop)
    except Timeout:
        if watch.should_stop():
            raise Cancelled(what=_("stopped; nothing was kept"), where=watch.source) from None
        raise DataError(
            what=_("another process has been fetching it for {seconds:.0f} seconds").format(
                seconds=_WAIT_SECONDS
            ),
            where=watch.source,
            remedy=_("wait for it, or end it, then try again"),
        ) from None


def fetch_default(*, actor: str, report: Report = no_report) -> Dataset:
    """MovieLens 100K or, where it is out of reach, simulated ratings with a notice that says so."""
    try:
        return fetch_source(DEFAULT, actor=actor, report=report)
    except SourceUnreachable as problem:
        report({"type": "fetch", "source": DEFAULT, "status": "unreachable", "message": str(problem)})
    stand_in = fetch_source(STAND_IN, actor=actor, report=report)
    if stand_in.provenance.notice == STAND_IN_NOTICE:
        return stand_in
    told = replace(stand_in, provenance=replace(stand_in.provenance, notice=STAND_IN_NOTICE))
    return keep_dataset(told, actor=actor)
