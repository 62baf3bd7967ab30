"""ParamSpec -> widget: every parameter of a model from its one description."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from recsys_core.i18n import _
from recsys_core.params import ParamSpec


def ask(specs: Sequence[ParamSpec], prefix: str) -> dict[str, Any]:
    """Widgets for all parameters, the advanced ones under 'More'; the values by name."""
    values: dict[str, Any] = {}
    plain = [spec for spec in specs if not spec.advanced]
    advanced = [spec for spec in specs if spec.advanced]
    for spec, column in zip(plain, st.columns(max(len(plain), 1)), strict=False):
        with column:
            values[spec.name] = _widget(spec, prefix)
    if advanced:
        with st.expander(_("More")):
            for spec, column in zip(advanced, st.columns(len(advanced)), strict=True):
                with column:
                    values[spec.name] = _widget(spec, prefix)
    return values


def _widget(spec: ParamSpec, prefix: str) -> Any:
    """One parameter. Numbers have no bounds here: a browser would keep what is out of range from the server."""
    key, label = f"{prefix}_{spec.name}", _(spec.title)
    if spec.kind == "choice":
        return st.selectbox(
            label,
            spec.choices,
            index=spec.choices.index(str(spec.default)),
            key=key,
            persist_state="session",
            help=_(spec.help),
        )
    allowed = _("From {low:g} to {high:g}.").format(low=spec.low, high=spec.high)
    said = f"{_(spec.help)} {allowed}"
    if spec.kind == "int":
        return st.number_input(
            label, value=int(spec.default), step=1, key=key, persist_state="session", help=said
        )
    decimals = _decimals(float(spec.default))
    return st.number_input(
        label,
        value=float(spec.default),
        step=10.0**-decimals,
        format=f"%.{decimals + 1}f",
        key=key,
        persist_state="session",
        help=said,
    )


def _decimals(value: float) -> int:
    text = f"{value:f}".rstrip("0")
    return max(1, len(text.partition(".")[2]))
