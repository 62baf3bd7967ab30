"""Behind a figure: every per-user value comes out of plain arithmetic, and every figure out of them; who is in the mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import SplitSpec
from recsys_core.data.store import keep_dataset
from recsys_core.errors import NotFound, ParamError
from recsys_core.evaluation.formulas import Shape, formula
from recsys_core.runs import Run, open_run
from recsys_core.scenarios.inspecting import Inspection
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.worked import Worked, decimal, ratio, summed
from recsys_core.scenarios.worked_figures import worked
from tests.conftest import Studio
from tests.helpers import finished_run

MODELS = ("history_encoder", "embedding_mlp", "ease", "popularity")


def _opened(run: Run) -> Inspection:
    return Inspection.of(run, Serving.open(run))


@pytest.fixture(params=MODELS)
def inspection(request: pytest.FixtureRequest, studio: Studio) -> Inspection:
    return _opened(open_run(studio.runs[request.param]))


@pytest.fixture
def rated(studio: Studio) -> Inspection:
    return _opened(open_run(studio.runs["embedding_mlp"]))


def _exact(found: Worked) -> None:
    """Equal to a billionth, and the screen says so."""
    told = (found.metric, found.user)
    assert found.agrees, told
    assert found.figure == pytest.approx(found.shown, rel=1e-9, abs=1e-9), told
    if found.part.value is not None and found.stored is not None:
        assert found.part.value == pytest.approx(found.stored, rel=1e-9, abs=1e-9), told


def test_every_figure_of_every_user_comes_out_to_a_billionth(inspection: Inspection) -> None:
    assert {"ndcg@10", "ndcg_liked@10", "gini@10", "novelty@10"} <= set(inspection.metrics)
    for metric in inspection.metrics:
        values = inspection.values(metric)
        for place, user in enumerate(inspection.users[:12]):
            found = worked(inspection, metric, int(user))
            _exact(found)
            if values is not None and np.isfinite(values[place]):
                assert found.part.value is not None
                assert found.stored == values[place]
            elif values is not None:
                assert found.part.value is None


def test_the_default_user_of_every_figure_is_one_who_is_in_it(inspection: Inspection) -> None:
    for metric in inspection.metrics:
        user = inspection.telling(metric)
        found = worked(inspection, metric, user)
        assert len(found.part.table) > 0
        if formula(metric).shape is Shape.HITS:
            assert found.part.value is not None and found.part.value > 0
    shown = worked(inspection, "ndcg@10", inspection.telling("ndcg@10")).part.table
    assert 0 < shown["hit"].sum() < 10


def test_a_list_worked_by_hand(tiny_ratings: Dataset, workspace: object) -> None:
    run = finished_run(
        keep_dataset(tiny_ratings, actor="ada"), "popularity", split=SplitSpec.parse("last:1", seed=1), k=3
    )
    inspection = _opened(run)
    for user in inspection.users:
        found = worked(inspection, "ndcg@3", int(user))
        (hits,) = np.nonzero(found.part.table["hit"].to_numpy())
        assert found.part.value == pytest.approx(sum(1 / np.log2(place + 2) for place in hits))
        assert found.part.table["gained"].sum() == pytest.approx(found.part.value)


def test_the_errors_of_a_user_are_their_rows_and_the_root_is_of_all_rows(rated: Inspection) -> None:
    user = rated.telling("rmse")
    found = worked(rated, "rmse", user)
    table = found.part.table
    assert len(table) == (rated.everybody["user"] == user).sum() > 0
    assert (table["error"] == table["predicted"] - table["truth"]).all()
    assert found.part.value == pytest.approx((table["error"] ** 2).sum(), abs=1e-9)
    assert found.stored == pytest.approx(found.part.value, abs=1e-9)
    assert "sqrt" in found.ending[-1].latex
    mae = worked(rated, "mae", user)
    assert mae.part.value == pytest.approx(table["error"].abs().sum(), abs=1e-9)
    assert mae.stored == pytest.approx(mae.part.value, abs=1e-9)


def test_everybody_is_in_the_mean_or_has_a_reason_not_to_be(inspection: Inspection) -> None:
    for metric in inspection.metrics:
        who = inspection.who(metric)
        assert who.n_judged + sum(n for _why, n in who.left_out) == who.n_users
        values = inspection.values(metric)
        if values is not None:
            assert who.n_judged == np.isfinite(values).sum()


def test_what_is_masked_and_what_is_ranked_add_up(inspection: Inspection) -> None:
    split = inspection.serving.split
    for user in inspection.users[:10]:
        masked = inspection.masked("ndcg@10", int(user))
        events = inspection.serving.events_of(int(user))
        assert masked.train == np.isin(events, split.train).sum()
        assert masked.valid == np.isin(events, split.valid).sum()
        assert masked.ranked == masked.catalogue - masked.train - masked.valid
        assert masked.relevant == np.isin(events, split.test).sum()


@pytest.mark.parametrize("split", ["cold-user:3", "cold-item:0.2", "last:2"])
def test_other_protocols_come_out_too(little: Dataset, workspace: object, split: str) -> None:
    data = keep_dataset(little, actor="ada")
    run = finished_run(data, "bias" if "item" in split else "ease", split=SplitSpec.parse(split, seed=42))
    inspection = _opened(run)
    assert ("ndcg_warm@10" in inspection.metrics) == ("item" in split)
    for metric in inspection.metrics:
        who = inspection.who(metric)
        assert who.n_judged + sum(n for _why, n in who.left_out) == who.n_users, metric
        for user in inspection.users[::4]:
            _exact(worked(inspection, metric, int(user)))


def test_real_data_come_out(movielens: Dataset, workspace: object) -> None:
    data = keep_dataset(movielens, actor="ada")
    inspection = _opened(finished_run(data, "bias"))
    users = np.random.default_rng(0).choice(inspection.users, 10, replace=False)
    for metric in inspection.metrics:
        for user in users[: 10 if formula(metric).averaged else 1]:
            found = worked(inspection, metric, int(user))
            _exact(found)


def test_what_cannot_be_worked_through_is_refused(inspection: Inspection, studio: Studio) -> None:
    with pytest.raises(ParamError, match="no metric"):
        worked(inspection, "beauty@10", int(inspection.users[0]))
    with pytest.raises(NotFound, match="NDCG@7"):
        worked(inspection, "ndcg@7", int(inspection.users[0]))
    with pytest.raises(NotFound, match="NDCG@10"):
        worked(inspection, "ndcg@10", 10**6)
    lists = _opened(open_run(studio.runs["ease"]))
    with pytest.raises(NotFound, match="predicts no values"):
        lists.everybody  # noqa: B018


def test_a_wrong_value_is_seen(rated: Inspection) -> None:
    found = worked(rated, "ndcg@10", int(rated.users[0]))
    assert found.agrees
    assert not replace(found, shown=found.shown + 1e-5).agrees
    assert found.stored is not None
    assert not replace(found, stored=found.stored + 1e-5).agrees


def test_numbers_inside_formulas() -> None:
    assert (decimal(0.63093), decimal(12345.5), decimal(3.0)) == ("0.631", r"12\,345.500", "3")
    assert summed([]) == "0"
    assert summed(list("abcdefg")) == r"a + b + c + d + \dots"
    assert ratio("1", "4", 0.25) == r"\frac{1}{4} = 0.250"
