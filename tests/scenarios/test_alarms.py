"""Broken models trip exactly their alarm and healthy ones none: on films and in a simulated world."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, Words
from recsys_core.data.score_file import ScoreColumns, ScoreTable
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.data.store import keep_dataset
from recsys_core.evaluation import signs as store
from recsys_core.evaluation.signs import Signs
from recsys_core.models.registry import model_class
from recsys_core.runs import open_run
from recsys_core.scenarios import alarms
from recsys_core.scenarios.alarms import NAMES, check, checked, kept_alarms
from tests.broken import ILLNESSES, Broken, FewItems, NearPopularity, TrainingTable, signs_of
from tests.conftest import Studio
from tests.scenarios.signs import HEALTHY
from tests.training.test_imported import bring, table_from

FILMS = Words(item="film", items="films", user="viewer", users="viewers", value="rating", verb="watched")


@cache
def _world() -> Split:
    return make_split(simulate(Kind.RATING, seed=1).dataset, SplitSpec())


@pytest.fixture(scope="module")
def films(movielens: Dataset) -> Split:
    return make_split(movielens, SplitSpec())


def _raised(signs: Signs) -> list[str]:
    return [one.name for one in check(signs, FILMS).alarms]


@pytest.mark.parametrize("broken", list(ILLNESSES), ids=lambda one: one.__name__)
def test_a_broken_model_trips_exactly_its_alarm_in_a_simulated_world(broken: type[Broken]) -> None:
    assert _raised(signs_of(broken(_world()), _world())) == [ILLNESSES[broken]]


@pytest.mark.parametrize("broken", list(ILLNESSES), ids=lambda one: one.__name__)
def test_a_broken_model_trips_exactly_its_alarm_on_films(broken: type[Broken], films: Split) -> None:
    assert _raised(signs_of(broken(films), films)) == [ILLNESSES[broken]]


@pytest.mark.parametrize("model", ["ease", "item_knn", "ials", "markov"])
def test_a_healthy_model_trips_none(model: str, films: Split) -> None:
    for split in (_world(), films):
        scorer = model_class(model)().fit(split, seed=0).scorer
        assert _raised(signs_of(scorer, split)) == []


@pytest.mark.parametrize("model", ["history_encoder", "ease"])
def test_a_run_of_a_healthy_model_has_no_alarm(model: str, studio: Studio) -> None:
    found = checked(open_run(studio.runs[model]), studio.data)
    assert found is not None
    assert found.alarms == ()
    assert found.n_looked == len(NAMES) - 1  # it predicts no values


def test_lists_without_a_model_skip_what_needs_one_and_say_why() -> None:
    by_heart = check(signs_of(TrainingTable(_world()), _world(), asked=False), FILMS)
    assert [one.name for one in by_heart.alarms] == ["collapsed"]  # all that its lists tell
    first = by_heart.checks[0]
    assert (first.name, first.state) == ("memorised", "skipped")
    assert "cannot be asked" in first.looked
    copy = check(signs_of(NearPopularity(_world()), _world(), asked=False), FILMS)
    assert [one.name for one in copy.alarms] == ["copycat"]
    assert copy.n_looked == len(NAMES) - 2  # no model, and no predicted values


def test_an_alarm_tells_what_tripped_it_and_what_to_do() -> None:
    (alarm,) = check(signs_of(FewItems(_world()), _world()), FILMS).alarms
    assert alarm.title == "Most of the catalogue never shown"
    assert "Nobody ever sees 380 of 400 films: 6,000 places in all lists went to 20" in alarm.sentence
    assert "Diversity" in alarm.remedy


SICK = {
    "memorised": {"train": 0.97, "low": -0.3, "high": -0.2, "ndcg": 0.01},
    "collapsed": {"level": 0.9},
    "good_rmse": {"rmse": 0.95, "bias_rmse": 0.94, "low": -0.2, "high": -0.1},
    "copycat": {"popular": 0.97, "low": -0.01, "high": 0.01},
    "same_list": {"alike": 0.99},
    "never_shown": {"n_shown": 40},
}


@pytest.mark.parametrize("name", SICK)
def test_every_alarm_has_its_figures_and_a_remedy(name: str) -> None:
    found = check(replace(HEALTHY, **SICK[name]), FILMS)
    (alarm,) = found.alarms
    assert alarm.name == name
    for text in (alarm.title, alarm.sentence, alarm.remedy, *(one.looked for one in found.checks)):
        assert text and "{" not in text and "nan" not in text
    assert [one.state for one in found.checks if one.name == name] == ["raised"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"train": 0.99},
            "it knows its rows by heart, and its list is better than popularity's all the same",
        ),
        ({"popular": 0.9, "low": 0.01, "high": 0.02}, "near popularity, and surely better"),
        ({"popular": 0.9, "low": -0.02, "high": 0.03}, "near popularity, and the data cannot tell"),
        ({"rmse": 0.99, "bias_rmse": 0.94, "low": -0.2, "high": -0.1}, "its RMSE is not good"),
        ({"rmse": 0.90, "bias_rmse": 0.94, "low": -0.02, "high": 0.01}, "its list may be as good"),
        ({"n_shown": 40, "n_lists": 200}, "there were too few places"),
        ({"level": 0.4}, "level for the minority"),
        ({"n_shown": 40, "popular": 0.85}, "popularity's items, and better than popularity"),
    ],
)
def test_what_looks_like_an_illness_and_is_none(change: dict[str, float], why: str) -> None:
    assert _raised(replace(HEALTHY, **change)) == [], why


def test_the_first_cause_explains_what_follows_from_it() -> None:
    found = check(replace(HEALTHY, alike=1.0, n_shown=15), FILMS)
    states = {one.name: one.state for one in found.checks}
    assert (states["same_list"], states["never_shown"]) == ("raised", "explained")


@pytest.fixture
def own_studio(studio: Studio, workspace: Path) -> Studio:
    """A copy of the studio that a test may change."""
    shutil.copytree(studio.folder, workspace)
    return replace(studio, folder=workspace)


def test_a_run_s_signs_are_kept_beside_it_and_measured_where_they_are_not(own_studio: Studio) -> None:
    run = open_run(own_studio.runs["ease"])
    by_worker = store.kept(run.folder)
    assert by_worker is not None
    (run.folder / store.FILE).unlink()
    assert kept_alarms(run, FILMS) == ()
    assert alarms.signs_of(run, own_studio.data) == by_worker
    assert store.kept(run.folder) == by_worker


def test_signs_of_another_version_are_measured_anew(own_studio: Studio) -> None:
    run = open_run(own_studio.runs["history_encoder"])
    known = alarms.signs_of(run, own_studio.data)
    (run.folder / store.FILE).write_text('{"format_version": 0, "signs": {}}')
    assert store.kept(run.folder) is None
    assert alarms.signs_of(run, own_studio.data) == known


def test_a_run_without_its_model_is_checked_by_its_lists(own_studio: Studio) -> None:
    run = open_run(own_studio.runs["ease"])
    (run.folder / store.FILE).unlink()
    shutil.rmtree(run.folder / "model")
    found = checked(run, own_studio.data)
    assert found is not None
    assert [one.state for one in found.checks if one.name == "memorised"] == ["skipped"]


def test_a_floor_is_never_alarmed_about(studio: Studio) -> None:
    run = open_run(studio.runs["popularity"])
    assert checked(run, studio.data) is None
    assert kept_alarms(run, FILMS) == ()


def test_imported_scores_are_checked_by_their_lists(workspace: Path, little: Dataset) -> None:
    data = keep_dataset(little, actor="test")
    scorer = NearPopularity(make_split(data, SplitSpec()))
    copy, _new = bring(data, table_from(scorer))
    found = checked(copy, data)
    assert found is not None
    states = {one.name: one.state for one in found.checks}
    assert (states["memorised"], states["good_rmse"]) == ("skipped", "skipped")
    assert alarms.signs_of(copy, data).popular > 0.9


def test_scores_of_test_pairs_alone_make_no_list_to_be_alarmed_about(
    workspace: Path, little: Dataset
) -> None:
    data = keep_dataset(little, actor="test")
    split = make_split(data, SplitSpec())
    users, items, truth = split.triples(split.test)
    table = ScoreTable(users, items, truth.astype(float), ScoreColumns("user", "item", "score"))
    run, _new = bring(data, table, ratings=True)
    found = checked(run, data)
    assert found is not None
    assert found.alarms == ()
    looked = [one.name for one in found.checks if one.state != "skipped"]
    assert looked == []
