"""What the author of a model of one's own writes down: its name on screen, its form, its parameters. No TensorFlow here.

An installed package names such a description in its entry points (`docs/own-network.md`); pages, command line and
search read it, and only a worker loads the network that it points at.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from recsys_core.columns import Kind
from recsys_core.errors import ParamError
from recsys_core.i18n import N_, _
from recsys_core.models.params import common
from recsys_core.params import ParamSpec, resolve

GROUP = "recsys_studio.models"
"""The group of entry points that is looked through."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
LONGEST_TITLE, LONGEST_WHAT = 40, 400

Form = Literal["list", "pair", "rating"]
"""What goes into the network and what comes out: see `OwnList`, `OwnPair` and `OwnRating` in `own_networks`."""
KINDS: dict[str, tuple[Kind, ...]] = {
    "list": (Kind.RATING, Kind.IMPLICIT),
    "pair": (Kind.RATING, Kind.IMPLICIT),
    "rating": (Kind.RATING,),
}


def history_dropout(default: float) -> ParamSpec:
    """Share of a history that is hidden (Wu et al., Collaborative denoising auto-encoders, WSDM 2016)."""
    return ParamSpec(
        "history_dropout",
        N_("Hidden share"),
        "float",
        default,
        N_("Share of a history that is hidden while learning, so that it must be told from the rest."),
        0.0,
        0.95,
        advanced=True,
    )


def negatives(default: int) -> ParamSpec:
    """Items drawn beside a chosen one (He et al., Neural collaborative filtering, WWW 2017)."""
    return ParamSpec(
        "negatives",
        N_("Negatives"),
        "int",
        default,
        N_("Items drawn at random beside each chosen one, as examples of what was not chosen."),
        1,
        100,
        advanced=True,
    )


def standard_params(form: str) -> tuple[ParamSpec, ...]:
    """What every network of a form has, because the training loop reads it."""
    loop = (common.epochs(30), common.learning_rate(3e-3), common.patience(6))
    if form == "list":
        return (*loop, common.batch_size(128), history_dropout(0.5), common.target())
    if form == "pair":
        return (*loop, common.batch_size(512), negatives(4), common.target())
    return (*loop, common.batch_size(512))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A model of one's own, described. Its name is that of the entry point.

    Attributes:
        title: what a person reads, at most 40 letters.
        what: one sentence in plain words.
        form: `list` (a history in, scores of the catalogue out), `pair` (a user and an item in, how likely the choice
            out) or `rating` (a user and an item in, the value out).
        network: `module:Class`, a subclass of `OwnList`, `OwnPair` or `OwnRating`; imported only where it is trained.
        params: its own parameters; one named as a standard parameter stands in its place, e.g. for another default.
    Raises:
        ParamError: what cannot be shown, parsed or searched, in one sentence.
    """

    title: str
    what: str
    form: Form
    network: str
    params: Sequence[ParamSpec] = ()

    def __post_init__(self) -> None:
        for field, longest in (("title", LONGEST_TITLE), ("what", LONGEST_WHAT)):
            text = getattr(self, field)
            if not isinstance(text, str) or not 0 < len(text.strip()) <= longest or "\n" in text:
                raise _refused(field, _("one line of at most {n} letters").format(n=longest))
        if self.form not in get_args(Form):
            raise _refused("form", _("one of {choices}").format(choices=", ".join(get_args(Form))))
        if not isinstance(self.network, str) or not _TARGET.fullmatch(self.network):
            raise _refused("network", _("a text such as {example}").format(example="'package.module:Class'"))
        if not isinstance(self.params, (tuple, list)):
            raise _refused("params", _("a tuple of ParamSpec"))
        for one in self.params:
            _check_param(one)
        names = [one.name for one in self.params]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise _refused("params", _("each name once; {name} is there twice").format(name=twice))
        for one in standard_params(self.form):
            given = next((own for own in self.params if own.name == one.name), one)
            if given.kind != one.kind:
                raise _refused(f"params: {one.name}", _("of kind {kind}").format(kind=one.kind))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of data that its form learns from."""
        return KINDS[self.form]

    @property
    def all_params(self) -> tuple[ParamSpec, ...]:
        """The standard ones of its form, where it has none of that name, and its own."""
        own = {one.name: one for one in self.params}
        standard = [own.pop(one.name, one) for one in standard_params(self.form)]
        return (*standard, *own.values())


def _check_param(one: object) -> None:
    """Refuses a parameter that a page, the command line or a search could not offer; raises ParamError."""
    if not isinstance(one, ParamSpec):
        raise _refused("params", _("a tuple of ParamSpec"))
    where = f"params: {one.name}"
    if not isinstance(one.name, str) or not NAME.fullmatch(one.name):
        raise _refused(where, _("a name of small letters, digits and _"))
    if one.kind not in ("int", "float", "choice"):
        raise _refused(where, _("one of {choices}").format(choices="int, float, choice"))
    if not all(isinstance(text, str) and text for text in (one.title, one.help)):
        raise _refused(where, _("a title and a help in words"))
    if one.kind == "choice":
        if not one.choices or not all(isinstance(choice, str) for choice in one.choices):
            raise _refused(where, _("choices, a tuple of words"))
    else:
        _check_range(one, where)
    resolve([one], {})  # the default itself


def _check_range(one: ParamSpec, where: str) -> None:
    numbers = (one.low, one.high, one.default)
    if not all(isinstance(each, (int, float)) and math.isfinite(each) for each in numbers):
        raise _refused(where, _("numbers as low, high and default"))
    if one.low > one.high or (one.log and one.low <= 0):
        raise _refused(where, _("low below high, and above 0 where it is searched on a log scale"))
    if one.kind == "int" and not isinstance(one.default, int):
        raise _refused(where, _("a whole number as default"))


def _refused(where: str, wanted: str) -> ParamError:
    return ParamError(
        what=_("it cannot be used as it is"),
        where=where,
        remedy=_("it must be {wanted}").format(wanted=wanted),
    )
