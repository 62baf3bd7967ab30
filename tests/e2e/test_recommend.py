"""A stakeholder's ten minutes on Recommend: who, why, what if, beside another run, everybody's lists."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenBrowser, at_rest, cards, choose, close, settled, visit, wait_for


def test_who_why_what_if_beside_and_for_everybody(
    shop_address: str, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    visit(page, shop_address, "recommend?user=c004")
    wait_for(page, lambda: len(cards(page)) == 10)
    plain = cards(page)
    page.get_by_role("button", name="Why?").first.click()
    expect(page.get_by_text("past choices was left out in turn")).to_be_visible()
    page.keyboard.press("Escape")
    _what_if(page, plain)
    choose(page, page.get_by_role("combobox", name="Beside it"), "EASE", lambda: "beside=" in page.url)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="The same user by 2 runs")).to_be_visible()
    expect(page.get_by_text("articles are in all 2 lists")).to_be_visible()
    _everybody(page, tmp_path)
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    _asked(page, shop_address)
    close(page)


def _asked(page: Page, address: str) -> None:
    """On a telephone, a new person answers three questions; the list follows, the address keeps the yes."""
    visit(page, address, "cold_start")
    everybody = cards(page)
    page.get_by_text("Ask me", exact=True).click()
    for number, answer in enumerate(("Yes", "No", "Yes"), start=1):
        expect(page.get_by_text(f"{number}. Do you like this article?")).to_be_visible()
        page.get_by_role("button", name=answer, exact=True).click()
    expect(page.get_by_text("4. Do you like this article?")).to_be_visible()
    expect(page.get_by_test_id("stMetricLabel").get_by_text("Steadiness")).to_be_visible()
    wait_for(page, lambda: cards(page) != everybody)
    wait_for(page, lambda: page.url.count("picks=") == 2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def _what_if(page: Page, plain: list[str]) -> None:
    """Takes one choice out, looks, reloads the address, puts everything back."""
    page.get_by_text("What if this user had chosen otherwise?").click()
    left_out = page.get_by_role("combobox", name="Leave out of what they chose")
    choose(page, left_out, "Article 16", lambda: "out=P016" in page.url)
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Before the edits")).to_be_visible()
    at_rest(page)
    wait_for(page, lambda: cards(page) != plain)
    edited = cards(page)
    page.reload()
    settled(page, "Recommend")
    wait_for(page, lambda: cards(page) == edited)
    page.get_by_role("button", name="Put everything back").click()
    wait_for(page, lambda: cards(page) == plain)
    wait_for(page, lambda: "out=" not in page.url)


def _everybody(page: Page, folder: Path) -> None:
    page.get_by_role("button", name="Make the lists").click()
    button = page.get_by_role("button", name=re.compile(r"Download \("))
    expect(button).to_be_visible()
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(folder / "lists.parquet")
    table = pd.read_parquet(folder / "lists.parquet")
    assert list(table.columns) == ["user_id", "item_id", "score", "rank"]
    assert table.groupby("user_id").size().tolist() == [10] * 90
