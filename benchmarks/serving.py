"""How long a person waits on Recommend: server time of a list, of a list after one edit, of ten reasons; a click.

`python -m benchmarks.loop serving`. MovieLens 100K, and a catalogue of 100,000 items (`benchmarks.large`). What a
model has learned does not change how long it takes to answer: on MovieLens the networks learn for one epoch only, in
the large catalogue the weights are drawn.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.large import large_scorers, large_split
from benchmarks.tables import reached
from recsys_core.columns import ITEM_ROW
from recsys_core.data.dataset import Dataset
from recsys_core.data.sources import fetch_source
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.store import open_dataset
from recsys_core.errors import RecsysError
from recsys_core.models import registry
from recsys_core.models.registry import model_class
from recsys_core.runs import create_run
from recsys_core.scenarios.explain import explain
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.scenarios.what_if import Edits, what_if
from recsys_core.training.jobs import configure
from recsys_core.training.worker import work
from tests.e2e.conftest import FLAGS, at_rest, cards, close, visit
from tests.e2e.conftest import serving as running

ASKED, WARM, CLICKS = 100, 5, 20
LEAST, MOST_SECONDS = 20, 30.0
"""A slow model is asked for so many users at least, and no more once so many seconds have passed."""
LIST_MS, CLICK_MS, REASONS_MS = 50.0, 500.0, 300.0
WHAT = {"list": LIST_MS, "edit": LIST_MS, "reasons": REASONS_MS}
SETTINGS: dict[str, dict[str, Any]] = {"blend": {"members": "ease,popularity"}}
LISTED = """old => {
  const rows = [...document.querySelectorAll('[data-testid=stMarkdown] p')]
    .filter(one => one.querySelectorAll('strong').length > 1).map(one => one.innerText.split(/\\s+/).join(' ').trim());
  return rows.length === old.length && rows.join('|') !== old.join('|');
}"""
"""Whether as many cards stand there as before, with other titles."""


def fitted(model: str, split: Split, settings: dict[str, Any]) -> Serving:
    """The model, fitted with one epoch where nothing else is said."""
    quick = {"epochs": 1} if registry.spec(model).network and "epochs" not in settings else {}
    made = model_class(model)({**quick, **settings}).fit(split, seed=0)
    return Serving(model, split.dataset, split, made.scorer)


def times(serving: Serving, asked: int = ASKED) -> dict[str, Any]:
    """Milliseconds at p50 and p95, once warm, and whether another model's users stood in for an edit."""
    rng = np.random.default_rng(0)
    able = np.flatnonzero(serving.people.activity >= 2)
    users = rng.choice(able, asked + WARM)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in WHAT}
    started = time.perf_counter()
    for place, user in enumerate(users.tolist()):
        if place >= WARM + LEAST and time.perf_counter() - started > MOST_SECONDS:
            break
        history, values = serving.history(user), serving.values(user)
        edits = Edits(removed=(int(rng.choice(history)),), added=(int(rng.integers(serving.data.n_items)),))
        table, spent = _timed(user_list, serving, user, k=10)
        taken["list"].append(spent)
        taken["edit"].append(_timed(what_if, serving, user, edits, k=10)[1])
        items = table[ITEM_ROW].to_numpy()
        taken["reasons"].append(_timed(explain, serving, history, items, values=values)[1])
    found: dict[str, Any] = {"approximate": not serving.scorer.can.new_users}
    for name, spent in taken.items():
        (wall50, cpu50), (wall95, cpu95) = np.percentile(spent[WARM:], [50, 95], axis=0).tolist()
        found[name] = {"p50": wall50, "p95": wall95, "cpu_p50": cpu50, "cpu_p95": cpu95}
    return found


def _timed(ask: Callable[..., Any], *given: Any, **named: Any) -> tuple[Any, tuple[float, float]]:
    """The answer; milliseconds on the clock, and of processor time of all threads together."""
    started, worked = time.perf_counter(), time.process_time()
    answer = ask(*given, **named)
    return answer, (1000 * (time.perf_counter() - started), 1000 * (time.process_time() - worked))


def _each(openers: dict[str, Callable[[], Serving]]) -> dict[str, Any]:
    """The figures of each model, or why there are none."""
    found: dict[str, Any] = {}
    for model, opened in openers.items():
        try:
            found[model] = times(opened())
        except RecsysError as problem:
            found[model] = {"skipped": str(problem)}
        print(model, found[model], flush=True)
    return found


def movielens() -> dict[str, Any]:
    """Every model that learns from ratings."""
    data = fetch_source("movielens-100k", actor="benchmark")
    split, models = make_split(data, SplitSpec()), registry.models_for(data.kind)
    return _each({one.name: partial(fitted, one.name, split, SETTINGS.get(one.name, {})) for one in models})


def large() -> dict[str, Any]:
    """The models that a catalogue of 100,000 items can have."""
    split = large_split()
    made = {
        name: (lambda scorer=scorer, name=name: Serving(name, split.dataset, split, scorer()))
        for name, scorer in large_scorers(split).items()
    }
    return _each({**made, "ease": partial(fitted, "ease", split, {})})


def clicks(data: Dataset) -> list[float]:
    """Milliseconds from a click on Somebody to their list, the default network's, in Chromium."""
    run = create_run(configure(data, registry.DEFAULT_MODEL, actor="benchmark", settings={"epochs": 3}))
    if work(run) != "done":
        raise RuntimeError(str(run.status))
    workspace, found = Path(os.environ["RECSYS_WORKSPACE"]), []
    with running(workspace, RECSYS_DISPATCHER="0") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        visit(page, address, "recommend")
        somebody = page.get_by_role("button", name="Somebody")
        for _click in range(CLICKS + 1):
            page.wait_for_timeout(500)  # as a person looks at one list before they ask for the next
            at_rest(page)
            before = cards(page)
            started = time.perf_counter()
            somebody.click()
            page.wait_for_function(LISTED, arg=before)
            found.append(1000 * (time.perf_counter() - started))
        close(page)
        browser.close()
    return found[1:]


def serving() -> dict[str, Any]:
    """All figures; the load of the machine beside them, as it decides how far they can be trusted."""
    load = [os.getloadavg()[0]]
    found: dict[str, Any] = {"movielens": movielens()}
    load.append(os.getloadavg()[0])
    found["clicks_ms"] = clicks(open_dataset("movielens-100k"))
    load.append(os.getloadavg()[0])
    found["large"] = large()
    return {**found, "load": [*load, os.getloadavg()[0]]}


def as_lines(found: dict[str, Any]) -> list[str]:
    """The tables in Markdown, with their targets."""
    lines = [
        "Server time once warm in ms, p50 / p95, of up to 100 users drawn at random: their list; the two lists of a what-if "
        "after one item was taken out and one added; the reasons of ten items. In brackets the processor time at p95, "
        "all threads together: on a machine that does nothing else the clock shows no more. Load at the start, after "
        f"each part and at the end: {', '.join(f'{one:.1f}' for one in found['load'])} on 2 cores; above 2, others "
        "were at work and the clock tells of them as well.",
        "",
    ]
    for name, heading in (("movielens", "MovieLens 100K"), ("large", "100,000 items")):
        lines += _table(found[name], heading)
    p50, p95 = np.percentile(found["clicks_ms"], [50, 95])
    return [
        *lines,
        f"- A click on Somebody to their new list in Chromium, MovieLens 100K, {len(found['clicks_ms'])} clicks: "
        f"{p50:.0f} ms at p50, {p95:.0f} at p95 (target {CLICK_MS:g} at p50): {reached(p50 < CLICK_MS)}.",
    ]


def _table(models: dict[str, Any], heading: str) -> list[str]:
    lines = [f"| {heading} | one list | after an edit | ten reasons |", "|---|---|---|---|"]
    measured = {model: one for model, one in models.items() if "skipped" not in one}
    for model, one in measured.items():
        cells = [
            f"{one[what]['p50']:.1f} / {one[what]['p95']:.1f} ({one[what]['cpu_p95']:.1f})" for what in WHAT
        ]
        lines.append(
            f"| {model}{' (approximate edits)' if one['approximate'] else ''} | {' | '.join(cells)} |"
        )
    absent = [f"- Not measured: {one['skipped']}." for model, one in models.items() if "skipped" in one]
    lines += ["", *absent]
    able = {model: one for model, one in measured.items() if not one["approximate"]}
    for what, said, judged in (
        ("list", "One list", measured),
        ("edit", "A list after one edit, of models that fold in", able),
        ("reasons", "Ten reasons", measured),
    ):
        slow, busy = (
            max(judged, key=lambda model: judged[model][what][figure]) for figure in ("p95", "cpu_p95")
        )
        ms, work = judged[slow][what]["p95"], judged[busy][what]["cpu_p95"]
        lines.append(
            f"- {said}, the slowest at p95: {slow} with {ms:.0f} ms on the clock (target {WHAT[what]:g}): "
            f"{reached(ms < WHAT[what])}; {busy} with {work:.0f} ms of processor time: {reached(work < WHAT[what])}."
        )
    return [*lines, ""]
