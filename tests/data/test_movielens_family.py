from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recsys_core.data import movielens_family as family
from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import SourceUnreachable, Watch, WebFile
from recsys_core.errors import Cancelled, DataError
from tests.helpers import contents
from tests.web import Reply, web

NOWHERE = "http://127.0.0.1:9"
DAT = {
    "movies.dat": "1::Toy Story (1995)::Animation|Children's|Comedy\n"
    "73::Misérables, Les (1995)::Drama|Musical\n"
    "260::Star Wars: Episode IV - A New Hope (1977)::Action\n"
    "999::Never Rated (2000)::Drama\n",
    "users.dat": "1::F::1::10::48067\n2::M::56::16::70072\n",
    "ratings.dat": "1::1::5::978300760\n1::260::3::978302109\n2::73::4::978301968\n2::1::1::978300275\n",
}
CSV = {
    "movies.csv": "movieId,title,genres\n"
    "1,Toy Story (1995),Adventure|Animation\n"
    '11,"American President, The (1995)",Comedy|Drama\n'
    "40697,Babylon 5,Sci-Fi\n"
    "171749,Death Note: Desu nôto (2006–2007),(no genres listed)\n",
    "ratings.csv": "userId,movieId,rating,timestamp\n"
    "1,1,4.0,964982703\n1,171749,0.5,964981247\n10,11,3.5,964982224\n10,1,5.0,964983815\n10,40697,2.5,964982931\n",
    "tags.csv": "userId,movieId,tag,timestamp\n1,1,pixar,1139045764\n",
}


def _archive(folder: str, files: dict[str, str], encoding: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in files.items():
            file.writestr(f"{folder}/{name}", text.encode(encoding))
    return buffer.getvalue()


ONE_M = _archive("ml-1m", DAT, "latin-1")
SMALL = _archive("ml-latest-small", CSV, "utf-8")


def _fetch(member: family.Member, archive: bytes, cache: Path, **rest: Any) -> Dataset:
    """The member from a local address that serves this archive under the official name."""
    with web({f"/{member.archive.name}": Reply(archive)}) as address:
        there = WebFile(
            f"{address}/{member.archive.name}", member.archive.name, hashlib.sha256(archive).hexdigest()
        )
        return family.fetch_member(member, cache, archive=there, **rest)


def test_1m_becomes_a_data_set_with_its_codes_in_words(tmp_path: Path) -> None:
    data = _fetch(family.ONE_M, ONE_M, tmp_path)
    assert (data.name, data.kind, data.n_users, data.n_items) == ("movielens-1m", "rating", 2, 3)
    assert data.items["item_id"].tolist() == ["1", "73", "260"]
    assert data.items["title"].tolist() == [
        "Toy Story (1995)", "Misérables, Les (1995)", "Star Wars: Episode IV - A New Hope (1977)",
    ]  # fmt: skip
    assert data.items["year"].tolist() == [1995, 1995, 1977]
    assert data.items["genres"].tolist() == [
        ["Animation", "Children's", "Comedy"],
        ["Drama", "Musical"],
        ["Action"],
    ]
    assert data.users.to_dict("records") == [
        {
            "user_id": "1",
            "gender": "F",
            "age_group": "under 18",
            "occupation": "K-12 student",
            "zip_code": "48067",
        },
        {
            "user_id": "2",
            "gender": "M",
            "age_group": "56+",
            "occupation": "self-employed",
            "zip_code": "70072",
        },
    ]
    rows = data.interactions[["user", "item", "value", "timestamp"]].to_numpy().tolist()
    assert rows == [[0, 0, 5, 978300760], [0, 2, 3, 978302109], [1, 1, 4, 978301968], [1, 0, 1, 978300275]]


def test_latest_small_keeps_half_stars_and_knows_missing_genres_and_years(tmp_path: Path) -> None:
    data = _fetch(family.LATEST_SMALL, SMALL, tmp_path)
    assert data.users["user_id"].tolist() == ["1", "10"]
    assert data.items["title"].tolist() == [
        "Toy Story (1995)", "American President, The (1995)", "Babylon 5", "Death Note: Desu nôto (2006–2007)",
    ]  # fmt: skip
    assert data.items["year"].fillna(0).tolist() == [1995, 1995, 0, 0]
    assert data.items["genres"].tolist() == [["Adventure", "Animation"], ["Comedy", "Drama"], ["Sci-Fi"], []]
    assert data.interactions["value"].tolist() == [4.0, 0.5, 3.5, 5.0, 2.5]
    assert data.value_range == (0.5, 5.0)
    assert data.user_attributes == []
    assert "redistributed" in data.provenance.terms and "same terms" in data.provenance.terms


def test_25m_is_read_as_latest_small_is(tmp_path: Path) -> None:
    data = _fetch(family.TWENTY_FIVE_M, _archive("ml-25m", CSV, "utf-8"), tmp_path)
    assert (data.name, len(data.interactions)) == ("movielens-25m", 5)
    assert "may not be redistributed" in data.provenance.terms
    assert "10.1145/2827872" in (tmp_path / "TERMS-movielens-25m.txt").read_text()


def test_the_same_content_has_the_same_fingerprint_from_either_layout(tmp_path: Path) -> None:
    rows = CSV["ratings.csv"].splitlines()[1:]
    colons = {
        "movies.dat": "1::Toy Story (1995)::Adventure|Animation\n11::American President, The (1995)::Comedy|Drama\n"
        "40697::Babylon 5::Sci-Fi\n171749::Death Note: Desu nôto (2006-2007)::(no genres listed)\n",
        "users.dat": "1::F::18::4::0\n10::M::25::0::1\n",
        "ratings.dat": "\n".join(row.replace(",", "::") for row in rows) + "\n",
    }
    by_colons = _fetch(family.ONE_M, _archive("ml-1m", colons, "latin-1"), tmp_path / "a")
    by_commas = _fetch(family.LATEST_SMALL, SMALL, tmp_path / "b")
    pd.testing.assert_frame_equal(by_colons.interactions, by_commas.interactions)


def test_blocks_of_any_size_give_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows = [f"{rng.integers(1, 99)},1,{rng.integers(1, 11) / 2},{time}" for time in range(500)]
    tables = CSV | {"ratings.csv": "userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n"}
    archive = _archive("ml-latest-small", tables, "utf-8")
    whole = _fetch(family.LATEST_SMALL, archive, tmp_path / "a")
    monkeypatch.setattr(family, "_BLOCK", 256)
    shares: list[float] = []

    def share_of(event: dict[str, Any]) -> None:
        shares.extend([event["share"]] if event["status"] == "reading" else [])

    pieces = _fetch(family.LATEST_SMALL, archive, tmp_path / "b", watch=Watch("", share_of))
    assert pieces.fingerprint == whole.fingerprint
    assert len(shares) > 10 and shares == sorted(shares) and shares[-1] == 1.0


def test_it_can_be_stopped_between_two_blocks(tmp_path: Path) -> None:
    told: list[str] = []
    watch = Watch(
        "movielens-latest-small", lambda event: told.append(event["status"]), lambda: "reading" in told
    )
    with pytest.raises(Cancelled):
        _fetch(family.LATEST_SMALL, SMALL, tmp_path, watch=watch)
    assert set(contents(tmp_path)) == {"ml-latest-small.zip", "TERMS-movielens-latest-small.txt"}


def test_a_repeated_pair_keeps_its_last_rating(tmp_path: Path) -> None:
    tables = CSV | {"ratings.csv": CSV["ratings.csv"] + "1,1,1.5,964999999\n"}
    data = _fetch(family.LATEST_SMALL, _archive("ml-latest-small", tables, "utf-8"), tmp_path)
    assert [step["rows_before"] - step["rows_after"] for step in data.cleaning] == [0, 0, 1]
    assert 1.5 in data.interactions["value"].tolist()
    assert 4.0 not in data.interactions["value"].tolist()


def test_an_official_archive_in_the_cache_is_used_without_the_network(tmp_path: Path) -> None:
    (tmp_path / "ml-1m.zip").write_bytes(ONE_M)
    known = replace(family.ONE_M.archive, url=NOWHERE, sha256=hashlib.sha256(ONE_M).hexdigest())
    assert family.fetch_member(family.ONE_M, tmp_path, archive=known).n_items == 3


def test_another_archive_under_the_official_name_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "ml-1m.zip").write_bytes(ONE_M)
    unreachable = replace(family.ONE_M.archive, url=NOWHERE)
    with pytest.raises(SourceUnreachable, match=r"ConnectionError.*put ml-1m.zip into the folder 'cache'"):
        family.fetch_member(family.ONE_M, tmp_path, archive=unreachable)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"movies.csv": CSV["movies.csv"]}, "ratings.csv"),
        (CSV | {"ratings.csv": "userId,movieId,rating,timestamp\n1,1,good,3\n"}, "good"),
        (CSV | {"ratings.csv": "userId,movieId,rating,timestamp\n1,99000000,4,3\n"}, "99000000"),
        (CSV | {"movies.csv": "id,title\n1,x\n"}, "Length mismatch"),
    ],
    ids=["a file is missing", "a word for a number", "an id too large", "other columns"],
)
def test_an_archive_with_another_layout_is_refused_by_name(
    files: dict[str, str], why: str, tmp_path: Path
) -> None:
    with pytest.raises(
        DataError, match=f"ml-latest-small.zip: the archive is not laid out as expected.*{why}"
    ):
        _fetch(family.LATEST_SMALL, _archive("ml-latest-small", files, "utf-8"), tmp_path)


@given(arrays.arrays(np.int32, st.integers(1, 40), elements=st.integers(0, 300)))
def test_categories_are_the_ids_in_order_of_size(ids: np.ndarray) -> None:
    made = family._categories(ids)
    assert list(made) == [str(one) for one in ids]
    assert list(made.categories) == [str(one) for one in sorted(set(ids.tolist()))]
