"""A setting saved as a run: asked for, refused, made once, and on the leaderboard beside its base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotFound, ParamError, RecsysError
from recsys_core.ranking.rerank import MIX, Setting
from recsys_core.runs import Run, delete_run, list_runs, open_run
from recsys_core.scenarios.leaderboard import Arena, finished_runs, leaderboard
from recsys_core.scenarios.lists import Serving, user_list
from recsys_core.training.jobs import configure
from recsys_core.training.saving import save_setting, saved_name
from recsys_core.training.worker import work
from tests.helpers import finished_run


@pytest.fixture
def data(workspace: object, little: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("RECSYS_DISPATCHER", "0")
    return keep_dataset(little, actor="ada")


@pytest.fixture
def base(data: Dataset) -> Run:
    return finished_run(data, "ease", k=5)


SETTING = Setting(MIX, 0.5, "attributes")


def test_a_saved_setting_is_a_run_of_the_same_arena(base: Run, data: Dataset) -> None:
    run = save_setting(base, SETTING, k=5, actor="ada")
    assert work(run) == "done", run.status
    rows = leaderboard(finished_runs(data), Arena.of(base.config))
    assert {row.run.id for row in rows} == {base.id, run.id}
    assert next(row for row in rows if row.run.id == run.id).title == "EASE · Mix 0.50"
    opened, plain = Serving.open(run), Serving.open(base)
    for user in range(8):
        assert user_list(opened, user, k=5)["item"].tolist() == (
            user_list(plain, user, k=5, rerank=SETTING)["item"].tolist()
        )
    assert set(run.measured()["metrics"]) == set(base.measured()["metrics"])


def test_the_same_setting_is_saved_once(base: Run) -> None:
    first = save_setting(base, SETTING, k=5, actor="ada")
    assert save_setting(base, SETTING, k=5, actor="bob").id == first.id
    assert work(first) == "done"
    assert save_setting(base, SETTING, k=5, actor="bob").id == first.id
    assert save_setting(base, replace(SETTING, strength=0.6), k=5, actor="ada").id != first.id
    assert len(list_runs()) == 3
    wide = [
        save_setting(base, Setting("coverage", 0.5, one), k=5, actor="ada").id for one in ("", "together")
    ]
    assert wide[0] == wide[1]  # it looks at no distance


def test_it_serves_on_when_its_base_is_gone(base: Run) -> None:
    run = save_setting(base, SETTING, k=5, actor="ada")
    work(run)
    delete_run(base.id, actor="ada")
    assert len(user_list(Serving.open(open_run(run.id)), 0, k=5)) == 5


def test_a_base_that_is_deleted_while_it_waits_fails_in_one_sentence(base: Run) -> None:
    run = save_setting(base, SETTING, k=5, actor="ada")
    delete_run(base.id, actor="ada")
    assert work(run) == "failed"
    assert "there is no run" in run.status["error"]


def test_what_cannot_be_re_ranked_is_refused(base: Run, data: Dataset) -> None:
    other = finished_run(data, "popularity", split=SplitSpec(seed=7))
    saved = save_setting(base, SETTING, k=5, actor="ada")
    work(saved)
    for given, error in (
        ("", ParamError),
        ("nothing", NotFound),
        (other.id, ParamError),
        (saved.id, ParamError),
    ):
        with pytest.raises(error):
            configure(data, "reranked", actor="ada", settings={"base": given})
    with pytest.raises(RecsysError):
        save_setting(saved, SETTING, k=5, actor="ada")


def test_a_blend_does_not_take_it_for_a_member(base: Run, data: Dataset) -> None:
    work(save_setting(base, SETTING, k=5, actor="ada"))
    popularity = finished_run(data, "popularity")
    config = configure(data, "blend", actor="ada")
    assert set(config.settings["members"].split(",")) == {base.id, popularity.id}


def test_people_held_out_whole_are_served(data: Dataset) -> None:
    split = SplitSpec.parse("cold-user:3", seed=42)
    base = finished_run(data, "ease", split=split)
    run = save_setting(base, SETTING, k=10, actor="ada")
    assert work(run) == "done", run.status
    assert np.isfinite(list(run.measured()["metrics"].values())).all()


def test_its_name_tells_what_it_is(base: Run) -> None:
    assert saved_name(base, SETTING) == "EASE · Mix 0.50"
    named = finished_run(base.dataset(), "popularity", name="x" * 40)
    assert len(saved_name(named, SETTING)) <= 40
    assert saved_name(named, SETTING).endswith("· Mix 0.50")
