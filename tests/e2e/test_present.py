"""From a view to the board, the slides, the exported page, and a vote on a telephone: one walk."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenBrowser, at_rest, close, go, serving, settled, visit, wait_for

SENTENCE = "This customer gets towels <b>first</b>."


def _pin(page: Page, sentence: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Pin", exact=True).click()
    page.get_by_role("textbox", name="What does one see here?").fill(sentence)
    page.get_by_role("button", name="Pin this view").dblclick()
    expect(page.get_by_text("on the board.")).to_be_visible()
    page.keyboard.press("Escape")
    at_rest(page)


def test_a_pinned_view_is_presented_exported_and_opened_again(
    made_shop: Path, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    shutil.copytree(made_shop, tmp_path / "workspace")
    with serving(tmp_path / "workspace", RECSYS_DISPATCHER="0") as address:
        page = open_browser()
        visit(page, address, "recommend?user=c011&k=5")
        _pin(page, SENTENCE)
        go(page, "Metrics")
        _pin(page, "Who leads?")
        go(page, "Recommend")
        page.get_by_role("spinbutton", name="How many").fill("8")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("k=8"))
        go(page, "Present")
        expect(page.get_by_text("2 views are pinned.")).to_be_visible()  # a double click made one pin
        _look_at_slides(page)
        _export(page, tmp_path / "report.html", open_browser())
        page.get_by_text("Open the view").first.click()
        settled(page, "Recommend")
        expect(page.get_by_role("spinbutton", name="How many")).to_have_value("5")
        wait_for(page, lambda: "user=c011" in page.url and "k=5" in page.url and "pin=" not in page.url)
        close(page)
        _vote_on_a_telephone(open_browser(width=390, height=844), address)


def _look_at_slides(page: Page) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name="Present").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SENTENCE)
    expect(page.get_by_text("What c011 would get")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who leads?")
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    at_rest(page)
    page.keyboard.press("Escape")
    settled(page, "Present")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()


def _export(page: Page, to: Path, reader: Page) -> None:
    with page.expect_download() as told:
        page.get_by_role("button", name="Export as one page").click()
    told.value.save_as(to)
    asked: list[str] = []
    reader.context.on("request", lambda request: asked.append(request.url))
    reader.set_content(to.read_text(encoding="utf-8"))
    expect(reader.get_by_text(SENTENCE)).to_be_visible()
    expect(reader.get_by_role("img")).to_have_count(6)  # a bar a run
    reader.set_viewport_size({"width": 390, "height": 844})
    assert reader.evaluate("document.documentElement.scrollWidth") <= 390
    assert asked == []


def _vote_on_a_telephone(page: Page, address: str) -> None:
    visit(page, address, "taste")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    left, right = (
        page.get_by_role("button", name=f"The {side} one").bounding_box() for side in ("left", "right")
    )
    assert left is not None and right is not None
    assert left["y"] + left["height"] < right["y"] and right["x"] + right["width"] <= 390
    page.get_by_role("button", name="The left one").dblclick()
    expect(page.get_by_text("One vote on these two so far: 1 of them yours")).to_be_visible()
    close(page)
