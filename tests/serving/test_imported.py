"""Scores of a file as they serve: what is listed, nothing else; kept and read again without a change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.errors import DataError, NotSupported
from recsys_core.ranking.rerank import METHODS, Catalogue, Setting, prices_of, ready
from recsys_core.ranking.top_k import top_k
from recsys_core.serving.imported import ImportedScorer, table_of
from recsys_core.serving.load import load_scorer

USERS, ITEMS = np.array([2, 0, 0, 2]), np.array([1, 3, 0, 0])
SCORES = np.array([-1.5, 0.0, 2.5, 7.0])
NOWHERE = -np.inf
DENSE = np.array(
    [[2.5, NOWHERE, NOWHERE, 0.0], [NOWHERE] * 4, [7.0, -1.5, NOWHERE, NOWHERE]],
)


def _scorer(**rest: object) -> ImportedScorer:
    return ImportedScorer(table_of(USERS, ITEMS, SCORES, (3, 4)), **rest)  # type: ignore[arg-type]


def test_what_the_file_does_not_list_is_nowhere_and_a_zero_is_a_score() -> None:
    np.testing.assert_array_equal(_scorer().score_catalogue(np.array([0, 1, 2])), DENSE)
    np.testing.assert_array_equal(_scorer().score_catalogue(np.array([2, 2, 0])), DENSE[[2, 2, 0]])
    assert _scorer().score_catalogue(np.array([], np.int64)).shape == (0, 4)


def test_lists_end_where_the_file_ends() -> None:
    lists = top_k(_scorer().score_catalogue(np.arange(3)), 3)
    assert lists.items.tolist() == [[0, 3, -1], [-1, -1, -1], [0, 1, -1]]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), unique=True, max_size=35), st.integers(0, 99)
)
def test_pairs_are_scored_as_in_the_catalogue(pairs: list[tuple[int, int]], seed: int) -> None:
    users, items = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    scores = np.random.default_rng(seed).normal(size=len(pairs))
    scorer = ImportedScorer(table_of(users, items, scores, (5, 7)))
    asked = np.repeat(np.arange(5), 7), np.tile(np.arange(7), 5)
    dense = scorer.score_catalogue(np.arange(5))
    found = scorer.score(*asked)
    np.testing.assert_array_equal(np.where(np.isnan(found), -np.inf, found).reshape(5, 7), dense)
    assert np.isfinite(dense).sum() == len(pairs)


def test_predicted_values_are_clipped_to_their_range() -> None:
    scorer = _scorer(span=(1.0, 5.0))
    assert scorer.can.ratings and scorer.can.ranking
    assert scorer.score(USERS, ITEMS).tolist() == [1.0, 1.0, 2.5, 5.0]
    assert scorer.score_catalogue(np.array([2]))[0, 0] == 7.0  # so that clipping makes no ties in a list
    assert np.isnan(scorer.score(np.array([1]), np.array([1])))[0]


def test_values_of_held_out_pairs_alone_make_no_lists() -> None:
    scorer = _scorer(span=(1.0, 5.0), lists=False)
    assert not scorer.can.ranking
    assert np.isneginf(scorer.score_catalogue(np.arange(3))).all()
    assert scorer.score(USERS, ITEMS)[2] == 2.5


@pytest.mark.parametrize("rest", [{}, {"span": (1.0, 5.0)}, {"span": (0.5, 4.0), "lists": False}])
def test_it_is_read_as_it_was_written(rest: dict[str, object], tmp_path: Path) -> None:
    made = _scorer(**rest)
    made.save(tmp_path)
    read = load_scorer(tmp_path)
    assert isinstance(read, ImportedScorer)
    assert (read.can, read.span, read.lists, read.n_users, read.n_items) == (
        made.can,
        made.span,
        made.lists,
        3,
        4,
    )
    np.testing.assert_array_equal(
        read.score_catalogue(np.arange(3)), made.score_catalogue(np.arange(3)), strict=True
    )
    np.testing.assert_array_equal(read.score(USERS, ITEMS), made.score(USERS, ITEMS))


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    scorer = _scorer()
    scorer.table.indices = scorer.table.indices + 100
    scorer.save(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load_scorer(tmp_path)


def test_nobody_and_nothing_new_is_served() -> None:
    with pytest.raises(NotSupported, match="made elsewhere"):
        _scorer().fold_in([np.array([1])])
    with pytest.raises(NotSupported, match="made elsewhere"):
        _scorer().score_new_items(np.array([0]), None)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
def test_short_and_empty_lists_are_re_ranked_without_inventing_anything(method: str) -> None:
    rng = np.random.default_rng(0)
    pool = top_k(_scorer().score_catalogue(np.arange(3)), 4)
    unit = np.eye(4)
    know = Catalogue(unit, unit, np.full((4, 2), 0.5), rng.integers(1, 9, 4).astype(float))
    lists = ready(Setting(method, 0.7), know, prices_of(pool, 2, 4)).lists(pool, np.full((3, 2), 0.5), 2)
    assert [sorted(one) for one in lists.items.tolist()] == [[0, 3], [-1, -1], [0, 1]]
