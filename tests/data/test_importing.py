from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Words
from recsys_core.data.importing import ColumnMap, Tables, import_dataset, import_tables, read_table
from recsys_core.data.recipe import Recipe
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import DataError

MAP = ColumnMap("user", "item", "rating", "time")
CSV = "user,item,rating,time\nu1,i1,5,10\nu1,i2,3,20\nu2,i1,1,30\n"


def _table(text: str, name: str = "ratings.csv") -> pd.DataFrame:
    return read_table(text.encode(), name=name)


def test_ratings_become_a_data_set() -> None:
    dataset = import_dataset("mine", _table(CSV), MAP, words=Words(item="book"))
    assert dataset.kind is Kind.RATING
    assert (dataset.n_users, dataset.n_items, len(dataset.interactions)) == (2, 2, 3)
    assert dataset.interactions["value"].tolist() == [5, 3, 1]
    assert dataset.interactions["timestamp"].tolist() == [10, 20, 30]
    assert dataset.words.item == "book"
    assert "ratings.csv" in dataset.provenance.source
    assert len(dataset.cleaning) == 3


def test_no_value_or_two_values_are_implicit() -> None:
    without = import_dataset("mine", _table(CSV), ColumnMap("user", "item"))
    assert without.kind is Kind.IMPLICIT
    assert set(without.interactions["value"]) == {1.0}
    assert not without.has_time
    yes_no = _table("user,item,rating\na,x,1\na,y,0\nb,z,1\n")
    dataset = import_dataset("mine", yes_no, ColumnMap("user", "item", "rating"))
    assert dataset.kind is Kind.IMPLICIT
    assert len(dataset.interactions) == 2
    assert [step["rows_after"] for step in dataset.cleaning] == [3, 2, 2, 2]


def test_the_kind_may_be_said() -> None:
    assert import_dataset("mine", _table(CSV), MAP, kind=Kind.IMPLICIT).kind is Kind.IMPLICIT
    yes_no = _table("user,item,rating\na,x,1\nb,y,0\n")
    dataset = import_dataset("mine", yes_no, ColumnMap("user", "item", "rating"), kind=Kind.RATING)
    assert sorted(dataset.interactions["value"]) == [0.0, 1.0]
    with pytest.raises(DataError, match="rating data need a value column"):
        import_dataset("mine", yes_no, ColumnMap("user", "item"), kind=Kind.RATING)
    with pytest.raises(DataError, match="click data need a value column"):
        import_dataset("mine", yes_no, ColumnMap("user", "item"), kind=Kind.CLICK)


def test_missing_cells_are_dropped_and_reported() -> None:
    text = (
        "user,item,rating,time\nu1,i1,5,1\n,i2,3,2\nu2, ,3,3\nu3,i3,,4\nu4,i4,2,\nu5,i5,nan,6\n u6 ,i6,3,7\n"
    )
    dataset = import_dataset("mine", _table(text), MAP)
    assert dataset.users["user_id"].tolist() == ["u1", "u6"]
    assert dataset.cleaning[0]["rows_before"] - dataset.cleaning[0]["rows_after"] == 5


@pytest.mark.parametrize(
    ("rating", "time", "message"),
    [
        ("five", "3", "ratings.csv, row 3, column 'rating': 'five' is not a number"),
        ("inf", "3", "ratings.csv, row 3, column 'rating': 'inf' is not a number"),
        ("4", "yesterday", "ratings.csv, row 3, column 'time': 'yesterday' is not a time"),
        ("4", "inf", "ratings.csv, row 3, column 'time': 'inf' is not a time"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_row_and_column(rating: str, time: str, message: str) -> None:
    table = _table(f"user,item,rating,time\nu,a,1,1\nu,b,{rating},{time}\n")
    with pytest.raises(DataError) as caught:
        import_dataset("mine", table, MAP)
    assert message in str(caught.value)


def test_a_column_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(DataError, match=r"no column 'uid'; the columns are: user, item, rating, time"):
        import_dataset("mine", _table(CSV), ColumnMap("uid", "item"))
    with pytest.raises(DataError, match="assigned twice"):
        import_dataset("mine", _table(CSV), ColumnMap("user", "user"))
    with pytest.raises(DataError, match="not a usable name"):
        import_dataset("../mine", _table(CSV), MAP)


ITEMS = (
    "isbn,name,genre,pages,shelf,title_id\n"
    "i1,One,calm|wild,120,007,x\n"
    "i2,<b>Two</b>,wild,,010,y\n"
    "unused,Three,,5,1,z\n"
)


def test_attributes_are_joined_typed_and_titled() -> None:
    dataset = import_dataset(
        "mine", _table(CSV), MAP, items=_table(ITEMS, "items.csv"), item_id="isbn", title="name"
    )
    assert dataset.items["title"].tolist() == ["One", "<b>Two</b>"]
    assert dataset.items["genre"].tolist() == [["calm", "wild"], ["wild"]]
    assert dataset.list_columns == ("genre",)
    assert dataset.items["pages"].dropna().tolist() == [120]
    assert pd.api.types.is_numeric_dtype(dataset.items["pages"])
    assert dataset.items["shelf"].tolist() == ["007", "010"]


def test_id_and_title_columns_of_the_items_are_found_by_name() -> None:
    dataset = import_dataset("mine", _table(CSV), MAP, items=_table(ITEMS, "items.csv"))
    assert dataset.items["title"].tolist() == ["One", "<b>Two</b>"]
    with pytest.raises(DataError, match=r"items.csv: there is no column 'label'"):
        import_dataset("mine", _table(CSV), MAP, items=_table(ITEMS, "items.csv"), title="label")


def test_a_list_column_may_be_said() -> None:
    items = _table("item,tag\ni1,calm\ni2,\n", "items.csv")
    dataset = import_dataset("mine", _table(CSV), MAP, items=items, list_columns=["tag"])
    assert dataset.items["tag"].tolist() == [["calm"], []]


def test_users_attributes_are_joined() -> None:
    users = _table("user,age,town\nu1,30,Rome\nu2,,Oslo\nu2,99,Twice\n", "users.csv")
    dataset = import_dataset("mine", _table(CSV), MAP, users=users)
    assert dataset.users["town"].tolist() == ["Rome", "Oslo"]
    assert dataset.users["age"].dropna().tolist() == [30]


def test_an_own_test_file_becomes_the_given_split() -> None:
    test = _table("user,item,rating,time\nu1,i1,4,99\nu9,i9,2,50\nu9,i9,2,50\n", "test.csv")
    dataset = import_dataset("mine", _table(CSV), MAP, parts=test)
    split = make_split(dataset, SplitSpec("given"))
    users, items, values = split.triples(split.test)
    assert dataset.users["user_id"].to_numpy()[users].tolist() == ["u1", "u9"]
    assert dataset.items["item_id"].to_numpy()[items].tolist() == ["i1", "i9"]
    assert values.tolist() == [4.0, 2.0]
    assert len(split.fit_rows) == 3  # the test row of u1 and i1 does not remove the training row
    assert [step["part"] for step in dataset.cleaning] == ["train"] * 3 + ["test"] * 3


def test_a_test_file_with_other_columns_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"test.csv: there is no column 'rating'"):
        import_dataset("mine", _table(CSV), MAP, parts=_table("user,item\na,b\n", "test.csv"))


def test_tables_from_a_notebook_need_not_be_text() -> None:
    events = pd.DataFrame(
        {"user": [1, 1, 2, 2], "item": [7, 8, 7, 8], "rating": [1.0, np.nan, 3.0, 4.0], "time": [1, 2, 3, 4]}
    )
    items = pd.DataFrame({"item": [7, 8], "title": ["a", "b"], "year": [2001, 2002]})
    dataset = import_dataset("mine", events, MAP, items=items, kind=Kind.RATING)
    assert dataset.users["user_id"].tolist() == ["1", "2"]
    assert dataset.items["year"].tolist() == [2001, 2002]


def test_an_import_survives_being_saved(workspace: Path) -> None:
    from recsys_core.data.store import keep_dataset, open_dataset

    dataset = import_dataset("mine", _table(CSV), MAP, items=_table(ITEMS), item_id="isbn")
    keep_dataset(dataset, actor="ada")
    assert open_dataset("mine").fingerprint == dataset.fingerprint
    assert [list(cell) for cell in open_dataset("mine").items["genre"]] == dataset.items["genre"].tolist()


def _recipe(kind: Kind, *roles: str, **rest: Any) -> Recipe:
    return Recipe.plain(ColumnMap(*roles, **rest), kind)


def test_gaps_that_no_step_takes_are_refused_by_row_and_column() -> None:
    text = "user,item,rating,time\nu1,i1,5,1\nu2,i2,4,2\n"
    for row, column in (
        (",i3,3,3", "user"),
        ("u3,,3,3", "item"),
        ("u3,i3,,3", "rating"),
        ("u3,i3,3,", "time"),
    ):
        recipe = _recipe(Kind.RATING, "user", "item", "rating", "time").with_step("missing", on=False)
        with pytest.raises(DataError) as caught:
            import_tables("mine", Tables(_table(text + row + "\n")), recipe)
        assert caught.value.where == f"ratings.csv, row 4, column '{column}'"
        assert "drop rows with a missing id, value or time" in caught.value.remedy


def test_a_value_that_would_overflow_is_refused_also_where_it_is_a_sum() -> None:
    table = _table("user,item,n\nu1,i1,5e29\nu2,i2,1\nu1,i1,6e29\n")
    recipe = _recipe(Kind.IMPLICIT, "user", "item", "n")
    assert import_tables("mine", Tables(table), recipe).dataset.value_range[1] < 1e30
    with pytest.raises(DataError, match=r"row 4, column 'n': 1.1e\+30 is larger"):
        import_tables("mine", Tables(table), recipe.with_step("repeated", keep="sum"))


CLICKS = "user,ad,place,value,hour,seen\na,x,top,1,07,1\nb,y,top,2,08,0\na,y,low,3,09,0\n"


def _clicks() -> Recipe:
    return _recipe(Kind.CLICK, "user", "ad", "seen", features=("place", "value", "hour"))


def test_features_keep_their_types_and_do_not_take_our_names() -> None:
    data = import_tables("mine", Tables(_table(CLICKS)), _clicks()).dataset
    assert data.features == ("place", "other_value", "hour")
    assert data.interactions["value"].tolist() == [1.0, 0.0, 0.0]
    assert data.interactions["other_value"].tolist() == [1, 2, 3]
    assert data.interactions["hour"].tolist() == ["07", "08", "09"]


def test_features_of_an_own_test_file_come_along_in_the_same_type() -> None:
    test = _table("user,ad,place,value,hour,seen\nc,x,low,many,10,1\n", "test.csv")
    data = import_tables("mine", Tables(_table(CLICKS), parts=test), _clicks()).dataset
    assert data.interactions["part"].tolist() == [0, 0, 0, 1]
    assert data.interactions["other_value"].tolist() == ["1", "2", "3", "many"]
    assert data.interactions["hour"].tolist() == ["07", "08", "09", "10"]


def test_a_test_file_is_checked_like_the_other() -> None:
    odd = _table("user,ad,place,value,hour,seen\nc,x,low,1,10,7\n", "test.csv")
    with pytest.raises(DataError, match=r"test.csv, row 2, column 'seen': 7 is neither 0 nor 1"):
        import_tables("mine", Tables(_table(CLICKS), parts=odd), _clicks())
    empty = _table("user,ad,place,value,hour,seen\n,x,low,1,10,1\n", "test.csv")
    with pytest.raises(DataError, match=r"test.csv: no row is left"):
        import_tables("mine", Tables(_table(CLICKS), parts=empty), _clicks())
