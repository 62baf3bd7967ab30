"""A file of scores beside its split: what is refused, what is said first, and hand-worked figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys_core.data.dataset import Dataset
from recsys_core.data.score_file import ScoreColumns, ScoreTable
from recsys_core.data.splits import Split, SplitSpec, make_split
from recsys_core.errors import DataError, NotSupported
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.submitted import Submitted
from tests.helpers import click_table


def _table(pairs: list[tuple[int, int, float]], *, ranked: bool = False, left_out: int = 0) -> ScoreTable:
    users, items, scores = np.array(pairs, dtype=float).reshape(-1, 3).T
    columns = ScoreColumns("user", "item", "rank" if ranked else "score", ranked)
    return ScoreTable(users.astype(np.int64), items.astype(np.int64), scores, columns, left_out)


@pytest.fixture
def split(tiny_ratings: Dataset) -> Split:
    """ann keeps a b c, held out d e; bob keeps a b, held out c; cem keeps b d, held out f; dee keeps a."""
    test = np.array([3, 4, 7, 10])
    train = np.setdiff1d(np.arange(12), test)
    return Split(tiny_ratings, SplitSpec(), train, np.empty(0, np.int64), test)


HONEST = [(0, 5, 3.0), (0, 3, 2.0), (0, 0, 9.0), (1, 4, 1.0), (1, 2, 0.5), (1, 5, 0.2)]
"""ann: f, then d (held out), and a again, which she chose in training; bob: e, then c (held out), then f; cem: nothing."""


def test_figures_worked_by_hand(split: Split) -> None:
    found = Submitted(_table(HONEST), split, k=3)
    found.check()
    assert (found.n_known, found.n_without, found.n_short, found.n_users) == (1, 1, 1, 2)
    assert found.answers == pytest.approx(2 / 5)
    measured = evaluate(found.scorer(), split, k=3)
    assert measured.n_judged == 3
    assert measured.metrics["precision@3"] == pytest.approx((1 / 3 + 1 / 3 + 0) / 3)
    assert measured.metrics["recall@3"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    gain = 1 / np.log2(3)
    assert measured.metrics["ndcg@3"] == pytest.approx((gain / (1 + gain) + gain + 0) / 3)
    assert measured.metrics["coverage@3"] == pytest.approx(4 / 6)  # c d e f
    table = measured.candidates
    assert table["user"].tolist() == [0, 0, 1, 1, 1]
    assert table["item"].tolist() == [5, 3, 4, 2, 5]


def test_what_should_be_known_first_is_said(split: Split) -> None:
    told = Submitted(_table(HONEST, left_out=2), split, k=3).remarks()
    assert len(told) == 4
    assert told[0] == "1 of 3 judged users has no row: the list is empty and counts as 0."
    assert told[1].startswith("1 judged user has fewer than 3 new items")
    assert told[2].startswith("1 row names what the user already chose in training")
    assert told[3].startswith("2 rows name users or items that data set tiny does not have")


ANSWERS = [(0, 3, 1.5), (0, 4, 2.5), (1, 2, 4.5), (2, 5, 9.0)]


def test_a_file_of_nothing_but_the_answers_is_refused_as_lists(split: Split) -> None:
    found = Submitted(_table(ANSWERS), split, k=2)
    assert found.picked and found.answers == 1.0
    with pytest.raises(DataError, match="100% of the rows are held-out pairs"):
        found.check()


def test_candidates_chosen_with_the_answers_in_hand_are_said(little: Dataset) -> None:
    split = make_split(little, SplitSpec())
    users, items, _values = split.triples(split.test)
    found = Submitted(_table([(u, i, 1.0) for u, i in zip(users, items, strict=True)]), split)
    extra = [(u, (items[n] + 1) % little.n_items, 0.5) for n, u in enumerate(users)]
    pairs = pd.DataFrame([*zip(users, items, strict=True), *((u, i) for u, i, _s in extra)]).drop_duplicates()
    mixed = Submitted(_table([(u, i, 1.0) for u, i in pairs.to_numpy()]), split)
    assert found.picked and mixed.picked
    mixed.check()
    assert "with the answers in hand" in mixed.remarks()[0]
    whole = [(u, i, 1.0) for u in range(little.n_users) for i in range(little.n_items)]
    assert not Submitted(_table(whole), split).picked


def test_predicted_ratings_of_the_held_out_pairs_are_judged_as_ratings_only(split: Split) -> None:
    found = Submitted(_table(ANSWERS), split, ratings=True, k=2)
    found.check()
    assert not found.lists
    assert "only the predicted values are judged" in found.remarks()[0]
    measured = evaluate(found.scorer(), split, k=2)
    truth, predicted = np.array([1.0, 2.0, 5.0, 3.0]), np.array([1.5, 2.5, 4.5, 5.0])  # 9 is clipped to 5
    assert measured.metrics["rmse"] == pytest.approx(np.sqrt(((truth - predicted) ** 2).mean()))
    assert measured.metrics["ndcg@2"] == 0.0
    assert measured.candidates.empty


def test_a_held_out_pair_without_a_prediction_is_named(split: Split) -> None:
    with pytest.raises(
        DataError, match=r"2 of 4 held-out pairs have no prediction; the first is 'ann' with 'e'"
    ):
        Submitted(_table([*ANSWERS[:1], *ANSWERS[2:3]]), split, ratings=True).check()


def test_predicted_ratings_of_ranks_or_of_choices_are_refused(split: Split) -> None:
    with pytest.raises(NotSupported, match="a rank is no predicted rating"):
        Submitted(_table(ANSWERS, ranked=True), split, ratings=True).check()


def test_answers_of_yes_and_no_are_not_ranked() -> None:
    clicks = click_table()
    split = make_split(clicks, SplitSpec())
    with pytest.raises(NotSupported, match="not ranked"):
        Submitted(_table([(0, 0, 1.0)]), split).check()
