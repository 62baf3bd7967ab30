"""Explore in a browser: a brush over the bars, a click on a bar, Back, a link to somebody in another time zone."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import OpenBrowser, at_rest, until, visit, wait_for

BRUSHED = re.compile(r"from=(\d{4}-\d\d-\d\d)&to=(\d{4}-\d\d-\d\d)")


def _chart(page: Page, name: str) -> Locator:
    """A chart by the beginning of its key, once it is drawn."""
    chart = page.locator(f"[class*='st-key-{name}']").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas, svg.marks").first).to_be_visible()
    return chart


def _brush(page: Page, start: float, stop: float) -> None:
    """Drags over the chart over time, from one share of its width to another."""

    def drag() -> None:
        box = _chart(page, "explore_time_").bounding_box()
        assert box is not None
        across = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + start * box["width"], across)
        page.mouse.down()
        page.mouse.move(box["x"] + stop * box["width"], across, steps=8)
        page.mouse.up()

    until(page, drag, lambda: bool(BRUSHED.search(page.url)))


def _click_first_bar(page: Page) -> None:
    """Clicks on the bar of the most frequent value."""

    def click() -> None:
        box = _chart(page, "explore_attribute_").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 60)

    until(page, click, lambda: "pick=items.aisle" in page.url)


def test_a_brush_and_a_click_answer_everywhere_and_back_undoes_them(
    shop_address: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    visit(page, shop_address, "explore")
    expect(page.get_by_text("Selected:")).to_have_count(0)
    everything = page.get_by_role("heading", level=2).first.inner_text()
    _brush(page, 0.4, 0.65)
    expect(page.get_by_text(re.compile(r"of 1,080 interactions"))).to_be_visible()
    expect(page).to_have_url(BRUSHED)
    at_rest(page)
    brushed = page.url
    _click_first_bar(page)
    expect(page.get_by_text(re.compile(r"aisle \(article\): \w+"))).to_be_visible()
    at_rest(page)
    page.wait_for_timeout(
        1600
    )  # Back is told apart from an answer on its way by the time since it was written
    page.go_back()
    expect(page.get_by_text(re.compile(r"aisle \(article\): \w+"))).to_have_count(0)
    expect(page).to_have_url(brushed)
    page.locator(".st-key-explore_clear button").first.click()
    expect(page.get_by_text("Selected:")).to_have_count(0)
    expect(page.get_by_role("heading", level=2).first).to_have_text(everything)
    wait_for(page, lambda: "from=" not in page.url)


def test_a_link_shows_the_same_days_in_another_time_zone(
    shop_address: str, browser: Browser, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    visit(page, shop_address, "explore")
    _brush(page, 0.4, 0.65)
    expect(page).to_have_url(BRUSHED)
    chosen = BRUSHED.search(page.url)
    here = page.get_by_text(re.compile(r"of 1,080 interactions")).inner_text()
    assert chosen is not None
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, timezone_id="Pacific/Kiritimati")
    far = context.new_page()
    far.goto(page.url)
    expect(far.get_by_text(re.compile(r"of 1,080 interactions"))).to_have_text(here)
    expect(far.get_by_text("What is this?")).to_be_visible()
    at_rest(far)
    far.locator(".st-key-explore_clear button").first.click()
    expect(far.get_by_text("Selected:")).to_have_count(0)
    at_rest(far)
    _brush(far, 0.4, 0.65)  # the same gesture chooses the same days, fourteen hours ahead
    expect(far).to_have_url(re.compile(f"from={chosen[1]}&to={chosen[2]}"))
    context.close()


def test_nothing_runs_over_the_edge_of_a_telephone(shop_address: str, open_browser: OpenBrowser) -> None:
    page = open_browser(width=390, scheme="dark")
    visit(page, shop_address, "explore")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
