"""People known by a number of rows: what is shown, what is asked for, and a hand-worked figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.splits import SplitSpec, make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.strangers import Strangers, popularity_of, users_with_more
from recsys_core.models.registry import model_class
from tests.fitted import tiny_split

SPLIT = make_split(tiny_split().dataset, SplitSpec("cold-user", 3, 2))
ROWS = np.sort(np.concatenate([SPLIT.test, SPLIT.revealed]))
DATA = SPLIT.dataset


@given(st.integers(0, 12), st.booleans(), st.integers(0, 100))
def test_what_is_known_and_what_is_asked_for_are_the_users_rows_and_do_not_meet(
    n_known: int, first: bool, seed: int
) -> None:
    found = Strangers.reveal(SPLIT, ROWS, n_known, first=first, seed=seed)
    everything = SPLIT.matrix(ROWS)
    assert [len(history) for history in found.histories] == [n_known] * len(found.users)
    assert [len(values) for values in found.values] == [n_known] * len(found.users)
    assert found.seen.multiply(found.relevant).nnz == 0
    assert (found.seen + found.relevant != everything[found.users]).nnz == 0


def test_the_first_rows_are_the_oldest() -> None:
    found = Strangers.reveal(SPLIT, ROWS, 2, first=True, seed=0)
    everything = SPLIT.ordered(ROWS)
    for user, history in zip(found.users, found.histories, strict=True):
        own = slice(everything.indptr[user], everything.indptr[user + 1])
        assert everything.times is not None
        newest = max(everything.times[own][np.isin(everything.items[own], history)])
        assert newest <= np.sort(everything.times[own])[1]


def test_the_same_seed_shows_the_same_and_more_known_hold_the_fewer() -> None:
    few, again = (Strangers.reveal(SPLIT, ROWS, 2, first=False, seed=5) for _time in range(2))
    more = Strangers.reveal(SPLIT, ROWS, 4, first=False, seed=5, users=few.users)
    for one, other, larger in zip(few.histories, again.histories, more.histories, strict=True):
        assert one.tolist() == other.tolist()
        assert set(one) <= set(larger)


def test_a_figure_by_hand() -> None:
    found = Strangers.reveal(SPLIT, ROWS, 1, first=False, seed=0)
    person = int(found.users[0])
    wanted = found.relevant[[0]].indices
    scores = np.zeros((1, DATA.n_items))
    scores[0, wanted[0]] = 1.0  # one hit in the first place
    scores[0, found.histories[0]] = 2.0  # known: left out although it scores best
    assert found.users[0] == person
    assert found.judge(lambda places: np.repeat(scores, len(places), axis=0), "precision", 1)[0] == 1.0
    assert found.judge(lambda places: np.repeat(scores, len(places), axis=0), "recall", 1)[
        0
    ] == pytest.approx(1 / len(wanted))


def test_it_is_the_figure_of_the_evaluation_when_the_same_rows_are_known() -> None:
    scorer = model_class("ease")().fit(SPLIT, seed=0).scorer
    judged = evaluate(scorer, SPLIT, k=3).per_user
    users = judged["user"].to_numpy()
    found = Strangers.reveal(SPLIT, ROWS, 3, first=False, seed=0, users=users)
    # put the split's own reveal in place of the draw
    known = SPLIT.ordered(SPLIT.revealed)
    for place, user in enumerate(users):
        found.histories[place] = known.of(user)
    same = Strangers(
        DATA,
        SPLIT.spec.seed,
        users,
        found.histories,
        found.values,
        SPLIT.matrix(SPLIT.test)[users],
        SPLIT.matrix(SPLIT.revealed)[users],
    )
    figures = same.judge(lambda places: same.asked_of(scorer, places), "ndcg", 3)
    np.testing.assert_allclose(figures, judged["ndcg@3"], atol=1e-9)


def test_users_with_no_more_rows_are_left_out_and_popularity_counts_users() -> None:
    counts = np.bincount(SPLIT.triples(ROWS)[0], minlength=DATA.n_users)
    assert users_with_more(DATA, ROWS, 5).tolist() == np.flatnonzero(counts > 5).tolist()
    assert popularity_of(SPLIT).sum() == SPLIT.matrix(SPLIT.fit_rows).nnz
