"""Any page's address, opened cold or pasted elsewhere, gives the same view; Back and reload keep it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import (
    OpenBrowser,
    at_rest,
    cards,
    choose,
    close,
    go,
    serving,
    settled,
    visit,
    wait_for,
)

QUIET = {"RECSYS_DISPATCHER": "0"}


@pytest.fixture(scope="module")
def shop_folder(made_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's workspace for the tests of this file."""
    folder = tmp_path_factory.mktemp("addresses") / "workspace"
    shutil.copytree(made_shop, folder)
    return folder


@pytest.mark.parametrize("path", ["explore", "recommend"])  # that all begin alike is a test of its own
def test_the_first_request_of_a_fresh_server_may_be_any_page(
    path: str, shop_folder: Path, open_browser: OpenBrowser
) -> None:
    query = "?user=c011&k=5&model=ease&search=Article+17"
    with serving(shop_folder, **QUIET) as fresh:
        page = open_browser()
        visit(page, fresh, path + query)
        assert page.get_by_role("dialog").count() == 0
        expect(page.get_by_test_id("stSidebar").get_by_text("Data set")).to_be_visible()
        if path == "recommend":
            expect(page.get_by_text("held-out articles found in this list of 5")).to_be_visible()
            wait_for(page, lambda: "user=c011" in page.url and "k=5" in page.url)
        if path == "explore":
            expect(page.get_by_role("textbox", name="Text")).to_have_value("Article 17")
        close(page)  # before its server ends


def test_choices_survive_pages_reload_back_and_a_second_browser(
    shop_address: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    visit(page, shop_address, "recommend")
    page.get_by_role("spinbutton", name="How many").fill("7")
    page.keyboard.press("Enter")
    found = page.get_by_text("held-out articles found in this list of 7")
    expect(found).to_be_visible()
    wait_for(
        page, lambda: len(cards(page)) == 7
    )  # the line above the list is painted before its last cards go
    before = cards(page)
    page.get_by_role("combobox", name="User").click()
    page.get_by_role("combobox", name="User").fill("c025")
    page.keyboard.press("Enter")
    wait_for(page, lambda: "user=c025" in page.url and "k=7" in page.url)
    wait_for(page, lambda: cards(page) != before)
    at_rest(page)
    first = cards(page)
    assert len(first) == 7
    go(page, "Explore")
    page.go_back()
    settled(page, "Recommend")
    expect(found).to_be_visible()
    wait_for(page, lambda: cards(page) == first)
    page.reload()
    settled(page, "Recommend")
    wait_for(page, lambda: cards(page) == first)
    other = open_browser()
    other.goto(page.url)
    settled(other, "Recommend")
    wait_for(other, lambda: cards(other) == first)


def test_the_chosen_run_goes_along_to_other_pages(shop_address: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    visit(page, shop_address, "recommend")
    choose(page, page.get_by_test_id("stSidebar").get_by_role("combobox", name="Run"), "EASE")
    expect(page.get_by_role("heading", name="EASE:")).to_be_visible()
    go(page, "Cold start")
    chosen = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Run")
    expect(chosen).to_have_value(re.compile("^EASE"))
    wait_for(page, lambda: "run=EASE" in page.url)


def test_a_long_chinese_title_breaks_no_layout(shop_address: str, open_browser: OpenBrowser) -> None:
    for width in (1280, 390):
        page = open_browser(width=width)
        visit(page, shop_address, "cold_start")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_invented_item_is_part_of_the_address(shop_address: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    visit(page, shop_address, "cold_start?cold_start_who=item&new_title=Teapot&item.aisle=tea")
    answer = page.get_by_role("heading", name="Teapot")
    expect(answer).to_contain_text("in their first ten")
    told = answer.inner_text()
    choose(page, page.get_by_role("combobox", name="aisle"), "toys")
    expect(answer).not_to_have_text(told)
    at_rest(page)
    wait_for(page, lambda: "item.aisle=toys" in page.url)
    told = answer.inner_text()
    page.reload()
    settled(page, "Cold start")
    expect(answer).to_have_text(told)
