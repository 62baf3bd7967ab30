"""Prepare, third part: the steps of cleaning, each on or off, with what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import parts, state
from pages.ui.doctor_files import NONE, Read
from recsys_core.charts import cleaning as charts
from recsys_core.columns import Kind
from recsys_core.data.cleaning import Cleaned, Step
from recsys_core.data.events import Events
from recsys_core.data.import_checks import check_rest
from recsys_core.data.importing import dropped_rows_of
from recsys_core.data.proposing import kept_choices
from recsys_core.data.recipe import IMPUTE, Recipe
from recsys_core.data.scaling import SCALINGS
from recsys_core.data.steps import BY_NAME, STEPS, Field, StepSpec
from recsys_core.errors import RecsysError
from recsys_core.files import safe_csv
from recsys_core.i18n import _

MOST_SHOWN = 200


def chosen_steps(read: Read, recipe: Recipe, costs: Any, key: str) -> dict[str, dict[str, Any]]:
    """The controls of all steps that apply; the settings that are chosen.

    Args:
        costs: a container beside them is filled later, by `show_costs`.
    """
    settings: dict[str, dict[str, Any]] = {}
    texts = _choices(read.key, read.table)
    for spec in STEPS:
        start = recipe.steps.get(spec.name, {"on": False, **{one.name: one.default for one in spec.fields}})
        if not _applies(spec, recipe, texts):
            settings[spec.name] = {**start, "on": False}
            continue
        on = costs.toggle(
            _(spec.title).capitalize(), start["on"], key=f"prepare_step_{spec.name}_{key}", help=_(spec.help)
        )
        settings[spec.name] = {**start, "on": on}
        if on and spec.fields:
            cells = costs.columns([0.06, *[1] * len(spec.fields)])[1:]
            for cell, field in zip(cells, spec.fields, strict=True):
                given = settings[spec.name]
                given[field.name] = _field(cell, spec, field, given, read, texts, key)
    return settings


@st.cache_data(max_entries=4, show_spinner=False)
def _choices(key: str, _table: pd.DataFrame) -> dict[str, list[str]]:
    return kept_choices(_table)


def _applies(spec: StepSpec, recipe: Recipe, texts: dict[str, list[str]]) -> bool:
    columns = recipe.columns
    if recipe.kind is Kind.CLICK and spec.name in ("positive", "repeated"):
        return False
    there = {
        "user": columns.user, "item": columns.item, "value": columns.value, "time": columns.time,
        "extra": texts or recipe.steps.get(spec.name, {}).get("column"),
    }  # fmt: skip
    return all(there[need] for need in spec.needs)


def _field(
    cell: Any,
    spec: StepSpec,
    field: Field,
    given: dict[str, Any],
    read: Read,
    texts: dict[str, list[str]],
    key: str,
) -> Any:
    """The widget of one setting."""
    name, label, value = f"prepare_{spec.name}_{field.name}_{key}", _(field.title), given[field.name]
    if field.kind == "choice":
        return cell.selectbox(label, field.choices, field.choices.index(value), key=name)
    if field.kind == "whole":
        return int(cell.number_input(label, 1, None, int(value), 1, key=name))
    if field.kind == "number":
        return cell.number_input(label, value=value, key=name, placeholder=_("open"))
    if field.kind == "day":
        return _day(cell, label, value, name)
    return _text(cell, spec, field, given, read, texts, name)


def _day(cell: Any, label: str, value: str | None, name: str) -> str | None:
    start = None if value is None else date.fromisoformat(value)
    low, high = date(1900, 1, 1), date(2100, 12, 31)
    chosen = cell.date_input(label, start, min_value=low, max_value=high, key=name, format="YYYY-MM-DD")
    return None if chosen is None else str(chosen.isoformat())


def _text(
    cell: Any,
    spec: StepSpec,
    field: Field,
    given: dict[str, Any],
    read: Read,
    texts: dict[str, list[str]],
    name: str,
) -> Any:
    """A column, some of its texts, or a text."""
    label, value = _(field.title), given[field.name]
    if field.kind == "texts":
        known = texts.get(str(given.get("column")), [])
        start = [one for one in value or () if one in known]
        return cell.multiselect(label, known, start, key=f"{name}_{given.get('column')}")
    if field.name == "column":
        options = [NONE, *(texts if spec.name == "only" else map(str, read.table.columns))]
        chosen = cell.selectbox(label, options, options.index(value) if value in options else 0, key=name)
        return None if chosen == NONE else chosen
    return cell.text_input(label, value or "", key=name, max_chars=20) or None


def more(recipe: Recipe, key: str) -> Recipe:
    """The settings that few need."""
    unreadable = st.toggle(
        _("Cells that cannot be read count as missing"),
        recipe.unreadable == "missing",
        key=f"prepare_unreadable_{key}",
        help=_("Instead of refusing the file at the first cell that is no number or no time."),
    )
    impute = st.toggle(
        _("Fill missing attributes"),
        recipe.impute == "fill",
        key=f"prepare_impute_{key}",
        help=_("Numbers by the median, texts by 'unknown'. Otherwise they stay missing."),
    )
    scaling = st.selectbox(
        _("Scaling of the value"),
        list(SCALINGS),
        list(SCALINGS).index(recipe.scaling),
        key=f"prepare_scaling_{key}",
        format_func=lambda name: f"{name}: {_(SCALINGS[name])}",
        help=_(
            "For networks that predict the value. Fitted on training rows only, and undone before anything is shown."
        ),
    )
    return replace(
        recipe, unreadable="missing" if unreadable else "refuse", impute=IMPUTE[impute], scaling=scaling
    )


def show_costs(read: Read, events: Events, cleaned: Cleaned) -> None:
    """The chart of what each step takes, and the rows themselves."""
    st.altair_chart(parts.drawn(charts.costs(cleaned.steps, dark=state.dark())), key="prepare_costs")
    span = _span(events, cleaned)
    if span:
        st.caption(span)
    taken = {step.step: step for step in cleaned.steps if step.dropped}
    if not taken:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.popover(_("Look at the rows that are taken"), icon=":material/visibility:"):
            step = st.selectbox(
                _("Step"),
                list(taken),
                format_func=lambda name: _(BY_NAME[name].title),
                key="prepare_taken_step",
            )
            only = dropped_rows_of(read.table, {step: cleaned.dropped[step][:MOST_SHOWN]})
            st.dataframe(
                only.drop(columns="step"), hide_index=True, height=320, alt=_("Rows that this step takes")
            )
            if taken[step].dropped > MOST_SHOWN:
                st.caption(_("The first {n} of {of:,}.").format(n=MOST_SHOWN, of=taken[step].dropped))
        st.download_button(
            _("All rows that are taken (CSV)"),
            lambda: safe_csv(dropped_rows_of(read.table, cleaned.dropped)),
            file_name="dropped.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="prepare_dropped",
        )


def show_table(cleaned: Cleaned) -> None:
    """The table behind the chart: rows, users and items before and after each step."""
    st.dataframe(
        _table_of(cleaned.steps),
        hide_index=True,
        alt=_("Rows, users and items before and after each step"),
        column_config={
            name: st.column_config.NumberColumn(format="localized")
            for name in (_("Rows before"), _("Rows after"), _("Taken"))
        },
    )


def is_refused(read: Read, recipe: Recipe, events: Events, cleaned: Cleaned) -> bool:
    """Whether nothing could be learned from what is left; why is said before anybody uses it."""
    try:
        check_rest(read.table, recipe, events, cleaned)
    except RecsysError as problem:
        parts.error(problem)
        return True
    return False


def _table_of(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [
        {
            _("Step"): _(step.name),
            _("Rows before"): step.rows_before,
            _("Rows after"): step.rows_after,
            _("Taken"): step.dropped,
            _("Users"): f"{step.users_before:,} → {step.users_after:,}",
            _("Items"): f"{step.items_before:,} → {step.items_after:,}",
        }
        for step in steps
    ]


def _span(events: Events, cleaned: Cleaned) -> str:
    """The first and last day of what is left."""
    if events.times is None or not len(cleaned.rows):
        return ""
    times = events.times[cleaned.rows]
    times = times[np.isfinite(times)]
    if not len(times):
        return ""
    first, last = (datetime.fromtimestamp(float(one), UTC) for one in (times.min(), times.max()))
    return _("From {first:%d %b %Y} to {last:%d %b %Y} (UTC).").format(first=first, last=last)


def hints(texts: tuple[str, ...]) -> None:
    """What looks odd, each with its evidence."""
    if texts:
        st.info(
            "  \n".join(parts.plain(text, parts.LONGEST_SENTENCE) for text in texts), icon=":material/search:"
        )
