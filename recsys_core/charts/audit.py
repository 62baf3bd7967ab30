"""The split auditor's chart: a dot with whiskers for the model and for popularity under each split."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _

ROW = 54
LABEL_LIMIT = 220
FLOOR = "popularity"


def splits(
    table: pd.DataFrame, metric: str, name: str, colour: str, *, users: str, dark: bool = False
) -> alt.LayerChart:
    """Splits x figure, the model in its colour, popularity in grey beside it, 95 % whiskers.

    Args:
        table: `Auditing.table()`: `split`, `of`, `judged`, `who`, `value`, `low`, `high`.
        name: what the model is called; users: the data set's word.
    """
    check_size(len(table))
    floor = _("Popularity")
    shown = table.assign(
        row=[_row(one, users) for one in table.to_dict("records")],
        name=table["who"].map(lambda who: floor if who == FLOOR else name),
    )
    height = ROW * max(1, shown["row"].nunique()) + FRAME
    base = alt.Chart(shown, height=height).encode(
        y=alt.Y(
            "row:N",
            sort=None,
            title=None,
            scale=alt.Scale(paddingInner=0.45),
            axis=alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False),
        ),
        yOffset=alt.YOffset("name:N", sort=[name, floor]),
        color=alt.Color(
            "name:N",
            scale=alt.Scale(domain=[name, floor], range=[colour, palette(dark).floor]),
            legend=alt.Legend(orient="top", title=None),
        ),
        tooltip=[
            alt.Tooltip("row:N", title=_("split")),
            alt.Tooltip("name:N", title=_("model")),
            alt.Tooltip("value:Q", title=metric_title(metric), format=".4f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4f"),
            alt.Tooltip("high:Q", title=_("to"), format=".4f"),
            alt.Tooltip("judged:Q", title=_("{users} judged").format(users=users), format=","),
        ],
    )
    axis = f"{metric_title(metric)} {arrow(metric)}".strip()
    across = alt.X("value:Q", title=axis, scale=alt.Scale(zero=True))
    whiskers = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=across,
        shape=alt.Shape(
            "name:N", scale=alt.Scale(domain=[name, floor], range=["circle", "diamond"]), legend=None
        ),
    )
    return headed(whiskers + dots, _title(table, metric, name))


def _row(point: Mapping[Hashable, object], users: str) -> str:
    if point["of"] == "known":
        return _("{split}, {users} it knows").format(split=point["split"], users=users)
    return str(point["split"])


def _title(table: pd.DataFrame, metric: str, name: str) -> str:
    """Where the model is farthest ahead of popularity, and where least."""
    everybody = table[table["of"] == "everybody"]
    if not len(everybody):
        return _("Nothing was tried")
    by_who = everybody.assign(floor=everybody["who"] == FLOOR).pivot(
        index="split", columns="floor", values="value"
    )
    gaps = (by_who[False] - by_who[True]).sort_values()
    about = {"name": name, "metric": metric_title(metric)}
    most = _("{name} {gap} {metric} under {split}").format(
        gap=_gap(gaps.iloc[-1]), split=gaps.index[-1], **about
    )
    if len(gaps) == 1:
        return most
    return _("{most}, {gap} under {split}").format(most=most, gap=_gap(gaps.iloc[0]), split=gaps.index[0])


def _gap(gap: float) -> str:
    told = _("leads popularity by {gap}") if gap >= 0 else _("trails popularity by {gap}")
    return told.format(gap=number(abs(gap)))
