"""The built-in sources on Prepare: terms before anything is fetched, fetching by a process, what goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys_core.data import sources
from recsys_core.data.store import list_datasets
from recsys_core.runs import list_runs
from tests.invoices import official_archive
from tests.pages.conftest import OpenPage, assert_clean, words_of
from tests.web import Reply, web

ARCHIVE = "/online_retail_ii.zip"


def test_every_source_shows_its_size_and_full_terms_before_it_is_fetched(
    workspace: Path, open_page: OpenPage
) -> None:
    app = open_page("prepare")
    assert_clean(app)
    said = words_of(app)
    for source in sources.list_sources():
        for field in ("title", "what", "terms", "citation", "licence", "rows"):
            assert source[field] in said, (source["name"], field)
        assert app.button(key=f"fetching_{source['name']}").label == "Fetch"
    assert "262 MB" in said and "no download" in said


def test_fetching_puts_it_into_the_workspace_and_trains_the_first_runs(
    workspace: Path, open_page: OpenPage
) -> None:
    app = open_page("prepare")
    app.button(key="fetching_simulated-implicit").click().run()
    assert_clean(app)
    assert [summary.name for summary in list_datasets()] == ["simulated-implicit"]
    assert {run.config.model for run in list_runs()} == {"history_encoder", "ease", "popularity", "random"}
    said = words_of(app)
    assert "simulated-implicit is ready" in said and "here" in said
    assert "fetching_simulated-implicit" not in [button.key for button in app.button]


def test_a_download_arrives_checked_and_cleaned(
    workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("prepare")
    with web({ARCHIVE: Reply(official_archive())}) as address:
        monkeypatch.setenv("RECSYS_MIRROR", address)
        app.button(key="fetching_online-retail").click().run()
    assert not app.exception
    assert [(one.name, one.kind, one.items) for one in list_datasets()] == [("online-retail", "implicit", 4)]
    assert "one row for repeated pairs" in app.dataframe[0].value["Step"].tolist()


def test_clicks_are_fetched_and_nothing_is_trained(
    workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("prepare")
    app.button(key="fetching_open-bandit").click().run()
    if app.error:
        pytest.skip(app.error[0].value)
    assert not app.exception
    assert [(one.name, one.kind) for one in list_datasets()] == [("open-bandit", "click")]
    assert list_runs() == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [(Reply(b"<html>"), "no zip archive"), (Reply(moved="https://127.0.0.1:9/x"), "another kind of address")],
    ids=["no archive", "sent elsewhere"],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_kept(
    reply: Reply, said: str, workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("prepare")
    with web({ARCHIVE: reply}) as address:
        monkeypatch.setenv("RECSYS_MIRROR", address)
        app.button(key="fetching_online-retail").click().run()
    assert not app.exception
    assert len(app.error) == 1 and said in app.error[0].value.replace("\\", "")
    assert list_datasets() == []
    assert not list((workspace / "cache").glob("*.zip"))


def test_a_source_out_of_reach_says_where_the_file_may_be_put(
    workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_MIRROR", "http://127.0.0.1:9")
    app = open_page("prepare")
    app.button(key="fetching_movielens-25m").click().run()
    assert not app.exception
    assert "put ml-25m.zip into the folder 'cache'" in app.error[0].value.replace("\\", "")
