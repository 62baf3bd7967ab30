"""What a person waits for, in Chromium: first paint, the first start, a click on Train."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import FLAGS, HEADINGS, close, serving, visit

REPEATS = 3
READY_MS = 180_000
LEARNING = re.compile(r"epoch \d+ of at most")
DONE = re.compile(r"Done: NDCG@10 (0\.\d+)")


def _painted(page: Page, address: str, path: str) -> float:
    started = time.perf_counter()
    page.goto(f"{address}/{path}", wait_until="commit")
    page.get_by_role("heading", level=1, name=HEADINGS[path]).wait_for()
    return time.perf_counter() - started


def _click_on_train(page: Page, address: str, seed: int) -> dict[str, float]:
    visit(page, address, "train")
    page.get_by_role("spinbutton", name="Seed").fill(str(seed))
    page.keyboard.press("Enter")
    page.wait_for_timeout(15_000)  # the next spare worker loads TensorFlow, as while a person reads the page
    before = page.url
    started = time.perf_counter()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("url => location.href !== url", arg=before)  # the address names the new job
    page.get_by_text(LEARNING).wait_for()
    page.wait_for_selector("[data-testid=stVegaLiteChart] :is(canvas, svg)")
    first_point = time.perf_counter() - started
    page.get_by_text(DONE).wait_for(timeout=READY_MS)
    done = time.perf_counter() - started
    page.get_by_text("Judge it beside the others").click()
    page.get_by_role("heading", level=1, name="Metrics").wait_for()
    page.get_by_test_id("stDataFrame").first.wait_for()
    return {"first_point_s": first_point, "done_s": done, "row_shown_s": time.perf_counter() - started}


def waits() -> dict[str, Any]:
    """Seconds; every cold paint is a fresh server's very first request."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        workspace = Path(folder) / "workspace"
        found: dict[str, Any] = {"cold_paint_s": {}, "warm_paint_s": {}}
        with serving(workspace, RECSYS_FIRST_START="1") as address:
            page = browser.new_page()
            found["first_paint_empty_s"] = _painted(page, address, "")
            painted = time.perf_counter()
            expect(page.get_by_text("5 runs, all on the same split.")).to_be_visible(timeout=READY_MS)
            found["first_start_s"] = time.perf_counter() - painted
            found["train"] = [_click_on_train(page, address, seed) for seed in range(1, 1 + REPEATS)]
            for path in HEADINGS:
                found["warm_paint_s"][path or "home"] = [
                    _fresh(browser.new_page(), address, path) for _repeat in range(REPEATS)
                ]
            close(page)
        for path in HEADINGS:
            with serving(workspace, RECSYS_DISPATCHER="0") as address:
                found["cold_paint_s"][path or "home"] = [_fresh(browser.new_page(), address, path)]
        browser.close()
    return found


def _fresh(page: Page, address: str, path: str) -> float:
    seconds = _painted(page, address, path)
    page.context.close()
    return seconds


def as_lines(found: dict[str, Any]) -> list[str]:
    """The waits in Markdown, with their targets."""
    cold, warm = found["cold_paint_s"], found["warm_paint_s"]
    points = [one["first_point_s"] for one in found["train"]]
    done = [one["done_s"] for one in found["train"]]
    shown = [one["row_shown_s"] for one in found["train"]]
    worst_cold, worst_warm = max(map(max, cold.values())), max(float(np.median(one)) for one in warm.values())
    return [
        "| wait | seconds | target |",
        "|---|---|---|",
        f"| first paint, very first request of a fresh server, worst page | {worst_cold:.2f} | 3 |",
        f"| first paint, warm server, worst page (median of {REPEATS}) | {worst_warm:.2f} | 2 |",
        f"| floors and default network ready after the first paint, download included | {found['first_start_s']:.1f} | 60 |",
        f"| click on Train to the first point ({REPEATS} clicks) | {', '.join(f'{one:.2f}' for one in points)} | 1.5 |",
        f"| click on Train to the figure and the row on the leaderboard | {', '.join(f'{one:.1f}' for one in done)} | 8 |",
        f"| the same, and Metrics opened and painted | {', '.join(f'{one:.1f}' for one in shown)} | – |",
        "",
        "| page | cold paint | warm paint, median |",
        "|---|---|---|",
        *[f"| {name} | {cold[name][0]:.2f} | {float(np.median(warm[name])):.2f} |" for name in cold],
    ]
