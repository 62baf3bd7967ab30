"""A run's way out and in, on the page Train: the line, the file, and what came without its data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recsys_core.bundles.importing import import_bundle
from recsys_core.data.store import delete_dataset, keep_dataset, open_dataset
from recsys_core.replay import replay_of
from recsys_core.runs import delete_run, open_run
from tests import shop
from tests.bundled import sample
from tests.helpers import finished_run
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def opened(app: Any, key: str) -> Any:
    """The page with that drawer open."""
    app.session_state[key] = True
    return app.run()


def test_a_finished_run_shows_its_line_and_its_file(shop_with_runs: Shop, open_page: OpenPage) -> None:
    base = shop_with_runs.run("history_encoder")
    run = finished_run(open_dataset(shop.DATA), "reranked", settings={"base": base.id, "method": "mix"})
    app = opened(open_page("train", job=run.id), "bundles_run")
    assert_clean(app)
    replay, shown = replay_of(run), [block.value for block in app.code]
    assert replay.line in shown
    assert "\n".join(line for _id, line in replay.before) in shown
    assert [one.label for one in app.get("download_button")] == ["The run as a file"]
    delete_run(base.id, actor="test")
    app = opened(open_page("train", job=run.id), "bundles_run")
    assert not app.exception
    assert "is gone" in words_of(app)
    assert not app.get("download_button")


def test_a_run_from_elsewhere_says_so_and_waits_for_its_data(
    shop_with_runs: Shop, open_page: OpenPage, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, data = shop_with_runs.run("ease"), open_dataset(shop.DATA)
    path = tmp_path / "run.zip"
    path.write_bytes(sample(run.id).content)
    delete_run(run.id, actor="test")
    delete_dataset(data.name, actor="test")
    assert import_bundle(path, actor="friend").run.waiting
    keep_dataset(data, actor="test")
    app = open_page("train", job=run.id)
    assert not app.exception
    assert "came without its data" in words_of(app)
    app = open_page("metrics")
    assert_clean(app)
    assert import_bundle(path, actor="friend").completed
    app = open_page("train", job=run.id)
    assert_clean(app)
    assert "Made elsewhere by" in words_of(app)
    app = open_page("metrics")
    assert_clean(app)
    names = [name for table in app.dataframe if "Run" in table.value for name in table.value["Run"]]
    assert [name for name in names if "brought from elsewhere" in name] == [
        name for name in names if run.id[:4] in name
    ]
    assert json.loads((open_run(run.id).folder / "origin.json").read_text())["actor"] == "friend"
