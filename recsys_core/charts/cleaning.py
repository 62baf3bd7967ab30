"""What cleaning costs, drawn: the rows that each step leaves and takes."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, check_size, palette
from recsys_core.data.cleaning import Step
from recsys_core.i18n import _

STEP_HEIGHT, LEGEND = 32, 100


def costs(steps: Sequence[Step], *, dark: bool = False) -> alt.Chart:
    """One bar a step: what it leaves, and beside it what it took; the title says what all took together."""
    check_size(2 * len(steps))
    colours = palette(dark)
    left, taken = _("left"), _("taken")
    rows = [
        {"step": _(step.name), "what": what, "rows": rows, "order": order, "place": place}
        for place, step in enumerate(steps)
        for order, (what, rows) in enumerate(((left, step.rows_after), (taken, step.dropped)))
    ]
    table = pd.DataFrame(rows, columns=["step", "what", "rows", "order", "place"])
    if steps and steps[0].rows_before:
        kept = steps[-1].rows_after / steps[0].rows_before
        title = _("{kept:.1%} of the rows stay: {n:,} of {of:,}").format(
            kept=kept, n=steps[-1].rows_after, of=steps[0].rows_before
        )
    else:
        title = _("No step is on: every row stays")
    chart = alt.Chart(table, title=title, height=STEP_HEIGHT * max(len(steps), 1) + FRAME + LEGEND)
    return chart.mark_bar(cornerRadiusEnd=2).encode(
        y=alt.Y(
            "step:N",
            sort=alt.SortField("place"),
            title=None,
            axis=alt.Axis(labelLimit=260, labelOverlap=False),
        ),
        x=alt.X("rows:Q", title=_("rows"), axis=alt.Axis(format=",d")),
        color=alt.Color(
            "what:N",
            scale=alt.Scale(domain=[left, taken], range=[colours.runs[0], colours.runs[1]]),
            legend=alt.Legend(title=None, orient="top"),
        ),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("step:N", title=_("Step")),
            alt.Tooltip("what:N", title=_("rows")),
            alt.Tooltip("rows:Q", title=_("how many"), format=","),
        ],
    )
