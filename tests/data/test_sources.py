from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from recsys_core import files
from recsys_core.data import movielens, sources
from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset, list_datasets, open_dataset
from recsys_core.errors import NotFound


def test_every_source_says_what_it_is_and_its_terms(workspace: Path) -> None:
    listed = sources.list_sources()
    assert [source["name"] for source in listed] == [
        "movielens-100k",
        "simulated-rating",
        "simulated-implicit",
    ]
    for source in listed:
        assert source["title"]
        assert source["what"]
        assert source["terms"]
        assert source["cached"] is False


def test_a_fetched_source_is_in_the_workspace_and_marked(workspace: Path) -> None:
    fetched = sources.fetch_source("simulated-rating", actor="ada")
    assert open_dataset("simulated-rating").fingerprint == fetched.fingerprint
    assert [source["cached"] for source in sources.list_sources()] == [False, True, False]
    assert files.read_json(workspace / "datasets" / "simulated-rating" / "kept.json")["actor"] == "ada"


def test_fetching_again_opens_what_is_there(workspace: Path) -> None:
    events: list[dict[str, Any]] = []
    sources.fetch_source("simulated-implicit", actor="ada", report=events.append)
    assert [event["status"] for event in events] == ["started", "done"]
    sources.fetch_source("simulated-implicit", actor="bob", report=events.append)
    assert len(events) == 2
    assert files.read_json(workspace / "datasets" / "simulated-implicit" / "kept.json")["actor"] == "ada"


def test_several_who_fetch_at_once_fetch_once(workspace: Path) -> None:
    events: list[dict[str, Any]] = []
    with ThreadPoolExecutor(4) as pool:
        fetch = partial(sources.fetch_source, "simulated-rating", report=events.append)
        futures = {pool.submit(fetch, actor=name) for name in ("ada", "bob", "cem", "dee")}
    assert len({future.result().fingerprint for future in futures}) == 1
    assert [event["status"] for event in events] == ["started", "done"]


def test_an_unknown_source_is_answered_with_the_known_ones(workspace: Path) -> None:
    with pytest.raises(NotFound, match="choose one of: movielens-100k, simulated-rating, simulated-implicit"):
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
    with pytest.raises(movielens.SourceUnreachable, match="could not be fetched"):
        sources.fetch_source("movielens-100k", actor="ada")
    assert list_datasets() == []
