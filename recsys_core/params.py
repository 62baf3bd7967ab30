"""ParamSpec: one description of a parameter, for validation, command line, widget and search range alike."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recsys_core.errors import ParamError
from recsys_core.i18n import _

ParamKind = Literal["int", "float", "choice", "runs", "run"]
LONGEST_TOLD, EXACT = 80, 1e15
_RUNS = re.compile(r"([A-Za-z0-9_-]{1,40}(,[A-Za-z0-9_-]{1,40}){0,19})?")


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One parameter.

    Args:
        name: the field's standard name, e.g. `embedding_size`.
        title: the same as a label on screen (marked with `N_`).
        kind: `int`, `float`, `choice`, `runs` (up to 20 ids of finished runs, or names of models, with commas) or `run`
            (one of them).
        default: the tuned default.
        low, high: the allowed range, both ends included (numbers only).
        choices: the allowed words (choice only).
        log: whether a search should look at it on a log scale.
        help: what it does, in plain words (marked with `N_`).
        advanced: shown under 'More' on the page.
    """

    name: str
    title: str
    kind: ParamKind
    default: float | int | str
    help: str
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    log: bool = False
    advanced: bool = False

    def parse(self, given: Any) -> float | int | str:
        """The value, checked and of the right type; raises ParamError naming value, parameter and range."""
        if self.kind == "choice":
            if given not in self.choices:
                raise self._refused(given, _("one of {choices}").format(choices=", ".join(self.choices)))
            return str(given)
        if self.kind in ("runs", "run"):
            return self._runs(given)
        number = _number(given)
        whole = self.kind == "int"
        if not self.low <= number <= self.high or (whole and number != int(number)):
            noun = _("a whole number") if whole else _("a number")
            raise self._refused(
                given, _("{noun} from {low:g} to {high:g}").format(noun=noun, low=self.low, high=self.high)
            )
        return int(number) if whole else number

    def _runs(self, given: Any) -> str:
        text = given.replace(" ", "") if isinstance(given, str) else "?"
        if self.kind == "run" and (not _RUNS.fullmatch(text) or "," in text):
            raise self._refused(given, _("the id of one finished run"))
        if not _RUNS.fullmatch(text):
            raise self._refused(given, _("ids of finished runs, with commas between them"))
        return text

    def _refused(self, given: Any, wanted: str) -> ParamError:
        return ParamError(
            what=_("{given} is not allowed").format(given=told(given)),
            where=_("parameter {name}").format(name=self.name),
            remedy=_("use {wanted}").format(wanted=wanted),
        )


def told(given: Any) -> str:
    """A refused value as a message shows it: a number reads the same whether it came as text or as a number."""
    number = _number(given)
    if math.isnan(number) and not _is_nan(given):
        return repr(given) if len(repr(given)) <= LONGEST_TOLD else repr(given)[:LONGEST_TOLD] + "…"
    return str(int(number)) if number.is_integer() and abs(number) < EXACT else repr(number)


def _number(given: Any) -> float:
    """The number that is meant; NaN for anything that is none."""
    try:
        return math.nan if isinstance(given, bool) else float(given)
    except OverflowError:
        return math.inf if given > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan


def _is_nan(given: Any) -> bool:
    return (isinstance(given, float) and math.isnan(given)) or str(given).strip().lower() == "nan"


def resolve(specs: Sequence[ParamSpec], given: Mapping[str, Any]) -> dict[str, Any]:
    """Every parameter with its given or default value; raises ParamError for unknown names and bad values."""
    by_name = {spec.name: spec for spec in specs}
    for name in given:
        if name not in by_name:
            known = ", ".join(by_name) or _("none: this model has no parameters")
            raise ParamError(
                what=_("there is no such parameter"),
                where=_("parameter {name}").format(name=repr(name)),
                remedy=_("the parameters are: {known}").format(known=known),
            )
    return {spec.name: spec.parse(given.get(spec.name, spec.default)) for spec in specs}


def parse_assignments(
    pairs: Sequence[str], *, option: str = "--set", example: str = "epochs=5"
) -> dict[str, str]:
    """Reads `key=value` texts, as an option of the command line gives them; raises ParamError."""
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ParamError(
                what=_("{pair} is not key=value").format(pair=repr(pair)),
                where=option,
                remedy=_("write e.g. {option} {example}").format(option=option, example=example),
            )
        settings[name.strip()] = value.strip()
    return settings
