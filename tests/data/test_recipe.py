from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.column_map import ColumnMap
from recsys_core.data.dataset import Words
from recsys_core.data.dialect import ENCODINGS, SEPARATORS, Reading
from recsys_core.data.importing import Imported, Tables, import_tables
from recsys_core.data.proposing import propose_recipe
from recsys_core.data.recipe import IMPUTE, MOST_BYTES, UNREADABLE, Recipe, TableMap
from recsys_core.data.scaling import SCALINGS
from recsys_core.data.steps import BY_NAME, Field
from recsys_core.data.store import dropped_rows, keep_dataset, open_dataset
from recsys_core.data.tables import read_table
from recsys_core.errors import DataError, RecsysError

NAME = st.text(max_size=20)
OPTIONAL = st.none() | NAME


def _value(field: Field) -> st.SearchStrategy[Any]:
    number = st.floats(allow_nan=False, allow_infinity=False)
    return {
        "number": st.none() | number,
        "whole": st.integers(1, 1000),
        "day": st.none() | st.dates().map(str),
        "text": OPTIONAL,
        "texts": st.lists(NAME, max_size=3).map(tuple),
        "choice": st.sampled_from(field.choices or ("",)),
    }[field.kind]


STEPS = st.fixed_dictionaries(
    {},
    optional={
        name: st.fixed_dictionaries({"on": st.booleans(), **{one.name: _value(one) for one in spec.fields}})
        for name, spec in BY_NAME.items()
    },
)
NAMES = st.lists(NAME, max_size=2).map(tuple)
RECIPES = st.builds(
    Recipe,
    columns=st.builds(ColumnMap, *[OPTIONAL] * 5, *[NAMES] * 3),
    kind=st.sampled_from(list(Kind)),
    steps=STEPS,
    reading=st.builds(
        Reading, st.sampled_from([None, True, False]), st.sampled_from([None, *SEPARATORS]),
        st.sampled_from([None, *ENCODINGS]), st.booleans(),
    ),
    unreadable=st.sampled_from(UNREADABLE),
    impute=st.sampled_from(IMPUTE),
    scaling=st.sampled_from(list(SCALINGS)),
    items=st.builds(TableMap, OPTIONAL, OPTIONAL, NAMES),
    users=st.builds(TableMap, OPTIONAL, OPTIONAL, NAMES),
    words=st.builds(Words, *[NAME] * 6),
)  # fmt: skip


@given(RECIPES)
def test_a_recipe_survives_being_written(recipe: Recipe) -> None:
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    assert Recipe.read(recipe.written(), name="r.json") == recipe
    assert Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))).as_dict() == recipe.as_dict()


def test_what_is_not_said_has_its_default() -> None:
    recipe = Recipe.from_dict({"columns": {"user": "u", "item": "i"}, "kind": "implicit"})
    assert recipe == Recipe(ColumnMap("u", "i"), Kind.IMPLICIT)
    step = Recipe.from_dict({"columns": {}, "kind": "click", "steps": {"k_core": {}}}).steps["k_core"]
    assert step == {"on": True, "users": 5, "items": 5}


def test_one_setting_is_changed_and_the_others_stay() -> None:
    recipe = Recipe.plain(ColumnMap("u", "i"), Kind.RATING)
    changed = recipe.with_step("k_core", on=True, users=3)
    assert changed.steps["k_core"] == {"on": True, "users": 3, "items": 5}
    assert recipe.steps["k_core"]["on"] is False
    assert changed.steps["missing"] == recipe.steps["missing"]


WHOLE: dict[str, Any] = {"columns": {"user": "u", "item": "i"}, "kind": "rating"}
HUGE = 10**400
DEEP: Any = []
for _depth in range(200):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ({"colour": 1}, "'colour'"),
        ({"format_version": 2}, "format_version"),
        ({"format_version": "1"}, "format_version"),
        ({"format_version": None}, "format_version"),
        ({"columns": None}, "columns"),
        ({"columns": []}, "columns"),
        ({"columns": {"usr": "u"}}, "columns: 'usr'"),
        ({"columns": {"user": 7}}, "columns: user"),
        ({"columns": {"user": "x" * 201}}, "columns: user"),
        ({"columns": {"features": "a"}}, "columns: features"),
        ({"columns": {"features": [1]}}, "columns: features"),
        ({"kind": "stars"}, "kind"),
        ({"kind": None}, "kind"),
        ({"kind": ["rating"]}, "kind"),
        ({"steps": []}, "steps"),
        ({"steps": {"polish": {}}}, "steps: 'polish'"),
        ({"steps": {"missing": True}}, "missing"),
        ({"steps": {"missing": {"on": "yes"}}}, "missing: on"),
        ({"steps": {"missing": {"on": 2}}}, "missing: on"),
        ({"steps": {"missing": {"on": []}}}, "missing: on"),
        ({"steps": {"missing": {"deep": 1}}}, "missing: deep"),
        ({"steps": {"k_core": {"users": 0}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": 2.5}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": True}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": None}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": HUGE}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": float("nan")}}}, "k_core: users"),
        ({"steps": {"k_core": {"users": "5"}}}, "k_core: users"),
        ({"steps": {"in_range": {"low": "1"}}}, "in_range: low"),
        ({"steps": {"in_range": {"low": float("nan")}}}, "in_range: low"),
        ({"steps": {"in_range": {"high": float("inf")}}}, "in_range: high"),
        ({"steps": {"in_range": {"high": HUGE}}}, "in_range: high"),
        ({"steps": {"in_range": {"high": True}}}, "in_range: high"),
        ({"steps": {"time_range": {"first": "2020-02-30"}}}, "time_range: first"),
        ({"steps": {"time_range": {"first": 20200131}}}, "time_range: first"),
        ({"steps": {"time_range": {"last": {}}}}, "time_range: last"),
        ({"steps": {"only": {"values": "buy"}}}, "only: values"),
        ({"steps": {"only": {"values": [1]}}}, "only: values"),
        ({"steps": {"only": {"column": 1}}}, "only: column"),
        ({"steps": {"cancelled": {"prefix": "x" * 201}}}, "cancelled: prefix"),
        ({"steps": {"repeated": {"keep": "first"}}}, "repeated: keep"),
        ({"steps": {"repeated": {"keep": None}}}, "repeated: keep"),
        ({"reading": "utf-8"}, "reading"),
        ({"reading": {"header": "yes"}}, "reading: header"),
        ({"reading": {"header": 1}}, "reading: header"),
        ({"reading": {"skip_bad_rows": "no"}}, "reading: skip_bad_rows"),
        ({"reading": {"separator": 1}}, "reading: separator"),
        ({"reading": {"separator": "!"}}, "separator"),
        ({"reading": {"encoding": "klingon"}}, "encoding"),
        ({"reading": {"quote": True}}, "reading: 'quote'"),
        ({"unreadable": "drop"}, "unreadable"),
        ({"impute": True}, "impute"),
        ({"scaling": "loud"}, "scaling"),
        ({"items": []}, "items"),
        ({"items": {"key": "i"}}, "items: 'key'"),
        ({"items": {"id": 1}}, "items: id"),
        ({"users": {"lists": "tags"}}, "users: lists"),
        ({"words": {"item": None}}, "words: item"),
        ({"words": {"thing": "a"}}, "words: 'thing'"),
        ({"words": {"verb": DEEP}}, "words: verb"),
        ({"columns": DEEP}, "columns"),
    ],
)
def test_every_wrong_entry_is_named(entry: dict[str, Any], where: str) -> None:
    with pytest.raises(RecsysError) as caught:
        Recipe.from_dict({**WHOLE, **entry})
    assert where in caught.value.where
    assert caught.value.what
    assert caught.value.remedy
    assert len(str(caught.value)) < 600


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([*BY_NAME, "on"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*BY_NAME, "on", "user", "columns", "kind", "header", "low", "column", "id"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(Recipe.__dataclass_fields__)), JSON, max_size=5), st.booleans())
def test_any_json_is_a_recipe_or_refused_in_words(entries: dict[str, Any], whole: bool) -> None:
    try:
        recipe = Recipe.from_dict({**WHOLE, **entries} if whole else entries)
    except RecsysError as refused:
        assert refused.what
        assert refused.remedy
        return
    assert Recipe.from_dict(recipe.as_dict()) == recipe


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"7", b'"text"', b"\xff\xfe\x00", b"\x89PNG", b"user,item\na,b\n", b"[" * 100_000,
        b'{"kind": ' + b"[" * 100_000, b"{}" + b" " * MOST_BYTES,
    ],
)  # fmt: skip
def test_a_file_that_is_no_recipe_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(DataError) as caught:
        Recipe.read(content, name="mine.json")
    assert "mine.json" in caught.value.where
    assert "recipe in JSON" in caught.value.remedy


def test_a_recipe_file_with_a_wrong_entry_names_it() -> None:
    with pytest.raises(DataError, match="columns"):
        Recipe.read(b"{}", name="mine.json")
    with pytest.raises(DataError, match="kind"):
        Recipe.read(b'{"columns": {}, "kind": NaN}', name="mine.json")


MARCH = "reader,book,stars,day\nann,i1,5,01.03.2020\nann,i2,3,02.03.2020\nbob,i1,1,31.03.2020\nbob,i1,2,30.03.2020\n"
APRIL = "reader;book;stars;day\nzoë;i1;5;01.04.2020\nann;i9;4;\ndan;i1;1;2.04.2020\nzoë;i2;4;3.04.2020\n"


def _import(content: bytes, recipe: Recipe, name: str = "march.csv") -> Imported:
    return import_tables("mine", Tables(read_table(content, name=name, reading=recipe.reading)), recipe)


@pytest.fixture
def recipe() -> Recipe:
    """The proposed recipe of March, with a step more."""
    proposed = propose_recipe(read_table(MARCH.encode(), name="march.csv")).recipe
    return proposed.with_step("in_range", on=True, low=1.0, high=4.0)


def test_the_same_file_through_the_same_recipe_is_the_same_data(recipe: Recipe) -> None:
    first = _import(MARCH.encode(), recipe).dataset
    again = _import(MARCH.encode(), Recipe.read(recipe.written(), name="r.json")).dataset
    assert again.fingerprint == first.fingerprint
    assert Recipe.from_dict(first.recipe) == recipe
    other = _import(MARCH.encode(), recipe.with_step("in_range", high=5.0)).dataset
    assert other.fingerprint != first.fingerprint


def test_next_month_s_file_goes_through_in_another_encoding_and_with_other_separators(recipe: Recipe) -> None:
    made = _import(APRIL.encode("latin-1"), recipe, "april.csv")
    assert made.dataset.users["user_id"].tolist() == ["dan", "zoë"]
    assert made.dropped[["step", "row", "reader"]].to_numpy().tolist() == [
        ["missing", 3, "ann"],
        ["in_range", 2, "zoë"],
    ]


def test_a_column_that_next_month_lacks_is_named(recipe: Recipe) -> None:
    with pytest.raises(
        DataError, match=r"april.csv: there is no column 'stars'; the columns are: reader, book, day"
    ):
        _import(b"reader,book,day\nann,i1,01.04.2020\n", recipe, "april.csv")
    with_filter = recipe.with_step("only", on=True, column="shop", values=("a",))
    with pytest.raises(DataError, match="there is no column 'shop'"):
        _import(MARCH.encode(), with_filter)


def test_a_data_set_keeps_its_recipe_and_what_cleaning_took(workspace: Path, recipe: Recipe) -> None:
    made = _import(MARCH.encode(), recipe)
    keep_dataset(made.dataset, actor="ada", dropped=made.dropped)
    data = open_dataset("mine")
    assert Recipe.from_dict(data.recipe) == recipe
    kept = dropped_rows("mine")
    assert kept is not None
    assert kept[["step", "row", "stars"]].to_numpy().tolist() == [["in_range", 2, "5"], ["repeated", 5, "2"]]
    keep_dataset(made.dataset, actor="ada")
    assert dropped_rows("mine") is None
    assert dropped_rows("nobody") is None
