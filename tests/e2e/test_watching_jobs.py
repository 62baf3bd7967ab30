"""Jobs as a person meets them: they outlive pages, windows, workers and the app itself."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page, expect

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset
from recsys_core.data.simulator import simulate
from recsys_core.data.store import keep_dataset
from recsys_core.locks import is_held
from recsys_core.runs import ACTIVE, Run, list_runs, open_run
from recsys_core.training.jobs import configure, dispatcher_lock, submit
from tests.e2e.conftest import OpenBrowser, at_rest, close, go, settled, started, visit
from tests.helpers import wait_until

pytestmark = pytest.mark.faults
SLOW = {"epochs": 8, "batch_size": 2}
"""An epoch takes about half a second: several looks of the page, and several checkpoints."""
ENDLESS = {"epochs": 900, "batch_size": 2}
SETTINGS = {
    "RECSYS_FIRST_START": "0",
    "RECSYS_DISPATCHER": "1",
    "RECSYS_WORKERS": "1",
    "RECSYS_CHECKPOINT_SECONDS": "0.2",
}
PATIENCE_SECONDS = 240.0
PATIENCE_MS = 1000 * PATIENCE_SECONDS
STOP, GO_ON = ".st-key-train_stop button", ".st-key-train_resume button"
"""The buttons of the run that the page shows; the list of jobs below has more of their kind."""
STOPPED = "Stopped, best epoch kept"


@dataclass
class App:
    """The app on a workspace of its own; `address` changes when it is started again."""

    workspace: Path
    data: Dataset

    def start(self) -> None:
        """Starts it."""
        self.server, self.address = started(self.workspace, **SETTINGS)

    def ask(self, model: str, **asked: Any) -> Run:
        """Queues a run as a page does."""
        return submit(configure(self.data, model, actor="test", **asked))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("jobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECSYS_WORKSPACE", str(folder))
        data = simulate(Kind.RATING, n_users=300, n_items=60, seed=0, mean_events=30).dataset
        keep_dataset(data, actor="test")
        app = App(folder, data)
        app.start()
        yield app
        app.server.terminate()
        app.server.wait(timeout=30)


def _soon(condition: Callable[[], object], what: str) -> None:
    wait_until(condition, seconds=PATIENCE_SECONDS, what=what)


def _epochs(run: Run) -> int:
    return sum(event["type"] == "epoch" for event in run.events())


def _in_mid_epoch(run: Run) -> bool:
    last = run.events()[-1]
    return last["type"] == "progress" and last["part"] > 0.2 and (run.folder / "checkpoint").exists()


def _is_over(run: Run) -> bool:
    return run.state not in ACTIVE


@contextmanager
def _held(run: Run) -> Iterator[None]:
    """Inside, the worker stands still: however slow the browser is, the run is not over before the page is back."""
    os.kill(run.status["pid"], signal.SIGSTOP)
    yield
    os.kill(run.status["pid"], signal.SIGCONT)


def _fill(page: Page, label: str, value: int) -> None:
    page.get_by_role("spinbutton", name=label).fill(str(value))
    page.keyboard.press("Enter")
    at_rest(page)


def _train(page: Page, address: str) -> Run:
    """Starts a run of SLOW with the button; the run."""
    visit(page, address, "train?model=embedding_mlp")
    page.get_by_test_id("stExpander").get_by_text("More", exact=True).click()
    _fill(page, "Epochs", SLOW["epochs"])
    _fill(page, "Batch size", SLOW["batch_size"])
    page.get_by_role("button", name="Train", exact=True).dblclick()
    page.wait_for_url(re.compile("job="))
    (run,) = [run for run in list_runs() if run.state in ACTIVE]  # a double click is one run
    assert run.config.settings["batch_size"] == SLOW["batch_size"]
    return run


def _figures(run: Run) -> dict[str, float]:
    figures = run.measured()["metrics"]
    assert isinstance(figures, dict) and figures["rmse"] > 0
    return figures


def test_a_run_outlives_its_page_and_its_worker_and_ends_as_if_nobody_had_disturbed_it(
    app: App, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    run = _train(page, app.address)
    expect(page.get_by_text(re.compile(r"epoch \d of at most")).first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    with _held(run):
        page.reload()
        settled(page, "Train")
        assert f"job={run.id}" in page.url
        go(page, "Explore")
        before = _epochs(run)
        go(page, "Train")
        expect(page.locator(STOP)).to_be_visible()
    _soon(lambda: _epochs(run) > before, "the curve goes on")
    expect(page.get_by_text(re.compile(rf"epoch [{before + 1}-{SLOW['epochs']}] of")).first).to_be_visible()
    _soon(lambda: _in_mid_epoch(run), "it is in the middle of an epoch")
    os.kill(run.status["pid"], signal.SIGKILL)
    killed = time.monotonic()
    go_on = page.locator(GO_ON)
    expect(go_on).to_be_visible(timeout=10_000)
    assert time.monotonic() - killed < 10
    assert run.state == "interrupted"
    go_on.click()
    _soon(lambda: run.state == "done", "it is done")
    expect(page.get_by_text(re.compile("NDCG@10 0")).first).to_be_visible()
    close(page)
    undisturbed = app.ask("embedding_mlp", settings=SLOW)
    _soon(lambda: _is_over(undisturbed), "the undisturbed run is over")
    assert undisturbed.id != run.id
    assert _figures(run) == pytest.approx(_figures(undisturbed), abs=1e-4)
    curves = [one.curve() for one in (run, undisturbed)]
    assert curves[0]["epoch"].tolist() == curves[1]["epoch"].tolist() == list(range(1, 1 + SLOW["epochs"]))
    for name in ("loss", "valid_loss"):  # no seam where the two processes met
        assert curves[0][name].tolist() == pytest.approx(curves[1][name].tolist(), abs=1e-4)


def test_cancel_ends_a_run_within_three_seconds_and_keeps_its_best_epoch(
    app: App, open_browser: OpenBrowser
) -> None:
    run = app.ask("embedding_mlp", settings=ENDLESS)
    page = open_browser()
    _soon(lambda: _epochs(run) > 1, "it has epochs")
    visit(page, app.address, f"train?job={run.id}")
    page.locator(STOP).click()
    clicked = time.monotonic()
    expect(page.get_by_text(STOPPED)).to_be_visible()
    seconds = time.monotonic() - clicked
    busy = os.getloadavg()[0] / psutil.cpu_count()  # more than 1 where others work on the same cores
    assert seconds < 3.0 * max(1.0, busy), f"{seconds:.1f} s"
    assert run.state == "cancelled"
    assert _figures(run)
    close(page)


def test_the_app_may_be_killed_and_started_again_and_no_run_is_lost(
    app: App, open_browser: OpenBrowser
) -> None:
    run, behind = app.ask("embedding_mlp", settings=ENDLESS, seed=1), app.ask("popularity", seed=1)
    _soon(lambda: _epochs(run) > 0, "it has epochs")
    app.server.kill()
    app.server.wait(timeout=10)
    before = _epochs(run)
    _soon(lambda: _epochs(run) > before, "it goes on without an app")
    app.start()
    page = open_browser()
    visit(page, app.address, f"train?job={run.id}")
    page.locator(STOP).click()
    expect(page.get_by_text(STOPPED)).to_be_visible()
    assert run.state == "cancelled"
    _soon(lambda: _is_over(behind), "the one behind it is over")
    assert behind.state == "done"
    close(page)


def test_ten_runs_asked_for_at_once_all_end_in_order(app: App) -> None:
    runs = [app.ask("popularity", k=1 + place) for place in range(10)]
    _soon(lambda: _is_over(runs[-1]), "the last one is over")
    assert [run.state for run in runs] == ["done"] * 10
    begun = [run.events()[0]["time"] for run in runs]
    assert begun == sorted(begun)


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])  # by a system, and by Ctrl-C
def test_the_app_told_to_leave_interrupts_its_runs_and_leaves_nothing_behind(
    told: signal.Signals, app: App, open_browser: OpenBrowser
) -> None:
    run = app.ask("embedding_mlp", settings=ENDLESS, seed=int(told))
    behind = app.ask("popularity", seed=int(told))
    _soon(lambda: _epochs(run) > 0, "it has epochs")
    worker = psutil.Process(run.status["pid"])
    family = [worker, *worker.parents()[:1]]
    app.server.send_signal(told)
    app.server.wait(timeout=30)
    assert not is_held(dispatcher_lock())
    _gone, left = psutil.wait_procs(family, timeout=10)
    assert left == []
    assert (run.state, behind.state) == ("interrupted", "queued")
    assert run.goes_on_from_kept
    assert [path.name for path in app.workspace.rglob(".*")] == []
    app.start()
    page = open_browser()
    visit(page, app.address, f"train?job={run.id}")
    expect(page.locator(GO_ON)).to_be_visible()
    _soon(lambda: _is_over(open_run(behind.id)), "the queued run goes on by itself")
    assert behind.state == "done"
    assert run.state == "interrupted"
    close(page)
