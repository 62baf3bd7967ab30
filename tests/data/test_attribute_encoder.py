from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.attribute_columns import CategoryColumn, ListColumn, NumberColumn, TextColumn
from recsys_core.data.attribute_encoder import AttributeEncoder, attributes_of
from tests.source_code import ROOT


def _shelf() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "item_id": ["1", "2", "3", "4"],
            "title": ["Red boat", "Red kite", "Blue boat", "Blue kite"],
            "pages": [100.0, 200.0, np.nan, 300.0],
            "shelf": ["a", "b", "a", None],
            "tags": [["x", "y"], ["x"], [], ["y", "z", "x", "w"]],
            "constant": [1, 1, 1, 1],
        }
    )


@pytest.fixture
def shelf() -> AttributeEncoder:
    return AttributeEncoder.fit(_shelf(), ["tags"])


def _cells(encoder: AttributeEncoder, table: pd.DataFrame, name: str) -> np.ndarray:
    start = 0
    for column in encoder.columns:
        if column.name == name:
            return encoder.transform(table).toarray()[:, start : start + column.width]
        start += column.width
    raise KeyError(name)


def test_kinds_are_found_and_ids_and_constants_left_out(shelf: AttributeEncoder) -> None:
    assert {one.name: one.kind for one in shelf.columns} == {
        "title": "text", "pages": "number", "shelf": "category", "tags": "list",
    }  # fmt: skip
    assert shelf.left_out == ("item_id", "constant")
    assert len(shelf.labels()) == shelf.width == shelf.transform(_shelf()).shape[1]
    assert shelf.transform(_shelf()).dtype == np.float32


def test_a_number_by_hand(shelf: AttributeEncoder) -> None:
    # mean 200, standard deviation sqrt(20000 / 3) = 81.65; quantiles in eighths: 125, 150, ... 275
    cells = _cells(shelf, _shelf(), "pages")
    np.testing.assert_allclose(cells[:, 0], [-1.2247, 0.0, 0.0, 1.2247], atol=1e-4)
    np.testing.assert_array_equal(cells[:, 1], [0, 0, 1, 0])
    number = shelf.columns[1]
    assert isinstance(number, NumberColumn)
    assert number.edges == (125, 150, 175, 200, 225, 250, 275)
    np.testing.assert_array_equal(cells[:, 2:].argmax(axis=1)[[0, 1, 3]], [0, 4, 7])
    np.testing.assert_array_equal(cells[:, 2:].sum(axis=1), [1, 1, 0, 1])


def test_a_category_by_hand(shelf: AttributeEncoder) -> None:
    table = pd.DataFrame({"shelf": ["a", "b", None, "never seen"]})
    assert _cells(shelf, table, "shelf").tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0], [1, 0, 0]]


def test_a_list_by_hand(shelf: AttributeEncoder) -> None:
    tags = shelf.columns[3]
    assert isinstance(tags, ListColumn)
    assert tags.words == ("x", "y", "w", "z")  # x three times, y twice, then by the alphabet
    half, root = 0.5, 0.70711
    wanted = [[0, root, root, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, half, half, half, half]]
    np.testing.assert_allclose(_cells(shelf, _shelf(), "tags"), wanted, atol=1e-4)
    unseen = _cells(shelf, pd.DataFrame({"tags": [["q", "r", "x", "y"], "x|q"]}), "tags")
    np.testing.assert_allclose(unseen, [[1, half, half, 0, 0], [root, root, 0, 0, 0]], atol=1e-4)


def test_texts_that_share_words_are_near_and_have_length_one(shelf: AttributeEncoder) -> None:
    cells = _cells(shelf, _shelf(), "title")
    np.testing.assert_allclose(np.linalg.norm(cells, axis=1), 1.0, atol=1e-5)
    near = cells @ cells.T
    assert near[0, 1] > 0.3  # red and red
    assert near[0, 2] > 0.3  # boat and boat
    assert near[0, 3] < 0.2  # nothing in common but collisions


def test_a_part_that_one_text_alone_has_counts_nothing() -> None:
    column = TextColumn.fit("title", pd.Series(["alpha", "alpha", "omega"]), width=1024)
    assert column.encode(pd.Series(["alpha", "omega", "", None])).getnnz(axis=1).tolist()[1:] == [0, 0, 0]
    assert column.encode(pd.Series(["alpha"])).nnz > 1


def test_dates_are_numbers_in_years() -> None:
    table = pd.DataFrame({"born": ["1970-01-01", "1980-01-01", "1990-01-01 12:00"], "x": ["a", "b", "b"]})
    number = AttributeEncoder.fit(table).columns[0]
    assert isinstance(number, NumberColumn)
    assert number.is_time
    assert number.mean == pytest.approx(10, abs=0.01)
    as_times = pd.DataFrame({"born": pd.to_datetime(table["born"], format="mixed")})
    np.testing.assert_allclose(
        number.encode(as_times["born"]).toarray(), number.encode(table["born"]).toarray(), atol=1e-6
    )


def test_many_words_are_hashed_few_are_not_and_yes_or_no_is_a_word() -> None:
    n = 600
    table = pd.DataFrame(
        {"code": [f"{row:05d}" for row in range(n)], "city": [f"city {row % 7}" for row in range(n)]}
    ).assign(member=np.arange(n) % 2 == 0)
    kinds = [column.kind for column in AttributeEncoder.fit(table).columns]
    assert kinds == ["text", "category", "category"]


def test_it_is_json_and_comes_back_the_same(shelf: AttributeEncoder) -> None:
    again = AttributeEncoder.from_json(json.loads(json.dumps(shelf.to_json(), allow_nan=False)))
    assert again == shelf
    assert abs(again.transform(_shelf()) - shelf.transform(_shelf())).max() == 0


def test_missing_columns_other_columns_and_their_order_do_not_matter(shelf: AttributeEncoder) -> None:
    table = _shelf()
    turned = table[table.columns[::-1]].assign(new="thing")
    assert abs(shelf.transform(turned) - shelf.transform(table)).max() == 0
    without = shelf.transform(table[["pages"]])
    assert without.shape == (4, shelf.width)
    assert abs(without - shelf.transform(table.assign(title=None, shelf=np.nan, tags=None))).max() == 0
    assert shelf.transform(None, 2).toarray().sum() == 2  # two flags of a missing number
    assert shelf.transform(table.head(0)).shape == (0, shelf.width)


def test_wrong_types_are_read_as_what_the_column_holds(shelf: AttributeEncoder) -> None:
    odd = attributes_of(
        [
            {"pages": "200", "title": 7, "shelf": ["a"], "tags": "x|y"},
            {"pages": "many", "shelf": {}, "tags": 3},
        ]
    )
    cells = shelf.transform(odd).toarray()
    assert np.isfinite(cells).all()
    assert _cells(shelf, odd, "pages")[:, :2].tolist() == [[0, 0], [0, 1]]
    assert _cells(shelf, odd, "shelf").tolist() == [[0, 1, 0], [1, 0, 0]]
    np.testing.assert_allclose(_cells(shelf, odd, "tags")[0, 1:3], 0.70711, atol=1e-4)


def test_numbers_read_as_words_match_however_they_are_typed() -> None:
    column = CategoryColumn.fit("size", pd.Series(["1", "2", "1"]))
    assert column.encode(pd.Series([1.0, 2.0])).toarray().tolist() == [[0, 1, 0], [0, 0, 1]]


def test_one_absurd_number_does_not_drown_the_rest(shelf: AttributeEncoder) -> None:
    cells = _cells(shelf, pd.DataFrame({"pages": [1e12, -1e12, np.inf]}), "pages")
    assert cells[:, 0].tolist() == [4, -4, 0]
    assert cells[2, 1] == 1


@pytest.mark.parametrize("most", [8, 100, 600, 5000])
def test_the_width_is_bounded_and_who_found_no_room_is_named(most: int) -> None:
    rng = np.random.default_rng(0)
    words = {f"t{n}": [f"w{rng.integers(9999)} {row}" for row in range(50)] for n in range(4)}
    table = pd.DataFrame({**words, **{f"n{n}": rng.random(50) for n in range(20)}})
    encoder = AttributeEncoder.fit(table, max_width=most)
    assert encoder.width <= most
    assert {column.name for column in encoder.columns} | set(encoder.left_out) == set(table.columns)
    assert encoder.transform(table).shape == (50, encoder.width)


def test_equal_and_odd_column_names_are_no_trouble() -> None:
    table = pd.DataFrame(np.arange(12.0).reshape(4, 3), columns=["a", "a", 7])
    encoder = AttributeEncoder.fit(table)
    assert [column.name for column in encoder.columns] == ["a", "7"]
    assert encoder.transform(table).shape == (4, encoder.width)


def test_another_process_finds_the_same_cells(shelf: AttributeEncoder) -> None:
    program = (
        "import json, sys; import pandas as pd\n"
        "from recsys_core.data.attribute_encoder import AttributeEncoder\n"
        "told = json.load(sys.stdin); table = pd.DataFrame(told['table'])\n"
        "fitted = AttributeEncoder.fit(table, ['tags'])\n"
        "print(json.dumps([fitted.to_json(), fitted.transform(table).toarray().tolist()]))"
    )
    table = _shelf().astype(object).where(_shelf().notna(), None).to_dict("list")
    told = json.dumps({"table": table})
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=told,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    elsewhere, cells = json.loads(done.stdout)
    here = AttributeEncoder.fit(pd.DataFrame(json.loads(told)["table"]), ["tags"])
    assert AttributeEncoder.from_json(elsewhere) == here
    np.testing.assert_array_equal(cells, here.transform(pd.DataFrame(json.loads(told)["table"])).toarray())


anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates(), st.datetimes(),
    st.lists(st.one_of(st.none(), st.text(max_size=5), st.integers()), max_size=3),
    st.sampled_from([pd.NA, pd.NaT, np.nan, "1e999", "9" * 400, "2020-01-31", "unknown", "a|b|", {}, b"x"]),
)  # fmt: skip


@st.composite
def tables(draw: Any, n_rows: int) -> pd.DataFrame:
    """Columns of one sort, as files have them, or of every sort at once."""
    sorts = [st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.dates().map(str), anything]
    names = draw(
        st.lists(st.sampled_from(["title", "year", "tags", "item_id", "z"]), max_size=4, unique=True)
    )
    cells = {
        name: draw(st.lists(draw(st.sampled_from(sorts)), min_size=n_rows, max_size=n_rows)) for name in names
    }
    made = pd.DataFrame(
        {name: pd.Series(column, dtype=object) for name, column in cells.items()}, index=range(n_rows)
    )
    return made.infer_objects() if draw(st.booleans()) else made


@settings(max_examples=150, deadline=None)
@given(known=tables(6), new=tables(4))
def test_any_tables_give_finite_cells_of_the_same_width(known: pd.DataFrame, new: pd.DataFrame) -> None:
    encoder = AttributeEncoder.fit(known, ["tags"], max_width=512)
    again = AttributeEncoder.from_json(json.loads(json.dumps(encoder.to_json(), allow_nan=False)))
    for table in (known, new):
        cells = encoder.transform(table)
        assert cells.shape == (len(table), encoder.width)
        assert np.isfinite(cells.data).all()
        assert np.abs(cells.data).max(initial=0.0) <= 4.0
        assert abs(cells - again.transform(table)).sum() == 0
