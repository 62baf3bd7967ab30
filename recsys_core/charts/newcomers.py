"""Charts about new people: quality by what is known of them. Tables of `scenarios.newcomers`."""

from __future__ import annotations

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, check_size, headed, palette
from recsys_core.i18n import _

MOST_LABELLED = 4


def curves(
    table: pd.DataFrame, colours: dict[str, str], title: str, *, k: int = 10, dark: bool = False
) -> alt.LayerChart:
    """A line a model with its interval, by number of known rows; popularity in grey.

    Columns: `label` (popularity's own among them), `known`, `value`, `low`, `high`, `n_users`.

    Args:
        colours: label -> colour.
        title: what one sees, as a sentence.
    """
    check_size(len(table))
    labels = list(dict.fromkeys(table["label"]))
    numbers = [str(one) for one in sorted(set(table["known"]))]
    few = len(labels) <= MOST_LABELLED
    shown = table.assign(at=table["known"].astype(str))
    scale = alt.Scale(domain=labels, range=[colours.get(one, palette(dark).floor) for one in labels])
    colour = alt.Color(
        "label:N", scale=scale, legend=None if few else alt.Legend(title=None, orient="bottom", columns=2)
    )
    base = alt.Chart(shown, height=HEIGHT + 40).encode(
        x=alt.X(
            "at:O",
            sort=numbers,
            title=_("known choices of a person (steps are not even)"),
            axis=alt.Axis(labelAngle=0),
            scale=alt.Scale(padding=0.3),
        ),
        color=colour,
        tooltip=[
            alt.Tooltip("label:N", title=_("run")),
            alt.Tooltip("known:Q", title=_("known choices")),
            alt.Tooltip("value:Q", title=f"NDCG@{k}", format=".3f"),
            alt.Tooltip("low:Q", title=_("95 % interval from"), format=".3f"),
            alt.Tooltip("high:Q", title=_("to"), format=".3f"),
            alt.Tooltip("n_users:Q", title=_("people judged"), format=","),
        ],
    )
    up = alt.Y("value:Q", title=_("NDCG@{k} ↑").format(k=k), scale=alt.Scale(zero=True))
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", scale=alt.Scale(zero=True)), y2="high:Q")
    line = base.mark_line(point={"filled": True, "size": 50}).encode(y=up)
    drawn = band + line
    if few and len(table):
        last = shown.sort_values("known").groupby("label", as_index=False).tail(1)
        drawn += (
            alt.Chart(_apart(last))
            .mark_text(align="left", dx=8, fontWeight="bold", limit=150)
            .encode(x=alt.X("at:O", sort=numbers), y=alt.Y("place:Q"), text="label:N", color=colour)
        )
    return headed(drawn, title)


def _apart(last: pd.DataFrame, least: float = 0.045) -> pd.DataFrame:
    """Where the names at the ends stand: at the value, or above the name below it."""
    ordered = last.sort_values("value")
    places: list[float] = []
    for value in ordered["value"]:
        places.append(value if not places else max(value, places[-1] + least))
    return ordered.assign(place=places)
