"""Jobs beside the app that serves them, in Chromium: Cancel, a killed worker, waiting pages, and memory after fifty runs.

`python -m benchmarks.loop jobs`. Small simulated data; times of pages are given as a ratio with and without a job at work.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.tables import reached
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.store import keep_dataset
from recsys_core.runs import ACTIVE, Run
from recsys_core.training.jobs import configure, resume, submit
from tests.e2e.conftest import FLAGS, HEADINGS, at_rest, started, visit

N_RUNS, WARM_RUNS, REPEATS = 50, 10, 5
WAIT_SECONDS = 300.0
MODELS = ("popularity", "ease", "embedding_mlp", "bias", "item_knn")
"""Runs of the memory test, in turn."""
PAGES = ("explore", "recommend", "metrics")
"""Pages that are painted beside a job."""
ENDLESS = {"epochs": 900, "batch_size": 2}
LONG = {"epochs": 12, "batch_size": 2}
STOP, GO_ON = ".st-key-train_stop button", ".st-key-train_resume button"
GROWTH_MB, RATIO, CANCEL_S, SEEN_S, SAME = 20.0, 1.5, 3.0, 10.0, 1e-4
SETTINGS = {"RECSYS_FIRST_START": "0", "RECSYS_DISPATCHER": "1", "RECSYS_CHECKPOINT_SECONDS": "1"}


class Bench:
    """An app, its browser page and the data set that it works on."""

    def __init__(self, data: Dataset, address: str, page: Page) -> None:
        self.data, self.address, self.page = data, address, page

    def ask(self, model: str, *, seed: int = 0, **settings: Any) -> Run:
        """Queues a run."""
        return submit(configure(self.data, model, actor="benchmark", settings=settings, seed=seed))

    def at_work(self, run: Run, n_epochs: int = 2) -> None:
        """Waits until the run has so many epochs."""
        _wait(lambda: sum(event["type"] == "epoch" for event in run.events()) >= n_epochs)

    def over(self, run: Run) -> Run:
        """Waits until it is over."""
        _wait(lambda: run.state not in ACTIVE)
        return run

    def look_at(self, run: Run) -> None:
        """Opens the page of a run."""
        visit(self.page, self.address, f"train?job={run.id}")


def _wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def jobs() -> dict[str, Any]:
    """Every figure of this table."""
    data = simulate(Kind.RATING, n_users=300, n_items=60, seed=0, mean_events=30).dataset
    keep_dataset(data, actor="benchmark")
    workspace = Path(os.environ["RECSYS_WORKSPACE"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        server, address = started(workspace, **SETTINGS)
        try:
            bench = Bench(data, address, browser.new_page())
            found: dict[str, Any] = {"runs": N_RUNS, "memory_mb": _memory(bench, server.pid)}
            found["cancel_s"] = [_cancelled(bench, seed) for seed in range(REPEATS)]
            found["interrupted_s"], found["difference"] = _killed(bench)
            found["paint_s"] = _paints(bench)
        finally:
            server.terminate()
            server.wait(timeout=30)
            browser.close()
    return found


def _memory(bench: Bench, pid: int) -> list[float]:
    """What the app's process holds after the warm-up, and after each ten further runs; the page Train stays open.

    Every tenth run the page shows another run, then the lists and the leaderboard.
    """
    held, process = [], psutil.Process(pid)
    for number in range(WARM_RUNS + N_RUNS):
        settings = {"epochs": 2} if MODELS[number % len(MODELS)] == "embedding_mlp" else {}
        run = bench.over(bench.ask(MODELS[number % len(MODELS)], seed=100 + number, **settings))
        if (number + 1) % 10 == 0:
            for path in (f"train?job={run.id}", "recommend", "metrics", "train"):
                visit(bench.page, bench.address, path)
            if number + 1 >= WARM_RUNS:
                held.append(round(process.memory_info().rss / 2**20, 1))
    return held


def _cancelled(bench: Bench, seed: int) -> float:
    """Seconds from the click on Stop to the page that says what was kept."""
    run = bench.ask("embedding_mlp", seed=seed, **ENDLESS)
    bench.at_work(run)
    bench.look_at(run)
    clicked = time.perf_counter()
    bench.page.locator(STOP).click()
    expect(bench.page.get_by_text("Stopped, best epoch kept")).to_be_visible()
    return time.perf_counter() - clicked


def _killed(bench: Bench) -> tuple[float, float]:
    """Seconds until the page offers to go on with a killed worker's run; how far its figures are from an undisturbed one's."""
    run = bench.ask("embedding_mlp", **LONG)
    bench.at_work(run)
    bench.look_at(run)
    os.kill(run.status["pid"], signal.SIGKILL)
    killed = time.perf_counter()
    expect(bench.page.locator(GO_ON)).to_be_visible()
    seen = time.perf_counter() - killed
    resume(run, actor="benchmark")
    bench.over(run)
    undisturbed = bench.over(bench.ask("embedding_mlp", **LONG))
    ours, theirs = run.measured()["metrics"], undisturbed.measured()["metrics"]
    return seen, max(abs(ours[name] - theirs[name]) for name in theirs)


def _paints(bench: Bench) -> dict[str, dict[str, list[float]]]:
    """Seconds to paint each page, without a job and beside one that would use every core."""
    # the first use of each page is not measured
    alone = {path: [_painted(bench, path) for _repeat in range(1 + REPEATS)][1:] for path in PAGES}
    run = bench.ask("embedding_mlp", seed=99, **ENDLESS)
    bench.at_work(run)
    beside = {path: [_painted(bench, path) for _repeat in range(REPEATS)] for path in PAGES}
    run.cancel(actor="benchmark")
    bench.over(run)
    return {"alone": alone, "beside": beside}


def _painted(bench: Bench, path: str) -> float:
    began = time.perf_counter()
    bench.page.goto(f"{bench.address}/{path}", wait_until="commit")
    bench.page.get_by_role("heading", level=1, name=HEADINGS[path]).wait_for()
    at_rest(bench.page)
    return time.perf_counter() - began


def as_lines(found: dict[str, Any]) -> list[str]:
    """The figures in Markdown, with their targets."""
    memory, paint = found["memory_mb"], found["paint_s"]
    growth = memory[-1] - memory[0]
    cancel, seen, difference = max(found["cancel_s"]), found["interrupted_s"], found["difference"]
    ratios = {
        path: float(np.median(paint["beside"][path]) / np.median(paint["alone"][path]))
        for path in paint["alone"]
    }
    worst = max(ratios.values())
    return [
        "| what | measured | target | |",
        "|---|---|---|---|",
        f"| Cancel: click to the page that says what was kept, slowest of {len(found['cancel_s'])}, s "
        f"| {cancel:.2f} | {CANCEL_S:g} | {reached(cancel <= CANCEL_S)} |",
        f"| kill -9 of a worker in mid-epoch: until the page offers to go on, s | {seen:.2f} | {SEEN_S:g} "
        f"| {reached(seen <= SEEN_S)} |",
        f"| largest difference of a figure between the resumed run and an undisturbed one | {difference:.1e} "
        f"| {SAME:g} | {reached(difference <= SAME)} |",
        f"| growth of the app's process over {found['runs']} runs, MB "
        f"| {growth:+.1f} ({', '.join(f'{one:.0f}' for one in memory)}) | {GROWTH_MB:g} | {reached(growth <= GROWTH_MB)} |",
        f"| painting a page beside a job, as a multiple of painting it alone, worst of {len(ratios)} pages "
        f"| {worst:.2f} | {RATIO:g} | {reached(worst <= RATIO)} |",
        "",
        "| page | alone, s | beside a job, s | ratio |",
        "|---|---|---|---|",
        *[
            f"| {path} | {np.median(paint['alone'][path]):.2f} | {np.median(paint['beside'][path]):.2f} | {ratio:.2f} |"
            for path, ratio in ratios.items()
        ],
    ]
