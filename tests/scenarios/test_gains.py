from __future__ import annotations

import numpy as np
import pytest

from recsys_core.ranking.rerank import MIX, MMR, Setting
from recsys_core.scenarios.gains import gains
from recsys_core.scenarios.judging import Judge
from recsys_core.scenarios.lists import Serving, user_list
from tests.scenarios.served import ease


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(ease(), 5, "attributes")


def test_at_strength_zero_nobody_gains_or_loses(judge: Judge) -> None:
    found = gains(judge, Setting(MMR, 0.0))
    assert (found.up, found.down, found.n_items_up, found.n_items_down) == (0, 0, 0, 0)
    assert found.best.empty
    assert found.worst.empty
    assert found.risen.empty
    assert found.gap.mean == 0.0
    np.testing.assert_allclose(found.quarters["before"], found.quarters["after"])


def test_people_are_those_whose_own_list_changed_so(judge: Judge) -> None:
    setting = Setting(MMR, 0.8)
    found, serving = gains(judge, setting), judge.serving
    assert found.up + found.down <= found.n_users
    assert found.down == len(found.worst) or len(found.worst) == 5
    for _place, row in found.worst.iterrows():
        lists = [user_list(serving, int(row["user"]), k=5, rerank=one) for one in (Setting(), setting)]
        hits = [int(one["hit"].sum()) for one in lists]
        assert row["after"] < row["before"]
        assert hits[1] <= hits[0]
        assert row["changed"] == len(set(lists[1]["item"]) - set(lists[0]["item"]))
    assert (found.worst["change"].diff().dropna() >= 0).all()
    assert (found.best["change"].diff().dropna() <= 0).all()


def test_the_mean_change_is_that_of_all_people(judge: Judge) -> None:
    found = gains(judge, Setting(MMR, 0.8))
    assert found.gap.low <= found.gap.mean <= found.gap.high
    by_size = (found.groups["n"] * found.groups["change"]).sum() / found.groups["n"].sum()
    assert by_size == pytest.approx(found.gap.mean)
    assert found.groups["n"].sum() == found.n_users


def test_places_are_neither_made_nor_lost(judge: Judge) -> None:
    found = gains(judge, Setting(MIX, 0.7))
    for name in ("before", "after"):
        assert found.quarters[name].sum() == pytest.approx(1.0)
    assert (found.risen["after"] > found.risen["before"]).all()
    assert (found.fallen["after"] < found.fallen["before"]).all()
    assert found.n_first >= (found.risen["before"] == 0).sum()


def test_items_are_counted_as_they_stand_in_the_lists(judge: Judge) -> None:
    setting = Setting(MIX, 0.7)
    found, after = gains(judge, setting), judge.lists(setting)
    for _place, row in found.risen.iterrows():
        assert row["after"] == (after == row["item"]).sum()


def test_every_third_of_the_people_is_there(judge: Judge) -> None:
    groups = gains(judge, Setting(MMR, 0.5)).groups
    assert len(groups) == 3
    assert ((groups["low"] <= groups["change"]) & (groups["change"] <= groups["high"])).all()


def test_a_world_of_one_person_is_judged(judge: Judge) -> None:
    class One(Judge):
        @property
        def _judged(self):  # type: ignore[no-untyped-def,override]
            users, pool = super()._judged
            return users[:1], type(pool)(pool.items[:1], pool.scores[:1])

    one = One(judge.serving, 5, "attributes")
    assert gains(one, Setting(MMR, 0.9)).n_users == 1


def test_serving_is_a_run(judge: Judge) -> None:
    assert isinstance(judge.serving, Serving)
