"""The whole loop as a newcomer walks it: MovieLens by itself, then a small shop's own files."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from recsys_core.data.dataset import Dataset
from tests.e2e.conftest import (
    OpenBrowser,
    at_rest,
    cards,
    choose,
    close,
    give,
    go,
    serving,
    settled,
    until,
    visit,
    wait_for,
)
from tests.helpers import REPOSITORY
from tests.shop import HOSTILE_TITLE, write_shop

LONG_MS = 120_000
VERDICT = re.compile("Converged by epoch|Still learning|Over-fitting since epoch")
DONE = re.compile(r"Done: NDCG@10 0\.\d+ ± 0\.\d+")


def _pick(page: Page, title: str, count: int = 1) -> None:
    """Picks one item on Cold start by typing its title; so many are picked then."""
    came_in = page.get_by_text("came in:")
    choose(page, page.get_by_role("combobox", name="Pick up to 20"), title, lambda: came_in.count() == count)


def _figure(page: Page) -> float:
    """The NDCG that the Train page names."""
    return float(re.search(r"NDCG@10 (0\.\d+)", page.get_by_text(DONE).inner_text())[1])  # type: ignore[index]


def test_a_newcomer_walks_the_loop_on_movielens(
    movielens: Dataset, tmp_path: Path, open_browser: OpenBrowser
) -> None:
    kept = Path(os.environ.get("RECSYS_TEST_CACHE") or REPOSITORY / "workspace" / "cache")
    shutil.copytree(kept, tmp_path / "workspace" / "cache")
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="1", RECSYS_DISPATCHER="1") as address:
        page = open_browser()
        visit_home_at_once(page, address)
        expect(page.get_by_text("100,000")).to_be_visible(timeout=LONG_MS)
        ready = page.get_by_role("heading", name="of 10 films shown")
        expect(ready).to_be_visible(timeout=LONG_MS)
        expect(page.get_by_text("5 runs, all on the same split.")).to_be_visible(timeout=LONG_MS)
        _train_and_watch(page)
        _out_and_in(page)
        _judge(page)
        _look_at_a_person(page)
        _pick_five(page)
        close(page)


def visit_home_at_once(page: Page, address: str) -> None:
    """The very first request of an empty workspace: something is said at once."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Recsys Studio")
    expect(page.get_by_text("Fetching MovieLens 100K").or_(page.get_by_text("100,000"))).to_be_visible()


def _train_and_watch(page: Page) -> None:
    go(page, "Train")
    page.get_by_role("spinbutton", name="Seed").fill("1")
    page.keyboard.press("Enter")
    at_rest(page)
    _refused_and_foretold(page)
    page.get_by_role("button", name="Train", exact=True).dblclick()
    expect(
        page.get_by_text(re.compile(r"epoch \d+ of at most \d+ · at most .+ left · .+ samples a second"))
    ).to_be_visible(timeout=LONG_MS)  # on a busy machine TensorFlow alone takes half a minute to start
    main = page.get_by_test_id("stMainBlockContainer")  # the header has a Stop of its own while a script runs
    expect(main.get_by_role("button", name="Stop")).to_be_visible()
    address = page.url
    assert "job=" in address
    page.reload()  # the job does not mind
    settled(page, "Train")
    expect(page).to_have_url(address)
    expect(page.get_by_text(DONE)).to_be_visible(timeout=LONG_MS)
    assert _figure(page) >= 0.40
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)
    expect(page.get_by_text(VERDICT)).to_be_visible()


def _refused_and_foretold(page: Page) -> None:
    """A bad value is said before anything is started; a good one is answered with what it will take."""
    dropout = page.get_by_role("spinbutton", name="Dropout")
    for value, said in (("7", "parameter dropout: 7 is not allowed"), ("0.5", "of memory at its peak")):
        dropout.fill(value)
        page.keyboard.press("Enter")
        expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_enabled()


def _out_and_in(page: Page) -> None:
    """The run as a file, and the file brought in again: it is the run that is there."""
    page.get_by_text("Make it again, or take it along").click()
    expect(page.get_by_text("python -m recsys_core train --data=movielens-100k")).to_be_visible()
    with page.expect_download() as waited:
        page.get_by_role("button", name="The run as a file").click()
    file = waited.value.path().with_name("run.zip")
    waited.value.save_as(file)
    page.get_by_text("Bring a run from elsewhere").click()
    give(page, file)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_text("The same run was here before.")).to_be_visible()


def _judge(page: Page) -> None:
    page.get_by_text("Judge it beside the others").click()
    settled(page, "Metrics")
    expect(page.get_by_role("heading", name=re.compile("makes the best lists|is a tie"))).to_be_visible()
    go(page, "Home", "Recsys Studio")
    expect(page.get_by_text("6 runs, all on the same split.")).to_be_visible()  # a double click made one run


def _look_at_a_person(page: Page) -> None:
    go(page, "Recommend")
    wait_for(page, lambda: len(cards(page)) == 10)
    before = cards(page)
    dial = page.get_by_role("slider", name="Diversity")
    at_rest(page)
    until(page, lambda: dial.press("End"), lambda: "diversity=1.0" in page.url)
    expect(page.get_by_role("heading", name="The dial changed")).to_be_visible()
    wait_for(page, lambda: cards(page) != before and len(cards(page)) == 10)


def _pick_five(page: Page) -> None:
    go(page, "Cold start")
    wait_for(page, lambda: len(cards(page)) == 10)
    everybody = cards(page)
    for count, title in enumerate(("Alien (1979)", "Aliens (1986)", "Terminator, The (1984)"), start=1):
        _pick(page, title, count)
    assert not any("Terminator 2" in card for card in everybody)
    wait_for(page, lambda: any("Terminator 2" in card for card in cards(page)))
    mine = cards(page)
    assert len(mine) == 10
    assert not any("Alien" in card for card in mine)


def test_a_shop_s_own_files_walk_the_same_loop(tmp_path: Path, open_browser: OpenBrowser) -> None:
    events, items = write_shop(tmp_path)
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0") as address:
        page = open_browser()
        visit(page, address, "prepare")
        give(page, events)
        expect(page.get_by_role("heading", name="What the file was taken for")).to_be_visible()
        give(page, items, 1)
        expect(page.get_by_role("combobox", name="Item id in the items file")).to_be_visible()
        _name_it(page)
        page.get_by_role("button", name="Use this data").click()
        expect(page.get_by_text("corner-shop is ready: 1,080 interactions")).to_be_visible()
        page.get_by_text("Watch it train").click()
        settled(page, "Train")
        expect(page.get_by_text(DONE)).to_be_visible(timeout=LONG_MS)
        go(page, "Recommend")
        wait_for(page, lambda: len(cards(page)) == 10)
        go(page, "Cold start")
        _pick(page, HOSTILE_TITLE[:12])
        expect(page.get_by_text("came in:")).to_be_visible()
        assert page.get_by_role("link", name="offer").count() == 0
        assert "film" not in page.get_by_test_id("stMain").inner_text().lower()
        close(page)


def _name_it(page: Page) -> None:
    for label, text in (
        ("Name of the data set", "corner-shop"),
        ("One item is called", "article"),
        ("Several are called", "articles"),
    ):
        page.get_by_role("textbox", name=label).fill(text)
        page.keyboard.press("Tab")
        at_rest(page)


def test_an_empty_workspace_leads_to_prepare(tmp_path: Path, open_browser: OpenBrowser) -> None:
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0", RECSYS_DISPATCHER="0") as address:
        for width in (1280, 390):
            page = open_browser(width=width)
            visit_empty(page, address)
            page.get_by_text("Bring your own data").click()
            settled(page, "Prepare")
            close(page)


def visit_empty(page: Page, address: str) -> None:
    """Home of an empty workspace is an invitation and ends there."""
    page.goto(address)
    expect(page.get_by_text("No data set yet.")).to_be_visible()
