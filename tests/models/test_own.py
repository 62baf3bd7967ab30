from __future__ import annotations

from typing import Any

import pytest

from recsys_core.columns import Kind
from recsys_core.errors import ParamError
from recsys_core.models.own import OwnModel, standard_params
from recsys_core.models.params import common
from recsys_core.params import ParamSpec, resolve

GOOD: dict[str, Any] = {"title": "Plain", "what": "A sum.", "form": "list", "network": "theirs.net:Net"}
DEPTH = ParamSpec("depth", "Depth", "int", 2, "Layers.", 1, 8)


def own(**changed: Any) -> OwnModel:
    return OwnModel(**{**GOOD, **changed})


@pytest.mark.parametrize("form", ["list", "pair", "rating"])
def test_a_form_brings_what_the_training_loop_reads_and_the_kinds_it_learns_from(form: str) -> None:
    model = own(form=form)
    assert {"epochs", "learning_rate", "patience", "batch_size"} <= {one.name for one in model.all_params}
    assert (Kind.IMPLICIT in model.kinds) == (form != "rating")
    assert resolve(model.all_params, {}) == {one.name: one.default for one in model.all_params}


def test_own_parameters_come_after_the_standard_ones_or_in_their_place() -> None:
    model = own(params=(DEPTH, common.epochs(7)))
    names = [one.name for one in model.all_params]
    assert names == [*(one.name for one in standard_params("list")), "depth"]
    assert resolve(model.all_params, {"depth": "3"})["epochs"] == 7


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 41}, "title"),
        ({"title": 3}, "title"),
        ({"what": "two\nlines"}, "what"),
        ({"form": "tree"}, "form"),
        ({"network": "theirs.net"}, "network"),
        ({"network": "../theirs:Net"}, "network"),
        ({"network": "theirs:Net()"}, "network"),
        ({"network": None}, "network"),
        ({"params": DEPTH}, "params"),
        ({"params": ("depth",)}, "params"),
        ({"params": (DEPTH, DEPTH)}, "depth is there twice"),
    ],
)
def test_what_cannot_be_shown_or_loaded_is_refused_with_its_field(
    changed: dict[str, Any], where: str
) -> None:
    with pytest.raises(ParamError, match=where):
        own(**changed)


@pytest.mark.parametrize(
    ("param", "words"),
    [
        (ParamSpec("depth", "Depth", "int", 9, "Layers.", 1, 8), "9 is not allowed"),
        (ParamSpec("depth", "Depth", "int", 2.0, "Layers.", 1, 8), "a whole number as default"),
        (ParamSpec("depth", "Depth", "int", "2", "Layers.", 1, 8), "numbers as low, high and default"),
        (ParamSpec("depth", "Depth", "float", float("nan"), "Layers.", 1, 8), "numbers as low"),
        (ParamSpec("depth", "Depth", "float", 1.0, "Layers.", 8, 1), "low below high"),
        (ParamSpec("depth", "Depth", "float", 0.5, "Layers.", 0, 1, log=True), "above 0 where"),
        (ParamSpec("depth", "Depth", "choice", "deep", "Layers."), "choices, a tuple of words"),
        (
            ParamSpec("depth", "Depth", "choice", "deep", "Layers.", choices=("flat",)),
            "'deep' is not allowed",
        ),
        (ParamSpec("depth", "Depth", "runs", "", "Layers."), "int, float, choice"),
        (ParamSpec("a b", "Depth", "int", 2, "Layers.", 1, 8), "small letters"),
        (ParamSpec("depth", "", "int", 2, "Layers.", 1, 8), "a title and a help"),
        (ParamSpec("epochs", "Epochs", "float", 2.0, "Often.", 1, 8), "of kind int"),
    ],
)
def test_a_parameter_that_could_not_be_offered_is_refused_by_name(param: ParamSpec, words: str) -> None:
    with pytest.raises(ParamError, match=words) as caught:
        own(params=(param,))
    assert param.name in caught.value.where


def test_a_help_in_words_is_asked_for() -> None:
    with pytest.raises(ParamError, match="a title and a help"):
        own(params=(ParamSpec("depth", "Depth", "int", 2, "", 1, 8),))
