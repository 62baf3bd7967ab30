"""Page Metrics: alarms about runs, and winners and losers from one run to another."""

from __future__ import annotations

import shutil
from dataclasses import replace

from recsys_core.columns import USER
from recsys_core.data.store import open_dataset
from recsys_core.evaluation import signs
from recsys_core.runs import list_runs
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.versus import sentence, versus
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of


def _with(shop_with_runs: Shop, model: str, **signs_of: float) -> None:
    folder = shop_with_runs.run(model).folder
    known = signs.kept(folder)
    assert known is not None
    signs.keep(folder, replace(known, **signs_of))


def test_an_alarm_says_what_is_wrong_and_what_to_do(shop_with_runs: Shop, open_page: OpenPage) -> None:
    _with(shop_with_runs, "ease", level=0.8)
    app = open_page("metrics")
    assert_clean(app)
    said = words_of(app)
    assert f"Collapsed scores] **{shop_with_runs.label('ease')}**" in said
    assert "For 80% of the users the best 20 articles have nearly the same score" in said
    assert "Look at its learning curve" in said
    assert any(one.label == "What to do" for one in app.expander)


def test_without_an_alarm_one_quiet_line_tells_what_was_checked(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    for model in ("embedding_mlp", "history_encoder"):
        _with(
            shop_with_runs, model, rmse=float("nan"), train=0.5, level=0.0, popular=0.3, alike=0.2, n_shown=40
        )
    app = open_page("metrics")
    assert_clean(app)
    (line,) = [one for one in app.caption if "No alarm" in one.value]
    assert line.value == "No alarm: checked 15 things about 3 runs."
    for title in ("Popularity copycat", "Collapsed scores", "not checked"):
        assert title in line.help


def test_runs_of_an_older_version_are_checked_when_the_page_is_opened(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    folders = [run.folder for run in list_runs()]
    for folder in folders:
        (folder / signs.FILE).unlink()
    assert_clean(open_page("metrics"))
    assert (shop_with_runs.run("ease").folder / signs.FILE).exists()


def test_from_popularity_to_the_best_run_unless_somebody_chooses(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("metrics", view="versus")
    assert_clean(app)
    assert app.selectbox(key="before").value == shop_with_runs.run("popularity").id
    best = max(list_runs(), key=lambda run: run.measured()["metrics"]["ndcg@10"])
    assert app.selectbox(key="after").value == best.id
    app.selectbox(key="after").select(shop_with_runs.run("embedding_mlp").id).run()
    assert_clean(app)
    data = open_dataset(shop.DATA)
    runs = [Judged.of(shop_with_runs.run(model), data) for model in ("popularity", "embedding_mlp")]
    assert sentence(versus(*runs), "Popularity", "Embedding MLP") in words_of(app)


def test_one_click_opens_the_hardest_hit_in_the_demo(shop_with_runs: Shop, open_page: OpenPage) -> None:
    ids = [shop_with_runs.run(model).id for model in ("ease", "embedding_mlp")]
    app = open_page("metrics", view="versus", before=ids[0], after=ids[1])
    assert_clean(app)
    chosen = app.selectbox(key="metrics_versus_person").value
    app.button(key="metrics_versus_look").click().run()
    assert_clean(app)
    assert app.title[0].value == "Recommend"
    assert app.selectbox(key="user").value == open_dataset(shop.DATA).users[USER].iloc[chosen]
    assert app.selectbox(key="run").value == ids[1]


def test_titles_in_the_lists_are_data(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("metrics", view="versus")
    lists = [one.value for one in app.markdown if one.value.startswith("**") and "\n1. " in one.value]
    assert len(lists) == 2
    assert not any("<b>" in one or "](http" in one for one in lists)


def test_a_figure_of_all_lists_together_gives_way_to_one_of_each(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("metrics", view="versus", figure="coverage@10")
    assert_clean(app)
    assert "so this is about NDCG@10" in words_of(app)


def test_the_same_run_twice_asks_for_another(shop_with_runs: Shop, open_page: OpenPage) -> None:
    ease = shop_with_runs.run("ease").id
    app = open_page("metrics", view="versus", before=ease, after=ease)
    assert_clean(app)
    assert "Choose two different runs" in words_of(app)


def test_one_run_alone_invites_to_train_another(shop_with_runs: Shop, open_page: OpenPage) -> None:
    for model in shop.MODELS[1:]:
        shutil.rmtree(shop_with_runs.run(model).folder)
    app = open_page("metrics", view="versus")
    assert_clean(app)
    assert "here is one" in words_of(app)
