"""Charts of the dial: a list's mix against a taste, and what variety costs. Tables of `scenarios`."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import FRAME, HEIGHT, check_size, headed, palette
from recsys_core.evaluation.meanings import Meaning
from recsys_core.i18n import _
from recsys_core.ranking.rerank import METHODS, Setting

BAR_STEP = 26
LABEL_LIMIT = 150
LONGEST = 30
SHOWN_FROM = 0.9
"""Points that keep less of NDCG than this are left out at first: nobody looks for a setting there."""
NEXT_TO = 0.051
"""How far a point may be from the dial and still stand for it: half a step of the frontier."""
PICK = "pick"
"""Name of the selection that a click on a point makes."""


def _cut(text: object) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def mix_title(table: pd.DataFrame) -> str:
    """What moved most, as a sentence. Columns: `kind`, `taste`, `before`, `after`."""
    if not len(table):
        return _("Nothing is known of what these are")
    moved = (table["before"] - table["taste"]).abs() - (table["after"] - table["taste"]).abs()
    row = table.iloc[int(moved.abs().to_numpy().argmax())]
    return _("{kind}: {taste:.0%} of their choices; in the list {before:.0%}, now {after:.0%}").format(
        kind=_cut(row["kind"]), taste=row["taste"], before=row["before"], after=row["after"]
    )


def mix(table: pd.DataFrame, *, dark: bool = False) -> alt.LayerChart:
    """Shares of kinds: in what the person chose (tick), in the list before (ring) and after (dot).

    Without a title, which would not fit into a column; `mix_title` stands above. Columns as there, in the order in
    which they are drawn.
    """
    check_size(len(table))
    colours = palette(dark)
    shown = table.assign(kind=[_cut(one) for one in table["kind"]])
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    names = {"taste": _("what they chose"), "before": _("list before"), "after": _("list after")}
    base = alt.Chart(shown, height=max(HEIGHT, BAR_STEP * len(shown) + FRAME)).encode(
        y=alt.Y("kind:N", sort=list(shown["kind"]), title=None, axis=axis),
        tooltip=[
            alt.Tooltip("kind:N", title=_("kind")),
            *(alt.Tooltip(f"{name}:Q", title=text, format=".0%") for name, text in names.items()),
        ],
    )

    def at(name: str) -> alt.X:
        scale = alt.Scale(zero=True)
        return alt.X(f"{name}:Q", title=_("share"), axis=alt.Axis(format="%", tickCount=4), scale=scale)

    moved = base.mark_rule(color=colours.quiet, strokeWidth=2).encode(x=at("before"), x2="after:Q")
    tick = base.mark_tick(color=colours.text, thickness=3, size=BAR_STEP * 0.8).encode(x=at("taste"))
    ring = base.mark_point(color=colours.floor, size=90, strokeWidth=2).encode(x=at("before"))
    dot = base.mark_circle(color=colours.runs[0], size=90, opacity=1).encode(x=at("after"))
    return moved + tick + ring + dot


def useful(points: pd.DataFrame) -> pd.DataFrame:
    """The points that keep enough of NDCG to be looked at."""
    best = points.loc[points["strength"] == 0, "ndcg"].max()
    return points[points["ndcg"] >= SHOWN_FROM * best]


def _nearest(points: pd.DataFrame, setting: Setting) -> int | None:
    """Index of the setting's point, or of the one next to it: the dial has finer steps than the frontier."""
    away = (points.loc[points["method"] == setting.method, "strength"] - setting.strength).abs()
    return (
        None if away.empty or away.min() > NEXT_TO else int(away.index.to_numpy()[away.to_numpy().argmin()])
    )


def frontier_title(points: pd.DataFrame, measure: str, meant: Meaning, setting: Setting) -> str:
    """What the current point costs and brings, as a sentence."""
    nearest = _nearest(points, setting)
    if nearest is None and (points["method"] == setting.method).any():
        return _("{method} at {strength:.2f} is not drawn: it loses more than {most:.0%} of NDCG").format(
            method=_(METHODS[setting.method][0]), strength=setting.strength, most=1 - SHOWN_FROM
        )
    if nearest is None or not setting.strength:
        return _("Every re-ranker at every strength: up keeps the quality, right is more variety")
    row = points.loc[nearest]
    return _("{method} at {strength:.1f}: NDCG {loss:+.1f} %, {measure} {gain:+.1f} %").format(
        method=_(METHODS[setting.method][0]),
        strength=row["strength"],
        loss=row["ndcg_change"],
        measure=_(meant.title).lower(),
        gain=row[f"{measure}_change"],
    )


def frontier(
    points: pd.DataFrame,
    measure: str,
    meant: Meaning,
    setting: Setting,
    knees: dict[str, float],
    *,
    k: int = 10,
    dark: bool = False,
) -> alt.LayerChart:
    """NDCG against what is gained: a line a re-ranker, a point a strength; a click on one selects it (`PICK`).

    Args:
        points: rows of `Frontier.points`. measure: the column that is gained, `meant` its meaning.
        setting: where the dial stands: its points have whiskers, the nearest one a ring.
        knees: strength of each re-ranker's knee, where it has one.
    """
    check_size(len(points))
    colours = palette(dark)
    shown = points.assign(
        x=points[measure],
        here=points.index == _nearest(points, setting),
        title=[_(METHODS[one][0]) for one in points["method"]],
        knee=[
            _("knee") if knees.get(method) == strength else ""
            for method, strength in zip(points["method"], points["strength"], strict=True)
        ],
    )
    titles = [_(title) for title, _what in METHODS.values()]
    arrow = {1: "↑", -1: "↓", 0: ""}[meant.better]
    pick = alt.selection_point(name=PICK, fields=["method", "strength"], on="click", nearest=False)
    across = alt.X(
        "x:Q",
        title=f"{_(meant.title)} {arrow}".strip(),
        scale=alt.Scale(zero=False, padding=12, reverse=meant.better < 0),
    )
    scale = alt.Scale(domain=titles, range=list(colours.runs))
    colour = alt.Color("title:N", scale=scale, legend=alt.Legend(title=None, orient="bottom", columns=3))
    up = alt.Y("ndcg:Q", title=_("NDCG@{k} ↑").format(k=k), scale=alt.Scale(zero=False))
    base = alt.Chart(shown, height=HEIGHT + 120).encode(x=across, color=colour)
    own = base.transform_filter(alt.datum.method == setting.method)
    low = alt.Y("ndcg_low:Q", scale=alt.Scale(zero=False))
    whiskers = own.mark_rule(strokeWidth=2, opacity=0.6).encode(y=low, y2="ndcg_high:Q")
    line = base.mark_line(strokeWidth=2).encode(y=up, order="strength:Q", detail="method:N")
    dots = (
        base.mark_point(filled=True, size=90, opacity=1, cursor="pointer")
        .encode(y=up, tooltip=_told(measure, meant, k))
        .add_params(pick)
    )
    ring = base.transform_filter(alt.datum.here).mark_point(size=260, strokeWidth=3, filled=False)
    ring = ring.encode(y=up)
    knee = base.transform_filter(alt.datum.knee != "").encode(y=up)
    diamond = knee.mark_point(shape="diamond", size=200, strokeWidth=2, filled=False)
    named = knee.transform_filter(alt.datum.method == setting.method)
    label = named.mark_text(dy=-16, fontWeight="bold", fontSize=12).encode(text="knee:N")
    start = alt.Chart(shown[shown["strength"] == 0].head(1)).encode(x=across, y=up)
    square = start.mark_square(size=140, color=colours.text, opacity=1)
    ranked = start.mark_text(align="left", dx=8, dy=-8, color=colours.text).encode(
        text=alt.value(_("as ranked"))
    )
    layers = line + whiskers + dots + ring + diamond + label + square + ranked
    return headed(layers, frontier_title(points, measure, meant, setting))


def _told(measure: str, meant: Meaning, k: int) -> list[alt.Tooltip]:
    """What stands beside a point that is pointed at."""
    ndcg: list[Any] = [
        alt.Tooltip("ndcg:Q", title=f"NDCG@{k}", format=".3f"),
        alt.Tooltip("ndcg_low:Q", title=_("95 % interval from"), format=".3f"),
        alt.Tooltip("ndcg_high:Q", title=_("to"), format=".3f"),
        alt.Tooltip("ndcg_change:Q", title=_("change of NDCG, %"), format="+.1f"),
    ]
    gained = [
        alt.Tooltip(f"{measure}:Q", title=_(meant.title), format=".3f"),
        alt.Tooltip(f"{measure}_change:Q", title=_("change, %"), format="+.1f"),
        alt.Tooltip("changed:Q", title=_("places changed (median)")),
    ]
    return [
        alt.Tooltip("title:N", title=_("re-ranker")),
        alt.Tooltip("strength:Q", title=_("strength"), format=".1f"),
        *ndcg,
        *gained,
    ]


def quarters(table: pd.DataFrame, *, dark: bool = False) -> alt.LayerChart:
    """Shares of all places by popularity, before (ring) and after (bar). Columns: `group`, `before`, `after`."""
    check_size(len(table))
    colours, title = palette(dark), _("Nobody is shown anything")
    if len(table) and table["before"].sum() > 0:
        title = _("The most chosen quarter had {before:.1%} of all places, now {after:.1%}").format(
            before=table["before"].iloc[0], after=table["after"].iloc[0]
        )
    axis = alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False)
    base = alt.Chart(table, height=HEIGHT).encode(
        y=alt.Y("group:N", sort=list(table["group"]), title=None, axis=axis),
        tooltip=[
            alt.Tooltip("group:N", title=_("items")),
            alt.Tooltip("before:Q", title=_("before"), format=".1%"),
            alt.Tooltip("after:Q", title=_("after"), format=".1%"),
        ],
    )
    across = alt.X("after:Q", title=_("share of all places (ring: before)"), axis=alt.Axis(format="%"))
    bar = base.mark_bar(color=colours.runs[0], cornerRadiusEnd=3).encode(x=across)
    ring = base.mark_point(color=colours.text, size=110, strokeWidth=2).encode(x="before:Q")
    return headed(bar + ring, title)
