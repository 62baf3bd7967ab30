"""Charts of several searches side by side at the same budget; tables of `scenarios.searching_compared`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.runs import Styles
from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _
from recsys_core.training.study_config import BAYES, GRID, RANDOM

PLACES = {BAYES: 0, RANDOM: 1, GRID: 2}


def colours_of(methods: Mapping[str, str], *, dark: bool) -> dict[str, str]:
    """A colour for each study by its method, the same wherever searches are compared.

    Args:
        methods: method by study id.
    """
    colours = palette(dark)
    return {one: colours.runs[PLACES.get(method, 3)] for one, method in methods.items()}


def steps(
    table: pd.DataFrame, metric: str, colours: Mapping[str, str], n: int, *, dark: bool = False
) -> alt.Chart:
    """Best so far of each study against trials; `table` is `Contest.steps`."""
    check_size(len(table))
    name, styles = metric_title(metric), Styles.of(table, colours, dark=dark)
    title = _("No trial finished in any of them")
    if len(table):
        title = _("Best so far of each, up to {n} trials").format(n=n)
    chart = (
        alt.Chart(table, height=HEIGHT + styles.legend_height)
        .mark_line(interpolate="step-after", strokeWidth=2.5, point=alt.OverlayMarkDef(size=30))
        .encode(
            x=alt.X("trial:Q", title=_("trials that ended"), axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(
                "best:Q", title=f"{name} {arrow(metric)}".strip(), scale=alt.Scale(zero=False, padding=8)
            ),
            color=styles.colour(),
            strokeDash=styles.dash(),
            tooltip=[
                alt.Tooltip("label:N", title=_("search")),
                alt.Tooltip("trial:Q", title=_("trials that ended")),
                alt.Tooltip("best:Q", title=_("best so far"), format=".4f"),
            ],
        )
    )
    return headed(chart, title)


def finals(
    table: pd.DataFrame, metric: str, colours: Mapping[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """The best of each study within the budget: on validation rows, and hollow on test rows where it was measured.

    `table` is `Contest.finals`.
    """
    check_size(len(table))
    name, styles = metric_title(metric), Styles.of(table, colours, dark=dark)
    there = table[table["value"].notna()]
    title = _("No settings to compare yet")
    if len(there):
        title = _("What each found, from {low} to {high}").format(
            low=number(float(there["value"].min())), high=number(float(there["value"].max()))
        )
    up = alt.Y(
        "label:N", sort=list(table["label"]), title=None, axis=alt.Axis(labelLimit=170, labelOverlap=False)
    )
    across: dict[str, Any] = {
        "title": f"{name} {arrow(metric)}".strip(),
        "scale": alt.Scale(zero=False, padding=12),
    }
    base = alt.Chart(there, height=HEIGHT).encode(y=up, color=styles.colour(legend=False))
    parts = []
    for rows, field, low, high, shift in (
        (_("validation"), "value", "low", "high", -8),
        (_("test"), "test", "test_low", "test_high", 8),
    ):
        tips = [
            alt.Tooltip("label:N", title=_("search")),
            alt.Tooltip("rows:N", title=_("rows")),
            alt.Tooltip(f"{field}:Q", title=name, format=".4f"),
            alt.Tooltip(f"{low}:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip(f"{high}:Q", title=_("to"), format=".4f"),
        ]
        own = base.transform_calculate(rows=f"'{rows}'").transform_filter(f"isValid(datum.{field})")
        own = own.encode(tooltip=tips)
        parts.append(
            own.mark_rule(strokeWidth=2, yOffset=shift).encode(x=alt.X(f"{low}:Q", **across), x2=f"{high}:Q")
        )
        point = own.mark_point(size=110, filled=field == "value", opacity=1, yOffset=shift, strokeWidth=2)
        parts.append(point.encode(x=alt.X(f"{field}:Q", **across)))
    return headed(parts[0] + parts[1] + parts[2] + parts[3], title)
