"""New people: curves beside popularity, steadiness by hand, what is said, what somebody can be asked of themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.charts.newcomers import curves
from recsys_core.charts.theme import title_of
from recsys_core.columns import Kind
from recsys_core.data.simulator import simulate
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.evaluation.strangers import KNOWN, popularity_of
from recsys_core.models.registry import model_class
from recsys_core.scenarios.newcomers import (
    CURVE_COLUMNS,
    best_of,
    curve,
    hits_expected,
    judged_at,
    person_fields,
    person_row,
    said_of,
    steadiness,
    stranger_rows,
    trust_said,
)
from recsys_core.serving.base import Capabilities, Scorer
from recsys_core.serving.baselines import PopularityScorer
from recsys_core.serving.trust import Trust, TrustScorer

WORLD = simulate(Kind.RATING, n_users=250, n_items=50, mean_events=14, seed=4)
SPLIT = make_split(WORLD.dataset, SplitSpec("cold-user", 3, 0))


class Chain(Scorer):
    """Suggests the item after each one that was chosen, and nothing else."""

    form = "chain"

    def __init__(self, n_items: int) -> None:
        self.n_items, self.can = n_items, Capabilities(new_users=True)

    def fold_in(self, histories: Any, values: Any = None, attributes: Any = None) -> np.ndarray:
        scores = np.zeros((len(histories), self.n_items))
        for row, history in enumerate(histories):
            scores[row, (np.asarray(history, dtype=np.int64) + 1) % self.n_items] = 1.0
        return scores

    def score_catalogue(self, users: Any) -> np.ndarray:
        raise NotImplementedError

    def write(self, folder: Any) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def read(cls, folder: Any, manifest: Any) -> Scorer:
        raise NotImplementedError


def test_popularitys_own_curve_gains_nothing() -> None:
    floor = PopularityScorer(SPLIT.dataset.n_users, popularity_of(SPLIT))
    table = curve(floor, SPLIT, first=False)
    assert tuple(table.columns) == CURVE_COLUMNS
    assert set(table["known"]) <= set(KNOWN)
    np.testing.assert_array_equal(table[["gain", "gain_low", "gain_high"]], 0.0)
    np.testing.assert_allclose(table["value"], table["popularity"])


def test_a_model_that_learns_gains_and_the_interval_holds_the_mean() -> None:
    table = curve(model_class("ease")({"l2": 50.0}).fit(SPLIT, seed=0).scorer, SPLIT, first=False)
    assert (table["low"] <= table["value"]).all()
    assert (table["value"] <= table["high"]).all()
    known = table.set_index("known")
    assert known.loc[10, "gain"] > known.loc[1, "gain"]


def test_only_held_out_people_are_judged() -> None:
    found = judged_at(PopularityScorer(1, popularity_of(SPLIT)), SPLIT, 2, first=True)
    strangers = set(SPLIT.triples(stranger_rows(SPLIT))[0].tolist())
    assert set(found.users.tolist()) <= strangers
    assert not set(found.users.tolist()) & set(SPLIT.triples(SPLIT.fit_rows)[0].tolist())


def test_steadiness_by_hand() -> None:
    chain = Chain(50)
    # picks 3, 10, 20 suggest 4, 11, 21: each list of the other two lacks one of the three
    assert steadiness(chain, np.array([3, 10, 20]), k=3, seed=0) == pytest.approx(2 / 3)
    assert np.isnan(steadiness(chain, np.array([], dtype=np.int64)))
    floor = PopularityScorer(1, np.arange(50.0))
    assert steadiness(floor, np.array([3, 10, 20]), k=5) == 1.0


@given(st.lists(st.integers(0, 49), unique=True, min_size=1, max_size=12))
def test_steadiness_is_a_share(picks: list[int]) -> None:
    assert 0.0 <= steadiness(Chain(50), np.array(picks), k=5) <= 1.0


def _table(*gains: tuple[int, float, float, float]) -> pd.DataFrame:
    rows = [(known, 100, 0.5, 0.4, 0.6, 0.5 - gain, gain, low, high, 2.5) for known, gain, low, high in gains]
    return pd.DataFrame(rows, columns=list(CURVE_COLUMNS))


def test_what_is_said_follows_the_intervals() -> None:
    better = _table((0, 0.0, -0.01, 0.01), (1, 0.05, 0.03, 0.07), (5, 0.1, 0.08, 0.12))
    assert said_of(better, "M").startswith("M beats popularity from 1 known on, most with 5 known: +0.100")
    worse = _table((1, -0.05, -0.07, -0.03), (5, -0.1, -0.12, -0.08))
    assert said_of(worse, "M").startswith("For people known by 5 choices M is worse than popularity: -0.100")
    tied = _table((0, 0.0, -0.01, 0.01), (5, 0.01, -0.01, 0.03))
    assert "cannot be told apart for people known by 0 to 5" in said_of(tied, "M")
    mixed = _table((1, -0.05, -0.07, -0.03), (5, 0.1, 0.08, 0.12))
    assert said_of(mixed, "M").endswith("With 1 it is worse: -0.050 [-0.070, -0.030].")
    assert best_of(worse, "M") == "With 5 known: M 0.500, popularity 0.600"
    assert "Nobody" in best_of(better.head(0), "M")
    assert "Too few" in said_of(better.head(0), "M")


def test_hits_are_those_of_the_largest_number_that_is_known() -> None:
    table = _table((0, 0.0, 0.0, 0.0), (5, 0.1, 0.0, 0.2)).assign(hits=[1.0, 3.0])
    assert [hits_expected(table, n) for n in (0, 4, 5, 20)] == [(1.0, 0), (1.0, 0), (3.0, 5), (3.0, 5)]
    assert hits_expected(table.head(0), 3) is None


def test_trust_is_told_in_words_and_only_by_who_has_it() -> None:
    counts = popularity_of(SPLIT)
    weights = np.array([0.0, 0.9, 1, 1, 1, 1, 1])
    trust = Trust(np.array(KNOWN), weights, np.zeros(7), np.zeros(7), 40, first=False)
    scorer = TrustScorer(Chain(50), counts, SPLIT.matrix(SPLIT.fit_rows), trust)
    assert "popularity's list: 40 people" in (trust_said(scorer, 0) or "")
    assert "90% the model's and 10% popularity's" in (trust_said(scorer, 1) or "")
    first = TrustScorer(Chain(50), counts, SPLIT.matrix(SPLIT.fit_rows), replace(trust, first=True))
    assert "first choices by time" in (trust_said(first, 1) or "")
    assert trust_said(Chain(50), 1) is None


def test_somebody_is_asked_for_attributes_that_many_share() -> None:
    data = WORLD.dataset
    users = data.users.assign(
        town=np.where(np.arange(data.n_users) % 2, "Rome", "Oslo"),
        postcode=[f"{number:05d}" for number in range(data.n_users)],
        years=np.arange(data.n_users) % 60,
    )
    fields = person_fields(replace(data, users=users))
    assert fields["town"] == ["Oslo", "Rome"]
    assert fields["years"] is None
    assert "postcode" not in fields
    row = person_row(data, {"town": "Rome", "years": None})
    assert row is not None and row.to_dict("records") == [{"town": "Rome"}]
    assert person_row(data, {"town": None}) is None


def test_the_chart_says_what_one_sees_and_stands_an_empty_table() -> None:
    table = _table((0, 0.0, -0.01, 0.01), (5, 0.1, 0.08, 0.12)).assign(label="M · ab12")
    chart = curves(table, {"M · ab12": "#0072b2"}, "M beats popularity")
    assert title_of(chart) == "M beats popularity"
    assert {layer["mark"]["type"] for layer in chart.to_dict()["layer"]} == {"area", "line", "text"}
    assert curves(table.head(0), {}, "Nothing").to_dict()
    many = pd.concat([table.assign(label=f"run {place}") for place in range(6)], ignore_index=True)
    assert "text" not in str([layer["mark"] for layer in curves(many, {}, "Six").to_dict()["layer"]])
