"""The frontier: its points by hand, its laws on real data, the knee, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import Cancelled
from recsys_core.evaluation import beyond
from recsys_core.evaluation.metrics import hits_of, ndcg
from recsys_core.models.baselines import Ease
from recsys_core.models.blend import without_validation
from recsys_core.ranking.rerank import COVERAGE, DPP, METHODS, MIX, MMR, Setting
from recsys_core.scenarios.frontier import Frontier, as_rows, best_within, frontier, knee, said
from recsys_core.scenarios.judging import MEASURES, Judge, n_new
from recsys_core.scenarios.lists import Serving
from tests.scenarios.served import ease, popularity


@pytest.fixture(scope="module")
def films(movielens: Dataset) -> Serving:
    """EASE on MovieLens as learned from training rows, judged on validation rows."""
    inner = without_validation(make_split(movielens, SplitSpec()))
    return Serving("films", movielens, inner, Ease().fit(inner, seed=0).scorer)


@pytest.fixture(scope="module")
def drawn(films: Serving) -> Frontier:
    return frontier(films, strengths=(0.0, 0.3, 0.6))


def test_every_method_stands_at_every_strength(drawn: Frontier) -> None:
    assert len(drawn.points) == 3 * len(METHODS)
    assert set(drawn.points["method"]) == set(METHODS)
    assert (drawn.k, drawn.distance, drawn.n_users) == (10, "attributes", 943)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("distance", ["attributes", "model", "together"])
def test_strength_zero_is_the_lists_as_ranked_to_the_last_place(
    films: Serving, method: str, distance: str
) -> None:
    users, pool = films.studio.candidates
    judged = np.diff(films.held_out.indptr)[users] > 0
    lists = Judge(films, 10, distance).lists(Setting(method, 0.0, distance))
    np.testing.assert_array_equal(lists, pool.items[judged, :10])


def test_a_curve_starts_at_the_lists_as_ranked(drawn: Frontier) -> None:
    starts = drawn.points[drawn.points["strength"] == 0.0]
    assert len(starts) == len(METHODS)
    for name in MEASURES:
        assert (starts[f"{name}_change"] == 0).all()
    assert (starts["changed"] == 0).all()


def test_figures_are_those_of_the_evaluation(films: Serving, drawn: Frontier) -> None:
    users, pool = films.studio.candidates
    items = (
        films.studio.ready(Setting(MMR, 0.6), 10).lists(pool, films.studio.taste(films.seen[users]), 10).items
    )
    judged = np.diff(films.held_out.indptr)[users] > 0
    point = drawn.of(MMR).iloc[-1]
    values = ndcg(hits_of(items[judged], films.held_out[users[judged]]), 10)
    assert point["ndcg"] == pytest.approx(values.mean())
    assert point["ndcg_low"] < point["ndcg"] < point["ndcg_high"]
    assert point["coverage"] == pytest.approx(
        beyond.coverage(beyond.exposure(items[judged], films.data.n_items))
    )
    genres = films.studio.vectors("attributes")
    assert point["distance"] == pytest.approx(beyond.intra_list_diversity(items[judged], genres).mean())
    plain = drawn.of(MMR).iloc[0]
    assert point["distance_change"] == pytest.approx(100 * (point["distance"] / plain["distance"] - 1))
    assert point["distance_change_low"] < point["distance_change"] < point["distance_change_high"]


def test_a_paired_change_is_surer_than_two_means(drawn: Frontier) -> None:
    point, plain = drawn.of(MMR).iloc[1], drawn.of(MMR).iloc[0]
    paired = point["ndcg_change_high"] - point["ndcg_change_low"]
    apart = 100 * (point["ndcg_high"] - point["ndcg_low"]) / plain["ndcg"]
    assert paired < apart / 2


@pytest.mark.parametrize(
    ("method", "measure"), [(MMR, "distance"), (DPP, "distance"), (COVERAGE, "coverage")]
)
def test_on_real_data_what_is_asked_for_grows_with_the_strength(
    films: Serving, method: str, measure: str
) -> None:
    found = frontier(films, methods=(method,)).points
    assert (found[measure].diff().dropna() >= 0).all(), found[measure].tolist()
    assert found[measure].iloc[-1] > 1.2 * found[measure].iloc[0]


def test_the_distance_may_be_another(films: Serving, drawn: Frontier) -> None:
    other = frontier(films, distance="together", methods=(MMR,), strengths=(0.0, 0.6))
    assert other.distance == "together"
    point = other.points.iloc[-1]
    assert point["distance"] == point["together"]
    assert point["together_change"] > 2 * drawn.of(MMR).iloc[-1]["together_change"]


def test_test_rows_make_no_difference(movielens: Dataset) -> None:
    split = make_split(movielens, SplitSpec())
    other = movielens.interactions.copy()
    other.loc[split.test, "item"] = np.random.default_rng(0).permutation(other["item"].to_numpy()[split.test])
    changed = replace(movielens, interactions=other)
    moved = Split(changed, split.spec, split.train, split.valid, split.test)
    found = []
    for one in (split, moved):
        inner = without_validation(one)
        serving = Serving("one", one.dataset, inner, Ease().fit(inner, seed=0).scorer)
        found.append(frontier(serving, methods=(MIX, COVERAGE), strengths=(0.0, 0.4)).points)
    pd.testing.assert_frame_equal(found[0], found[1])


def test_the_same_question_has_the_same_answer() -> None:
    one, other = (frontier(ease(), k=5, strengths=(0.0, 0.5)).points for _time in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_k_beyond_the_catalogue_is_cut_and_popularity_has_a_frontier_too() -> None:
    found = frontier(popularity(), k=500, methods=(MIX,), strengths=(0.0, 1.0))
    assert found.k == popularity().data.n_items
    assert np.isfinite(found.points["ndcg"]).all()


def test_it_tells_how_far_it_is_and_can_be_stopped() -> None:
    told: list[dict[str, float]] = []
    frontier(ease(), k=5, methods=(MMR,), strengths=(0.0, 0.5), report=told.append)
    assert [event["share"] for event in told] == [0.5, 1.0]
    with pytest.raises(Cancelled):
        frontier(ease(), k=5, should_stop=lambda: True)


def test_changed_places_by_hand() -> None:
    before = np.array([[1, 2, 3], [4, 5, -1]])
    after = np.array([[3, 1, 9], [5, 4, -1]])
    assert n_new(after, before).tolist() == [1, 0]


def _curve(ndcg_: list[float], distance: list[float]) -> pd.DataFrame:
    strengths = np.linspace(0, 1, len(ndcg_))
    return pd.DataFrame(
        {"strength": strengths, "ndcg": ndcg_, "distance": distance, "gini": 1 - np.array(distance)}
    )


def test_the_knee_by_hand() -> None:
    # up to the third point distance is nearly free, then it costs
    curve = _curve([1.0, 0.995, 0.99, 0.96, 0.93], [0.0, 0.2, 0.4, 0.5, 0.6])
    found = knee(curve, "distance")
    assert found is not None
    assert found["strength"] == 0.5
    less = knee(curve, "gini")  # less of it is what is meant
    assert less is not None
    assert less["strength"] == 0.5


@pytest.mark.parametrize(
    ("left", "gained"),
    [
        ([1.0, 0.98, 0.96, 0.94], [0.0, 0.1, 0.2, 0.3]),  # straight: every step costs alike
        ([1.0, 0.94, 0.93, 0.92], [0.0, 0.1, 0.2, 0.3]),  # the first step costs most
        ([1.0, 0.99], [0.0, 0.5]),  # two points
        ([1.0, 0.99, 0.98, 0.97], [0.3, 0.2, 0.1, 0.0]),  # nothing is gained
        ([1.0, 0.5, 0.4, 0.3], [0.0, 0.1, 0.2, 0.3]),  # too dear from the first step
    ],
)
def test_without_a_bend_there_is_no_knee(left: list[float], gained: list[float]) -> None:
    assert knee(_curve(left, gained), "distance") is None


def test_what_lies_beyond_the_cliff_does_not_move_the_knee() -> None:
    left, gained = [1.0, 0.995, 0.99, 0.96, 0.93], [0.0, 0.2, 0.4, 0.5, 0.6]
    whole = knee(_curve([*left, 0.3], [*gained, 0.7]), "distance")
    assert whole is not None
    assert whole["ndcg"] == 0.99


def test_the_best_within_a_budget(drawn: Frontier) -> None:
    points = drawn.points.assign(
        ndcg_change=np.linspace(0, -5, len(drawn.points)),
        distance_change=np.linspace(0, 9, len(drawn.points)),
    )
    found = best_within(replace(drawn, points=points), 2.0)
    assert found is not None
    allowed = points[(points["strength"] > 0) & (points["ndcg_change"] >= -2.0)]
    assert found["distance_change"] == allowed["distance_change"].max()
    assert best_within(replace(drawn, points=points), -1.0 + 1e-9, least={"coverage": 1e9}) is None


def test_the_nearest_point_of_a_setting(drawn: Frontier) -> None:
    found = drawn.nearest(Setting(DPP, 0.5))
    assert found is not None
    assert (found["method"], found["strength"]) == (DPP, 0.6)
    assert replace(drawn, points=drawn.points.iloc[:0]).nearest(Setting(DPP, 0.5)) is None


def test_what_is_said_between_two_points_names_the_point_it_is_of(films: Serving, drawn: Frontier) -> None:
    words = films.data.words
    assert said(drawn, Setting(MMR, 0.3), words).startswith(f"For all {words.users}: ")
    assert said(drawn, Setting(MMR, 0.35), words).startswith(
        f"For all {words.users} at 0.3, the next point: "
    )
    nothing = replace(drawn, points=drawn.points.iloc[:0])
    assert said(nothing, Setting(MMR, 0.4), words) == ""


def test_points_are_plain_values_for_json(drawn: Frontier) -> None:
    rows = as_rows(replace(drawn, points=drawn.points.assign(gini_change=np.nan)))
    assert rows[0]["gini_change"] is None
    assert isinstance(rows[0]["ndcg"], float)


def test_a_judge_knows_only_people_with_something_to_find(films: Serving) -> None:
    judge = Judge(films, 10, "attributes")
    assert (np.diff(films.held_out.indptr)[judge.users] > 0).all()
    assert judge.lists().shape == (len(judge.users), 10)
