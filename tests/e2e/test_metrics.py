"""Metrics in a real browser: from a figure to what is behind it, from a loser to their list, from a file to a run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, expect

from recsys_core.columns import ITEM, USER
from recsys_core.data.store import open_dataset
from recsys_core.runs import list_runs
from tests import shop
from tests.e2e.conftest import SHORT_MS, OpenBrowser, at_rest, close, give, serving, until, visit, wait_for


def _view(page: Page, name: str) -> None:
    """Chooses a view of the page."""
    page.get_by_test_id("stMain").get_by_text(name, exact=True).first.click()
    at_rest(page)


def _click_a_figure(page: Page) -> None:
    """The first run's first figure in the table, which is a canvas."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed(timeout=SHORT_MS)
    box = table.bounding_box(timeout=SHORT_MS)
    assert box is not None
    page.mouse.click(box["x"] + 0.35 * box["width"], box["y"] + 52)


def test_from_a_figure_to_what_is_behind_it_and_from_a_loser_to_their_list(
    shop_address: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    visit(page, shop_address, "metrics")
    expect(page.get_by_text("Against Popularity")).to_be_visible()
    until(page, lambda: _click_a_figure(page), lambda: "view=inspect" in page.url)
    expect(page.get_by_text("It comes out")).to_be_visible()
    _view(page, "Charts")
    expect(page.get_by_text("nothing is better in both figures")).to_be_visible()
    _view(page, "Who is served worst")
    expect(page.get_by_text("Click a point to restrict every chart")).to_be_visible()
    _view(page, "Winners and losers")
    expect(page.get_by_role("heading", name="Hit hardest", exact=False).first).to_be_visible()
    link = page.get_by_role("button", name=re.compile("Look at this"))
    link.or_(page.get_by_role("link", name=re.compile("Look at this"))).first.click()
    expect(page.get_by_role("heading", name="Recommend", level=1)).to_be_visible()
    at_rest(page)
    page.go_back()  # to the page before it wrote the user into its address
    at_rest(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Metrics", level=1)).to_be_visible()
    at_rest(page)
    expect(page.get_by_role("heading", name="Hit hardest", exact=False).first).to_be_visible()
    close(page)


def test_a_file_of_scores_stands_on_the_leaderboard(
    made_shop: Path, workspace: Path, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    shutil.copytree(made_shop, workspace)
    scores = tmp_path / "theirs.csv"
    _scores_of("ease").to_csv(scores, index=False)
    with serving(workspace, RECSYS_DISPATCHER="0") as address:  # judged by a process of the page's own
        page = open_browser()
        visit(page, address, "metrics")
        page.get_by_text("Judge what you already have").click()
        give(page, scores)
        judge = page.get_by_role("button", name="Judge it")
        expect(judge).to_be_visible()
        judge.click()
        expect(page.get_by_text(re.compile("theirs")).first).to_be_visible()
        wait_for(page, lambda: any(one.startswith("theirs") for one in _compared_with(page)))
        close(page)


def _compared_with(page: Page) -> list[str]:
    """The runs that one can compare with: those on the leaderboard."""
    at_rest(page)
    page.get_by_role("combobox", name="Compare with").click()
    found = page.get_by_role("option").all_inner_texts()
    page.keyboard.press("Escape")
    return found


def _scores_of(model: str) -> pd.DataFrame:
    """The candidates of a run with the ids of the files, as another system would bring them."""
    run = next(one for one in list_runs() if one.config.model == model)
    data, table = open_dataset(shop.DATA), run.table("candidates")
    users, items = data.users[USER].to_numpy(), data.items[ITEM].to_numpy()
    return pd.DataFrame({"user": users[table["user"]], "item": items[table["item"]], "score": table["score"]})
