"""Page Metrics with thirty runs of MovieLens 100K in Chromium: until the leaderboard's table and chart are painted.

`python -m benchmarks.loop board`. Every run is trained and judged for this; every view is opened anew in a tab of its own, in
a browser that has shown the page once, and in one that has never been here and fetches all scripts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.tables import reached
from recsys_core.data.sources import fetch_source
from recsys_core.runs import create_run
from recsys_core.training.jobs import configure
from recsys_core.training.worker import work
from tests.e2e.conftest import FLAGS, at_rest, serving

N_RUNS, REPEATS, TARGET_S = 30, 5, 2.0
WAITED_FOR = {
    "board": "[data-testid=stDataFrame] canvas",
    "charts": "[data-testid=stVegaLiteChart] :is(canvas, svg)",
    "slices": "[data-testid=stVegaLiteChart] :is(canvas, svg)",
    "ratings": "[data-testid=stVegaLiteChart] :is(canvas, svg)",
    "versus": "[data-testid=stDataFrame] canvas",
    "inspect": "[data-testid=stDataFrame] canvas",
}
"""Each view, and what is painted last of what one came for."""


def _plans() -> list[tuple[str, dict[str, Any], int]]:
    """Thirty runs: floors and linear models with many settings, two networks."""
    plans: list[tuple[str, dict[str, Any], int]] = [(one, {}, 0) for one in ("popularity", "bias")]
    plans += [("random", {}, seed) for seed in range(3)]
    plans += [("ease", {"l2": float(l2)}, 0) for l2 in np.geomspace(50, 5000, 13).round()]
    plans += [("item_knn", {"neighbours": n}, 0) for n in (10, 20, 40, 80, 120, 160, 200, 250, 300, 400)]
    return [*plans, ("embedding_mlp", {}, 0), ("history_encoder", {}, 0)]


def board() -> dict[str, Any]:
    """Seconds to paint each view of page Metrics."""
    data = fetch_source("movielens-100k", actor="benchmark")
    plans = _plans()
    for model, settings, seed in plans:
        run = create_run(configure(data, model, actor="benchmark", settings=settings, seed=seed))
        if work(run) != "done":
            raise RuntimeError(f"{model}: {run.status}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shutil.copytree(os.environ["RECSYS_WORKSPACE"], Path(folder) / "workspace")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with serving(Path(folder) / "workspace", RECSYS_DISPATCHER="0") as address:
            window = _window(browser)
            first = _painted(window, address, "board")
            views = {
                view: [_painted(window, address, view) for _repeat in range(REPEATS)] for view in WAITED_FOR
            }
            strangers = [_painted(_window(browser), address, "board") for _repeat in range(REPEATS)]
        browser.close()
    load = os.getloadavg()
    return {"load": load, "runs": len(plans), "first": first, "views": views, "strangers": strangers}


def _window(browser: Browser) -> BrowserContext:
    """A browser of its own, with nothing in its cache."""
    return browser.new_context(viewport={"width": 1280, "height": 1000})


def _painted(window: BrowserContext, address: str, view: str) -> float:
    """Seconds from the address to the last thing that one came for."""
    page = window.new_page()
    started = time.perf_counter()
    page.goto(f"{address}/metrics?view={view}", wait_until="commit")
    page.locator(WAITED_FOR[view]).first.wait_for(state="attached")
    seconds = time.perf_counter() - started
    at_rest(page)
    page.close()
    return seconds


def as_lines(found: dict[str, Any]) -> list[str]:
    """The views in Markdown, and whether the page is fast enough."""
    medians = {view: float(np.median(values)) for view, values in found["views"].items()}
    return [
        f"{found['runs']} runs; a new tab each time, {REPEATS} times; load {found['load'][0]:.1f}. Very first request of the "
        f"server: {found['first']:.2f} s; the leaderboard in a browser that was never here: "
        f"{np.median(found['strangers']):.2f} s.",
        "",
        "| view | median s | slowest s |",
        "|---|---|---|",
        *[f"| {view} | {medians[view]:.2f} | {max(found['views'][view]):.2f} |" for view in medians],
        "",
        f"- Metrics with {found['runs']} runs paints in under {TARGET_S:g} s: {medians['board']:.2f} s: "
        f"{reached(medians['board'] < TARGET_S)}.",
    ]
