"""The floors of new items, and the curve of held-out items as their interactions become known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from recsys_core.charts import new_items as charts
from recsys_core.columns import Kind
from recsys_core.data.dataset import Dataset, make_dataset
from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.errors import NotSupported
from recsys_core.models.baselines import Ease
from recsys_core.scenarios import new_item_curve as module
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_item_curve import (
    BY_ATTRIBUTE,
    COUNT,
    EASE,
    IALS,
    MODEL,
    SIMILAR,
    STEPS,
    Curve,
    Reveal,
    curve,
    ease_line,
    finding,
    ials_line,
    names_of,
)
from recsys_core.scenarios.new_item_floors import PRIOR_ITEMS, content_neighbours, popularity_by_attribute
from recsys_core.serving.baselines import PopularityScorer
from recsys_core.serving.factors import FactorsScorer
from tests.fitted import tiny_split
from tests.towers import drawn_towers


@cache
def _held_out() -> Serving:
    split = make_split(tiny_split().dataset, SplitSpec("cold-item", 0.2, 1))
    return Serving("drawn", split.dataset, split, drawn_towers(split))


@cache
def _measured() -> Curve:
    return curve(_held_out())


@pytest.fixture
def two_kinds() -> Dataset:
    """Four users took p (kind x), one q (kind x) and one r (kind y); s (kind y) is known, but nobody took it."""
    rows = [(user, "p", 1.0) for user in "1234"] + [("1", "q", 1.0), ("4", "r", 1.0), ("2", "s", 1.0)]
    items = pd.DataFrame(
        {"item_id": list("pqrs"), "title": ["Qqq", "Www", "Zzz", "Kkk"], "kind": list("xxyy")}
    )
    events = pd.DataFrame(rows, columns=["user_id", "item_id", "value"])
    return make_dataset("kinds", Kind.IMPLICIT, events, items=items)


def _seen(data: Dataset) -> csr_matrix:
    events = data.interactions.iloc[:6]
    ones = np.ones(6, np.float32)
    return csr_matrix((ones, (events["user"], events["item"])), shape=(data.n_users, data.n_items))


def test_popularity_by_attribute_is_the_mean_of_known_items_by_hand(two_kinds: Dataset) -> None:
    new = pd.DataFrame({"title": ["a", "b", "c"], "kind": ["x", "y", None]})
    scores = popularity_by_attribute(two_kinds, _seen(two_kinds), new)
    p, q, r = np.log([5.0, 2.0, 2.0])
    overall = (p + q + r) / 3
    x = (p + q + PRIOR_ITEMS * overall) / (2 + PRIOR_ITEMS)
    y = (r + PRIOR_ITEMS * overall) / (1 + PRIOR_ITEMS)  # s was never taken and is no evidence
    assert scores.new(np.array([0, 3])) == pytest.approx(np.tile([x, y, overall], (2, 1)))
    assert scores.known(np.array([1]))[0] == pytest.approx([p, q, r, 0.0])


def test_content_neighbours_are_mean_cosines_by_hand(two_kinds: Dataset) -> None:
    new = pd.DataFrame({"title": ["a", "b"], "kind": ["x", "y"]})
    scores = content_neighbours(two_kinds, _seen(two_kinds), new)
    users = two_kinds.user_rows(["1", "2", "4"])
    assert scores.new(users) == pytest.approx(np.array([[1, 0], [1, 0], [0.5, 0.5]]))
    assert scores.known(users)[:, [0, 3]] == pytest.approx(scores.new(users))


def test_rows_are_revealed_in_one_order_and_at_least_half_are_left_to_ask_for() -> None:
    serving = _held_out()
    reveal = Reveal.of(serving, most=3)
    asked = reveal.matrix(~reveal.shown)
    assert reveal.known(0).nnz == 0
    for fewer, more in ((0, 1), (1, 2), (2, 3)):
        gone = reveal.known(fewer) - reveal.known(fewer).multiply(reveal.known(more))
        assert abs(gone).nnz == 0
        assert (reveal.known(more).getnnz(axis=0) <= more).all()
    assert (asked.getnnz(axis=0) >= 1).all() and (
        asked.getnnz(axis=0) >= reveal.known(3).getnnz(axis=0)
    ).all()
    assert asked.multiply(reveal.known(3)).nnz == 0
    whole = asked + reveal.known(3)
    assert (whole != serving.held_out[:, serving.split.cold_items]).nnz == 0


def test_lines_of_attributes_stand_still_and_lines_of_rows_begin_at_the_same_lot() -> None:
    found = _measured()
    assert set(found.table["line"]) == {MODEL, BY_ATTRIBUTE, SIMILAR, COUNT, EASE, IALS}
    for line in (MODEL, BY_ATTRIBUTE, SIMILAR):
        assert len({found.value(line, known) for known in STEPS}) == 1
    assert found.value(EASE, 0) == found.value(IALS, 0) == found.value(COUNT, 0)
    assert found.value(EASE, 5) != found.value(EASE, 0)
    assert found.table[["ndcg", "low", "high"]].to_numpy().min() >= 0
    assert (found.table["low"] <= found.table["ndcg"]).all() and (
        found.table["ndcg"] <= found.table["high"]
    ).all()
    assert found.distinct is not None and 1 < found.distinct <= found.n_users
    assert found.n_items == len(_held_out().split.cold_items)


def test_the_run_s_own_point_is_what_a_plain_loop_gives() -> None:
    serving, found = _held_out(), _measured()
    reveal = Reveal.of(serving)
    wanted, hidden = (reveal.matrix(rows).toarray() for rows in (~reveal.shown, reveal.shown))
    cold = serving.split.cold_items
    table = serving.data.items.iloc[cold].reset_index(drop=True)
    values = []
    for user in np.flatnonzero(wanted.any(axis=1)):
        scores = serving.scorer.score_new_items(np.array([user]), table)[0]
        order = [item for item in np.argsort(-scores) if not hidden[user, item]][:10]
        gained = sum(wanted[user, item] / np.log2(place + 2) for place, item in enumerate(order))
        ideal = sum(1 / np.log2(place + 2) for place in range(min(10, int(wanted[user].sum()))))
        values.append(gained / ideal)
    assert found.per_user[MODEL, 0] == pytest.approx(values)


def test_the_ease_line_is_ease_taught_with_the_item_as_one_more_column() -> None:
    split = tiny_split()
    seen = split.matrix(split.fit_rows)
    others, own = [item for item in range(seen.shape[1]) if item != 7], 7
    users = np.arange(seen.shape[0])
    weights = Ease({"l2": 10.0}).fit(split, seed=0).scorer.weights[:, own]  # type: ignore[attr-defined]
    taught = ease_line(seen[:, others].tocsr(), users, 10.0)(seen[:, [own]])
    assert taught[:, 0] == pytest.approx(seen @ weights, abs=1e-5)


def test_the_ials_line_solves_the_ridge_of_one_item() -> None:
    rng = np.random.default_rng(0)
    people = rng.normal(size=(12, 3)).astype(np.float32)
    scorer = FactorsScorer(people, rng.normal(size=(5, 3)).astype(np.float32), unobserved=0.2, l2=0.02)
    took = np.zeros((12, 1))
    took[[1, 4, 9]] = 1.0
    scores = ials_line(scorer, np.arange(12))(csr_matrix(took))
    exact = people.astype(np.float64)
    left = exact[[1, 4, 9]].T @ exact[[1, 4, 9]] + 0.2 * exact.T @ exact + 0.02 * (3 + 0.2 * 12) * np.eye(3)
    assert scores[:, 0] == pytest.approx(exact @ np.linalg.solve(left, exact[[1, 4, 9]].sum(axis=0)))


def test_a_split_that_holds_no_item_out_has_no_curve() -> None:
    split = tiny_split()
    with pytest.raises(NotSupported, match="cold-item"):
        curve(Serving("drawn", split.dataset, split, drawn_towers(split)))


def _curve(**values: dict[int, float]) -> Curve:
    """A curve of 50 users who all have the same value, so that every difference is sure."""
    per_user = {
        (line, known): np.full(50, points.get(known, points[0]))
        for line, points in values.items()
        for known in STEPS
    }
    return Curve(pd.DataFrame(), per_user, 50, 9, None)


def test_the_finding_says_who_needs_how_many_interactions() -> None:
    floors = {BY_ATTRIBUTE: {0: 0.1}, SIMILAR: {0: 0.2}, COUNT: {0: 0.0}}
    later = _curve(**floors, model={0: 0.3}, ease={0: 0.0, 20: 0.25}, ials={0: 0.0, 10: 0.31, 20: 0.4})
    assert later.overtaken == (IALS, 10)
    assert finding(later, "Towers").endswith("iALS + known rows needs 10 known interactions to beat it")
    never = _curve(**floors, model={0: 0.3}, ease={0: 0.0}, ials={0: 0.0})
    assert "no model of ids beats it with 20" in finding(never, "Towers")
    weak = _curve(**floors, model={0: 0.2}, ease={0: 0.0}, ials={0: 0.0})
    assert "not surely better than Similar attributes (0.200 against 0.200)" in finding(weak, "Towers")
    cannot = _curve(**floors, ease={0: 0.0}, ials={0: 0.0})
    assert "Popularity cannot score them" in finding(cannot, "Popularity")


def test_a_model_of_ids_has_no_line_of_its_own() -> None:
    drawn = _held_out()
    counts = np.asarray(drawn.seen.sum(axis=0)).ravel()
    found = curve(Serving("p", drawn.data, drawn.split, PopularityScorer(drawn.data.n_users, counts)))
    assert MODEL not in set(found.table["line"]) and found.distinct is None


def test_the_charts_know_every_line_and_draw_intervals() -> None:
    assert set(charts.DASHES) == {MODEL, BY_ATTRIBUTE, SIMILAR, COUNT, EASE, IALS} == set(module.HOW)
    found, data = _measured(), _held_out().data
    names = names_of(list(dict.fromkeys(found.table["line"])), "Two towers")
    spec = charts.curve(found.table, names, "A finding", data.words, colour="#123456").to_dict()
    band, line, _dots = spec["layer"]
    assert (band["encoding"]["y"]["field"], band["encoding"]["y2"]["field"]) == ("low", "high")
    scale = line["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True))["Two towers"] == "#123456"
    empty = charts.curve(found.table.head(0), names, "A finding", data.words, colour="#123456")
    assert empty.to_dict()["title"] == "A finding"


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ([0.12, 0.5], "12% of users would have it among their first 10"),
        ([0.0, 0.05], "5% of users would have it among their first 50"),
        ([0.0, 0.001], "Hardly any user would have it among their first 50"),
        ([], "No user to ask"),
    ],
)
def test_the_chart_of_ranks_says_how_far_it_reaches(shares: list[float], title: str) -> None:
    ranks = [10, 50][: len(shares)]
    table = pd.DataFrame({"rank": ranks, "share": shares, "low": shares, "high": shares, "marked": True})
    table = table.astype({"marked": bool})
    spec = charts.reach(table, _held_out().data.words, colour="#123456").to_dict()
    text = spec["title"]
    said = text if isinstance(text, str) else " ".join(text)
    assert said == title
    assert spec["layer"][0]["encoding"]["x"]["scale"]["type"] == "log"
