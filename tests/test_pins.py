"""The board of pinned views: order, limits, two at once, and what is gone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.store import delete_dataset, keep_dataset
from recsys_core.errors import DataError, NotFound
from recsys_core.pins import (
    LONGEST_SENTENCE,
    MOST_PINS,
    Pin,
    add_pin,
    clean_sentence,
    edit_pin,
    list_pins,
    missing,
    move_pin,
    query_of,
    remove_pin,
)

PAGES = ("recommend", "metrics")


@pytest.fixture(autouse=True)
def _own_workspace(workspace: Path) -> None:
    """Every test starts with an empty board."""


def _pin(sentence: str = "Look.", **rest: Any) -> Pin:
    given: dict[str, Any] = {"page": "recommend", "query": (("user", ("ann",)),), "actor": "ada"}
    return Pin(sentence=sentence, **{**given, "dataset": "tiny", "fingerprint": "f", **rest})


def _said() -> list[str]:
    return [pin.sentence for pin in list_pins()]


def _three() -> list[str]:
    return [add_pin(_pin(name), pages=PAGES).id for name in ("one", "two", "three")]


def test_a_pin_comes_back_as_it_was_kept() -> None:
    kept = add_pin(_pin(query=(("only", ("tea", "tools")), ("k", ("5",)))), pages=PAGES)
    assert list_pins() == [kept]
    assert kept.query == (("k", ("5",)), ("only", ("tea", "tools")))
    assert (kept.asked("only"), kept.asked("k"), kept.asked("none", "-")) == ("tools", "5", "-")
    assert len(kept.id) == 12 and kept.time


def test_the_same_view_with_the_same_sentence_is_pinned_once() -> None:
    first = add_pin(_pin("Look at ann."), pages=PAGES)
    assert add_pin(_pin("  Look at\nann. "), pages=PAGES) == first
    add_pin(_pin("Look again."), pages=PAGES)
    add_pin(_pin("Look at ann.", query=()), pages=PAGES)
    assert _said() == ["Look at ann.", "Look again.", "Look at ann."]


@pytest.mark.parametrize(
    ("place", "by", "order"),
    [
        (0, 1, ["two", "one", "three"]),
        (2, -1, ["one", "three", "two"]),
        (0, -1, ["one", "two", "three"]),
        (1, 9, ["one", "three", "two"]),
        (2, -9, ["three", "one", "two"]),
    ],
)
def test_a_pin_moves_up_and_down_and_stays_on_the_board(place: int, by: int, order: list[str]) -> None:
    move_pin(_three()[place], by, actor="ada")
    assert _said() == order


def test_a_sentence_can_be_changed_and_a_pin_removed_twice() -> None:
    ids = _three()
    edit_pin(ids[1], "zwei", actor="ada")
    remove_pin(ids[0], actor="ada")
    remove_pin(ids[0], actor="ada")
    assert _said() == ["zwei", "three"]
    with pytest.raises(NotFound, match="removed meanwhile"):
        edit_pin(ids[0], "eins", actor="ada")
    with pytest.raises(NotFound):
        move_pin(ids[0], 1, actor="ada")


@pytest.mark.parametrize("sentence", ["", "  \n\t", "\x00\x1b", "x" * (LONGEST_SENTENCE + 1)])
def test_no_sentence_or_too_long_a_one_is_refused(sentence: str) -> None:
    with pytest.raises(DataError):
        add_pin(_pin(sentence), pages=PAGES)
    assert list_pins() == []


@given(st.text(max_size=400))
def test_a_kept_sentence_is_one_printable_line_of_bounded_length(text: str) -> None:
    try:
        said = clean_sentence(text)
    except DataError:
        return
    assert said.isprintable() and 0 < len(said) <= LONGEST_SENTENCE and clean_sentence(said) == said


@pytest.mark.parametrize(
    "wrong",
    [
        {"page": "nowhere"},
        {"page": "../../etc"},
        {"run": "../x"},
        {"query": (("a b", ("1",)),)},
        {"query": (("user", ("x" * 201,)),)},
        {"query": (("only", tuple(map(str, range(41)))),)},
    ],
)
def test_a_view_that_no_page_of_ours_has_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        add_pin(_pin(**wrong), pages=PAGES)
    assert list_pins() == []


def test_a_full_board_says_so_and_keeps_what_it_has() -> None:
    for number in range(MOST_PINS):
        add_pin(_pin(f"No. {number}"), pages=PAGES)
    with pytest.raises(DataError, match="remove one first"):
        add_pin(_pin("one more"), pages=PAGES)
    assert len(list_pins()) == MOST_PINS


def test_two_who_pin_at_once_lose_nothing() -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: add_pin(_pin(f"No. {number}"), pages=PAGES), range(40)))
    assert sorted(_said()) == sorted(f"No. {number}" for number in range(40))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5)), max_size=12))
def test_moving_never_loses_or_doubles_a_pin(moves: list[tuple[int, int]]) -> None:
    ids = [add_pin(_pin(name), pages=PAGES).id for name in "abcd"]
    for place, by in moves:
        move_pin(ids[place], by, actor="ada")
    assert sorted(pin.id for pin in list_pins()) == sorted(ids)


def test_what_a_pin_shows_and_is_gone_is_said_and_the_pin_stays(tiny_ratings: Dataset) -> None:
    keep_dataset(tiny_ratings, actor="ada")
    shown = add_pin(_pin(fingerprint=tiny_ratings.fingerprint), pages=PAGES)
    without_run = add_pin(_pin("b", fingerprint=tiny_ratings.fingerprint, run="0" * 12), pages=PAGES)
    assert missing(shown) == ""
    assert missing(without_run) == "The run 0000 is gone."
    assert "was replaced" in missing(_pin(fingerprint="other"))
    delete_dataset("tiny", actor="ada")
    assert missing(shown) == "The data set tiny is gone."
    assert len(list_pins()) == 2


@pytest.mark.parametrize(
    "content",
    [
        "{",
        json.dumps({"format_version": 1, "pins": [{"page": "x"}]}),
        json.dumps({"format_version": 1, "pins": "all"}),
        json.dumps({"format_version": 1, "pins": [{"page": "../x", "query": [], "sentence": "s", "actor": "a",
                                                   "dataset": "d", "fingerprint": "f"}]}),
        json.dumps({"format_version": 99, "pins": []}),
    ],
)  # fmt: skip
def test_a_damaged_board_is_said_and_not_overwritten(workspace: Path, content: str) -> None:
    workspace.mkdir()
    (workspace / "pins.json").write_text(content)
    with pytest.raises(DataError, match=r"pins\.json"):
        list_pins()
    with pytest.raises(DataError):
        add_pin(_pin(), pages=PAGES)
    assert (workspace / "pins.json").read_text() == content


def test_every_change_names_its_actor() -> None:
    with pytest.raises(ValueError, match="actor"):
        add_pin(_pin(actor=""), pages=PAGES)
    for change in (lambda: remove_pin("x", actor=""), lambda: move_pin("x", 1, actor="")):
        with pytest.raises(ValueError, match="actor"):
            change()


def test_an_address_is_kept_in_one_order() -> None:
    assert query_of({"b": "1", "a": ["x", "y"]}) == query_of({"a": ("x", "y"), "b": ["1"]})
