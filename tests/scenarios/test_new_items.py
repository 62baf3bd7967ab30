"""A new item: who would get it, at which rank, next to which items; the fields of its form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.columns import TITLE
from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import NotFound, ParamError
from recsys_core.scenarios.lists import Serving
from recsys_core.scenarios.new_item_form import Field, fields_of, invent
from recsys_core.scenarios.new_items import (
    Audience,
    audience,
    favourites,
    first_in_line,
    held_out_choices,
    held_out_item,
    neighbours,
    reach,
    truth,
)
from recsys_core.serving.base import Scorer
from recsys_core.serving.baselines import PopularityScorer
from tests.fitted import tiny_split
from tests.towers import drawn_towers, placed_towers

ANN, BOB, CEM, DEE = range(4)


def _serving(data: Dataset, scorer: Scorer) -> Serving:
    """Everything is learned from except dee's only row, which is held out."""
    split = Split(data, SplitSpec(), np.arange(11), np.empty(0, np.int64), np.array([11]))
    return Serving("by hand", data, split, scorer)


@pytest.fixture
def by_hand(tiny_ratings: Dataset) -> Serving:
    """Items a to f score 1 to 6 for ann and bob, -1 to -6 for cem; a new calm item scores 4.5 for everybody."""
    users = np.array([[1.0], [1.0], [-1.0], [0.0]])
    items = np.arange(1.0, 7.0)[:, None]
    return _serving(tiny_ratings, placed_towers(tiny_ratings, users, items, {"genres: calm": 4.5}))


def _calm(data: Dataset) -> pd.DataFrame:
    return invent(data, "Eta", {"genres": ["calm"]})


def test_ranks_count_the_unseen_items_above(by_hand: Serving) -> None:
    found = audience(by_hand, _calm(by_hand.data))
    assert found.users.tolist() == [CEM, ANN, BOB]  # dee has no row that is learned from
    assert found.ranks.tolist() == [1, 2, 3]  # ann lacks f, bob d e f (4 5 6), cem a c e (-1 -3 -5)
    assert found.rivals.tolist() == [4, 2, 4]
    assert (found.median_rank, found.median_rivals) == (2.0, 4.0)
    assert found.share_within(1) == pytest.approx(1 / 3) and found.share_within(10) == 1.0
    assert not found.fallback


def test_an_item_of_the_catalogue_is_no_rival_of_its_own(by_hand: Serving) -> None:
    found = audience(by_hand, _calm(by_hand.data), itself=5)
    at = {user: (rank, of) for user, rank, of in zip(found.users, found.ranks, found.rivals, strict=True)}
    assert at == {ANN: (1, 1), BOB: (2, 3), CEM: (1, 4)}


def test_progress_is_told_to_the_end(by_hand: Serving) -> None:
    told: list[float] = []
    audience(by_hand, _calm(by_hand.data), report=told.append)
    assert told[-1] == 1.0


def test_a_model_of_ids_falls_back_on_popularity_by_attribute(tiny_ratings: Dataset) -> None:
    counts = np.array([2.0, 3.0, 2.0, 2.0, 1.0, 1.0])
    serving = _serving(tiny_ratings, PopularityScorer(4, counts))
    found = audience(serving, _calm(tiny_ratings))
    assert found.fallback
    assert (
        dict(zip(found.users.tolist(), found.ranks.tolist(), strict=True))[ANN] == 1
    )  # above f, chosen once


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_ranks_are_those_of_a_plain_loop(seed: int) -> None:
    split = tiny_split()
    serving = Serving("drawn", split.dataset, split, drawn_towers(split, seed=seed))
    table = split.dataset.items.iloc[[seed % split.dataset.n_items]].reset_index(drop=True)
    found = audience(serving, table)
    for user, rank in list(zip(found.users, found.ranks, strict=True))[::7]:
        known = serving.scorer.score_catalogue(np.array([user]))[0]
        own = serving.scorer.score_new_items(np.array([user]), table)[0, 0]
        unseen = set(range(split.dataset.n_items)) - set(serving.history(int(user)).tolist())
        assert rank == 1 + sum(known[item] > own for item in unseen)
    assert (np.diff(found.ranks) >= 0).all()
    assert (found.ranks <= found.rivals).all()


def test_the_reason_is_the_value_chosen_beyond_what_everybody_does(by_hand: Serving) -> None:
    # of 11 choices 7 are calm (a b b b a d d); ann chose 3 calm of 5, bob and cem 2 of 3
    found = favourites(by_hand, _calm(by_hand.data), np.array([ANN, BOB, CEM]))
    assert found[0] is None
    assert found[1] == ("calm", pytest.approx(2 / 3), pytest.approx(7 / 11))
    assert found[2] == found[1]
    unknown = invent(by_hand.data, "Eta", {})
    assert favourites(by_hand, unknown, np.array([ANN, BOB])) == [None, None]


def test_the_table_names_who_comes_first_and_why(by_hand: Serving) -> None:
    table = _calm(by_hand.data)
    shown = first_in_line(by_hand, table, audience(by_hand, table), 2)
    assert shown["user_id"].tolist() == ["cem", "ann"]
    assert shown["choices"].tolist() == [3, 5]
    assert shown["value"].iloc[0] == "calm" and pd.isna(shown["value"].iloc[1])


def test_neighbours_come_from_the_model_where_it_has_vectors(tiny_ratings: Dataset) -> None:
    split = tiny_split()
    scorer = drawn_towers(split)
    serving = Serving("drawn", split.dataset, split, scorer)
    table = split.dataset.items.iloc[[3]].reset_index(drop=True)
    near, own = neighbours(serving, table, k=4)
    vector, _bias = scorer.towers.items_of(scorer.item_encoder.transform(table), known=False)
    cosines = scorer.items @ vector[0] / np.linalg.norm(scorer.items, axis=1) / np.linalg.norm(vector[0])
    assert own and near["item"].tolist() == np.argsort(-cosines, kind="stable")[:4].tolist()
    assert near["score"].to_numpy() == pytest.approx(np.sort(cosines)[::-1][:4])


def test_neighbours_without_vectors_are_alike_by_attributes_and_were_chosen(tiny_ratings: Dataset) -> None:
    serving = _serving(tiny_ratings, PopularityScorer(4, np.ones(6)))
    near, own = neighbours(serving, invent(tiny_ratings, "Qqq", {"genres": ["odd"]}), k=6)
    assert not own and near[TITLE].iloc[0] == "Epsilon"
    assert len(near) == 1  # nothing else is odd, or has a part of its name
    assert 5 not in neighbours(serving, _calm(tiny_ratings), itself=5)[0]["item"].tolist()


def test_reach_rises_to_everybody_and_holds_its_interval() -> None:
    found = Audience(np.arange(4), np.array([1, 8, 60, 300]), np.array([400] * 4))
    table = reach(found)
    at = table.set_index("rank")["share"]
    assert (at[1], at[10], at[50], at[100], at.iloc[-1]) == (0.25, 0.5, 0.5, 0.75, 1.0)
    assert (np.diff(table["share"]) >= 0).all() and table["rank"].iloc[-1] == 400
    assert (table["low"] <= table["share"] + 1e-12).all() and (table["share"] <= table["high"] + 1e-12).all()
    assert set(table.loc[table["marked"], "rank"]) == {10, 50, 100}
    # Wilson for 2 of 4, by hand: (0.5 + z/2 +- sqrt(0.25 z + z^2/4)) / (1 + z), z = 1.96^2 / 4
    wilson = table.set_index("rank").loc[10]
    assert (wilson["low"], wilson["high"]) == pytest.approx((0.150, 0.850), abs=1e-3)


@pytest.mark.parametrize(
    ("order", "found", "auc"),
    [([DEE, ANN, BOB, CEM], 1, 1.0), ([ANN, BOB, CEM, DEE], 0, 0.0), ([ANN, DEE, BOB, CEM], 0, 2 / 3)],
)
def test_the_truth_of_one_taker_by_hand(by_hand: Serving, order: list[int], found: int, auc: float) -> None:
    seen = truth(by_hand, 0, Audience(np.array(order), np.arange(1, 5), np.full(4, 6)))
    assert (seen.takers, seen.found, seen.by_chance) == (1, found, 0.25)
    assert seen.auc == pytest.approx(auc)


def test_an_item_that_nobody_took_has_no_figure(by_hand: Serving) -> None:
    seen = truth(by_hand, 3, Audience(np.arange(4), np.arange(1, 5), np.full(4, 6)))
    assert (seen.takers, seen.found) == (0, 0) and np.isnan(seen.auc)


def test_held_out_items_are_offered_most_taken_first_and_known_ones_refused() -> None:
    split = make_split(tiny_split().dataset, SplitSpec("cold-item", 0.2, 1))
    serving = Serving("drawn", split.dataset, split, drawn_towers(split))
    choices = held_out_choices(serving)
    assert sorted(choices["item"]) == split.cold_items.tolist()
    assert (np.diff(choices["takers"]) <= 0).all() and (choices["takers"] > 0).all()
    item = int(choices["item"].iloc[0])
    assert held_out_item(serving, item)[TITLE].iloc[0] == choices[TITLE].iloc[0]
    known = next(row for row in range(split.dataset.n_items) if row not in split.cold_items)
    with pytest.raises(NotFound, match="held-out"):
        held_out_item(serving, known)


def test_the_fields_fit_what_the_columns_hold(tiny_ratings: Dataset) -> None:
    assert fields_of(tiny_ratings) == [
        Field("genres", "list", ("calm", "wild", "odd")),
        Field("year", "number", low=2001.0, high=2006.0, whole=True),
    ]


def test_words_are_choices_when_few_and_text_when_many(tiny_ratings: Dataset) -> None:
    items = tiny_ratings.items.assign(
        aisle=["x", "y", "x", "x", "y", None], note=list("uvwxyz"), nothing=[None] * 6
    )
    kinds = {field.name: field for field in fields_of(replace(tiny_ratings, items=items))}
    assert kinds["aisle"] == Field("aisle", "choice", ("x", "y"))
    assert kinds["note"].kind == "text" and "nothing" not in kinds


@pytest.mark.parametrize(
    ("title", "attributes", "what"),
    [
        ("  ", {}, "title has 0 letters"),
        ("x" * 2001, {}, "2001 letters"),
        ("Eta", {"colour": "red"}, "'colour' is no attribute"),
        ("Eta", {"title": "other"}, "no attribute"),
        ("Eta", {"year": "soon"}, "'soon' is not a number"),
        ("Eta", {"year": float("inf")}, "not a number"),
    ],
)
def test_what_cannot_be_is_refused(
    tiny_ratings: Dataset, title: str, attributes: dict[str, Any], what: str
) -> None:
    with pytest.raises(ParamError, match=what):
        invent(tiny_ratings, title, attributes)


def test_what_is_left_empty_is_unknown(tiny_ratings: Dataset) -> None:
    row = invent(tiny_ratings, " Eta \n two ", {"genres": [], "year": ""}).iloc[0]
    assert row[TITLE] == "Eta two" and row["genres"] is None and row["year"] is None
    assert invent(tiny_ratings, "Eta", {"genres": "calm|odd"}).iloc[0]["genres"] == ["calm", "odd"]
    assert invent(tiny_ratings, "Eta", {"year": "2003"}).iloc[0]["year"] == 2003.0
