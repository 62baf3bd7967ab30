"""Page Train as a cockpit: what it foretells and refuses, what it shows meanwhile and says afterwards, and every job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from recsys_core.data.store import open_dataset
from recsys_core.errors import ParamError
from recsys_core.locks import Lock
from recsys_core.models import registry
from recsys_core.runs import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    QUEUED,
    RUNNING,
    Run,
    create_run,
    list_runs,
    open_run,
)
from recsys_core.training import estimate as core_estimate
from recsys_core.training.jobs import configure, queued_ids, submit
from recsys_core.training.studies import configure_study, submit_study
from tests import shop
from tests.pages.conftest import OpenPage, Shop, assert_clean, words_of

CURVE = [
    (6.6, None),
    (6.4, 0.10),
    (6.2, None),
    (6.0, 0.16),
    (5.9, None),
    (5.8, 0.15),
    (5.75, None),
    (5.7, 0.14),
    (5.65, None),
    (5.6, 0.13),
]


def made(model: str = "history_encoder", state: str = RUNNING, curve: Any = CURVE, **status: Any) -> Run:
    """A run with these epochs and this state, without any process."""
    run = create_run(configure(open_dataset(shop.DATA), model, actor="ann"))
    lines: list[dict[str, Any]] = [{"type": "phase", "phase": "fit"}]
    for place, (loss, figure) in enumerate(curve, start=1):
        row = {"type": "epoch", "phase": "train", "epoch": place, "of": 40, "loss": loss, "rss_mb": 1234.5}
        row |= {"samples_per_second": 900.0, "seconds_left": 75.0}
        lines.append(row if figure is None else row | {"valid_loss": loss, "valid_ndcg@10": figure})
    text = "".join(json.dumps(line | {"time": 0.0}) + "\n" for line in lines)
    (run.folder / "events.jsonl").write_text(text, encoding="utf-8")
    run.set_state(state, **status)
    return run


@pytest.fixture
def at_work(shop_without_runs: Shop) -> Iterator[Run]:
    """A run that a living process works on, for all that the page can tell."""
    run = made()
    lock = Lock(run.folder / "lock")
    assert lock.acquire()
    yield run
    lock.release()


def bars(app: AppTest) -> str:
    """What every progress bar says."""
    return "\n".join(one.proto.text for one in app.get("progress"))


def figures(app: AppTest) -> dict[str, str]:
    """The figures in a row, by their label."""
    return {one.label: one.value for one in app.metric}


def test_before_anything_is_started_it_says_how_long_and_whether_it_fits(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    app = open_page("train")
    assert_clean(app)
    (line,) = [one for one in app.markdown if ":material/timer:" in one.value]
    assert "of memory at its peak" in line.value
    assert "rows to learn from" in line.help
    assert not app.warning


def test_what_will_not_fit_is_said_under_the_controls(
    shop_without_runs: Shop, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core_estimate, "free_bytes", lambda: 400_000_000)
    app = open_page("train")
    assert "It will not fit: it needs about 1" in words_of(app)
    assert not app.button(key="train_go").disabled  # somebody may know better


def test_each_parameter_is_refused_under_the_controls_in_the_words_of_the_core(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    app, data = open_page("train"), open_dataset(shop.DATA)
    specs = [one for one in registry.params_of("history_encoder") if one.kind in ("int", "float")]
    for spec in specs:
        for bad in (spec.low - 1, spec.high + 1):
            value = int(bad) if spec.kind == "int" else float(bad)
            box = app.number_input(key=f"train_history_encoder_{spec.name}")
            before = box.value
            box.set_value(value).run()
            with pytest.raises(ParamError) as caught:
                configure(data, "history_encoder", actor="test", settings={spec.name: value})
            assert [one.value.replace("\\", "") for one in app.warning] == [str(caught.value)]
            app.number_input(key=f"train_history_encoder_{spec.name}").set_value(before)
    app.run()
    assert not app.warning
    assert list_runs() == []


def test_while_it_learns_it_shows_losses_the_figure_its_best_epoch_speed_time_left_and_memory(
    at_work: Run, open_page: OpenPage
) -> None:
    app = open_page("train", job=at_work.id)
    assert_clean(app)
    assert figures(app) == {
        "Training loss": "5.6",
        "NDCG@10, validation": "0.130",
        "Best epoch so far": "4 (0.160)",
        "Memory now": "1.2 GB",
    }
    assert "epoch 10 of at most 40 · at most 1 min 15 s left · 900 samples a second" in bars(app)
    assert len(app.get("vega_lite_chart")) == 2
    assert "Over-fitting" not in words_of(app)  # it is not over


def test_frames_and_figures_are_there_before_the_first_point(at_work: Run, open_page: OpenPage) -> None:
    (at_work.folder / "events.jsonl").write_text('{"type": "phase", "phase": "prepare"}\n')
    app = open_page("train", job=at_work.id)
    assert_clean(app)
    assert set(figures(app).values()) == {"–"}
    assert len(figures(app)) == 4
    assert len(app.get("vega_lite_chart")) == 2
    assert "Reading the data" in bars(app)


def test_a_model_that_reports_several_figures_lets_one_choose(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    run = made(state=CANCELLED)
    path = run.folder / "events.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    more = [
        row | {"valid_recall@10": 0.5 - row["epoch"] / 100} if "valid_loss" in row else row for row in rows
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in more))
    app = open_page("train", job=run.id)
    assert_clean(app)
    choice = app.segmented_control(key="train_watch")
    assert choice.options == ["NDCG@10", "Recall@10"]
    choice.set_value("recall@10").run()
    assert_clean(app)


@pytest.mark.parametrize("state", [DONE, INTERRUPTED])
def test_afterwards_the_curves_are_put_into_words_with_the_dial_to_turn(
    state: str, shop_without_runs: Shop, open_page: OpenPage
) -> None:
    run = made(state=state, peak_rss_mb=1500.0)
    app = open_page("train", job=run.id)
    assert not app.exception
    (line,) = [one for one in app.markdown if "fitting since" in one.value]
    assert "Over-fitting since epoch 5" in words_of(app)
    assert "Turn Dropout up to 0.7 (it was 0.5)." in words_of(app)
    assert "best at epoch 4" in line.help
    assert figures(app)["Memory at its peak"] == "1.5 GB"


def test_a_run_that_a_person_ended_says_so_first(shop_without_runs: Shop, open_page: OpenPage) -> None:
    run = made(state=CANCELLED)
    assert "Stopped early by you, at epoch 10." in words_of(open_page("train", job=run.id))


def test_a_diverged_run_names_a_smaller_learning_rate(shop_without_runs: Shop, open_page: OpenPage) -> None:
    run = made(state=CANCELLED, curve=[(6.6, None), (40.0, 0.01), (900.0, None), (None, None)])
    app = open_page("train", job=run.id)
    assert not app.exception
    assert "Turn Learning rate down to 0.0005 (it was 0.005)." in words_of(app)


def test_every_job_is_listed_with_who_asked_its_place_and_what_came_of_it(
    at_work: Run, open_page: OpenPage
) -> None:
    data = open_dataset(shop.DATA)
    first, second = (submit(configure(data, "popularity", actor="bob", seed=seed)) for seed in (1, 2))
    create_run(configure(data, "ease", actor="cem")).set_state(FAILED, error="the disk is full")
    app = open_page("train", job=at_work.id)
    said = words_of(app)
    assert_clean(app)
    assert "asked by ann" in said and said.count("asked by bob") == 2
    assert "Place 1 in the queue" in said and "Place 2 in the queue" in said
    assert "Epoch 10 of 40 · at most 1 min 15 s left" in bars(app)
    assert "the disk is full" in said
    other = open_page("train", job=at_work.id)  # another session sees the same
    assert words_of(other).count("asked by bob") == 2
    other.button(key=f"train_stop_{second.id}").click().run()
    assert not other.exception
    app.run()
    assert open_run(second.id).state == CANCELLED and queued_ids()[0] == first.id
    assert "Place 2 in the queue" not in words_of(app)


def test_a_search_that_waits_is_listed_among_the_jobs_and_leads_to_tune(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    data = open_dataset(shop.DATA)
    study = submit_study(configure_study(data, "item_knn", method="random", actor="eve", n_trials=4))
    other = submit_study(configure_study(data, "ease", method="random", actor="eve", n_trials=4))
    app = open_page("train")
    said = words_of(app)
    assert_clean(app)
    assert "Search · Item" in said and "asked by eve" in said and "Place 1 in the queue" in said
    app.button(key=f"train_stop_{other.id}").click().run()
    assert other.state == CANCELLED and study.state == QUEUED
    app.button(key=f"train_look_{study.id}").click().run()
    assert not app.exception
    assert app.title[0].value == "Tune" and app.query_params["study"] in (study.id, [study.id])


def test_look_shows_another_job_and_go_on_takes_one_up_again(
    shop_without_runs: Shop, open_page: OpenPage
) -> None:
    run = made()  # no process holds it: interrupted
    other = made("embedding_mlp", state=CANCELLED)
    app = open_page("train", job=run.id)
    app.button(key=f"train_look_{other.id}").click().run()
    assert not app.exception
    assert app.query_params["job"] in (other.id, [other.id])
    assert f"Embedding MLP · {other.id[:4]}" in [one.value for one in app.header]
    app.button(key=f"train_go_on_{run.id}").click().run()
    assert not app.exception
    assert queued_ids() == [run.id]


def test_an_empty_workspace_of_jobs_says_so(shop_without_runs: Shop, open_page: OpenPage) -> None:
    assert "Nobody has asked for a training yet." in words_of(open_page("train"))
