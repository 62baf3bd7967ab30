from __future__ import annotations

import math

import pytest

from recsys_core.errors import ParamError
from recsys_core.models import registry
from recsys_core.params import ParamSpec
from recsys_core.training.search_space import (
    Range,
    checked,
    default_ranges,
    grid_of,
    grid_size,
    parse_range,
    range_of,
    space_size,
)
from recsys_core.training.study_config import UNSEARCHABLE

SEARCHABLE = [one.name for one in registry.MODELS if one.name not in UNSEARCHABLE]


@pytest.mark.parametrize("model", SEARCHABLE)
def test_every_model_has_ranges_that_hold_its_defaults_and_pass_its_own_checks(model: str) -> None:
    specs = {spec.name: spec for spec in registry.params_of(model)}
    ranges = default_ranges(model)
    assert ranges
    for one in ranges:
        assert checked(one, model) == one
        default = specs[one.name].default
        inside = default in one.choices if one.choices else one.low <= float(default) <= one.high
        assert inside, f"{one} leaves out its default {default}"
        for value in one.points(5):
            assert specs[one.name].parse(value) == value


@pytest.mark.parametrize("model", SEARCHABLE)
def test_a_range_reads_back_from_its_own_text(model: str) -> None:
    for spec in registry.params_of(model):
        one = range_of(spec)
        again = parse_range(str(one) + ("" if one.choices or one.log or not spec.log else ":lin"), model)
        assert again == one


def test_ranges_are_read_as_they_are_written() -> None:
    read = [
        parse_range(text, "history_encoder")
        for text in (
            "learning_rate=0.001..0.1:log",
            "epochs=5..40:5",
            "epochs=3,1,3",
            "target=consumed,liked",
        )
    ]
    assert read == [
        Range("learning_rate", "float", 0.001, 0.1, log=True),
        Range("epochs", "int", 5.0, 40.0, step=5.0),
        Range("epochs", "int", choices=(3, 1)),
        Range("target", "choice", choices=("consumed", "liked")),
    ]
    assert read[1].points(2) == [5, 10, 15, 20, 25, 30, 35, 40]


def test_a_step_that_misses_the_high_end_stops_before_it() -> None:
    assert parse_range("epochs=1..10:4", "mf") == Range("epochs", "int", 1.0, 9.0, step=4.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("l2", "no range of a parameter"),
        ("depth=1..3", "ease has no such parameter"),
        ("l2=5..2", "its low end is not below its high end"),
        ("l2=a..2", "no range of numbers"),
        ("l2=1..nan", "nan is not allowed"),
        ("l2=1..1e9", "is not allowed"),
        ("l2=1..10:-3", "its step does not fit"),
        ("l2=7", "fewer than two values"),
        ("l2=7,7.0", "fewer than two values"),
        ("target=liked,loved", "'loved' is not allowed"),
        ("recency=0..10:log", "a log scale cannot begin at 0"),
    ],
)
def test_a_bad_range_is_refused_in_words(text: str, complaint: str) -> None:
    with pytest.raises(ParamError, match=complaint):
        parse_range(text, "ease")


def test_a_parameter_that_names_runs_is_not_searched() -> None:
    with pytest.raises(ParamError, match="names runs"):
        parse_range("members=aa,bb", "blend")


def test_points_lie_evenly_on_their_scale() -> None:
    assert Range("x", "float", 1.0, 100.0, log=True).points(3) == [1.0, 10.0, 100.0]
    assert Range("x", "float", 0.0, 1.0).points(3) == [0.0, 0.5, 1.0]
    assert Range("x", "int", 1, 3).points(9) == [1, 2, 3]


@pytest.mark.parametrize("n", [1, 4, 7, 12, 30, 100])
def test_a_grid_fits_its_budget_and_divides_evenly(n: int) -> None:
    ranges = [Range("a", "float", 0.0, 1.0), Range("b", "float", 1.0, 9.0, log=True)]
    grid = grid_of(ranges, n)
    sizes = sorted(map(len, grid.values()))
    assert grid_size(grid) <= max(n, 4)
    assert (sizes[0] >= 2 and sizes[1] - sizes[0] <= 1) or grid_size(grid) > 0.7 * n


def test_named_values_all_stand_in_a_grid_whatever_the_budget() -> None:
    ranges = [Range("a", "choice", choices=("x", "y", "z")), Range("b", "int", 1, 9, step=2)]
    assert grid_size(grid_of(ranges, 2)) == 15 == space_size(ranges)


def test_a_continuous_range_has_no_end_of_values() -> None:
    assert space_size([Range("a", "float", 0.0, 1.0)]) == math.inf


def test_a_parameter_that_is_off_by_default_gets_a_range_from_zero() -> None:
    off = ParamSpec("half_life", "", "float", 0.0, "", 0.0, 36_500.0)
    assert range_of(off) == Range("half_life", "float", 0.0, 730.0)
