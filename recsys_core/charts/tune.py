"""Charts of a search: best so far, parallel axes, importance, the trials' curves, and what became of the best on test.

Tables of `scenarios.searching` and its kin. The best is drawn in the accent, what was given up in grey and dashed.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from recsys_core.charts.theme import HEIGHT, Palette, check_size, headed, palette
from recsys_core.evaluation.meanings import arrow, better, number
from recsys_core.evaluation.meanings import title as metric_title
from recsys_core.i18n import _, ngettext
from recsys_core.training.study import FINISHED

BEST, CHOSEN = "best", "chosen"
"""What `look` says of the trials that stand out, as in `scenarios.searching`."""
BY_TRIAL, BY_MINUTES = "trial", "minutes"
LABEL_LIMIT = 170
BAR_STEP, LEAST_BARS = 26, 4
AXES_HEIGHT = 320


def best_so_far(
    table: pd.DataFrame,
    metric: str,
    *,
    by: str = BY_TRIAL,
    default: float | None = None,
    going_on: bool = False,
    dark: bool = False,
) -> alt.LayerChart:
    """Every trial as a dot, the best up to it as a step, the default settings' value as a line to beat.

    `table` of `scenarios.searching.best_so_far`.
    """
    check_size(len(table))
    colours, name = palette(dark), metric_title(metric)
    led = table[table["leads"]]
    title = _("No trial is finished yet") if going_on else _("No trial finished")
    if len(led):
        last = led.iloc[-1]
        title = _("Best: {value}, found in trial {number}").format(
            value=number(float(last["best"])), number=int(last["number"])
        )
    across: dict[str, Any] = {"title": _("trials that ended"), "axis": alt.Axis(tickMinStep=1, format="d")}
    if by == BY_MINUTES:
        across = {"title": _("minutes of work"), "scale": alt.Scale(zero=True)}
    up: dict[str, Any] = {
        "title": f"{name} {arrow(metric)}".strip(),
        "scale": alt.Scale(zero=False, padding=8),
    }
    tips = [
        alt.Tooltip("number:Q", title=_("trial")),
        alt.Tooltip("value:Q", title=name, format=".4f"),
        alt.Tooltip("best:Q", title=_("best so far"), format=".4f"),
        alt.Tooltip("minutes:Q", title=_("minutes of work"), format=".1f"),
    ]
    base = alt.Chart(table, height=HEIGHT).encode(x=alt.X(f"{by}:Q", **across), tooltip=tips)
    dots = base.mark_circle(size=46, opacity=0.8, color=colours.floor).encode(y=alt.Y("value:Q", **up))
    step = base.mark_line(interpolate="step-after", strokeWidth=2.5, color=colours.accent).encode(
        y=alt.Y("best:Q", **up)
    )
    leaders = base.transform_filter("datum.leads").mark_circle(size=90, opacity=1, color=colours.accent)
    drawn = dots + step + leaders.encode(y=alt.Y("value:Q", **up))
    return headed(drawn if default is None else drawn + _to_beat(default, colours, up), title)


def _to_beat(default: float, colours: Palette, up: dict[str, Any]) -> alt.LayerChart:
    """The value of the default settings, as a line across with its name."""
    base = alt.Chart(pd.DataFrame({"default": [default], "words": [_("default settings")]}))
    line = base.mark_rule(color=colours.floor, strokeDash=[5, 4], strokeWidth=1.5).encode(
        y=alt.Y("default:Q", **up)
    )
    at: dict[str, Any] = {"x": alt.value("width"), "y": alt.Y("default:Q", **up), "text": alt.Text("words:N")}
    halo = base.mark_text(align="right", dy=-7, fontSize=11, stroke=colours.least, strokeWidth=4)
    name = base.mark_text(align="right", dy=-7, fontSize=11, color=colours.text)
    return line + halo.encode(**at) + name.encode(**at)


def parallel(lines: pd.DataFrame, ticks: pd.DataFrame, metric: str, *, dark: bool = False) -> alt.LayerChart:
    """One line a trial across the axes of `scenarios.searching_axes.parallel`, coloured by value, the best on top."""
    check_size(len(lines))
    colours, name = palette(dark), metric_title(metric)
    axes = list(dict.fromkeys(lines["axis"])) if len(lines) else [name]
    n = lines["number"].nunique()
    title = _("No trial to draw yet")
    if n:
        title = ngettext(
            "What {n} trial tried, and what came of it", "What {n} trials tried, and what came of it", n
        ).format(n=n)
    words = alt.Axis(
        labelAngle=0, labelOverlap=False, labelFlush=False, labelExpr="split(datum.label, ' ')", domain=False
    )
    across = alt.X("axis:N", sort=axes, title=None, axis=words)
    up = alt.Y("place:Q", scale=alt.Scale(domain=[-0.04, 1.04]), axis=None)
    tips = [
        alt.Tooltip("number:Q", title=_("trial")),
        alt.Tooltip("axis:N", title=_("setting")),
        alt.Tooltip("text:N", title=_("tried")),
        alt.Tooltip("value:Q", title=name, format=".4f"),
    ]
    base = alt.Chart(lines, height=AXES_HEIGHT).encode(x=across, y=up, detail="number:N", tooltip=tips)
    posts = alt.Chart(pd.DataFrame({"axis": axes})).mark_rule(color=colours.quiet).encode(x=across)
    scale = alt.Scale(range=[colours.quiet, colours.runs[0]], reverse=better(metric) < 0)
    quiet = f"datum.look != '{BEST}' && datum.look != '{CHOSEN}'"
    finished = (
        base.transform_filter(f"datum.look == '{FINISHED}'")
        .mark_line(strokeWidth=1.5, opacity=0.8, strokeJoin="round")
        .encode(color=alt.Color("value:Q", scale=scale, legend=None))
    )
    given_up = base.transform_filter(f"{quiet} && datum.look != '{FINISHED}'").mark_line(
        strokeWidth=1, opacity=0.7, strokeDash=[3, 4], color=colours.floor
    )
    best = _highlighted(base, BEST, colours.accent)
    chosen = _highlighted(base, CHOSEN, colours.runs[1])
    texts = alt.Chart(ticks).encode(x=across, y=up, text="text:N")
    halo = texts.mark_text(align="left", dx=5, fontSize=11, stroke=colours.least, strokeWidth=4)
    over = texts.mark_text(align="left", dx=5, fontSize=11, color=colours.text)
    return headed(posts + given_up + finished + best + chosen + halo + over, title)


def _highlighted(base: alt.Chart, look: str, colour: str) -> alt.LayerChart:
    one = base.transform_filter(f"datum.look == '{look}'")
    return one.mark_line(strokeWidth=3.5, color=colour) + one.mark_circle(size=60, opacity=1, color=colour)


def importance(table: pd.DataFrame, sentence: str, *, dark: bool = False) -> alt.LayerChart:
    """A bar a setting, with a mark where chance alone would reach; `table` of `scenarios.searching_importance`."""
    check_size(len(table))
    colours = palette(dark)
    shown = table.assign(reach=table["chance"].clip(upper=1.0).astype(float))
    up = alt.Y("title:N", sort=None, title=None, axis=alt.Axis(labelLimit=LABEL_LIMIT, labelOverlap=False))
    across: dict[str, Any] = {
        "title": _("share of what tells good trials from the rest"),
        "scale": alt.Scale(domain=[0, 1]),
        "axis": alt.Axis(format="%"),
    }
    tips = [
        alt.Tooltip("title:N", title=_("setting")),
        alt.Tooltip("share:Q", title=_("its share"), format=".0%"),
        alt.Tooltip("chance:Q", title=_("chance alone reaches"), format=".0%"),
    ]
    height = max(HEIGHT, BAR_STEP * max(len(table), LEAST_BARS))
    base = alt.Chart(shown, height=height).encode(y=up, tooltip=tips)
    colour = alt.condition("datum.real", alt.value(colours.runs[0]), alt.value(colours.quiet))
    bars = base.mark_bar(height=14).encode(x=alt.X("share:Q", **across), color=colour)
    marks = base.mark_tick(thickness=3, size=22, color=colours.text).encode(x=alt.X("reach:Q", **across))
    return headed(bars + marks, sentence)


def curves(table: pd.DataFrame, figure: str, *, dark: bool = False) -> alt.LayerChart:
    """The watched figure of every trial by epoch; pruned, failed and stopped ones grey and dashed.

    `table` of `scenarios.searching.curves_table`; `figure` is the name of what is watched.
    """
    check_size(len(table))
    colours, name = palette(dark), metric_title(figure) if figure else _("value")
    n = table["number"].nunique()
    title = _("No epoch was measured yet")
    if n:
        title = ngettext("{figure} by epoch, {n} trial", "{figure} by epoch, {n} trials", n).format(
            figure=name, n=n
        )
    across = alt.X("epoch:Q", title=_("epoch"), axis=alt.Axis(tickMinStep=1, format="d"))
    up = alt.Y("value:Q", title=f"{name} {arrow(figure)}".strip(), scale=alt.Scale(zero=False))
    tips = [
        alt.Tooltip("number:Q", title=_("trial")),
        alt.Tooltip("epoch:Q", title=_("epoch")),
        alt.Tooltip("value:Q", title=name, format=".4f"),
    ]
    base = alt.Chart(table, height=HEIGHT).encode(x=across, y=up, detail="number:N", tooltip=tips)
    going = f"datum.look == '{FINISHED}' || datum.look == 'running'"
    kept = base.transform_filter(going).mark_line(strokeWidth=1.5, opacity=0.55, color=colours.runs[0])
    ended = f"!({going}) && datum.look != '{BEST}' && datum.look != '{CHOSEN}'"
    given_up = base.transform_filter(ended).mark_line(
        strokeWidth=1.2, opacity=0.9, strokeDash=[4, 4], color=colours.floor
    )
    points = base.mark_circle(size=16, opacity=0.5, color=colours.floor)
    best = _highlighted(base, BEST, colours.accent)
    return headed(points + given_up + kept + best + _highlighted(base, CHOSEN, colours.runs[1]), title)


def shrinkage(table: pd.DataFrame, metric: str, title: str, *, dark: bool = False) -> alt.LayerChart:
    """From validation to test: the values of the best settings with their intervals.

    Columns: `rows` (validation or test), `value`, `low`, `high`, as `scenarios.searching_final.shrinkage_table` has them.
    """
    name = metric_title(metric)
    return _way(table, f"{name} {arrow(metric)}".strip(), ".4f", title, dark=dark)


def gains(table: pd.DataFrame, title: str, *, dark: bool = False) -> alt.LayerChart:
    """From validation to test: what the best settings gain over the default ones, as shares; 0 is no gain.

    Columns as for `shrinkage`; `scenarios.searching_final.gains_table`.
    """
    colours = palette(dark)
    zero = alt.Chart(pd.DataFrame({"zero": [0.0], "words": [_("default settings")]}))
    line = zero.mark_rule(color=colours.text, strokeDash=[5, 4]).encode(y="zero:Q")
    named = zero.mark_text(align="left", dx=4, dy=9, fontSize=11, color=colours.text)
    floor = line + named.encode(x=alt.value(0), y="zero:Q", text="words:N")
    way = _way(table, _("gain over the default settings"), "+.1%", title, dark=dark)
    return headed(way + floor, title)


def _way(table: pd.DataFrame, up_title: str, form: str, title: str, *, dark: bool) -> alt.LayerChart:
    """Two places joined by a line, each with its whisker and its figure."""
    check_size(len(table))
    colours = palette(dark)
    across = alt.X("rows:N", sort=list(table["rows"]), title=None, axis=alt.Axis(labelAngle=0))
    axis = alt.Axis(format=form) if form.endswith("%") else alt.Axis()
    up: dict[str, Any] = {"title": up_title, "axis": axis, "scale": alt.Scale(zero=False, padding=16)}
    tips = [
        alt.Tooltip("rows:N", title=_("rows")),
        alt.Tooltip("value:Q", title=up_title, format=form),
        alt.Tooltip("low:Q", title=_("95 % interval from"), format=form),
        alt.Tooltip("high:Q", title=_("to"), format=form),
    ]
    base = alt.Chart(table, height=HEIGHT).encode(x=across, tooltip=tips)
    whiskers = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=3, color=colours.accent)
    line = base.mark_line(strokeWidth=1.5, strokeDash=[5, 4], color=colours.accent)
    points = base.mark_circle(size=110, opacity=1, color=colours.accent)
    text = base.mark_text(dx=12, align="left", fontSize=12, color=colours.text)
    at = alt.Y("value:Q", **up)
    drawn = whiskers.encode(y=alt.Y("low:Q", **up), y2="high:Q") + line.encode(y=at) + points.encode(y=at)
    return headed(drawn + text.encode(y=at, text=alt.Text("value:Q", format=form.replace("4f", "3f"))), title)
