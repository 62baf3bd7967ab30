"""Whatever stands in a file: it becomes a sound data set, or a refusal that says what is wrong and what to do."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.dialect import ENCODINGS, SEPARATORS, Reading
from recsys_core.data.importing import Imported, Tables, import_tables
from recsys_core.data.proposing import propose_recipe
from recsys_core.data.recipe import Recipe
from recsys_core.data.steps import BY_NAME
from recsys_core.data.tables import read_table
from recsys_core.errors import RecsysError
from recsys_core.files import safe_csv

ODD = st.sampled_from(
    [
        "", " ", "NaN", "null", "-", "?", "inf", "-inf", "1e400", "-0", "0x1f", "1_000", "1,5", "1.234,5", "50%",
        "<b>bold</b>", "<script>alert(1)</script>", "=1+1", "@SUM(A1)", "+49 30", "-1", "9999-12-31", "1850-01-01",
        "0000-00-00", "31/02/2020", "2020-02-30", "20200131", "12:30", "99999999999999999999999999", "1e-320",
        "007", "a|b|c", "|", "'", '"', '""', "a;b", "a,b", "\\N", "\\", "#", "%", "sep=;", "\u00e9t\u00e9", "🎬🎬",
        "مرحبا", "\u200b", "\u0001", "line\nbreak", "tab\tin", "x" * 300, "True", "user_id", "rating",
    ]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-3, 12).map(str),
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.integers(-(10**20), 10**20).map(str),
)
TIMES = st.one_of(
    st.integers(0, 2_000_000_000).map(str),
    st.datetimes().map(lambda when: when.isoformat(sep=" ")),
    st.dates().map(lambda day: f"{day.day:02d}/{day.month:02d}/{day.year:04d}"),
)
TIDY = (
    st.integers(0, 6).map(lambda number: f"u{number}"),
    st.integers(0, 6).map(str),
    st.sampled_from(["1", "2", "3", "4", "5"]),
    st.sampled_from(["0", "1"]),
)
COLUMN = st.one_of(
    st.sampled_from(TIDY),
    st.just(NUMBERS),
    st.just(TIMES),
    st.just(ODD),
    st.just(st.text(st.characters(codec="utf-8"), max_size=12)),
    st.just(st.one_of(ODD, NUMBERS, TIMES)),
)
NAMES = st.one_of(
    st.sampled_from(
        ["user_id", "item_id", "rating", "timestamp", "title", "click", "count", "age", "genre", "date", "", "value",
         "user", "item", "timestamp", "step", "row", "file", "part", "level_0", "index"]
    ),
    ODD,
    st.text(st.characters(codec="utf-8"), max_size=8),
)  # fmt: skip


@st.composite
def written_tables(draw: st.DrawFn) -> tuple[bytes, Reading]:
    """A file of two to six columns, and what the person says about it (mostly nothing)."""
    cells = [draw(COLUMN) for _place in range(draw(st.integers(2, 6)))]
    tidy = draw(st.booleans())
    if tidy:
        cells[:3] = [draw(st.sampled_from(TIDY)) for _place in cells[:3]]
    n = draw(st.integers(4 * tidy, 14))
    rows = [[draw(cell) for cell in cells] for _row in range(n)]
    if draw(st.booleans()):
        rows.insert(0, [draw(NAMES) for _cell in cells])
    separator = draw(st.sampled_from([one for one in SEPARATORS if len(one) == 1]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\r\n").writerows(rows)
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    reading = draw(
        st.one_of(
            *[st.just(Reading())] * 3,
            st.builds(
                Reading, st.sampled_from([None, True, False]), st.sampled_from([None, *SEPARATORS]),
                st.sampled_from([None, *ENCODINGS]), st.booleans(),
            ),
        )
    )  # fmt: skip
    return text.getvalue().encode(encoding, errors="replace"), reading


def _imported(tables: Tables, recipe: Recipe) -> Imported | None:
    try:
        return import_tables("odd", tables, recipe)
    except RecsysError as refused:
        _check_refusal(refused)
        return None


def _read(written: tuple[bytes, Reading]) -> pd.DataFrame | None:
    try:
        table = read_table(written[0], name="odd.csv", reading=written[1])
    except RecsysError as refused:
        _check_refusal(refused)
        return None
    assert len(table)
    assert table.columns.is_unique
    return table


def _check_refusal(refused: RecsysError) -> None:
    assert refused.what
    assert refused.remedy
    assert "\n" not in str(refused)
    event(f"refused: {type(refused).__name__}")


def _check_dataset(data: Dataset, n_rows: int) -> None:
    rows = data.interactions
    assert 0 < len(rows) <= n_rows
    assert np.isfinite(rows["value"]).all()
    for column, table, key in (("user", data.users, "user_id"), ("item", data.items, "item_id")):
        if column in rows:
            assert sorted(rows[column].unique()) == list(range(len(table)))
            assert table[key].is_unique
            assert table[key].str.strip().ne("").all()
    assert "item" not in rows or data.items["title"].notna().all()
    if data.kind is Kind.CLICK:
        assert set(rows["value"]) <= {0.0, 1.0}
    else:
        assert not rows.duplicated(["user", "item"]).any()
    with tempfile.TemporaryDirectory() as folder:
        data.save(Path(folder) / "odd")
        again = Dataset.load(Path(folder) / "odd")
    assert again.fingerprint == data.fingerprint
    fresh = Dataset(
        again.name, again.kind, again.interactions, again.users, again.items, list_columns=again.list_columns
    )
    assert fresh.fingerprint == data.fingerprint  # counted anew from the tables, not read from the manifest


def _check_import(tables: Tables, recipe: Recipe) -> None:
    assert Recipe.from_dict(recipe.as_dict()) == recipe
    made = _imported(tables, recipe)
    if made is None:
        return
    event(f"imported: {made.dataset.kind.value}")
    n_rows = len(tables.events)
    _check_dataset(made.dataset, n_rows)
    assert len(made.dropped) + len(made.dataset.interactions) == n_rows
    assert safe_csv(made.dropped)
    again = import_tables("odd", tables, Recipe.from_dict(made.dataset.recipe))
    assert again.dataset.fingerprint == made.dataset.fingerprint


FUZZ = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@FUZZ
@given(written_tables(), st.none() | written_tables(), st.booleans(), st.booleans())
def test_any_table_is_imported_soundly_or_refused_in_words(
    written: tuple[bytes, Reading], beside: tuple[bytes, Reading] | None, of_users: bool, lenient: bool
) -> None:
    table, more = _read(written), None if beside is None else _read(beside)
    if table is None:
        return
    users, items = (more, None) if of_users else (None, more)
    try:
        proposed = propose_recipe(table, users=users, items=items)
    except RecsysError as refused:
        _check_refusal(refused)
        return
    assert set(proposed.proposal.guesses) == set(table.columns)
    for guess in proposed.proposal.guesses.values():
        assert 0 <= guess.confidence <= 1
        assert guess.reason
    said = {"unreadable": "missing", "impute": "fill"} if lenient else {}
    _check_import(Tables(table, items, users), Recipe.from_dict(proposed.recipe.as_dict() | said))


@FUZZ
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"PAR1", b"user,item\n"])
)
def test_any_bytes_are_a_table_or_refused_in_words(content: bytes, start: bytes) -> None:
    _read((start + content, Reading()))


@FUZZ
@given(st.data())
def test_any_assignment_any_kind_and_any_steps_are_carried_out_or_refused(data: st.DataObject) -> None:
    table = _read((data.draw(written_tables())[0], Reading()))
    if table is None:
        return
    names = [*map(str, table.columns)]
    roles = ("user", "item", "value", "time", "title", "item_attributes", "user_attributes", "features")
    columns: dict[str, Any] = dict(zip(roles, data.draw(st.permutations(names)), strict=False))
    for role in data.draw(st.lists(st.sampled_from(roles), max_size=1)):
        columns[role] = data.draw(st.sampled_from([None, *names]))  # perhaps twice, perhaps missing
    columns |= {role: [columns[role]] for role in roles[5:] if columns.get(role) is not None}
    steps = {
        name: {one.name: data.draw(_setting(one.kind, one.choices, names)) for one in BY_NAME[name].fields}
        for name in data.draw(st.lists(st.sampled_from(list(BY_NAME)), max_size=3, unique=True))
    }
    steps.setdefault("missing", {"on": data.draw(st.sampled_from([True, True, False]))})
    given_recipe = {
        "columns": columns,
        "kind": data.draw(st.sampled_from(list(Kind))).value,
        "steps": steps,
        "unreadable": data.draw(st.sampled_from(["refuse", *["missing"] * 3])),
        "impute": data.draw(st.sampled_from(["leave", "fill"])),
    }
    try:
        recipe = Recipe.from_dict(given_recipe)
    except RecsysError as refused:
        _check_refusal(refused)
        return
    made = _imported(Tables(table), recipe)
    if made is not None:
        event(f"imported: {made.dataset.kind.value}")


def _setting(kind: str, choices: tuple[str, ...], names: list[str]) -> st.SearchStrategy[object]:
    return {
        "number": st.one_of(st.none(), st.floats(-10, 10)),
        "whole": st.integers(1, 3),
        "day": st.one_of(st.none(), st.dates().map(str)),
        "text": st.one_of(st.none(), st.sampled_from(names)),
        "texts": st.lists(st.sampled_from(["1", "a", ""]), max_size=2),
        "choice": st.sampled_from(choices or ("",)),
    }[kind]
