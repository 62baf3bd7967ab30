"""Every page in every state of a workspace: empty, data alone, finished runs, a failed run, a broken data set."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from recsys_core.data.store import open_dataset
from recsys_core.runs import create_run
from recsys_core.training.jobs import configure
from tests import shop
from tests.helpers import REPOSITORY
from tests.pages.conftest import PAGES, OpenPage, Shop, assert_clean, words_of


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_workspace_invites_to_bring_data(page: str, open_page: OpenPage) -> None:
    app = open_page(page)
    assert_clean(app)
    links = [link.proto.page_link.label if hasattr(link.proto, "page_link") else "" for link in app.main]
    asked = words_of(app) + " ".join(links) + " ".join(one.proto.label for one in app.get("page_link"))
    assert "Bring your own data" in asked or (page == "prepare" and "Drop a CSV above" in asked)


@pytest.mark.parametrize("page", ["metrics", "recommend", "cold_start"])
def test_data_without_a_run_invites_to_train(page: str, shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page(page)
    assert_clean(app)
    assert "No finished run on this data yet." in words_of(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Train a model"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_a_title_a_question_and_its_code(
    page: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page(page)
    assert_clean(app)
    assert len(app.title) == 1
    assert app.caption[0].value.endswith("?")
    labels = [expander.label for expander in app.expander]
    assert {"</> Code", "What is this?"} <= set(labels)
    assert len(app.code) == 1 and "recsys_core" in app.code[0].value


@pytest.mark.parametrize("page", PAGES)
def test_hostile_titles_stay_text(page: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page(page)
    for element in app.markdown:
        assert "<b>Kettle" not in element.value
        assert "](http" not in element.value and "![" not in element.value.replace("\\!", "")


@pytest.mark.parametrize("page", PAGES)
def test_a_failed_run_breaks_no_page(page: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = create_run(configure(open_dataset(shop.DATA), "ease", actor="test"))
    run.set_state("failed", error="the disk is full [x](http://evil.example)")
    assert_clean(open_page(page))


@pytest.mark.parametrize("page", PAGES)
def test_a_broken_data_set_is_said_in_one_message(
    page: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    (shop_with_runs.folder / "datasets" / shop.DATA / "interactions.parquet").write_bytes(b"PAR1 broken")
    app = open_page(page)
    assert not app.exception
    assert any("interactions.parquet" in message.value for message in app.error)


@pytest.mark.parametrize("page", PAGES)
def test_an_address_with_nonsense_falls_back_to_the_default(
    page: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    nonsense = {"data": "../../etc", "run": "no such", "user": "nobody", "k": "9999999", "diversity": "x"}
    nonsense |= {"picks": "none", "model": "evil", "job": "../../x", "arena": "?", "figure": "<b>"}
    assert_clean(open_page(page, **nonsense))


_NO_TENSORFLOW = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=30).run()
for page in {pages}:
    if page != "home":
        app.switch_page(f"pages/{{page}}.py").run()
    assert not app.exception, (page, app.exception)
loaded = [name for name in ("tensorflow", "keras", "torch") if name in sys.modules]
sys.exit(f"loaded: {{loaded}}" if loaded else 0)
"""


def test_no_page_loads_tensorflow(shop_with_runs: Shop) -> None:
    settings = {"RECSYS_WORKSPACE": str(shop_with_runs.folder), "RECSYS_DISPATCHER": "0"}
    ran = subprocess.run(
        [sys.executable, "-c", _NO_TENSORFLOW.format(pages=PAGES)],
        cwd=REPOSITORY,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
