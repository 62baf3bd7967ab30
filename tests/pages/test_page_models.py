"""Train and Metrics: what a click queues, what is shown while and after, what stands on the leaderboard."""

from __future__ import annotations

import pytest

from recsys_core.data.importing import guess_columns, import_dataset
from recsys_core.data.store import keep_dataset, open_dataset
from recsys_core.models import registry
from recsys_core.runs import FAILED, INTERRUPTED, QUEUED, RUNNING, create_run, list_runs, open_run
from recsys_core.training.jobs import configure, queued_ids
from recsys_core.training.worker import work
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def test_train_queues_what_the_controls_say(shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="model").select("history_encoder").run()
    app.number_input(key="train_history_encoder_epochs").set_value(7)
    app.number_input(key="train_seed").set_value(3)
    app.number_input(key="train_share").set_value(0.3)
    app.button(key="train_go").click().run()
    assert_clean(app)
    (run,) = list_runs()
    assert run.state == QUEUED and queued_ids() == [run.id]
    config = run.config
    assert (config.model, config.seed, config.split, config.actor) == (
        "history_encoder",
        3,
        "user-random:0.3",
        "browser",
    )
    assert config.settings["epochs"] == 7
    assert "Waiting for its turn" in " ".join(one.proto.text for one in app.get("progress"))


def test_a_second_click_does_not_start_the_same_work_twice(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("train")
    app.button(key="train_go").click().run()
    app.button(key="train_go").click().run()
    assert len(list_runs()) == 1
    other = open_page("train")
    other.button(key="train_go").click().run()
    assert len(list_runs()) == 1


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train_history_encoder_epochs", 999_999, "parameter epochs"),
        ("train_history_encoder_dropout", 5.0, "parameter dropout"),
        ("train_seed", -4, "seed: -4 is not allowed"),
        ("train_k", 5000, "5000"),
        ("train_share", 1.5, "share between 0 and 1"),
    ],
)
def test_a_value_out_of_range_is_said_before_anything_is_started(
    key: str, value: float, said: str, shop_without_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("train")
    app.number_input(key=key).set_value(value).run()
    assert not app.exception
    assert said in app.warning[0].value.replace("\\", "")
    assert app.button(key="train_go").disabled
    assert list_runs() == []


def test_a_job_of_data_that_was_replaced_says_so(shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = shop_with_runs.run("ease")
    events = shop.shop_tables()[0].head(400)
    changed = import_dataset(shop.DATA, events, guess_columns(events))
    keep_dataset(changed, actor="test")
    app = open_page("train", job=run.id)
    assert not app.exception
    assert f"Run {run.id[:4]} learned from data set {shop.DATA} as it was then" in words_of(app)


def test_a_named_run_carries_its_name(shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("train")
    app.text_input(key="train_name").set_value("wide and slow").run()
    app.button(key="train_go").click().run()
    assert_clean(app)
    assert [run.config.name for run in list_runs()] == ["wide and slow"]
    assert f"wide and slow · {list_runs()[0].id[:4]}" in words_of(app)


def test_home_offers_to_train_again_what_failed(shop_without_runs: Shop, open_page: OpenPage) -> None:
    run = create_run(configure(open_dataset(shop.DATA), "ease", actor="test"))
    run.set_state(FAILED, error="the disk is full")
    app = open_page("home")
    assert "EASE could not be trained: the disk is full" in words_of(app)
    app.button(key="home_again").click().run()
    assert_clean(app)
    assert sum(run.config.model == "ease" and run.state == QUEUED for run in list_runs()) == 1


def test_a_done_job_says_its_figure(shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("train")
    app.selectbox(key="model").select("popularity").run()
    app.button(key="train_go").click().run()
    (run,) = list_runs()
    work(run)
    app.run()
    assert_clean(app)
    assert f"Done: NDCG@10 {run.measured()['metrics']['ndcg@10']:.3f}" in app.success[0].value


def test_stop_asks_the_worker_to_stop(shop_without_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("train")
    app.button(key="train_go").click().run()
    app.button(key="train_stop").click().run()
    (run,) = list_runs()
    assert run.cancel_asked
    work(run)
    app.run()
    assert "Stopped before the first epoch was complete" in app.info[0].value


@pytest.mark.parametrize(
    ("state", "said"), [(FAILED, "It failed: the disk is full"), (RUNNING, "Its process ended")]
)
def test_a_failed_or_dead_job_says_why(
    state: str, said: str, shop_without_runs: Shop, open_page: OpenPage
) -> None:
    run = create_run(configure(open_dataset(shop.DATA), "history_encoder", actor="test"))
    run.set_state(state, error="the disk is full")
    app = open_page("train", job=run.id)
    assert not app.exception
    assert said in " ".join(one.value for one in (*app.error, *app.warning))
    assert state != RUNNING or open_run(run.id).state == INTERRUPTED


def test_a_job_in_the_address_is_shown(shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = shop_with_runs.run("embedding_mlp")
    app = open_page("train", job=run.id)
    assert_clean(app)
    assert f"{registry.spec('embedding_mlp').title} · {run.id[:4]}" in [one.value for one in app.header]
    assert len(app.get("vega_lite_chart")) == 2


def test_metrics_hold_every_run_and_every_floor(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("metrics")
    assert_clean(app)
    table = app.dataframe[0].value
    assert {title.split(" · ")[0] for title in table["Run"]} == {
        registry.spec(one).title for one in shop.MODELS
    }
    measured = shop_with_runs.run("ease").measured()
    low, high = measured["ci"]["ndcg@10"]
    shown = table.loc[table["Run"].str.startswith("EASE"), "NDCG@10 ↑"].item()
    assert shown.startswith(f"{measured['metrics']['ndcg@10']:.3f} ± {(high - low) / 2:.3f}")


def test_another_figure_changes_the_chart(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("metrics", figure="rmse")
    assert_clean(app)
    assert app.selectbox(key="figure").value == "rmse"
    assert "leads in RMSE" in app.get("vega_lite_chart")[0].proto.spec


def test_runs_of_another_split_stand_in_a_table_of_their_own(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    from recsys_core.data.splits import SplitSpec

    data = open_dataset(shop.DATA)
    work(create_run(configure(data, "popularity", actor="test", split=SplitSpec("last", 1.0))))
    app = open_page("metrics")
    assert len(app.dataframe[0].value) == 6
    assert len(app.selectbox(key="arena").options) == 2
    app.selectbox(key="arena").select(app.selectbox(key="arena").options[1]).run()
    assert_clean(app)
    assert len(app.dataframe[0].value) == 1


def test_deleting_a_run_takes_it_from_the_table(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("metrics")
    doomed = shop_with_runs.run("random").id
    app.selectbox(key="metrics_doomed").select(doomed).run()
    app.button(key="metrics_delete").click().run()
    assert_clean(app)
    assert doomed not in {run.id for run in list_runs()}
    assert len(app.dataframe[0].value) == 5
