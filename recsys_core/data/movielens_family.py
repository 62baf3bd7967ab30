"""MovieLens 1M, latest-small and 25M from their official address: archives checked by sha256 and read as zip."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from recsys_core.columns import ITEM, TIME, TITLE, USER, VALUE, Kind
from recsys_core.data.cleaning import clean
from recsys_core.data.dataset import Dataset, Provenance, make_dataset
from recsys_core.data.downloads import UNWATCHED, Watch, WebFile, fetched, write_terms
from recsys_core.data.movielens import CITATION, FOLDER, TERMS, WORDS, titles_and_years
from recsys_core.errors import DataError
from recsys_core.i18n import N_, _
from recsys_core.types import IntArray

TERMS_SMALL = N_(
    "MovieLens data belong to GroupLens, University of Minnesota. They may be used for research, and be "
    "redistributed, transformed or not, under these same terms; they may not be used for commercial or "
    "revenue-bearing purposes without permission; no endorsement by the University of Minnesota or GroupLens may "
    "be implied; publications cite the paper. This set changes over time and is not meant for shared results."
)
NO_GENRES = "(no genres listed)"
AGES = {
    "1": "under 18",
    "18": "18-24",
    "25": "25-34",
    "35": "35-44",
    "45": "45-49",
    "50": "50-55",
    "56": "56+",
}
"""The age groups of the 1M set by their code, as its README names them."""
OCCUPATIONS = (
    "other or not specified", "academic/educator", "artist", "clerical/admin", "college/grad student",
    "customer service", "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student",
    "lawyer", "programmer", "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer",
    "tradesman/craftsman", "unemployed", "writer",
)  # fmt: skip
"""The occupations of the 1M set; the code is the place in this list."""
_TYPES = {USER: pa.int32(), ITEM: pa.int32(), VALUE: pa.float32(), TIME: pa.int64()}
_BLOCK = 16 << 20
"""Bytes of text that are turned into numbers at a time: what is in memory is the numbers."""
_MOST_ID = 50_000_000
_Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]


@dataclass(frozen=True, slots=True)
class Member:
    """One data set of the family.

    Attributes:
        archive: its archive at the official address; holds one folder, named as the archive.
        read: makes the events, items and users of an opened archive; users may be missing.
    """

    name: str
    title: str
    archive: WebFile
    terms: str
    read: Callable[[zipfile.ZipFile, str, Watch], _Tables]


def fetch_member(
    member: Member, cache: Path, *, archive: WebFile | None = None, watch: Watch = UNWATCHED
) -> Dataset:
    """One of the family, cleaned; downloaded into `cache` unless a file with the right checksum lies there.

    Args:
        archive: in place of the official archive; laid out like it.

    Raises:
        SourceUnreachable: the address did not give the expected file.
        DataError: the archive is not laid out as expected.
        Cancelled: the person asked to stop.
    """
    write_terms(cache, member.name, member.title, member.terms, CITATION)
    path = fetched(archive or member.archive, cache, watch)
    folder = member.archive.name.removesuffix(".zip")
    try:
        with zipfile.ZipFile(path) as opened:
            events, items, users = member.read(opened, folder, watch)
    except (zipfile.BadZipFile, KeyError, ValueError) as problem:
        raise DataError(
            what=_("the archive is not laid out as expected ({problem})").format(problem=problem),
            where=path.name,
            remedy=_("delete it from the folder 'cache' of the workspace and fetch it again"),
        ) from problem
    watch.tell("cleaning")
    return _dataset(member, events, items, users)


def _dataset(
    member: Member, events: pd.DataFrame, items: pd.DataFrame, users: pd.DataFrame | None
) -> Dataset:
    cleaned, steps = clean(events, Kind.RATING)
    titles, years = titles_and_years(items[TITLE])
    genres = [
        [] if text == NO_GENRES else [genre for genre in text.split("|") if genre] for text in items["genres"]
    ]
    items = items[[ITEM]].assign(**{TITLE: titles, "year": years, "genres": pd.Series(genres, dtype=object)})
    source = _("GroupLens, {file} (files.grouplens.org)").format(file=member.archive.name)
    return make_dataset(
        member.name,
        Kind.RATING,
        cleaned,
        users=users,
        items=items,
        words=WORDS,
        provenance=Provenance(source, terms=member.terms, citation=CITATION),
        list_columns=("genres",),
        cleaning=tuple(step.as_dict() for step in steps),
    )


def _read_csv(archive: zipfile.ZipFile, folder: str, watch: Watch) -> _Tables:
    """Comma separated, UTF-8, with a header: latest-small and 25M."""
    options = pa_csv.ReadOptions(block_size=_BLOCK, column_names=list(_TYPES), skip_rows=1)
    events = _ratings(archive, f"{folder}/ratings.csv", options, ",", watch)
    with archive.open(f"{folder}/movies.csv") as stream:
        items = pd.read_csv(stream, dtype="str", keep_default_na=False)
    return events, items.set_axis([ITEM, TITLE, "genres"], axis=1), None


def _read_dat(archive: zipfile.ZipFile, folder: str, watch: Watch) -> _Tables:
    """Two colons between the cells, latin-1, no header: 1M. To a reader of one colon every other cell is empty."""
    names = [USER, "gap1", ITEM, "gap2", VALUE, "gap3", TIME]
    options = pa_csv.ReadOptions(block_size=_BLOCK, column_names=names)
    events = _ratings(archive, f"{folder}/ratings.dat", options, ":", watch)
    items = _dat(archive, f"{folder}/movies.dat", [ITEM, TITLE, "genres"])
    users = _dat(archive, f"{folder}/users.dat", [USER, "gender", "age_group", "occupation", "zip_code"])
    users = users.assign(
        age_group=users["age_group"].map(AGES),
        occupation=users["occupation"].map({str(code): name for code, name in enumerate(OCCUPATIONS)}),
    )
    return events, items, users


def _dat(archive: zipfile.ZipFile, member: str, columns: list[str]) -> pd.DataFrame:
    """A small table of text; titles may hold single colons."""
    lines = archive.read(member).decode("latin-1").split("\n")
    cells = [line.rstrip("\r").split("::") for line in lines if line.strip()]
    return pd.DataFrame(cells, columns=columns, dtype="str")


def _ratings(
    archive: zipfile.ZipFile, member: str, options: pa_csv.ReadOptions, delimiter: str, watch: Watch
) -> pd.DataFrame:
    """The events, ids as categories; read block by block, so that memory holds 20 bytes a row and no text."""
    parts: dict[str, list[np.ndarray]] = {column: [] for column in _TYPES}
    size = max(archive.getinfo(member).file_size, 1)
    convert = pa_csv.ConvertOptions(column_types=_TYPES, include_columns=list(_TYPES))
    parse = pa_csv.ParseOptions(delimiter=delimiter)
    with (
        archive.open(member) as stream,
        pa_csv.open_csv(stream, read_options=options, parse_options=parse, convert_options=convert) as reader,
    ):
        for batch in reader:
            for column in _TYPES:
                parts[column].append(batch.column(column).to_numpy(zero_copy_only=False))
            watch.tell("reading", share=min(stream.tell() / size, 1.0))
    joined = {column: np.concatenate(parts.pop(column)) for column in _TYPES}
    pa.default_memory_pool().release_unused()
    return pd.DataFrame({**joined, USER: _categories(joined[USER]), ITEM: _categories(joined[ITEM])})


def _categories(ids: IntArray) -> pd.Categorical:
    """Whole numbers as categories of text, in order of size; no sorting, since the ids of this family are small."""
    if ids.min() < 0 or ids.max() > _MOST_ID:
        raise ValueError(f"id {ids.min()} to {ids.max()}")
    present = np.zeros(int(ids.max()) + 1, dtype=bool)
    present[ids] = True
    places = np.cumsum(present, dtype=np.int32) - 1
    return pd.Categorical.from_codes(places[ids], pd.Index(np.flatnonzero(present)).astype("str"))


def _official(name: str, sha256: str, size: int) -> WebFile:
    return WebFile(f"{FOLDER}{name}", name, sha256, size)


ONE_M = Member(
    "movielens-1m",
    "MovieLens 1M",
    _official("ml-1m.zip", "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20", 5_917_549),
    TERMS,
    _read_dat,
)
LATEST_SMALL = Member(
    "movielens-latest-small",
    "MovieLens latest-small",
    _official(
        "ml-latest-small.zip", "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436", 978_202
    ),
    TERMS_SMALL,
    _read_csv,
)
TWENTY_FIVE_M = Member(
    "movielens-25m",
    "MovieLens 25M",
    _official("ml-25m.zip", "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa", 261_978_986),
    TERMS,
    _read_csv,
)
