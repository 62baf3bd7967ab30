"""Diversity in a real browser: the dial, the frontier, a click on a point, and a setting kept as a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from recsys_core.scenarios.frontier_store import made_frontier
from tests.e2e.conftest import OpenBrowser, at_rest, close, serving, until, visit, wait_for


def _lines(page: Page) -> list[str]:
    """Rank and title of both lists, as they stand on the screen."""
    found = page.locator("[data-testid=stMarkdown] p").all_inner_texts()
    return [" ".join(one.split()) for one in found if re.match(r"\d+\s", one)]


def test_turn_the_dial_draw_the_frontier_click_a_point_and_keep_it(
    made_shop: Path, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    shutil.copytree(made_shop, tmp_path / "workspace")
    with serving(tmp_path / "workspace") as address:
        page = open_browser()
        visit(page, address, "diversity?user=c004&reranker=mmr&strength=0.1")
        wait_for(page, lambda: len(_lines(page)) == 20)
        before = _lines(page)
        _turn_to(page, 0.7)
        wait_for(page, lambda: _lines(page)[10:] != before[10:])
        page.get_by_role("button", name="Draw the frontier").click()
        expect(page.get_by_role("heading", name="Who gains, who loses")).to_be_visible(timeout=90_000)
        at_rest(page)
        expect(page.get_by_text("test is not touched")).to_be_visible()
        _click_a_point(page)
        _keep(page)
        close(page)


def _turn_to(page: Page, strength: float) -> None:
    """The dial, a key at a time; a step made while the last one's answer arrives is lost, one too far is taken back."""
    page.get_by_role("slider", name="Strength").focus()

    def step() -> bool:
        found = re.search(r"strength=([\d.]+)", page.url)
        now = float(found[1]) if found else 0.0
        if now != strength:
            page.keyboard.press("ArrowRight" if now < strength else "ArrowLeft")
            page.wait_for_timeout(50)  # or its script would not have begun yet
            at_rest(page)
        return now == strength

    wait_for(page, step)


def _click_a_point(page: Page) -> None:
    """The first of the points that lies apart from the others: the dial goes where its tooltip says."""
    before = page.url

    def click() -> None:
        points = page.locator(
            "[data-testid=stVegaLiteChart] .mark-symbol.role-mark path[aria-label*='strength']"
        )
        points.first.scroll_into_view_if_needed()
        boxes = [one.bounding_box() for one in points.all()]
        places = [(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes if box]
        lonely = max(
            places, key=lambda one: min(abs(one[0] - x) + abs(one[1] - y) for x, y in places if (x, y) != one)
        )
        page.mouse.click(*lonely)

    until(page, click, lambda: page.url != before)
    at_rest(page)
    expect(page).to_have_url(re.compile("(reranker|strength)="))


def _keep(page: Page) -> None:
    """The setting becomes a run, measured on test once, and stands on the leaderboard."""
    page.get_by_label("Name of the run").fill("My kept dial")
    page.keyboard.press("Tab")
    at_rest(page)
    page.get_by_role("button", name="Save as a run").click()
    expect(page.get_by_text("My kept dial is measured: NDCG@10 on test")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="See it on the leaderboard").click()
    expect(page.get_by_role("heading", name="Metrics", exact=True)).to_be_visible()
    at_rest(page)
    expect(page.get_by_text("My kept dial").first).to_be_attached()


def test_on_a_telephone_and_in_the_dark_it_fits(
    made_shop: Path, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    shutil.copytree(made_shop, tmp_path / "workspace")
    _drawn(tmp_path / "workspace")
    with serving(tmp_path / "workspace", RECSYS_DISPATCHER="0") as address:
        page = open_browser(390, 900, "dark")
        visit(page, address, "diversity?run=EASE")
        expect(page.get_by_text("What it costs and brings")).to_be_attached()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        close(page)


def _drawn(workspace: Path) -> None:
    import pytest

    from recsys_core.runs import list_runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(workspace))
        made_frontier(next(run for run in list_runs() if run.config.model == "ease"))
