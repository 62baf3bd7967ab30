"""What a model is made of, as a bundle carries it: the parts of a blend or a re-ranked run are models themselves.

A part holds what was learned and nothing that the data tell: histories, vectors of users that are sums over histories,
scales and ranges are made anew from the data set, where the run is brought in. So a bundle gives away no interactions
beyond what the learned numbers themselves say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys_core.bundles.archive import ARRAYS, KERAS, PART, Bundle
from recsys_core.bundles.checked import (
    Check,
    checked_arrays,
    every,
    fields_of,
    flag,
    nothing_or,
    number,
    refused,
    text,
    whole,
)
from recsys_core.bundles.network import check_keras
from recsys_core.errors import RecsysError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import resolve
from recsys_core.training.newcomer import BASES

NETWORK = "network"
"""Form of every network: its `.keras` says it all."""


@dataclass(frozen=True)
class Form:
    """What a bundle holds of a serving form.

    Attributes:
        arrays: name -> kinds of number; those that were learned. numbers: name -> what it may be.
    """

    arrays: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Check] = field(default_factory=dict)


_TABLE = {"data": "f", "indices": "i", "indptr": "i"}
_SPAN = nothing_or(every(number(), least=2, most=2))


def _is_trust(value: Any) -> bool:
    """Is it what `Trust.to_json` writes?"""
    names = ("known", "weights", "gains", "errors")
    if not isinstance(value, dict) or set(value) != {*names, "n_users", "first"}:
        return False
    share = every(number(0.0, 1.0), least=1, most=100)
    lists = every(whole(), least=1, most=100)(value["known"]) and share(value["weights"])
    lists = lists and all(every(number(), most=100)(value[name]) for name in names)
    alike = lists and len({len(value[name]) for name in names}) == 1
    return (
        alike
        and value["known"] == sorted(set(value["known"]))
        and flag(value["first"])
        and whole()(value["n_users"])
    )


FORMS: dict[str, Form] = {
    "random": Form(numbers={"seed": whole()}),
    "popularity": Form({"counts": "f"}),
    "bias": Form({"users": "f", "items": "f"}, {"mean": number(), "damping": number(0.0, 1e6)}),
    "ease": Form({"weights": "f"}),
    "item_weights": Form(
        {"weights": "f", **_TABLE}, {"decay": number(0.0, 1.0), "window": whole(0, 100_000)}
    ),
    "factors": Form({"users": "f", "items": "f"}, {"unobserved": number(0.0, 1e6), "l2": number(0.0, 1e6)}),
    "imported": Form(_TABLE, {"span": _SPAN, "lists": flag}),
    "blend": Form({"weights": "f"}, {"intercept": number()}),
    "trust": Form(numbers={"trust": _is_trust}),
    "reranked": Form(),
    NETWORK: Form(),
}
OF_MODEL: dict[str, tuple[str, ...]] = {
    "random": ("random",),
    "popularity": ("popularity",),
    "bias": ("bias",),
    "ease": ("ease", "item_weights"),
    "item_knn": ("item_weights",),
    "markov": ("item_weights",),
    "ials": ("factors",),
    "blend": ("blend",),
    "newcomer": ("trust",),
    "reranked": ("reranked",),
    registry.IMPORTED: ("imported",),
}
"""The serving forms that a model may have; a model that is not named is a network."""


@dataclass(frozen=True)
class Part:
    """A model, or one of those that it is made of.

    Attributes:
        place: its folder in the bundle, such as `model/member0/`. run: the id of the run that it is, or belongs to.
        seed: of its training. keras: its `.keras`; empty where it is no network.
    """

    place: str
    run: str
    model: str
    settings: dict[str, Any]
    seed: int
    form: str
    numbers: dict[str, Any]
    arrays: dict[str, Any]
    keras: bytes
    members: tuple[Part, ...] = ()


def member_names(model: str, settings: Mapping[str, Any]) -> list[str]:
    """How the settings of a model call its members, in order: ids of runs, or the model that a newcomer listens to."""
    if model == "blend":
        return [one for one in str(settings["members"]).split(",") if one]
    return [str(settings["base"])] if model in ("reranked", "newcomer") else []


def settings_of_base(name: str) -> dict[str, Any]:
    """The settings that a newcomer gives to the model that it listens to."""
    return resolve(registry.params_of(name), BASES[name])


def checked_settings(model: str, given: Any, where: str) -> dict[str, Any]:
    """The settings, every one of them allowed; raises DataError."""
    simple = isinstance(given, dict) and all(isinstance(one, (str, int, float)) for one in given.values())
    try:
        if not simple:
            raise refused(_("its settings are no plain values"), where)
        registry.learner(model)  # before its settings: a model whose package is not here has none
        return resolve(registry.params_of(model), given)
    except RecsysError as problem:
        raise refused(str(problem), where) from None


_FIELDS: dict[str, Check] = {
    "run": text(12),
    "model": text(40),
    "settings": lambda value: isinstance(value, dict),
    "seed": whole(),
    "form": text(40),
    "numbers": lambda value: isinstance(value, dict),
}


def read_part(bundle: Bundle, place: str = "model/") -> Part:
    """The model at that place and everything below it; raises DataError for what no model of ours is made of."""
    where = place + PART
    told = fields_of(bundle.json_of(where), _FIELDS, where)
    model, form = told["model"], told["form"]
    network = _network(model, where)
    if form not in OF_MODEL.get(model, (NETWORK,)) or network != (form == NETWORK):
        raise refused(_("model {name} has no form {form}").format(name=repr(model), form=repr(form)), where)
    settings = (
        told["settings"] if model == registry.IMPORTED else checked_settings(model, told["settings"], where)
    )
    numbers = fields_of(told["numbers"], FORMS[form].numbers, where)
    arrays, keras = _content(bundle, place, model, form)
    names = member_names(model, settings)
    members = tuple(read_part(bundle, f"{place}member{number}/") for number in range(len(names)))
    found = Part(place, told["run"], model, settings, told["seed"], form, numbers, arrays, keras, members)
    _check_members(found, names)
    return found


def places_of(part: Part) -> set[str]:
    """Names of all members of a bundle that belong to the part."""
    own = {part.place + PART} | ({part.place + KERAS} if part.keras else set())
    own |= {part.place + ARRAYS} if part.arrays else set()
    return own.union(*(places_of(one) for one in part.members))


def _network(model: str, where: str) -> bool:
    try:
        known = registry.spec if model == registry.IMPORTED else registry.learner
        return known(model).network
    except RecsysError as problem:
        raise refused(str(problem), where) from None


def _content(bundle: Bundle, place: str, model: str, form: str) -> tuple[dict[str, Any], bytes]:
    """Arrays and `.keras` of a part, as its form has them."""
    if form == NETWORK:
        content = bundle.bytes_of(place + KERAS)
        check_keras(content, place + KERAS, own=bool(registry.spec(model).package))
        return {}, content
    allowed = FORMS[form].arrays
    return (checked_arrays(bundle.bytes_of(place + ARRAYS), place + ARRAYS, allowed) if allowed else {}), b""


def _check_members(part: Part, names: list[str]) -> None:
    """Members are those that the settings name, and none that a model of this kind may not have."""
    never = {"blend": ("random", "blend", "reranked", registry.IMPORTED), "reranked": ("reranked",)}.get(
        part.model, ()
    )
    for name, one in zip(names, part.members, strict=True):
        called = one.model if part.model == "newcomer" else one.run
        if called != name or one.model in never:
            raise refused(_("it is no member that the settings name"), one.place + PART)
        if part.model == "newcomer" and one.settings != settings_of_base(name):
            raise refused(_("it is not what a newcomer listens to"), one.place + PART)
