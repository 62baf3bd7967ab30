from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pandas as pd
import pytest

from recsys_core.data import online_retail
from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import WebFile
from recsys_core.errors import DataError
from tests.helpers import REPOSITORY, contents
from tests.invoices import FIRST, archive_of, invoice_lines, official_archive, workbook
from tests.web import Reply, web

SHARED = Path(os.environ.get("RECSYS_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")


@pytest.fixture(scope="module")
def archive() -> bytes:
    """An archive laid out like UCI's, with a few lines; the second sheet repeats an invoice of the first."""
    return official_archive()


def _fetch(archive: bytes, cache: Path) -> Dataset:
    with web({"/static/online.zip": Reply(archive)}) as address:
        there = WebFile(f"{address}/static/online.zip", online_retail.OFFICIAL.name)
        return online_retail.fetch_online_retail(cache, official=there)


def test_the_official_archive_becomes_a_data_set(archive: bytes, tmp_path: Path) -> None:
    data = _fetch(archive, tmp_path)
    assert data.kind == "implicit"
    assert (data.words.item, data.words.users, data.words.value, data.words.verb) == (
        "product", "customers", "quantity", "bought",
    )  # fmt: skip
    assert data.users.to_dict("list") == {
        "user_id": ["12346", "12680", "13085"],
        "Country": ["United Kingdom", "Germany", "France"],
    }
    assert data.items.to_dict("list") == {
        "item_id": ["22041", "22899", "79323P", "85048"],
        "title": ["RECORD FRAME", "APRON", "PINK LIGHTS", "GLASS BALL"],
    }
    rows = {
        (data.users["user_id"][row.user], data.items["item_id"][row.item]): (row.value, row.timestamp)
        for row in data.interactions.itertuples()
    }
    assert rows == {
        ("13085", "85048"): (15.0, pd.Timestamp("2010-02-01 10:00").timestamp()),
        ("13085", "79323P"): (3.0, pd.Timestamp("2009-12-01 07:45").timestamp()),
        ("12346", "85048"): (4.0, pd.Timestamp("2010-01-01 11:00").timestamp()),
        ("12346", "22041"): (7.0, pd.Timestamp("2010-12-01 08:26").timestamp()),
        ("12680", "22899"): (6.0, pd.Timestamp("2011-12-09 12:50").timestamp()),
    }


def test_every_step_says_what_it_cost_and_the_file_is_known_by_its_checksum(
    archive: bytes, tmp_path: Path
) -> None:
    data = _fetch(archive, tmp_path)
    assert [(step["rows_before"], step["rows_after"]) for step in data.cleaning] == [
        (10, 9), (9, 8), (8, 8), (8, 7), (7, 7), (7, 5),
    ]  # fmt: skip
    assert hashlib.sha256(archive).hexdigest() in data.provenance.source
    assert "CC BY 4.0" in data.provenance.terms
    assert set(contents(tmp_path)) == {"TERMS-online-retail.txt", "online_retail_ii.zip"}


def test_the_raw_lines_of_one_sheet_and_of_both(archive: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(archive)
    first = online_retail.read_raw(path, sheets=online_retail.SHEETS[:1])
    assert list(first.columns) == list(online_retail.COLUMNS)
    assert first["StockCode"].tolist()[:2] == ["85048", "79323P"]
    assert first["Invoice"].tolist() == [row[0] for row in FIRST]
    both = online_retail.read_raw(path)
    assert both["Invoice"].tolist() == [row[0] for row in FIRST] + ["581587"]


def test_an_archive_that_a_person_put_there_is_used(archive: bytes, tmp_path: Path) -> None:
    (tmp_path / online_retail.OFFICIAL.name).write_bytes(archive)
    nowhere = WebFile("http://127.0.0.1:9/x.zip", online_retail.OFFICIAL.name)
    assert online_retail.fetch_online_retail(tmp_path, official=nowhere).n_items == 4


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>not found</html>", "no zip archive"),
        (archive_of({"other.xlsx": b""}), "it holds other.xlsx"),
        (archive_of({online_retail.MEMBER: b"x", "more.txt": b""}), "more.txt"),
        (archive_of({online_retail.MEMBER: b"no workbook"}), "no zip archive with a workbook"),
        (archive_of({online_retail.MEMBER: archive_of({"a.xml": b"<a/>"})}), "cannot be read"),
        (
            archive_of({online_retail.MEMBER: workbook({"Sheet": invoice_lines(FIRST)})}),
            "'Year 2009-2010' cannot be read",
        ),
        (
            archive_of(
                {
                    online_retail.MEMBER: workbook(
                        {online_retail.SHEETS[0]: invoice_lines(FIRST).drop(columns="Price")}
                    )
                }
            ),
            "column Price is missing",
        ),
    ],
    ids=[
        "a page",
        "another member",
        "one more member",
        "no workbook",
        "no sheets",
        "other sheets",
        "no price",
    ],
)
def test_what_is_not_the_official_file_is_refused_and_not_kept(
    content: bytes, why: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=why) as caught:
        _fetch(content, tmp_path)
    assert "online_retail_ii.zip" in caught.value.where
    assert set(contents(tmp_path)) == {"TERMS-online-retail.txt"}


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    archive: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_retail, "MOST_UNPACKED", 100)
    with pytest.raises(DataError, match="too large"):
        _fetch(archive, tmp_path)


def test_a_table_without_a_usable_line_is_no_data_set() -> None:
    with pytest.raises(DataError, match="no row is left"):
        online_retail.to_dataset(invoice_lines(FIRST[5:8]))


@pytest.fixture(scope="module")
def first_sheet() -> pd.DataFrame:
    """The complete first sheet of the real file, text dates and all."""
    path = SHARED / "online-retail.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} is not in {SHARED.name}; RECSYS_SHARED_DATA names its folder")
    return pd.read_parquet(path)


def test_the_real_shop_has_its_known_shape(first_sheet: pd.DataFrame) -> None:
    data = online_retail.to_dataset(first_sheet)
    assert [step["rows_before"] - step["rows_after"] for step in data.cleaning] == [
        107_927,
        9_839,
        0,
        1_235,
        6_760,
        125_819,
    ]
    assert (data.n_users, data.n_items, len(data.interactions)) == (4288, 4011, 273_881)
    usable = first_sheet[
        first_sheet["Customer ID"].notna()
        & (first_sheet["Quantity"] > 0)
        & first_sheet["StockCode"].str.contains(r"\d")
    ].drop_duplicates(["Customer ID", "StockCode", "Quantity", "InvoiceDate"])
    assert data.interactions["value"].sum() == usable["Quantity"].sum()
    assert not data.interactions.duplicated(["user", "item"]).any()
    days = pd.to_datetime(data.interactions["timestamp"], unit="s")
    assert (days.min() >= pd.Timestamp("2009-12-01"), days.max() < pd.Timestamp("2010-12-10")) == (True, True)
    assert data.items.set_index("item_id")["title"]["85048"] == "15CM CHRISTMAS GLASS BALL 20 LIGHTS"
    assert data.users["Country"].value_counts().index[0] == "United Kingdom"
