"""Checks of single entries of a recipe; each refusal names the entry, what it is and what it may be."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from recsys_core.data.steps import Field, StepSpec
from recsys_core.errors import DataError
from recsys_core.i18n import _


def refused(where: str, given: object, wanted: str) -> DataError:
    """The error for an entry that is not as it must be."""
    return DataError(
        what=_("{given} is not allowed").format(given=repr(given)[:60])
        if given is not None
        else _("this cannot be used"),
        where=_("recipe, {entry}").format(entry=where),
        remedy=_("use {wanted}").format(wanted=wanted),
    )


def one_of(where: str, given: object, known: tuple[str, ...]) -> str:
    """The given word if it is one of those that are known."""
    if not isinstance(given, str) or given not in known:
        raise refused(where, given, ", ".join(known))
    return given


def texts_of(where: str, given: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
        raise refused(where, given, _("a list of texts"))
    return tuple(given)


def checked_step(spec: StepSpec, given: object) -> dict[str, Any]:
    """A step's settings, complete and of the right types; raises DataError."""
    if not isinstance(given, dict):
        raise refused(spec.name, given, _("an object"))
    allowed = {one.name: one for one in spec.fields}
    for name in given:
        if name != "on" and name not in allowed:
            raise refused(f"{spec.name}: {str(name)[:40]}", None, ", ".join(["on", *allowed]))
    if not isinstance(given.get("on", True), bool):
        raise refused(f"{spec.name}: on", given["on"], _("true or false"))
    found = {
        name: checked_field(one, given.get(name, one.default), where=f"{spec.name}: {name}")
        for name, one in allowed.items()
    }
    return {"on": given.get("on", True), **found}


def checked_field(field: Field, given: object, *, where: str) -> Any:
    """One setting of a step; raises DataError."""
    checks = {
        "number": _number, "whole": _whole, "day": _day, "text": _text,
        "texts": lambda given, where: texts_of(where, given),
        "choice": lambda given, where: one_of(where, given, field.choices),
    }  # fmt: skip
    return (
        None if given is None and field.kind not in ("whole", "choice") else checks[field.kind](given, where)
    )


def _number(given: object, where: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not abs(given) < math.inf:
        raise refused(where, given, _("a number"))
    try:
        return float(given)
    except OverflowError:
        raise refused(where, None, _("a number")) from None


def _whole(given: object, where: str) -> int:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 1 <= given < 2**31 or given % 1:
        raise refused(where, given, _("a whole number, 1 or more"))
    return int(given)


def _day(given: object, where: str) -> str:
    try:
        return date.fromisoformat(given).isoformat()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise refused(where, given, _("a day such as 2020-01-31")) from None


def _text(given: object, where: str) -> str:
    if not isinstance(given, str) or len(given) > 200:
        raise refused(where, given, _("text"))
    return given
