from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.trial import TrialState

from recsys_core import files
from recsys_core.columns import ITEM_ROW, VALUE
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec, make_split, without_validation
from recsys_core.data.store import keep_dataset
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.models.registry import model_class
from recsys_core.training import search_storage, search_worker
from recsys_core.training.search_attempt import watched_figure
from recsys_core.training.search_trial import try_settings
from recsys_core.training.search_worker import Worker, asking, bury, next_trial
from recsys_core.training.studies import FAILED, FINISHED, PRUNED, STOPPED, configure_study
from recsys_core.training.study import REFERENCE
from recsys_core.types import never_stop, no_report
from tests.training.searches import queued_study, tried_here

PARAMS = ["param:neighbours", "param:shrinkage"]


@pytest.fixture
def data(workspace: Path, little: Dataset) -> Dataset:
    return keep_dataset(little, actor="ada")


@pytest.mark.parametrize("method", ["grid", "random", "bayes"])
def test_a_budget_is_kept_exactly_and_every_trial_says_how_it_ended(data: Dataset, method: str) -> None:
    study = tried_here(queued_study(data, "item_knn", "shrinkage=1..50:log", method=method, n_trials=5))
    table = study.trials()
    assert list(table["number"]) == list(range(5))
    assert (table["state"] == FINISHED).all() and table["counts"].all()
    assert table["reason"].str.startswith("finished: NDCG@10 0.").all()
    assert table["param:shrinkage"].between(1, 50).all() and table["param:shrinkage"].nunique() == 5
    best = study.best()
    assert best is not None and best["value"] == table["value"].max()
    assert study.budget_left() == (0, None)


def test_a_value_is_what_judging_on_validation_rows_gives(data: Dataset) -> None:
    study = tried_here(
        queued_study(data, "item_knn", "neighbours=3,9", method="grid", fixed={"shrinkage": 2})
    )
    split = make_split(data, SplitSpec())
    for row in study.trials().itertuples():
        settings = study.settings_of(row.number)
        alone = without_validation(split)
        model = model_class("item_knn")(settings).fit(alone, seed=0)
        judged = evaluate(model.scorer, alone, k=10)
        assert row.value == judged.metrics["ndcg@10"]
        assert settings == model.settings and settings["shrinkage"] == 2


def _without_a_look_at_test(data: Dataset, split: Split, how: str) -> Split:
    """The same split of data whose test rows hold something else: shuffled among each other, or all one item."""
    table = data.interactions.copy()
    rng = np.random.default_rng(0)
    for column in (ITEM_ROW, VALUE):
        told = table[column].to_numpy().copy()
        told[split.test] = rng.permutation(told[split.test]) if how == "permuted" else told[split.test[0]]
        table[column] = told
    changed = Dataset(data.name, data.kind, table, data.users, data.items, list_columns=data.list_columns)
    return Split(changed, split.spec, split.train, split.valid, split.test)


EPOCHS = {"history_encoder": 1, "embedding_mlp": 1, "ials": 2}
OTHER_NETWORKS = ["autoencoder", "two_tower", "sequence", "rating_autoencoder", "mf"]


@pytest.mark.parametrize("how", ["permuted", "emptied"])
@pytest.mark.parametrize("model", ["ease", "item_knn", "popularity", "bias", "ials", "markov"])
def test_test_rows_change_nothing_about_a_trial(data: Dataset, model: str, how: str) -> None:
    _assert_blind_to_test(data, model, how)


def _assert_blind_to_test(data: Dataset, model: str, how: str) -> None:
    fixed = {"epochs": EPOCHS.get(model, 1)} if "epochs" in model_class(model)().settings else {}
    config = configure_study(data, model, method="random", actor="test", fixed=fixed, metric="ndcg@10")
    split = make_split(data, SplitSpec())
    splits = split, _without_a_look_at_test(data, split, how)
    ours, theirs = (
        try_settings(config, config.settings_of({}), one, report=no_report, should_stop=never_stop)
        for one in splits
    )
    assert ours.value == theirs.value and ours.epochs == theirs.epochs
    pd.testing.assert_frame_equal(ours.per_user, theirs.per_user)


@pytest.mark.parametrize("model", ["ease", "item_knn", "ials", "history_encoder"])
def test_a_trial_learns_nothing_from_validation_rows(data: Dataset, model: str) -> None:
    _assert_blind_to_validation(data, model)


def _assert_blind_to_validation(data: Dataset, model: str) -> None:
    split = make_split(data, SplitSpec())
    turned = Split(data, split.spec, split.train, split.test, split.valid)
    changed = _without_a_look_at_test(data, turned, "permuted").dataset
    swapped = Split(changed, split.spec, split.train, split.valid, split.test)
    settings = {"epochs": 1} if "epochs" in model_class(model)().settings else {}
    users, items = np.repeat(np.arange(40), 30), np.tile(np.arange(30), 40)
    ours, theirs = (
        model_class(model)(settings).fit(one, seed=0, refit=False).score(users, items)
        for one in (split, swapped)
    )
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.long
@pytest.mark.parametrize("model", ["history_encoder", "embedding_mlp", *OTHER_NETWORKS])
def test_a_network_on_trial_is_blind_to_test_and_learns_nothing_from_validation(
    data: Dataset, model: str
) -> None:
    _assert_blind_to_test(data, model, "permuted")
    _assert_blind_to_validation(data, model)


def test_the_default_settings_are_measured_beside_and_use_up_no_budget(data: Dataset) -> None:
    study = tried_here(queued_study(data, "item_knn", "neighbours=3,9", method="grid"))
    reference = study.reference()
    assert reference is not None and reference["state"] == FINISHED
    assert reference["settings"] == model_class("item_knn")().settings
    assert len(study.trials()) == 2


def test_the_same_settings_are_not_trained_twice(data: Dataset) -> None:
    study = tried_here(queued_study(data, "item_knn", "neighbours=3,9", method="random", n_trials=6))
    table = study.trials()
    trained = table[~table["reason"].str.contains("not trained again")]
    assert len(table) == 6 and table["counts"].all()
    assert sorted(trained["param:neighbours"]) == [3, 9]
    for row in table.itertuples():
        first = table[table["param:neighbours"] == row[table.columns.get_loc("param:neighbours") + 1]].iloc[0]
        assert row.value == first["value"]
        assert row.number == first["number"] or row.reason == (
            f"same settings as trial {first['number']}: not trained again"
        )


def test_a_search_that_was_interrupted_tries_what_it_would_have_tried(data: Dataset) -> None:
    ranges = "neighbours=2..25", "shrinkage=1..50:log"
    whole = tried_here(queued_study(data, "item_knn", *ranges, method="random", n_trials=6))
    halved = tried_here(queued_study(data, "item_knn", *ranges, method="random", n_trials=6), stop_after=2)
    assert 2 <= len(halved.trials()) < 6
    tried_here(halved)
    finished = halved.trials().query("state == 'finished'")
    ours = finished[[*PARAMS, "value"]].sort_values(PARAMS, ignore_index=True)
    theirs = whole.trials()[[*PARAMS, "value"]].sort_values(PARAMS, ignore_index=True)
    pd.testing.assert_frame_equal(ours, theirs)


def test_another_seed_draws_other_settings(data: Dataset) -> None:
    one, other = (
        tried_here(queued_study(data, "item_knn", "neighbours=2..25", n_trials=3, seed=seed)).trials()
        for seed in (0, 1)
    )
    assert list(one["param:neighbours"]) != list(other["param:neighbours"])


def test_settings_whose_process_died_are_tried_again_and_the_grid_stays_whole(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,4,6,8", method="grid", n_trials=4)
    next_trial(study, study.config, "a-process-that-is-gone")
    lost = study.trials().iloc[0]
    assert lost["state"] == STOPPED and not lost["counts"]
    tried_here(study)
    table = study.trials()
    assert table.iloc[0]["reason"] == "its process ended in the middle; its settings are tried again"
    assert not table.iloc[0]["counts"] and len(table) == 5
    finished = table[table["state"] == FINISHED]
    assert sorted(finished["param:neighbours"]) == [2, 4, 6, 8]


def test_settings_that_kill_every_process_are_given_up(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2,4", method="grid", n_trials=2)
    for _time in range(3):
        next_trial(study, study.config, "a-process-that-is-gone")
    with asking(study).waited_for():
        bury(study)
    last = study.trials().iloc[-1]
    assert last["state"] == FAILED and last["counts"]
    assert last["reason"] == "its process ended in the middle 3 times: not tried again"
    tried_here(study)
    assert (study.trials()["state"] == FINISHED).sum() == 1


def test_a_search_in_which_everything_fails_gives_up(data: Dataset) -> None:
    study = queued_study(
        data, "embedding_mlp", "learning_rate=0.9..1.0", n_trials=9, metric="ndcg@10", fixed={"epochs": 1}
    )
    opened = search_storage.load(study.folder)
    for number in range(5):
        opened.add_trial(
            optuna.create_trial(
                state=TrialState.FAIL, user_attrs={"end": FAILED, "reason": f"no {number}", "counts": True}
            )
        )
    assert next_trial(study, study.config, "me") is None
    assert study.budget_left()[0] == 4


def test_a_trial_that_lags_is_pruned_with_its_reason(data: Dataset) -> None:
    study = queued_study(
        data, "embedding_mlp", "learning_rate=0.00001,0.003", fixed={"epochs": 6}, method="grid", n_trials=2
    )
    opened = search_storage.load(study.folder)
    for _number in range(5):  # trials of before, all of them better than any network could be
        opened.add_trial(
            optuna.create_trial(
                state=TrialState.COMPLETE, value=0.01, intermediate_values=dict.fromkeys(range(1, 7), 0.01)
            )
        )
    files.write_json(study.folder / REFERENCE, {"state": FAILED, "reason": "left out", "settings": {}})
    Worker(study, lambda: "").run()
    ours = study.trials().iloc[5:]
    assert list(ours["state"]) == [PRUNED, PRUNED] and list(ours["epochs"]) == [3, 3]
    assert ours["value"].isna().all() and ours["counts"].all()
    words = (
        r"pruned after epoch 3: its best rmse so far, [\d.]+, is worse than 0.010, the median of 5 finished"
    )
    assert ours["reason"].str.contains(words).all()
    curve = study.curves().query("number == 5")
    assert list(curve["epoch"]) == [1, 2, 3] and set(curve["figure"]) == {"rmse"}


def test_the_watched_figure_points_the_way_of_the_metric() -> None:
    event = {"type": "epoch", "valid_loss": 1.0, "valid_rmse": 0.9}
    assert watched_figure(event, "rmse") == ("valid_rmse", 1)
    assert watched_figure(event, "mae") == ("valid_rmse", 1)
    assert watched_figure(event, "ndcg@10") == ("valid_rmse", -1)
    assert watched_figure({"valid_loss": 1.0}, "ndcg@10") == ("valid_loss", -1)
    assert watched_figure({"valid_loss": 1.0, "valid_ndcg@10": 0.3}, "recall@10") == ("valid_ndcg@10", 1)
    assert watched_figure({"loss": 1.0}, "rmse") == ("", 1)


def test_minutes_that_are_over_begin_no_trial(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=2..400", n_trials=1000, minutes=0.01)
    tried_here(study)
    assert 0 < len(study.trials()) < 1000
    assert study.budget_left()[1] == 0.0


def test_half_a_line_of_the_journal_is_cut_off(data: Dataset) -> None:
    study = queued_study(data, "item_knn", "neighbours=3,9", method="grid")
    path = study.folder / search_storage.JOURNAL
    with path.open("ab") as stream:
        stream.write(b'{"op_code": 4, "wor')
    search_storage.repair(study.folder)
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert len(tried_here(study).trials()) == 2


def test_a_process_that_has_grown_leaves_the_rest_to_a_fresh_one(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_worker, "MOST_GROWTH_MB", -1.0)
    study = queued_study(data, "item_knn", "neighbours=3,6,9", method="grid")
    assert not Worker(study, lambda: "").run()
    assert len(study.trials()) == 1 and study.budget_left()[0] == 2
