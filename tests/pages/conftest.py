"""A workspace of a small shop, made once in another process, and the app opened on a copy of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from filelock import FileLock
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from recsys_core.data.store import open_dataset
from recsys_core.models import registry
from recsys_core.runs import Run, list_runs
from tests import shop
from tests.helpers import REPOSITORY

PAGES = (
    "home",
    "explore",
    "prepare",
    "train",
    "tune",
    "metrics",
    "map",
    "recommend",
    "cold_start",
    "taste",
    "present",
    "diversity",
    "audit",
    "worth",
)
SECONDS = 30


@pytest.fixture(scope="session")
def made_shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The shop's workspace with a finished run of every model, made once for all processes. Nobody may change it."""
    mine = tmp_path_factory.getbasetemp()
    shared = mine if worker_id == "master" else mine.parent
    folder = shared / "made-shop" / "workspace"
    with FileLock(shared / "made-shop.lock"):
        if not (folder.parent / "done").exists():
            made = subprocess.run(
                [sys.executable, "-m", "tests.shop", str(folder)],
                cwd=REPOSITORY,
                env=os.environ | {"RECSYS_WORKSPACE": str(folder)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert made.returncode == 0, made.stderr
            (folder.parent / "done").touch()
    return folder


_scan = manifest_scanner.scan_component_manifests


@cache
def _installed_components() -> list[Any]:
    """What Streamlit finds among the installed packages, looked for once a process."""
    return list(_scan())


def _warm(start: Callable[..., None]) -> Callable[..., None]:
    """AppTest forgets at every run that app.py ran before; in a warm server it is known."""

    def warm_start(manager: PagesManager, *given: Any, **named: Any) -> None:
        PagesManager.uses_pages_directory = False
        start(manager, *given, **named)

    return warm_start


@pytest.fixture(autouse=True)
def page_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages start no process here, and nothing is left in the caches of another test."""
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    # Each AppTest would read the metadata of every installed package again, which is most of a test's time.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", _installed_components)
    monkeypatch.setattr(PagesManager, "__init__", _warm(PagesManager.__init__))
    # After each script Streamlit clears a loaded Keras, and with it all garbage of this process. The app's own never loads
    # it (test_no_page_loads_tensorflow); this one has trained for other tests, and would spend half of its time on that.
    monkeypatch.setattr(script_runner, "_clean_problem_modules", lambda: None)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@dataclass(frozen=True)
class Shop:
    """A copy of the shop's workspace that a test may change."""

    folder: Path

    def run(self, model: str) -> Run:
        """Its run of a model."""
        return next(run for run in list_runs() if run.config.model == model)

    def label(self, model: str) -> str:
        """How the sidebar names that run."""
        return f"{registry.spec(model).title} · {self.run(model).id[:4]}"

    @property
    def titles(self) -> list[str]:
        """Every article's title."""
        return list(open_dataset(shop.DATA).items["title"])


@pytest.fixture
def shop_with_runs(made_shop: Path, workspace: Path) -> Shop:
    """The shop with finished runs."""
    shutil.copytree(made_shop, workspace)
    return Shop(workspace)


@pytest.fixture
def shop_without_runs(shop_with_runs: Shop) -> Shop:
    """The shop's data alone."""
    shutil.rmtree(shop_with_runs.folder / "runs")
    return shop_with_runs


OpenPage = Callable[..., AppTest]


@pytest.fixture
def open_page(workspace: Path) -> OpenPage:
    """Opens a page as a browser does: through app.py, with the address's parameters."""

    def opened(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(REPOSITORY / "app.py"), default_timeout=SECONDS)
        for name, value in query.items():
            app.query_params[name] = value
        return (app if page == "home" else app.switch_page(f"pages/{page}.py")).run()

    return opened


def words_of(app: AppTest) -> str:
    """Everything that a person reads on the page, in one text."""
    kinds = (app.title, app.header, app.subheader, app.markdown, app.caption, app.info, app.warning)
    boxes = (app.error, app.success, app.text)
    texts = [str(element.value) for group in (*kinds, *boxes) for element in group]
    return "\n".join(texts).replace("\\", "").replace("\u2060", "")


def assert_clean(app: AppTest) -> None:
    """No exception and no error on the page."""
    assert not app.exception, [one.value for one in app.exception]
    assert not app.error, [one.value for one in app.error]
