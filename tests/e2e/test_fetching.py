"""Fetching a built-in source in a browser: what moves while it comes, and Stop that really stops."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import OpenBrowser, at_rest, close, go, serving, visit, wait_for
from tests.invoices import official_archive
from tests.web import Reply, web

ARCHIVE = "online_retail_ii.zip"


def _beginnings(workspace: Path) -> list[str]:
    """Parts and whole downloads in the cache."""
    names = [path.name for path in (workspace / "cache").iterdir()] if (workspace / "cache").exists() else []
    return [name for name in names if name.endswith((".part", ".zip"))]


def test_a_download_is_watched_stopped_and_taken_up_again(tmp_path: Path, open_browser: OpenBrowser) -> None:
    workspace = tmp_path / "workspace"
    body = (
        bytes(3_000_000) + official_archive()
    )  # what stands before a zip archive does not matter to a reader
    slow = Reply(body, held=threading.Event())
    with (
        web({f"/{ARCHIVE}": slow}) as mirror,
        serving(workspace, RECSYS_MIRROR=mirror, RECSYS_FIRST_START="0", RECSYS_DISPATCHER="0") as address,
    ):
        page = open_browser()
        visit(page, address, "prepare")
        page.get_by_text("No file at hand?").click()
        row = page.locator(".st-key-fetching_online-retail")
        row.get_by_role("button").click()
        expect(page.get_by_text(re.compile(r"\d\.\d of 3\.0 MB · \d+ s left"))).to_be_visible()
        wait_for(page, lambda: any(name.endswith(".part") for name in _beginnings(workspace)))
        stop = page.locator(".st-key-fetching_stop").get_by_role(
            "button"
        )  # Streamlit's own header has one as well
        stop.click()
        expect(stop).to_have_count(0)
        at_rest(page)
        wait_for(page, lambda: _beginnings(workspace) == [])
        assert slow.asked == 1
        expect(row.get_by_role("button")).to_be_enabled()

        row.get_by_role("button").click()
        wait_for(page, lambda: slow.asked == 2)
        page.get_by_test_id("stSidebarNav").get_by_text("Explore", exact=True).click()  # leaving ends it too
        expect(page.get_by_text("Nothing to explore yet.")).to_be_visible()
        wait_for(page, lambda: _beginnings(workspace) == [])

        assert slow.held is not None
        slow.held.set()
        go(page, "Prepare")
        page.get_by_text("No file at hand?").click()
        row.get_by_role("button").click()
        expect(page.get_by_text("online-retail is ready")).to_be_visible()
        assert _beginnings(workspace) == [ARCHIVE]
        close(page)
