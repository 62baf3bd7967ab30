"""Prepare: what a file was taken for, corrections, costs of cleaning, recipes, archives and the inbox."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.dialect import Reading
from recsys_core.data.store import dropped_rows, list_datasets, open_dataset
from tests.dirty import order_lines
from tests.pages.conftest import OpenPage, assert_clean, words_of

ORDERS = order_lines()


def _uploaded(
    open_page: OpenPage, content: bytes, name: str = "orders.csv", where: str = "events"
) -> AppTest:
    app = open_page("prepare")
    app.file_uploader(key=f"prepare_{where}_0").upload(name, content, "application/octet-stream")
    return app.run()


def _csv(table: pd.DataFrame, separator: str = ";", encoding: str = "latin-1") -> bytes:
    return table.to_csv(index=False, sep=separator).encode(encoding)


def _box(app: AppTest, label: str) -> object:
    return next(one for one in app.selectbox if one.label == label)


def _use(app: AppTest) -> AppTest:
    return app.button(key="prepare_use").click().run()


def test_a_messy_file_is_understood_and_every_row_accounted_for(workspace: Path, open_page: OpenPage) -> None:
    app = _uploaded(open_page, _csv(ORDERS))
    assert_clean(app)
    said = words_of(app)
    assert "600 rows, 6 columns; semicolon between cells" in said
    assert "'Document' starts with 'C' where amounts are negative" in said
    assert "such as POSTAGE" in said
    chosen = {label: _box(app, label).value for label in ("User", "Item", "Value", "Time", "Title")}  # type: ignore[attr-defined]
    assert chosen == {
        "User": "Customer", "Item": "Product code", "Value": "Units", "Time": "When", "Title": "Product name",
    }  # fmt: skip
    _use(app)
    assert_clean(app)
    data, dropped = open_dataset("orders"), dropped_rows("orders")
    assert data.kind == "implicit"
    assert dropped is not None and len(dropped) + len(data.interactions) == 600
    assert dropped["step"].value_counts()[["cancelled", "missing", "products"]].tolist() == [30, 20, 10]
    assert dropped.loc[dropped["step"] == "products", "Product code"].unique().tolist() == ["POSTAGE"]
    assert data.items["title"].str.startswith("Thing number").all()
    assert data.recipe["steps"]["cancelled"]["column"] == "Document"


def test_what_cannot_be_learned_from_is_said_before_it_is_used(workspace: Path, open_page: OpenPage) -> None:
    alone = ORDERS.assign(Customer="00007")
    app = _uploaded(open_page, _csv(alone))
    assert not app.exception
    assert "column 'Customer': there is only one user left" in words_of(app)
    assert app.button(key="prepare_use").disabled


def test_a_step_switched_off_keeps_its_rows(workspace: Path, open_page: OpenPage) -> None:
    app = _uploaded(open_page, _csv(ORDERS))
    toggle = next(one for one in app.toggle if one.label == "Drop codes that are no product")
    toggle.set_value(False).run()
    core = next(one for one in app.toggle if one.label == "Keep active users and items")
    core.set_value(True).run()
    _use(app)
    assert_clean(app)
    data = open_dataset("orders")
    assert "POSTAGE" in set(data.items["item_id"])
    assert [step["step"] for step in data.cleaning][-1] == "k_core"
    counts = np.bincount(data.interactions["user"])
    assert counts.min() >= 5


def test_a_cell_that_cannot_be_read_is_named_and_may_count_as_missing(
    workspace: Path, open_page: OpenPage
) -> None:
    broken = ORDERS.astype({"Units": "str"}).copy()
    broken.loc[99, "Units"] = "many"
    app = _uploaded(open_page, _csv(broken))
    assert "orders.csv, row 101, column 'Units': 'many' is not a number" in words_of(app)
    assert list_datasets() == []
    next(one for one in app.toggle if one.label == "Cells that cannot be read count as missing").set_value(
        True
    ).run()
    _use(app)
    assert_clean(app)
    assert open_dataset("orders").recipe["unreadable"] == "missing"


def test_the_recipe_of_last_month_is_offered_and_applied(workspace: Path, open_page: OpenPage) -> None:
    app = _uploaded(open_page, _csv(ORDERS))
    next(one for one in app.toggle if one.label == "Remove exact duplicates").set_value(False).run()
    _use(app)
    assert_clean(app)
    june = _csv(ORDERS.sample(300, random_state=1), separator="\t", encoding="utf-8")
    app.file_uploader(key="prepare_events_1").upload("june.tsv", june, "text/plain")
    app.run()
    app.button(key="prepare_apply_orders").click().run()
    assert_clean(app)
    assert "The recipe of orders" in words_of(app)
    _use(app)
    assert_clean(app)
    recipe = open_dataset("june").recipe
    assert recipe["steps"] == open_dataset("orders").recipe["steps"]
    assert recipe["steps"]["exact"]["on"] is False


def test_a_recipe_that_asks_for_another_column_says_so(workspace: Path, open_page: OpenPage) -> None:
    app = _uploaded(open_page, _csv(ORDERS))
    _use(app)
    recipe = json.dumps(
        {**open_dataset("orders").recipe, "columns": {"user": "Member", "item": "Product code"}}
    )
    app.file_uploader(key="prepare_events_1").upload("june.csv", _csv(ORDERS), "text/csv")
    app.run()
    app.file_uploader(key="prepare_recipe_file_1").upload("r.json", recipe.encode(), "application/json")
    app.run()
    assert not app.exception
    assert "column 'Member', which this file does not have" in words_of(app)
    app.file_uploader(key="prepare_recipe_file_1").upload("r.json", b"{", "application/json")
    app.run()
    assert "a recipe in JSON" in words_of(app)


def test_an_archive_brings_its_details_along(workspace: Path, open_page: OpenPage) -> None:
    buffer = io.BytesIO()
    details = ORDERS[["Product code", "Product name"]].drop_duplicates("Product code").assign(Maker="A|B")
    links = details[["Product code"]].assign(number=range(len(details)))
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x/orders.csv", ORDERS.drop(columns="Product name").to_csv(index=False))
        archive.writestr("x/links.csv", links.to_csv(index=False))
        archive.writestr("x/products.csv", details.to_csv(index=False))
    app = _uploaded(open_page, buffer.getvalue(), "shop.zip")
    assert_clean(app)
    assert _box(app, "Items from the same archive").value == "x/products.csv"  # type: ignore[attr-defined]
    assert _box(app, "Users from the same archive").value == "–"  # type: ignore[attr-defined]
    _use(app)
    assert_clean(app)
    data = open_dataset("shop")
    assert data.items["title"].str.startswith("Thing").all()
    assert data.list_columns == ("Maker",)


def test_users_attributes_come_from_a_file_of_their_own(workspace: Path, open_page: OpenPage) -> None:
    users = pd.DataFrame({"no": [f"{one:05d}" for one in range(60)], "town": ["Rome", "Oslo"] * 30})
    app = _uploaded(open_page, _csv(ORDERS))
    app.file_uploader(key="prepare_users_0").upload(
        "people.csv", users.to_csv(index=False).encode(), "text/csv"
    )
    app.run()
    assert _box(app, "User id in the users file").value == "no"  # type: ignore[attr-defined]
    _use(app)
    assert set(open_dataset("orders").users["town"]) == {"Rome", "Oslo"}


def test_a_file_of_the_inbox_needs_no_upload(workspace: Path, open_page: OpenPage) -> None:
    (workspace / "inbox").mkdir(parents=True)
    (workspace / "inbox" / "large.csv.gz").write_bytes(gzip.compress(_csv(ORDERS)))
    app = open_page("prepare")
    app.selectbox(key="prepare_events_0_inbox").select("large.csv.gz").run()
    assert_clean(app)
    _use(app)
    assert [one.name for one in list_datasets()] == ["large"]


def test_a_file_may_be_read_differently(workspace: Path, open_page: OpenPage) -> None:
    ragged = _csv(ORDERS) + b"Total;;;;\n"
    app = _uploaded(open_page, ragged)
    assert "orders.csv, row 602: the row has 5 cells" in words_of(app)
    next(one for one in app.toggle if one.label == "Leave out rows that do not fit").set_value(True).run()
    assert_clean(app)
    assert "1 row did not fit and is left out" in words_of(app)
    _use(app)
    assert open_dataset("orders").cleaning[0]["rows_before"] == 601


def test_a_table_of_clicks_becomes_one(workspace: Path, open_page: OpenPage) -> None:
    rng = np.random.default_rng(2)
    clicks = pd.DataFrame({"clicked": rng.integers(0, 2, 400), "hour": rng.integers(0, 24, 400)})
    clicks = clicks.assign(
        device=rng.choice(["a", "b"], 400), slot=rng.integers(1, 4, 400), layout=rng.integers(0, 9, 400)
    )
    app = _uploaded(open_page, clicks.to_csv(index=False).encode(), "log.csv")
    assert_clean(app)
    _use(app)
    assert not app.exception
    data = open_dataset("log")
    assert data.kind == "click"
    assert set(data.features) >= {"hour", "slot", "layout"}
    assert data.interactions["value"].mean() == pytest.approx(clicks["clicked"].mean())


def test_counting_many_rows_can_be_stopped_and_taken_up_again(
    workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pages.ui import doctor_counting

    monkeypatch.setattr(doctor_counting, "MANY_ROWS", 10)
    app = _uploaded(open_page, _csv(ORDERS))
    assert_clean(app)
    assert not app.button(key="prepare_use").disabled
    read_key = next(key for key in app.session_state if str(key).startswith("prepare_columns_"))
    file_key = str(read_key).removeprefix("prepare_columns_")
    stopped = f"prepare_stopped_{file_key}||{Reading()}"
    app.session_state[stopped] = True  # what a click on Stop sets while the script is at work
    next(one for one in app.toggle if one.label == "Remove exact duplicates").set_value(False).run()
    assert_clean(app)
    assert "Counting was stopped" in words_of(app)
    assert app.button(key="prepare_use").disabled
    app.button(key="prepare_count").click().run()
    assert_clean(app)
    assert not app.button(key="prepare_use").disabled


def test_one_table_a_month_is_read_as_one(workspace: Path, open_page: OpenPage) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for month in range(3):
            part = ORDERS.iloc[month * 200 : (month + 1) * 200]
            archive.writestr(f"2011-0{month + 1}.csv", "Orders;;\n;;\n" + part.to_csv(index=False, sep=";"))
    app = _uploaded(open_page, buffer.getvalue(), "year.zip")
    assert "200 rows, 6 columns" in words_of(app)
    assert "2 lines above the table are passed over." in words_of(app)
    _box(app, "Which table holds the interactions").select("all 3 as one").run()  # type: ignore[attr-defined]
    assert_clean(app)
    assert "600 rows, 6 columns" in words_of(app)
    _use(app)
    assert_clean(app)
    dropped = dropped_rows("year")
    assert dropped is not None
    assert set(dropped["file"]) == {f"year.zip, 2011-0{month}.csv" for month in (1, 2, 3)}
    assert len(dropped) + len(open_dataset("year").interactions) == 600
