"""Home and Prepare: the next step, and a file of one's own."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.store import list_datasets, open_dataset
from recsys_core.runs import list_runs
from recsys_core.training import first_start
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of

EVENTS, ITEMS = (table.to_csv(index=False).encode() for table in shop.shop_tables())


def _uploaded(app: AppTest, events: bytes, items: bytes | None = None, name: str = "buys.csv") -> AppTest:
    app.file_uploader(key="prepare_events_0").upload(name, events, "text/csv")
    if items is not None:
        app.file_uploader(key="prepare_items_0").upload("articles.csv", items, "text/csv")
    return app.run()


def test_home_says_who_makes_the_best_lists_and_lights_the_next_step(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("home")
    assert_clean(app)
    assert "popularity" in words_of(app).lower()
    assert words_of(app).count(":blue-badge[next]") == 1
    assert [metric.value for metric in app.metric][1:3] == [str(shop.N_CUSTOMERS), str(shop.N_ARTICLES)]


def test_home_tells_that_the_default_data_is_on_its_way(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_FIRST_START", "1")
    app = open_page("home")
    assert_clean(app)
    assert "Fetching MovieLens 100K" in " ".join(one.label for one in app.status)


def test_home_offers_the_default_data_again_after_everything_was_deleted(
    open_page: OpenPage, workspace: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_FIRST_START", "1")
    from recsys_core import files
    from recsys_core.workspace import workspace as folder

    files.write_json(folder() / "first_start.json", {"state": "done", "data": "movielens-100k"})
    app = open_page("home")
    assert not first_start.wanted()
    app.button(key="home_fetch").click().run()
    assert_clean(app)
    assert first_start.wanted()


def test_a_file_of_one_s_own_becomes_a_data_set_and_trains(workspace: object, open_page: OpenPage) -> None:
    app = _uploaded(open_page("prepare"), EVENTS, ITEMS)
    assert_clean(app)
    chosen = {box.label: box.value for box in app.selectbox}
    assert (chosen["User"], chosen["Item"], chosen["Value"], chosen["Time"]) == (
        "customer",
        "article",
        "stars",
        "bought_at",
    )
    assert chosen["Title"] == "name"
    app.text_input(key="prepare_name").set_value("my-shop")
    assert next(box for box in app.text_input if box.label == "One item is called").value == "article"
    next(box for box in app.text_input if box.label == "Several are called").set_value("wares").run()
    app.button(key="prepare_use").click().run()
    assert_clean(app)
    data = open_dataset("my-shop")
    assert (data.n_users, data.words.items, data.items["title"].iloc[0]) == (
        shop.N_CUSTOMERS,
        "wares",
        data.items["title"].iloc[0],
    )
    assert len(data.interactions) == len(shop.shop_tables()[0])
    queued = {run.config.model for run in list_runs()}
    assert queued == {"random", "popularity", "bias", "ease", "history_encoder"}
    assert "my-shop is ready" in words_of(app)
    assert app.sidebar.selectbox(key="data").value == "my-shop"


def test_columns_can_be_assigned_by_hand(workspace: object, open_page: OpenPage) -> None:
    table = shop.shop_tables()[0].set_axis(["a", "b", "c", "d"], axis=1)
    app = _uploaded(open_page("prepare"), table.to_csv(index=False).encode())
    for label, column in (("User", "a"), ("Item", "b"), ("Value", "–"), ("Time", "–")):
        box = next(one for one in app.selectbox if one.label == label)
        box.select(column)
    app.run()
    app.button(key="prepare_use").click().run()
    assert_clean(app)
    data = open_dataset("buys")
    assert data.kind.value == "implicit" and not data.has_time
    assert data.n_items == shop.N_ARTICLES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\x00\x01\x02\xff\xfe\x00" * 50, "text"),
        (b"only_one_column\n1\n2\n", "column"),
        (b"user,item\n", "row"),
    ],
    ids=["empty", "binary", "one column", "header alone"],
)
def test_a_bad_file_is_refused_in_one_sentence(
    content: bytes, said: str, workspace: object, open_page: OpenPage
) -> None:
    app = _uploaded(open_page("prepare"), content)
    assert not app.exception
    if not app.error:  # the file can be read; the mistake shows when it is used
        app.button(key="prepare_use").click().run()
    assert not app.exception
    assert len(app.error) == 1 and said in app.error[0].value.lower()
    assert list_datasets() == []


def test_the_same_column_twice_is_refused(workspace: object, open_page: OpenPage) -> None:
    app = _uploaded(open_page("prepare"), EVENTS)
    next(box for box in app.selectbox if box.label == "Item").select("customer").run()
    assert not app.exception
    assert "column 'customer' is assigned twice" in words_of(app)
    assert list_datasets() == []


@pytest.mark.parametrize("name", ["../evil", "", "a/b", "my data"])
def test_a_bad_name_is_refused(name: str, workspace: object, open_page: OpenPage) -> None:
    app = _uploaded(open_page("prepare"), EVENTS)
    app.text_input(key="prepare_name").set_value(name).run()
    app.button(key="prepare_use").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert list_datasets() == []


def test_an_items_file_without_the_ids_is_refused(workspace: object, open_page: OpenPage) -> None:
    strangers = pd.DataFrame({"article": ["x1", "x2"], "name": ["One", "Two"]})
    app = _uploaded(open_page("prepare"), EVENTS, strangers.to_csv(index=False).encode())
    app.button(key="prepare_use").click().run()
    assert not app.exception
    assert "none of its 2 ids occurs among the interactions" in words_of(app)
    assert list_datasets() == []


def test_the_name_follows_the_file_and_replaces_nothing_by_itself(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _uploaded(open_page("prepare"), EVENTS, name="corner-shop.csv")
    assert app.text_input(key="prepare_name").value == "corner-shop-2"
    app.text_input(key="prepare_name").set_value(shop.DATA).run()
    assert app.button(key="prepare_use").disabled
    replace = app.checkbox(key=f"prepare_replace_{shop.DATA}")
    assert "Its 6 runs can then make no lists any more." in replace.label
    replace.check().run()
    app.button(key="prepare_use").click().run()
    assert_clean(app)
    assert [summary.name for summary in list_datasets()] == [shop.DATA]


def test_data_too_small_to_learn_from_is_kept_and_says_so(workspace: object, open_page: OpenPage) -> None:
    app = _uploaded(open_page("prepare"), b"user,item\nann,tea\nbob,cocoa\n", name="one.csv")
    app.button(key="prepare_use").click().run()
    assert_clean(app)
    assert [summary.name for summary in list_datasets()] == ["one"]
    assert "not learned from" in app.warning[0].value


def test_deleting_a_data_set_leaves_an_invitation(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("prepare")
    app.button(key="prepare_delete").click().run()
    assert_clean(app)
    assert list_datasets() == []
    assert "Drop a CSV above" in words_of(app)
