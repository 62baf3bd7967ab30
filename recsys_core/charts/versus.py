"""Charts of one run against another: who gains and who loses. Tables of `scenarios.versus`."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, HEIGHT, check_size, headed, palette
from recsys_core.data.dataset import Words
from recsys_core.evaluation.meanings import better, title
from recsys_core.i18n import _

ROW_STEP = 28
LABEL_LIMIT = 170


def changes(
    bars: pd.DataFrame, metric: str, words: Words, colours: tuple[str, str], *, dark: bool = False
) -> alt.LayerChart:
    """How many people's figure changes by how much. Columns: `low`, `high`, `n`; 0 is an edge between two bars.

    Args:
        colours: of the run before, for those who had it better there, and of the run after.
    """
    check_size(len(bars))
    up = bars["low"] >= 0
    gains = up if better(metric) >= 0 else ~up
    named = [_("lose"), _("gain")]
    counts = [int(bars.loc[~gains, "n"].sum()), int(bars.loc[gains, "n"].sum())]
    said = _("Nobody's figure changes")
    if len(bars):
        said = _("{gain:,} {users} gain, {lose:,} lose").format(
            gain=counts[1], lose=counts[0], users=words.users
        )
    shown = bars.assign(side=[named[int(one)] for one in gains])
    base = alt.Chart(shown, height=HEIGHT)
    bar = base.mark_bar().encode(
        x=alt.X(
            "low:Q",
            title=_("change of {metric}").format(metric=title(metric)),
            scale=alt.Scale(zero=True),
            bin="binned",
            axis=alt.Axis(format="+.2f", tickCount=7),
        ),
        x2="high:Q",
        y=alt.Y("n:Q", title=words.users, scale=alt.Scale(zero=True)),
        color=alt.Color(
            "side:N",
            scale=alt.Scale(domain=named, range=list(colours)),
            legend=alt.Legend(title=None, orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip("n:Q", title=words.users),
            alt.Tooltip("low:Q", title=_("change from"), format="+.3f"),
            alt.Tooltip("high:Q", title=_("to"), format="+.3f"),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=palette(dark).text).encode(x="at:Q")
    return headed(bar + zero, said)


def group_changes(table: pd.DataFrame, metric: str, colour: str, *, dark: bool = False) -> alt.LayerChart:
    """The mean change of each group with its interval. Columns: `group`, `n`, `change`, `low`, `high`, in drawing order."""
    check_size(len(table))
    said = _("No group is large enough to tell")
    if len(table):
        signs = better(metric) or 1
        order = (table["change"] * signs).to_numpy().argsort()
        worst, best = table.iloc[int(order[0])], table.iloc[int(order[-1])]
        said = _("Gains most: {best} ({most:+.3f}); least: {worst} ({least:+.3f})").format(
            best=best["group"], most=best["change"], worst=worst["group"], least=worst["change"]
        )
        if len(table) == 1:
            said = f"{best['group']}: {best['change']:+.3f}"
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    base = alt.Chart(table, height=max(HEIGHT, ROW_STEP * len(table) + FRAME)).encode(
        y=alt.Y("group:N", sort=list(table["group"]), title=None, axis=axis),
        tooltip=[
            alt.Tooltip("group:N", title=_("group")),
            alt.Tooltip("n:Q", title=_("how many")),
            alt.Tooltip("change:Q", title=_("mean change"), format="+.4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format="+.4f"),
            alt.Tooltip("high:Q", title=_("to"), format="+.4f"),
        ],
    )
    across = _("mean change of {metric}").format(metric=title(metric))
    point = base.mark_circle(size=110, opacity=1, color=colour).encode(
        x=alt.X("change:Q", title=across, axis=alt.Axis(format="+.2f", tickCount=5))
    )
    whisker = base.mark_rule(color=palette(dark).text, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[4, 4], color=palette(dark).floor)
    return headed(zero.encode(x="at:Q") + whisker + point, said)
