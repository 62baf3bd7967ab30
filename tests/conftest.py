"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock
from hypothesis import settings

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.movielens import SourceUnreachable, fetch_movielens
from recsys_core.data.simulator import World, simulate
from recsys_core.data.store import keep_dataset
from recsys_core.models import own_found
from tests.helpers import finished_run
from tests.own_packages import Site

REPOSITORY = Path(__file__).resolve().parent.parent

# How long a case takes is a matter of the machine; speed is asserted in benchmarks. `make test` tries the same cases
# everywhere, so that it fails for what was changed; `make wide` looks for cases that nobody has thought of.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("wide", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def no_first_start() -> Iterator[None]:
    """No test fetches the default data on its own accord; a dispatcher that a test started leaves soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_FIRST_START", "0")
        patch.setenv("RECSYS_IDLE_SECONDS", "1")
        yield


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace of the test's own."""
    folder = tmp_path / "workspace"
    monkeypatch.setenv("RECSYS_WORKSPACE", str(folder))
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder on Python's path; what is put there is forgotten afterwards."""
    folder, before = tmp_path / "site", set(sys.modules)
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    own_found.look_again()
    yield Site(folder)
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
    Site(folder).remove_all()


@pytest.fixture(scope="session")
def movielens() -> Dataset:
    """MovieLens 100K, downloaded once and kept between sessions."""
    cache = Path(os.environ.get("RECSYS_TEST_CACHE") or REPOSITORY / "workspace" / "cache")
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(cache.parent / ".movielens.tests.lock"):  # tests run in several processes
            return fetch_movielens(cache)
    except SourceUnreachable as problem:
        pytest.skip(str(problem))


@pytest.fixture
def tiny_ratings() -> Dataset:
    """Four users, six items: small enough to check by hand.

    ann rated a b c d e; bob a b c; cem b d f; dee a. ann's last two times are equal; item f has no genre.
    """
    rows = [
        ("ann", "a", 5, 10), ("ann", "b", 3, 20), ("ann", "c", 4, 30), ("ann", "d", 1, 40),
        ("ann", "e", 2, 40),
        ("bob", "a", 4, 15), ("bob", "b", 2, 25), ("bob", "c", 5, 35),
        ("cem", "b", 4, 12), ("cem", "d", 5, 22), ("cem", "f", 3, 32),
        ("dee", "a", 1, 50),
    ]  # fmt: skip
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value", "timestamp"])
    genres = [["calm"], ["calm", "wild"], ["wild"], ["calm"], ["odd"], []]
    titles = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta"]
    years = range(2001, 2007)
    items = pd.DataFrame({"item_id": list("abcdef"), "title": titles, "genres": genres, "year": years})
    users = pd.DataFrame({"user_id": ["ann", "bob", "cem", "dee"], "age": [31, 42, 53, 24]})
    return make_dataset("tiny", Kind.RATING, events, users=users, items=items, list_columns=("genres",))


@pytest.fixture(scope="session")
def small_world() -> World:
    """A simulated world of ratings with its truth."""
    return simulate(Kind.RATING, n_users=120, n_items=80, seed=1)


@pytest.fixture(scope="session")
def little() -> Dataset:
    """A simulated data set of ratings on which a network trains within a second."""
    world = simulate(Kind.RATING, n_users=40, n_items=30, seed=0, mean_events=10)
    return world.dataset.renamed("little")


@dataclass(frozen=True)
class Studio:
    """A workspace with the data set `little` and finished runs of it, by model. Nobody may change it."""

    folder: Path
    data: Dataset
    runs: dict[str, str]


@pytest.fixture(scope="session")
def shared_studio(tmp_path_factory: pytest.TempPathFactory, little: Dataset) -> Studio:
    """The studio, made once a session: one network, one item model and a floor."""
    folder = tmp_path_factory.mktemp("studio")
    settings = {"history_encoder": {"epochs": 4}, "embedding_mlp": {"epochs": 2}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(folder))
        keep_dataset(little, actor="test")
        models = ("history_encoder", "embedding_mlp", "ease", "popularity")
        runs = {model: finished_run(little, model, settings=settings.get(model)).id for model in models}
    return Studio(folder, little, runs)


@pytest.fixture
def studio(shared_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """The shared studio as this test's workspace, to be read only."""
    monkeypatch.setenv("RECSYS_WORKSPACE", str(shared_studio.folder))
    return shared_studio
