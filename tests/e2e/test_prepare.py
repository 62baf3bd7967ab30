"""A file that nobody prepared, in a browser: what it is taken for, what cleaning costs, and a shop that trains."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from tests.dirty import order_lines
from tests.e2e.conftest import OpenBrowser, at_rest, close, give, go, serving, settled, visit
from tests.e2e.test_accessibility import change_scheme, violations
from tests.helpers import REPOSITORY

LONG_MS = 240_000


def _upload(page: Page, path: Path) -> None:
    give(page, path)
    expect(page.get_by_role("button", name="Use this data")).to_be_visible(timeout=LONG_MS / 2)
    at_rest(page)


def test_a_messy_file_is_shown_counted_and_kept(tmp_path: Path, open_browser: OpenBrowser) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(order_lines().to_csv(index=False, sep=";").encode("latin-1"))
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0", RECSYS_DISPATCHER="0") as address:
        page = open_browser()
        visit(page, address, "prepare")
        _upload(page, path)
        expect(page.get_by_text("600 rows, 6 columns; semicolon between cells")).to_be_visible()
        expect(page.get_by_text("amounts, not grades")).to_be_visible()
        expect(page.get_by_text("taken for cancellations")).to_be_visible()
        assert violations(page) == []
        change_scheme(page, "dark")
        assert violations(page) == []
        with page.expect_download() as download:
            page.get_by_role("button", name="All rows that are taken (CSV)").click()
        taken = pd.read_csv(download.value.path(), dtype="str")
        assert taken["step"].value_counts()["cancelled"] == 30
        assert taken.loc[taken["step"] == "cancelled", "row"].astype(int).min() == 2
        page.get_by_text("Drop codes that are no product", exact=True).click()
        at_rest(page)
        page.get_by_role("button", name="Use this data").click()
        expect(page.get_by_text("orders is ready")).to_be_visible()
        close(page)


def test_a_second_file_goes_through_the_recipe_in_one_step(tmp_path: Path, open_browser: OpenBrowser) -> None:
    lines = order_lines()
    (tmp_path / "may.csv").write_bytes(lines.to_csv(index=False, sep=";").encode("latin-1"))
    (tmp_path / "june.tsv").write_bytes(lines.tail(400).to_csv(index=False, sep="\t").encode())
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0", RECSYS_DISPATCHER="0") as address:
        page = open_browser()
        visit(page, address, "prepare")
        _upload(page, tmp_path / "may.csv")
        page.get_by_text("Keep active users and items", exact=True).click()
        at_rest(page)
        page.get_by_role("button", name="Use this data").dblclick()  # one data set all the same
        expect(page.get_by_text("may is ready")).to_be_visible()
        give(page, tmp_path / "june.tsv")
        page.get_by_role("button", name="Apply the recipe of may").click()
        expect(page.get_by_text("The recipe of may.")).to_be_visible()
        expect(page.get_by_role("spinbutton", name="Rows of a user, at least")).to_be_visible()
        at_rest(page)
        page.get_by_role("button", name="Use this data").click()
        expect(page.get_by_text("june is ready")).to_be_visible()
        close(page)


def _raw_shop() -> Path:
    folder = os.environ.get("RECSYS_SHARED_DATA") or REPOSITORY.parent / "shared" / "data"
    path = Path(folder) / "online-retail.parquet"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    return path


@pytest.mark.long
def test_a_real_shop_goes_from_its_raw_file_to_lists_that_beat_popularity(
    tmp_path: Path, open_browser: OpenBrowser
) -> None:
    path = _raw_shop()
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0") as address:
        page = open_browser()
        visit(page, address, "prepare")
        _upload(page, path)
        expect(page.get_by_text("525,461 rows, 8 columns; Parquet")).to_be_visible()
        seen = [_words(page)]
        page.get_by_role("button", name="Use this data").click()
        expect(page.get_by_text("is ready: 273,881 interactions")).to_be_visible(timeout=LONG_MS)
        go(page, "Home", "Recsys Studio")
        expect(page.get_by_text("4 runs, all on the same split.")).to_be_visible(timeout=LONG_MS)
        seen.append(_words(page))
        for name in ("Explore", "Train", "Recommend", "Cold start", "Metrics"):
            go(page, name)
            seen.append(_words(page))
        said = r"(?:EASE|History encoder) makes the best lists: of 10 .+ shown, ([\d.]+) are .+; popularity manages ([\d.]+)\."
        found = re.search(said, seen[-1])  # said only where the gap is surely above 0
        assert found is not None, seen[-1][:1500]
        assert float(found[1]) > 1.2 * float(found[2])
        assert "2 better, 0 tied, 1 worse" in seen[-1]  # than popularity: both models, and not lots
        assert not [text for text in seen if re.search(r"film|movie", text, re.IGNORECASE)]
        close(page)


def _words(page: Page) -> str:
    at_rest(page)
    return page.get_by_test_id("stMain").inner_text().replace("\u2060", "")


def test_a_bad_file_says_why_and_a_good_one_follows(tmp_path: Path, open_browser: OpenBrowser) -> None:
    (tmp_path / "bad.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "good.csv").write_bytes(order_lines().to_csv(index=False).encode())
    with serving(tmp_path / "workspace", RECSYS_FIRST_START="0", RECSYS_DISPATCHER="0") as address:
        page = open_browser(width=390)
        visit(page, address, "prepare")
        give(page, tmp_path / "bad.csv")
        expect(page.get_by_text("this is not a text file")).to_be_visible()
        page.get_by_role("button", name="Remove bad.csv").click()
        expect(page.get_by_text("Drop a CSV above")).to_be_visible()
        at_rest(page)
        _upload(page, tmp_path / "good.csv")
        page.go_back()
        page.go_forward()
        settled(page, "Prepare")
        close(page)
