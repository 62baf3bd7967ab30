from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import ITEM, USER, Kind
from recsys_core.data.attributes import (
    Attributes,
    filled,
    from_events,
    from_file,
    guess_table,
    together,
)
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.importing import Imported, Tables, import_tables
from recsys_core.data.proposing import propose_recipe
from recsys_core.data.recipe import Recipe, TableMap
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError

KNOWN = pd.Index(["i1", "i2", "i3"])


def _file(text: str, name: str = "items.csv") -> pd.DataFrame:
    return read_table(text.encode(), name=name)


def _cells(table: pd.DataFrame, name: str) -> list[Any]:
    return [cell if isinstance(cell, list) or pd.notna(cell) else None for cell in table[name]]


@pytest.mark.parametrize(
    ("text", "same_as", "found"),
    [
        ("name,code\nOne,i1\nTwo,i2\nThree,i3\n", "item", TableMap("code", "name")),
        ("item_id,parent\nx,i1\ny,i1\nz,i1\n", "item_id", TableMap("item_id", None)),
        ("parent,sku\ni1,i1\ni1,i2\ni1,i3\n", None, TableMap("sku", None)),
        ("code,label,group\ni1,A thing,g\ni2,B thing,g\ni3,C thing,h\n", None, TableMap("code", "label")),
        (
            "code,lines\ni1,the first of many\ni2,another one\ni3,the very last\n",
            None,
            TableMap("code", "lines"),
        ),
        ("code,tags\ni1,a|b\ni2,c|d\ni3,e|f\n", None, TableMap("code", None)),
        ("code,colour\ni1,red\ni2,red\ni3,red\n", None, TableMap("code", None)),
        ("isbn,other_id\ni1,a123456\ni2,b123456\ni3,c123456\n", None, TableMap("isbn", None)),
    ],
)
def test_ids_are_found_by_their_cells_and_titles_by_name_or_by_reading_like_one(
    text: str, same_as: str | None, found: TableMap
) -> None:
    assert guess_table(_file(text), ITEM, KNOWN, same_as) == found


def test_users_have_no_title() -> None:
    table = _file("name,user\nAnn Lee,u1\nBob Roe,u2\n")
    assert guess_table(table, USER, pd.Index(["u1", "u2"]), "user") == TableMap("user", None)


ITEMS = (
    "code,name,tags,pages,shelf,colour\n"
    "i1,One,calm|wild,120,007,red\n"
    "i2,<b>Two</b>,wild,,010,\n"
    "i2,Again,odd,5,1,blue\n"
    "i9,Unused,,7,2,NULL\n"
)


def test_a_file_of_attributes_by_hand() -> None:
    found = from_file(_file(ITEMS), ITEM, TableMap("code", "name"), KNOWN)
    assert found.table.columns.tolist() == ["item_id", "title", "tags", "pages", "shelf", "colour"]
    assert found.lists == ("tags",)
    assert found.table["item_id"].tolist() == ["i1", "i2", "i2", "i9"]
    assert found.table["title"].tolist()[:2] == ["One", "<b>Two</b>"]
    assert found.table["tags"].tolist() == [["calm", "wild"], ["wild"], ["odd"], []]
    assert _cells(found.table, "pages") == [120, None, 5, 7]
    assert _cells(found.table, "shelf") == ["007", "010", "1", "2"]
    assert _cells(found.table, "colour") == ["red", None, "blue", None]
    assert found.notes == (
        "items.csv: 1 row repeats an id; the first row of each id counts.",
        "items.csv: 1 of 3 items of the interactions are not in it.",
    )


def test_a_file_without_anything_odd_has_no_notes() -> None:
    text = "code,size\ni1,1\ni2,2\ni3,3\n"
    assert from_file(_file(text), ITEM, TableMap("code"), KNOWN).notes == ()


def test_a_list_may_be_said() -> None:
    found = from_file(_file("code,tag\ni1,calm\ni2,\n"), ITEM, TableMap("code", None, ("tag",)), KNOWN)
    assert found.lists == ("tag",)
    assert found.table["tag"].tolist() == [["calm"], []]


@pytest.mark.parametrize(
    "chosen", [TableMap("isbn"), TableMap("code", "label"), TableMap("code", None, ("genre",))]
)
def test_a_column_that_the_file_lacks_is_named(chosen: TableMap) -> None:
    with pytest.raises(
        DataError, match=r"items.csv: there is no column '(isbn|label|genre)'; the columns are: code"
    ):
        from_file(_file(ITEMS), ITEM, chosen, KNOWN)


def test_a_file_of_other_ids_is_refused() -> None:
    with pytest.raises(DataError, match=r"items.csv: none of its 4 ids occurs"):
        from_file(_file(ITEMS), ITEM, TableMap("colour"), KNOWN)


def test_our_own_names_in_a_file_do_not_collide() -> None:
    text = "code,item_id,user_id,title,other_title\ni1,x,y,t1,o1\ni2,v,w,t2,o2\n"
    found = from_file(_file(text), ITEM, TableMap("code"), KNOWN)
    assert found.table.columns.tolist() == [
        "item_id", "other_item_id", "other_user_id", "other_other_title", "other_title",
    ]  # fmt: skip
    assert found.table["other_title"].tolist() == ["o1", "o2"]
    assert found.table["other_other_title"].tolist() == ["t1", "t2"]


def test_of_the_events_cells_the_most_frequent_counts() -> None:
    table = _file(
        "i,town,tags,size\na,Rome,x|y,1\na,Oslo,x|y,1\na,Oslo,z,2\nb,,z,2\nc,Bonn,,\nc,Acre,,\n", "e.csv"
    )
    codes = np.array([0, 0, 0, 1, 2, 2])
    found = from_events(table, codes, pd.Index(["a", "b", "c"]), ITEM, ["town", "tags", "size"], None)
    assert found is not None
    assert _cells(found.table, "town") == ["Oslo", None, "Acre"]  # of equals the alphabetically first
    assert found.table["tags"].tolist() == [["x", "y"], ["z"], []]
    assert _cells(found.table, "size") == [1, 2, None]
    assert from_events(table, codes, pd.Index(["a"]), ITEM, [], None) is None


@given(st.lists(st.tuples(st.integers(-1, 3), st.sampled_from(["x", "y", "zz", None])), max_size=40))
def test_the_most_frequent_cell_equals_a_plain_count(rows: list[tuple[int, str | None]]) -> None:
    table = pd.DataFrame({"cell": pd.Series([cell for _code, cell in rows], dtype="str")})
    codes = np.array([code for code, _cell in rows], dtype=np.int32)
    found = from_events(table, codes, pd.Index(list("abcd")), ITEM, ["cell"], "cell")
    assert found is not None
    for code, cell in enumerate(_cells(found.table, "title")):
        mine = [one for place, one in rows if place == code and one is not None]
        assert cell == (min(set(mine), key=lambda one: (-mine.count(one), one)) if mine else None)


def test_the_file_wins_over_the_events() -> None:
    file = Attributes(
        pd.DataFrame({ITEM: ["i1", "i1", "i9"], "size": [1, 8, 9], "tags": [["a"], ["b"], []]}),
        ("tags",),
        ("note",),
    )
    events = Attributes(
        pd.DataFrame({ITEM: ["i1", "i2"], "size": [5, 6], "maker": ["m", "n"], "marks": [["q"], ["r"]]}),
        ("marks",),
    )
    both = together(file, events, ITEM)
    assert both is not None
    table = both.table.set_index(ITEM)
    assert table["size"].dropna().to_dict() == {"i1": 1, "i9": 9}
    assert table["maker"].dropna().to_dict() == {"i1": "m", "i2": "n"}
    assert table["marks"].to_dict() == {"i1": ["q"], "i2": ["r"], "i9": []}
    assert table["tags"].to_dict() == {"i1": ["a"], "i2": [], "i9": []}
    assert (both.lists, both.notes) == (("tags", "marks"), ("note",))
    assert together(None, events, ITEM) is events
    assert together(file, None, ITEM) is file
    assert together(None, None, ITEM) is None


def test_gaps_are_filled_by_the_median_or_by_unknown() -> None:
    table = pd.DataFrame(
        {
            ITEM: ["a", "b", "c", None],
            "title": ["A", None, "C", "D"],
            "pages": pd.Series([1, None, 2, 10], dtype="Int64"),
            "weight": [0.5, np.nan, 1.0, np.nan],
            "colour": pd.Series(["red", None, "blue", None], dtype="str"),
            "tags": [["x"], [], ["y"], []],
            "empty": pd.Series([None] * 4, dtype="Int64"),
            "blank": [np.nan] * 4,
        }
    )
    before = table.copy(deep=True)
    found = filled(Attributes(table, ("tags",), ("n",)), ITEM)
    assert found.table["pages"].tolist() == [1, 2, 2, 10]
    assert found.table["weight"].tolist() == [0.5, 0.75, 1.0, 0.75]
    assert found.table["colour"].tolist() == ["red", "unknown", "blue", "unknown"]
    assert found.table["tags"].tolist() == [["x"], [], ["y"], []]
    assert found.table["title"].isna().tolist() == [False, True, False, False]
    assert found.table["empty"].isna().all()
    assert found.table["blank"].isna().all()  # of nothing there is no median
    assert (found.lists, found.notes) == (("tags",), ("n",))
    pd.testing.assert_frame_equal(table, before)


EVENTS = "user,item,rating,genre,age\n" + "".join(
    f"u{u},i{i},{1 + (u * i) % 5},{'calm|wild' if i % 2 else 'odd'},{20 + u}\n"
    for u in range(8)
    for i in range(6)
)


def _imported(recipe: Recipe, **tables: pd.DataFrame) -> Imported:
    return import_tables("mine", Tables(_file(EVENTS, "events.csv"), **tables), recipe)


def test_attributes_of_the_events_reach_the_data_set() -> None:
    recipe = propose_recipe(_file(EVENTS, "events.csv")).recipe
    data = _imported(recipe).dataset
    assert (data.item_attributes, data.user_attributes, data.list_columns) == (["genre"], ["age"], ("genre",))
    assert data.items["genre"].tolist()[:2] == [["odd"], ["calm", "wild"]]
    assert data.users["age"].tolist() == list(range(20, 28))


def test_files_notes_and_imputation_reach_the_import() -> None:
    items = _file("item,title,genre,size\ni0,Zero,calm,3\ni1,One,,\ni1,Uno,wild,9\ni2,Two,odd,5\n")
    users = _file("user,town\nu0,Rome\nu1,\n", "users.csv")
    recipe = propose_recipe(_file(EVENTS, "events.csv"), items=items, users=users).recipe
    assert (recipe.items, recipe.users) == (TableMap("item", "title"), TableMap("user"))
    left = _imported(recipe, items=items, users=users)
    assert left.dataset.items["title"].tolist() == ["Zero", "One", "Two", "i3", "i4", "i5"]
    assert _cells(left.dataset.items, "size") == [3, None, 5, None, None, None]
    assert left.notes == (
        "items.csv: 1 row repeats an id; the first row of each id counts.",
        "items.csv: 3 of 6 items of the interactions are not in it.",
        "users.csv: 6 of 8 users of the interactions are not in it.",
    )
    full = _imported(
        Recipe.from_dict(recipe.as_dict() | {"impute": "fill"}), items=items, users=users
    ).dataset
    assert full.items["size"].tolist() == [
        3,
        4,
        5,
        4,
        4,
        4,
    ]  # 4: the median of 3 and 5, of items that are used
    assert full.items["genre"].tolist() == ["calm", "unknown", "odd", "unknown", "unknown", "unknown"]
    assert full.users["town"].tolist() == ["Rome", *["unknown"] * 7]
    assert full.users["age"].tolist() == list(range(20, 28))


def test_an_item_that_the_file_lacks_has_an_empty_list() -> None:
    items = _file("item,tags,size\ni0,calm|wild,1\n")
    recipe = Recipe.plain(ColumnMap("user", "item", "rating"), Kind.RATING, items=TableMap("item"))
    data = _imported(recipe, items=items).dataset
    assert data.items["tags"].tolist() == [["calm", "wild"], *[[]] * 5]
    assert data.items["size"].isna().sum() == 5


def test_attributes_that_all_are_missing_do_no_harm() -> None:
    items = _file("item,size\ni0,\ni1,\n")
    recipe = Recipe.plain(
        ColumnMap("user", "item", "rating"), Kind.RATING, items=TableMap("item"), impute="fill"
    )
    assert _imported(recipe, items=items).dataset.items["title"].tolist() == [f"i{i}" for i in range(6)]


@pytest.mark.parametrize(("ours", "theirs"), [("12.0", "12"), ("12", "12.0")])
def test_whole_numbers_meet_however_they_are_written(ours: str, theirs: str) -> None:
    table = pd.DataFrame({"item": [theirs, "13"], "title": ["Twelve", "Thirteen"]}, dtype="str")
    found = from_file(table, "item_id", TableMap("item", "title"), pd.Index([ours, "14.5"]))
    assert found.table.set_index("item_id")["title"].get(ours) == "Twelve"
