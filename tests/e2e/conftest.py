"""A real server, a real Chromium, and a page that fails the test on anything a person should never meet."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, expect, sync_playwright

from tests.e2e.slow import slowed
from tests.helpers import REPOSITORY, wait_until
from tests.pages.conftest import made_shop

__all__ = ["made_shop"]

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HEADINGS = {
    "": "Recsys Studio",
    "explore": "Explore",
    "prepare": "Prepare",
    "train": "Train",
    "tune": "Tune",
    "metrics": "Metrics",
    "map": "Map",
    "recommend": "Recommend",
    "cold_start": "Cold start",
    "taste": "Taste test",
    "present": "Present",
    "diversity": "Diversity",
    "audit": "Split auditor",
    "worth": "Worth of a feature",
}
LINE_SECONDS = float(os.environ.get("RECSYS_TEST_LINE_SECONDS", "0"))
SLOWNESS = float(os.environ.get("RECSYS_TEST_SLOWNESS", "1"))
"""A slow line and a browser so many times slower, by `make e2e-slow`: what only worked because it was quick fails."""
HARMLESS = ("_stcore/health", "_stcore/host-config")  # the client looks for the base path
PATIENCE_MS = 60_000
SHORT_MS = PATIENCE_MS // 4
"""After which what had no effect is done again."""
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser, and is tried once more where it fails: the run says so in its summary.

    Streamlit itself loses a message now and then where a click meets the start of a script; what fails twice is ours.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(600))
            if LINE_SECONDS == 0:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


def started(workspace: Path, **settings: str) -> tuple[subprocess.Popen[bytes], str]:
    """The app on a workspace, on a free port of this machine, once it answers: its process and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "pages.ui.launch", "--no-browser", "--port", str(port)],
        cwd=REPOSITORY,
        env=os.environ | {"RECSYS_WORKSPACE": str(workspace), "RECSYS_IDLE_SECONDS": "2"} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _is_well(address), seconds=60, what="the server answers")
    except BaseException:
        server.kill()
        raise
    return server, f"http://127.0.0.1:{slowed(port, LINE_SECONDS)}" if LINE_SECONDS else address


@contextmanager
def serving(workspace: Path, **settings: str) -> Iterator[str]:
    """The app on a workspace; its address. It is told to leave at the end, as by Ctrl-C."""
    server, address = started(workspace, **settings)
    try:
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)


def _is_well(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def shop_address(made_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One warm server on the shop, for tests that change nothing in it."""
    folder = tmp_path_factory.mktemp("shop") / "workspace"
    shutil.copytree(made_shop, folder)
    with serving(folder, RECSYS_DISPATCHER="0") as running:
        yield running


OpenBrowser = Callable[..., Page]


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[OpenBrowser]:
    """Opens a new browser window; afterwards none may have met an error or asked another host for anything."""
    with watched_windows(browser) as opened:
        yield opened


@contextmanager
def watched_windows(browser: Browser) -> Iterator[OpenBrowser]:
    """What `open_browser` gives to one test, for as long as one likes."""
    contexts, wrong = [], []

    def watched(message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not place.endswith(HARMLESS):
            wrong.append(f"console: {message.text} ({place})")

    def opened(width: int = 1280, height: int = 1000, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        if SLOWNESS > 1:
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWNESS})
        page.on("console", watched)
        page.on("pageerror", lambda problem: wrong.append(f"script: {problem}"))
        page.on("request", lambda asked: _foreign(asked.url) and wrong.append(f"foreign: {asked.url}"))
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            close(page)
    assert wrong == []


def _foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:"))


def close(page: Page) -> None:
    """Closes the window; nothing on it may have been an exception."""
    assert page.get_by_test_id("stException").count() == 0
    page.context.close()


def visit(page: Page, address: str, path: str = "") -> None:
    """Opens a page and waits until it is painted and at rest."""
    page.goto(f"{address}/{path}")
    settled(page, HEADINGS[path.partition("?")[0]])


def go(page: Page, name: str, heading: str | None = None) -> None:
    """Changes the page by the menu."""
    page.get_by_test_id("stSidebarNav").get_by_text(name, exact=True).click()
    settled(page, heading or name)


def settled(page: Page, heading: str) -> None:
    """Waits until the page of this heading is complete."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE_MS)
    expect(page.get_by_text("What is this?")).to_be_visible(timeout=PATIENCE_MS)
    at_rest(page)


def at_rest(page: Page) -> None:
    """Waits until the script behind the page is not running."""
    page.wait_for_function(
        "() => document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'running'"
    )


def give(page: Page, path: Path, place: int = 0) -> None:
    """Gives a file to an uploader, and once more where nothing came of it.

    Streamlit forgets the address that it has for an upload if a script starts in that moment: the file is lost, unsaid.
    """
    uploader = page.get_by_test_id("stFileUploader").nth(place)
    given = uploader.get_by_role("button", name=f"Remove {path.name}")
    until(page, lambda: uploader.locator("input").set_input_files(path), given.is_visible)


def until(page: Page, act: Callable[[], object], done: Callable[[], bool]) -> None:
    """Does something until it has had its effect, as a person does whose click went to what was just drawn anew.

    Each time that it had none is a warning in the summary of the run.
    """
    for _try in range(3):
        with suppress(AssertionError, Error):
            act()
            wait_for(page, done, SHORT_MS)
            return
        warnings.warn("No effect, so done again", stacklevel=2)
    if not done():
        act()
    wait_for(page, done)


def choose(page: Page, box: Locator, option: str, done: Callable[[], bool] | None = None) -> None:
    """Types into a box to choose from and clicks on what it offers, until it is taken: until the box says so."""

    def pick() -> None:
        box.click(timeout=SHORT_MS)
        box.fill(option, timeout=SHORT_MS)
        page.get_by_role("option", name=option).first.click(timeout=SHORT_MS)

    until(page, pick, done or (lambda: option in box.input_value(timeout=SHORT_MS)))


def cards(page: Page) -> list[str]:
    """The titles of the list's cards, best first."""
    texts = page.locator("[data-testid=stMarkdown] p:has(strong:nth-of-type(2))").all_inner_texts()
    return [" ".join(text.split()) for text in texts]


def wait_for(page: Page, condition: Callable[[], bool], patience_ms: int = PATIENCE_MS) -> None:
    """Looks every 50 ms, with the browser's events served; fails when the time has passed."""
    for _look in range(patience_ms // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError("waited in vain")
