from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from recsys_core import files
from recsys_core.columns import Kind
from recsys_core.data import sources
from recsys_core.data.dataset import Dataset
from recsys_core.data.downloads import SourceUnreachable
from recsys_core.data.store import keep_dataset, list_datasets, open_dataset
from recsys_core.errors import Cancelled, NotFound, NotSupported
from recsys_core.workspace import subfolder
from tests.invoices import official_archive

NAMES = (
    "movielens-100k",
    "movielens-1m",
    "movielens-latest-small",
    "movielens-25m",
    "online-retail",
    "open-bandit",
    "simulated-rating",
    "simulated-implicit",
    "simulated-click",
)


def test_every_source_says_what_it_is_and_its_terms(workspace: Path) -> None:
    listed = sources.list_sources()
    assert tuple(source["name"] for source in listed) == NAMES
    for source in listed:
        for field in ("title", "what", "kind", "rows", "items", "licence", "terms"):
            assert source[field], (source["name"], field)
        assert source["cached"] is False
    assert {source["name"] for source in listed if not source["users"]} == {"open-bandit"}
    assert {source["name"] for source in listed if not source["megabytes"]} == set(NAMES[-3:])
    assert all(source["citation"] and source["url"] for source in listed if source["megabytes"])


def test_a_fetched_source_is_in_the_workspace_and_marked(workspace: Path) -> None:
    fetched = sources.fetch_source("simulated-rating", actor="ada")
    assert open_dataset("simulated-rating").fingerprint == fetched.fingerprint
    assert [source["name"] for source in sources.list_sources() if source["cached"]] == ["simulated-rating"]
    assert files.read_json(workspace / "datasets" / "simulated-rating" / "kept.json")["actor"] == "ada"


def test_fetching_again_opens_what_is_there(workspace: Path) -> None:
    events: list[dict[str, Any]] = []
    sources.fetch_source("simulated-implicit", actor="ada", report=events.append)
    assert [event["status"] for event in events] == ["started", "keeping", "done"]
    sources.fetch_source("simulated-implicit", actor="bob", report=events.append)
    assert len(events) == 3
    assert files.read_json(workspace / "datasets" / "simulated-implicit" / "kept.json")["actor"] == "ada"


def test_several_who_fetch_at_once_fetch_once(workspace: Path) -> None:
    events: list[dict[str, Any]] = []
    with ThreadPoolExecutor(4) as pool:
        fetch = partial(sources.fetch_source, "simulated-rating", report=events.append)
        futures = {pool.submit(fetch, actor=name) for name in ("ada", "bob", "cem", "dee")}
    assert len({future.result().fingerprint for future in futures}) == 1
    statuses = [event["status"] for event in events if event["status"] != "waiting"]
    assert statuses == ["started", "keeping", "done"]


def test_waiting_for_another_process_is_told_and_can_be_stopped(workspace: Path) -> None:
    told: list[str] = []
    with FileLock(subfolder("cache") / ".simulated-rating.lock"), pytest.raises(Cancelled):
        sources.fetch_source(
            "simulated-rating",
            actor="ada",
            report=lambda event: told.append(event["status"]),
            should_stop=lambda: bool(told),
        )
    assert told == ["waiting"]
    assert list_datasets() == []
    assert sources.fetch_source("simulated-rating", actor="ada").name == "simulated-rating"


def test_a_source_stopped_before_it_is_kept_leaves_no_data_set(workspace: Path) -> None:
    told: list[str] = []
    with pytest.raises(Cancelled, match="simulated-implicit: stopped"):
        sources.fetch_source(
            "simulated-implicit",
            actor="ada",
            report=lambda event: told.append(event["status"]),
            should_stop=lambda: "started" in told,
        )
    assert list_datasets() == []


def test_the_simulated_clicks_are_click_data(workspace: Path) -> None:
    try:
        made = sources.fetch_source("simulated-click", actor="ada")
    except NotSupported:
        pytest.skip("this simulator makes no clicks yet")
    assert (made.kind, made.name) == (Kind.CLICK, "simulated-click")


def test_every_source_of_the_table_can_be_asked_for() -> None:
    assert tuple(sources._MAKERS) == NAMES


def test_a_fetched_archive_is_in_the_workspace_under_the_name_of_the_source(
    workspace: Path,
) -> None:
    (subfolder("cache") / "online_retail_ii.zip").write_bytes(official_archive())
    made = sources.fetch_source("online-retail", actor="ada")
    assert (made.name, open_dataset("online-retail").fingerprint) == ("online-retail", made.fingerprint)


def test_an_unknown_source_is_answered_with_the_known_ones(workspace: Path) -> None:
    with pytest.raises(NotFound, match="choose one of: movielens-100k, movielens-1m"):
        sources.fetch_source("movielens-9z", actor="ada")
    assert list_datasets() == []


def test_the_default_is_movielens_where_the_workspace_has_it(workspace: Path, movielens: Dataset) -> None:
    keep_dataset(movielens, actor="ada")
    assert sources.fetch_default(actor="bob").fingerprint == movielens.fingerprint


def _cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points the network at a closed port: what a machine without a network sees."""
    for variable in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "PIP_INDEX_URL", "PIP_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.setenv(variable, "")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")


def test_without_a_network_the_default_is_simulated_and_says_so(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut_off(monkeypatch)
    events: list[dict[str, Any]] = []
    dataset = sources.fetch_default(actor="ada", report=events.append)
    assert dataset.name == "simulated-rating"
    assert "MovieLens could not be fetched" in dataset.provenance.notice
    assert "simulated" in list_datasets()[0].notice
    assert "unreachable" in [event["status"] for event in events]
    assert not (workspace / "datasets" / "movielens-100k").exists()


def test_without_a_network_fetching_movielens_itself_is_an_error(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cut_off(monkeypatch)
    with pytest.raises(SourceUnreachable, match="could not be fetched"):
        sources.fetch_source("movielens-100k", actor="ada")
    assert list_datasets() == []
