"""Models of one's own in the browser: offered and marked, broken ones told, runs of removed ones shown by name."""

from __future__ import annotations

import sys

import pytest

from recsys_core import files
from tests.own_packages import Site
from tests.pages.conftest import PAGES, OpenPage, Shop, assert_clean, words_of


def test_train_offers_what_a_package_brings_and_says_what_it_leaves_out(
    shop_with_runs: Shop, open_page: OpenPage, site: Site
) -> None:
    site.put_example()
    site.put({}, {"ease": "nowhere:MODEL"}, name="broken")
    app = open_page("train", model="neumf")
    assert_clean(app)
    chosen = app.selectbox(key="model")
    assert chosen.value == "neumf"
    assert {"NeuMF (your own)", "Gated history (your own)"} <= set(chosen.options)
    assert app.number_input(key="train_neumf_hidden_units").value == 64
    assert "a product and a small network, decide together" in words_of(app)
    assert "ease of package broken 1.2 is left out: the app has a model of that name" in words_of(app)
    assert "own_network.networks" not in sys.modules


@pytest.mark.parametrize("page", PAGES)
def test_every_page_stands_with_a_run_whose_model_is_gone(
    page: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    run = shop_with_runs.run("history_encoder")
    config = files.read_json(run.folder / "config.json")
    files.write_json(run.folder / "config.json", {**config, "model": "vanished"})
    app = open_page(page, run=f"vanished · {run.id[:4]}", job=run.id, one=run.id)
    assert_clean(app)
    if page in ("recommend", "diversity"):
        assert app.session_state["run"] == run.id
    if page in ("train", "metrics", "home"):
        assert "vanished" in words_of(app) + "".join(str(one.value) for one in app.dataframe)
