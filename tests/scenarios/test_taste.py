"""The blind taste test: rounds that do not swap, votes that count once, a tally worked by hand."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.splits import Split, SplitSpec
from recsys_core.scenarios.lists import Serving, history_list, user_list
from recsys_core.scenarios.taste import (
    LEFT,
    RIGHT,
    SAME,
    Tally,
    Vote,
    cast,
    draw_round,
    person_of_picks,
    picks_round,
    standing,
    tally,
    verdict,
    votes_on,
)
from recsys_core.serving.baselines import PopularityScorer

ONE, TWO = "a" * 12, "b" * 12
ANN, BOB, CEM, DEE = range(4)


def _serving(data: Dataset, scores: list[float]) -> Serving:
    """Everything is training but the last row, dee's a."""
    split = Split(data, SplitSpec(), np.arange(11), np.arange(0), np.array([11]))
    return Serving("run", data, split, PopularityScorer(4, np.array(scores)))


@pytest.fixture
def pair(tiny_ratings: Dataset) -> tuple[Serving, Serving]:
    """One prefers a b c d e f, the other f e d c b a. ann has all but f: both give her the same list."""
    scores = [6.0, 5, 4, 3, 2, 1]
    return _serving(tiny_ratings, scores), _serving(tiny_ratings, scores[::-1])


def _vote(number: int = 0, choice: str = LEFT, **rest: Any) -> Vote:
    """A vote of a session of its own, so that no two are a double click."""
    given: dict[str, Any] = {"left": ONE, "right": TWO, "person": "ann", "actor": "browser"}
    own = {"id": f"r{number}", "session": f"s{number}", "choice": choice}
    return Vote(**{**given, **own, **rest})


def test_a_round_is_the_two_runs_lists_of_one_person_in_one_order(pair: tuple[Serving, Serving]) -> None:
    expected = [user_list(one, BOB, k=3)["item"].tolist() for one in pair]
    assert expected == [[3, 4, 5], [5, 4, 3]]
    for number in range(10):
        drawn = draw_round(pair, seed=1, number=number, k=3, user=BOB)
        lists = [drawn.left["item"].tolist(), drawn.right["item"].tolist()]
        assert lists == (expected[::-1] if drawn.swapped else expected)
        assert drawn.user == BOB and not drawn.same and drawn.skipped == 0


def test_both_sides_and_all_people_get_their_turn_and_a_rerun_swaps_nothing(
    pair: tuple[Serving, Serving],
) -> None:
    rounds = [draw_round(pair, seed=3, number=number, k=3) for number in range(200)]
    assert {one.user for one in rounds} == {BOB, CEM, DEE}
    assert 70 < sum(one.swapped for one in rounds) < 130
    assert 20 < sum(one.skipped for one in rounds) < 80  # ann is met first in a quarter of them
    again = [draw_round(pair, seed=3, number=number, k=3) for number in range(200)]
    assert [(one.user, one.swapped) for one in again] == [(one.user, one.swapped) for one in rounds]
    other = [draw_round(pair, seed=4, number=number, k=3) for number in range(200)]
    assert [one.swapped for one in other] != [one.swapped for one in rounds]


def test_lists_show_nothing_that_would_name_a_run(pair: tuple[Serving, Serving]) -> None:
    drawn = draw_round(pair, seed=1, number=0, k=3)
    for table in (drawn.left, drawn.right):
        assert not {"score", "hit"} & set(table)
        assert table["rank"].tolist() == list(range(1, len(table) + 1))


def test_the_same_list_twice_is_no_round(pair: tuple[Serving, Serving]) -> None:
    assert draw_round(pair, seed=1, number=0, k=3, user=ANN).same
    everybody = draw_round((pair[0], pair[0]), seed=1, number=0, k=3)
    assert everybody.same and everybody.skipped == 3


def test_picks_make_a_round_of_their_own(pair: tuple[Serving, Serving]) -> None:
    drawn = picks_round(pair, [0], seed=2, number=5, k=2)
    expected = [history_list(one, np.array([0]), k=2)["item"].tolist() for one in pair]
    assert expected == [[1, 2], [5, 4]]
    assert sorted([drawn.left["item"].tolist(), drawn.right["item"].tolist()]) == expected
    assert drawn.user is None and not drawn.same
    assert person_of_picks(pair[0], [0, 2]) == person_of_picks(pair[0], [2, 0])
    assert person_of_picks(pair[0], [0, 2]) != person_of_picks(pair[0], [0, 1])


@pytest.mark.usefixtures("workspace")
def test_a_round_counts_once_and_the_side_is_no_matter() -> None:
    assert cast(_vote(1, LEFT))
    assert not cast(_vote(1, RIGHT))
    assert cast(_vote(2, RIGHT, left=TWO, right=ONE))
    assert cast(_vote(3, SAME))
    assert cast(_vote(4, LEFT, left=TWO, right="c" * 12))
    votes = votes_on(TWO, ONE)
    assert [vote.preferred for vote in votes] == [ONE, ONE, ""]
    counted = tally(votes, ONE, TWO)
    assert (counted.first, counted.second, counted.same, counted.votes) == (2, 0, 1, 3)


@pytest.mark.usefixtures("workspace")
def test_two_votes_of_a_session_in_a_moment_are_one_double_click() -> None:
    assert cast(_vote(1, session="me"))
    assert not cast(_vote(2, session="me"))
    assert cast(_vote(2, session="somebody else"))


def test_a_vote_a_while_later_counts(workspace: Path) -> None:
    assert cast(_vote(1, session="me"))
    path = workspace / "taste.jsonl"
    stored = json.loads(path.read_text())
    stored["time"] = "2026-01-01T00:00:00.000+00:00"
    path.write_text(json.dumps(stored) + "\n")
    assert cast(_vote(2, session="me"))
    assert len(votes_on(ONE, TWO)) == 2


@pytest.mark.usefixtures("workspace")
def test_several_who_vote_at_once_lose_nothing() -> None:
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda number: cast(_vote(number)), range(40)))
    assert len(votes_on(ONE, TWO)) == 40


def test_a_torn_or_foreign_line_is_passed_over_and_the_next_vote_is_whole(workspace: Path) -> None:
    assert cast(_vote(1, person="数据 \u2028 \n"))
    with (workspace / "taste.jsonl").open("a") as file:
        file.write('{"id": "x"}\n[1]\nnonsense\n{"id": "torn", "le')
    assert cast(_vote(2))
    assert [vote.id for vote in votes_on(ONE, TWO)] == ["r1", "r2"]


def _at_least(hits: int, n: int, share: float) -> float:
    return sum(math.comb(n, x) * share**x * (1 - share) ** (n - x) for x in range(hits, n + 1))


def test_the_tally_has_the_exact_interval_and_test_worked_by_hand() -> None:
    votes = [_vote(n, LEFT if n < 8 else RIGHT if n < 10 else SAME) for n in range(13)]
    counted = tally(votes, ONE, TWO)
    assert (counted.first, counted.second, counted.same, counted.share) == (8, 2, 3, 0.8)
    assert _at_least(8, 10, counted.low) == pytest.approx(
        0.025
    )  # at the ends, what was seen is just too rare
    assert 1 - _at_least(9, 10, counted.high) == pytest.approx(0.025)
    assert counted.p_value == pytest.approx(2 * (1 + 10 + 45) / 1024)


@given(st.integers(0, 60), st.integers(0, 60))
def test_interval_and_test_agree_on_what_is_a_tie(first: int, second: int) -> None:
    counted = tally(
        [_vote(n, choice) for n, choice in enumerate([LEFT] * first + [RIGHT] * second)], ONE, TWO
    )
    if first + second and abs(counted.p_value - 0.05) > 1e-9:
        assert (counted.low <= 0.5 <= counted.high) == (counted.p_value > 0.05)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 5))
def test_a_tally_from_the_other_side_is_its_mirror(first: int, second: int, same: int) -> None:
    votes = [_vote(n, choice) for n, choice in enumerate([LEFT] * first + [RIGHT] * second + [SAME] * same)]
    ours, theirs = tally(votes, ONE, TWO), tally(votes, TWO, ONE)
    assert (ours.first, ours.second, ours.same) == (theirs.second, theirs.first, theirs.same)
    if first + second:
        assert ours.low == pytest.approx(1 - theirs.high)
        assert ours.high == pytest.approx(1 - theirs.low)
        assert 0 <= ours.low <= ours.share <= ours.high <= 1
        assert verdict(ours, "A", "B") == verdict(theirs, "B", "A") or first == second
    else:
        assert math.isnan(ours.share) and verdict(ours, "A", "B") == "No vote with a preference yet."


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((9, 1), "people prefer it to Other."),
        ((1, 9), "people prefer it to Mine."),
        ((6, 4), "a tie so far, these votes cannot tell it from Other."),
        ((5, 5), "a tie so far"),
    ],
)
def test_what_a_tally_says(counts: tuple[int, int], said: str) -> None:
    votes = [_vote(n, LEFT) for n in range(counts[0])] + [_vote(n, RIGHT) for n in range(counts[1])]
    assert said in verdict(tally(votes, ONE, TWO), "Mine", "Other")


def test_the_loser_s_interval_is_turned_round() -> None:
    counted = Tally(1, 3, 0, 0.25, 0.05, 0.7, 0.6)
    expected = "Other was preferred in 75% of 4 votes (between 30% and 95%)"
    assert verdict(counted, "Mine", "Other").startswith(expected)


def test_the_standing_names_nobody() -> None:
    assert standing([], "s0") == "No vote on these two yet."
    assert standing([_vote(0)], "s0") == "One vote on these two so far: 1 of them yours, 0 for both the same."
    votes = [_vote(0), _vote(1, SAME), _vote(2, session="s0")]
    assert standing(votes, "s0") == "3 votes on these two so far: 2 of them yours, 1 for both the same."


@pytest.mark.parametrize("wrong", [{"choice": "both"}, {"actor": ""}])
def test_nonsense_is_a_bug_and_not_a_vote(workspace: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"choice|actor"):
        cast(_vote(**wrong))
    assert not (workspace / "taste.jsonl").exists()
