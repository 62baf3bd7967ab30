"""Tune as a person uses it: search, watch, reload, look at a trial, stop, go on, and what became of the best on test."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import keep_dataset
from recsys_core.training.studies import FINISHED, Study, list_studies
from tests.e2e.conftest import OpenBrowser, at_rest, close, go, serving, settled, visit
from tests.helpers import wait_until

QUESTION = "tune?tune_model=item_knn&tune_method=random&tune_trials=100"
STOPPED = re.compile(r"Stopped by you\. \d+ trials?")
"""In the heading; a trial that was stopped in the middle has nearly the same words in the table."""
LONG_MS = 120_000
"""For what waits for processes: seconds on a quiet machine."""


def test_a_search_is_watched_stopped_and_gone_on_with(
    little: Dataset, tmp_path: Path, open_browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_WORKSPACE", str(tmp_path))
    keep_dataset(little, actor="test")
    with serving(tmp_path) as address:
        page = open_browser()
        visit(page, address, QUESTION)
        expect(page.get_by_text("100 trials, about")).to_be_visible()
        _main(page).get_by_role("button", name="Search", exact=True).dblclick()
        _stop(page)
        _reload_and_compare_sessions(page, open_browser())
        _go_on_to_the_end(page)
        close(page)


def _main(page: Page) -> Page:
    return page.get_by_test_id("stMainBlockContainer")  # type: ignore[return-value]


@contextmanager
def _held(study: Study) -> Iterator[None]:
    """Inside, the search stands still: however slow the browser is, it is not over before Stop is pressed."""
    names = [path.stem for path in (study.folder / "workers").glob("*.lock")]
    workers = [int(name.partition("-")[0]) for name in names if study.at_work(name)]
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    yield
    for worker in workers:
        with suppress(ProcessLookupError):  # who gives no sign of life after Stop is killed
            os.kill(worker, signal.SIGCONT)


def _stop(page: Page) -> None:
    wait_until(list_studies, seconds=LONG_MS / 1000, what="the search is there")
    (study,) = list_studies()  # a double click made one
    wait_until(
        lambda: FINISHED in set(study.trials()["state"]), seconds=LONG_MS / 1000, what="a trial is over"
    )
    with _held(study):
        _press_stop(page)
        wait_until(lambda: study.cancel_asked, seconds=LONG_MS / 1000, what="it was asked to stop")
    expect(page.get_by_text(STOPPED)).to_be_visible(timeout=LONG_MS)


def _press_stop(page: Page) -> None:
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 100 trials"))).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("heading", name="Best so far, trial")).to_be_visible()
    expect(page).to_have_url(re.compile("study=[0-9a-f]{12}"))
    _main(page).get_by_role("button", name="Stop").click()


def _reload_and_compare_sessions(page: Page, other: Page) -> None:
    """The same study after a reload, on the way back, and in another window."""
    at_rest(page)
    address, told = page.url, page.get_by_text(STOPPED).inner_text()
    page.reload()
    settled(page, "Tune")
    expect(page).to_have_url(address)
    go(page, "Explore")
    page.go_back()
    settled(page, "Tune")
    expect(page).to_have_url(address)
    other.goto(address)
    settled(other, "Tune")
    for one in (page, other):
        expect(one.get_by_text(told)).to_be_visible()
        assert (
            one.get_by_role("combobox", name="Search", exact=True).count() == 0
        )  # a double click made one search
    close(other)


def _go_on_to_the_end(page: Page) -> None:
    _main(page).get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"Done\. \d+ trials"))).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_role("heading", name="The best is trial")).to_be_visible()
    final = page.get_by_role("heading", name=re.compile(r"On test rows: NDCG@\W?10 0\.\d+"))
    expect(final).to_be_visible(timeout=LONG_MS)
    expect(
        page.get_by_text("Gain over the default settings").or_(page.get_by_text("They give what the"))
    ).not_to_have_count(0)
    expect(page.get_by_text(re.compile("were looked at .* for this search"))).to_be_visible()
