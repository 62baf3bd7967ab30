"""Tune's ranges: which settings are searched and where, and what the others stay at; all from their descriptions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui import forms
from recsys_core.i18n import _
from recsys_core.models import registry
from recsys_core.params import ParamSpec
from recsys_core.training.search_space import Range, default_ranges, range_of

KINDS = ("int", "float", "choice")


def searchable(model: str) -> list[ParamSpec]:
    """The parameters of a model that a search can look through."""
    return [spec for spec in registry.params_of(model) if spec.kind in KINDS]


def ask(model: str) -> tuple[tuple[Range, ...], dict[str, Any]]:
    """Draws the ranges; what is searched, unchecked, and the settings that differ from their defaults."""
    specs = {spec.name: spec for spec in searchable(model)}
    usual = [one.name for one in default_ranges(model)]
    names = st.multiselect(
        _("Searched settings"),
        list(specs),
        default=usual,
        key=f"tune_{model}_searched",
        persist_state="session",
        format_func=lambda name: _(specs[name].title),
        placeholder=_("at least one"),
        help=_(
            "Each of them takes trials to explore. Epochs are chosen on validation rows in every trial anyway."
        ),
    )
    ranges = tuple(_range(specs[name], f"tune_{model}_{name}") for name in specs if name in names)
    kept = [replace(spec, advanced=False) for name, spec in specs.items() if name not in names]
    if not kept:
        return ranges, {}
    st.caption(_("The other settings stay the same in every trial:"))
    given = forms.ask(kept, prefix=f"tune_{model}_fixed")
    return ranges, {spec.name: given[spec.name] for spec in kept if _differs(given[spec.name], spec)}


def _differs(given: Any, spec: ParamSpec) -> bool:
    if spec.kind == "choice":
        return str(given) != str(spec.default)
    return given is not None and not math.isclose(float(given), float(spec.default))


def _range(spec: ParamSpec, key: str) -> Range:
    """One setting's row: from, to and scale, or its choices."""
    usual = range_of(spec)
    if spec.kind == "choice":
        chosen: Sequence[str] = st.multiselect(
            _(spec.title),
            spec.choices,
            default=list(spec.choices),
            key=f"{key}_choices",
            persist_state="session",
            placeholder=_("at least two"),
            help=_(spec.help),
        )
        return replace(usual, choices=tuple(chosen))
    row = st.columns([2, 2, 1.2], vertical_alignment="bottom")
    low = row[0].number_input(
        _("{setting} from").format(setting=_(spec.title)),
        **_shown(spec, usual.low),
        key=f"{key}_low",
        persist_state="session",
        help=_said(spec),
    )
    high = row[1].number_input(
        _("{setting} to").format(setting=_(spec.title)),
        **_shown(spec, usual.high),
        key=f"{key}_high",
        persist_state="session",
        help=_said(spec),
    )
    log = row[2].checkbox(
        _("log scale"),
        value=usual.log,
        key=f"{key}_log",
        persist_state="session",
        help=_("From 0.001 to 0.01 gets as many trials as from 0.01 to 0.1."),
    )
    return replace(usual, low=float(low or 0.0), high=float(high or 0.0), log=bool(log))


def _said(spec: ParamSpec) -> str:
    allowed = _("From {low:g} to {high:g}.").format(low=spec.low, high=spec.high)
    return f"{_(spec.help)} {allowed}"


def _shown(spec: ParamSpec, value: float) -> dict[str, Any]:
    """Value, step and format of a number's box; without bounds, so that the message beside it says what is wrong."""
    if spec.kind == "int":
        return {"value": round(value), "step": 1}
    step = 10.0 ** math.floor(math.log10(value)) if value > 0 else 0.01
    return {"value": float(value), "step": step, "format": "%g"}
