"""Split auditor: empty, audited by a process of its own, and opened at once afterwards."""

from __future__ import annotations

import pytest

from recsys_core.data.store import open_dataset
from recsys_core.runs import list_runs
from recsys_core.scenarios.split_auditor_store import kept_auditing, made_auditing
from recsys_core.scenarios.split_verdict import answers
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def test_an_empty_workspace_invites(open_page: OpenPage) -> None:
    app = open_page("audit")
    assert_clean(app)
    assert "No data to split yet." in words_of(app)


def test_it_is_audited_by_a_process_and_then_there_at_once(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("audit")
    assert_clean(app)
    assert "EASE learns once for each of" in words_of(app)
    app.button(key="audit_go").click().run(timeout=120)
    assert_clean(app)
    data = open_dataset(shop.DATA)
    found = kept_auditing(data, "ease", k=10)
    assert found is not None
    assert {one.run for one in found.figures} <= {
        run.id for run in list_runs()
    }  # finished runs like any other
    text = words_of(app)
    for sentence in answers(found, data.words):
        assert sentence in text
    table = app.dataframe[0].value
    assert table["Split"].tolist() == [one.split for one in found.figures]
    assert table["Pairs in both"].tolist() == ["0"] * len(found.figures)
    again = open_page("audit")
    assert_clean(again)
    assert answers(found, data.words)[0] in words_of(again)


@pytest.mark.parametrize(
    ("key", "value"), [("audited", "popularity"), ("audited", "oracle"), ("audit_k", "100000")]
)
def test_what_the_address_cannot_ask_for_falls_back(
    shop_with_runs: Shop, open_page: OpenPage, key: str, value: str
) -> None:
    app = open_page("audit", **{key: value})
    assert_clean(app)
    assert app.selectbox(key="audited").value == "ease"
    assert app.number_input(key="audit_k").value == 10


def test_another_model_has_its_own_audit(shop_without_runs: Shop, open_page: OpenPage) -> None:
    made_auditing(open_dataset(shop.DATA), "item_knn", k=5, actor="test")
    app = open_page("audit", audited="item_knn", audit_k="5")
    assert_clean(app)
    assert "Item neighbours" in words_of(app)
    app.selectbox(key="audited").select("ease").run()
    assert_clean(app)
    assert app.button(key="audit_go")
