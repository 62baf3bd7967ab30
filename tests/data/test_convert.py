from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.convert import attribute, coded, ids, numbers, split_lists
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError

NAN = float("nan")


def _text(*cells: object) -> pd.DataFrame:
    return pd.DataFrame({"v": pd.Series(list(cells), dtype="str")})


def _numbers(*cells: object) -> list[float]:
    return numbers(_text(*cells), "v").tolist()


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (("1", "-2.5", "+3", "1e2", ".5"), [1, -2.5, 3, 100, 0.5]),
        (("4,5", "3", "-0,25"), [4.5, 3, -0.25]),
        (("1.234,5", "12", "1.234.567"), [1234.5, 12, 1_234_567]),
        (("1,234.5", "1234.5", "1"), [1234.5, 1234.5, 1]),
        (("1,234", "987", "2,345,678"), [1234, 987, 2_345_678]),
        (("1,234", "0,125"), [1.234, 0.125]),
        (("1,234", "1234", "12,5"), [1.234, 1234, 12.5]),
        (("1 234,5", "2\u00a0000", "7"), [1234.5, 2000, 7]),
        (("1'234.50", "1\u2019000", "7"), [1234.5, 1000, 7]),
        (("50%", "7 %", "12.5%"), [50, 7, 12.5]),
        (("★★★☆☆", "★★★★★", "☆☆☆☆☆", "★★½"), [3, 5, 0, 2.5]),
        (("4/5", "3,5 / 5", "1/5"), [4, 3.5, 1]),
        (("4 out of 10", "9 out of 10"), [4, 9]),
        (("12,50 €", "1.234,00 €", "-3,00€"), [12.5, 1234, -3]),
        (("$1,234.50", "-$2.00", "$7"), [1234.5, -2, 7]),
        (("3 EUR", "4.50EUR", "7 USD"), [3, 4.5, 7]),
        (("(5.00)", "3.50", "(1,200.00)"), [-5, 3.5, -1200]),
        (("50,5%", "7%"), [50.5, 7]),
        (("yes", "No", "YES"), [1, 0, 1]),
        (("True", "false", "t"), [1, 0, 1]),
        ((" 4 ", "5 "), [4, 5]),
    ],
)
def test_numbers_as_people_write_them(cells: tuple[str, ...], wanted: list[float]) -> None:
    assert _numbers(*cells) == wanted
    with_gaps = _numbers(*cells, None, "", " ", "NaN", "n/a", "NULL", "-", "?", "\\N")
    np.testing.assert_array_equal(with_gaps, [*wanted, *[NAN] * 9])


@pytest.mark.parametrize(
    "junk", ["five", "inf", "-Infinity", "1e999", "4.5.6", "1_000", "0x1f", "1,2,3", "<b>4</b>", "=1+1"]
)
@pytest.mark.parametrize("good", ["4", "4.5", "4,5", "50%", "1,234"])
def test_a_cell_that_is_no_number_is_named_or_missing_when_asked(good: str, junk: str) -> None:
    table = _text(good, good, junk, good)
    with pytest.raises(DataError) as caught:
        numbers(table, "v")
    assert "row 4, column 'v'" in caught.value.where
    assert caught.value.what.startswith(repr(junk))
    found = numbers(table, "v", unreadable_as_missing=True)
    assert found.isna().tolist() == [False, False, True, False]
    assert found[0] == _numbers(good)[0]


def test_how_many_more_cells_are_no_numbers_is_said() -> None:
    with pytest.raises(DataError, match=r"'a' is not a number \(and 2 more such cells\)"):
        _numbers("1", "a", "b", "c")


def test_points_and_commas_for_fractions_in_one_column_are_not_guessed() -> None:
    with pytest.raises(DataError, match="is not a number"):
        _numbers("4.5", "4,5")


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pd.Series([1, 2]), [1, 2]),
        (pd.Series([1.5, None]), [1.5, NAN]),
        (pd.Series([1, None], dtype="Int64"), [1, NAN]),
        (pd.Series([True, False]), [1, 0]),
        (pd.Series([True, None], dtype="boolean"), [1, NAN]),
    ],
)
def test_typed_columns_are_taken_as_they_are(column: pd.Series, wanted: list[float]) -> None:
    np.testing.assert_array_equal(numbers(pd.DataFrame({"v": column}), "v"), wanted)


def test_infinity_in_a_typed_column_is_refused() -> None:
    table = pd.DataFrame({"v": [1.0, np.inf]})
    with pytest.raises(DataError, match="row 3, column 'v'"):
        numbers(table, "v")
    assert numbers(table, "v", unreadable_as_missing=True).isna().tolist() == [False, True]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1), st.sampled_from([",", "'", "\u00a0"]))
def test_thousands_with_fractions_are_read_again(cents: list[int], gap: str) -> None:
    written = [f"{one / 100:,.2f}".replace(",", gap) for one in cents]
    assert _numbers(*written) == [one / 100 for one in cents]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_any_number_is_read_as_it_was_written(values: list[float]) -> None:
    assert _numbers(*map(repr, values)) == values


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        (pd.Series([7, 12]), ["7", "12"]),
        (pd.Series([7.0, None, 12.0]), ["7", None, "12"]),
        (pd.Series([7.5, 12.0]), ["7.5", "12.0"]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series(["007", " 7 ", "7"], dtype="str"), ["007", "7", "7"]),
        (pd.Series(["a b", "", "  ", None], dtype="str"), ["a b", None, None, None]),
        (pd.Series(["NULL", "NaN", "\\N", "<NA>"], dtype="str"), [None] * 4),
        (pd.Series(["NA", "none", "-", "?", "None"], dtype="str"), ["NA", "none", "-", "?", "None"]),
        (
            pd.Series(["9" * 40, "1e5", "<b>", "=1+1", "🎬"], dtype="str"),
            ["9" * 40, "1e5", "<b>", "=1+1", "🎬"],
        ),
        (pd.Series([12345678901234567, 1], dtype="int64"), ["12345678901234567", "1"]),
        (pd.Series(["x", 7, None], dtype=object), ["x", "7", None]),
    ],
)
def test_ids_are_text_and_lose_nothing(column: pd.Series, wanted: list[str | None]) -> None:
    assert [None if pd.isna(cell) else cell for cell in ids(column)] == wanted


@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=5)), max_size=30))
def test_codes_stand_for_the_same_texts(cells: list[str | None]) -> None:
    texts = pd.Series(cells, dtype="str", index=range(5, 5 + len(cells)))
    found = coded(texts)
    assert found.index.equals(texts.index)
    assert [None if pd.isna(cell) else str(cell) for cell in found] == cells
    assert found.cat.categories.is_unique
    assert (found.cat.codes.to_numpy() == -1).tolist() == [cell is None for cell in cells]


def test_an_attribute_is_a_number_only_where_nothing_is_lost() -> None:
    whole = attribute(pd.Series(["120", "", "7"], dtype="str"))
    assert (str(whole.dtype), whole.dropna().tolist()) == ("Int64", [120, 7])
    assert str(attribute(pd.Series(["1.5", "2"], dtype="str")).dtype) == "float64"
    assert attribute(pd.Series(["007", "12"], dtype="str")).tolist() == ["007", "12"]
    assert attribute(pd.Series([*["12"] * 1001, "007"], dtype="str")).iloc[-1] == "007"
    assert attribute(pd.Series(["12", "many"], dtype="str")).tolist() == ["12", "many"]
    assert attribute(pd.Series(["inf", "1"], dtype="str")).tolist() == ["inf", "1"]
    assert attribute(pd.Series(["", None], dtype="str")).isna().all()


def test_typed_attributes_keep_what_they_say() -> None:
    assert attribute(pd.Series([True, False])).tolist() == ["True", "False"]
    assert str(attribute(pd.Series([1.0, None])).dtype) == "Int64"
    assert attribute(pd.Series([0.5, None])).tolist()[0] == 0.5
    assert attribute(pd.Series([2, 3], dtype="int8")).tolist() == [2, 3]
    days = attribute(pd.Series(pd.to_datetime(["2020-01-31", None])))
    assert [None if pd.isna(cell) else cell for cell in days] == ["2020-01-31", None]


def test_cells_with_bars_are_lists() -> None:
    assert split_lists(pd.Series(["a", "b"], dtype="str")) is None
    assert split_lists(pd.Series([1, 2])) is None
    found = split_lists(pd.Series(["a|b", " c | |d ", None, "|"], dtype="str"))
    assert found is not None
    assert found.tolist() == [["a", "b"], ["c", "d"], [], []]
    forced = split_lists(pd.Series(["a", None], dtype="str"), force=True)
    assert forced is not None
    assert forced.tolist() == [["a"], []]


def test_lists_of_parquet_stay_lists(tmp_path: Path) -> None:
    arrow = pa.table({"tags": pa.array([["x", "y|z"], None, []]), "sizes": pa.array([[1, 2], [3], None])})
    pq.write_table(arrow, tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet", name="t")
    tags, sizes = split_lists(table["tags"]), split_lists(table["sizes"])
    assert tags is not None
    assert sizes is not None
    assert tags.tolist() == [["x", "y|z"], [], []]
    assert sizes.tolist() == [["1", "2"], ["3"], []]


@pytest.mark.parametrize("cells", [("1/5", "3/4"), ("7/5", "2/5"), ("☆☆☆", "☆"), ("1/2/2020", "3/2/2020")])
def test_what_only_looks_like_grades_is_no_number(cells: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="is not a number"):
        _numbers(*cells)
