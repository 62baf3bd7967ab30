"""Train: a blend of finished runs, models that need a time, and going on with what was interrupted."""

from __future__ import annotations

from dataclasses import replace

from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.models import registry
from recsys_core.runs import QUEUED, RUNNING, create_run, list_runs, open_run
from recsys_core.training.jobs import configure, queued_ids
from recsys_core.training.worker import work
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean


def test_a_blend_takes_the_runs_that_were_chosen(shop_with_runs: Shop, open_page: OpenPage) -> None:
    ease, popularity = shop_with_runs.run("ease"), shop_with_runs.run("popularity")
    app = open_page("train", model="blend")
    offered = app.multiselect(key="train_blend_members").options
    assert shop_with_runs.label("ease") in offered
    assert shop_with_runs.label("random") not in offered
    app.multiselect(key="train_blend_members").set_value([ease.id, popularity.id])
    app.button(key="train_go").click().run()
    assert_clean(app)
    run = next(one for one in list_runs() if one.config.model == "blend")
    assert run.config.settings["members"] == f"{ease.id},{popularity.id}"


def test_without_a_choice_a_blend_takes_the_newest_of_each_model(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("train", model="blend")
    app.button(key="train_go").click().run()
    assert_clean(app)
    run = next(one for one in list_runs() if one.config.model == "blend")
    members = {open_run(one).config.model for one in run.config.settings["members"].split(",")}
    assert members == set(shop.MODELS) - {"random"}


def test_a_blend_of_nothing_says_what_to_do_first(shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("train", model="blend")
    assert_clean(app)
    assert "fewer than two finished runs" in " ".join(one.value for one in app.warning)
    assert app.button(key="train_go").disabled


def test_a_done_blend_says_how_far_it_trusts_each_member(shop_with_runs: Shop, open_page: OpenPage) -> None:
    ease, popularity = shop_with_runs.run("ease"), shop_with_runs.run("popularity")
    settings = {"members": f"{ease.id},{popularity.id}"}
    run = create_run(configure(open_dataset(shop.DATA), "blend", actor="test", settings=settings))
    assert work(run) == "done", run.status
    app = open_page("train", job=run.id)
    assert_clean(app)
    (table,) = [one.value for one in app.dataframe if "trust" in one.value]
    assert set(table["member"]) == {shop_with_runs.label("ease"), shop_with_runs.label("popularity")}
    assert abs(table["trust"].sum() - 1) < 1e-6


def test_an_interrupted_run_is_queued_again_by_one_click(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    run = create_run(configure(open_dataset(shop.DATA), "history_encoder", actor="test"))
    run.set_state(RUNNING)  # and no process holds its lock
    app = open_page("train", job=run.id)
    app.button(key="train_resume").click().run()
    assert_clean(app)
    assert open_run(run.id).state == QUEUED
    assert queued_ids() == [run.id]


def test_models_of_order_are_offered_only_where_there_is_a_time(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    data = open_dataset(shop.DATA)
    needy = {registry.spec(name).title for name in ("sequence", "markov")}
    assert needy <= set(open_page("train").selectbox(key="model").options)
    timeless = replace(data, interactions=data.interactions.drop(columns="timestamp"), name="timeless")
    keep_dataset(timeless, actor="test")
    offered = open_page("train", data="timeless").selectbox(key="model").options
    assert not needy & set(offered)
    assert registry.spec("history_encoder").title in offered
