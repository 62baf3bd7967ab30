"""MovieLens 100K from its official address or, where that is out of reach, from a copy in a PyPI package.

Nothing that is downloaded is installed or run: archives are checked against a known sha256 and read as zip.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from recsys_core.columns import ITEM, TIME, TITLE, USER, VALUE, Kind
from recsys_core.data.cleaning import clean
from recsys_core.data.dataset import Dataset, Provenance, Words, make_dataset
from recsys_core.data.downloads import (
    UNWATCHED,
    SourceUnreachable,
    Watch,
    WebFile,
    download,
    fits,
    write_terms,
)
from recsys_core.data.packages import PipMirror, download_package
from recsys_core.i18n import N_, _

NAME = "movielens-100k"
FOLDER = "https://files.grouplens.org/datasets/movielens/"
OFFICIAL = WebFile(
    url=f"{FOLDER}ml-100k.zip",
    name="ml-100k.zip",
    sha256="50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    size=4_924_029,
)
RECBOLE = PipMirror(
    requirement="recbole==1.2.1",
    file="recbole-1.2.1-py3-none-any.whl",
    sha256="9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
    size=2_130_151,
)

TERMS = N_(
    "MovieLens data belong to GroupLens, University of Minnesota. They may be used for research; they may "
    "not be redistributed, nor used for commercial or revenue-bearing purposes without permission; no "
    "endorsement by the University of Minnesota or GroupLens may be implied; publications cite the paper."
)
CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan. 2015. The MovieLens Datasets: History and Context. ACM "
    "Transactions on Interactive Intelligent Systems 5, 4, Article 19. doi:10.1145/2827872"
)
WORDS = Words(item="film", items="films", user="user", users="users", value="rating", verb="watched")
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller",
    "War", "Western",
)  # fmt: skip
_USER_COLUMNS = [USER, "age", "gender", "occupation", "zip_code"]
_EVENT_COLUMNS = [USER, ITEM, VALUE, TIME]
_YEARS_AT_END = re.compile(r"(?:\s*\(\d{4}\))+$")


@dataclass(frozen=True, slots=True)
class _Tables:
    """The three tables as text columns, and where they came from."""

    events: pd.DataFrame
    items: pd.DataFrame  # item_id, full title with its year, genres as lists
    users: pd.DataFrame
    source: str


def fetch_movielens(
    cache: Path, *, official: WebFile = OFFICIAL, mirror: PipMirror = RECBOLE, watch: Watch = UNWATCHED
) -> Dataset:
    """MovieLens 100K, cleaned; downloaded into `cache` unless a file with the right checksum lies there.

    Args:
        cache: folder of the downloaded archive and of its terms; made when missing.
        official: the archive at its official address.
        mirror: the package that holds a copy.
        watch: takes the events and may stop it.

    Raises:
        SourceUnreachable: neither address gave the expected file.
        Cancelled: the person asked to stop.
    """
    write_terms(cache, NAME, "MovieLens 100K", TERMS, CITATION)
    archive, copy = cache / official.name, cache / mirror.file
    if fits(archive, official.sha256):
        return _dataset(_read_official(archive))
    if fits(copy, mirror.sha256):
        return _dataset(_read_mirror(copy, mirror))
    why_not_official = download(official, cache, watch)
    if not why_not_official:
        return _dataset(_read_official(archive))
    why_not_mirror = download_package(mirror, cache, watch)
    if not why_not_mirror:
        return _dataset(_read_mirror(copy, mirror))
    what = _("it could not be fetched (official address: {official}; PyPI: {mirror})")
    remedy = _("check the network, or put {file} into the folder 'cache' of the workspace")
    raise SourceUnreachable(
        what=what.format(official=why_not_official, mirror=why_not_mirror),
        where="MovieLens 100K",
        remedy=remedy.format(file=official.name),
    )


def _read_official(path: Path) -> _Tables:
    columns = [ITEM, TITLE, "release_date", "video_release_date", "imdb", *GENRES]
    with zipfile.ZipFile(path) as archive:
        items = _read(archive, "ml-100k/u.item", "|", columns, encoding="latin-1")
        events = _read(archive, "ml-100k/u.data", "\t", _EVENT_COLUMNS)
        users = _read(archive, "ml-100k/u.user", "|", _USER_COLUMNS, encoding="latin-1")
    flags = items[list(GENRES)].to_numpy(dtype=object) == "1"  # (n_items, n_genres)
    genres = [[genre for genre, set_ in zip(GENRES, row, strict=True) if set_] for row in flags]
    items = items[[ITEM, TITLE]].assign(genres=pd.Series(genres, dtype=object))
    return _Tables(events, items, users, _("GroupLens, ml-100k.zip (files.grouplens.org)"))


def _read_mirror(path: Path, mirror: PipMirror) -> _Tables:
    folder = "recbole/dataset_example/ml-100k/ml-100k"
    with zipfile.ZipFile(path) as archive:
        events = _read(archive, f"{folder}.inter", "\t", _EVENT_COLUMNS, header=0)
        items = _read(archive, f"{folder}.item", "\t", [ITEM, TITLE, "year", "class"], header=0)
        users = _read(archive, f"{folder}.user", "\t", _USER_COLUMNS, header=0)
    full_titles = items[TITLE] + " (" + items["year"] + ")"  # as the official file has them
    genres = [sorted(text.split(), key=GENRES.index) for text in items["class"]]
    items = items[[ITEM]].assign(**{TITLE: full_titles, "genres": pd.Series(genres, dtype=object)})
    source = _("GroupLens, MovieLens 100K (copy in the PyPI package {requirement})")
    return _Tables(events, items, users, source.format(requirement=mirror.requirement))


def _read(
    archive: zipfile.ZipFile,
    member: str,
    separator: str,
    columns: list[str],
    *,
    header: int | None = None,
    encoding: str = "utf-8",
) -> pd.DataFrame:
    with archive.open(member) as stream:
        return pd.read_csv(
            stream, sep=separator, names=columns, header=header, dtype="str", keep_default_na=False,
            quoting=3, encoding=encoding,
        )  # fmt: skip


def _dataset(tables: _Tables) -> Dataset:
    events, steps = clean(tables.events.astype({VALUE: "float64", TIME: "int64"}), Kind.RATING)
    titles, years = titles_and_years(tables.items[TITLE])
    items = tables.items.assign(**{TITLE: titles, "year": years})[[ITEM, TITLE, "year", "genres"]]
    return make_dataset(
        NAME,
        Kind.RATING,
        events,
        users=tables.users.assign(age=tables.users["age"].astype("int64")),
        items=items,
        words=WORDS,
        provenance=Provenance(tables.source, terms=TERMS, citation=CITATION),
        list_columns=("genres",),
        cleaning=tuple(step.as_dict() for step in steps),
    )


def titles_and_years(full_titles: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Titles as 'Title (year)', and the year that ends them; missing where the file has no year there."""
    text = full_titles.str.strip()
    text = text.mask(text.isin(["unknown", "unkonwn", "unkonwn (unkonwn)"]), "unknown")
    years = pd.to_numeric(text.str.extract(r"\((\d{4})\)$", expand=False)).astype("Int64")
    bare = text.str.removesuffix("(V)").str.strip().str.replace(_YEARS_AT_END, "", regex=True)
    shown_year = text.str.extract(r"\((\d{4})\)(?: \(V\))?$", expand=False)
    return bare.where(shown_year.isna(), bare + " (" + shown_year + ")"), years
