from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.errors import ParamError
from recsys_core.models import registry
from recsys_core.params import ParamSpec, parse_assignments, resolve, told

EPOCHS = ParamSpec("epochs", "Epochs", "int", 10, "How often.", 1, 500)
RATE = ParamSpec("learning_rate", "Learning rate", "float", 1e-3, "How far.", 1e-5, 1.0, log=True)
OPTIMIZER = ParamSpec("optimizer", "Optimizer", "choice", "adam", "Which way.", choices=("adam", "sgd"))
SPECS = (EPOCHS, RATE, OPTIMIZER)


@given(st.integers(1, 500))
def test_a_whole_number_in_range_is_taken_as_number_and_as_text(number: int) -> None:
    assert EPOCHS.parse(number) == EPOCHS.parse(str(number)) == number
    assert isinstance(EPOCHS.parse(float(number)), int)


@given(st.floats(1e-5, 1.0))
def test_a_number_in_range_is_taken_as_number_and_as_text(number: float) -> None:
    assert RATE.parse(number) == RATE.parse(repr(number)) == number


@given(st.integers().filter(lambda number: not 1 <= number <= 500))
def test_a_number_out_of_range_is_refused_with_the_range(number: int) -> None:
    with pytest.raises(ParamError, match="a whole number from 1 to 500"):
        EPOCHS.parse(number)


@pytest.mark.parametrize("ends", [(1, 500), ("1", "500")])
def test_both_ends_of_the_range_belong_to_it(ends: tuple[Any, Any]) -> None:
    assert [EPOCHS.parse(end) for end in ends] == [1, 500]


@pytest.mark.parametrize("given", [1.5, "1.5", "ten", "", None, math.nan, "nan", math.inf, "1e400", [3]])
def test_what_is_no_whole_number_is_refused_naming_parameter_and_value(given: Any) -> None:
    with pytest.raises(ParamError) as caught:
        EPOCHS.parse(given)
    assert caught.value.where == "parameter epochs"
    assert caught.value.what == f"{told(given)} is not allowed"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (999_999, "999999"), ("999999", "999999"), (999_999.0, "999999"), (1.5, "1.5"), (" 1.50 ", "1.5"),
        (math.nan, "nan"), ("NaN", "nan"), (math.inf, "inf"), ("1e400", "inf"), (10**400, "inf"),
        ("ten", "'ten'"), (None, "None"), ([3], "[3]"), (True, "True"),
    ],
)  # fmt: skip
def test_a_refused_value_reads_the_same_whoever_gave_it(given: Any, said: str) -> None:
    assert told(given) == said


def test_a_refused_text_is_cut_and_never_more_than_a_line() -> None:
    assert len(told("x" * 5000)) < 100
    assert "\n" not in told("a\nb")


BAD: dict[str, list[Any]] = {
    "int": ["ten", "", None, math.nan, "nan", math.inf, -math.inf, 1e300, 10**400, [3], True, {}],
    "float": ["x", "", None, math.nan, "nan", math.inf, "-inf", 1e300, 10**400, [0.5], False, {}],
    "choice": ["", None, math.nan, 3, 10**400, "no such word", ["adam"]],
    "runs": [math.nan + 1j, "a b!", "../x", "x" * 5000, ",", [3], {}],
    "run": ["a,b", "../x", "x" * 5000, [3], {}],
}
EVERY = [(one.name, spec) for one in registry.MODELS for spec in registry.params_of(one.name)]


@pytest.mark.parametrize(("model", "spec"), EVERY, ids=[f"{model}.{spec.name}" for model, spec in EVERY])
def test_every_parameter_of_every_model_refuses_what_lies_outside_its_range(
    model: str, spec: ParamSpec
) -> None:
    bad = list(BAD[spec.kind])
    if spec.kind in ("int", "float"):
        step = 1 if spec.kind == "int" else 1e-6 * max(1.0, abs(spec.high))
        bad += [spec.low - step, spec.high + step, str(spec.low - step), str(spec.high + step)]
    if spec.kind == "int":
        bad += [spec.low + 0.5, str(spec.low + 0.5)]
    for value in bad:
        with pytest.raises(ParamError) as caught:
            resolve(registry.params_of(model), {spec.name: value})
        problem = caught.value
        assert problem.where == f"parameter {spec.name}"
        assert problem.what == f"{told(value)} is not allowed"
        assert problem.remedy and "\n" not in str(problem) and len(str(problem)) < 400
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            with pytest.raises(ParamError) as again:  # the command line has text only
                spec.parse(str(value))
            assert str(again.value) == str(problem) or spec.kind == "choice"


@pytest.mark.parametrize("given", ["x", "", None, math.nan, -1, 1.0001])
def test_what_is_no_number_in_range_is_refused(given: Any) -> None:
    with pytest.raises(ParamError, match="a number from 1e-05 to 1"):
        RATE.parse(given)


@pytest.mark.parametrize("given", ["adamw", "", None, "ADAM", 3])
def test_a_word_that_is_no_choice_is_refused_with_the_choices(given: Any) -> None:
    with pytest.raises(ParamError, match="use one of adam, sgd"):
        OPTIMIZER.parse(given)


def test_what_is_left_out_takes_its_default() -> None:
    assert resolve(SPECS, {"epochs": "3"}) == {"epochs": 3, "learning_rate": 1e-3, "optimizer": "adam"}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ParamError, match=r"'epoch'.*epochs, learning_rate, optimizer"):
        resolve(SPECS, {"epoch": 3})


def test_a_model_without_parameters_says_so() -> None:
    with pytest.raises(ParamError, match="this model has no parameters"):
        resolve((), {"epochs": 3})


def test_assignments_are_cut_at_their_first_equals_sign() -> None:
    assert parse_assignments(["a=1", " b = x=y ", "c="]) == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize("text", ["epochs", "=3", ""])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(ParamError, match=r"--set.*key=value.*--set epochs=5"):
        parse_assignments([text])


@pytest.mark.parametrize("model", [spec.name for spec in registry.MODELS])
def test_every_default_lies_in_its_own_range(model: str) -> None:
    specs = registry.params_of(model)
    assert resolve(specs, {}) == {spec.name: spec.default for spec in specs}
