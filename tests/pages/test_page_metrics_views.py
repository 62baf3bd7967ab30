"""The views of Metrics: charts, slices and ratings, each with its own figures, and what a click on one does to the others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import metrics_charts, metrics_chosen, metrics_slices
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.liked import confusion
from recsys_core.scenarios.chosen import PickedRange, PickedSlice, user_values
from recsys_core.scenarios.judged import Judged
from recsys_core.scenarios.slicing import slicing
from tests import shop
from tests.pages.conftest import SECONDS, Shop, assert_clean, words_of


def _page(view: str, metric: str) -> None:
    import streamlit as st

    from pages.ui import metrics_charts, metrics_ratings, metrics_slices
    from recsys_core.data.store import list_datasets, open_dataset
    from recsys_core.scenarios.leaderboard import arenas, finished_runs, leaderboard

    data = open_dataset(list_datasets()[0].name)
    runs = finished_runs(data)
    rows = leaderboard(runs, arenas(runs)[0])
    views = {"charts": metrics_charts, "slices": metrics_slices, "ratings": metrics_ratings}
    st.title("Metrics")
    views[view].show(rows, data, metric)


def _opened(view: str, metric: str = "ndcg@10", only: tuple[str, ...] = (), **query: str) -> AppTest:
    app = AppTest.from_function(_page, args=(view, metric), default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    if only:
        app.session_state[metrics_chosen.ONLY] = list(only)
    app.run()
    return app


def _charts(app: AppTest) -> list[dict[str, Any]]:
    found = app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart")
    return [json.loads(one.proto.spec) for one in found]


def _titles(app: AppTest) -> list[str]:
    texts = [spec.get("title", "") for spec in _charts(app)]
    return [" ".join(text) if isinstance(text, list) else str(text) for text in texts]


def _judged(model: str, shop_: Shop) -> Judged:
    return Judged.of(shop_.run(model), open_dataset(shop.DATA))


def test_charts_of_several_runs(shop_with_runs: Shop) -> None:
    app = _opened("charts")
    assert_clean(app)
    titles = _titles(app)
    assert "NDCG" in titles[0]
    assert "of the users" in titles[1]
    assert titles[2].startswith("NDCG@10 or Coverage@10") or "at once" in titles[2]
    assert any("best at epoch" in json.dumps(spec) for spec in _charts(app)[3:])
    picked = app.multiselect(key=metrics_chosen.RUNS)
    assert len(picked.value) == 4
    assert shop_with_runs.run("popularity").id in picked.value
    assert shop_with_runs.run("ease").id in picked.value


def test_the_second_figure_may_be_another(shop_with_runs: Shop) -> None:
    app = _opened("charts", second="novelty@10")
    assert_clean(app)
    assert app.selectbox(key=metrics_charts.SECOND).value == "novelty@10"
    assert any("Novelty@10" in title for title in _titles(app))


def test_a_figure_of_all_lists_has_no_spread_and_says_so(shop_with_runs: Shop) -> None:
    app = _opened("charts", "coverage@10")
    assert_clean(app)
    assert "one figure for all lists together" in words_of(app)
    app = _opened("slices", "coverage@10")
    assert_clean(app)
    assert "Choose another figure" in words_of(app)


def test_slices_stand_worst_first_with_their_table(shop_with_runs: Shop) -> None:
    app = _opened("slices", slices="items.aisle")
    assert_clean(app)
    text = words_of(app)
    assert "does worst on 'aisle: " in text
    assert "Found@10: of the test rows of these articles" in text
    table = app.dataframe[0].value
    assert set(table["Slice"]) == set(shop.AISLES)
    assert len(table) == 4 * 4


def test_small_slices_are_left_out_and_it_is_said(shop_with_runs: Shop) -> None:
    app = _opened("slices", slices="activity", fewest="200")
    assert_clean(app)
    assert "No slice has 200 users" in words_of(app)
    app.number_input(key=metrics_slices.FEWEST).set_value(10).run()
    assert_clean(app)
    assert _charts(app)


@pytest.mark.parametrize(
    "key", ["activity", "period", "cold-users", "popularity", "cold-items", "items.aisle"]
)
@pytest.mark.parametrize("metric", ["ndcg@10", "rmse"])
def test_every_way_of_cutting_can_be_looked_at(shop_with_runs: Shop, key: str, metric: str) -> None:
    app = _opened("slices", metric, slices=key, fewest="5")
    assert_clean(app)
    assert app.selectbox(key=metrics_slices.BY).value == key


def test_a_chosen_slice_restricts_the_other_charts_and_a_chip_takes_it_back(shop_with_runs: Shop) -> None:
    judged = _judged("ease", shop_with_runs)
    name = slicing(judged.split, "items.aisle").names[0]
    pick = PickedSlice("items.aisle", name)
    whole = _titles(_opened("charts"))
    app = _opened("charts", only=(pick.text,))
    assert_clean(app)
    chip = app.button(key="metrics_only_0")
    assert chip.label == f"Only: aisle: {name}".replace(":", "\\:").replace("Only\\:", "Only:")
    assert _titles(app)[:2] != whole[:2]
    assert app.query_params[metrics_chosen.ONLY] == pick.text
    chip.click().run()
    assert_clean(app)
    assert _titles(app) == whole
    assert app.session_state[metrics_chosen.ONLY] == []


def test_a_brushed_range_restricts_the_slices_to_its_users(shop_with_runs: Shop) -> None:
    judged = _judged("ease", shop_with_runs)
    values = user_values(judged, "ndcg@10")
    assert values is not None
    pick = PickedRange("ndcg@10", judged.run.id, 0.0, 0.0)
    app = _opened("slices", only=(pick.text,), drawn=judged.run.id, fewest="5", slices="cold-users")
    assert_clean(app)
    table = app.dataframe[0].value
    nothing = int((values.values == 0).sum())
    assert table["Users"].tolist() == [nothing]
    assert table.iloc[0, 2].startswith("0.000")
    assert f"{nothing} of {len(judged.judged)} judged users" in words_of(app)


def test_what_the_address_asks_for_and_is_not_here_is_dropped(shop_with_runs: Shop) -> None:
    app = _opened("charts", only=("slice|items.aisle|garden", "evil", "range|ndcg@10|nobody|0|1"))
    assert_clean(app)
    assert app.session_state[metrics_chosen.ONLY] == []
    assert "metrics_only_0" not in [one.key for one in app.button]


def test_gestures_become_choices(shop_with_runs: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(metrics_chosen.st, "session_state", state)
    metrics_slices.clicked({"slice": [{"slice": "tea"}]}, "items.aisle")
    assert state[metrics_chosen.ONLY] == ["slice|items.aisle|tea"]
    metrics_slices.clicked({"slice": []}, "items.aisle")
    metrics_slices.clicked({}, "items.aisle")
    assert state[metrics_chosen.ONLY] == ["slice|items.aisle|tea"]
    metrics_slices.clicked({"slice": [{"slice": "toys"}]}, "items.aisle")
    metrics_chosen.choose(PickedRange("ndcg@10", "run", 0.0, 0.5))
    assert state[metrics_chosen.ONLY] == ["slice|items.aisle|toys", "range|ndcg@10|run|0|0.5"]
    metrics_slices.clicked({"slice": [{"slice": "toys"}]}, "items.aisle")  # the same again lets it go
    metrics_chosen.choose(PickedRange("ndcg@10", "run", 0.5, 0.6))
    assert state[metrics_chosen.ONLY] == ["range|ndcg@10|run|0.5|0.6"]


def test_ratings_show_the_core_s_figures_at_the_sliders(shop_with_runs: Shop) -> None:
    model = "bias"
    run = shop_with_runs.run(model)
    app = _opened("ratings", drawn=run.id)
    assert_clean(app)
    assert len(_charts(app)) == 4
    rows = _judged(model, shop_with_runs).predictions
    assert rows is not None
    truth, predicted = rows["truth"].to_numpy(), rows["predicted"].to_numpy()
    found = confusion(truth, predicted, 4.0)
    assert f"is right in {found.precision:.0%}".replace("%", "") in words_of(app).replace("\\", "")
    assert app.dataframe[0].value.iloc[0, 1].startswith(f"{found.tp:,} ")
    app.select_slider(key="liked_from").set_value(3.0).run()
    assert_clean(app)
    assert app.slider(key="said_from").value == 3.0  # it follows
    found = confusion(truth, predicted, 3.0)
    assert app.dataframe[0].value.iloc[1, 2].startswith(f"{found.tn:,} ")
    app.slider(key="said_from").set_value(2.0).run()
    found = confusion(truth, predicted, 3.0, cut=2.0)
    assert app.dataframe[0].value.iloc[1, 1].startswith(f"{found.fp:,} ")


def test_where_no_drawn_run_predicts_values_others_are_drawn(shop_with_runs: Shop) -> None:
    app = _opened("ratings", drawn=shop_with_runs.run("ease").id)
    assert_clean(app)
    assert "None of the runs above predicts a stars; drawn instead" in words_of(app)
    assert len(_charts(app)) == 4


def test_where_no_run_predicts_values_the_page_says_what_to_train(shop_with_runs: Shop) -> None:
    from recsys_core.runs import delete_run

    for model in ("bias", "embedding_mlp"):
        delete_run(shop_with_runs.run(model).id, actor="test")
    app = _opened("ratings")
    assert_clean(app)
    assert "No run here predicts a stars" in words_of(app)
