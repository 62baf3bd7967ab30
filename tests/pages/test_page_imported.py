"""Imported scores in the browser: the way in on Metrics, and every page with such a run chosen."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.score_file import ScoreColumns, ScoreTable
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.data.store import open_dataset
from recsys_core.evaluation.submitted import Submitted
from recsys_core.runs import Run, list_runs
from recsys_core.training.imported import configured, import_scores
from tests import shop
from tests.pages.conftest import PAGES, OpenPage, Shop, assert_clean, words_of

LIST = 15


def lists_of(run: Run, *, every: int = 1) -> pd.DataFrame:
    """The best of a run for every so many customers, as another system would write them."""
    data, table = run.dataset(), run.table("candidates")
    table = table[(table["rank"] <= LIST) & (table["user"] % every == 0)]
    users, items = data.user_vocabulary.ids(table["user"]), data.item_vocabulary.ids(table["item"])
    return pd.DataFrame({"customer": users, "article": items, "score": table["score"].to_numpy()})


def bring(shop_: Shop, split: SplitSpec | None = None) -> Run:
    """Lists of EASE for every other customer as an imported run."""
    data, lists = open_dataset(shop.DATA), lists_of(shop_.run("ease"), every=2)
    users, items = data.user_rows(lists["customer"].to_numpy()), data.item_rows(lists["article"].to_numpy())
    columns = ScoreColumns("customer", "article", "score")
    table = ScoreTable(users, items, lists["score"].to_numpy(np.float64), columns)
    submitted = Submitted(table, make_split(data, split or SplitSpec()))
    asked = configured(submitted, file="s.csv", sha256="0", name="Outside [x](y)", actor="test")
    return import_scores(submitted, asked)[0]


def _chosen(run: Run) -> str:
    return f"{run.config.name} · {run.id[:4]}"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_stands_with_an_imported_run(page: str, shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = bring(shop_with_runs)
    user = "c001" if page == "recommend" else "c000"  # of whom the file says nothing, and whom it names
    app = open_page(
        page, run=_chosen(run), user=user, strength="0.5", one=run.id, job=run.id, cold_start_who="item"
    )
    assert_clean(app)
    if page in ("recommend", "diversity", "cold_start"):
        assert app.session_state["run"] == run.id


@pytest.mark.parametrize("page", ["metrics", "recommend", "diversity", "cold_start"])
@pytest.mark.parametrize("split", ["cold-user:2", "cold-item:0.2"])
def test_people_or_things_held_out_whole_break_no_page(
    page: str, split: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    run = bring(shop_with_runs, SplitSpec.parse(split, seed=42))
    who = "item" if split.startswith("cold-item") else "user"
    app = open_page(page, run=_chosen(run), user="c000", cold_start_who=who)
    assert_clean(app)
    assert app.session_state["run"] == run.id


def test_recommend_says_what_there_is_no_reason_for(shop_with_runs: Shop, open_page: OpenPage) -> None:
    run = bring(shop_with_runs)
    said = words_of(open_page("recommend", run=_chosen(run), user="c000"))
    assert "made elsewhere; of what this user liked, most like" in said
    assert "Approximate" not in said
    nothing = words_of(open_page("recommend", run=_chosen(run), user="c001", beside="True"))
    assert "The imported scores name nothing for this" in nothing
    asked = words_of(open_page("recommend", run=_chosen(run), user="c000", out="P001"))
    assert "nothing can be asked anew" in asked


def test_diversity_re_ranks_one_list_and_says_that_a_frontier_cannot_be(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    run = bring(shop_with_runs)
    said = words_of(
        open_page("diversity", run=_chosen(run), user="c000", reranker="mmr", strength="0.9", k="5")
    )
    assert "articles change" in said
    assert "cannot learn once more without its validation rows" in said


def test_cold_start_says_that_it_cannot_serve_new_people(shop_with_runs: Shop, open_page: OpenPage) -> None:
    app = open_page("cold_start", run=_chosen(bring(shop_with_runs)))
    assert "cannot serve somebody new" in words_of(app)


def _opened(open_page: OpenPage) -> AppTest:
    app = open_page("metrics")
    app.session_state["metrics_import"] = True
    return app.run()


def _given(app: AppTest, content: bytes, name: str = "mine.csv") -> AppTest:
    app.file_uploader(key="metrics_import_file_0").upload(name, content, "text/csv")
    return app.run()


def _button(app: AppTest, key: str) -> bool:
    return any(one.key == key for one in app.button)


def test_an_upload_is_looked_at_judged_and_stands_on_the_leaderboard(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _opened(open_page)
    content = lists_of(shop_with_runs.run("ease"), every=2).to_csv(index=False).encode()
    _given(app, content)
    assert_clean(app)
    said = words_of(app)
    assert "675 rows of 45 users" in said
    assert "45 of 90 judged users have no row" in said
    preview = next(one for one in app.dataframe if list(one.value)[-1] == "score")
    assert preview.value.iloc[0, 0] == "c000"
    app.text_input(key=next(one.key for one in app.text_input if "import_name" in str(one.key))).set_value(
        "ALS"
    )
    app.button(key="metrics_import_go").click().run(timeout=60)
    assert_clean(app)
    made = next(run for run in list_runs() if run.config.model == "imported")
    assert (made.state, made.config.name, made.config.settings["file"]) == ("done", "ALS", "mine.csv")
    assert app.session_state["run"] == made.id
    assert any("ALS" in one.value for one in app.toast)
    assert any("ALS" in str(frame.value.to_numpy()) for frame in app.dataframe)
    assert not _button(app, "metrics_import_go")


def test_a_bad_upload_is_said_and_unknown_ids_may_be_left_out(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    lists = lists_of(shop_with_runs.run("ease"))
    lists.loc[0, "customer"] = "[nobody](http://evil.example)"
    app = _given(_opened(open_page), lists.to_csv(index=False).encode())
    assert not app.exception
    assert "row 2, column 'customer'" in words_of(app)
    assert not _button(app, "metrics_import_go")
    app.checkbox(key=next(one.key for one in app.checkbox if "import_skip" in str(one.key))).check().run()
    assert_clean(app)
    assert _button(app, "metrics_import_go")
    assert "1 row names" in words_of(app)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"a,b,c\nx,y,1\nz,w,2\n", "Say which column is what"),
        (b"customer,article,score\nc000,P001,1\nc000,P001,2\n", "once more"),
        (b"\x00\x01\x02\x03", ""),
    ],
)
def test_nothing_that_is_uploaded_breaks_the_page(
    content: bytes, said: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    app = _given(_opened(open_page), content)
    assert not app.exception
    assert said in words_of(app)
    assert not _button(app, "metrics_import_go")


def test_columns_and_their_meaning_can_be_said(shop_with_runs: Shop, open_page: OpenPage) -> None:
    lists = lists_of(shop_with_runs.run("ease")).set_axis(["a", "b", "c"], axis=1)
    lists["c"] = lists.groupby("a").cumcount() + 1
    app = _given(_opened(open_page), lists.to_csv(index=False).encode())
    chosen = {"user": "a", "item": "b", "number": "c", "meant": "ranks"}
    for role, column in chosen.items():
        key = next(str(one.key) for one in app.selectbox if f"import_{role}_" in str(one.key))
        app.selectbox(key=key).set_value(column)
    app.run()
    assert_clean(app)
    assert _button(app, "metrics_import_go")
    key = next(str(one.key) for one in app.selectbox if "import_meant_" in str(one.key))
    app.selectbox(key=key).set_value("ratings").run()
    assert "no prediction" in words_of(app)


def test_where_there_is_no_run_yet_the_usual_split_is_offered(
    shop_with_runs: Shop, open_page: OpenPage
) -> None:
    content = lists_of(shop_with_runs.run("ease")).to_csv(index=False).encode()
    shutil.rmtree(shop_with_runs.folder / "runs")
    app = _given(_opened(open_page), content)
    assert_clean(app)
    app.button(key="metrics_import_go").click().run(timeout=60)
    assert_clean(app)
    (made,) = list_runs()
    assert (made.config.split, made.config.split_seed, made.config.k) == ("user-random:0.2", 42, 10)
    assert "No finished run" not in words_of(app)


@pytest.mark.parametrize("view", ["board", "versus"])
def test_predicted_values_without_lists_break_no_view_of_metrics(
    view: str, shop_with_runs: Shop, open_page: OpenPage
) -> None:
    data = open_dataset(shop.DATA)
    split = make_split(data, SplitSpec())
    users, items, values = split.triples(split.test)
    table = ScoreTable(users, items, values.astype(np.float64), ScoreColumns("u", "i", "s"))
    submitted = Submitted(table, split, ratings=True)
    asked = configured(submitted, file="s.csv", sha256="0", name="Oracle", actor="test")
    run, _new = import_scores(submitted, asked)
    both = {"before": shop_with_runs.run("bias").id, "after": run.id, "against": run.id}
    app = open_page("metrics", view=view, figure="rmse", **both)
    assert_clean(app)
    assert "Oracle" in words_of(app) or any("Oracle" in str(one.value.to_numpy()) for one in app.dataframe)
