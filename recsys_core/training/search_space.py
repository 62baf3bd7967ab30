"""What a search looks through: a range a parameter, from the same descriptions as everything else about it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys_core.errors import ParamError
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import ParamSpec

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Value = float | int | str
LEFT_ALONE = ("epochs", "patience", "members", "batch_size", "valid_share", "length")
"""Not searched unless somebody asks: epochs are chosen on validation rows anyway, the others cost time more than figures."""
PULLS = ("l2", "weight_decay")
"""Searched although they stand under 'More' on the page: how much a model is held back decides most."""
FACTOR_FLOAT, FACTOR_INT, FACTOR_SMALL = 10.0, 4.0, 5.0
SMALL_PART, SHARE_AROUND, OFF_PART = 20.0, 0.3, 50.0
MOST_GRID = 2_000
"""Points of a grid: above, nobody meant it."""


@dataclass(frozen=True, slots=True)
class Range:
    """The values of one parameter that a search may try.

    Attributes:
        kind: `int`, `float` or `choice`, as its ParamSpec says.
        low, high: both ends included; not used where `choices` are given.
        step: only every so manieth value from `low` on; 0: all.
        log: looked at on a log scale.
        choices: the values themselves: words, or numbers one by one.
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.0
    log: bool = False
    choices: tuple[Value, ...] = ()

    def __str__(self) -> str:
        """The text that `parse_range` reads: `learning_rate=0.001..0.1:log`."""
        if self.choices:
            return f"{self.name}={','.join(map(_text, self.choices))}"
        how = ":log" if self.log else f":{_text(self.step)}" if self.step else ""
        return f"{self.name}={_text(self.low)}..{_text(self.high)}{how}"

    @property
    def n_values(self) -> float:
        """How many values it has; infinite where it is continuous."""
        if self.choices:
            return len(self.choices)
        if self.step:
            return len(self._steps())
        return self.high - self.low + 1 if self.kind == "int" else math.inf

    def points(self, n: int) -> list[Value]:
        """About `n` values spread evenly from end to end, each once; all of them where they are named or stepped."""
        if self.choices:
            return list(self.choices)
        if self.step:
            return self._steps()
        if n == 1:
            spread = np.array([math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2])
        else:
            spread = (np.geomspace if self.log else np.linspace)(self.low, self.high, n)
        return list(dict.fromkeys(self._plain(value) for value in spread))

    def _steps(self) -> list[Value]:
        n = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        return [self._plain(self.low + place * self.step) for place in range(n)]

    def _plain(self, value: float) -> Value:
        if self.kind == "int":
            return round(value)
        return min(max(float(f"{value:.6g}"), self.low), self.high)

    def distribution(self) -> BaseDistribution:
        """The same for Optuna."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.kind == "int":
            step = round(self.step) or 1
            return IntDistribution(round(self.low), round(self.high), log=self.log, step=step)
        return FloatDistribution(self.low, self.high, log=self.log, step=self.step or None)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:.12g}"


def default_ranges(model: str) -> tuple[Range, ...]:
    """What is worth searching of a model: a sensible part of each allowed range around the default.

    Nothing where the model has no parameters. Epochs are left out: they are chosen on validation rows in each trial.
    """
    specs = [spec for spec in registry.params_of(model) if spec.kind in ("int", "float", "choice")]
    usual = [spec for spec in specs if _worth_searching(spec)]
    return tuple(range_of(spec) for spec in usual or specs[:1])


def _worth_searching(spec: ParamSpec) -> bool:
    shown = not spec.advanced or spec.name in PULLS
    off = spec.kind != "choice" and not spec.default and spec.high > 1.0
    return shown and not off and spec.name not in LEFT_ALONE


def range_of(spec: ParamSpec) -> Range:
    """A sensible range of any parameter: around its default, on a log scale where that is how it works."""
    if spec.kind == "choice":
        return Range(spec.name, "choice", choices=spec.choices)
    default = float(spec.default)
    low, high, log = _around(spec, default)
    low, high = max(low, spec.low), min(high, spec.high)
    if spec.kind == "int":
        low, high = math.floor(low), math.ceil(high)
    return Range(spec.name, spec.kind, _round(low), _round(high), log=log and low > 0)


def _around(spec: ParamSpec, default: float) -> tuple[float, float, bool]:
    if spec.log:
        factor = FACTOR_INT if spec.kind == "int" else FACTOR_FLOAT
        return default / factor, default * factor, True
    if spec.kind == "int":
        return (default // 2, default * 2, False) if default else (0.0, max(1.0, spec.high / OFF_PART), False)
    if default > 0 and default <= spec.high / SMALL_PART:
        return default / FACTOR_SMALL, default * FACTOR_SMALL, True
    if spec.high <= 1.0:
        return default - SHARE_AROUND, default + SHARE_AROUND, False
    return (default / 2, default * 2, False) if default else (0.0, spec.high / OFF_PART, False)


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def parse_range(text: str, model: str) -> Range:
    """Reads `learning_rate=0.001..0.1:log`, `epochs=5..40`, `epochs=5..40:5` or `target=consumed,liked`.

    Raises:
        ParamError: no such parameter, not a range, or one that reaches beyond what is allowed.
    """
    name, equals, rest = text.partition("=")
    name, rest = name.strip(), rest.strip()
    spec = _spec(model, name) if equals else None
    if spec is None:
        raise _refused(text, _("no range of a parameter"))
    if ".." not in rest:
        return checked(Range(name, spec.kind, choices=tuple(one.strip() for one in rest.split(","))), model)
    span, colon, how = rest.partition(":")
    low, high = span.split("..", 1)
    try:
        log = how == "log" if colon else spec.log
        step = float(how) if how and how not in ("log", "lin") else 0.0
        found = Range(name, spec.kind, float(low), float(high), step, log and not step)
    except ValueError:
        raise _refused(text, _("no range of numbers")) from None
    return checked(found, model)


def checked(given: Range, model: str) -> Range:
    """The range, its values of the right type; raises ParamError for anything that a trial would refuse."""
    spec = _spec(model, given.name)
    text = str(given)
    if spec.kind not in ("int", "float", "choice"):
        raise _refused(text, _("a parameter that names runs cannot be searched"))
    if given.choices or spec.kind == "choice":
        values = tuple(dict.fromkeys(spec.parse(one) for one in given.choices))
        if len(values) < 2:
            raise _refused(text, _("fewer than two values"))
        return Range(given.name, spec.kind, choices=values)
    low, high = float(spec.parse(given.low)), float(spec.parse(given.high))
    if not low < high:
        raise _refused(text, _("its low end is not below its high end"))
    if given.log and low <= 0:
        raise _refused(text, _("a log scale cannot begin at 0"))
    whole = spec.kind == "int"
    if not 0 <= given.step <= high - low or (whole and not float(given.step).is_integer()):
        raise _refused(text, _("its step does not fit"))
    if given.step:  # the last value that a step reaches
        high = _round(low + int((high - low) / given.step + 1e-9) * given.step)
    return Range(given.name, spec.kind, low, high, given.step, given.log)


def _spec(model: str, name: str) -> ParamSpec:
    specs = registry.params_of(model)
    for spec in specs:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in specs) or _("none: this model has no parameters")
    raise ParamError(
        what=_("{model} has no such parameter").format(model=model),
        where=_("range of {name}").format(name=repr(name)),
        remedy=_("the parameters are: {known}").format(known=known),
    )


def _refused(text: str, why: str) -> ParamError:
    return ParamError(
        what=_("{text}: {why}").format(text=repr(text[:120]), why=why),
        where="--range",
        remedy=_("write e.g. {examples}").format(
            examples="learning_rate=0.001..0.1:log, epochs=5..40, target=consumed,liked"
        ),
    )


def grid_of(ranges: Sequence[Range], n: int) -> dict[str, list[Value]]:
    """The values a parameter that make a grid of at most `n` points, where two values an open range allow it.

    Named and stepped values all count; the open ranges share what is left as evenly as can be, the first ones more.
    """
    n_points = {one.name: 2 for one in ranges if not one.choices and not one.step}
    while True:
        for name in sorted(n_points, key=lambda name: n_points[name]):  # the least divided one first
            more = n_points | {name: n_points[name] + 1}
            if _grown(ranges, n_points) < _grown(ranges, more) <= n:
                n_points = more
                break
        else:
            return _values(ranges, n_points)


def _grown(ranges: Sequence[Range], n_points: Mapping[str, int]) -> int:
    return grid_size(_values(ranges, n_points))


def _values(ranges: Sequence[Range], n_points: Mapping[str, int]) -> dict[str, list[Value]]:
    return {one.name: one.points(n_points.get(one.name, 0)) for one in ranges}


def grid_size(grid: Mapping[str, Sequence[Value]]) -> int:
    """How many points a grid has."""
    return math.prod(len(values) for values in grid.values())


def space_size(ranges: Iterable[Range]) -> float:
    """How many different settings there are; infinite where a range is continuous."""
    return math.prod(one.n_values for one in ranges)


def range_from_json(stored: Mapping[str, Any]) -> Range:
    """A range as `asdict` wrote it."""
    return Range(**{**stored, "choices": tuple(stored["choices"])})
