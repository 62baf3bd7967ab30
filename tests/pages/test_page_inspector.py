"""The inspector behind a figure: formula, who is masked and judged, one user worked through until it comes out."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.evaluation.metrics import ndcg
from recsys_core.runs import open_run
from tests.pages.conftest import SECONDS, Shop, assert_clean, words_of


def _script(metric: str, model: str = "") -> None:
    """A page with nothing but the inspector."""
    from pages.ui import metrics_inspector
    from recsys_core.data.store import open_dataset
    from recsys_core.runs import list_runs
    from recsys_core.scenarios.leaderboard import Arena, finished_runs, leaderboard

    data = open_dataset("corner-shop")
    arena = Arena.of(list_runs()[0].config)
    rows = [row for row in leaderboard(finished_runs(data), arena) if model in ("", row.config.model)]
    metrics_inspector.show(rows, data, metric)


def _opened(metric: str, model: str = "", **query: str) -> AppTest:
    app = AppTest.from_function(_script, default_timeout=SECONDS, args=(metric, model))
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.parametrize(
    "metric",
    ["ndcg@10", "map@10", "ndcg_liked@10", "rmse", "accuracy", "auc", "coverage@10", "gini@10", "personalisation@10",
     "top_item_share@10", "novelty@10", "intra_list_diversity@10"],
)  # fmt: skip
def test_every_kind_of_figure_comes_out(shop_with_runs: Shop, metric: str) -> None:
    app = _opened(metric)
    assert_clean(app)
    text = words_of(app)
    assert "It comes out:" in text
    assert "The formula, as it is implemented" in text
    assert "in it." in text
    assert len(app.latex) >= 2
    assert app.code[0].value.startswith("def ")


def test_the_code_beside_a_figure_is_what_runs(shop_with_runs: Shop) -> None:
    app = _opened("ndcg@10")
    assert "np.log2(np.arange(2, k + 2))" in app.code[0].value
    assert ndcg.__doc__ is not None and ndcg.__doc__.split("\n")[0] in app.code[0].value


def test_the_best_run_is_worked_through_and_another_can_be(shop_with_runs: Shop) -> None:
    app = _opened("rmse")
    runs = {one: open_run(one).measured()["metrics"]["rmse"] for one in _ids(shop_with_runs)}
    assert app.selectbox(key="inspect_run").value == min(runs, key=lambda one: runs[one])
    other = max(runs, key=lambda one: runs[one])
    app.selectbox(key="inspect_run").select(other).run()
    assert_clean(app)
    assert "It comes out:" in words_of(app)


def _ids(shop: Shop) -> list[str]:
    return [shop.run(model).id for model in ("embedding_mlp", "bias")]


def test_a_list_without_ratings_offers_no_rating_figures(shop_with_runs: Shop) -> None:
    app = _opened("rmse", "ease")
    assert_clean(app)
    assert "No run here has RMSE" in words_of(app)


def test_anybody_who_is_judged_can_be_chosen(shop_with_runs: Shop) -> None:
    app = _opened("ndcg@10", "ease", inspect_user="c007")
    assert_clean(app)
    assert "Worked through for user c007" in words_of(app)
    box = app.selectbox(key="inspect_user")
    assert box.value == "c007"
    box.select_index(0).run()
    assert_clean(app)
    assert "worth looking at" in box.options[0]


def test_somebody_who_is_not_there_falls_back(shop_with_runs: Shop) -> None:
    app = _opened("ndcg@10", "ease", inspect_user="nobody")
    assert_clean(app)
    assert app.selectbox(key="inspect_user").value == ""


def test_an_unknown_figure_says_so(shop_with_runs: Shop) -> None:
    app = _opened("beauty@10")
    assert_clean(app)
    assert "Choose another figure" in words_of(app)


def test_titles_are_data(shop_with_runs: Shop) -> None:
    app = _opened("top_item_share@10", "popularity")
    assert_clean(app)
    assert "<b>Kettle</b> [offer](http://evil" not in "\n".join(str(one.value) for one in app.markdown)
