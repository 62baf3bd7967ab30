"""ParamSpec -> widget: every parameter of a model from its one description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from recsys_core.i18n import _
from recsys_core.params import ParamSpec

A_ROW = 5


def ask(specs: Sequence[ParamSpec], prefix: str, runs: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Widgets for all parameters, the advanced ones under 'More'; the values by name.

    `runs` are the finished runs that a parameter may name: id -> what a person reads.
    """
    values: dict[str, Any] = {}
    plain = [spec for spec in specs if not spec.advanced]
    advanced = [spec for spec in specs if spec.advanced]
    _rows(plain, prefix, runs or {}, values)
    if advanced:
        with st.expander(_("More")):
            _rows(advanced, prefix, runs or {}, values)
    return values


def _rows(specs: list[ParamSpec], prefix: str, runs: Mapping[str, str], values: dict[str, Any]) -> None:
    """Widgets in rows of at most five; a choice of runs takes the width of two or three."""
    for start in range(0, len(specs), A_ROW):
        row = specs[start : start + A_ROW]
        for spec, column in zip(
            row, st.columns([{"runs": 3, "run": 2}.get(one.kind, 1) for one in row]), strict=True
        ):
            with column:
                values[spec.name] = _widget(spec, prefix, runs)


def _widget(spec: ParamSpec, prefix: str, runs: Mapping[str, str]) -> Any:
    """One parameter. Numbers have no bounds here: a browser would keep what is out of range from the server."""
    key, label = f"{prefix}_{spec.name}", _(spec.title)
    if spec.kind == "runs":
        chosen = st.multiselect(
            label,
            list(runs),
            key=key,
            persist_state="session",
            format_func=lambda one: runs.get(one, one),
            placeholder=_("the newest of each model"),
            help=_(spec.help),
        )
        return ",".join(chosen)
    if spec.kind == "run":
        return (
            st.selectbox(
                label,
                list(runs),
                key=key,
                persist_state="session",
                format_func=lambda one: runs.get(one, one),
                placeholder=_("no finished run on this split"),
                help=_(spec.help),
            )
            or ""
        )
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
