from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.dialect import Reading
from recsys_core.data.packed import ALL, tables_in
from recsys_core.data.tables import FIRST_ROW, LEFT_OUT, READ, place_of, read_table
from recsys_core.errors import DataError, ParamError, RecsysError

CSV = "user,item,rating,time\nu1,i1,5,10\nu1,i2,3,20\nu2,i1,1,30\n"


def _table(text: str | bytes, name: str = "t.csv", reading: Reading | None = None) -> pd.DataFrame:
    return read_table(text.encode() if isinstance(text, str) else text, name=name, reading=reading)


def _zip(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "::", " ", "   "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_common_forms_of_text_give_the_same_table(separator: str, encoding: str, end: str) -> None:
    text = CSV.replace("u2", "é2").replace(",", separator).replace("\n", end)
    table = _table(text.encode(encoding))
    pd.testing.assert_frame_equal(table, _table(CSV.replace("u2", "é2")))
    assert table.columns.tolist() == ["user", "item", "rating", "time"]
    assert set(table.dtypes.astype(str)) == {"str"}
    assert table.attrs[READ]["header"] is True


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "::", " "])
def test_without_a_header_no_row_is_lost(separator: str) -> None:
    table = _table(CSV.split("\n", 1)[1].replace(",", separator))
    assert table.to_numpy().tolist() == _table(CSV).to_numpy().tolist()
    assert table.columns.tolist() == ["column_1", "column_2", "column_3", "column_4"]
    assert table.attrs[FIRST_ROW] == 1
    assert "numbers" in table.attrs[READ]["why"]


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("196\t242\t3\n186\t302\t3\n", False),
        ("alice,apple\nbob,pear\nalice,pear\n", False),
        ("Kunde;Artikel\nk1;a1\nk2;a2\n", True),
        ("who,what\nu001,i77\nu002,i13\n", True),
        ("x,y,z\n1,2,3\n4,5,6\n", True),
        ("user_id:token\titem_id:token\trating:float\n1\t2\t3.0\n", True),
        ("1,1\n2,2\n", False),
        ("anna,2020-01-01\nbert,2020-02-01\n", False),
        ("person,thing\nanna,spoon\nbert,fork\n", True),
        ('151603712,"The Game, Part V",purchase,1.0,0\n59945701,Dota,play,2.5,0\n', False),
    ],
)
def test_a_header_is_told_from_data(text: str, header: bool) -> None:
    table = _table(text)
    assert table.attrs[READ]["header"] is header
    assert table.attrs[READ]["why"]
    assert len(table) == text.count("\n") - header


def test_a_person_may_say_how_a_file_is_written() -> None:
    assert _table("u,i\nu,i\nv,j\n", reading=Reading(header=False)).shape == (3, 2)
    assert _table("1,2;3\n4,5;6\n", reading=Reading(separator=";")).iloc[0].tolist() == ["1,2", "3"]
    cyrillic = "кто;что\nа;б\n".encode("cp1251")
    assert _table(cyrillic, reading=Reading(header=True, encoding="cp1251")).columns.tolist() == [
        "кто",
        "что",
    ]
    with pytest.raises(ParamError, match="separator"):
        Reading(separator="x")


@pytest.mark.parametrize(
    ("text", "columns", "first", "last"),
    [
        ("sep=;\na;b\n1;2\n3;4\n", ["a", "b"], 3, ["3", "4"]),
        ("% a remark\n% 3 4\n1 2 3.0 100\n1 3 4.0 200\n", [f"column_{n}" for n in range(1, 5)], 3, ["1", "3", "4.0", "200"]),
        ("Sales 2024\n\nCustomer,Product,Qty\n1,A,3\n2,B,4\n", ["Customer", "Product", "Qty"], 4, ["2", "B", "4"]),
        ("user item\n1 a b\n2 c d\n", ["column_1", "user", "item"], 2, ["2", "c", "d"]),
        ("a,b,a\n1,2,3\n4,5,6\n", ["a", "b", "a (2)"], 2, ["4", "5", "6"]),
    ],
)  # fmt: skip
def test_what_stands_above_or_beside_a_table_is_understood(
    text: str, columns: list[str], first: int, last: list[str]
) -> None:
    table = _table(text)
    assert table.columns.tolist() == columns
    assert table.attrs[FIRST_ROW] == first
    assert table.iloc[-1].tolist() == last


def test_a_separator_at_the_end_of_every_row_makes_an_empty_column() -> None:
    table = _table("user,item\na,b,\nc,d,\n")
    assert table["user"].tolist() == ["a", "c"]
    assert table["column_3"].isna().all()


def test_text_stays_as_it_is() -> None:
    table = _table('id,title\n007,"Sun, Moon"\nNA,"two\nlines"\n8,\n12345678901234567890,=1+1\n')
    assert table["id"].tolist() == ["007", "NA", "8", "12345678901234567890"]
    assert table["title"].tolist()[:2] == ["Sun, Moon", "two\nlines"]
    assert table["title"].isna().tolist() == [False, False, True, False]


def test_backslashes_and_stray_quotes_are_understood() -> None:
    table = _table('"a";"b"\r\n"1";"Classical \\"Mythology\\"; x"\r\n"2";"y"\r\n')
    assert table["b"].tolist() == ['Classical "Mythology"; x', "y"]
    assert _table('u\ti\tt\n1\t2\t"abc\n2\t3\tdef\n')["t"].tolist() == ['"abc', "def"]


def test_a_letter_of_another_encoding_far_down_is_no_surprise() -> None:
    content = b"user,item\n" + b"u1,i1\n" * 300_000 + "ü,é\n".encode("latin-1")
    table = _table(content)
    assert table.iloc[-1].tolist() == ["ü", "é"]
    assert len(table) == 300_001
    assert table.attrs[READ]["encoding"] == "cp1252"


def test_packed_files_are_unpacked(tmp_path: Path) -> None:
    for content in (gzip.compress(CSV.encode()), _zip(r__csv=CSV, README__txt="hello"), CSV.encode()):
        pd.testing.assert_frame_equal(_table(content), _table(CSV))
        (tmp_path / "wrong.parquet").write_bytes(content)
        pd.testing.assert_frame_equal(read_table(tmp_path / "wrong.parquet", name="t.csv"), _table(CSV))


def test_of_several_tables_in_a_zip_one_is_named() -> None:
    content = _zip(small__csv="a,b\n1,2\n", large__csv=CSV)
    assert tables_in(content, name="z.zip") == ["large.csv", "small.csv"]
    with pytest.raises(DataError, match=r"holds 2 tables: large\.csv, small\.csv"):
        read_table(content, name="z.zip")
    pd.testing.assert_frame_equal(read_table(content, name="t.csv", member="large.csv"), _table(CSV))


def test_parquet_keeps_its_types_and_lists(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"  # the wrong ending does not matter
    made = pd.DataFrame(
        {"user": [1, 2], "tags": [["a", "b"], []], "when": pd.to_datetime(["2020-01-01", "2020-01-02"])}
    )
    made.assign(deep=[{"a": 1}, {"a": 2}]).to_parquet(path)
    table = read_table(path, name="events.csv")
    assert table.columns.tolist() == ["user", "tags", "when"]
    assert [list(cell) for cell in table["tags"]] == [["a", "b"], []]
    assert table["user"].tolist() == [1, 2]
    with pytest.raises(DataError, match="damaged or cut off"):
        read_table(path.read_bytes()[:-40], name="events.csv")


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Cs", "Cc"]), max_size=6
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=10))
def test_what_pandas_writes_comes_back(rows: list[tuple[str, str, str]]) -> None:
    buffer = io.StringIO()
    pd.DataFrame(rows).to_csv(buffer, index=False, header=["one", "two", "three"], quoting=1)
    table = _table(buffer.getvalue(), reading=Reading(header=True, separator=","))
    assert table.fillna("").to_numpy().tolist() == [list(row) for row in rows]


@given(st.binary(max_size=400))
def test_random_bytes_are_a_table_or_a_message(content: bytes) -> None:
    try:
        table = read_table(content, name="t.csv")
    except RecsysError as problem:
        assert "t.csv" in str(problem)
    else:
        assert len(table.columns) == len(set(table.columns)) >= 1


RAGGED = b"user,item\na,b\nc\nd,e\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"user,item\n", "a header but no row"),
        (b"user,item,rating\r\n", "a header but no row"),
        (b"PK\x03\x04\0\0binary", "the archive is damaged"),
        (bytes(range(256)) * 10, "not a text file"),
        (b"%PDF-1.7 ...", "this is a file of type PDF"),
        (b'[{"user": 1}]', "this is a file of type JSON"),
        (b"<html><body></body></html>", "this is a file of type HTML"),
        (b"a,\xe9\n\x8d\0,b\n", "not a text file"),
        (RAGGED, "t.csv, row 3: the row has 1 cells, the header has 2"),
        (b"user,item\na,b\nc,d,e\n", "t.csv, row 3: the row has 3 cells, the header has 2"),
        (b"1,2,3\n4,5,6\n7,8\n", "t.csv, row 3: the row has 2 cells, the rows before it have 3"),
        (b"u,i\n" + b"1,2\n" * 400_000 + b"3\n" + b"1,2\n" * 9, "t.csv, row 400002: the row has 1 cells"),
        ((",".join(f"c{n}" for n in range(2000)) + "\n" + ",".join("1" * 2000)).encode(), "2,000 columns are more"),
        (gzip.compress(CSV.encode() * 5000, mtime=0)[:-30], "damaged or cut off"),
        (gzip.compress(b"a,b\n" * 3_000_000, mtime=0), "the archive unpacks to more than"),
        (_zip(bomb__csv="a,b\n" * 3_000_000), "the archive unpacks to more than"),
        (_zip(README__md="hello"), "the archive holds no table"),
        (_zip(**{"xl/workbook__xml": "<a/>", "xl/sheet__txt": "b"}), "this is a file of type Excel"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_says_why(content: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(content, name="t.csv")
    assert message in str(caught.value)
    assert caught.value.remedy


def test_rows_that_do_not_fit_may_be_left_out() -> None:
    table = _table(RAGGED, reading=Reading(skip_bad_rows=True))
    assert table.to_numpy().tolist() == [["a", "b"], ["d", "e"]]
    assert table.attrs[LEFT_OUT] == 1
    assert _table(CSV, reading=Reading(skip_bad_rows=True)).attrs[LEFT_OUT] == 0


def test_a_missing_or_too_big_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_table(tmp_path / "gone.csv", name="gone.csv")
    with pytest.raises(DataError, match=r"more than the 0.001 MB .* 'inbox'"):
        read_table(b"user,item\n" * 200, name="big.csv", max_mb=0.001)
    assert len(read_table(b"user,item\n" + b"a,b\n" * 400, name="big.csv", max_mb=None)) == 400


def test_utf_16_is_read_in_either_order_of_bytes() -> None:
    text = CSV.replace("u2", "é2")
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        pd.testing.assert_frame_equal(_table(mark + text.encode(codec)), _table(text))


def test_a_wrong_encoding_is_refused_also_where_bad_rows_are_left_out() -> None:
    with pytest.raises(DataError, match="not in utf-16"):
        _table(b"user,item\nann,a1\nbob,b12\n", reading=Reading(encoding="utf-16", skip_bad_rows=True))


def test_spaces_in_cells_between_commas_are_no_separators() -> None:
    table = _table(
        "Name,Start,Title\nPat 3,2008-01-16 21:20:00,Show 3: Pilot\nAnn 1,2009-02-03 11:00:00,Show 4\n"
    )
    assert table.columns.tolist() == ["Name", "Start", "Title"]
    decimal = _table("user item rating\n196 242 3,5\n186 302 4,0\n22 377 1,5\n")
    assert decimal["rating"].tolist() == ["3,5", "4,0", "1,5"]


def test_names_of_columns_are_short_and_distinct() -> None:
    long = "x" * 500
    table = _table(f"{long},{long}y,user,user,\n1,2,a,b,c\n")
    assert table.columns.tolist() == ["x" * 120, "x" * 120 + " (2)", "user", "user (2)", "column_5"]


def test_repeated_names_in_parquet_lose_no_column(tmp_path: Path) -> None:
    pq.write_table(pa.table([[1], [2], [3]], names=["user", "user", ""]), tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", name="t")
    assert table.to_dict("list") == {"user": [1], "user (2)": [2], "column_3": [3]}


def test_a_member_that_a_zip_does_not_have_is_answered_with_those_it_has() -> None:
    with pytest.raises(DataError, match=r"no table 'c.csv'; name one of: a.csv"):
        read_table(_zip(a__csv=CSV), name="t.zip", member="c.csv")


@pytest.mark.parametrize(
    "before",
    [
        "Sales 2023;;\nby the office;;\n;;\n",
        "Sales 2023\n\nby the office\n\n",
        ";;\n",
        "Sales\n;;\n\nnow;;\n",
    ],
)
def test_titles_above_a_table_are_passed_over_also_when_padded(before: str) -> None:
    table = _table(before + "user;item;rating\n" + "u1;i1;5\nu2;i2;3\n" * 4)
    assert list(table.columns) == ["user", "item", "rating"]
    assert table.attrs[FIRST_ROW] == before.count("\n") + 2
    assert len(table) == 8


def test_tables_of_one_archive_are_read_as_one_and_every_row_is_found_again() -> None:
    months = _zip(feb__csv="user,item\nc,3\n", jan__csv="user,item\na,1\nb,2\n")
    table = read_table(months, name="year.zip", member=ALL)
    assert table.to_dict("list") == {"user": ["c", "a", "b"], "item": ["3", "1", "2"]}
    assert [place_of(table, row) for row in range(3)] == [
        ("year.zip, feb.csv", 2), ("year.zip, jan.csv", 2), ("year.zip, jan.csv", 3),
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"year.zip, p.csv: its columns are sku, not user, item"):
        read_table(_zip(a__csv="user,item\na,1\n", p__csv="sku\n1\n"), name="year.zip", member=ALL)
    with pytest.raises(DataError, match="unpacks to more than"):
        read_table(_zip(a__csv=CSV * 40_000, b__csv=CSV * 40_000), name="year.zip", member=ALL)
    with pytest.raises(DataError, match="no several tables"):
        read_table(CSV.encode(), name="plain.csv", member=ALL)


def test_a_zero_byte_in_a_text_is_found_again() -> None:
    with pytest.raises(DataError, match=r"t\.csv, row 41: this is not a text file: it holds a zero byte"):
        _table("user,item\n" + "u1,i1\n" * 39 + "u2,i\0\n" + "u1,i1\n" * 39)
